"""The same change on many scenarios."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]

TOOL = "scenario_bulk_apply"
DAILY = {"type": "daily", "time": "04:00"}


@pytest.fixture
async def three(new_scenario: Maker, blueprint: Builder, step: Builder) -> list[int]:
    """Three scenarios, the last one active."""
    made = [
        await new_scenario(
            blueprint(step(1), name=f"Nightly {number}"), scheduling=DAILY, active=number == 3
        )
        for number in (1, 2, 3)
    ]
    return [int(one["id"]) for one in made]


@pytest.fixture
async def broken(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    """A scenario whose connection is gone."""
    gone = step(1, "slack:CreateMessage", version=4, parameters={"__IMTCONN__": 987_654})
    made = await new_scenario(blueprint(gone, name="Nightly broken"), scheduling=DAILY)
    return int(made["id"])


@pytest.fixture
def shown(company: Company, team: int) -> Callable[[str], Awaitable[dict[int, Any]]]:
    """Reads one member of every scenario of the team."""

    async def read(name: str) -> dict[int, Any]:
        rows = (await company.get("/scenarios", teamId=team))["scenarios"]
        return {row["id"]: row[name] for row in rows}

    return read


Shown = Callable[[str], Awaitable[dict[int, Any]]]


async def test_scenarios_are_switched_on_together_and_off_by_one_undo(
    core: Server, team: int, three: list[int], shown: Shown
) -> None:
    arguments: dict[str, Any] = {"action": "activate", "team_id": team, "name_contains": "night"}
    planned = await core.call(TOOL, **arguments)
    assert len(planned.data["plan"]["requests"]) == 2
    assert sum((await shown("isActive")).values()) == 1
    told = (await core.apply(TOOL, **arguments)).data
    assert (told["changed"], told["unchanged"], told["failed"]) == (2, 1, 0)
    assert all((await shown("isActive")).values())
    await core.apply("operation_undo", operation_id=told["operation_id"])
    assert await shown("isActive") == {three[0]: False, three[1]: False, three[2]: True}


async def test_one_that_cannot_be_changed_stops_all_before_anything_is_sent(
    core: Server, team: int, three: list[int], broken: int, writes: Writes
) -> None:
    await writes()
    told = await core.call(TOOL, action="activate", team_id=team, scenario_ids=[*three, broken])
    assert told.error["code"] == "not_all_possible"
    assert [one["path"] for one in told.error["problems"]] == [f"scenario {broken}"]
    assert "987654" in told.error["problems"][0]["problem"]
    assert await writes() == []


async def test_the_others_are_changed_when_that_is_asked_for(
    core: Server, team: int, three: list[int], broken: int, shown: Shown
) -> None:
    arguments: dict[str, Any] = {
        "action": "activate",
        "team_id": team,
        "scenario_ids": [broken, *three],
        "on_error": "continue",
    }
    planned = await core.call(TOOL, **arguments)
    assert str(broken) in planned.data["plan"]["affects"][0]
    told = (await core.apply(TOOL, **arguments)).data
    assert (told["changed"], told["failed"]) == (2, 1)
    assert (await shown("isActive"))[broken] is False


async def test_a_failure_on_the_way_leaves_the_rest_alone(
    core: Server, company: Company, team: int, three: list[int], shown: Shown
) -> None:
    arguments: dict[str, Any] = {"action": "activate", "team_id": team, "scenario_ids": three}
    fault = {
        "method": "POST",
        "path": f"/scenarios/{three[0]}/start",
        "status": 400,
        "body": {"message": "No.", "code": "SC400"},
    }
    await company.control("POST", "/faults", fault)
    told = (await core.apply(TOOL, **arguments)).data
    assert {one["scenario_id"]: one["result"] for one in told["items"]} == {
        three[0]: "failed",
        three[1]: "not_done",
        three[2]: "unchanged",
    }
    assert (await shown("isActive"))[three[1]] is False


async def test_scenarios_are_rescheduled_together(
    core: Server, team: int, three: list[int], stored: Callable[[int], Awaitable[dict[str, Any]]]
) -> None:
    told = await core.apply(
        TOOL,
        action="schedule",
        team_id=team,
        scenario_ids=three,
        schedule={"kind": "every", "interval_minutes": 60},
    )
    assert told.data["changed"] == 3
    assert (await stored(three[1]))["scheduling"] == {"type": "indefinitely", "interval": 3600}
    again = await core.call(
        TOOL,
        action="schedule",
        team_id=team,
        scenario_ids=three,
        schedule={"kind": "every", "interval_minutes": 60},
    )
    assert again.data["unchanged"] == 3
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await stored(three[1]))["scheduling"] == DAILY


async def test_scenarios_are_filed_together(
    core: Server, company: Company, team: int, three: list[int], shown: Shown
) -> None:
    made = await company.send("POST", "/scenarios-folders", {"name": "Night", "teamId": team})
    folder = made["scenarioFolder"]["id"]
    told = await core.apply(
        TOOL, action="move", team_id=team, app="util", active=False, folder_id=folder
    )
    assert told.data["changed"] == 2
    assert await shown("folderId") == {three[0]: folder, three[1]: folder, three[2]: None}


async def test_every_fault_of_the_choice_is_told(
    core: Server, team: int, three: list[int], writes: Writes
) -> None:
    await writes()
    told = await core.call(
        TOOL, action="schedule", team_id=team, scenario_ids=[three[0], 987_654], folder_id=1
    )
    paths = {problem["path"] for problem in told.error["problems"]}
    assert paths == {"scenario_ids[1]", "schedule", "folder_id"}
    nobody = await core.call(TOOL, action="activate", team_id=team, name_contains="zzz")
    assert nobody.error["problems"][0]["problem"] == "No scenario of the team is chosen."
    assert await writes() == []


async def test_a_schedule_that_required_inputs_forbid_is_found_before_anything_is_sent(
    core: Server,
    team: int,
    three: list[int],
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    writes: Writes,
) -> None:
    made = await new_scenario(
        blueprint(step(1)),
        scheduling={"type": "on-demand"},
        interface={"input": [{"name": "a", "type": "text", "required": True}], "output": []},
    )
    change = {
        "action": "schedule",
        "team_id": team,
        "scenario_ids": [three[0], made["id"]],
        "schedule": {"kind": "every", "interval_minutes": 60},
    }
    await writes()
    told = await core.call("scenario_bulk_apply", **change)
    assert [problem["path"] for problem in told.error["problems"]] == [f"scenario {made['id']}"]
    planned = await core.call("scenario_bulk_apply", **change, on_error="continue")
    assert [one["path"] for one in planned.data["plan"]["requests"]] == [f"/scenarios/{three[0]}"]
    assert await writes() == []


async def test_what_was_changed_before_the_minutes_calls_ran_out_is_taken_back(
    core: Server,
    team: int,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    shown: Shown,
) -> None:
    for number in range(14):
        await new_scenario(blueprint(step(1), name=f"Nightly {number}"), scheduling=DAILY)
    body = {"name": "Night", "teamId": team}
    folder = (await company.send("POST", "/scenarios-folders", body))["scenarioFolder"]["id"]
    few, many = ({"licenses": {"1": {"apiLimit": limit}}} for limit in (15, 9_000))
    await company.control("PATCH", "/world", few | {"rate_limits": False})
    arguments: dict[str, Any] = {"action": "move", "team_id": team, "folder_id": folder}
    told = (await core.apply(TOOL, **arguments, name_contains="night")).data
    assert told["failed"] == 1
    assert 0 < told["changed"] < 13
    assert list((await shown("folderId")).values()).count(folder) == told["changed"]
    await company.control("PATCH", "/world", many)
    await core.apply("operation_undo", operation_id=told["operation_id"])
    assert set((await shown("folderId")).values()) == {None}
