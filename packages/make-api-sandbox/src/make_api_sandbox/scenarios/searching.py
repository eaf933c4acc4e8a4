"""Searching the runs of a whole organization (Make API reference, chapter 2.23)."""

import json
from datetime import UTC, timedelta
from typing import Any, cast

from make_api_sandbox.clock import from_milliseconds, milliseconds
from make_api_sandbox.http.body import identifier, integer, list_of, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.errors import plan_required
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.scenarios.access import visible_teams
from make_api_sandbox.scenarios.documents import all_modules
from make_api_sandbox.scenarios.history import DAY_MS
from make_api_sandbox.scenarios.presentation import marks
from make_api_sandbox.shapes import JsonObject, Row

READ = "organizations:read"
DEFAULT_DAYS = 7
HITS_PER_RUN = 5
AROUND = 20
"""Characters shown on both sides of a hit."""

FULLTEXT = LicenceGate(
    "fulltext", lambda: plan_required("Full-text search is not part of the plan.")
)
RUNS = (
    "SELECT e.*, s.name AS scenario_name FROM executions e JOIN scenarios s"
    " ON s.id = e.scenario_id WHERE e.kind = 'run' AND e.state IS NOT 'RUNNING'"
)
WHERE_AND_WHEN = {
    "teamId": identifier().optional().or_null(),
    "from": integer(0).optional().or_null(),
    "to": integer(0).optional().or_null(),
    "scenarioIds": list_of(identifier()).optional(),
    "pageIndex": integer(0).optional(),
}


@route(
    "POST",
    "/organizations/{organizationId}/scenarios/executions",
    scope=READ,
    context=path_organization,
    permission="organization view",
    body=members(
        **WHERE_AND_WHEN,
        errorMessage=text().optional().or_null(),
        status=list_of(integer(1, 3)).optional(),
        pageSize=integer(1, 500).optional(),
    ),
)
def search_runs(call: Call) -> JsonObject:
    """Ended runs of the organization's scenarios, the latest first.

    Times are taken as whole UTC days, the last seven without any; `errorMessage` finds runs whose
    error holds the text.
    """
    sql, values = _scope(call)
    status: list[int] = call.body.get("status", [])
    if status:
        sql += f" AND e.status IN ({marks(status)})"
        values += status
    wanted = call.body.get("errorMessage")
    if wanted:
        sql += " AND instr(lower(json_extract(e.error, '$.message')), lower(?)) > 0"
        values.append(wanted)
    rows = call.world.rows(sql + _slice(call, 50), *values)
    return {"results": [_run(row, wanted) for row in rows]}


@route(
    "POST",
    "/organizations/{organizationId}/scenarios/fulltext",
    scope=READ,
    context=path_organization,
    permission="organization view",
    licence=FULLTEXT,
    body=members(
        query=text(None, 1),
        **WHERE_AND_WHEN,
        appNames=list_of(text()).optional(),
        moduleNames=list_of(text()).optional(),
        pageSize=integer(1, 500).optional(),
    ),
)
def search_data(call: Call) -> JsonObject:
    """Runs in whose recorded inputs and outputs a text occurs, with up to five places each."""
    sql, values = _scope(call)
    sql += (
        " AND e.id IN (SELECT execution_id FROM execution_modules m"
        " WHERE m.scenario_id = e.scenario_id"
        " AND (instr(lower(m.input), lower(?)) OR instr(lower(m.output), lower(?))))"
    )
    words = [call.body["query"]] * 2
    found: list[JsonObject] = []
    for row in call.world.rows(sql + " ORDER BY e.timestamp_ms DESC, e.seq DESC", *values, *words):
        places = _places(call, row)
        if places:
            found.append({"ioData": places[:HITS_PER_RUN], "execution": _run(row, None)})
    size = call.body.get("pageSize", 20)
    start = call.body.get("pageIndex", 0) * size
    return {"results": found[start : start + size]}


# Where and when


def _scope(call: Call) -> tuple[str, list[Any]]:
    teams = visible_teams(call)
    only = call.body.get("teamId")
    teams = [team for team in teams if only in (None, team)]
    first, last = _days(call)
    sql = f"{RUNS} AND e.team_id IN ({marks(teams)}) AND e.timestamp_ms BETWEEN ? AND ?"
    values: list[Any] = [*teams, first, last]
    ids: list[int] = call.body.get("scenarioIds", [])
    if ids:
        sql += f" AND e.scenario_id IN ({marks(ids)})"
        values += ids
    return sql, values


def _days(call: Call) -> tuple[int, int]:
    """From the first to the last millisecond of the UTC days asked for."""
    now = milliseconds(call.now())
    last = call.body.get("to") or now
    first = call.body.get("from")
    if first is None:
        first = milliseconds(from_milliseconds(last) - timedelta(days=DEFAULT_DAYS))
    return _midnight(first), _midnight(last) + DAY_MS - 1


def _midnight(moment_ms: int) -> int:
    moment = from_milliseconds(moment_ms).astimezone(UTC)
    return milliseconds(moment.replace(hour=0, minute=0, second=0, microsecond=0))


def _slice(call: Call, default: int) -> str:
    size: int = call.body.get("pageSize", default)
    start = call.body.get("pageIndex", 0) * size
    return f" ORDER BY e.timestamp_ms DESC, e.seq DESC LIMIT {size} OFFSET {start}"


# What is shown


def _run(row: Row, wanted: str | None) -> JsonObject:
    error: JsonObject = row["error"] or {}
    message = error.get("message")
    marked = _marked(str(message), wanted) if wanted and message else None
    return {
        "imtId": row["imt_id"],
        "id": row["id"],
        "kindId": row["scenario_id"],
        "scenarioId": row["scenario_id"],
        "scenarioName": row["scenario_name"],
        "timestamp": row["timestamp"],
        "type": row["type"],
        "instant": bool(row["instant"]),
        "authorId": row["author_id"],
        "teamId": row["team_id"],
        "organizationId": row["organization_id"],
        "duration": row["duration"],
        "operations": row["operations"],
        "centicredits": row["centicredits"],
        "transfer": row["transfer"],
        "status": row["status"],
        "eventType": "scenario",
        "errorMessage": message,
        "highlight": [marked] if marked else None,
    }


def _places(call: Call, run: Row) -> list[JsonObject]:
    """Every bundle of a run that holds the text, in the order of the modules' work."""
    blueprint = call.world.rows("SELECT blueprint FROM scenarios WHERE id = ?", run["scenario_id"])[
        0
    ]["blueprint"]
    slugs = {module.get("id"): str(module.get("module")) for module in all_modules(blueprint)}
    rows = call.world.rows(
        "SELECT * FROM execution_modules WHERE execution_id = ? ORDER BY seq", run["id"]
    )
    return [
        place
        for row in rows
        for kind in ("input", "output")
        for bundle in _bundles(row[kind])
        if (place := _place(call, row, kind, bundle, slugs.get(row["module_id"], "")))
    ]


def _bundles(recorded: Any) -> list[Any]:
    if recorded is None:
        return []
    return cast("list[Any]", recorded) if isinstance(recorded, list) else [recorded]


def _place(call: Call, row: Row, kind: str, bundle: Any, slug: str) -> JsonObject | None:
    app, _, module = slug.partition(":")
    apps, modules = call.body.get("appNames"), call.body.get("moduleNames")
    if (apps and app not in apps) or (modules and module not in modules):
        return None
    written = json.dumps(bundle, ensure_ascii=False, separators=(",", ":"))
    marked = _marked(written, call.body["query"])
    if marked is None:
        return None
    return {
        "kind": kind,
        "kindId": row["scenario_id"],
        "executionId": row["execution_id"],
        "moduleId": row["module_id"],
        "bundle": bundle,
        "metadata": {"app": app, "module": module},
        "highlight": {"data": [marked]},
    }


def _marked(whole: str, wanted: str) -> str | None:
    """The surroundings of the first hit, with the hit marked; None without one."""
    at = whole.lower().find(wanted.lower())
    if at < 0:
        return None
    end = at + len(wanted)
    before = whole[:at] if at <= AROUND else f"...{whole[at - AROUND : at]}"
    behind = whole[end:] if len(whole) - end <= AROUND else f"{whole[end : end + AROUND]}..."
    return f"{before}<em>{whole[at:end]}</em>{behind}"
