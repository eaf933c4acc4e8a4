"""The company's audit log, notifications and personal accounts agree with its past."""

from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.audit.things import THINGS
from make_api_sandbox.seed.truth import truth
from make_api_sandbox.world import World

if TYPE_CHECKING:
    from .conftest import Office

ORIGINS = {
    "scenario_created": "SELECT count(*) FROM scenarios",
    "scenario_updated": "SELECT count(*) FROM scenario_versions WHERE version > 1",
    "scenario_activated": "SELECT count(*) FROM executions WHERE type = 'start'",
    "scenario_deactivated": "SELECT count(*) FROM executions WHERE type = 'stop'"
    " AND author_id IS NOT NULL",
    "custom_function_created": "SELECT count(*) FROM custom_functions",
    "custom_function_updated": "SELECT count(*) FROM custom_function_history",
    "team_variable_created": "SELECT count(*) FROM variables WHERE owner = 'team'",
    "organization_variable_edited": "SELECT count(*) FROM variable_history"
    " WHERE action = 'organization_variable_edited'",
}


def test_every_dated_deed_of_the_past_has_one_entry(company: World):
    counted = "SELECT count(*) FROM audit_logs WHERE event_name = ?"
    for event, origin in ORIGINS.items():
        assert company.value(counted, event) == company.value(origin), event
    rows = company.rows("SELECT event_name FROM audit_logs")
    known = {item["value"] for thing in THINGS for item in thing.items()}
    assert {row["event_name"] for row in rows} <= known


def test_the_log_is_in_order_of_time_and_knows_its_targets(company: World):
    rows = company.rows("SELECT * FROM audit_logs ORDER BY seq")
    assert [row["triggered"] for row in rows] == sorted(row["triggered"] for row in rows)
    tables = {thing.word: thing.table for thing in THINGS}
    for row in rows:
        assert company.get(tables[row["thing"]], int(row["target_id"])), row["event_name"]
        team = company.get("teams", row["team_id"] or 0)
        organization = team["organization_id"] if team else 1
        assert organization == row["organization_id"]


@pytest.mark.anyio
async def test_the_regression_can_be_traced_to_who_saved_it(office: "Office"):
    found: Any = truth(office.world)
    scenario = str(found["regression"]["scenario_id"])
    path = "/audit-logs/organization/1?event=scenario_updated&dateFrom=2026-11-01"
    answer = (await office.call("GET", path)).json()["auditLogs"]
    [entry] = [one for one in answer if one["targetId"] == scenario]
    version = office.world.row(
        "SELECT v.created, u.name FROM scenario_versions v JOIN users u ON u.id = v.author_id"
        " WHERE v.scenario_id = ? ORDER BY v.version DESC",
        scenario,
    )
    assert version == {"created": entry["triggeredAt"], "name": entry["actor"]["name"]}


@pytest.mark.anyio
async def test_the_owner_is_told_of_every_failed_run_of_the_month(office: "Office"):
    found = (await office.call("GET", "/notifications")).json()
    failed = office.world.value(
        "SELECT count(*) FROM executions WHERE status = 3 AND timestamp >= '2026-10-19T14:20'"
    )
    told = [one for one in found["notifications"] if one["type"] == 1]
    assert len(told) == failed
    assert failed > 20
    unread = sum(one["read"] is None for one in found["notifications"])
    assert found["userUnreadNotifications"] == unread
    assert 0 < unread < failed


def test_only_those_who_asked_for_warnings_got_them(company: World):
    rows = company.rows(
        "SELECT DISTINCT u.name FROM notifications n JOIN users u ON u.id = n.user_id"
        " WHERE n.type = 2"
    )
    assert {row["name"] for row in rows} <= {"Emil Strand", "Aiko Tanner", "Lucia Ferrante"}
    assert rows
    otto = company.value(
        "SELECT count(*) FROM notifications n JOIN users u ON u.id = n.user_id"
        " WHERE u.name = 'Otto Weiss' AND n.read IS NOT NULL"
    )
    assert otto == 0


@pytest.mark.anyio
async def test_free_plan_shows_its_subscription_and_no_audit_log(office: "Office"):
    product = (await office.call("GET", "/organizations/2/subscription")).json()["product"]
    assert (product["name"], product["price"]["price"]) == ("FREE", "0.00")
    assert (await office.call("GET", "/audit-logs/organization/2")).status_code == 402
    assert (await office.call("GET", "/analytics/1")).status_code == 403
    clients = (await office.call("GET", "/users/me/oauth-connections")).json()["connections"]
    assert [client["clientName"] for client in clients] == ["Board report"]
