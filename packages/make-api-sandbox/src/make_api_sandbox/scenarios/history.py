"""Logs of runs, events and modules (Make API reference, chapters 1.16 and 2.27)."""

from typing import Any

from make_api_sandbox.clock import milliseconds
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, not_found
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO, execution_of
from make_api_sandbox.scenarios.positions import TIE, behind
from make_api_sandbox.scenarios.presentation import marks
from make_api_sandbox.scenarios.runs import runs_of
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

DAY_MS = 86_400_000
PAGING = Paging(
    {
        "imtId": "timestamp_ms",
        "timestamp": "timestamp_ms",
        "duration": "duration",
        "operations": "operations",
        "transfer": "transfer",
        "centicredits": "centicredits",
        "status": "status",
    },
    direction="desc",
    limit=50,
    keyset="imtId",
)
MODULE_PAGING = Paging({"imtId": "timestamp_ms"}, direction="desc", limit=50, keyset="imtId")
BOUNDS = {
    "from": "timestamp_ms >= ?",
    "to": "timestamp_ms <= ?",
    "durationFrom": "duration >= ?",
    "durationTo": "duration <= ?",
    "operationsFrom": "operations >= ?",
    "operationsTo": "operations <= ?",
    "transferFrom": "transfer >= ?",
    "transferTo": "transfer <= ?",
    "creditsFrom": "centicredits >= ?",
    "creditsTo": "centicredits <= ?",
}
RUNS_ONLY = frozenset(BOUNDS) - {"from", "to"} | {"status", "executionName"}
"""Filters that event entries, having none of these members, never meet."""


@route("GET", "/scenarios/{scenarioId}/logs", scope="scenarios:read", context=ONE_SCENARIO)
def list_logs(call: Call) -> JsonObject:
    """Ended runs and events of a scenario, newest first, in the order of `positions`.

    Check runs that found nothing to do are left out unless `showCheckRuns=true`.
    """
    runs_of(call.sandbox).forget_lost()
    page = call.page(PAGING)
    conditions, values = _filters(call)
    after, last = behind(call.world, "executions", page)
    sql = f"SELECT * FROM executions WHERE {conditions}{after}" + page.slice_sql(tie=TIE)
    rows = call.world.rows(sql, *values, *last)
    return {"scenarioLogs": entries(call.world, rows), "pg": page.echo()}


def _filters(call: Call) -> tuple[str, list[Any]]:
    conditions = ["scenario_id = ?", "kind IN ('run', 'event')", "state IS NOT 'RUNNING'"]
    values: list[Any] = [call.entity["id"]]
    for name, condition in BOUNDS.items():
        bound = query_number(call, name)
        if bound is not None:
            conditions.append(condition)
            values.append(bound)
    status = query_statuses(call)
    if status:
        conditions.append(f"status IN ({marks(status)})")
        values += status
    name = call.query("executionName")
    if name:
        conditions.append("instr(lower(execution_name), lower(?)) > 0")
        values.append(name)
    if call.query_flag("showCheckRuns") is not True:
        conditions.append("is_check_run = 0")
    return " AND ".join(conditions), values


def query_number(call: Call, name: str) -> int | None:
    """A bound in the query, a whole number of at least 0.

    Raises:
        ApiError: 400 when it is something else.
    """
    value = call.query(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        raise invalid_parameters([(name, f"Parameter '{name}' should be integer >= 0.")])
    return int(value)


def query_statuses(call: Call) -> list[int]:
    """The statuses asked for: 1 success, 2 warning, 3 error.

    Raises:
        ApiError: 400 for any other.
    """
    values = call.query_list("status")
    if any(value not in ("1", "2", "3") for value in values):
        raise invalid_parameters([("status", "'status' should be one of: 1, 2, 3.")])
    return [int(value) for value in values]


@route(
    "GET",
    "/scenarios/{scenarioId}/logs/{executionId}",
    scope="scenarios:read",
    context=ONE_SCENARIO,
)
def get_log(call: Call) -> JsonObject:
    """The entry of one run."""
    row = execution_of(call)
    if row["kind"] != "run" or row["state"] == "RUNNING":
        raise not_found("Scenario log")
    entry = entries(call.world, [row])[0]
    entry.pop("authorName")
    ident = call.entity["id"]
    extra: JsonObject = row["extra"]
    replayable = extra.get("inputs") is not None
    detail = {"@kindId": ident, "@scenarioId": ident, "isReplayable": replayable}
    return {"scenarioLog": {**entry, **detail}}


def entries(world: World, rows: list[Row]) -> list[JsonObject]:
    """Rows of the history as the API shows them."""
    users = {row["id"]: row["name"] for row in world.rows("SELECT id, name FROM users")}
    names = {row["id"]: row["name"] for row in world.rows("SELECT id, name FROM scenarios")}
    return [
        _event(row, users.get(row["author_id"]))
        if row["kind"] == "event"
        else _run(world, row, names.get(row["scenario_id"]), users.get(row["author_id"]))
        for row in rows
    ]


def _event(row: Row, author: str | None) -> JsonObject:
    return {
        "imtId": row["imt_id"],
        "id": row["id"],
        "detail": {"author": {"name": author or "Make", "staff": False}},
        "type": row["type"],
        "authorId": row["author_id"],
        "timestamp": row["timestamp"],
        "authorName": author,
    }


def _run(world: World, row: Row, scenario: str | None, author: str | None) -> JsonObject:
    source = _source(world, row["replay_of"])
    error: JsonObject | None = row["error"]
    entry: JsonObject = {
        "imtId": row["imt_id"],
        "scenarioName": scenario,
        "eventType": "EXECUTION_END",
        "type": row["type"],
        "status": row["status"],
        "duration": row["duration"],
        "operations": row["operations"],
        "centicredits": row["centicredits"],
        "transfer": row["transfer"],
        "instant": bool(row["instant"]),
        "authorId": row["author_id"],
        "authorName": author,
        "id": row["id"],
        "scenarioId": row["scenario_id"],
        "teamId": row["team_id"],
        "organizationId": row["organization_id"],
        "timestamp": row["timestamp"],
        "replayOfExecutionId": source.get("id"),
        "replayOfExecutionName": source.get("execution_name"),
        "replayOfExecutionTimestamp": source.get("timestamp"),
    }
    if error:
        entry["error"] = {"name": error["name"], "message": error["message"]}
    if row["execution_name"]:
        entry["executionName"] = row["execution_name"]
    return entry


def _source(world: World, execution_id: str | None) -> Row:
    if execution_id is None:
        return {}
    sql = "SELECT id, execution_name, timestamp FROM executions WHERE id = ?"
    return world.row(sql, execution_id) or {"id": execution_id}


@route(
    "GET",
    "/scenarios/{scenarioId}/modules/{moduleId}/logs",
    scope="scenarios:read",
    context=ONE_SCENARIO,
)
def list_module_logs(call: Call) -> JsonObject:
    """Operations of one module, newest first."""
    page = call.page(MODULE_PAGING)
    after, last = behind(call.world, "execution_modules", page)
    sql = f"SELECT * FROM execution_modules WHERE scenario_id = ? AND module_id = ?{after}"
    rows = call.world.rows(
        sql + page.slice_sql(tie=TIE), call.entity["id"], call.path_id("moduleId"), *last
    )
    return {"moduleLogs": [_module_entry(call, row) for row in rows], "pg": page.echo()}


def _module_entry(call: Call, row: Row) -> JsonObject:
    entry: JsonObject = {
        "imtId": row["imt_id"],
        "timestamp": row["timestamp"],
        "status": row["status"],
        "size": row["size"],
        "bundles": row["bundles"],
        "scenarioId": row["scenario_id"],
        "executionId": row["execution_id"],
        "organizationId": call.organization_id,
        "teamId": call.team_id,
    }
    named = {name: row[name] for name in ("error", "warning") if row[name]}
    return {**entry, **named}


@route(
    "GET",
    "/scenarios/{scenarioId}/modules/operations",
    scope="scenarios:read",
    context=ONE_SCENARIO,
)
def list_module_operations(call: Call) -> JsonObject:
    """Operations, warnings and errors by module over the last days (1 to 30, default 1)."""
    days = query_number(call, "days") or 1
    rows = call.world.rows(
        "SELECT module_id AS moduleId, sum(operations) AS total, sum(status = 2) AS warnings,"
        " sum(status = 3) AS errors FROM execution_modules WHERE scenario_id = ?"
        " AND timestamp_ms >= ? GROUP BY module_id ORDER BY module_id",
        call.entity["id"],
        milliseconds(call.now()) - min(days, 30) * DAY_MS,
    )
    return {"operations": rows}
