"""The Scenarios app: sub-scenarios, their inputs and outputs, the name of an execution."""

from collections.abc import Sequence
from typing import cast

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.fields import required
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import Bundle, Json, Value, items, members, plain, text, truth


@module("scenario-service:StartSubscenario")
async def start_subscenario(operation: Operation) -> Sequence[Bundle]:
    """Deliver the inputs of the run as the first bundle."""
    given = cast("Bundle", operation.run.surroundings.variables.get("input", {}))
    declared = items(members(operation.raw.get("metadata")).get("interface"))
    names = [str(members(field).get("name")) for field in declared]
    return [{**dict.fromkeys(names), **given}]


@module("scenario-service:CallSubscenario", "scenario-service:RunScenario")
async def call_subscenario(operation: Operation) -> Sequence[Bundle]:
    """Run another scenario, and wait for its outputs unless told otherwise."""
    settings = {**operation.parameters, **operation.mapper}
    required(cast("Bundle", settings), "scenario")
    flag = settings.get("shouldWaitForExecutionEnd")
    wait = True if flag is None or flag == "" else truth(flag)
    operation.run.ports.going_on(operation.run.execution.records)
    result = await operation.run.ports.call_scenario(
        text(cast("Value", settings["scenario"])), _inputs(operation), wait
    )
    if result.error is not None:
        raise ModuleError("RuntimeError", f"The called scenario failed: {result.error}")
    if not wait:
        return [{"executionId": result.execution_id}]
    return [{**cast("Bundle", dict(result.outputs or {})), "executionId": None}]


def _inputs(operation: Operation) -> dict[str, Json]:
    """Inputs of the child stand under `data`, or directly in the mapper."""
    nested = operation.mapper.get("data")
    own = {"scenario", "shouldWaitForExecutionEnd", "data"}
    source = (
        nested
        if isinstance(nested, dict)
        else {name: each for name, each in operation.mapper.items() if name not in own}
    )
    return {name: plain(value) for name, value in source.items()}


@module("scenario-service:ReturnData")
async def return_data(operation: Operation) -> Sequence[Bundle]:
    """Set the outputs of the run: the fields listed in the module's own `metadata.expect`."""
    declared = items(members(operation.raw.get("metadata")).get("expect"))
    names = [str(members(field).get("name")) for field in declared]
    outputs: dict[str, Json] = {name: plain(operation.mapper.get(name)) for name in names}
    operation.run.execution.outputs = outputs
    return [{}]


@module("scenario-service:NameExecution")
async def name_execution(operation: Operation) -> Sequence[Bundle]:
    """Give the run a name for the history."""
    required(operation.mapper, "executionName")
    operation.run.execution.name = text(operation.mapper["executionName"])
    return [{}]
