"""The health report of 200 scenarios: within the licence's calls a minute, and asked once each."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from harness import Company, Server

if TYPE_CHECKING:
    from .conftest import Floor, Minutes

pytestmark = pytest.mark.anyio

SCENARIOS = 200
TEAMS_PLAN = 240
ACCOUNT = ("/users/me", "/organizations", "/teams")
Json = dict[str, Any]


async def crowd(floor: "Floor", count: int) -> int:
    """A team of its own with so many scenarios; gives its id."""
    world = floor.company.mounted.sandbox.world
    made = await floor.company.send("POST", "/teams", {"name": "Crowd", "organizationId": 1})
    team = int(made["team"]["id"])
    floor.team = team
    first = await floor.scenario(floor.parsing(2, "{}"), name="Sort 1", active=False)
    row = world.rows("SELECT * FROM scenarios WHERE id = ?", first)[0]
    columns = {key: value for key, value in row.items() if key not in ("id", "name")}
    for number in range(2, count + 1):
        world.insert("scenarios", name=f"Sort {number}", **columns)
    return team


async def limited(company: Company, calls: int) -> None:
    """Let the licence allow so many calls a minute, and forget the requests so far."""
    licence = {"1": {"apiLimit": calls}, "2": {"apiLimit": calls}}
    await company.control("PATCH", "/world", {"licenses": licence, "rate_limits": True})
    await company.control("DELETE", "/requests")


async def requests(company: Company) -> list[Json]:
    """What reached the API since the last look."""
    found: list[Json] = (await company.control("GET", "/requests?limit=10000"))["requests"]
    await company.control("DELETE", "/requests")
    return found


def of_the_report(seen: list[Json]) -> list[Json]:
    """Leave out what tells who the token is; the server reads that every five minutes."""
    paths = [(one, one["path"].partition("/api/v2")[2]) for one in seen]
    return [one for one, path in paths if not path.startswith(ACCOUNT)]


def logs_of(seen: list[Json]) -> Counter[int]:
    """How often each scenario's log was asked for."""
    parts = [one["path"].split("/") for one in seen if one["path"].endswith("/logs")]
    return Counter(int(path[-2]) for path in parts)


async def test_200_scenarios_fit_into_one_minute_of_240_calls(
    core: Server, floor: "Floor", company: Company, minutes: "Minutes"
) -> None:
    team = await crowd(floor, SCENARIOS)
    await limited(company, TEAMS_PLAN)
    rows: list[Json] = []
    pages: list[Json] = []
    cursor: Json = {}
    while True:
        page = (await core.call("scenario_health_report", team_id=team, **cursor)).data
        pages.append(page)
        rows += page["scenarios"]
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}
    seen = await requests(company)
    assert len(rows) == len({row["id"] for row in rows}) == SCENARIOS
    assert logs_of(seen) == Counter({row["id"]: 1 for row in rows})
    assert not [one for one in seen if one["status"] == 429]
    assert len(seen) <= TEAMS_PLAN
    assert len(of_the_report(seen)) == sum(page["calls"] for page in pages) == 1 + 2 + SCENARIOS


async def test_a_small_licence_spreads_the_report_over_minutes_and_asks_nothing_twice(
    core: Server, floor: "Floor", company: Company, minutes: "Minutes"
) -> None:
    team = await crowd(floor, SCENARIOS)
    licence = 60
    await limited(company, licence)
    asked: Counter[int] = Counter()
    lists, spent, arguments = 0, list[int](), dict[str, Any](team_id=team, limit=200)
    while True:
        page = (await core.call("scenario_health_report", **arguments)).data
        seen = await requests(company)
        assert not [one for one in seen if one["status"] == 429]
        assert len(seen) <= licence
        assert page["calls"] == len(of_the_report(seen))
        spent.append(len(seen))
        asked += logs_of(seen)
        lists += sum(one["path"].endswith("/api/v2/scenarios") for one in seen)
        if "next_cursor" not in page:
            break
        assert f"other {SCENARIOS - asked.total()}" in page["warnings"][0]
        arguments = {"team_id": team, "limit": 200, "cursor": page["next_cursor"]}
        early = await core.call("scenario_health_report", **arguments)
        assert (early.error["code"], early.error["retryable"]) == ("rate_limited", True)
        assert page["next_cursor"] in early.error["next_step"]
        assert not of_the_report(await requests(company))
        await minutes.next()
    assert (len(asked), asked.total(), lists) == (SCENARIOS, SCENARIOS, 1)
    assert len(spent) == 4


async def test_a_cursor_outlives_the_server_and_gives_the_same_page_again(
    connect: Any, floor: "Floor", company: Company, minutes: "Minutes"
) -> None:
    team = await crowd(floor, 12)
    async with connect() as before:
        first = (await before.call("scenario_health_report", team_id=team, limit=5)).data
    async with connect() as after:
        cursor = {"cursor": first["next_cursor"], "limit": 5}
        pages = [
            (await after.call("scenario_health_report", team_id=team, **cursor)).data
            for _ in range(2)
        ]
    ids = [{row["id"] for row in page["scenarios"]} for page in (first, *pages)]
    assert ids[1] == ids[2]
    assert not ids[0] & ids[1]


async def test_scenarios_edited_between_pages_are_neither_skipped_nor_told_twice(
    core: Server, floor: "Floor", company: Company
) -> None:
    team = await crowd(floor, 12)
    first = (await core.call("scenario_health_report", team_id=team, limit=6)).data
    ids = [row["id"] for row in first["scenarios"]]
    for ident in ids[:3]:
        await company.control("PATCH", "/world", {"scenarios": {str(ident): {"is_active": True}}})
    rest = await core.call(
        "scenario_health_report", team_id=team, limit=60, cursor=first["next_cursor"]
    )
    ids += [row["id"] for row in rest.data["scenarios"]]
    assert len(ids) == len(set(ids)) == 12


@pytest.mark.parametrize("cursor", ["c5", "h0123456789abcdef", "h", "x" * 60])
async def test_a_cursor_of_another_tool_or_time_is_refused(core: Server, cursor: str) -> None:
    told = await core.call("scenario_health_report", team_id=1, cursor=cursor)
    assert told.error["code"] == "invalid_arguments"
    assert "Leave `cursor` out" in told.error["next_step"]


async def test_every_id_a_report_cites_exists(
    core: Server, floor: "Floor", company: Company
) -> None:
    text = [{"name": "text", "type": "text"}]
    ident = await floor.scenario(
        floor.start, floor.parsing(2, "{{var.input.text}}"), inputs=text, dlq=True
    )
    for _ in range(2):
        body = {"data": {"text": "{broken"}, "responsive": True}
        await company.send("POST", f"/scenarios/{ident}/run", body)
    told = (
        await core.call("scenario_health_report", organization_id=1, since="90d", limit=240)
    ).data
    assert told["causes"]
    for cause in told["causes"]:
        for run in cause["execution_ids"]:
            owners = [await holder(company, one, run) for one in cause["scenario_ids"]]
            assert any(owners), run
    for row in told["scenarios"]:
        if run := row.get("last_failed_execution"):
            assert await holder(company, row["id"], run)
    assert ident in {one["scenario_id"] for one in told["incomplete_executions"]}
    for backlog in told["incomplete_executions"]:
        dlq = (await company.get(f"/dlqs/{backlog['newest_id']}"))["dlq"]
        assert dlq["scenarioId"] == backlog["scenario_id"]
    for dead in told["dead_connections"]:
        assert (await company.get(f"/connections/{dead['id']}"))["connection"]["name"] == dead[
            "name"
        ]
    for stuck in told["stuck_queues"]:
        hook = (await company.get(f"/hooks/{stuck['hook_id']}"))["hook"]
        assert (hook["queueCount"], hook["queueLimit"]) == (stuck["queued"], stuck["limit"])


async def holder(company: Company, scenario: int, run: str) -> bool:
    """Tell whether a run is a failed one of a scenario, by the API itself."""
    headers = {"Authorization": f"Token {company.mounted.token}"}
    path = f"/api/v2/scenarios/{scenario}/logs/{run}"
    answer = await company.http.get(path, headers=headers)
    return answer.is_success and answer.json()["scenarioLog"]["status"] == 3


@pytest.mark.parametrize("form", ["json", "md"])
async def test_a_report_of_200_scenarios_in_one_answer_is_not_cut(
    core: Server, floor: "Floor", minutes: "Minutes", form: str
) -> None:
    team = await crowd(floor, SCENARIOS)
    told = (await core.call("scenario_health_report", team_id=team, limit=240, format=form)).data
    assert "truncated" not in told
    assert "next_cursor" not in told
    rows = told["scenarios"] if form == "json" else told["markdown"].splitlines()[2:]
    assert len(rows) + told["others"]["scenarios"] == told["total"] == SCENARIOS
    if form == "json":
        ids = [*(row["id"] for row in rows), *told["others"]["scenario_ids"]]
        assert len(ids) == len(set(ids)) == SCENARIOS
