"""Inputs and outputs of scenarios."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]

INPUTS: list[dict[str, Any]] = [
    {"name": "order", "type": "text", "label": "Order", "required": True},
    {
        "name": "lines",
        "type": "array",
        "spec": [{"name": "sku", "type": "text"}, {"name": "count", "type": "number"}],
    },
]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    made = await new_scenario(
        blueprint(step(1)),
        scheduling={"type": "on-demand"},
        interface={"input": INPUTS, "output": []},
    )
    return int(made["id"])


async def test_the_interface_is_shown_as_fields_and_as_json_schema(
    core: Server, scenario: int
) -> None:
    told = await core.call("scenario_interface_get", scenario_id=scenario)
    assert told.data["inputs"] == INPUTS
    schema = told.data["input_schema"]
    assert schema["required"] == ["order"]
    assert schema["properties"]["order"] == {"type": "string", "title": "Order"}
    items = schema["properties"]["lines"]["items"]
    assert items["properties"]["count"] == {"type": "number"}


async def test_what_was_read_as_json_schema_can_be_sent_back_as_it_is(
    core: Server, scenario: int, writes: Writes
) -> None:
    schema = (await core.call("scenario_interface_get", scenario_id=scenario)).data["input_schema"]
    await writes()
    told = await core.call("scenario_interface_set", scenario_id=scenario, inputs=schema)
    assert told.data["inputs"] == INPUTS
    assert told.data["changed"] is False
    assert await writes() == []


async def test_a_new_interface_is_kept_and_can_be_undone(
    core: Server, scenario: int, stored: Reader
) -> None:
    before = (await stored(scenario))["metadata"]
    told = await core.call(
        "scenario_interface_set",
        scenario_id=scenario,
        inputs={
            "type": "object",
            "properties": {
                "mail": {"type": "string", "format": "email", "description": "Who"},
                "level": {"enum": ["low", "high"]},
            },
        },
        outputs=[{"name": "ok", "type": "boolean", "help": ""}],
    )
    kept = (await stored(scenario))["metadata"]
    assert [field["type"] for field in kept["input_spec"]] == ["email", "select"]
    assert kept["output_spec"] == [{"name": "ok", "type": "boolean"}]
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await stored(scenario))["metadata"] == before


async def test_one_side_is_changed_and_the_other_stays(
    core: Server, scenario: int, stored: Reader
) -> None:
    outputs = [{"name": "sum", "type": "number"}]
    await core.call("scenario_interface_set", scenario_id=scenario, outputs=outputs)
    kept = (await stored(scenario))["metadata"]
    assert (kept["input_spec"], kept["output_spec"]) == (INPUTS, outputs)


async def test_a_dry_run_shows_added_and_removed_fields(
    core: Server, scenario: int, stored: Reader
) -> None:
    told = await core.call(
        "scenario_interface_set",
        scenario_id=scenario,
        inputs=[{"name": "customer", "type": "text"}],
        dry_run=True,
    )
    assert told.data["plan"]["diff"] == ["- input: order", "- input: lines", "+ input: customer"]
    assert (await stored(scenario))["metadata"]["input_spec"] == INPUTS


async def test_callers_that_a_new_required_input_breaks_are_named(
    core: Server, scenario: int, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    call = step(
        1,
        "scenario-service:CallSubscenario",
        version=2,
        parameters={"scenario": f"SCN_{scenario}"},
        mapper={},
    )
    await new_scenario(blueprint(call, name="Caller"))
    told = await core.call(
        "scenario_interface_set",
        scenario_id=scenario,
        inputs=[*INPUTS, {"name": "country", "type": "text", "required": True}],
    )
    assert "“Caller”" in told.data["callers"][0]
    assert "country" in told.data["warnings"][0]


async def test_inputs_of_a_scheduled_scenario_are_refused_with_the_call_that_helps(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    made = await new_scenario(blueprint(step(1)))
    told = await core.call(
        "scenario_interface_set",
        scenario_id=made["id"],
        inputs=[{"name": "a", "type": "word"}, {"name": "a", "type": "text"}],
    )
    problems = told.error["problems"]
    assert [problem["path"] for problem in problems] == [
        "inputs[0].type",
        "inputs[1].name",
        "inputs",
    ]
    assert "kind=on_demand" in problems[2]["fix"]
