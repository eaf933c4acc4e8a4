"""Incomplete executions: when they are stored, retried and in the way."""

from typing import TYPE_CHECKING, Any

import pytest
from flows import compose, fail, module
from make_api_sandbox.clock import parse_stamp

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio

HOURLY = {"type": "indefinitely", "interval": 3600}
DAY = 86_400


def unreachable(ident: int, *handler: Any) -> dict[str, Any]:
    """A module that fails with a `ConnectionError`, every time."""
    mapper = {"url": "http://127.0.0.1:9/", "method": "get"}
    onerror = {"onerror": list(handler)} if handler else {}
    return module(ident, "http:ActionSendData", mapper=mapper, parameters={}, **onerror)


def retry(ident: int, *, count: int, interval: int) -> dict[str, Any]:
    mapper = {"retry": True, "count": str(count), "interval": str(interval)}
    return module(ident, "builtin:Break", mapper=mapper)


async def attempts(shop: "Shop", scenario: int) -> list[float]:
    """Minutes from the failure to each retry of the one incomplete execution."""
    [dlq] = (await shop.get("/dlqs", scenarioId=scenario))["dlqs"]
    logs = await shop.get(f"/dlqs/{dlq['id']}/logs", params={"pg[sortDir]": "asc"})
    created = parse_stamp(dlq["created"])
    waits = [parse_stamp(each["timestamp"]) - created for each in logs["dlqLogs"]]
    assert {each["type"] for each in logs["dlqLogs"]} == {"auto"}
    return [each.total_seconds() / 60 for each in waits]


async def test_what_passes_by_itself_is_retried_eight_times(shop: "Shop") -> None:
    ident = await shop.create(compose(1, "x"), unreachable(2), settings={"dlq": True})
    await shop.run(ident)
    await shop.advance(2 * DAY)
    waits = (1, 10, 10, 30, 30, 30, 180, 180)
    found = await attempts(shop, ident)
    assert [round(each) for each in found] == [sum(waits[: at + 1]) for at in range(8)]
    [dlq] = (await shop.get("/dlqs", scenarioId=ident))["dlqs"]
    assert (dlq["attempts"], dlq["resolved"], dlq["retry"]) == (8, False, False)


async def test_a_break_decides_how_often_and_after_how_many_minutes(shop: "Shop") -> None:
    handler = retry(3, count=3, interval=15)
    ident = await shop.create(compose(1, "x"), fail(2, handler), settings={"dlq": True})
    await shop.run(ident)
    await shop.advance(DAY)
    assert [round(each) for each in await attempts(shop, ident)] == [15, 30, 45]


async def test_another_error_waits_for_a_person(shop: "Shop") -> None:
    ident = await shop.create(compose(1, "x"), fail(2), settings={"dlq": True})
    await shop.run(ident)
    await shop.advance(DAY)
    [dlq] = (await shop.get("/dlqs", scenarioId=ident))["dlqs"]
    assert (dlq["attempts"], dlq["retry"]) == (0, False)


async def test_a_retry_runs_only_from_the_failed_module_on(shop: "Shop") -> None:
    flow = [compose(1, "x"), unreachable(2), compose(3, "never")]
    ident = await shop.create(*flow, settings={"dlq": True})
    await shop.run(ident)
    await shop.advance(90)
    sql = "SELECT module_id, count(*) AS n FROM execution_modules WHERE scenario_id = ? GROUP BY 1"
    counted = {row["module_id"]: row["n"] for row in shop.world.rows(sql, ident)}
    assert counted == {1: 1, 2: 2}
    usage = (await shop.get(f"/scenarios/{ident}/usage"))["data"]
    assert [day["operations"] for day in usage] == [3]


async def test_a_sequential_scenario_stands_still_while_something_is_unresolved(
    shop: "Shop",
) -> None:
    flow = [compose(1, "x"), fail(2)]
    settings = {"dlq": True, "sequential": True}
    ident = await shop.create(*flow, scheduling=HOURLY, settings=settings)
    await shop.start(ident)
    await shop.settle()
    await shop.advance(DAY)
    assert len(await shop.runs(ident)) == 1
    dlqs = (await shop.get("/dlqs", scenarioId=ident))["dlqs"]
    body = {"ids": [each["id"] for each in dlqs]}
    await shop.call("DELETE", "/dlqs", body, scenarioId=ident)
    await shop.advance(3_600)
    assert len(await shop.runs(ident)) == 2


@pytest.mark.parametrize("dataloss", [False, True])
async def test_without_room_the_scenario_is_switched_off_or_the_data_is_lost(
    shop: "Shop", dataloss: bool
) -> None:
    shop.license(dlqStorage=1)
    settings = {"dlq": True, "dataloss": dataloss}
    ident = await shop.create(compose(1, "x"), fail(2), scheduling=HOURLY, settings=settings)
    await shop.start(ident)
    await shop.settle()
    assert (await shop.get("/dlqs", scenarioId=ident))["dlqs"] == []
    assert (await shop.scenario(ident))["isActive"] is dataloss


async def test_without_storage_a_scheduled_scenario_pauses_for_twenty_minutes(
    shop: "Shop",
) -> None:
    ident = await shop.create(
        compose(1, "x"), unreachable(2), scheduling={"type": "indefinitely", "interval": 900}
    )
    await shop.start(ident)
    await shop.settle()
    [run] = await shop.runs(ident)
    wait = parse_stamp((await shop.scenario(ident))["nextExec"]) - parse_stamp(run["timestamp"])
    assert round(wait.total_seconds() / 60) == 20


async def test_warnings_and_handled_errors_do_not_count_as_errors_in_a_row(shop: "Shop") -> None:
    ignored = fail(2, module(3, "builtin:Ignore"))
    warned = module(2, "builtin:ThrowWarning", mapper={"message": "careful"})
    reverted = fail(2, module(3, "builtin:Rollback"))
    for second in (ignored, warned, reverted):
        ident = await shop.create(compose(1, "x"), second, scheduling=HOURLY)
        await shop.start(ident)
        await shop.settle()
        await shop.advance(6 * 3600)
        assert len(await shop.runs(ident)) > 3
        assert (await shop.scenario(ident))["isActive"] is True
