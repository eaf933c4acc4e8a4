"""Connections, the credentials apps run with (API reference, chapter 2.10).

Creation swaps the meaning of two names against the answers: its `accountName` is the display name,
its `accountType` the type, which answers call `name` and `accountName`.

An OAuth connection made through the API is not granted yet: it fails its test until somebody opens
`/oauth/auth/{connectionId}`, which in the sandbox grants at once.

A connection into a company's own network names a `connectedSystemId` among its parameters (the
name of that parameter is not documented) and works while the agent of that system is connected.
"""

from typing import Any

from starlette.responses import PlainTextResponse, Response

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.connection_types import TYPES, ConnectionType
from make_api_sandbox.http.body import (
    list_of,
    members,
    name_text,
    open_members,
    text,
)
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import entity, query_team
from make_api_sandbox.http.errors import ApiError, invalid_parameters, missing, not_found, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.connected_systems import fault_of_system, require_system
from make_api_sandbox.resources.sdk import accounts
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usages import (
    affected,
    agents_using,
    invalidate,
    scenarios_by_use,
    scenarios_using,
)
from make_api_sandbox.world import World

COLUMNS = (
    "id",
    "name",
    "accountName",
    "accountLabel",
    "packageName",
    "expire",
    "metadata",
    "teamId",
    "theme",
    "upgradeable",
    "scopesCnt",
    "scoped",
    "accountType",
    "editable",
    "uid",
    "connectedSystemId",
    "organizationId",
    "authorId",
)
LISTED = Columns((*COLUMNS, "scenarioUsages"))
DETAIL = Columns((*COLUMNS, "scopes"), ("scenarioUsages",))
ONE = entity("connections", "connectionId", "Connection")
CREATE = open_members(
    accountName=name_text(), accountType=text(128, 1), scopes=list_of(text()).optional()
)


@route("GET", "/connections", scope="connections:read", context=query_team)
def list_connections(call: Call) -> JsonObject:
    """The connections of a team by name; `scoped` answers the scopes asked for by type."""
    rows = call.world.rows(
        "SELECT * FROM connections WHERE team_id = ? ORDER BY name COLLATE NOCASE, id",
        call.team_id,
    )
    types = call.query_list("type")
    used = scenarios_by_use(call.world, call.team_id or 0, "connection")
    shown: list[JsonObject] = []
    for row in rows:
        if types and row["type"] not in types:
            continue
        asked = call.query_list(row["type"])
        usages = used.get(row["id"], [])
        shown.append(present(call, row) | {"scoped": covers(row, asked), "scenarioUsages": usages})
    return {"connections": LISTED.pick_all(shown, call.cols)}


@route(
    "POST",
    "/connections",
    scope="connections:write",
    context=query_team,
    body=CREATE,
)
def create_connection(call: Call) -> JsonObject:
    """Make a connection of a known type with its parameters at the root of the body."""
    body = dict(call.body)
    name, type_name = body.pop("accountName"), body.pop("accountType")
    scopes: list[str] = body.pop("scopes", [])
    known, system = _type(call.world, type_name), body.pop("connectedSystemId", None)
    absent = [missing(parameter) for parameter in known.parameters if parameter not in body]
    if absent and known.account_type == "basic":
        raise invalid_parameters(absent)
    connection_id = call.world.insert(
        "connections",
        team_id=call.team_id,
        name=name,
        type=type_name,
        label=known.label,
        account_type=known.account_type,
        theme=known.theme,
        editable=known.account_type == "basic",
        author_id=call.user_id,
        state="valid" if known.account_type == "basic" else "broken",
        scopes=scopes,
        data=body,
        metadata=_account(body),
        connected_system_id=None if system is None else require_system(call, system),
    )
    return {"connection": _created(call, connection_id)}


def _created(call: Call, connection_id: int) -> JsonObject:
    row = _row(call.world, connection_id)
    return DETAIL.pick(present(call, row), [*COLUMNS])


def _type(world: World, name: str) -> ConnectionType:
    if name in TYPES:
        return TYPES[name]
    own = accounts.type_named(world, name)
    if own is not None:
        return own
    alike = world.row("SELECT * FROM connections WHERE type = ? ORDER BY id LIMIT 1", name)
    if alike is None:
        raise ApiError(400, "SC400", "Invalid connection type", detail=f"Unknown type '{name}'.")
    return ConnectionType(alike["label"], alike["account_type"], alike["theme"])


def _account(data: JsonObject) -> JsonObject | None:
    """Whose account it is, as far as the parameters tell."""
    for name in ("username", "user", "email"):
        if isinstance(data.get(name), str):
            kind = "email" if "@" in data[name] else "string"
            return {"value": data[name], "type": kind}
    return None


@route("GET", "/connections/{connectionId}", scope="connections:read", context=ONE)
def get_connection(call: Call) -> JsonObject:
    """One connection with its scopes."""
    return {"connection": DETAIL.pick(_detail(call), call.cols)}


@route(
    "PATCH",
    "/connections/{connectionId}",
    scope="connections:write",
    context=ONE,
    body=members(name=name_text()),
)
def rename_connection(call: Call) -> JsonObject:
    """Rename a connection."""
    call.world.update("connections", call.entity["id"], name=call.body["name"])
    call.entity = _row(call.world, call.entity["id"])
    return {"connection": DETAIL.pick(_detail(call), call.cols or COLUMNS)}


@route("DELETE", "/connections/{connectionId}", scope="connections:write", context=ONE)
def delete_connection(call: Call) -> JsonObject:
    """Remove a connection; one in use asks for confirmation and leaves its scenarios invalid.

    How Make asks about a connection that only AI agents use is not documented; here it names no
    scenarios.
    """
    users = scenarios_using(call.world, call.entity["team_id"], "connection", call.entity["id"])
    if users:
        call.confirm("deleteConnectionUsedInScenarios", affected(users))
    elif agents_using(call.world, call.entity["id"]):
        call.confirm("deleteConnectionUsedInAgents")
    call.world.delete("connections", call.entity["id"])
    invalidate(call.world, users)
    return {"connection": call.entity["id"]}


@route("POST", "/connections/{connectionId}/test", scope="connections:write", context=ONE)
async def test_connection(call: Call) -> JsonObject:
    """Prove a connection; a refused one is a 424 with the text of the service behind it.

    Of the types only those of custom apps ask a service.
    """
    row = call.entity
    fault = fault_of(call.world, row) or await accounts.fault_of_service(call, row)
    if fault:
        raise ApiError(424, None, fault, detail=fault)
    proven = {"id": row["id"], "name": row["name"]}
    kind = {"accountName": row["type"], "accountType": row["account_type"]}
    return {"verified": True, "connection": {**proven, **kind}}


@route(
    "POST",
    "/connections/{connectionId}/scoped",
    scope="connections:write",
    context=ONE,
    body=members(scope=list_of(text())),
)
def check_scopes(call: Call) -> JsonObject:
    """Whether the connection carries every scope named."""
    return {"connection": {"scoped": covers(call.entity, call.body["scope"])}}


@route(
    "GET",
    "/connections/{connectionId}/editable-data-schema",
    scope="connections:read",
    context=ONE,
)
def get_editable_parameters(call: Call) -> JsonObject:
    """The parameters `set-data` takes."""
    return {"editableParameters": _editable(call.entity)}


@route(
    "POST",
    "/connections/{connectionId}/set-data",
    scope="connections:write",
    context=ONE,
    body=open_members(),
)
def set_data(call: Call) -> JsonObject:
    """Replace all parameters; those left out become empty. A new credential is taken as good."""
    allowed = _editable(call.entity)
    unknown = [(name, f"Unknown parameter '{name}'.") for name in call.body if name not in allowed]
    if unknown:
        raise invalid_parameters(unknown)
    data = {name: call.body.get(name) for name in allowed}
    changed = data != call.entity["data"]
    if changed:
        state = "valid" if all(value is not None for value in data.values()) else "broken"
        call.world.update("connections", call.entity["id"], data=data, state=state)
    return {"changed": changed}


def _editable(row: Row) -> list[str]:
    if not row["editable"]:
        raise refused("Cannot edit this connection")
    known = TYPES.get(row["type"])
    return list(known.parameters if known else row["data"])


@route("GET", "/oauth/auth/{connectionId}", open=True)
@route("GET", "/oauth/reauth/{connectionId}", open=True)
def grant(call: Call) -> Response:
    """What a person opens in a browser; the sandbox has no consent page and grants at once."""
    connection_id = call.path_id("connectionId")
    if call.world.get("connections", connection_id) is None:
        raise not_found("Connection")
    call.world.update("connections", connection_id, state="valid", expire=None)
    return PlainTextResponse("Access granted. You can close this window.")


@route("GET", "/oauth/extend/{connectionId}", open=True)
def extend(call: Call) -> Response:
    """Like `grant`, adding the scopes of `scopes[]`."""
    answer = grant(call)
    row = _row(call.world, call.path_id("connectionId"))
    scopes = list(dict.fromkeys([*row["scopes"], *call.query_list("scopes")]))
    call.world.update("connections", row["id"], scopes=scopes)
    return answer


def has_expired(world: World, row: Row) -> bool:
    """Tell whether the authorization behind a connection is over."""
    over = row["expire"] is not None and parse_stamp(row["expire"]) <= world.clock.now()
    return over or row["state"] == "expired"


def fault_of(world: World, row: Row) -> str | None:
    """Why the service behind a connection would refuse it now, or None."""
    if has_expired(world, row):
        return "Access denied: The access token expired."
    if row["state"] != "valid":
        return "Access denied: Invalid credentials."
    system = row["connected_system_id"]
    return None if system is None else fault_of_system(world, system)


def covers(row: Row, scopes: list[str]) -> bool:
    """True when the connection carries every scope; types without scopes carry none to ask for."""
    return row["account_type"] == "basic" or set(scopes) <= set(row["scopes"])


def _row(world: World, connection_id: int) -> Row:
    return world.rows("SELECT * FROM connections WHERE id = ?", connection_id)[0]


def _detail(call: Call) -> JsonObject:
    row = call.entity
    usages = scenarios_using(call.world, row["team_id"], "connection", row["id"])
    scopes = [{"id": scope, "name": scope, "account": row["type"]} for scope in row["scopes"]]
    return present(call, row) | {"scopes": scopes, "scenarioUsages": usages}


def present(call: Call, row: Row) -> JsonObject:
    """A connection as the API shows it; its credentials never."""
    shown: dict[str, Any] = {
        "id": row["id"],
        "name": row["name"],
        "accountName": row["type"],
        "accountLabel": row["label"],
        "packageName": row["package_name"],
        "expire": row["expire"],
        "metadata": row["metadata"],
        "teamId": row["team_id"],
        "theme": row["theme"],
        "upgradeable": row["upgradeable"],
        "scopesCnt": len(row["scopes"]),
        "scoped": True,
        "accountType": row["account_type"],
        "editable": row["editable"],
        "uid": row["uid"],
        "connectedSystemId": row["connected_system_id"],
        "organizationId": call.organization_id,
        "authorId": row["author_id"],
    }
    return shown
