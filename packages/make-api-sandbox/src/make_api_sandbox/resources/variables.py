"""Variables of organizations and teams (API reference, chapters 2.23 and 2.31).

Both kinds follow the same rules, so one function answers both addresses.
"""

import re
from collections.abc import Callable
from typing import Any

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.http.body import Member, anything, integer, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization, path_team
from make_api_sandbox.http.errors import invalid_parameters, not_found, refused
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.variables import Owner, listed

ORGANIZATION = "/organizations/{organizationId}/variables"
TEAM = "/teams/{teamId}/variables"
READ = {
    "organization": "organization-variables:read",
    "team": "team-variables:read",
}
WRITE = {
    "organization": "organization-variables:write",
    "team": "team-variables:write",
}
FEATURE = LicenceGate("customVariables", lambda: not_found("Custom variables"))
NAME_FORM = re.compile(r"[A-Za-z0-9$_]{1,128}")


def _name() -> Member:
    def check(value: Any) -> str | None:
        is_name = isinstance(value, str) and NAME_FORM.fullmatch(value)
        return None if is_name else "should hold letters, digits, $ and _ only"

    return Member(check)


CREATE = members(name=_name(), typeId=integer(1, 4), value=anything())
EDIT = members(typeId=integer(1, 4).optional(), value=anything().optional())


@route("GET", ORGANIZATION, scope=READ["organization"], context=path_organization)
@route("GET", TEAM, scope=READ["team"], context=path_team)
def list_variables(call: Call) -> JsonObject:
    """System variables, and custom ones where the licence has them."""
    owner, id = _owner(call)
    return {f"{owner}Variables": listed(call.world, owner, id)}


@route(
    "POST",
    ORGANIZATION,
    scope=WRITE["organization"],
    context=path_organization,
    permission="organization variable add",
    body=CREATE,
    licence=FEATURE,
)
@route(
    "POST",
    TEAM,
    scope=WRITE["team"],
    context=path_team,
    permission="company variable add",
    body=CREATE,
    licence=FEATURE,
)
def create_variable(call: Call) -> JsonObject:
    """Make a variable whose value fits its type."""
    owner, id = _owner(call)
    body = call.body
    _refuse_misfit(body["typeId"], body["value"])
    if any(one["name"] == body["name"] for one in listed(call.world, owner, id)):
        raise refused(f"A variable named '{body['name']}' already exists.")
    call.world.insert(
        "variables",
        owner=owner,
        owner_id=id,
        name=body["name"],
        type_id=body["typeId"],
        value=body["value"],
    )
    shown = {"name": body["name"], "typeId": body["typeId"], "value": body["value"]}
    _remember(call, body["name"], "created", shown)
    return {f"{owner}Variable": shown | {"isSystem": False}}


@route(
    "PATCH",
    f"{ORGANIZATION}/{{variableName}}",
    scope=WRITE["organization"],
    context=path_organization,
    body=EDIT,
    licence=FEATURE,
)
@route(
    "PATCH",
    f"{TEAM}/{{variableName}}",
    scope=WRITE["team"],
    context=path_team,
    body=EDIT,
    licence=FEATURE,
)
def edit_variable(call: Call) -> JsonObject:
    """Change type or value; they are checked against each other only when both are sent."""
    owner, _ = _owner(call)
    row, body = _variable(call), call.body
    if "typeId" in body and "value" in body:
        _refuse_misfit(body["typeId"], body["value"])
    old = {"value": row["value"], "typeId": row["type_id"]}
    new = {"value": body.get("value", old["value"]), "typeId": body.get("typeId", old["typeId"])}
    call.world.update("variables", row["id"], value=new["value"], type_id=new["typeId"])
    _remember(call, row["name"], "edited", {"old": old, "new": new})
    return {f"{owner}Variable": {"name": row["name"], **new}}


@route(
    "DELETE",
    f"{ORGANIZATION}/{{variableName}}",
    scope=WRITE["organization"],
    context=path_organization,
    licence=FEATURE,
)
@route(
    "DELETE",
    f"{TEAM}/{{variableName}}",
    scope=WRITE["team"],
    context=path_team,
    licence=FEATURE,
)
def delete_variable(call: Call) -> JsonObject:
    """Remove a variable; always asks for confirmation."""
    row = _variable(call)
    call.confirm("deleteVariable")
    call.world.delete("variables", row["id"])
    return {"ok": 1}


@route(
    "GET",
    f"{ORGANIZATION}/{{variableName}}/history",
    scope=READ["organization"],
    context=path_organization,
)
@route("GET", f"{TEAM}/{{variableName}}/history", scope=READ["team"], context=path_team)
def list_history(call: Call) -> JsonObject:
    """How a variable came to its value, the oldest change first."""
    owner, id = _owner(call)
    rows = call.world.rows(
        "SELECT id, diff, changed, action, author FROM variable_history"
        " WHERE owner = ? AND owner_id = ? AND name = ? ORDER BY id",
        owner,
        id,
        call.path("variableName"),
    )
    shown = [
        {
            "id": row["id"],
            "diffObject": row["diff"],
            "changed": row["changed"],
            "action": row["action"],
            "author": row["author"],
        }
        for row in rows
    ]
    return {f"{owner}VariableHistory": shown}


def _owner(call: Call) -> tuple[Owner, int]:
    if call.team_id is not None:
        return "team", call.team_id
    return "organization", call.organization["id"]


def _variable(call: Call) -> Row:
    owner, id = _owner(call)
    name = call.path("variableName")
    row = call.world.row(
        "SELECT * FROM variables WHERE owner = ? AND owner_id = ? AND name = ?", owner, id, name
    )
    if row is None and any(one["name"] == name for one in listed(call.world, owner, id)):
        raise refused(f"The system variable '{name}' cannot be changed.")
    if row is None:
        raise not_found("Variable")
    return row


def _remember(call: Call, name: str, action: str, diff: JsonObject) -> None:
    owner, id = _owner(call)
    call.world.insert(
        "variable_history",
        owner=owner,
        owner_id=id,
        name=name,
        action=f"{owner}_variable_{action}",
        changed=call.clock.stamp(),
        author=call.user["name"],
        diff=diff,
    )


def _refuse_misfit(type_id: int, value: Any) -> None:
    kind, fits = FITS[type_id]
    if not fits(value):
        fault = f"Invalid value of parameter 'value': should be {kind}."
        raise invalid_parameters([("value", fault)])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    try:
        parse_stamp(str(value))
    except ValueError:
        return False
    return isinstance(value, str)


FITS: dict[int, tuple[str, Callable[[Any], bool]]] = {
    1: ("number", _is_number),
    2: ("string", lambda value: isinstance(value, str)),
    3: ("boolean", lambda value: isinstance(value, bool)),
    4: ("date", _is_date),
}
"""By type id: the type's name and whether a value is of it."""
