"""The same seed and time make the same company; other ones another."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from make_api_sandbox.roles import install_built_in_roles
from make_api_sandbox.seed import default
from make_api_sandbox.seed.truth import truth
from make_api_sandbox.seeding import start_over
from make_api_sandbox.world import World

Build = Callable[[datetime, int], World]

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


def contents(world: World) -> dict[str, str]:
    """A digest of every table, as stored."""
    found: dict[str, str] = {}
    for table in world.rows(TABLES):
        columns = world.rows(f"SELECT name FROM pragma_table_info('{table['name']}')")
        raw = ", ".join(f'quote("{column["name"]}")' for column in columns)
        rows = world.rows(f"SELECT {raw} FROM {table['name']}")
        found[table["name"]] = sha256(repr(rows).encode()).hexdigest()
    return found


def test_the_same_seed_and_time_make_every_table_equal(company: World, wednesday: datetime):
    world = World.open(":memory:")
    world.clock.freeze(wednesday)
    start_over(world, 1)
    assert contents(world) == contents(company)
    world.close()


def test_starting_over_gives_the_same_company_as_a_new_file(
    build: Build, company: World, wednesday: datetime
):
    world = build(wednesday, 2)
    start_over(world, 1)
    assert contents(world) == contents(company)
    world.close()


def test_another_seed_gives_another_history(build: Build, company: World, wednesday: datetime):
    world = build(wednesday, 2)
    first, second = contents(company), contents(world)
    differing = {name for name in first if first[name] != second[name]}
    assert {"executions", "execution_modules", "data_store_records", "hooks"} <= differing
    assert "teams" not in differing
    world.close()


def test_the_world_does_not_depend_on_the_hash_seed_of_the_process(
    company: World, wednesday: datetime
):
    script = (
        "from make_api_sandbox.world import World\n"
        "from make_api_sandbox.seeding import start_over\n"
        "from datetime import datetime\n"
        "import hashlib\n"
        "world = World.open(':memory:')\n"
        f"world.clock.freeze(datetime.fromisoformat({wednesday.isoformat()!r}))\n"
        "start_over(world, 1)\n"
        "rows = world.rows('SELECT * FROM executions ORDER BY imt_id')\n"
        "print(hashlib.sha256(repr(rows).encode()).hexdigest())\n"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4242"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    rows = company.rows("SELECT * FROM executions ORDER BY imt_id")
    assert done.stdout.strip() == sha256(repr(rows).encode()).hexdigest()


def test_the_company_moves_with_the_clock(build: Build, company: World, wednesday: datetime):
    later = build(wednesday + timedelta(days=200, hours=5), 1)
    span = (
        "SELECT min(timestamp) AS first, max(timestamp) AS last FROM executions WHERE kind = 'run'"
    )
    before: Any = company.row(span)
    after: Any = later.row(span)
    assert before["last"] < after["first"]
    later.close()


@pytest.fixture(scope="module")
def large(wednesday: datetime) -> Generator[World]:
    world = World.open(":memory:")
    world.clock.freeze(wednesday)
    install_built_in_roles(world)
    default.seed(world, scale=3)
    yield world
    world.close()


def test_a_scale_multiplies_the_runs_of_every_team(company: World, large: World):
    count = "SELECT team_id, count(*) AS runs FROM executions WHERE kind = 'run' GROUP BY team_id"
    once = {row["team_id"]: row["runs"] for row in company.rows(count)}
    for row in large.rows(count):
        assert row["runs"] / once[row["team_id"]] == pytest.approx(3, rel=0.15)
    assert large.value("SELECT count(*) FROM scenarios") == 62


def test_a_larger_company_holds_the_same_truths(company: World, large: World):
    found, wanted = truth(large), truth(company)
    for name in ("stale", "only_check_runs", "naming", "secrets", "unused_connections"):
        assert found[name] == wanted[name]
    inactive = "SELECT id FROM scenarios WHERE is_active = 0 ORDER BY id"
    assert large.rows(inactive) == company.rows(inactive)
    errors: Any = found["deactivated"]
    assert errors["errors"] == 3


def test_a_scale_below_one_is_refused():
    world = World.open(":memory:")
    with pytest.raises(ValueError, match="at least 1"):
        default.seed(world, scale=0)
    assert world.is_empty
    world.close()
