"""Bounds of a run, what counts as a check, and connections chosen for each run."""

from typing import Any

import pytest
from make_api_sandbox.engine.execution import Execution, Limits, Start, Status
from make_api_sandbox.engine.memory import MemoryPorts
from make_api_sandbox.engine.ports import ConnectionState
from make_api_sandbox.engine.run import execute

pytestmark = pytest.mark.anyio

Json = Any


def module(ident: int, slug: str, mapper: Json = None, **parameters: Json) -> Json:
    return {
        "id": ident,
        "module": slug,
        "version": 1,
        "mapper": mapper or {},
        "parameters": parameters,
    }


async def run(
    *flow: Json, around: MemoryPorts | None = None, limits: Limits | None = None, **start: Json
) -> Execution:
    return await execute(
        {"flow": list(flow)}, Start("e" * 32, **start), around or MemoryPorts(), limits
    )


def repeater(times: int) -> Json:
    return module(1, "builtin:BasicRepeater", {"start": "1", "repeats": str(times), "step": "1"})


async def test_ten_thousand_repeats_run_and_one_more_does_not() -> None:
    total = module(2, "util:FunctionAggregator2", {"value": "{{1.i}}"}, feeder=1, fn="sum")
    result = await run(repeater(10_000), total)
    assert result.records[-1].returned[0]["result"] == 50_005_000
    assert (await run(repeater(10_001), total)).status is Status.ERROR


async def test_a_run_ends_at_its_time_limit_even_in_its_sleep() -> None:
    sleep = module(2, "util:FunctionSleep", {"duration": "300"})
    result = await run(repeater(20), sleep, limits=Limits(seconds=700))
    assert result.status is Status.WARNING
    assert result.error is not None
    assert result.error.name == "ExecutionInterruptedError"
    assert 700_000 <= result.duration < 700_100


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (Limits(operations=1), "OperationsLimitExceededError"),
        (Limits(transfer=10), "DataSizeLimitExceededError"),
    ],
)
async def test_a_plan_that_is_used_up_stops_the_run_and_the_scenario(
    limits: Limits, name: str
) -> None:
    trigger = module(1, "gateway:CustomWebHook", hook=5)
    note = module(2, "util:ComposeTransformer", {"value": "x"})
    result = await run(trigger, note, limits=limits, trigger=({"text": "long enough"},))
    assert result.error is not None
    assert (result.error.name, result.fatal, result.operations) == (name, True, 1)


async def test_a_run_that_worked_is_no_check_although_its_trigger_was_empty() -> None:
    empty = module(1, "builtin:BasicFeeder", {"array": []})
    total = module(2, "util:FunctionAggregator2", {"value": "{{1.value}}"}, feeder=1, fn="avg")
    assert not (await run(empty, total)).check_run
    assert (await run(empty, module(2, "util:ComposeTransformer"))).check_run


async def test_an_average_without_a_fraction_is_a_whole_number() -> None:
    values = module(1, "builtin:BasicFeeder", {"array": [1, 3]})
    average = module(2, "util:FunctionAggregator2", {"value": "{{1.value}}"}, feeder=1, fn="avg")
    result = (await run(values, average)).records[-1].returned[0]["result"]
    assert (result, type(result)) == (2, int)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (ConnectionState.VALID, None),
        (ConnectionState.EXPIRED, "AccountValidationError"),
        (ConnectionState.MISSING, "InvalidConfigurationError"),
    ],
)
async def test_a_connection_may_be_an_input_of_the_scenario(
    state: ConnectionState, error: str | None
) -> None:
    around = MemoryPorts()
    around.connections[7] = state
    add = module(1, "google-sheets:addRow", __IMTCONN__="{{var.input.account}}")
    result = await run(add, around=around, inputs={"account": 7})
    assert (result.error.name if result.error else None) == error
