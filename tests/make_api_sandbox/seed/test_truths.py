"""The hidden truths hold when they are looked for in the tables, whatever the time and seed."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import pytest
from make_api_sandbox.clock import milliseconds, parse_stamp
from make_api_sandbox.engine.plan import Settings
from make_api_sandbox.seed.truth import truth
from make_api_sandbox.world import World

DAY = 86_400_000
MOMENTS = {
    "wednesday afternoon": (datetime(2026, 11, 18, 14, 20, tzinfo=UTC), 1),
    "sunday night": (datetime(2027, 3, 28, 1, 5, tzinfo=UTC), 7),
    "monday morning": (datetime(2026, 6, 1, 5, 0, tzinfo=UTC), 3),
}


@pytest.fixture(scope="module", params=MOMENTS)
def world(
    request: pytest.FixtureRequest, build: Callable[[datetime, int], World]
) -> Generator[World]:
    moment, seed = MOMENTS[request.param]
    made = build(moment, seed)
    yield made
    made.close()


def runs(world: World, scenario: int) -> list[Any]:
    return world.rows(
        "SELECT * FROM executions WHERE kind = 'run' AND scenario_id = ? ORDER BY timestamp_ms",
        scenario,
    )


def member(world: World, name: str) -> Any:
    return truth(world)[name]


def test_a_scenario_regressed_with_its_last_version(world: World):
    planted = member(world, "regression")
    scenario: Any = world.get("scenarios", planted["scenario_id"])
    assert (planted["version"], planted["since"]) == (2, scenario["last_edit"])
    share: dict[str, float] = {}
    for side in ("before", "after"):
        since = milliseconds(parse_stamp(planted["since"]))
        real = [
            run["status"] == 3
            for run in runs(world, planted["scenario_id"])
            if not run["is_check_run"] and (run["timestamp_ms"] >= since) == (side == "after")
        ]
        assert planted[side] == {"runs": len(real), "errors": sum(real)}
        share[side] = sum(real) / len(real)
    assert share["before"] < 0.05
    assert share["after"] > 0.25


def test_an_outage_hits_all_that_reached_the_service_and_nobody_else(world: World):
    planted = member(world, "outage")
    begins, ends = (milliseconds(parse_stamp(planted[name])) for name in ("from", "to"))
    assert ends - begins == 6 * 3_600_000
    unreachable = world.rows(
        "SELECT * FROM executions WHERE json_extract(error, '$.name') = 'ConnectionError'"
        " AND json_extract(error, '$.causeModule.appName') = 'slack'"
    )
    assert len(unreachable) == planted["errors"]
    assert {row["scenario_id"] for row in unreachable} == set(planted["scenario_ids"])
    assert all(begins <= row["timestamp_ms"] < ends for row in unreachable)
    assert len({row["team_id"] for row in unreachable}) >= 3


def test_a_connection_expired_and_its_scenarios_fail_since(world: World):
    planted = member(world, "expired_connection")
    connection: Any = world.get("connections", planted["connection_id"])
    assert (connection["state"], connection["expire"]) == ("expired", planted["since"])
    since = milliseconds(parse_stamp(planted["since"]))
    failed = 0
    for scenario in planted["scenario_ids"]:
        for run in runs(world, scenario):
            assert (run["status"] == 3) == (run["timestamp_ms"] >= since)
            if run["status"] == 3:
                failed += 1
                assert run["error"]["name"] == "AccountValidationError"
                assert run["operations"] == 0
    assert failed >= 2


def test_a_broken_service_leaves_incomplete_executions_with_their_bundles(world: World):
    planted = member(world, "incomplete")
    open_ones = world.rows(
        "SELECT * FROM dlqs WHERE scenario_id = ? AND resolved = 0", planted["scenario_id"]
    )
    assert len(open_ones) == planted["unresolved"] > 3
    assert member(world, "broken_connection")["scenario_ids"] == [planted["scenario_id"]]
    for row in open_ones:
        run: Any = world.row("SELECT * FROM executions WHERE id = ?", row["execution_id"])
        assert (run["status"], run["scenario_id"]) == (2, planted["scenario_id"])
        assert row["bundles"][str(row["failer"])]["error"]["type"] == "ConnectionError"
        assert row["bundles"]["1"]["id"]
        log = world.value("SELECT count(*) FROM dlq_logs WHERE dlq_id = ?", row["id"])
        assert log == row["attempts"]
        assert bool(row["retry"]) == (row["next_retry_ms"] is not None)


def test_a_scenario_was_switched_off_after_three_errors_in_a_row(world: World):
    planted = member(world, "deactivated")
    row: Any = world.get("scenarios", planted["scenario_id"])
    assert (row["is_active"], row["is_invalid"]) == (False, True)
    assert [run["status"] for run in runs(world, planted["scenario_id"])[-4:]][1:] == [3, 3, 3]
    stop: Any = world.row(
        "SELECT * FROM executions WHERE scenario_id = ? AND type = 'stop'", planted["scenario_id"]
    )
    assert (stop["timestamp"], stop["author_id"]) == (planted["at"], None)
    assert stop["timestamp_ms"] > runs(world, planted["scenario_id"])[-1]["timestamp_ms"]


def test_nothing_else_failed_often_enough_to_be_switched_off(world: World):
    planted = member(world, "deactivated")["scenario_id"]
    for row in world.rows("SELECT id, name, blueprint, scheduling FROM scenarios"):
        statuses = [run["status"] for run in runs(world, row["id"])]
        longest = max((len(list(run)) for key, run in groupby(statuses) if key == 3), default=0)
        instant = row["scheduling"]["type"] == "immediately"
        allowed = 1 if instant else Settings.of(row["blueprint"]).max_errors
        assert (longest < allowed) == (row["id"] != planted), row["name"]


def test_stale_scenarios_are_on_and_did_not_run_for_sixty_days(world: World):
    stale = set(member(world, "stale"))
    since = world.clock.milliseconds() - 60 * DAY
    for row in world.rows("SELECT id, name FROM scenarios WHERE is_active = 1"):
        last = runs(world, row["id"])[-1]["timestamp_ms"]
        assert (last < since) == (row["id"] in stale), row["name"]
    assert len(stale) == 3
    for ident in stale:
        assert world.value("SELECT next_exec FROM scenarios WHERE id = ?", ident) is None


def test_one_scenario_always_succeeds_and_never_has_anything_to_do(world: World):
    (ident,) = member(world, "only_check_runs")
    found = runs(world, ident)
    assert len(found) > 300
    assert {(run["status"], run["is_check_run"], run["operations"]) for run in found} == {
        (1, True, 1)
    }


def test_one_name_breaks_the_convention(world: World):
    (ident,) = member(world, "naming")["outliers"]
    assert (
        world.value("SELECT name FROM scenarios WHERE id = ?", ident) == "test copy (2) DO NOT USE"
    )


def test_one_header_holds_a_secret_that_is_obviously_made_up(world: World):
    (planted,) = member(world, "secrets")
    blueprint = world.value("SELECT blueprint FROM scenarios WHERE id = ?", planted["scenario_id"])
    module = next(one for one in blueprint["flow"] if one["id"] == planted["module_id"])
    values = {each["name"]: each["value"] for each in module["mapper"]["headers"]}
    assert "fake" in values[planted["header"]]
    assert "EXAMPLE" in values[planted["header"]]


def test_hooks_are_orphaned_disabled_or_stuck_as_told(world: World):
    assert len(member(world, "orphan_hooks")) == 2
    assert len(member(world, "disabled_hooks")) == 1
    (stuck,) = member(world, "stuck_hooks")
    waiting = "SELECT count(*) FROM hook_incomings WHERE hook_id = ?"
    assert world.value(waiting, stuck["hook_id"]) == stuck["queue"] > 100
    assert (
        world.value("SELECT is_active FROM scenarios WHERE id = ?", stuck["scenario_id"]) is False
    )


def test_one_data_store_is_nearly_full(world: World):
    (full,) = member(world, "nearly_full_stores")
    assert 0.9 * full["max_bytes"] < full["used_bytes"] <= full["max_bytes"]


def test_one_person_has_not_logged_in_for_a_hundred_days(world: World):
    (ident,) = member(world, "absent_people")
    seen = parse_stamp(world.value("SELECT last_login FROM users WHERE id = ?", ident))
    assert (world.clock.now() - seen).days == 100


def test_some_connections_are_unused_and_one_type_is_used_by_many(world: World):
    assert len(member(world, "unused_connections")) == 3
    types = world.rows("SELECT type, count(*) AS n FROM connections GROUP BY type ORDER BY n DESC")
    assert (types[0]["type"], types[0]["n"]) == ("slack", 5)


def test_truths_of_another_company_are_not_invented():
    world = World.open(":memory:")
    with pytest.raises(LookupError, match="not filled by the default seed"):
        truth(world)
    world.close()
