"""Switching scenarios on and off."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server
from regressions import failure

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]

DAILY = {"type": "daily", "time": "04:00"}


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    return int((await new_scenario(blueprint(step(1)), scheduling=DAILY))["id"])


async def test_a_scenario_is_switched_on_and_tells_its_next_run(
    core: Server, scenario: int, company: Company
) -> None:
    told = await core.call("scenario_activate", scenario_id=scenario)
    assert (told.data["active"], told.data["changed"]) == (True, True)
    assert told.data["next_exec"]
    assert (await company.get(f"/scenarios/{scenario}"))["scenario"]["isActive"] is True


@failure(
    "activating what is active is an error",
    size="5,574",
    here="success, `changed: false`, nothing is sent",
)
async def test_f4_activating_an_active_scenario_succeeds_and_sends_nothing(
    core: Server, scenario: int, writes: Writes
) -> None:
    await core.call("scenario_activate", scenario_id=scenario)
    await writes()
    told = await core.call("scenario_activate", scenario_id=scenario)
    assert (told.data["active"], told.data["changed"]) == (True, False)
    assert await writes() == []


async def test_f4_deactivating_an_inactive_scenario_succeeds_and_sends_nothing(
    core: Server, scenario: int, writes: Writes
) -> None:
    await writes()
    told = await core.call("scenario_deactivate", scenario_id=scenario)
    assert (told.data["active"], told.data["changed"]) == (False, False)
    assert await writes() == []


@pytest.mark.parametrize("start_active", [True, False])
async def test_switching_can_be_undone(
    start_active: bool, core: Server, scenario: int, company: Company
) -> None:
    if start_active:
        await company.send("POST", f"/scenarios/{scenario}/start")
    tool = "scenario_deactivate" if start_active else "scenario_activate"
    told = await core.call(tool, scenario_id=scenario)
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    now = (await company.get(f"/scenarios/{scenario}"))["scenario"]
    assert now["isActive"] is start_active


async def test_a_dry_run_switches_nothing(core: Server, scenario: int, company: Company) -> None:
    told = await core.call("scenario_activate", scenario_id=scenario, dry_run=True)
    assert told.data["plan"]["requests"] == [
        {"method": "POST", "path": f"/scenarios/{scenario}/start"}
    ]
    assert (await company.get(f"/scenarios/{scenario}"))["scenario"]["isActive"] is False


async def test_what_make_would_refuse_is_told_before_with_every_reason(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    company: Company,
    team: int,
    writes: Writes,
) -> None:
    organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    licence = {"licenses": {str(organization): {"interval": 30}}}
    await company.control("PATCH", "/world", licence)
    gone = step(1, "slack:CreateMessage", version=4, parameters={"__IMTCONN__": 987654})
    made = await new_scenario(blueprint(gone, step(1)))
    await writes()
    told = await core.call("scenario_activate", scenario_id=made["id"])
    problems = " ".join(one["problem"] for one in told.error["problems"])
    assert told.error["code"] == "not_activatable"
    for expected in ("Connection 987654", "already used", "30 minutes"):
        assert expected in problems
    assert await writes() == []


async def test_a_broken_mapping_does_not_keep_a_scenario_from_being_switched_on(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    lost = step(1, mapper={"name": "a", "scope": "roundtrip", "value": "{{9.x}}"})
    made = await new_scenario(blueprint(lost), scheduling=DAILY)
    told = await core.call("scenario_activate", scenario_id=made["id"])
    assert told.data["active"] is True


async def test_official_names_switch_too(core: Server, scenario: int) -> None:
    assert (await core.call("scenarios_activate", scenarioId=str(scenario))).data["changed"]
    assert (await core.call("scenarios_deactivate", scenarioId=scenario)).data["changed"]


async def test_the_plan_to_switch_off_is_what_is_then_sent_and_undo_switches_on(
    core: Server, scenario: int, company: Company, writes: Writes
) -> None:
    path = f"/scenarios/{scenario}"
    await company.send("POST", f"{path}/start")
    await writes()
    planned = await core.call("scenario_deactivate", scenario_id=scenario, dry_run=True)
    assert (await company.get(path))["scenario"]["isActive"] is True
    assert await writes() == []
    told = await core.call("scenario_deactivate", scenario_id=scenario)
    (request,) = planned.data["plan"]["requests"]
    (sent,) = await writes()
    assert (request["method"], request["path"]) == ("POST", f"{path}/stop")
    assert sent["path"].endswith(request["path"])
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await company.get(path))["scenario"]["isActive"] is True
