"""The queue and the log of a hook (API reference, chapter 2.20)."""

from datetime import timedelta

from make_api_sandbox.clock import from_milliseconds, milliseconds, stamp
from make_api_sandbox.hooks.routes import ONE
from make_api_sandbox.http.body import boolean, list_of, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, not_found
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject, Row

INCOMINGS = Paging({"created": "created"})
LOGS = Paging({"loggedAt": "logged_ms"}, direction="desc", limit=25)
WEB, MAIL = 3, 4
"""Values of `typeId`; only that of web hooks is documented."""

IN_PROCESS = (
    "Some of the incoming messages could not be deleted because they are being processed right now."
)


@route("GET", "/hooks/{hookId}/incomings", scope="hooks:read", context=ONE)
def list_incomings(call: Call) -> JsonObject:
    """What waits to be processed, the oldest first."""
    page = call.page(INCOMINGS)
    rows = call.world.rows(
        "SELECT id, size, created FROM hook_incomings WHERE hook_id = ?"
        + page.slice_sql(tie="seq"),
        call.entity["id"],
    )
    return {"incomings": [_present(row) for row in rows], "pg": page.echo()}


@route("GET", "/hooks/{hookId}/incomings/stats", scope="hooks:read", context=ONE)
def count_incomings(call: Call) -> JsonObject:
    """How full the queue is."""
    sql = "SELECT count(*) FROM hook_incomings WHERE hook_id = ?"
    waiting = call.world.value(sql, call.entity["id"])
    limit = call.license.get("iolimit", 0)
    return {"incomingStat": {"queue": waiting, "limit": limit, "enabled": call.entity["enabled"]}}


@route("GET", "/hooks/{hookId}/incomings/{incomingId}", scope="hooks:read", context=ONE)
def get_incoming(call: Call) -> JsonObject:
    """One waiting message with its data."""
    sql = "SELECT * FROM hook_incomings WHERE hook_id = ? AND id = ?"
    row = call.world.row(sql, call.entity["id"], call.path("incomingId"))
    if row is None:
        raise not_found("Incoming")
    return {"incoming": _present(row) | {"data": row["data"]}}


@route(
    "DELETE",
    "/hooks/{hookId}/incomings",
    scope="hooks:write",
    context=ONE,
    body=members(
        ids=list_of(text()).optional(),
        exceptIds=list_of(text()).optional(),
        all=boolean().optional(),
    ),
)
def delete_incomings(call: Call) -> JsonObject:
    """Drop waiting messages; `all` asks for confirmation, messages in process stay."""
    chosen = _chosen(call)
    if call.body.get("all"):
        call.confirm("deleteAllIncomings")
    gone = [row["id"] for row in chosen if not row["processing"]]
    for id in gone:
        call.world.execute("DELETE FROM hook_incomings WHERE id = ?", id)
    if len(gone) == len(chosen):
        return {"incomings": gone}
    return {"incomings": gone, "error": {"name": "APIError", "message": IN_PROCESS}}


def _chosen(call: Call) -> list[Row]:
    rows = call.world.rows(
        "SELECT id, processing FROM hook_incomings WHERE hook_id = ? ORDER BY seq",
        call.entity["id"],
    )
    if call.body.get("all"):
        spared = set(call.body.get("exceptIds", []))
        return [row for row in rows if row["id"] not in spared]
    wanted = set(call.body.get("ids", []))
    if not wanted:
        raise invalid_parameters([("ids", "One of 'ids' and 'all' is needed.")])
    return [row for row in rows if row["id"] in wanted]


@route("GET", "/hooks/{hookId}/logs", scope="hooks:read", context=ONE)
def list_logs(call: Call) -> JsonObject:
    """Requests of the last days, as many as the licence keeps."""
    page = call.page(LOGS)
    rows = call.world.rows(
        "SELECT * FROM hook_logs WHERE hook_id = ? AND logged_ms BETWEEN ? AND ?"
        + page.slice_sql(),
        call.entity["id"],
        max(_time(call, "from", 0), _kept_since(call)),
        _time(call, "to", call.clock.milliseconds()),
    )
    return {"hookLogs": [_present_log(call.entity, row) for row in rows], "pg": page.echo()}


@route("GET", "/hooks/{hookId}/logs/{logId}", scope="hooks:read", context=ONE)
def get_log(call: Call) -> JsonObject:
    """One request and how it was answered."""
    row = call.world.row(
        "SELECT * FROM hook_logs WHERE hook_id = ? AND id = ? AND logged_ms >= ?",
        call.entity["id"],
        call.path("logId"),
        _kept_since(call),
    )
    if row is None:
        raise not_found("Hook log")
    data = {} if row["data"] is None else {"data": row["data"]}
    return {"hookLog": _present_log(call.entity, row) | data}


def _kept_since(call: Call) -> int:
    days = call.license.get("webhookLogRetentionDays", 3)
    return milliseconds(call.now() - timedelta(days=days))


def _time(call: Call, name: str, default: int) -> int:
    """A time in the query, epoch milliseconds."""
    value = call.query(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        raise invalid_parameters([(name, f"Parameter '{name}' should be epoch milliseconds.")])
    return int(value)


def _present(row: Row) -> JsonObject:
    return {"id": row["id"], "scope": "hook", "size": row["size"], "created": row["created"]}


def _present_log(hook: Row, row: Row) -> JsonObject:
    return {
        "statusId": row["status_id"],
        "parser": row["parser"],
        "replayable": row["replayable"],
        "sizes": {"before": row["size_before"], "after": row["size_after"]},
        "loggedAt": stamp(from_milliseconds(row["logged_ms"])),
        "udids": [hook["udid"]],
        "typeId": WEB if hook["type"] == "web" else MAIL,
        "id": row["id"],
        "appParser": None,
        "imtId": row["imt_id"],
    }
