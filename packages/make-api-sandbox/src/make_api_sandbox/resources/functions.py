"""Custom functions of teams, in JavaScript (API reference, chapter 2.18)."""

from make_api_sandbox.custom_functions import (
    FEATURE,
    LONGEST_CODE,
    NAME,
    RESERVED,
    parameter_list,
    scenarios_calling,
)
from make_api_sandbox.http.body import members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import entity, query_team
from make_api_sandbox.http.errors import ApiError, not_found, plan_required, refused
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.javascript import EngineMissing, ScriptError, check
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usages import affected, invalidate
from make_api_sandbox.world import World

BRIEF = ("id", "name", "args", "description", "updatedAt", "createdByUser", "createdAt")
LISTED = Columns(BRIEF)
DETAIL = Columns((*BRIEF, "code", "scenarios"))
ANSWERED = (*BRIEF, "code")
ONE = entity("custom_functions", "functionId", "Function")
LICENSED = LicenceGate(
    FEATURE, lambda: plan_required("Custom functions are not part of the organization's plan.")
)
"""How Make refuses without the feature is not documented."""


@route("GET", "/functions", scope="functions:read", context=query_team, licence=LICENSED)
def list_functions(call: Call) -> JsonObject:
    """The functions of a team by name, without their code."""
    rows = call.world.rows(
        "SELECT * FROM custom_functions WHERE team_id = ? ORDER BY name COLLATE NOCASE, id",
        call.team_id,
    )
    return {"functions": LISTED.pick_all([present(call.world, row) for row in rows], call.cols)}


@route(
    "POST",
    "/functions",
    scope="functions:write",
    context=query_team,
    licence=LICENSED,
    body=members(name=text(128, 1), description=text(128), code=text().optional()),
)
def create_function(call: Call) -> JsonObject:
    """Make a function; without code it is one that returns null (not documented)."""
    name: str = call.body["name"]
    if name in RESERVED or not NAME.fullmatch(name):
        raise refused(f"'{name}' cannot be the name of a function.")
    taken = "SELECT 1 FROM custom_functions WHERE team_id = ? AND name = ?"
    if call.world.row(taken, call.team_id, name):
        raise refused(f"The team already has a function named '{name}'.")
    code: str = call.body.get("code", f"function {name}() {{\n    return null;\n}}\n")
    _refuse_wrong(code, name)
    now = call.clock.stamp()
    ident = call.world.insert(
        "custom_functions",
        team_id=call.team_id,
        name=name,
        description=call.body["description"],
        code=code,
        created=now,
        updated=now,
        created_by=call.user_id,
    )
    return {"function": _answered(call.world, ident)}


@route(
    "POST",
    "/functions/eval",
    scope="functions:write",
    context=query_team,
    licence=LICENSED,
    body=members(code=text()),
)
def check_code(call: Call) -> JsonObject:
    """Say whether a source is sound: it is parsed and its top level run."""
    try:
        _check(call.body["code"])
    except ScriptError as error:
        return {"success": False, "error": str(error)}
    return {"success": True, "error": None}


@route("GET", "/functions/{functionId}", scope="functions:read", context=ONE, licence=LICENSED)
def get_function(call: Call) -> JsonObject:
    """One function with its code and the scenarios that call it."""
    row = call.entity
    users = scenarios_calling(call.world, row["team_id"], row["name"])
    shown = {**present(call.world, row), "scenarios": users}
    return {"function": DETAIL.pick(shown, call.cols)}


@route(
    "PATCH",
    "/functions/{functionId}",
    scope="functions:write",
    context=ONE,
    licence=LICENSED,
    body=members(description=text(128).optional(), code=text().optional()),
)
def edit_function(call: Call) -> JsonObject:
    """Change description or code; former code is kept in the history."""
    row, code = call.entity, call.body.get("code")
    now = call.clock.stamp()
    if code is not None and code != row["code"]:
        _refuse_wrong(code, row["name"])
        call.world.insert(
            "custom_function_history",
            function_id=row["id"],
            previous_code=row["code"],
            updated=now,
            updated_by=call.user_id,
        )
    call.world.update("custom_functions", row["id"], **call.body, updated=now)
    return {"function": _answered(call.world, row["id"])}


@route("DELETE", "/functions/{functionId}", scope="functions:write", context=ONE, licence=LICENSED)
def delete_function(call: Call) -> JsonObject:
    """Remove a function; one that scenarios call asks for confirmation and breaks them."""
    row = call.entity
    users = scenarios_calling(call.world, row["team_id"], row["name"])
    if users:
        call.confirm("deleteFunctionUsedInScenarios", affected(users))
    call.world.delete("custom_functions", row["id"])
    invalidate(call.world, users)
    return {"success": True}


@route(
    "GET",
    "/functions/{functionId}/history",
    scope="functions:read",
    context=query_team,
    licence=LICENSED,
)
def list_history(call: Call) -> JsonObject:
    """Former code of a function, the newest first."""
    function = call.world.get("custom_functions", call.path_id("functionId"))
    if function is None or function["team_id"] != call.team_id:
        raise not_found("Function")
    rows = call.world.rows(
        "SELECT h.id, h.previous_code AS previousCode, h.updated AS updatedAt,"
        " u.name AS updatedBy FROM custom_function_history h"
        " LEFT JOIN users u ON u.id = h.updated_by WHERE h.function_id = ? ORDER BY h.id DESC",
        function["id"],
    )
    return {"functionHistory": rows}


def _refuse_wrong(code: str, name: str) -> None:
    """Refuse a source that is too long, defines another function or does not parse."""
    if len(code) > LONGEST_CODE:
        raise refused(f"The code has more than {LONGEST_CODE} characters.")
    if parameter_list(code, name) is None:
        raise refused(f"The function in the code has to be named '{name}'.")
    try:
        _check(code, name)
    except ScriptError as error:
        raise refused(str(error)) from error


def _check(code: str, name: str | None = None) -> None:
    try:
        check(code, name)
    except EngineMissing as error:
        raise ApiError(503, None, str(error)) from error


def _answered(world: World, ident: int) -> JsonObject:
    row = world.rows("SELECT * FROM custom_functions WHERE id = ?", ident)[0]
    shown = present(world, row)
    return {name: shown[name] for name in ANSWERED}


def present(world: World, row: Row) -> JsonObject:
    """A function as the API shows it, without the scenarios that call it."""
    author = world.row("SELECT id, name, email FROM users WHERE id = ?", row["created_by"])
    return {
        "id": row["id"],
        "name": row["name"],
        "args": parameter_list(row["code"], row["name"]),
        "description": row["description"],
        "code": row["code"],
        "updatedAt": row["updated"],
        "createdByUser": author,
        "createdAt": row["created"],
    }
