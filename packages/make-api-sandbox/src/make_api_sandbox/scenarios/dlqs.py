"""Incomplete executions (Make API reference, chapter 2.16)."""

import json
from typing import Any

from make_api_sandbox.http.access import is_team_visible
from make_api_sandbox.http.body import boolean, integer, json_text, list_of, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import enter_team
from make_api_sandbox.http.errors import invalid_parameters, missing, not_found, refused
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.documents import module_sequence, read_blueprint
from make_api_sandbox.scenarios.history import query_number, query_statuses
from make_api_sandbox.scenarios.order import Order
from make_api_sandbox.scenarios.positions import TIE, behind
from make_api_sandbox.scenarios.presentation import marks
from make_api_sandbox.scenarios.runs import runs_of
from make_api_sandbox.shapes import JsonObject, Row

PAGING = Paging({"": "seq", "created": "created", "size": "size"}, limit=25)
LOG_PAGING = Paging({"imtId": "timestamp_ms"}, direction="desc", limit=50, keyset="imtId")
CHOICE = members(
    ids=list_of(text()).optional(),
    all=boolean().optional(),
    exceptIds=list_of(text()).optional(),
)


def one_dlq(call: Call) -> None:
    """The incomplete execution named in the path, in the team of its scenario."""
    row = call.world.row("SELECT * FROM dlqs WHERE id = ? AND deleted = 0", call.path("dlqId"))
    scenario = call.world.get("scenarios", row["scenario_id"]) if row else None
    if row is None or scenario is None:
        raise not_found("Incomplete execution")
    _enter(call, scenario, "Incomplete execution")
    call.entity = row


def query_scenario(call: Call) -> None:
    """The scenario named in the query."""
    scenario = call.world.get("scenarios", call.required_query_id("scenarioId"))
    if scenario is None:
        raise not_found("Scenario")
    _enter(call, scenario, "Scenario")
    call.entity = scenario


def _enter(call: Call, scenario: Row, thing: str) -> None:
    team = call.world.get("teams", scenario["team_id"])
    if team is None or not is_team_visible(call.world, call.user_id, team):
        raise not_found(thing)
    enter_team(call, team["id"])


@route("GET", "/dlqs", scope="dlqs:read", context=query_scenario)
def list_dlqs(call: Call) -> JsonObject:
    """Incomplete executions of a scenario, the oldest first."""
    page = call.page(PAGING)
    rows = call.world.rows(
        "SELECT * FROM dlqs WHERE scenario_id = ? AND deleted = 0" + page.slice_sql(tie="seq"),
        call.entity["id"],
    )
    shown = ("id", "reason", "created", "size", "resolved", "retry", "attempts")
    return {"dlqs": [{name: row[name] for name in shown} for row in rows], "pg": page.echo()}


@route("GET", "/dlqs/{dlqId}", scope="dlqs:read", context=one_dlq)
def get_dlq(call: Call) -> JsonObject:
    """One incomplete execution."""
    row = call.entity
    scenario = call.world.get("scenarios", row["scenario_id"]) or {}
    team = call.world.get("teams", call.team_id or 0) or {}
    return {
        "dlq": {
            "id": row["id"],
            "scenarioId": row["scenario_id"],
            "scenarioName": scenario.get("name"),
            "companyId": team.get("id"),
            "companyName": team.get("name"),
            "resolved": row["resolved"],
            "deleted": row["deleted"],
            "index": row["seq"],
            "created": row["created"],
            "executionId": row["execution_id"],
            "retry": row["retry"],
            "attempts": row["attempts"],
            "size": row["size"],
        }
    }


@route(
    "PATCH",
    "/dlqs/{dlqId}",
    scope="dlqs:write",
    context=one_dlq,
    body=members(blueprint=json_text().optional(), failer=integer(1).optional()),
)
def change_dlq(call: Call) -> JsonObject:
    """Replace the stored blueprint or the module at which a retry goes on."""
    changes: JsonObject = {}
    if "blueprint" in call.body:
        changes["blueprint"] = read_blueprint(call.body["blueprint"])
    if "failer" in call.body:
        changes["failer"] = call.body["failer"]
        changes["bundles"] = _moved_error(call.entity, call.body["failer"])
    call.world.update("dlqs", call.entity["id"], **changes)
    row = {**call.entity, **changes}
    return {"dlq": {"failer": row["failer"], "blueprint": row["blueprint"]}}


def _moved_error(row: Row, failer: int) -> JsonObject:
    """The stored bundles with the error at the new failing module."""
    bundles: JsonObject = dict(row["bundles"])
    error: Any = bundles.pop(str(row["failer"]), {})
    return {**bundles, str(failer): error}


@route("DELETE", "/dlqs/{dlqId}", scope="dlqs:write", context=one_dlq)
def delete_dlq(call: Call) -> JsonObject:
    """Remove one incomplete execution."""
    call.world.delete("dlqs", call.entity["id"])
    return {"dlq": call.entity["id"]}


@route("DELETE", "/dlqs", scope="dlqs:write", context=query_scenario, body=CHOICE)
def delete_dlqs(call: Call) -> JsonObject:
    """Remove several; `all` asks for confirmation."""
    chosen = _chosen(call)
    if call.body.get("all"):
        call.confirm("deleteAllDlqs")
    for row in chosen:
        call.world.delete("dlqs", row["id"])
    return {"dlqs": [row["id"] for row in chosen]}


def _chosen(call: Call) -> list[Row]:
    """Those named by `ids`, or all but `exceptIds`."""
    sql = "SELECT * FROM dlqs WHERE scenario_id = ? AND deleted = 0 ORDER BY seq"
    rows = call.world.rows(sql, call.entity["id"])
    if call.body.get("all"):
        spared = set(call.body.get("exceptIds") or [])
        return [row for row in rows if row["id"] not in spared]
    if "ids" not in call.body:
        raise invalid_parameters([missing("ids")])
    return [row for row in rows if row["id"] in set(call.body["ids"])]


@route("GET", "/dlqs/{dlqId}/blueprint", scope="dlqs:read", context=one_dlq)
def get_dlq_blueprint(call: Call) -> JsonObject:
    """The blueprint as it was when the run failed."""
    row = call.entity
    response = {
        "blueprint": row["blueprint"],
        "company": {"id": call.team_id},
        "idSequence": module_sequence(row["blueprint"]),
        "reason": row["reason"],
    }
    return {"code": "OK", "response": response}


@route("GET", "/dlqs/{dlqId}/bundle", scope="dlqs:read", context=one_dlq)
def get_dlq_bundle(call: Call) -> JsonObject:
    """Outputs of the modules before the failure, and the error at the failed one."""
    return {"code": "OK", "response": call.entity["bundles"]}


@route("GET", "/dlqs/{dlqId}/logs", scope="dlqs:read", context=one_dlq)
def list_dlq_logs(call: Call) -> JsonObject:
    """Retries, the newest first."""
    page = call.page(LOG_PAGING)
    conditions, values = ["dlq_id = ?"], [call.entity["id"]]
    for name, sign in (("from", ">="), ("to", "<=")):
        bound = query_number(call, name)
        if bound is not None:
            conditions.append(f"timestamp_ms {sign} ?")
            values.append(bound)
    status = query_statuses(call)
    if status:
        conditions.append(f"status IN ({marks(status)})")
        values += status
    after, last = behind(call.world, "dlq_logs", page)
    sql = f"SELECT * FROM dlq_logs WHERE {' AND '.join(conditions)}{after}"
    rows = call.world.rows(sql + page.slice_sql(tie=TIE), *values, *last)
    return {"dlqLogs": [_log(call, row) for row in rows], "pg": page.echo()}


@route("GET", "/dlqs/{dlqId}/logs/{executionDlqId}", scope="dlqs:read", context=one_dlq)
def get_dlq_log(call: Call) -> JsonObject:
    """One retry."""
    row = call.world.row(
        "SELECT * FROM dlq_logs WHERE dlq_id = ? AND id = ?",
        call.entity["id"],
        call.path("executionDlqId"),
    )
    if row is None:
        raise not_found("Log")
    return {"dlqLog": _log(call, row)}


def _log(call: Call, row: Row) -> JsonObject:
    return {
        "imtId": row["imt_id"],
        "duration": row["duration"],
        "transfer": row["transfer"],
        "operations": row["operations"],
        "centicredits": row["centicredits"],
        "organizationId": call.organization_id,
        "teamId": call.team_id,
        "id": row["id"],
        "type": row["type"],
        "authorId": row["author_id"],
        "instant": row["instant"],
        "timestamp": row["timestamp"],
        "status": row["status"],
    }


@route("POST", "/dlqs/{dlqId}/retry", scope="dlqs:write", context=one_dlq)
async def retry_dlq(call: Call) -> JsonObject:
    """Go on at the failed module, with the stored blueprint and bundles."""
    if call.entity["resolved"]:
        raise refused("Incomplete execution is already resolved.")
    _begin(call, call.entity)
    return {"dlq": call.entity["id"]}


@route("POST", "/dlqs/retry", scope="dlqs:write", context=query_scenario, body=CHOICE)
async def retry_dlqs(call: Call) -> JsonObject:
    """Retry several; resolved ones are left alone."""
    chosen = [row for row in _chosen(call) if not row["resolved"]]
    for row in chosen:
        _begin(call, row)
    return {"dlqs": [row["id"] for row in chosen]}


def _begin(call: Call, row: Row) -> None:
    scenario = call.world.get("scenarios", row["scenario_id"]) or {}
    stored: JsonObject = json.loads(json.dumps(row["extra"]))
    runs_of(call.sandbox).begin(
        Order(
            scenario,
            type="manual",
            author_id=call.user_id,
            inputs=stored.get("inputs", {}),
            incomplete=row,
        )
    )
