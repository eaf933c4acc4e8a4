"""Versions: listed, compared, and put back."""

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


@pytest.fixture
async def scenario(core: Server, new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    """Three versions: one module, another value, a second module."""
    made = await new_scenario(blueprint(step(1)))
    edits: list[dict[str, Any]] = [
        {"op": "set_mapper", "module": 1, "name": "value", "value": "2"},
        {"op": "add_module", "module": {"module": "util:FunctionSleep"}, "after": 1},
    ]
    for op in edits:
        told = await core.call("scenario_patch", scenario_id=made["id"], ops=[op])
        assert told.data["changed"] is True
    return int(made["id"])


async def test_versions_are_listed_newest_first(core: Server, scenario: int) -> None:
    told = await core.call("blueprint_version_list", scenario_id=scenario)
    assert [one["version"] for one in told.data["versions"]] == [3, 2, 1]
    page = await core.call("blueprint_version_list", scenario_id=scenario, limit=2)
    assert page.data["next_cursor"]


async def test_the_live_blueprint_is_compared_with_the_version_before_it(
    core: Server, scenario: int
) -> None:
    told = await core.call("blueprint_diff", scenario_id=scenario)
    assert told.data["lines"] == ["+ added: module 2 util:FunctionSleep at flow[1]"]
    assert told.data["before"] == f"scenario {scenario}, version 2"


async def test_two_versions_are_compared(core: Server, scenario: int) -> None:
    told = await core.call(
        "blueprint_diff", scenario_id=scenario, version_id=1, to_version_id=2, view="entries"
    )
    (entry,) = told.data["entries"]
    assert (entry["before"], entry["after"]) == ("1", "2")
    table = await core.call("blueprint_diff", scenario_id=scenario, version_id=1, view="markdown")
    assert table.data["markdown"].startswith("| Change |")


async def test_a_scenario_is_compared_with_a_given_blueprint_and_with_another_scenario(
    core: Server, scenario: int, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    document = blueprint(step(1))
    given = await core.call("blueprint_diff", scenario_id=scenario, blueprint=document)
    assert "- removed: module 2 util:FunctionSleep at flow[1]" in given.data["lines"]
    other = await new_scenario(document)
    told = await core.call("blueprint_diff", scenario_id=scenario, other_scenario_id=other["id"])
    assert "+ added: module 2 util:FunctionSleep at flow[1]" in told.data["lines"]


async def test_moving_modules_on_the_canvas_is_no_difference(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    document = blueprint(step(1))
    made = await new_scenario(document)
    moved = json.loads(json.dumps(document))
    moved["flow"][0]["metadata"]["designer"]["x"] = 900
    told = await core.call("blueprint_diff", scenario_id=made["id"], blueprint=moved)
    assert (told.data["same"], told.data["change_count"]) == (True, 0)


async def test_a_difference_shows_no_secret(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    made = await new_scenario(blueprint(step(1, mapper={"password": "hunter2"})))
    given = blueprint(step(1, mapper={"password": "hunter3"}))
    told = await core.call("blueprint_diff", scenario_id=made["id"], blueprint=given)
    assert told.data["change_count"] == 1
    assert "hunter" not in told.text


async def test_a_first_version_has_nothing_before_it(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    made = await new_scenario(blueprint(step(1)))
    told = await core.call("blueprint_diff", scenario_id=made["id"])
    assert told.error["code"] == "no_earlier_version"


async def test_an_old_version_is_put_back_after_its_plan_was_confirmed(
    core: Server, scenario: int, stored: Reader, company: Company
) -> None:
    old = (await company.get(f"/scenarios/{scenario}/blueprint", blueprintId=1))["response"]
    before = (await stored(scenario))["blueprint"]
    planned = await core.call("blueprint_restore", scenario_id=scenario, version_id=1)
    assert len(planned.data["plan"]["diff"]) == 2
    assert (await stored(scenario))["blueprint"] == before
    told = await core.apply("blueprint_restore", scenario_id=scenario, version_id=1)
    assert told.data["changed"] is True
    assert (await stored(scenario))["blueprint"] == old["blueprint"]
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await stored(scenario))["blueprint"] == before


async def test_the_version_that_is_live_is_not_put_back_again(core: Server, scenario: int) -> None:
    told = await core.call("blueprint_restore", scenario_id=scenario, version_id=3)
    assert told.data["changed"] is False


async def test_a_version_whose_connection_is_gone_is_not_put_back(
    core: Server,
    company: Company,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    connection: Connector,
    stored: Reader,
) -> None:
    slack = await connection("Slack")
    bound = step(1, "slack:CreateMessage", version=4, parameters={"__IMTCONN__": slack}, mapper={})
    made = await new_scenario(blueprint(bound))
    changed = {"blueprint": json.dumps(blueprint(step(1)))}
    await company.send("PATCH", f"/scenarios/{made['id']}", changed)
    await company.send("DELETE", f"/connections/{slack}", confirmed="true")
    before = await stored(made["id"])
    told = await core.call("blueprint_restore", scenario_id=made["id"], version_id=1)
    assert str(slack) in told.error["problems"][0]["problem"]
    assert await stored(made["id"]) == before


async def test_a_version_that_is_not_kept_is_told_as_not_found(core: Server, scenario: int) -> None:
    told = await core.call("blueprint_restore", scenario_id=scenario, version_id=99)
    assert told.error["code"] == "not_found"
