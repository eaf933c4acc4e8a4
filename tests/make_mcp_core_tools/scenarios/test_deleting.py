"""Deleting scenarios, and making them again."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]

INPUTS = [{"name": "order", "type": "text", "label": "Order", "required": True}]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    made = await new_scenario(
        blueprint(step(1, zz_unknown={"kept": True}), step(2)),
        scheduling={"type": "on-demand"},
        interface={"input": INPUTS, "output": []},
    )
    return int(made["id"])


async def _ids(company: Company, team: int) -> list[int]:
    rows = (await company.get("/scenarios", teamId=team))["scenarios"]
    return [row["id"] for row in rows]


async def test_nothing_is_deleted_before_the_plan_is_confirmed(
    core: Server, scenario: int, company: Company, team: int
) -> None:
    planned = await core.call("scenario_delete", scenario_id=scenario)
    assert "history" in " ".join(planned.data["plan"]["affects"])
    assert await _ids(company, team) == [scenario]
    told = await core.apply("scenario_delete", scenario_id=scenario)
    assert told.data["deleted"] == scenario
    assert await _ids(company, team) == []


async def test_a_dry_run_deletes_nothing(
    core: Server, scenario: int, company: Company, team: int
) -> None:
    told = await core.call("scenario_delete", scenario_id=scenario, dry_run=True)
    assert told.data["plan"]["requests"][0]["method"] == "DELETE"
    assert await _ids(company, team) == [scenario]


async def test_a_deleted_scenario_comes_back_with_blueprint_schedule_and_interface(
    core: Server, scenario: int, company: Company, team: int, stored: Reader
) -> None:
    await company.send("PATCH", f"/scenarios/{scenario}", {"description": "Takes orders"})
    before = await stored(scenario)
    told = await core.apply("scenario_delete", scenario_id=scenario)
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    (again,) = await _ids(company, team)
    after = await stored(again)
    for part in ("blueprint", "scheduling", "metadata"):
        assert after[part] == before[part]
    shown = (await company.get(f"/scenarios/{again}"))["scenario"]
    assert (shown["description"], shown["isActive"]) == ("Takes orders", False)


async def test_a_scenario_that_others_call_is_deleted_only_when_they_are_ignored(
    core: Server,
    scenario: int,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    company: Company,
    team: int,
) -> None:
    call = step(
        1,
        "scenario-service:CallSubscenario",
        version=2,
        parameters={"scenario": f"SCN_{scenario}"},
        mapper={},
    )
    caller = await new_scenario(blueprint(call, name="Caller"))
    refused = await core.call("scenario_delete", scenario_id=scenario)
    assert refused.error["code"] == "has_dependents"
    assert refused.error["problems"][0]["path"] == f"scenario {caller['id']}"
    assert scenario in await _ids(company, team)
    planned = await core.call("scenario_delete", scenario_id=scenario, ignore_dependents=True)
    assert any("“Caller”" in line for line in planned.data["plan"]["affects"])
    await core.apply("scenario_delete", scenario_id=scenario, ignore_dependents=True)
    assert await _ids(company, team) == [caller["id"]]


async def test_a_plan_to_delete_is_void_once_the_scenario_was_edited(
    core: Server, scenario: int, company: Company, team: int
) -> None:
    plan = (await core.call("scenario_delete", scenario_id=scenario)).data["plan"]
    await company.control("POST", "/clock", {"advance": 5})
    await company.send("PATCH", f"/scenarios/{scenario}", {"description": "Still needed"})
    told = await core.call("scenario_delete", scenario_id=scenario, plan_id=plan["plan_id"])
    assert told.error["code"] == "plan_void"
    assert await _ids(company, team) == [scenario]


async def test_notes_and_custom_properties_come_back_with_a_deleted_scenario(
    core: Server, scenario: int, company: Company, team: int
) -> None:
    organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    await company.control(
        "PATCH", "/world", {"licenses": {str(organization): {"customProperties": 10}}}
    )
    listed = await company.get("/custom-property-structures", organizationId=organization)
    place = f"/custom-property-structures/{listed['customPropertyStructures'][0]['id']}"
    items = await company.get(f"{place}/custom-property-structure-items")
    values = {
        item["name"]: value
        for item in items["customPropertyStructureItems"]
        if (value := _value_of(item)) is not None
    }
    await company.send("POST", f"/scenarios/{scenario}/custom-properties", values)
    for number, text in ((1, "<p>First</p>"), (2, "<p>Second</p>")):
        note: dict[str, Any] = {
            "moduleIds": [number],
            "content": text,
            "metadata": {},
            "isFilterNote": False,
        }
        await company.send("POST", f"/scenarios/{scenario}/notes", note, teamId=team)
    told = await core.apply("scenario_delete", scenario_id=scenario)
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    (again,) = await _ids(company, team)
    notes = (await company.get(f"/scenarios/{again}/notes", teamId=team))["notes"]
    assert [(one["content"], one["moduleIds"]) for one in notes] == [
        ("<p>Second</p>", [2]),
        ("<p>First</p>", [1]),
    ]
    kept = await company.get(f"/scenarios/{again}/custom-properties")
    assert values
    assert kept["customProperties"] == values


def _value_of(item: dict[str, Any]) -> Any:
    """Make up a value that fits a property."""
    options = [option["value"] for option in item.get("options") or ()]
    made: dict[str, Any] = {"shortText": "Nora", "number": 3, "boolean": True}
    made |= {"dropdown": options[:1] and options[0], "multiselect": options[:1]}
    return made.get(item["type"])


async def test_a_scenario_that_an_ai_agent_calls_is_deleted_only_when_that_is_ignored(
    core: Server, scenario: int, company: Company, team: int, connection: Any
) -> None:
    body = {
        "name": "Desk helper",
        "teamId": team,
        "makeConnectionId": await connection("AI", "ai-provider"),
        "defaultModel": "large",
        "systemPrompt": "Help.",
        "scenarios": [{"makeScenarioId": scenario}],
    }
    made = await company.send("POST", "/ai-agents/v1/agents", body, teamId=team)
    refused = await core.call("scenario_delete", scenario_id=scenario)
    assert refused.error["code"] == "has_dependents"
    assert refused.error["problems"][0]["path"] == f"AI agent {made['agentId']}"
    changed = await core.call("scenario_interface_set", scenario_id=scenario, inputs=[])
    assert changed.data["callers"] == [f"AI agent {made['agentId']} “Desk helper”"]
    await core.apply("scenario_delete", scenario_id=scenario, ignore_dependents=True)
    assert await _ids(company, team) == []
