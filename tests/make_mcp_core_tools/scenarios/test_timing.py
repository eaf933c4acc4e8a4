"""Schedules in plain words."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from harness import Company, Server
from regressions import failure

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Reader = Callable[[int], Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    return int((await new_scenario(blueprint(step(1))))["id"])


@pytest.mark.parametrize(
    ("given", "kept", "words"),
    [
        (
            {"kind": "every", "interval_minutes": 45},
            {"type": "indefinitely", "interval": 2700},
            "every 45 minutes",
        ),
        ({"kind": "daily", "time": "06:05"}, {"type": "daily", "time": "06:05"}, "daily at 06:05"),
        (
            {"kind": "weekly", "time": "09:00", "days": ["sunday", "wednesday"]},
            {"type": "weekly", "time": "09:00", "days": [0, 3]},
            "weekly on Sunday, Wednesday at 09:00",
        ),
        (
            {"kind": "monthly", "time": "00:30", "days": [31, 1]},
            {"type": "monthly", "time": "00:30", "days": [1, 31]},
            "monthly on day 1, 31 at 00:30",
        ),
        ({"kind": "on_demand"}, {"type": "on-demand"}, "on demand"),
    ],
)
async def test_plain_words_become_makes_schedule(
    given: dict[str, Any],
    kept: dict[str, Any],
    words: str,
    core: Server,
    scenario: int,
    stored: Reader,
) -> None:
    told = await core.call("scenario_schedule_set", scenario_id=scenario, **given)
    assert (await stored(scenario))["scheduling"] == kept
    assert told.data["schedule"] == words
    assert len(told.data["next_runs"]) == (0 if given["kind"] == "on_demand" else 5)


async def test_the_next_runs_are_the_ones_make_computes(
    core: Server, scenario: int, company: Company
) -> None:
    told = await core.call(
        "scenario_schedule_set",
        scenario_id=scenario,
        kind="yearly",
        time="10:15",
        days=[29],
        months=[2, 5],
    )
    await company.send("POST", f"/scenarios/{scenario}/start")
    shown = (await company.get(f"/scenarios/{scenario}"))["scenario"]
    first = datetime.fromisoformat(told.data["next_runs"][0])
    assert first == datetime.fromisoformat(shown["nextExec"])


async def test_times_of_another_zone_are_converted_with_their_weekday(
    core: Server, scenario: int, stored: Reader
) -> None:
    told = await core.call(
        "scenario_schedule_set",
        scenario_id=scenario,
        kind="weekly",
        time="04:00",
        days=["monday"],
        timezone="Asia/Tokyo",
    )
    zone = told.data["timezone"]
    assert zone != "Asia/Tokyo"
    kept = (await stored(scenario))["scheduling"]
    first = datetime.fromisoformat(told.data["next_runs"][0])
    assert kept["days"] == [0]
    assert f"{kept['time']} {zone}" in told.data["warnings"][0]
    assert first.strftime("%H:%M") == kept["time"]


async def test_the_schedule_that_is_set_already_changes_nothing(
    core: Server, scenario: int, writes: Writes
) -> None:
    await writes()
    told = await core.call(
        "scenario_schedule_set", scenario_id=scenario, kind="every", interval_minutes=15
    )
    assert told.data["changed"] is False
    assert await writes() == []


async def test_a_schedule_is_planned_by_a_dry_run_and_taken_back_by_undo(
    core: Server, scenario: int, stored: Reader
) -> None:
    before = (await stored(scenario))["scheduling"]
    arguments: dict[str, Any] = {"scenario_id": scenario, "kind": "daily", "time": "05:00"}
    planned = await core.call("scenario_schedule_set", **arguments, dry_run=True)
    assert planned.data["plan"]["diff"] == ["~ schedule: every 15 minutes -> daily at 05:00"]
    assert (await stored(scenario))["scheduling"] == before
    told = await core.call("scenario_schedule_set", **arguments)
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert (await stored(scenario))["scheduling"] == before


async def test_an_interval_below_the_plans_minimum_is_refused_with_the_minimum(
    core: Server, scenario: int, company: Company, team: int
) -> None:
    organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    await company.control("PATCH", "/world", {"licenses": {str(organization): {"interval": 15}}})
    told = await core.call(
        "scenario_schedule_set", scenario_id=scenario, kind="every", interval_minutes=5
    )
    assert told.error["problems"][0]["path"] == "interval_minutes"
    assert "15" in told.error["problems"][0]["fix"]


async def test_all_faults_of_a_schedule_are_told_at_once(core: Server, scenario: int) -> None:
    told = await core.call(
        "scenario_schedule_set", scenario_id=scenario, kind="weekly", interval_minutes=5
    )
    paths = {problem["path"] for problem in told.error["problems"]}
    assert paths == {"time", "days", "interval_minutes"}


async def test_a_polling_scenario_cannot_run_when_data_arrives(core: Server, scenario: int) -> None:
    told = await core.call("scenario_schedule_set", scenario_id=scenario, kind="immediately")
    assert "instant trigger" in told.error["problems"][0]["problem"]


async def test_a_webhook_scenario_may_get_an_interval_with_a_word_of_warning(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    hook: Callable[..., Awaitable[int]],
) -> None:
    first = step(1, "gateway:CustomWebHook", parameters={"hook": await hook()}, mapper={})
    made = await new_scenario(blueprint(first), scheduling={"type": "immediately"})
    told = await core.call(
        "scenario_schedule_set", scenario_id=made["id"], kind="every", interval_minutes=30
    )
    assert "queue" in told.data["warnings"][0]
    back = await core.call("scenario_schedule_set", scenario_id=made["id"], kind="immediately")
    assert back.data["schedule"] == "when data arrives"


async def test_required_inputs_hold_a_scenario_to_on_demand(
    core: Server, new_scenario: Maker, blueprint: Builder, step: Builder
) -> None:
    inputs = [{"name": "order", "type": "text", "required": True}]
    made = await new_scenario(
        blueprint(step(1)), scheduling={"type": "on-demand"}, interface={"input": inputs}
    )
    told = await core.call(
        "scenario_schedule_set", scenario_id=made["id"], kind="daily", time="05:00"
    )
    assert "order" in told.error["problems"][0]["problem"]
    assert "scenario_interface_set" in told.error["problems"][0]["fix"]


@failure(
    "invented scheduling (`cron`, `hour`)",
    size="967",
    here="`kind` in plain words, the plan's minimum checked, the next runs shown",
)
async def test_f7_cron_and_hour_are_answered_with_what_there_is(
    core: Server, scenario: int
) -> None:
    told = await core.call("scenario_schedule_set", scenario_id=scenario, cron="0 9 * * *", hour=9)
    problems = {problem["path"]: problem for problem in told.error["problems"]}
    assert {"cron", "hour", "kind"} <= set(problems)
    assert problems["cron"]["fix"]


async def test_hours_and_dates_limit_an_interval(
    core: Server, scenario: int, stored: Reader
) -> None:
    told = await core.call(
        "scenario_schedule_set",
        scenario_id=scenario,
        kind="every",
        interval_minutes=60,
        starts_at="2030-01-01T00:00:00Z",
        ends_at="2030-02-01T00:00:00Z",
        windows=[{"days": ["saturday"], "from_time": "09:00", "to_time": "17:00"}],
        max_runs_per_minute=5,
    )
    kept = (await stored(scenario))["scheduling"]
    assert kept["restrict"] == [{"time": ["09:00", "17:00"], "days": [6]}]
    assert kept["between"] == ["2030-01-01T00:00:00.000Z", "2030-02-01T00:00:00.000Z"]
    runs = [datetime.fromisoformat(run) for run in told.data["next_runs"]]
    assert {(run.year, run.isoweekday()) for run in runs} == {(2030, 6)}
    assert all(9 <= run.hour <= 17 for run in runs)


async def test_a_moment_that_has_passed_is_no_schedule(core: Server, scenario: int) -> None:
    told = await core.call(
        "scenario_schedule_set", scenario_id=scenario, kind="once", date="2020-01-01T10:00:00Z"
    )
    assert told.error["problems"][0]["path"] == "date"


@pytest.mark.parametrize(
    "schedule",
    [
        {"kind": "yearly", "time": "09:00", "days": [30], "months": [2]},
        {
            "kind": "daily",
            "time": "09:00",
            "starts_at": "2027-02-01T00:00:00Z",
            "ends_at": "2027-01-01T00:00:00Z",
        },
        {"kind": "daily", "time": "09:00", "starts_at": "2027-01-01", "ends_at": "2027-01-01"},
    ],
)
async def test_a_schedule_by_which_nothing_would_ever_run_is_refused(
    core: Server, scenario: int, writes: Writes, schedule: dict[str, Any]
) -> None:
    await writes()
    told = await core.call("scenario_schedule_set", scenario_id=scenario, **schedule)
    assert told.error["code"] == "invalid_schedule"
    assert "never runs" in told.error["problems"][0]["problem"]
    assert await writes() == []


async def test_the_words_of_a_schedule_tell_its_limits(core: Server, scenario: int) -> None:
    told = await core.call(
        "scenario_schedule_set",
        scenario_id=scenario,
        kind="every",
        interval_minutes=30,
        windows=[{"days": ["monday", "friday"], "from_time": "09:00", "to_time": "17:00"}],
        starts_at="2027-01-01T00:00:00Z",
        ends_at="2027-02-01T00:00:00Z",
    )
    words = (
        "every 30 minutes, within Monday, Friday 09:00 to 17:00,"
        " from 2027-01-01T00:00:00.000Z until 2027-02-01T00:00:00.000Z"
    )
    assert told.data["schedule"] == words
    shown = await core.call("scenario_get", scenario_id=scenario, include=[])
    assert shown.data["schedule"] == words
