"""Analytics, counted from executions."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.clock import milliseconds, stamp
from make_api_sandbox.roles import ADMIN

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

PATH = "/analytics/1"
NOW = datetime(2026, 3, 4, 8, 30, 15, tzinfo=UTC)
WEEK = {"timeframe[dateFrom]": "2026-02-25T08:30:15.000Z"}


def ran(studio: "Studio", scenario: int, days: float, *statuses: int, operations: int = 3) -> None:
    """Runs that ended so many days ago, one for each status."""
    for status in statuses:
        at = NOW - timedelta(days=days)
        number = studio.world.value("SELECT count(*) FROM executions")
        studio.world.insert(
            "executions",
            imt_id=f"{milliseconds(at)}_{number:032x}",
            id=f"{number:032x}",
            scenario_id=scenario,
            team_id=1,
            organization_id=1,
            type="auto",
            state="SUCCESS",
            status=status,
            timestamp=stamp(at),
            timestamp_ms=milliseconds(at),
            duration=10,
            operations=operations,
            centicredits=operations * 100,
            transfer=5,
        )


async def figures(studio: "Studio", **query: Any) -> Any:
    studio.license(analyticsAccess=True)
    return await studio.get(PATH, **query)


async def names(studio: "Studio", **query: Any) -> list[str]:
    return [one["name"] for one in (await figures(studio, **query))["analytics"]]


async def test_figures_are_exact_and_changes_compare_with_the_time_before(
    studio: "Studio",
) -> None:
    scenario = studio.scenario("Orders", is_active=True)
    ran(studio, scenario, 2, 1, 2, 3)
    ran(studio, scenario, 9, 1, 3, operations=2)
    ran(studio, scenario, 16, 1)
    found = await figures(studio, params=WEEK)
    metrics = {
        "executions": 3,
        "operations": 9,
        "centicredits": "900",
        "errors": 1,
        "errorRate": 33.33,
        "executionsChange": 50,
        "operationsChange": 125,
        "centicreditsChange": 125,
        "errorsChange": 0,
        "errorRateChange": -33.34,
    }
    assert found["analytics"] == [
        {
            "imtId": f"{milliseconds(NOW)}_{scenario}",
            "id": scenario,
            "name": "Orders",
            "status": "active",
            "teamId": 1,
            "teamName": "Studio",
            **metrics,
        }
    ]
    assert found["total"] == metrics
    assert found["pg"] == {
        "sortBy": "operations",
        "limit": 100,
        "sortDir": "asc",
        "offset": 0,
        "returnTotalCount": False,
    }


async def test_a_change_from_nothing_is_left_out(studio: "Studio") -> None:
    scenario = studio.scenario("Orders")
    ran(studio, scenario, 2, 1)
    quiet = studio.scenario("Quiet")
    found = await figures(studio)
    assert [one["id"] for one in found["analytics"]] == [quiet, scenario]
    assert not any(member.endswith("Change") for member in found["total"])
    assert (found["analytics"][0]["executions"], found["analytics"][0]["errorRate"]) == (0, 0)


async def test_runs_in_progress_and_events_are_not_counted(studio: "Studio") -> None:
    start = {"module": "scenario-service:StartSubscenario"}
    scenario = studio.scenario("Orders", start)
    await studio.post(f"/scenarios/{scenario}/start")
    await studio.post(f"/scenarios/{scenario}/stop")
    ran(studio, scenario, 0.5, 0)
    assert (await figures(studio))["total"]["executions"] == 0


async def test_scenarios_are_filtered_by_team_folder_and_status(studio: "Studio") -> None:
    studio.license(teams=2)
    made = await studio.post("/scenarios-folders", {"name": "Bills", "teamId": 1})
    folder = made["scenarioFolder"]["id"]
    team = (await studio.post("/teams", {"name": "Second", "organizationId": 1}))["team"]["id"]
    studio.scenario("on", is_active=True)
    studio.scenario("off", folder_id=folder)
    studio.scenario("wrong", is_invalid=True, team_id=team)
    assert await names(studio, status="active") == ["on"]
    both = {"status[]": ["inactive", "invalid"]}
    assert await names(studio, params=both) == ["off", "wrong"]
    assert await names(studio, folderId=folder) == ["off"]
    assert await names(studio, teamId=team) == ["wrong"]
    assert (await studio.call("GET", PATH, status="asleep")).status_code == 400
    assert (await studio.call("GET", PATH, teamId="one")).status_code == 400


async def test_figures_are_sorted_paged_and_counted(studio: "Studio") -> None:
    for at, name in enumerate(("b", "C", "a"), 1):
        ran(studio, studio.scenario(name), 1, *[1] * at)
    assert await names(studio) == ["b", "C", "a"]
    assert await names(studio, params={"pg[sortBy]": "name"}) == ["a", "b", "C"]
    asked = {"pg[sortBy]": "executions", "pg[sortDir]": "desc", "pg[limit]": 2}
    first = await figures(studio, params=asked | {"pg[returnTotalCount]": "true"})
    assert [one["name"] for one in first["analytics"]] == ["a", "C"]
    assert (first["pg"]["totalCount"], first["pg"]["returnTotalCount"]) == (3, True)
    assert first["total"]["executions"] == 6
    last = first["analytics"][-1]["imtId"]
    assert await names(studio, params=asked | {"pg[last]": last}) == ["b"]
    assert await names(studio, params=asked | {"pg[offset]": 1}) == ["C", "b"]


async def test_a_time_is_at_most_a_year_back_and_runs_forwards(studio: "Studio") -> None:
    studio.license(analyticsAccess=True)
    for begins, ends in (
        ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("2026-03-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("soon", "2026-02-01T00:00:00Z"),
    ):
        params = {"timeframe[dateFrom]": begins, "timeframe[dateTo]": ends}
        assert (await studio.call("GET", PATH, params=params)).status_code == 400


async def test_analytics_are_for_the_owner_of_a_plan_that_has_them(studio: "Studio") -> None:
    assert (await studio.call("GET", PATH)).status_code == 403
    studio.license(analyticsAccess=True)
    admin = studio.token("*", user=studio.join("Ana", role=ADMIN))
    assert (await studio.call("GET", PATH, token=admin)).status_code == 403
    assert (await studio.call("GET", "/analytics/2")).status_code == 403
    narrow = studio.token("scenarios:read")
    assert (await studio.call("GET", PATH, token=narrow)).status_code == 403
    assert (await studio.call("GET", PATH)).status_code == 200
