"""Where a polling trigger goes on from."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    watch = step(7, "rss:TriggerNewArticle", mapper={}, parameters={"url": "https://a.example/f"})
    return int((await new_scenario(blueprint(watch, step(8))))["id"])


def kept(company: Company, scenario: int) -> Any:
    world = company.mounted.sandbox.world
    return world.rows("SELECT module_data FROM scenarios WHERE id = ?", scenario)[0]["module_data"]


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ({"start": "all"}, "1970-01-01T00:00:00.000Z"),
        ({"start": "since", "since": "2026-10-05T08:00:00Z"}, "2026-10-05T08:00:00.000Z"),
    ],
)
async def test_a_start_is_set_after_a_plan_that_says_what_comes_again(
    core: Server, company: Company, scenario: int, given: dict[str, Any], moment: str
) -> None:
    planned = await core.call("scenario_trigger_start_set", scenario_id=scenario, **given)
    assert "processed again" in " ".join(planned.data["plan"]["affects"])
    assert kept(company, scenario) == {}
    told = await core.apply("scenario_trigger_start_set", scenario_id=scenario, **given)
    assert told.data["starts_after"] == moment
    assert told.data["kept_before"] is False
    assert kept(company, scenario) == {"7": {"epoch": {"date": moment}}}


async def test_from_now_on_is_the_moment_of_the_plan(
    core: Server, company: Company, scenario: int
) -> None:
    told = await core.apply("scenario_trigger_start_set", scenario_id=scenario, start="now")
    assert kept(company, scenario) == {"7": {"epoch": {"date": told.data["starts_after"]}}}
    again = await core.call("scenario_trigger_start_set", scenario_id=scenario, start="now")
    assert "processed again" not in " ".join(again.data["plan"]["affects"])


async def test_a_webhook_keeps_no_place(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Callable[..., Awaitable[int]],
) -> None:
    first = step(1, "gateway:CustomWebHook", parameters={"hook": await hook()}, mapper={})
    made = await new_scenario(blueprint(first), scheduling={"type": "immediately"})
    told = await core.call(
        "scenario_trigger_start_set", scenario_id=made["id"], start="since", module_id=9
    )
    paths = {problem["path"] for problem in told.error["problems"]}
    assert paths == {"module_id", "scenario_id", "since"}


async def test_only_the_trigger_has_a_place_to_go_on_from(
    core: Server, scenario: int, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    later = await core.call(
        "scenario_trigger_start_set", scenario_id=scenario, start="now", module_id=8
    )
    (problem,) = later.error["problems"]
    assert (problem["path"], problem["fix"]) == ("module_id", "Send 7 or leave it out.")
    made = await new_scenario(blueprint(step(1)))
    idle = await core.call("scenario_trigger_start_set", scenario_id=made["id"], start="now")
    assert "keeps no place" in idle.error["problems"][0]["problem"]


async def test_a_start_cannot_be_undone_and_the_plan_says_so(core: Server, scenario: int) -> None:
    planned = await core.call("scenario_trigger_start_set", scenario_id=scenario, start="all")
    assert planned.data["plan"]["undo"].startswith("Not possible")
    told = await core.apply("scenario_trigger_start_set", scenario_id=scenario, start="all")
    undone = await core.call("operation_undo", operation_id=told.data["operation_id"])
    assert undone.error["code"] == "not_undoable"
