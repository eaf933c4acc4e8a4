"""The health report: counts that add up, causes, dead connections, stuck queues."""

from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Floor, Minutes

pytestmark = pytest.mark.anyio


async def counted(company: Company, ident: int, since_ms: int) -> tuple[int, int]:
    """Runs and failed runs of a scenario since a moment, as Make's log tells them."""
    answer = await company.get(
        f"/scenarios/{ident}/logs", **{"from": since_ms, "pg[limit]": 10_000}
    )
    runs = [entry for entry in answer["scenarioLogs"] if "status" in entry]
    return len(runs), sum(entry["status"] == 3 for entry in runs)


async def test_counts_are_those_of_makes_log(
    core: Server, floor: "Floor", company: Company
) -> None:
    since = "2026-01-01T00:00:00Z"
    told = (
        await core.call("scenario_health_report", team_id=floor.team, since=since, limit=60)
    ).data
    listed = (await company.get("/scenarios", teamId=floor.team))["scenarios"]
    assert {row["id"] for row in told["scenarios"]} == {row["id"] for row in listed}
    for row in told["scenarios"]:
        runs, failed = await counted(company, row["id"], 1_767_225_600_000)
        if "capped" not in row:
            assert (row["runs"], row["failed"]) == (runs, failed)
        if row["runs"]:
            assert row["error_rate"] == pytest.approx(row["failed"] / row["runs"], abs=0.001)
    failed_now = sum(row["failed"] for row in told["scenarios"])
    assert sum(cause["runs"] for cause in told["causes"]) <= failed_now
    assert told["formulas"]["error_rate"] == "failed / runs"


async def test_pages_cover_every_scenario_once(
    core: Server, floor: "Floor", company: Company
) -> None:
    seen: list[int] = []
    cursor: dict[str, Any] = {}
    for _ in range(10):
        page = (
            await core.call("scenario_health_report", team_id=floor.team, limit=4, **cursor)
        ).data
        seen += [row["id"] for row in page["scenarios"]]
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}
    listed = (await company.get("/scenarios", teamId=floor.team))["scenarios"]
    assert sorted(seen) == sorted(row["id"] for row in listed)


async def test_a_rate_limit_on_the_way_gives_what_was_read_and_where_to_go_on(
    core: Server, floor: "Floor", minutes: "Minutes"
) -> None:
    limit = {"message": "Requests limit for organization exceeded"}
    path = r"/scenarios/\d+/logs$"
    await floor.fault("GET", path, status=429, body=limit, after=6, retry_after=120)
    told = (await core.call("scenario_health_report", team_id=floor.team, limit=11)).data
    read = len(told["scenarios"])
    assert 0 < read <= 6
    assert "limit of calls" in told["warnings"][0]
    await floor.clear_faults()
    await minutes.next(121)
    rest = await core.call(
        "scenario_health_report", team_id=floor.team, limit=100, cursor=told["next_cursor"]
    )
    ids = [row["id"] for page in (told, rest.data) for row in page["scenarios"]]
    assert len(ids) == len(set(ids)) == told["total"]


async def test_dead_connections_and_stuck_queues_are_listed(
    core: Server, floor: "Floor", company: Company
) -> None:
    rows = (await company.get("/connections", teamId=floor.team))["connections"]
    change = {"connections": {str(rows[0]["id"]): {"expire": "2020-01-01T00:00:00.000Z"}}}
    await company.control("PATCH", "/world", change)
    hook = await floor.hook()
    await company.http.post(f"/hook/{hook['udid']}", json={"order": 7})
    told = (await core.call("scenario_health_report", team_id=floor.team, since="1h")).data
    assert rows[0]["id"] in {row["id"] for row in told["dead_connections"]}
    (stuck,) = [row for row in told["stuck_queues"] if row["hook_id"] == hook["id"]]
    assert (stuck["queued"], stuck["why"]) == (1, "no scenario listens")


async def test_markdown_replaces_the_rows_and_a_flag_is_told(
    core: Server, floor: "Floor", company: Company
) -> None:
    ident = await floor.scenario(floor.start, name="Sand | oil")
    await company.control("PATCH", "/world", {"scenarios": {str(ident): {"is_invalid": True}}})
    told = (
        await core.call("scenario_health_report", team_id=floor.team, format="md", since="1h")
    ).data
    assert "scenarios" not in told
    assert f"Sand \\| oil ({ident})" in told["markdown"]
    assert "stopped by errors" in told["markdown"]
    assert told["next_calls"][0]["arguments"] == {"scenario_id": ident}


async def test_an_organization_is_reported_over_all_its_teams(
    core: Server, company: Company
) -> None:
    told = (await core.call("scenario_health_report", organization_id=1, since="1d", limit=60)).data
    teams = (await company.get("/teams", organizationId=1))["teams"]
    total = 0
    for team in teams:
        total += len((await company.get("/scenarios", teamId=team["id"]))["scenarios"])
    assert told["total"] == total
