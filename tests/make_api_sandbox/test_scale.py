"""A company with many times as many runs: as true, and soon made and read."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest
from make_api_sandbox.app import create_app
from make_api_sandbox.clock import EPOCH, milliseconds, parse_stamp
from make_api_sandbox.seed.truth import truth
from make_api_sandbox.seeding import Recipe, populate
from make_api_sandbox.tokens import OWNER_TOKEN
from make_api_sandbox.world import World

pytestmark = pytest.mark.anyio

MAKER = """
import json, resource, sys, time
from make_api_sandbox.clock import EPOCH
from make_api_sandbox.seeding import Recipe, populate
from make_api_sandbox.world import World

world = World.open(sys.argv[1])
world.clock.freeze(EPOCH)
began = time.perf_counter()
populate(world, Recipe(scale=int(sys.argv[2])))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
took = {"seconds": time.perf_counter() - began, "cpu": time.process_time(), "megabytes": peak}
sys.stdout.write(json.dumps(took))
"""


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    world = World.open(tmp_path_factory.mktemp("scale") / "world.db")
    world.clock.freeze(EPOCH)
    populate(world, Recipe(scale=2))
    yield world
    world.close()


def check_every_truth(world: World) -> None:
    """Count again, entry by entry, what the truth says."""
    found: Any = truth(world)
    runs = "SELECT * FROM executions WHERE kind = 'run' AND scenario_id = ?"
    since = milliseconds(parse_stamp(found["regression"]["since"]))
    sides: dict[str, Counter[bool]] = {"before": Counter(), "after": Counter()}
    for run in world.rows(runs, found["regression"]["scenario_id"]):
        if not run["is_check_run"]:
            side = "after" if run["timestamp_ms"] >= since else "before"
            sides[side][run["status"] == 3] += 1
    for side, counted in sides.items():
        assert found["regression"][side] == {"runs": counted.total(), "errors": counted[True]}
    assert found["regression"]["version"] == 2

    days: Counter[tuple[int, str]] = Counter()
    for run in world.rows("SELECT team_id, timestamp_ms, centicredits FROM executions"):
        day = datetime.fromtimestamp(run["timestamp_ms"] // 1000, UTC).date().isoformat()
        days[run["team_id"], day] += run["centicredits"] or 0
    assert {(e["team_id"], e["date"]): e["centicredits"] for e in found["credits"]} == +days

    last = "SELECT scenario_id, max(timestamp_ms) AS last, min(is_check_run) AS idle"
    of_each = world.rows(f"{last} FROM executions WHERE kind = 'run' GROUP BY scenario_id")
    on = {row["id"] for row in world.rows("SELECT id FROM scenarios WHERE is_active = 1")}
    old = milliseconds(world.clock.now() - timedelta(days=60))
    each = [row for row in of_each if row["scenario_id"] in on]
    assert found["stale"] == [row["scenario_id"] for row in each if row["last"] < old]
    assert found["only_check_runs"] == [row["scenario_id"] for row in each if row["idle"]]

    begins, ends = (milliseconds(parse_stamp(found["outage"][side])) for side in ("from", "to"))
    lost = [
        run
        for run in world.rows("SELECT timestamp_ms, error FROM executions WHERE error IS NOT NULL")
        if run["error"]["name"] == "ConnectionError"
        and run["error"].get("causeModule", {}).get("appName") == "slack"
    ]
    assert found["outage"]["errors"] == len(lost) > 0
    assert all(begins <= run["timestamp_ms"] < ends for run in lost)


def test_twice_the_runs_hold_the_same_exact_truths(twice: World) -> None:
    assert 25_000 < twice.value("SELECT count(*) FROM executions") < 33_000
    check_every_truth(twice)


def test_runs_are_written_in_order_of_time_with_their_indexes(twice: World) -> None:
    modules = twice.rows(
        "SELECT m.seq FROM execution_modules m JOIN executions e ON e.id = m.execution_id"
        " ORDER BY e.imt_id, m.seq"
    )
    assert [row["seq"] for row in modules] == sorted(row["seq"] for row in modules)
    with World.open(":memory:") as empty:
        assert indexes(twice) == indexes(empty)


def indexes(world: World) -> set[str]:
    sql = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    return {row["sql"] for row in world.rows(sql)}


def test_a_running_clock_does_not_blur_what_is_planted() -> None:
    with World.open(":memory:") as world:
        populate(world)
        found: Any = truth(world)
        assert world.clock.mode == "real"
    assert found["regression"]["version"] == 2


async def test_a_late_page_of_logs_goes_on_where_the_one_before_ended(twice: World) -> None:
    busiest = twice.value("SELECT scenario_id FROM executions GROUP BY 1 ORDER BY count(*) DESC")
    async with client(twice) as make:
        seen: list[str] = []
        for direction in ("desc", "asc"):
            order = {"pg[limit]": 500, "pg[sortDir]": direction, "showCheckRuns": "true"}
            seen = await walk(make, busiest, order)
            assert seen == sorted(seen, reverse=direction == "desc")
            sql = "SELECT count(*) FROM executions WHERE scenario_id = ?"
            assert len(seen) == len(set(seen)) == twice.value(sql, busiest)


async def walk(make: httpx.AsyncClient, scenario: int, order: dict[str, Any]) -> list[str]:
    seen: list[str] = []
    while True:
        last = {"pg[last]": seen[-1]} if seen else {}
        answer = await make.get(f"/scenarios/{scenario}/logs", params=order | last)
        entries = answer.json()["scenarioLogs"]
        if not entries:
            return seen
        seen += [entry["imtId"] for entry in entries]


def client(world: World) -> httpx.AsyncClient:
    world.set_setting("rateLimits", False)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(world, public_url=None)),
        base_url="http://sandbox.test/api/v2",
        headers={"Authorization": f"Token {OWNER_TOKEN}"},
    )


@pytest.mark.slow
async def test_a_million_runs_are_made_in_three_minutes_and_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    command = [sys.executable, "-c", MAKER, str(path), "100"]
    done = await run(command)
    took = json.loads(done)
    sys.stderr.write(f"{took}\n")
    # Time of the processor: a busy machine says nothing of the code.
    assert took["cpu"] < 130
    assert took["megabytes"] < 400
    with World.open(path) as world:
        assert world.value("SELECT count(*) FROM executions") >= 1_000_000
        check_every_truth(world)
        waits = await waits_for_pages(world)
        sys.stderr.write(f"median {median(waits):.1f} ms, longest {max(waits):.1f} ms\n")
        assert median(waits) <= 25


async def waits_for_pages(world: World) -> list[float]:
    """Milliseconds for pages of 100 entries of every scenario, on and on."""
    waits: list[float] = []
    async with client(world) as make:
        for row in world.rows("SELECT id FROM scenarios"):
            last = ""
            for _ in range(5):
                params: dict[str, Any] = {"pg[limit]": 100}
                params |= {"pg[last]": last} if last else {}
                began = time.process_time()
                answer = await make.get(f"/scenarios/{row['id']}/logs", params=params)
                waits.append((time.process_time() - began) * 1000)
                entries = answer.json()["scenarioLogs"]
                last = entries[-1]["imtId"] if entries else last
    return waits


async def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: ASYNC221
    return done.stdout
