"""Credential requests: asking a person to authorize connections and keys (API reference, 2.11).

The person opens the request's `publicUri`; that page is module `credence`.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from make_api_sandbox.apps.credentials import needs_of
from make_api_sandbox.clock import stamp
from make_api_sandbox.connection_types import TYPES, ConnectionType
from make_api_sandbox.http.body import (
    Member,
    anything,
    identifier,
    list_of,
    mapping,
    members,
    name_text,
    text,
)
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_team, enter_team, query_team
from make_api_sandbox.http.errors import ApiError, invalid_parameters, missing, not_found, refused
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.key_types import KEY_TYPES
from make_api_sandbox.resources.connections import fault_of
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

READ, WRITE = "credential-requests:read", "credential-requests:write"
LIFETIME = timedelta(days=31)
UNNAMED = "Request for credentials"
PLAIN = (
    "id",
    "organizationId",
    "teamId",
    "userId",
    "name",
    "description",
    "externalProviderId",
    "makeProviderId",
    "createdAt",
    "updatedAt",
    "expiresAt",
    "status",
    "shouldSendEmail",
    "emailSentAt",
)
LISTED = Columns((*PLAIN, "appNames", "makeProvider"))
ONE_REQUEST = Columns(PLAIN, ("appNames", "makeProvider"))
ORDER = Paging({"createdAt": "seq", "name": "name COLLATE NOCASE", "id": "id"}, direction="desc")

# Whose call it is


def _in_request(call: Call) -> None:
    request = call.world.get("credential_requests", call.path("requestId"))
    _enter(call, request, "Credential request")
    call.entity = cast(Row, request)


def _in_credential(call: Call) -> None:
    credential = call.world.get("requested_credentials", call.path("credentialId"))
    request = credential and call.world.get("credential_requests", credential["request_id"])
    _enter(call, request, "Credential")
    call.entity = cast(Row, credential)


def _enter(call: Call, request: Row | None, thing: str) -> None:
    """Enter the team of a request; a foreign one is answered like none at all."""
    if request is None:
        raise not_found(thing)
    try:
        enter_team(call, request["team_id"])
    except ApiError as denied:
        raise not_found(thing) from denied


def _in_connection(call: Call) -> None:
    connection = call.world.get("connections", call.body["connectionId"])
    _enter(call, connection, "Connection")
    call.entity = cast(Row, connection)


# Reading


@route("GET", "/credential-requests/requests", scope=READ, context=query_team)
def list_requests(call: Call) -> JsonObject:
    """The requests of a team, the latest first."""
    page = call.page(ORDER)
    sql = "SELECT * FROM credential_requests WHERE team_id = ?"
    rows = call.world.rows(f"{sql} ORDER BY seq", call.team_id)
    found = [shown for row in rows if _is_wanted(call, shown := _present(call, row))]
    if page.sort_by != "createdAt":
        found.sort(key=lambda one: str(one[page.sort_by]).casefold())
    if page.direction == "desc":
        found.reverse()
    return {"requests": LISTED.pick_all(page.cut(found), call.cols), "pg": page.echo()}


def _is_wanted(call: Call, shown: JsonObject) -> bool:
    asked = {name: call.query(name) for name in ("userId", "makeProviderId", "status")}
    if any(value is not None and str(shown[name]) != value for name, value in asked.items()):
        return False
    return (call.query("name") or "").casefold() in str(shown["name"]).casefold()


@route("GET", "/credential-requests/requests/{requestId}", scope=READ, context=_in_request)
def get_request(call: Call) -> JsonObject:
    """One request."""
    return {"request": ONE_REQUEST.pick(_present(call, call.entity), call.cols)}


@route("GET", "/credential-requests/requests/{requestId}/detail", scope=READ, context=_in_request)
def get_detail(call: Call) -> JsonObject:
    """One request with its credentials, who asked and who is asked."""
    shown = _present(call, call.entity)
    asker = call.world.get("users", shown["userId"]) or {}
    user = {name: asker.get(name) for name in ("id", "email", "name")}
    plain = {name: shown[name] for name in (*PLAIN, "makeProvider")}
    credentials = credentials_of(call.world, call.entity["id"])
    return {"requestDetail": {**plain, "user": user, "credentials": credentials}}


# Asking


APP_ITEM = members(
    appName=text(128, 1),
    appModules=list_of(text()).optional(),
    appEndpoints=list_of(text()).optional(),
    appVersion=anything().optional(),
    nameOverride=text(128).optional(),
    description=text(512).optional(),
)
TYPE_ITEM = members(
    type=text(128, 1),
    scope=list_of(text()).optional(),
    description=text(512).optional(),
    prefill=mapping().optional(),
    nameOverride=text(128).optional(),
)
KEY_ITEM = members(
    type=text(128, 1),
    appName=text(128, 1),
    appModules=list_of(text()),
    appVersion=anything(),
    label=text(128).optional(),
    description=text(512).optional(),
    nameOverride=text(128).optional(),
)
CONNECTION_ITEM = members(**KEY_ITEM.members, scope=list_of(text()).optional())


def _items(shape: Any, most: int = 64) -> Member:
    """A list of objects of one shape, every fault of which is found."""

    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return "should be array"
        items = cast("list[object]", value)
        if len(items) > most:
            return f"should NOT have more than {most} items"
        for at, item in enumerate(items):
            try:
                shape.read(json.dumps(item).encode())
            except ApiError as fault:
                told = fault.suberrors or [{"message": fault.message}]
                return f"[{at}] {told[0]['message']}"
        return None

    return Member(check)


@route(
    "POST",
    "/credential-requests/actions/create",
    scope=WRITE,
    context=body_team,
    body=members(
        teamId=identifier(),
        credentials=_items(APP_ITEM),
        name=text(255).optional(),
        description=text(512).optional(),
    ),
)
def create_for_apps(call: Call) -> JsonObject:
    """Ask for what modules of apps need."""
    return _for_apps(call, makeProviderId=call.user_id)


@route(
    "POST",
    "/credential-requests/requests/v2",
    scope=WRITE,
    context=body_team,
    body=members(
        name=name_text(255),
        teamId=identifier(),
        credentials=_items(APP_ITEM),
        provider=mapping(),
        description=text(512).optional(),
    ),
)
def create_for_provider(call: Call) -> JsonObject:
    """Ask another person for what modules of apps need; a new one is sent a mail."""
    return _for_apps(call, **_provider(call))


@route(
    "POST",
    "/credential-requests/requests",
    scope=WRITE,
    context=body_team,
    body=members(
        name=name_text(255),
        teamId=identifier(),
        provider=mapping(),
        description=text(512).optional(),
        connections=_items(CONNECTION_ITEM, 32).optional(),
        keys=_items(KEY_ITEM, 32).optional(),
    ),
)
def create_by_lists(call: Call) -> JsonObject:
    """Ask another person for connections and keys that are listed in full (deprecated)."""
    listed = {"account": call.body.get("connections", []), "keychain": call.body.get("keys", [])}
    wanted = [
        _wanted_by_type(component, item, call.world) | _of_app(item)
        for component, items in listed.items()
        for item in items
    ]
    if not wanted:
        raise invalid_parameters([missing("connections or keys")])
    request = _open_request(call, wanted, **_provider(call))
    return {"request": _bare(request), "publicUri": _public(call, request)}


def _of_app(item: JsonObject) -> JsonObject:
    named = {name: item[name] for name in ("appName", "appModules") if name in item}
    label = {"label": item["label"]} if "label" in item else {}
    return {**named, **label, "appVersion": str(item["appVersion"])}


def _provider(call: Call) -> JsonObject:
    """Who is asked, as members of the request.

    Raises:
        ApiError: 400 when nobody is named, 404 when the named user does not exist.
    """
    provider: JsonObject = call.body["provider"]
    known = provider.get("providerMakeUserId")
    if known is not None:
        if call.world.get("users", known) is None:
            raise not_found("User")
        return {"makeProviderId": known}
    new = provider.get("newUser")
    if not isinstance(new, dict):
        raise invalid_parameters([missing("provider.providerMakeUserId or provider.newUser")])
    absent = [missing(f"provider.newUser.{name}") for name in ("name", "email") if name not in new]
    if absent:
        raise invalid_parameters(absent)
    outsiders = call.world.value("SELECT count(*) FROM credential_requests") + 1
    mailed = {"shouldSendEmail": True, "emailSentAt": call.clock.stamp()}
    return {"externalProviderId": outsiders, **mailed}


def _for_apps(call: Call, **who: Any) -> JsonObject:
    wanted: list[JsonObject] = []
    for item in cast("list[JsonObject]", call.body["credentials"]):
        names = [*item.get("appModules", []), *item.get("appEndpoints", [])]
        if not names:
            raise invalid_parameters([missing("credentials[].appModules or appEndpoints")])
        version = str(item.get("appVersion", "latest"))
        found = needs_of(call.world, item["appName"], version).modules
        chosen = [m for m in found if "*" in (*names, m["name"]) or m["name"] in names]
        types = dict.fromkeys(str(m["type"]) for m in chosen)
        wanted += [_wanted_by_app(item, names, type_) for type_ in types]
    if not wanted:
        raise refused("None of these modules needs a credential; there is nothing to configure.")
    request = _open_request(call, wanted, **who)
    return {"request": _bare(request), "publicUri": _public(call, request)}


def _wanted_by_app(item: JsonObject, names: Sequence[str], type_: str) -> JsonObject:
    component, _, choices = type_.partition(":")
    return _wanted(component, choices.split(",")[0]) | {
        "appName": item["appName"],
        "appModules": list(names),
        "appVersion": str(item.get("appVersion", "latest")),
        "description": item.get("description", ""),
        "nameOverride": item.get("nameOverride"),
    }


@route(
    "POST",
    "/credential-requests/actions/create-by-credentials",
    scope=WRITE,
    context=body_team,
    body=members(
        teamId=identifier(),
        connections=_items(TYPE_ITEM).optional(),
        keys=_items(TYPE_ITEM).optional(),
        name=text(255).optional(),
        description=text(512).optional(),
    ),
)
def create_by_types(call: Call) -> JsonObject:
    """Ask for connections and keys of named types."""
    wanted = [
        _wanted_by_type("account", item, call.world) for item in call.body.get("connections", [])
    ]
    wanted += [_wanted_by_type("keychain", item, call.world) for item in call.body.get("keys", [])]
    if not wanted:
        raise invalid_parameters([missing("connections or keys")])
    request = _open_request(call, wanted, makeProviderId=call.user_id)
    credentials = credentials_of(call.world, request["id"])
    return {
        "request": _bare(request),
        "credentials": credentials,
        "publicUri": _public(call, request),
    }


def _wanted_by_type(component: str, item: JsonObject, world: World) -> JsonObject:
    name = item["type"]
    if component == "keychain" and name not in KEY_TYPES:
        raise refused(f"Unknown key type '{name}'. Known: {', '.join(KEY_TYPES)}.")
    if component == "account":
        connection_type(world, name)
    return _wanted(component, name) | {
        "scope": item.get("scope", []),
        "description": item.get("description", ""),
        "nameOverride": item.get("nameOverride"),
    }


@route(
    "POST",
    "/credential-requests/actions/extend",
    scope=WRITE,
    context=_in_connection,
    body=members(connectionId=identifier(), scopes=list_of(text())),
)
def extend_connection(call: Call) -> JsonObject:
    """Ask for more scopes on a connection; refused when it has them all."""
    row = call.entity
    if row["account_type"] != "oauth":
        raise refused("Connection of this type does not support scopes.")
    if set(call.body["scopes"]) <= set(row["scopes"]):
        raise refused("Connection already has all requested scopes.")
    wanted = _wanted("account", row["type"]) | {
        "scope": list(dict.fromkeys([*row["scopes"], *call.body["scopes"]])),
        "remoteId": str(row["id"]),
        "remoteScope": row["scopes"],
        "label": row["name"],
    }
    request = _open_request(call, [wanted], makeProviderId=call.user_id)
    return {"request": _bare(request), "publicUri": _public(call, request)}


def _wanted(component: str, type_name: str) -> JsonObject:
    """A credential that is asked for, as far as its type tells."""
    known = TYPES.get(type_name)
    kind = "key" if component == "keychain" else known.account_type if known else "basic"
    label = known.label if known else type_name
    return {"component": component, "type": kind, "name": type_name, "label": label, "scope": []}


def _open_request(call: Call, wanted: Sequence[JsonObject], **who: Any) -> JsonObject:
    now = call.now()
    body: JsonObject = {
        "organizationId": call.organization_id,
        "userId": call.user_id,
        "description": call.body.get("description"),
        "externalProviderId": None,
        "makeProviderId": None,
        "createdAt": stamp(now),
        "updatedAt": stamp(now),
        "expiresAt": stamp(now + LIFETIME),
        "shouldSendEmail": False,
        "emailSentAt": None,
    } | who
    ident, name = call.world.fresh_uuid(), call.body.get("name") or UNNAMED
    call.world.insert("credential_requests", id=ident, team_id=call.team_id, name=name, extra=body)
    for item in wanted:
        _add_credential(call, ident, item)
    return _present(call, cast(Row, call.world.get("credential_requests", ident)))


def _add_credential(call: Call, request_id: str, wanted: JsonObject) -> None:
    now = call.clock.stamp()
    defaults: JsonObject = {
        "description": "",
        "remoteId": None,
        "remoteScope": [],
        "tokenId": None,
        "createdAt": now,
        "updatedAt": now,
        "state": "pending",
        "declineReason": None,
        "appName": None,
        "appModules": [],
        "appVersion": None,
        "nameOverride": None,
    }
    call.world.insert(
        "requested_credentials",
        id=call.world.fresh_uuid(),
        request_id=request_id,
        extra=defaults | wanted,
    )


# Changing


@route("DELETE", "/credential-requests/requests/{requestId}", scope=WRITE, context=_in_request)
def delete_request(call: Call) -> JsonObject:
    """Remove a request; one that made connections or keys asks, and takes them along."""
    made = [c for c in credentials_of(call.world, call.entity["id"]) if c["remoteId"]]
    if made:
        call.confirm("deleteCredentialRequestWithCredentials")
    for credential in made:
        _delete_remote(call.world, credential)
    call.world.delete("credential_requests", call.entity["id"])
    return {"deleted": True}


@route(
    "POST",
    "/credential-requests/credentials/{credentialId}/decline",
    scope=WRITE,
    context=_in_credential,
    body=members(reason=text(2048, 1).optional()),
)
def decline(call: Call) -> JsonObject:
    """Decline one credential; declining again changes the reason."""
    return _changed(call, state="declined", declineReason=call.body.get("reason"))


@route(
    "POST",
    "/credential-requests/credentials/{credentialId}/delete-remote",
    scope=WRITE,
    context=_in_credential,
)
def delete_remote(call: Call) -> JsonObject:
    """Remove the connection or key made from a credential, which is then pending again."""
    _delete_remote(call.world, call.entity["extra"])
    return _changed(call, state="pending", remoteId=None, remoteScope=[])


@route(
    "POST",
    "/credential-requests/credentials/{credentialId}/request-reauthorize",
    scope=WRITE,
    context=_in_credential,
)
def request_reauthorize(call: Call) -> JsonObject:
    """Ask for a new grant of a connection that no longer works."""
    remote = call.entity["extra"]["remoteId"]
    row = call.world.get("connections", int(remote)) if remote else None
    if row is None:
        raise not_found("Connection")
    if fault_of(call.world, row) is None:
        raise refused("Connection is still valid.")
    return _changed(call, state="reauthorizing")


def _delete_remote(world: World, credential: JsonObject) -> None:
    table = "connections" if credential["component"] == "account" else "keys"
    if credential["remoteId"]:
        world.delete(table, int(credential["remoteId"]))


def _changed(call: Call, **change: Any) -> JsonObject:
    return {"credential": change_credential(call, call.entity, **change)}


def change_credential(call: Call, row: Row, **change: Any) -> JsonObject:
    """Change a credential and show it."""
    body = row["extra"] | change | {"updatedAt": call.clock.stamp()}
    call.world.update("requested_credentials", row["id"], extra=body)
    return _credential(row | {"extra": body})


def connection_type(world: World, name: str) -> ConnectionType:
    """The type of this name, a common one or one that some connection has.

    Raises:
        ApiError: 400 when there is none.
    """
    if name in TYPES:
        return TYPES[name]
    alike = world.row("SELECT * FROM connections WHERE type = ? ORDER BY id LIMIT 1", name)
    if alike is None:
        raise ApiError(400, "SC400", "Invalid connection type", detail=f"Unknown type '{name}'.")
    return ConnectionType(alike["label"], alike["account_type"], alike["theme"])


# What is shown


def _present(call: Call, row: Row) -> JsonObject:
    body: JsonObject = row["extra"]
    credentials = credentials_of(call.world, row["id"])
    provider = call.world.get("users", body["makeProviderId"] or 0)
    return body | {
        "id": row["id"],
        "teamId": row["team_id"],
        "name": row["name"],
        "status": _status(credentials),
        "appNames": sorted({str(c["appName"]) for c in credentials if c["appName"]}),
        "makeProvider": provider and {name: provider[name] for name in ("id", "email", "name")},
    }


def _bare(shown: JsonObject) -> JsonObject:
    return {name: shown[name] for name in PLAIN}


def _status(credentials: Sequence[JsonObject]) -> str:
    states = {str(one["state"]) for one in credentials}
    if len(states) == 1 and states <= {"authorized", "declined", "invalid", "pending"}:
        return states.pop()
    return "partially_authorized" if "authorized" in states else "incomplete"


def credential_rows(world: World, request_id: str) -> list[Row]:
    """The credentials of a request as rows, in the order they were asked for."""
    sql = "SELECT * FROM requested_credentials WHERE request_id = ? ORDER BY seq"
    return world.rows(sql, request_id)


def credentials_of(world: World, request_id: str) -> list[JsonObject]:
    """The credentials of a request as the API shows them."""
    return [_credential(row) for row in credential_rows(world, request_id)]


def _credential(row: Row) -> JsonObject:
    return {"id": row["id"], "requestId": row["request_id"], **row["extra"]}


def _public(call: Call, shown: JsonObject) -> str:
    """Where the person goes: Make's own address, or the sandbox's page where it can be reached."""
    path = f"credence/{shown['teamId']}/{shown['id']}"
    base = call.sandbox.public_url
    return f"{base}/api/v2/{path}" if base else f"https://{call.organization['zone']}/{path}"
