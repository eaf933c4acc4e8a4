"""Administration of hooks (API reference, chapter 2.20); their addresses are `hooks.gateway`."""

from typing import Any, cast

from make_api_sandbox.hooks.absence import begin_absence
from make_api_sandbox.hooks.address import address_of
from make_api_sandbox.hooks.guard import range_faults
from make_api_sandbox.hooks.types import GATEWAY_OPTIONS, HookType, hook_type
from make_api_sandbox.http.body import identifier, members, name_text, open_members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import body_team, entity, query_team
from make_api_sandbox.http.errors import invalid_parameters, missing, not_found, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usages import invalidate

ONE = entity("hooks", "hookId", "Hook")
EDITABLE = ("ip", "udt", "apiKeys", *GATEWAY_OPTIONS)
"""What `set-data` changes on gateway hooks."""

WITH_SCENARIO = (
    "SELECT h.*, s.id AS scenario_id, s.name AS scenario_name, s.is_active AS scenario_is_active,"
    " s.blueprint AS scenario_blueprint, (SELECT count(*) FROM hook_incomings i"
    " WHERE i.hook_id = h.id) AS queue_count FROM hooks h"
    " LEFT JOIN scenarios s ON s.id = (SELECT min(id) FROM scenarios WHERE hook_id = h.id) WHERE "
)


@route("GET", "/hooks", scope="hooks:read", context=query_team)
def list_hooks(call: Call) -> JsonObject:
    """The hooks of a team by name."""
    sql = WITH_SCENARIO + "h.team_id = ? ORDER BY h.name COLLATE NOCASE, h.id"
    rows = [row for row in call.world.rows(sql, call.team_id) if _is_wanted(call, row)]
    return {"hooks": [present(call, row) for row in rows]}


def _is_wanted(call: Call, row: Row) -> bool:
    if call.query("typeName") not in (None, row["type_name"]):
        return False
    viewed, assigned = call.query_id("viewForScenarioId"), call.query_flag("assigned")
    if viewed is not None:
        return row["scenario_id"] in (None, viewed)
    return assigned is None or assigned == (row["scenario_id"] is not None)


@route(
    "POST",
    "/hooks",
    scope="hooks:write",
    context=body_team,
    body=open_members(name=name_text(), teamId=identifier(), typeName=text(128, 1)),
)
def create_hook(call: Call) -> JsonObject:
    """Make a hook, which begins to learn from its first request."""
    type_name = call.body["typeName"]
    known = hook_type(type_name)
    if known is None:
        raise refused(f"Hook type '{type_name}' does not exist.")
    data = {name: value for name, value in call.body.items() if name not in ("name", "typeName")}
    _refuse_faulty(call, known, data)
    hook_id = call.world.insert(
        "hooks",
        team_id=call.team_id,
        name=call.body["name"],
        udid=call.world.fresh_udid(),
        type=known.kind,
        type_name=type_name,
        package_name=known.package if type_name.startswith("apps:") else None,
        theme=known.theme,
        editable=known.is_gateway,
        created=call.clock.stamp(),
        data={**({"ip": None, "udt": None} if known.is_gateway else {}), **data},
    )
    return {"hook": _shown(call, hook_id)}


def _refuse_faulty(call: Call, known: HookType, data: JsonObject) -> None:
    """Refuse with 400 that lists every missing or wrong member of the type."""
    needed = GATEWAY_OPTIONS if known.is_gateway else ()
    if known.connected:
        needed = ("__IMTCONN__",)
    faults = [missing(name) for name in needed if name not in data]
    if known.is_gateway:
        faults += _option_faults(data)
    if faults:
        raise invalid_parameters(faults)
    _refuse_foreign_keys(call, data)
    if known.connected:
        _refuse_foreign_connection(call, data["__IMTCONN__"])


def _option_faults(data: JsonObject) -> list[tuple[str, str]]:
    wrong = [n for n in GATEWAY_OPTIONS if n in data and not isinstance(data[n], bool)]
    faults = [(n, f"Invalid value of parameter '{n}': should be boolean.") for n in wrong]
    wrong_range = range_faults(data.get("ip"))
    if wrong_range is not None:
        faults.append(("ip", f"Invalid value of parameter 'ip': {wrong_range}."))
    if not _are_ids(data.get("apiKeys")):
        faults.append(("apiKeys", "Invalid value of parameter 'apiKeys': should be ids of keys."))
    unknown = [name for name in data if name not in (*EDITABLE, "teamId")]
    return faults + [(name, f"Unknown parameter '{name}'.") for name in unknown]


def _are_ids(value: Any) -> bool:
    if value is None:
        return True
    ids = cast("list[object]", value) if isinstance(value, list) else [value]
    return isinstance(value, list) and all(type(each) is int for each in ids)


def _refuse_foreign_keys(call: Call, data: JsonObject) -> None:
    for ident in data.get("apiKeys") or ():
        row = call.world.get("keys", ident)
        if row is None or row["team_id"] != call.team_id:
            raise not_found("Key")


def _refuse_foreign_connection(call: Call, connection_id: Any) -> None:
    row = call.world.get("connections", connection_id) if isinstance(connection_id, int) else None
    if row is None or row["team_id"] != call.team_id:
        raise not_found("Connection")


@route("GET", "/hooks/{hookId}", scope="hooks:read", context=ONE)
def get_hook(call: Call) -> JsonObject:
    """One hook."""
    return {"hook": _shown(call, call.entity["id"])}


@route(
    "PATCH",
    "/hooks/{hookId}",
    scope="hooks:write",
    context=ONE,
    body=members(name=name_text()),
)
def rename_hook(call: Call) -> JsonObject:
    """Rename a hook."""
    call.world.update("hooks", call.entity["id"], name=call.body["name"])
    return get_hook(call)


@route("DELETE", "/hooks/{hookId}", scope="hooks:write", context=ONE)
def delete_hook(call: Call) -> JsonObject:
    """Remove a hook; one that a scenario listens to asks for confirmation."""
    sql = "SELECT id, name FROM scenarios WHERE hook_id = ? ORDER BY id"
    users = call.world.rows(sql, call.entity["id"])
    if users:
        named = [{"scenarioId": one["id"], "scenarioName": one["name"]} for one in users]
        call.confirm("deleteHookUsedInScenarios", named)
    call.world.delete("hooks", call.entity["id"])
    invalidate(call.world, users)
    return {"hook": call.entity["id"]}


@route("GET", "/hooks/{hookId}/ping", scope="hooks:read", context=ONE)
def ping_hook(call: Call) -> JsonObject:
    """Address and state of a hook; it is attached while its scenario is active."""
    row = _row(call, call.entity["id"])
    return {
        "address": _address(call, row),
        "attached": row["scenario_is_active"] is True,
        "learning": row["learning"],
        "gone": row["gone"],
        "dataStructure": row["data_structure"],
    }


@route("POST", "/hooks/{hookId}/learn-start", scope="hooks:write", context=ONE)
def start_learning(call: Call) -> JsonObject:
    """Take the next request as the sample of what this hook receives."""
    return _set(call, learning=True)


@route("POST", "/hooks/{hookId}/learn-stop", scope="hooks:write", context=ONE)
def stop_learning(call: Call) -> JsonObject:
    """Treat the next request as a real one again."""
    return _set(call, learning=False)


@route("POST", "/hooks/{hookId}/enable", scope="hooks:write", context=ONE)
def enable_hook(call: Call) -> JsonObject:
    """Take requests again, for 120 hours if no scenario uses the hook."""
    begin_absence(call.world, call.entity["id"])
    return _set(call, enabled=True)


@route("POST", "/hooks/{hookId}/disable", scope="hooks:write", context=ONE)
def disable_hook(call: Call) -> JsonObject:
    """Refuse requests."""
    return _set(call, enabled=False)


def _set(call: Call, **flags: bool) -> JsonObject:
    call.world.update("hooks", call.entity["id"], **flags)
    return {"success": True}


@route(
    "POST",
    "/hooks/{hookId}/set-data",
    scope="hooks:write",
    context=ONE,
    body=open_members(),
)
def set_hook_data(call: Call) -> JsonObject:
    """Change the options of a gateway hook, or the parameters of an app's."""
    known = hook_type(call.entity["type_name"])
    if known and known.is_gateway:
        faults = _option_faults(call.body)
        if faults:
            raise invalid_parameters(faults)
        _refuse_foreign_keys(call, call.body)
    data = {**call.entity["data"], **call.body}
    call.world.update("hooks", call.entity["id"], data=data)
    return {"changed": data != call.entity["data"]}


def _shown(call: Call, hook_id: int) -> JsonObject:
    return present(call, _row(call, hook_id))


def _row(call: Call, hook_id: int) -> Row:
    return call.world.rows(WITH_SCENARIO + "h.id = ?", hook_id)[0]


def _address(call: Call, row: Row) -> str:
    return address_of(row, call.organization["zone"], call.sandbox.public_url)


def present(call: Call, row: Row) -> JsonObject:
    """A hook with its scenario as the API shows it."""
    shown: JsonObject = {
        "id": row["id"],
        "name": row["name"],
        "teamId": row["team_id"],
        "organizationId": call.organization_id,
        "udid": row["udid"],
        "type": row["type"],
        "packageName": row["package_name"],
        "theme": row["theme"],
        "editable": row["editable"],
        "flags": row["flags"],
        "queueCount": row["queue_count"],
        "queueLimit": call.license.get("iolimit", 0),
        "enabled": row["enabled"],
        "gone": row["gone"],
        "typeName": row["type_name"],
        "typeAppName": None,
        "data": {**row["data"], "teamId": row["team_id"]},
    }
    if row["scenario_id"] is not None:
        shown |= _present_scenario(row)
    return shown | {"relay": None, "url": _address(call, row)}


def _present_scenario(row: Row) -> JsonObject:
    settings = row["scenario_blueprint"].get("metadata", {}).get("scenario", {})
    return {
        "scenarioId": row["scenario_id"],
        "scenarioName": row["scenario_name"],
        "scenarioIsActive": row["scenario_is_active"],
        "scenarioIsConfidential": settings.get("confidential") is True,
    }
