"""Ninety days of runs that agree with the blueprints they belong to."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from make_api_sandbox.clock import milliseconds, parse_stamp
from make_api_sandbox.engine.registry import FREE_OF_CREDITS
from make_api_sandbox.scenarios.documents import all_modules
from make_api_sandbox.world import World

RUNS = "SELECT * FROM executions WHERE kind = 'run'"


def test_every_full_day_of_the_last_ninety_has_runs_and_none_lies_ahead(
    company: World, wednesday: datetime
):
    days = {parse_stamp(row["timestamp"]).date() for row in company.rows(RUNS)}
    wanted = {(wednesday - timedelta(days=back)).date() for back in range(1, 90)}
    assert wanted <= days
    assert company.value("SELECT max(timestamp_ms) FROM executions") <= milliseconds(wednesday)


def test_weekends_are_quiet_and_mornings_busy(company: World):
    called = company.rows(f"{RUNS} AND instant = 1")
    by_day: defaultdict[bool, int] = defaultdict(int)
    by_night: defaultdict[bool, int] = defaultdict(int)
    for row in called:
        moment = parse_stamp(row["timestamp"])
        by_day[moment.weekday() >= 5] += 1
        by_night[moment.hour < 6] += 1
    assert by_day[True] / 2 < 0.25 * by_day[False] / 5
    assert by_night[True] < 0.05 * by_night[False]


def test_operations_credits_and_transfer_are_those_of_the_modules(company: World):
    sums = company.rows(
        "SELECT e.*, sum(m.operations) AS ops, sum(m.centicredits) AS price,"
        " sum(m.transfer) AS bytes FROM executions e"
        " JOIN execution_modules m ON m.execution_id = e.id GROUP BY e.id"
    )
    assert len(sums) > 300
    for row in sums:
        given = (row["operations"], row["centicredits"], row["transfer"])
        assert given == (row["ops"], row["price"], row["bytes"])


def test_only_modules_of_the_blueprint_were_visited(company: World):
    for row in company.rows("SELECT id, blueprint FROM scenarios"):
        known = {module["id"] for module in all_modules(row["blueprint"])}
        visited = company.rows(
            "SELECT DISTINCT module_id FROM execution_modules WHERE scenario_id = ?", row["id"]
        )
        assert {one["module_id"] for one in visited} <= known


def test_a_straight_flow_costs_one_operation_a_module(company: World):
    ident = company.value("SELECT id FROM scenarios WHERE name LIKE 'SAL-01%'")
    costs = company.rows(
        f"SELECT DISTINCT operations, centicredits FROM ({RUNS} AND scenario_id = ?)", ident
    )
    assert costs == [{"operations": 4, "centicredits": 400}]


def test_modules_of_the_scenarios_app_are_free_of_credits(company: World):
    ident = company.value("SELECT id FROM scenarios WHERE name LIKE 'FIN-01%'")
    costs = company.rows(
        f"SELECT DISTINCT operations, centicredits FROM ({RUNS} AND scenario_id = ?)", ident
    )
    assert costs == [{"operations": 3, "centicredits": 100}]
    assert "scenario-service:" in FREE_OF_CREDITS


def test_an_ai_module_costs_more_than_its_operations(company: World):
    ident = company.value("SELECT id FROM scenarios WHERE name LIKE 'SUP-02%'")
    total: Any = company.row(
        "SELECT sum(operations) AS ops, sum(centicredits) AS price FROM executions"
        " WHERE scenario_id = ?",
        ident,
    )
    assert total["price"] > 100 * total["ops"]


def test_a_called_scenario_ran_whenever_another_one_called_it(company: World):
    parent = company.value("SELECT id FROM scenarios WHERE name LIKE 'FIN-02%'")
    child = company.value("SELECT id FROM scenarios WHERE name LIKE 'FIN-01%'")
    calls = {row["timestamp"] for row in company.rows(f"{RUNS} AND scenario_id = ?", parent)}
    answers = {row["timestamp"] for row in company.rows(f"{RUNS} AND scenario_id = ?", child)}
    assert calls
    assert calls <= answers


def test_runs_started_by_hand_have_an_author_who_may_start_them(company: World):
    allowed = {
        (row["user_id"], row["team_id"])
        for row in company.rows("SELECT * FROM user_team_roles WHERE role_id IN (1, 3, 6)")
    }
    manual = company.rows(f"{RUNS} AND type = 'manual'")
    assert len(manual) > 200
    assert {(row["author_id"], row["team_id"]) for row in manual} <= allowed
    assert company.rows(f"{RUNS} AND type = 'auto' AND author_id IS NOT NULL") == []


def test_a_scenario_was_started_before_it_ran_and_modified_with_every_later_version(
    company: World,
):
    for row in company.rows("SELECT id, version FROM scenarios"):
        events = company.rows(
            "SELECT type, timestamp_ms, status FROM executions WHERE kind = 'event'"
            " AND scenario_id = ? ORDER BY timestamp_ms",
            row["id"],
        )
        first = company.value(
            "SELECT min(timestamp_ms) FROM executions WHERE kind = 'run' AND scenario_id = ?",
            row["id"],
        )
        assert events[0]["type"] == "start"
        assert events[0]["timestamp_ms"] < first
        assert [one["type"] for one in events].count("modify") == row["version"] - 1
        assert {one["status"] for one in events} == {None}


def test_scheduled_scenarios_know_when_they_run_next(company: World, wednesday: datetime):
    rows = company.rows("SELECT * FROM scenarios WHERE is_active = 1")
    for row in rows:
        by_clock = row["scheduling"]["type"] not in ("immediately", "on-demand")
        ended = "between" in row["scheduling"]
        assert (row["next_exec"] is not None) == (by_clock and not ended), row["name"]
        if row["next_exec"]:
            assert parse_stamp(row["next_exec"]) > wednesday
            assert row["next_exec_ms"] == milliseconds(parse_stamp(row["next_exec"]))


def test_the_history_is_about_fifteen_thousand_runs(company: World):
    assert 11_000 < company.value("SELECT count(*) FROM executions") < 18_000
