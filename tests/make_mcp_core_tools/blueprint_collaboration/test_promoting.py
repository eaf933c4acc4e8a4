"""Promotion between teams: mapping, hotfixes kept, conflicts, undo."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Connector = Callable[..., Awaitable[int]]


async def _set(core: Server, scenario: int, module: int, value: str) -> None:
    op = {"op": "set_mapper", "module": module, "name": "value", "value": value}
    told = await core.call("scenario_patch", scenario_id=scenario, ops=[op])
    assert told.data["changed"] is True


@pytest.fixture
async def promoted(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    connection: Connector,
    other_team: int,
) -> tuple[int, int, int]:
    """A scenario of the workshop, its counterpart in the annex, and the annex's connection."""
    here, there = await connection("Slack"), await connection("Slack", team_id=other_team)
    schema = [{"name": "__IMTCONN__", "type": "account:slack"}]
    message = step(
        3,
        "slack:CreateMessage",
        version=4,
        parameters={"__IMTCONN__": here},
        mapper={"text": "hi"},
        metadata={"parameters": schema},
    )
    source = (await new_scenario(blueprint(step(1), step(2), message)))["id"]
    arguments = {"scenario_id": source, "target_team_id": other_team}
    told = await core.apply("blueprint_promote", **arguments)
    assert (told.data["created"], told.data["recorded"]) == (True, True)
    return source, told.data["scenario_id"], there


async def test_a_first_promotion_creates_an_inactive_scenario_bound_to_the_target_team(
    promoted: tuple[int, int, int], stored: Reader, company: Company, other_team: int
) -> None:
    _, target, slack = promoted
    shown = (await company.get(f"/scenarios/{target}"))["scenario"]
    assert (shown["teamId"], shown["isActive"]) == (other_team, False)
    flow = (await stored(target))["blueprint"]["flow"]
    assert flow[2]["parameters"]["__IMTCONN__"] == slack


async def test_a_hotfix_in_production_survives_the_next_promotion(
    core: Server, promoted: tuple[int, int, int], stored: Reader, other_team: int
) -> None:
    source, target, slack = promoted
    await _set(core, target, 2, "hotfix")
    await _set(core, source, 1, "feature")
    arguments = {"scenario_id": source, "target_team_id": other_team}
    before = (await stored(target))["blueprint"]
    planned = await core.call("blueprint_promote", **arguments)
    assert any("feature" in line for line in planned.data["plan"]["diff"])
    assert (await stored(target))["blueprint"] == before
    told = await core.apply("blueprint_promote", **arguments)
    assert told.data["base"] == "the last promotion"
    assert len(told.data["hotfixes_kept"]) == 1
    flow = (await stored(target))["blueprint"]["flow"]
    assert [one["mapper"].get("value") for one in flow[:2]] == ["feature", "hotfix"]
    assert flow[2]["parameters"]["__IMTCONN__"] == slack
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await stored(target))["blueprint"] == before
    again = await core.apply("blueprint_promote", **arguments)
    assert again.data["changed"] is True
    flow = (await stored(target))["blueprint"]["flow"]
    assert [one["mapper"].get("value") for one in flow[:2]] == ["feature", "hotfix"]


async def test_the_same_field_changed_on_both_sides_is_a_conflict_that_somebody_decides(
    core: Server, promoted: tuple[int, int, int], stored: Reader, other_team: int
) -> None:
    source, target, _ = promoted
    await _set(core, target, 1, "theirs")
    await _set(core, source, 1, "ours")
    arguments: dict[str, Any] = {"scenario_id": source, "target_scenario_id": target}
    before = await stored(target)
    told = await core.call("blueprint_promote", **arguments)
    assert told.error["code"] == "conflicts"
    assert [one["path"] for one in told.error["problems"]] == ["flow[0].mapper.value"]
    assert await stored(target) == before
    await core.apply("blueprint_promote", **arguments, on_conflict="source")
    assert (await stored(target))["blueprint"]["flow"][0]["mapper"]["value"] == "ours"


async def test_what_has_no_counterpart_is_told_and_nothing_is_created(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    connection: Connector,
    other_team: int,
) -> None:
    child = await new_scenario(blueprint(step(1), name="Child"))
    call = step(
        1,
        "scenario-service:CallSubscenario",
        parameters={},
        mapper={"scenario": f"SCN_{child['id']}"},
        metadata={"expect": [{"name": "scenario", "type": "scenario"}]},
    )
    bound = step(
        2,
        "slack:CreateMessage",
        version=4,
        parameters={"__IMTCONN__": await connection("Slack")},
        mapper={},
        metadata={"parameters": [{"name": "__IMTCONN__", "type": "account:slack"}]},
    )
    # Written as data: the call names its scenario by the id the fixture got.
    made = await new_scenario(json.loads(json.dumps(blueprint(call, bound))))
    told = await core.call("blueprint_promote", scenario_id=made["id"], target_team_id=other_team)
    assert told.error["code"] == "unmapped"
    assert len(told.error["problems"]) == 2
    assert (await company.get("/scenarios", teamId=other_team))["scenarios"] == []
    foreign = await core.call("blueprint_promote", scenario_id=made["id"])
    assert foreign.error["code"] == "invalid_arguments"
