"""Faults on purpose, as a client meets them."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from make_api_sandbox import faults
from make_api_sandbox.clock import parse_stamp

if TYPE_CHECKING:
    from make_api_sandbox.world import World

    from .conftest import Studio

pytestmark = pytest.mark.anyio


def names(world: "World") -> list[str]:
    return [row["name"] for row in world.rows("SELECT name FROM folders ORDER BY id")]


async def statuses(studio: "Studio", calls: int, path: str = "/teams/1") -> list[int]:
    return [(await studio.call("GET", path)).status_code for _ in range(calls)]


# When


async def test_a_fault_begins_after_n_calls_and_ends_after_m(studio: "Studio") -> None:
    await studio.control(
        "POST",
        "/faults",
        {"path": "^/api/v2/teams/", "status": 503, "after": 1, "times": 2, "retry_after": 7},
    )
    answers = [await studio.call("GET", "/teams/1") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 503, 503, 200]
    assert answers[1].headers["retry-after"] == "7"
    assert (await studio.call("GET", "/users/me")).status_code == 200


async def test_a_fault_at_a_rate_hits_alike_in_the_same_history(studio: "Studio") -> None:
    async def history() -> list[int]:
        await studio.control("DELETE", "/faults")
        studio.world.execute("DELETE FROM sqlite_sequence WHERE name = 'faults'")
        await studio.control("POST", "/faults", {"method": "get", "status": 500, "rate": 0.4})
        return [(await studio.call("GET", "/ping")).status_code for _ in range(40)]

    first = await history()
    assert first == await history()
    assert 5 < first.count(500) < 28


async def test_a_dropped_answer_leaves_the_effect_behind(studio: "Studio") -> None:
    body = {"name": "Kept", "teamId": 1}
    await studio.control("POST", "/faults", {"method": "POST", "drop": "after", "times": 1})
    with pytest.raises(httpx.TransportError):
        await studio.call("POST", "/scenarios-folders", body)
    assert names(studio.world) == ["Kept"]
    await studio.control("POST", "/faults", {"method": "POST", "drop": "before", "times": 1})
    with pytest.raises(httpx.TransportError):
        await studio.call("POST", "/scenarios-folders", body)
    assert names(studio.world) == ["Kept"]


async def test_a_malformed_answer_is_cut_short(studio: "Studio") -> None:
    await studio.control("POST", "/faults", {"malformed": True, "times": 1})
    answer = await studio.call("GET", "/teams/1")
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"line 1"):
        answer.json()


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "status"),
        ({"status": 500, "path": "("}, "path"),
        ({"status": 99}, "status"),
        ({"status": 500, "rate": 2}, "rate"),
        ({"drop": "often"}, "drop"),
        ({"latency_ms": {"uniform": [9, 3]}}, "latency_ms"),
        ({"latency_ms": {"lognormal": {"median": 0, "sigma": 1}}}, "latency_ms"),
        ({"status": 500, "burst": {"size": 0, "every_seconds": 5}}, "burst"),
        ({"status": 500, "burst": {"size": 2}}, "burst"),
        ({"without_scopes": "teams:read"}, "without_scopes"),
        ({"skew_seconds": "much"}, "skew_seconds"),
        ({"hidden_seconds": -1}, "hidden_seconds"),
        ({"retry_after": 5, "drop": "before"}, "retry_after"),
        ({"moon": 1, "status": 500}, "moon"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused_by_name(
    studio: "Studio", body: dict[str, object], member: str
) -> None:
    answer = await studio.http.post("/_sandbox/faults", json=body)
    assert answer.status_code == 400
    assert member in {fault["name"] for fault in answer.json()["suberrors"]}, answer.text
    assert (await studio.control("GET", "/faults"))["faults"] == []


async def test_a_burst_fails_in_a_row_and_comes_again(studio: "Studio") -> None:
    burst = {"size": 2, "every_seconds": 60}
    await studio.control("POST", "/faults", {"path": "/teams/", "status": 502, "burst": burst})
    assert await statuses(studio, 4) == [502, 502, 200, 200]
    await studio.control("POST", "/clock", {"advance": 59})
    assert await statuses(studio, 1) == [200]
    await studio.control("POST", "/clock", {"advance": 1})
    assert await statuses(studio, 3) == [502, 502, 200]


async def test_faults_of_different_kinds_combine_and_of_one_kind_take_turns(
    studio: "Studio",
) -> None:
    for body in (
        {"status": 500, "times": 1},
        {"status": 503, "times": 1},
        {"skew_seconds": 3600},
    ):
        await studio.control("POST", "/faults", body)
    answers = [await studio.call("GET", "/teams/1") for _ in range(3)]
    assert [one.status_code for one in answers] == [500, 503, 200]
    for answer in answers:
        assert ahead(answer, studio.world.clock.now()) == timedelta(hours=1)


def ahead(answer: httpx.Response, now: datetime) -> timedelta:
    return parsedate_to_datetime(answer.headers["date"]) - now.replace(microsecond=0)


# What


@pytest.mark.parametrize("wait", [None, 0, 30])
async def test_a_429_tells_how_long_to_wait_or_does_not(studio: "Studio", wait: int | None) -> None:
    body = {"status": 429} if wait is None else {"status": 429, "retry_after": wait}
    await studio.control("POST", "/faults", body)
    answer = await studio.call("GET", "/teams/1")
    assert answer.status_code == 429
    assert answer.headers.get("retry-after") == (None if wait is None else str(wait))
    assert "Requests limit" in answer.json()["message"]


async def test_latency_is_drawn_from_the_same_distribution_in_the_same_history(
    studio: "Studio",
) -> None:
    def waits(spread: Any) -> list[float]:
        studio.world.execute("DELETE FROM faults")
        studio.world.execute("DELETE FROM sqlite_sequence WHERE name = 'faults'")
        faults.install(studio.world, {"latency_ms": spread})
        struck = [faults.strike(studio.world, "GET", "/") for _ in range(300)]
        return [fault.latency_ms for fault in struck if fault]

    uniform = waits({"uniform": [100, 300]})
    assert uniform == waits({"uniform": [100, 300]})
    assert min(uniform) >= 100
    assert 250 < max(uniform) <= 300
    skewed = waits({"lognormal": {"median": 200, "sigma": 0.8}})
    assert median(skewed) == pytest.approx(200, rel=0.15)
    assert max(skewed) > 800
    assert waits(40) == [40] * 300


async def test_a_fault_with_latency_lets_the_client_wait(studio: "Studio") -> None:
    await studio.control("POST", "/faults", {"latency_ms": {"uniform": [60, 80]}, "times": 1})
    answer = await studio.call("GET", "/ping")
    assert answer.elapsed >= timedelta(milliseconds=60)


async def test_an_answer_lost_midway_leaves_the_effect_behind(studio: "Studio") -> None:
    await studio.control("POST", "/faults", {"method": "POST", "drop": "midway", "times": 1})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        await studio.call("POST", "/scenarios-folders", {"name": "Kept", "teamId": 1})
    assert names(studio.world) == ["Kept"]


async def test_a_token_expires_for_some_requests(studio: "Studio") -> None:
    await studio.control("POST", "/faults", {"expired_token": True, "after": 1, "times": 1})
    answers = [await studio.call("GET", "/teams/1") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 401, 200]
    unknown = await studio.call("GET", "/teams/1", token="11111111-1111-4111-a111-111111111111")
    assert answers[1].json() == unknown.json()


async def test_a_scope_is_taken_away_in_the_middle(studio: "Studio") -> None:
    await studio.control("POST", "/faults", {"without_scopes": ["scenarios:write"], "after": 2})
    folder = (await studio.post("/scenarios-folders", {"name": "A", "teamId": 1}))[
        "scenarioFolder"
    ]["id"]
    await studio.get("/scenarios-folders", teamId=1)
    refused = await studio.call("DELETE", f"/scenarios-folders/{folder}")
    assert (refused.status_code, refused.json()["code"]) == (403, "SC403")
    await studio.get("/scenarios-folders", teamId=1)
    assert names(studio.world) == ["A"]


async def test_a_skewed_server_is_off_in_its_date_and_in_its_times(studio: "Studio") -> None:
    now = studio.world.clock.now()
    assert ahead(await studio.call("GET", "/users/me"), now) == timedelta()
    before = (await studio.get("/organizations/1"))["organization"]
    await studio.control("POST", "/faults", {"skew_seconds": -90})
    answer = await studio.call("GET", "/organizations/1")
    assert ahead(answer, now) == timedelta(seconds=-90)
    after = answer.json()["organization"]
    moved = parse_stamp(after["lastReset"]) - parse_stamp(before["lastReset"])
    assert moved == timedelta(seconds=-90)
    assert after["name"] == before["name"]


async def run_once(studio: "Studio") -> tuple[int, str]:
    ident = studio.scenario("Once", {"module": "util:SetVariable2", "mapper": {"name": "a"}})
    studio.world.update("scenarios", ident, is_active=True)
    made = await studio.post(f"/scenarios/{ident}/run", {"responsive": True})
    return ident, made["executionId"]


async def test_a_run_is_logged_late(studio: "Studio") -> None:
    ident, execution = await run_once(studio)
    await studio.control("POST", "/faults", {"log_lag_seconds": 120})

    async def logged() -> list[str]:
        entries = (await studio.get(f"/scenarios/{ident}/logs"))["scenarioLogs"]
        return [entry["id"] for entry in entries]

    assert execution not in await logged()
    await studio.control("POST", "/clock", {"advance": 121})
    assert execution in await logged()


async def test_an_execution_is_unknown_for_a_while(studio: "Studio") -> None:
    ident, execution = await run_once(studio)
    await studio.control("POST", "/faults", {"hidden_seconds": 30})
    for path in (
        f"/scenarios/{ident}/executions/{execution}",
        f"/scenarios/{ident}/logs/{execution}",
    ):
        early = await studio.call("GET", path)
        unknown = await studio.call("GET", path.replace(execution, "0" * 32))
        assert (early.status_code, early.json()) == (404, unknown.json())
    await studio.control("POST", "/clock", {"advance": 31})
    await studio.get(f"/scenarios/{ident}/executions/{execution}")
