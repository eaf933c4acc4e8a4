"""Improving blueprints by rules, beside what modules really used."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
def wasteful(blueprint: Builder, step: Builder) -> dict[str, Any]:
    """A router with one route, which costs nothing but a click, and a module behind it."""
    router = step(2, "builtin:BasicRouter", mapper=None, routes=[{"flow": [step(3)]}])
    router["routes"][0]["flow"][0]["metadata"] = {"designer": {"x": 600, "y": 0}}
    return blueprint(step(1), router)


@pytest.fixture
async def scenario(new_scenario: Maker, wasteful: dict[str, Any]) -> int:
    return int((await new_scenario(wasteful, scheduling={"type": "on-demand"}, active=True))["id"])


async def test_suggestions_stand_beside_the_operations_make_counted(
    core: Server, company: Company, scenario: int, writes: Writes
) -> None:
    for _ in range(2):
        await company.send("POST", f"/scenarios/{scenario}/run", {"responsive": True})
    await writes()
    told = (await core.call("blueprint_optimize", scenario_id=scenario)).data
    path = f"/scenarios/{scenario}/modules/operations"
    counted = (await company.get(path, days=7))["operations"]
    assert told["used"]["operations"] == sum(row["total"] for row in counted) > 0
    single = next(one for one in told["suggestions"] if one["rule"] == "S16")
    assert (single["module_id"], single["safe_fix"]) == (2, True)
    by_module = {row["moduleId"]: row["total"] for row in counted}
    for one in told["suggestions"]:
        if "operations" in one:
            assert one["operations"] == by_module[one["module_id"]]
    assert told["changed"] is False
    assert await writes() == []


async def test_safe_fixes_are_saved_after_a_plan_and_taken_back(
    core: Server, scenario: int, stored: Reader
) -> None:
    before = (await stored(scenario))["blueprint"]
    arguments: dict[str, Any] = {"scenario_id": scenario, "apply": True, "rules": ["S16"]}
    planned = await core.call("blueprint_optimize", **arguments)
    assert planned.data["plan"]["diff"]
    assert (await stored(scenario))["blueprint"] == before
    told = (await core.apply("blueprint_optimize", **arguments)).data
    assert told["changed"] is True
    now = (await stored(scenario))["blueprint"]
    assert [module["module"] for module in now["flow"]] == ["util:SetVariable2"] * 2
    again = await core.call("blueprint_optimize", **arguments)
    assert (again.data["suggestions"], again.data["changed"]) == ([], False)
    await core.apply("operation_undo", operation_id=told["operation_id"])
    assert json.dumps((await stored(scenario))["blueprint"]["flow"]) == json.dumps(before["flow"])


async def test_a_blueprint_that_is_not_in_make_is_judged_without_use(
    core: Server, wasteful: dict[str, Any]
) -> None:
    told = (await core.call("blueprint_optimize", blueprint=wasteful)).data
    assert "S16" in {one["rule"] for one in told["suggestions"]}
    assert "used" not in told
    assert told["diff"]


async def test_an_edit_meanwhile_is_not_overwritten(core: Server, scenario: int) -> None:
    told = await core.call(
        "blueprint_optimize",
        scenario_id=scenario,
        apply=True,
        expected_last_edit="2020-01-01T00:00:00Z",
    )
    assert told.error["code"] == "edited_meanwhile"


async def test_what_is_to_be_looked_at_has_to_be_said_once(
    core: Server, wasteful: dict[str, Any]
) -> None:
    none = await core.call("blueprint_optimize")
    assert none.error["problems"][0]["path"] == "scenario_id"
    loose = await core.call("blueprint_optimize", blueprint=wasteful, apply=True)
    assert loose.error["problems"][0]["path"] == "apply"


async def test_operations_that_may_not_be_read_are_left_out_not_guessed(
    core: Server, company: Company, scenario: int
) -> None:
    fault = {"path": "modules/operations", "status": 404, "body": {"message": "Not found"}}
    await company.control("POST", "/faults", fault)
    told = (await core.call("blueprint_optimize", scenario_id=scenario)).data
    assert "used" not in told
    assert all("operations" not in one for one in told["suggestions"])
    assert "could not be read" in told["warnings"][0]


async def test_a_rule_that_does_not_exist_is_refused(
    core: Server, blueprint: Any, step: Any
) -> None:
    told = await core.call("blueprint_optimize", blueprint=blueprint(step(1)), rules=["M07", "ZZ9"])
    assert [problem["path"] for problem in told.error["problems"]] == ["rules[1]"]
