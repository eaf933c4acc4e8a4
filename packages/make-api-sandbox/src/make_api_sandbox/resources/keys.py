"""Keys, the stored secrets of HTTP and encryption modules (API reference, chapter 2.21)."""

from make_api_sandbox.http.body import identifier, mapping, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_team, entity, query_team
from make_api_sandbox.http.errors import invalid_parameters, missing, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.key_types import KEY_TYPES, KeyType
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usages import affected, invalidate, scenarios_using

KEY = Columns(("id", "name", "typeName", "teamId", "packageName", "theme"))
ONE = entity("keys", "keyId", "Key")


@route("GET", "/keys", scope="keys:read", context=query_team)
def list_keys(call: Call) -> JsonObject:
    """The keys of a team by name."""
    rows = call.world.rows(
        "SELECT * FROM keys WHERE team_id = ? AND (? IS NULL OR type_name = ?)"
        " ORDER BY name COLLATE NOCASE, id",
        call.team_id,
        call.query("typeName"),
        call.query("typeName"),
    )
    return {"keys": KEY.pick_all([present(row) for row in rows], call.cols)}


@route(
    "POST",
    "/keys",
    scope="keys:write",
    context=body_team,
    body=members(teamId=identifier(), name=name_text(), typeName=text(), parameters=mapping()),
)
def create_key(call: Call) -> JsonObject:
    """Store a secret; its parameters are never shown again."""
    known, type_name = _type(call.body["typeName"]), call.body["typeName"]
    _refuse_wrong(known, call.body["parameters"])
    key_id = call.world.insert(
        "keys",
        team_id=call.team_id,
        name=call.body["name"],
        type_name=type_name,
        theme=known.theme,
        parameters=call.body["parameters"],
    )
    return {"key": KEY.pick(_shown(call, key_id), call.cols)}


@route("GET", "/keys/types", scope="keys:read")
def list_key_types(call: Call) -> JsonObject:
    """The types of keys and what each takes."""
    return {"keysTypes": [known.present(name) for name, known in KEY_TYPES.items()]}


@route("GET", "/keys/{keyId}", scope="keys:read", context=ONE)
def get_key(call: Call) -> JsonObject:
    """One key, without its parameters."""
    return {"key": KEY.pick(present(call.entity), call.cols)}


@route(
    "PATCH",
    "/keys/{keyId}",
    scope="keys:write",
    context=ONE,
    body=members(name=name_text().optional(), parameters=mapping().optional()),
)
def edit_key(call: Call) -> JsonObject:
    """Rename a key or replace its parameters."""
    if "parameters" in call.body:
        _refuse_wrong(_type(call.entity["type_name"]), call.body["parameters"])
    call.world.update("keys", call.entity["id"], **call.body)
    return {"key": KEY.pick(_shown(call, call.entity["id"]), call.cols)}


@route("DELETE", "/keys/{keyId}", scope="keys:write", context=ONE)
def delete_key(call: Call) -> JsonObject:
    """Remove a key; always asks for confirmation."""
    users = scenarios_using(call.world, call.entity["team_id"], "key", call.entity["id"])
    call.confirm("deleteKeyUsedInScenarios" if users else "deleteKey", affected(users))
    call.world.delete("keys", call.entity["id"])
    invalidate(call.world, users)
    return {"key": call.entity["id"]}


def _type(name: str) -> KeyType:
    if name not in KEY_TYPES:
        raise refused(f"Unknown key type '{name}'. Known: {', '.join(KEY_TYPES)}.")
    return KEY_TYPES[name]


def _refuse_wrong(known: KeyType, given: JsonObject) -> None:
    faults = [missing(f"parameters.{name}") for name in known.missing(given)]
    faults += [
        (f"parameters.{name}", f"Unknown parameter '{name}'.") for name in known.unknown(given)
    ]
    if faults:
        raise invalid_parameters(faults)


def _shown(call: Call, key_id: int) -> JsonObject:
    return present(call.world.rows("SELECT * FROM keys WHERE id = ?", key_id)[0])


def present(row: Row) -> JsonObject:
    """A key as the API shows it; its parameters never."""
    return {
        "id": row["id"],
        "name": row["name"],
        "typeName": row["type_name"],
        "teamId": row["team_id"],
        "packageName": row["package_name"],
        "theme": row["theme"],
    }
