"""Triggers: how scenarios start, and teaching their webhooks."""

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Floor

pytestmark = pytest.mark.anyio


async def listener(floor: "Floor", *, active: bool = True) -> tuple[int, dict[str, Any]]:
    """A scenario that starts by webhook, and its hook."""
    hook = await floor.hook()
    at = {"designer": {"x": 0, "y": 0, "name": "Orders come in"}}
    parameters = {"hook": hook["id"], "maxResults": 1}
    first: dict[str, Any] = {"id": 1, "module": "gateway:CustomWebHook", "version": 1, "mapper": {}}
    step = {**first, "parameters": parameters, "metadata": at}
    flow = (step, floor.parsing(2, "{}"))
    return await floor.scenario(*flow, scheduling={"type": "immediately"}, active=active), hook


async def test_a_webhook_is_told_with_its_queue_and_without_its_address(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident, hook = await listener(floor, active=False)
    await company.http.post(f"/hook/{hook['udid']}", json={"order": 7})
    told = await core.call("scenario_trigger_get", scenario_id=ident)
    trigger = told.data
    assert (trigger["kind"], trigger["active"]) == ("webhook", False)
    assert trigger["module"] == "Orders come in (gateway:CustomWebHook)"
    assert (trigger["hook"]["id"], trigger["hook"]["queue_count"]) == (hook["id"], 1)
    assert hook["udid"] not in told.text
    shown = await core.call("scenario_trigger_get", scenario_id=ident, show_url=True)
    assert shown.data["hook_url"].endswith(hook["udid"])


async def test_schedules_and_polling_are_told_apart(core: Server, floor: "Floor") -> None:
    daily = await floor.scenario(
        floor.parsing(1, "{}"), scheduling={"type": "daily", "time": "06:00"}
    )
    at = {"designer": {"x": 0, "y": 0}}
    watch: dict[str, Any] = {
        "id": 1,
        "module": "google-sheets:watchRows",
        "version": 2,
        "mapper": {},
    }
    polling = await floor.scenario(
        {**watch, "parameters": {}, "metadata": at},
        scheduling={"type": "indefinitely", "interval": 900},
        active=False,
    )
    on_demand = await floor.scenario(floor.start)
    kinds = [
        (await core.call("scenario_trigger_get", scenario_id=ident)).data
        for ident in (daily, polling, on_demand)
    ]
    assert [told["kind"] for told in kinds] == ["scheduled", "polling", "on_demand"]
    assert kinds[0]["next_run"]
    assert kinds[1]["keeps_position"] is False
    assert kinds[1]["schedule"] == "every 15 minutes"


async def test_a_sample_teaches_the_hook_its_structure(core: Server, floor: "Floor") -> None:
    ident, hook = await listener(floor, active=False)
    sample = {"order": "A-17", "total": 9.5}
    told = (await core.call("scenario_trigger_learn", scenario_id=ident, sample=sample)).data
    assert {field["name"] for field in told["fields"]} == {"order", "total"}
    assert (told["learning"], told["changed"], told["http_status"]) == (False, True, 200)
    assert told["hook_id"] == hook["id"]


async def test_the_next_real_request_is_waited_for_without_a_sample(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident, hook = await listener(floor, active=False)
    told: list[dict[str, Any]] = []

    async def call() -> None:
        told.append((await core.call("scenario_trigger_learn", scenario_id=ident)).data)

    async def learning() -> bool:
        return bool(await floor.sent("POST", "/learn-start"))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await floor.until(learning)
        await company.http.post(f"/hook/{hook['udid']}", json={"plank": 3})
    assert [field["name"] for field in told[0]["fields"]] == ["plank"]


async def test_a_hook_that_hears_nothing_keeps_learning_and_says_how_to_go_on(
    core: Server, floor: "Floor"
) -> None:
    ident, hook = await listener(floor, active=False)
    told = (await core.call("scenario_trigger_learn", scenario_id=ident, timeout=1)).data
    assert told["learning"] is True
    assert told["next_calls"][0]["arguments"] == {"hook_id": hook["id"]}


async def test_an_active_scenario_is_not_sent_a_sample_before_a_plan_is_confirmed(
    core: Server, floor: "Floor"
) -> None:
    ident, hook = await listener(floor)
    learn = {"hook_id": hook["id"], "sample": {"order": 1}}
    plan = (await core.call("scenario_trigger_learn", **learn)).data["plan"]
    assert "active" in plan["confirm_because"][0]
    assert not await floor.sent("POST", "/learn-start")
    assert await floor.starts(ident) == 0
    told = await core.call("scenario_trigger_learn", **learn, plan_id=plan["plan_id"])
    assert told.data["learning"] is False


async def test_learning_can_be_taken_back_while_it_waits(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident, hook = await listener(floor, active=False)
    told = await core.call("scenario_trigger_learn", scenario_id=ident, timeout=1)
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await company.get(f"/hooks/{hook['id']}/ping"))["learning"] is False


async def test_a_scenario_without_a_hook_is_explained(core: Server, floor: "Floor") -> None:
    ident = await floor.scenario(floor.start)
    told = await core.call("scenario_trigger_learn", scenario_id=ident)
    assert told.error["code"] == "no_hook"
    both = await core.call("scenario_trigger_learn")
    assert "Exactly one" in both.error["what"]
