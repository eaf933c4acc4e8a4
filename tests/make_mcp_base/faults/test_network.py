"""Make failing in every way it fails: what is repeated, what is not, and what is told."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from harness import Server, Told
    from served import Zone

pytestmark = pytest.mark.anyio

TEAMS = "^/api/v2/teams$"
ONE_TEAM = r"^/api/v2/teams/\d+$"


async def answers_again(server: Server, zone: Zone) -> None:
    """The server is alive, and a call works once Make is well."""
    zone.heal()
    told = await server.call("team_list", organization_id=1)
    assert told.data["teams"]


async def journal_of(server: Server, tool: str) -> dict[str, Any]:
    rows = (await server.call("operation_list", tool=tool)).data["operations"]
    return dict(rows[0])


def is_clear(told: Told) -> None:
    """One bounded answer that says what to do next, and no trace."""
    assert told.error["next_step"]
    assert len(told.text) < 16_500
    assert "Traceback" not in told.text


async def test_a_read_is_repeated_after_a_server_error_and_succeeds(
    zone: Zone, tmp_path: Path
) -> None:
    async with zone.connect(tmp_path, retries=1) as server:
        await server.call("team_list", organization_id=1)
        zone.heal()
        zone.fault(ONE_TEAM, status=503, times=1)
        told = await server.call("team_get", team_id=1)
        assert told.data["id"] == 1
        assert [r["status"] for r in zone.seen("GET", "/teams/1")][:2] == [503, 200]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_write_that_meets_a_server_error_is_sent_once_and_told_as_doubtful(
    zone: Zone, tmp_path: Path, status: int
) -> None:
    async with zone.connect(tmp_path, retries=3) as server:
        zone.fault(TEAMS, method="POST", status=status)
        told = await server.call("team_create", name=f"Never {status}", organization_id=1)
        is_clear(told)
        assert len(zone.seen("POST", "/teams")) == 1
        assert (await journal_of(server, "team_create"))["state"] in {"failed", "unknown"}
        await answers_again(server, zone)


async def test_a_connection_lost_before_a_write_arrives_is_not_tried_again(
    zone: Zone, tmp_path: Path
) -> None:
    async with zone.connect(tmp_path, retries=3) as server:
        zone.fault(TEAMS, method="POST", drop="before")
        told = await server.call("team_create", name="Lost on the way", organization_id=1)
        is_clear(told)
        assert "may have" in told.error["effect"]
        assert told.error.get("retryable") is not True
        assert len(zone.seen("POST", "/teams")) == 1
        assert (await journal_of(server, "team_create"))["state"] == "unknown"
        await answers_again(server, zone)


async def test_a_connection_lost_after_a_write_took_effect_leaves_one_thing_and_says_so(
    zone: Zone, tmp_path: Path
) -> None:
    async with zone.connect(tmp_path, retries=3) as server:
        zone.fault(TEAMS, method="POST", drop="after")
        told = await server.call("team_create", name="Made all the same", organization_id=1)
        is_clear(told)
        assert "may have" in told.error["effect"]
        assert len(zone.seen("POST", "/teams")) == 1
        assert (await journal_of(server, "team_create"))["state"] == "unknown"
        zone.heal()
        teams = await server.call("team_list", organization_id=1, limit=100)
        assert [t["name"] for t in teams.data["teams"]].count("Made all the same") == 1


async def test_a_write_whose_answer_is_cut_short_is_told_as_doubtful(
    zone: Zone, tmp_path: Path
) -> None:
    async with zone.connect(tmp_path, retries=3) as server:
        zone.fault(TEAMS, method="POST", malformed=True)
        told = await server.call("team_create", name="Cut short", organization_id=1)
        is_clear(told)
        assert "success" in told.error["effect"]
        assert len(zone.seen("POST", "/teams")) == 1
        assert (await journal_of(server, "team_create"))["state"] == "unknown"
        await answers_again(server, zone)


async def test_a_read_whose_answer_is_cut_short_is_a_clear_failure(
    zone: Zone, tmp_path: Path
) -> None:
    async with zone.connect(tmp_path, retries=0) as server:
        zone.fault(ONE_TEAM, malformed=True)
        is_clear(await server.call("team_get", team_id=1))
        await answers_again(server, zone)


async def test_too_many_requests_with_a_short_wait_are_waited_for(
    zone: Zone, tmp_path: Path
) -> None:
    async with zone.connect(tmp_path, retries=2) as server:
        zone.fault(ONE_TEAM, status=429, retry_after=1, times=1)
        begun = time.monotonic()
        told = await server.call("team_get", team_id=1)
        assert told.data["id"] == 1
        assert time.monotonic() - begun >= 1


async def test_too_many_requests_with_a_long_wait_say_how_long(zone: Zone, tmp_path: Path) -> None:
    async with zone.connect(tmp_path, retries=3) as server:
        zone.fault(ONE_TEAM, status=429, retry_after=900)
        begun = time.monotonic()
        told = await server.call("team_get", team_id=1)
        assert time.monotonic() - begun < 10
        is_clear(told)
        assert told.error["retryable"] is True
        assert 800 < told.error["wait_seconds"] <= 900
        assert len(zone.seen("GET", "/teams/1")) == 1


async def test_a_storm_of_too_many_requests_without_a_wait_ends(zone: Zone, tmp_path: Path) -> None:
    async with zone.connect(tmp_path, retries=1) as server:
        zone.fault(ONE_TEAM, status=429)
        told = await server.call("team_get", team_id=1)
        is_clear(told)
        assert told.error["retryable"] is True
        assert len(zone.seen("GET", "/teams/1")) <= 2


async def test_a_write_that_is_refused_for_the_rate_did_not_happen(
    zone: Zone, tmp_path: Path
) -> None:
    async with zone.connect(tmp_path, retries=0) as server:
        zone.fault(TEAMS, method="POST", status=429, retry_after=900)
        told = await server.call("team_create", name="Too fast", organization_id=1)
        is_clear(told)
        assert "may have" not in told.error.get("effect", "")
        assert (await journal_of(server, "team_create"))["state"] == "failed"


async def test_a_slow_read_ends_at_the_limit_and_names_it(zone: Zone, tmp_path: Path) -> None:
    async with zone.connect(tmp_path, patience=0.6, retries=0) as server:
        await server.call("team_list", organization_id=1)
        zone.fault(ONE_TEAM, latency_ms=5_000)
        begun = time.monotonic()
        told = await server.call("team_get", team_id=1)
        assert time.monotonic() - begun < 4
        is_clear(told)
        assert "MAKE_TIMEOUT" in told.text
        await answers_again(server, zone)


async def test_a_slow_write_is_sent_once_and_told_as_doubtful(zone: Zone, tmp_path: Path) -> None:
    async with zone.connect(tmp_path, patience=0.6, retries=3) as server:
        await server.call("team_list", organization_id=1)
        zone.fault(TEAMS, method="POST", latency_ms=1_500)
        told = await server.call("team_create", name="Slow", organization_id=1)
        is_clear(told)
        assert "may have" in told.error["effect"]
        assert (await journal_of(server, "team_create"))["state"] == "unknown"
        assert len(zone.seen("POST", "/teams")) <= 1


async def test_an_operation_in_doubt_is_not_undone_blindly(zone: Zone, tmp_path: Path) -> None:
    async with zone.connect(tmp_path, retries=0) as server:
        zone.fault(TEAMS, method="POST", drop="after")
        await server.call("team_create", name="In doubt", organization_id=1)
        row = await journal_of(server, "team_create")
        zone.heal()
        told = await server.call("operation_undo", operation_id=row["operation_id"])
        assert told.error["code"] == "not_undoable"
        assert zone.seen("DELETE") == []


async def test_a_token_that_expires_while_the_server_runs_is_named(
    zone: Zone, tmp_path: Path
) -> None:
    token = zone.mint()
    async with zone.connect(tmp_path, token) as server:
        await server.call("team_list", organization_id=1)
        zone.control("POST", f"/tokens/{token}/expire")
        told = await server.call("team_get", team_id=1)
        is_clear(told)
        assert told.error["status"] == 401
        assert told.error.get("retryable") is not True
        assert "MAKE_API_KEY" in told.text
        assert token not in str(told.result)


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"bottom": "reached"}
    for _ in range(levels):
        inner = {"a": inner}
    return inner


@pytest.mark.parametrize("levels", [130, 500])
async def test_an_answer_of_many_levels_is_bounded(zone: Zone, tmp_path: Path, levels: int) -> None:
    async with zone.connect(tmp_path, retries=0) as server:
        team = {"id": 1, "name": "Deep", "organizationId": 1, "deep": nested(levels)}
        zone.fault(ONE_TEAM, status=200, body=json.dumps({"team": team}))
        told = await server.call("team_get", team_id=1)
        assert len(told.text) < 20_500
        await answers_again(server, zone)


async def test_a_huge_answer_is_refused_or_cut_and_the_server_lives(
    zone: Zone, tmp_path: Path
) -> None:
    async with zone.connect(tmp_path, retries=0) as server:
        team = {"id": 1, "name": "x" * 30_000_000, "organizationId": 1}
        zone.fault(ONE_TEAM, status=200, body={"team": team})
        told = await server.call("team_get", team_id=1)
        assert len(told.text) < 20_500
        await answers_again(server, zone)


@pytest.mark.parametrize(
    "body",
    ["", "<html>busy</html>", "null", "[]", '"text"', '{"team": 5}', '{"team": {"id": "one"}}'],
)
async def test_an_answer_of_another_shape_is_a_clear_failure(
    zone: Zone, tmp_path: Path, body: str
) -> None:
    async with zone.connect(tmp_path, retries=0) as server:
        zone.fault(ONE_TEAM, status=200, body=body)
        is_clear(await server.call("team_get", team_id=1))
        await answers_again(server, zone)
