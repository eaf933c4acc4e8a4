"""Tools of one module, for AI agents."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]

INPUTS = [{"name": "text", "type": "text", "help": "What to keep.", "required": True}]
DESCRIPTION = "Keeps a text for the rest of the run. Use it to remember something."


@pytest.fixture
def arguments(team: int) -> dict[str, Any]:
    mapper = {"name": "kept", "scope": "roundtrip", "value": "{{var.input.text}}"}
    return {
        "team_id": team,
        "name": "Keep",
        "description": DESCRIPTION,
        "inputs": INPUTS,
        "module": {"module": "util:SetVariable2", "mapper": mapper},
    }


async def test_a_tool_is_created_shown_and_taken_back(
    core: Server, company: Company, team: int, arguments: dict[str, Any]
) -> None:
    planned = await core.call("scenario_tool_create", **arguments, dry_run=True)
    assert planned.data["plan"]["requests"][0]["path"] == "/scenarios/tools"
    told = (await core.call("scenario_tool_create", **arguments)).data
    assert (told["inputs"], told["module"]) == (["text*"], "util:SetVariable2")
    assert "warnings" not in told
    kept = (await company.get(f"/scenarios/tools/{told['scenario_id']}"))["tool"]
    assert kept["module"]["mapper"] == arguments["module"]["mapper"]
    assert kept["inputs"] == INPUTS
    await core.apply("operation_undo", operation_id=told["operation_id"])
    left = await company.get("/scenarios", teamId=team)
    assert left["scenarios"] == []


async def test_a_thin_description_and_bare_inputs_are_told(
    core: Server, arguments: dict[str, Any]
) -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    thin = arguments | {"description": "Keeps", "inputs": schema}
    told = await core.call("scenario_tool_create", **thin, dry_run=True)
    warnings = " ".join(told.data["plan"]["warnings"])
    assert "short" in warnings
    assert "help" in warnings


async def test_a_connection_of_another_team_is_refused(
    core: Server,
    arguments: dict[str, Any],
    connection: Callable[..., Awaitable[int]],
    other_team: int,
    writes: Writes,
) -> None:
    foreign = await connection("Chat", team_id=other_team)
    module = {"module": "slack:CreateMessage", "version": 4, "connection_id": foreign}
    await writes()
    told = await core.call("scenario_tool_create", **(arguments | {"module": module}))
    assert told.error["code"] == "invalid_tool"
    assert told.error["problems"][0]["path"].startswith("module.parameters")
    assert await writes() == []


async def test_a_tool_is_changed_in_part_and_changed_back(
    core: Server, company: Company, arguments: dict[str, Any], writes: Writes
) -> None:
    ident = (await core.call("scenario_tool_create", **arguments)).data["scenario_id"]
    path = f"/scenarios/tools/{ident}"
    before = (await company.get(path))["tool"]
    await writes()
    same = await core.call("scenario_tool_update", scenario_id=ident, name="Keep")
    assert same.data["changed"] is False
    assert await writes() == []
    told = await core.call("scenario_tool_update", scenario_id=ident, name="Remember", inputs=[])
    assert (told.data["name"], told.data["inputs"]) == ("Remember", [])
    now = (await company.get(path))["tool"]
    assert (now["description"], now["module"]) == (DESCRIPTION, before["module"])
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await company.get(path))["tool"] == before


async def test_a_scenario_is_no_tool(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    made = await new_scenario(blueprint(step(1)))
    told = await core.call("scenario_tool_update", scenario_id=made["id"], name="Remember")
    assert told.error["code"] == "not_a_tool"


async def test_a_module_with_faults_of_its_own_makes_no_tool(
    core: Server, arguments: dict[str, Any], writes: Writes
) -> None:
    mapper = {"name": "kept", "value": "{{if(1, 2)}} {{7.text}}"}
    module = {"module": "util:SetVariable2", "mapper": mapper}
    await writes()
    told = await core.call("scenario_tool_create", **(arguments | {"module": module}))
    paths = [problem["path"] for problem in told.error["problems"]]
    assert paths == ["module.mapper.value", "module.mapper.value"]
    assert await writes() == []


async def test_inputs_and_what_the_module_maps_are_held_against_each_other(
    core: Server, arguments: dict[str, Any]
) -> None:
    inputs = [{"name": "note", "type": "text", "help": "What to keep."}]
    changed = arguments | {"inputs": inputs}
    told = await core.call("scenario_tool_create", **changed, dry_run=True)
    warnings = " ".join(told.data["plan"]["warnings"])
    assert "tool does not have: text" in warnings
    assert "nothing maps: note" in warnings
    ident = (await core.call("scenario_tool_create", **arguments)).data["scenario_id"]
    told = await core.call("scenario_tool_update", scenario_id=ident, inputs=[])
    assert "tool does not have: text" in " ".join(told.data["warnings"])


async def test_the_plan_of_a_changed_tool_is_what_is_then_sent(
    core: Server, arguments: dict[str, Any], company: Company, writes: Writes
) -> None:
    ident = (await core.call("scenario_tool_create", **arguments)).data["scenario_id"]
    before = await company.get(f"/scenarios/tools/{ident}")
    await writes()
    change = {"scenario_id": ident, "name": "Remember"}
    planned = await core.call("scenario_tool_update", **change, dry_run=True)
    assert await writes() == []
    assert await company.get(f"/scenarios/tools/{ident}") == before
    await core.call("scenario_tool_update", **change)
    (request,) = planned.data["plan"]["requests"]
    (sent,) = await writes()
    assert (request["method"], request["body"]) == (sent["method"], sent["body"])
    assert sent["path"].endswith(request["path"])
