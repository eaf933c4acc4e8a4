"""When scenarios run by themselves."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from make_api_sandbox.scenarios.schedule import next_run
from make_api_sandbox.scenarios.scheduler import keep_time

if TYPE_CHECKING:
    from .conftest import Shop

PRAGUE = ZoneInfo("Europe/Prague")


def module(ident: int, slug: str, **members: Any) -> dict[str, Any]:
    return {"id": ident, "module": slug, "version": 1, "mapper": {}, "parameters": {}, **members}


def compose(ident: int = 1) -> dict[str, Any]:
    return module(ident, "util:ComposeTransformer", mapper={"value": "x"})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("scheduling", "after", "expected"),
    [
        ({"type": "immediately"}, "2026-03-04 08:00", None),
        ({"type": "on-demand"}, "2026-03-04 08:00", None),
        ({"type": "indefinitely", "interval": 900}, "2026-03-04 08:00", "2026-03-04 08:15"),
        (
            {"type": "once", "date": "2026-03-04T09:00:00+01:00"},
            "2026-03-04 07:00",
            "2026-03-04 08:00",
        ),
        ({"type": "once", "date": "2026-03-04T09:00:00Z"}, "2026-03-04 09:00", None),
        ({"type": "daily", "time": "09:30"}, "2026-03-04 08:00", "2026-03-04 08:30"),
        ({"type": "daily", "time": "09:30"}, "2026-03-04 08:30", "2026-03-05 08:30"),
        ({"type": "daily", "time": "09:30"}, "2026-03-28 09:00", "2026-03-29 07:30"),
        ({"type": "weekly", "time": "00:00", "days": [0]}, "2026-03-04 08:00", "2026-03-07 23:00"),
        (
            {"type": "monthly", "time": "12:00", "days": [31]},
            "2026-04-01 00:00",
            "2026-05-31 10:00",
        ),
        (
            {"type": "yearly", "time": "12:00", "days": [29], "months": [2]},
            "2026-03-04 08:00",
            "2028-02-29 11:00",
        ),
        (
            {
                "type": "daily",
                "time": "12:00",
                "between": ["2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"],
            },
            "2026-03-04 08:00",
            "2026-04-01 10:00",
        ),
        (
            {
                "type": "daily",
                "time": "12:00",
                "between": ["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"],
            },
            "2026-03-04 08:00",
            None,
        ),
        (
            {
                "type": "indefinitely",
                "interval": 3600,
                "restrict": [{"days": [1, 2, 3, 4, 5], "time": ["09:00", "17:00"]}],
            },
            "2026-03-06 15:30",
            "2026-03-09 08:00",
        ),
    ],
)
def test_the_next_run_follows_the_schedule_in_the_organizations_time_zone(
    scheduling: Any, after: str, expected: str | None
) -> None:
    found = next_run(scheduling, at(after), PRAGUE)
    assert found == (at(expected) if expected else None)


def test_an_interval_counts_from_the_previous_run_and_skips_what_was_missed() -> None:
    scheduling = {"type": "indefinitely", "interval": 600}
    last, after = at("2026-03-04 08:00"), at("2026-03-04 08:25")
    assert next_run(scheduling, after, PRAGUE, last=last) == at("2026-03-04 08:30")


@pytest.mark.anyio
async def test_starting_an_interval_scenario_runs_it_and_then_by_the_clock(shop: "Shop") -> None:
    ident = await shop.create(compose(), scheduling={"type": "indefinitely", "interval": 900})
    await shop.start(ident)
    await shop.settle()
    assert len(await shop.runs(ident)) == 1
    assert (await shop.scenario(ident))["nextExec"] == "2026-03-04T08:45:15.000Z"
    await shop.advance(3600)
    stamps = [entry["timestamp"] for entry in await shop.runs(ident)]
    hour = ["09:30:15", "09:15:15", "09:00:15", "08:45:15", "08:30:15"]
    assert stamps == [f"2026-03-04T{time}.000Z" for time in hour]
    assert (await shop.scenario(ident))["nextExec"] == "2026-03-04T09:45:15.000Z"


@pytest.mark.anyio
async def test_a_stopped_scenario_has_no_next_run(shop: "Shop") -> None:
    ident = await shop.create(compose(), scheduling={"type": "daily", "time": "10:00"})
    await shop.start(ident)
    assert (await shop.scenario(ident))["nextExec"] is not None
    await shop.post(f"/scenarios/{ident}/stop")
    assert (await shop.scenario(ident))["nextExec"] is None
    await shop.advance(2 * 86400)
    assert await shop.runs(ident) == []


@pytest.mark.anyio
async def test_a_run_that_falls_due_during_the_previous_one_is_skipped(shop: "Shop") -> None:
    nap = module(1, "util:FunctionSleep", mapper={"duration": 150})
    ident = await shop.create(nap, scheduling={"type": "indefinitely", "interval": 60})
    await shop.start(ident)
    await shop.advance(61)
    assert await shop.runs(ident) == []
    await shop.advance(90)
    assert len(await shop.runs(ident)) == 1


@pytest.mark.anyio
async def test_a_failing_schedule_switches_itself_off_at_the_moment_of_the_last_error(
    shop: "Shop",
) -> None:
    broken = module(1, "json:ParseJSON", mapper={"json": "{"})
    ident = await shop.create(broken, scheduling={"type": "indefinitely", "interval": 600})
    await shop.start(ident)
    await shop.advance(86400)
    assert len(await shop.runs(ident)) == 3
    stop = next(entry for entry in await shop.logs(ident) if entry["type"] == "stop")
    assert stop["timestamp"] == "2026-03-04T08:50:15.000Z"


@pytest.mark.anyio
async def test_a_temporary_failure_is_retried_by_itself_until_it_is_resolved(shop: "Shop") -> None:
    mapper = {"url": "http://127.0.0.1:9/none", "method": "get"}
    request = module(2, "http:ActionSendData", parameters={"handleErrors": True}, mapper=mapper)
    ident = await shop.create(compose(), request, settings={"dlq": True})
    assert (await shop.run(ident))["status"] == 2
    dlq = (await shop.get("/dlqs", scenarioId=ident))["dlqs"][0]
    assert (dlq["retry"], dlq["attempts"]) == (True, 0)
    await shop.advance(60)
    await shop.advance(600)
    logs = (await shop.get(f"/dlqs/{dlq['id']}/logs"))["dlqLogs"]
    assert [(entry["type"], entry["status"]) for entry in logs] == [("auto", 3), ("auto", 3)]
    assert logs[1]["timestamp"] == "2026-03-04T08:31:15.000Z"
    assert logs[0]["timestamp"] == "2026-03-04T08:41:15.000Z"


@pytest.mark.anyio
async def test_the_machines_clock_makes_one_run_for_all_that_were_missed(shop: "Shop") -> None:
    ident = await shop.create(compose(), scheduling={"type": "indefinitely", "interval": 900})
    await shop.start(ident)
    await shop.settle()
    shop.world.clock.release()
    sandbox = shop.company.app.state.sandbox
    clock = asyncio.create_task(keep_time(sandbox))
    async with asyncio.timeout(10):
        ended = "SELECT count(*) FROM executions WHERE status IS NOT NULL"
        while shop.world.value(ended) < 2:  # noqa: ASYNC110 - nothing announces a run
            await asyncio.sleep(0)
    clock.cancel()
    await asyncio.gather(clock, return_exceptions=True)
    assert len(await shop.runs(ident)) == 2
    now = datetime.now(UTC).isoformat()
    assert (await shop.scenario(ident))["nextExec"] > now[:19]
