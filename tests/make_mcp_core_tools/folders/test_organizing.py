"""Filing scenarios by rules."""

from typing import Any

import pytest
from harness import Server

from .conftest import Bench, JsonObject

pytestmark = pytest.mark.anyio

_SLACK: JsonObject = {"module": "slack:CreateMessage"}
_HTTP: JsonObject = {"module": "http:ActionSendData"}


async def _places(bench: Bench, scenarios: list[int]) -> list[str | None]:
    """Names of the folders of some scenarios."""
    names = await bench.folders()
    places = [await bench.folder_of(each) for each in scenarios]
    return [None if place is None else names[place] for place in places]


async def _team_like(bench: Bench) -> list[int]:
    old = await bench.folder("Old")
    return [
        await bench.scenario("Orders EU", None, _SLACK),
        await bench.scenario("Orders US", None, _HTTP),
        await bench.scenario("Alerts EU", None, _SLACK),
        await bench.scenario("Alerts filed", old, _SLACK),
        await bench.scenario("Rest", None, _HTTP),
    ]


async def test_the_first_rule_that_fits_files_a_scenario_and_undo_takes_all_back(
    core: Server, bench: Bench
) -> None:
    made = await _team_like(bench)
    await bench.folder("Chat")
    before, folders = await _places(bench, made), await bench.folders()
    rules = [
        {"folder": " Sales / EU", "name_contains": "orders", "app": "Slack"},
        {"folder": "chat", "app": "slack"},
        {"folder": "Sales/EU", "name_contains": "US"},
    ]
    arguments: dict[str, Any] = {"team_id": bench.team, "rules": rules}
    plan = (await core.call("folder_organize", **arguments)).data["plan"]
    assert await _places(bench, made) == before
    await bench.company.control("DELETE", "/requests")
    done = (await core.call("folder_organize", **arguments, plan_id=plan["plan_id"])).data
    assert [line.removeprefix("PATCH /api/v2") for line in (await bench.writes())[1:]] == [
        request["path"] for request in plan["requests"][1:]
    ]
    assert await _places(bench, made) == ["Sales/EU", "Sales/EU", "Chat", "Old", None]
    assert [rule["moved"] for rule in done["rules"]] == [[made[0]], [made[2]], [made[1]]]
    assert done["created_folders"] == ["Sales/EU"]
    assert (done["unmatched"], done["filed_elsewhere"], done["left"]) == (1, 1, 0)
    again = (await core.call("folder_organize", **arguments)).data
    assert (again["changed"], [rule["unchanged"] for rule in again["rules"]]) == (False, [1, 1, 1])
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert (await _places(bench, made), await bench.folders()) == (before, folders)


async def test_filed_scenarios_move_only_when_asked(core: Server, bench: Bench) -> None:
    made = await _team_like(bench)
    rules = [{"folder": "Alerts", "name_contains": "alerts"}]
    await core.apply("folder_organize", team_id=bench.team, rules=rules, also_filed=True)
    assert await _places(bench, made) == [None, None, "Alerts", "Alerts", None]


async def test_an_owner_is_a_name_an_address_or_an_id(core: Server, bench: Bench) -> None:
    made = await _team_like(bench)
    person = (await bench.company.get(f"/scenarios/{made[0]}"))["scenario"]["createdByUser"]
    for number, owner in enumerate((person["name"], person["email"].upper(), str(person["id"]))):
        rules = [{"folder": f"Of {number}", "owner": owner}]
        await core.apply("folder_organize", team_id=bench.team, rules=rules, also_filed=True)
        assert await _places(bench, made) == [f"Of {number}"] * 5


async def test_two_hundred_and_more_are_filed_call_by_call(core: Server, bench: Bench) -> None:
    made = [await bench.scenario(f"Batch {at}") for at in range(210)]
    rules = [{"folder": "A", "name_contains": "1"}, {"folder": "B", "name_contains": "batch"}]
    first = (await core.apply("folder_organize", team_id=bench.team, rules=rules)).data
    assert (sum(len(rule["moved"]) for rule in first["rules"]), first["left"]) == (200, 10)
    second = (await core.apply("folder_organize", team_id=bench.team, rules=rules)).data
    assert (sum(len(rule["moved"]) for rule in second["rules"]), second["left"]) == (10, 0)
    wanted = ["A" if "1" in f"Batch {at}" else "B" for at in range(210)]
    assert await _places(bench, made) == wanted
    await core.apply("operation_undo", operation_id=second["operation_id"])
    assert (await _places(bench, made)).count(None) == 10


async def test_rules_that_cannot_be_followed_are_refused_or_said_to_fit_nothing(
    core: Server, bench: Bench
) -> None:
    await _team_like(bench)
    rules: list[JsonObject] = [{"folder": "A//B", "app": "slack"}, {"folder": "Everything"}]
    error = (await core.call("folder_organize", team_id=bench.team, rules=rules)).error
    assert [problem["path"] for problem in error["problems"]] == ["rules[0].folder", "rules[1]"]
    rules = [{"folder": "A", "app": "slak"}, {"folder": "B", "owner": "Nobody"}]
    told = (await core.call("folder_organize", team_id=bench.team, rules=rules)).data
    assert told["changed"] is False
    assert "slack" in told["warnings"][0]
    assert list((await bench.folders()).values()) == ["Old"]
