"""Inputs and outputs of a scenario, and its build variables (API reference, chapter 2.27)."""

import re
from typing import Any, cast

from make_api_sandbox.http.body import list_of, mapping, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, plan_required, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO
from make_api_sandbox.scenarios.documents import check_interface
from make_api_sandbox.shapes import JsonObject

VARIABLES = members(input=list_of(mapping()))
PLACEHOLDER = re.compile(r"(TAC|PAC)_\d+")
NAME_LENGTH = 128


@route("GET", "/scenarios/{scenarioId}/interface", scope="scenarios:read", context=ONE_SCENARIO)
def get_interface(call: Call) -> JsonObject:
    """Declared inputs and outputs, null where there are none."""
    return {"interface": _shown(call.entity["interface"])}


def _shown(interface: JsonObject | None) -> JsonObject:
    stored = interface or {}
    return {"input": stored.get("input") or None, "output": stored.get("output") or None}


@route(
    "PATCH",
    "/scenarios/{scenarioId}/interface",
    scope="scenarios:write",
    context=ONE_SCENARIO,
    body=members(interface=mapping()),
)
def change_interface(call: Call) -> JsonObject:
    """Replace inputs and outputs; an empty list or an empty text switches them off.

    Raises:
        ApiError: 402 for inputs or outputs without `license.scenarioIO` (how Make refuses them is
            not documented).
    """
    checked = _checked(call.body["interface"])
    if any(checked.values()) and not call.license.get("scenarioIO"):
        raise plan_required("Scenario inputs and outputs are not part of the plan.")
    merged = {**_shown(call.entity["interface"]), **checked}
    check_interface(merged, call.entity["scheduling"])
    call.world.update(
        "scenarios",
        call.entity["id"],
        interface=merged,
        last_edit=call.clock.stamp(),
        updated_by=call.user_id,
    )
    return {"interface": _shown(merged)}


def _checked(given: JsonObject) -> JsonObject:
    """The members of the body, lists of fields with name and type or nothing."""
    faults: list[tuple[str, str]] = []
    checked: JsonObject = {}
    for side, value in given.items():
        if side not in ("input", "output"):
            faults.append((f"interface.{side}", f"Unknown parameter 'interface.{side}'."))
        elif not value:
            checked[side] = None
        elif not isinstance(value, list):
            faults.append((f"interface.{side}", f"'interface.{side}' should be array."))
        else:
            checked[side] = value
            faults += _field_faults(side, cast("list[Any]", value))
    if faults:
        raise invalid_parameters(faults)
    return checked


def _field_faults(side: str, fields: list[Any]) -> list[tuple[str, str]]:
    faults: list[tuple[str, str]] = []
    for at, field in enumerate(fields):
        declared = cast(JsonObject, field) if isinstance(field, dict) else {}
        for member in ("name", "type"):
            if not isinstance(declared.get(member), str):
                path = f"interface.{side}[{at}].{member}"
                faults.append((path, f"Missing value of required parameter '{path}'."))
    return faults


# Build variables


@route(
    "GET", "/scenarios/{scenarioId}/build-variables", scope="scenarios:read", context=ONE_SCENARIO
)
def get_build_variables(call: Call) -> JsonObject:
    """Placeholders for connections, by the name of the input they stand for."""
    return {"variables": {"input": _variables(call)}}


def _variables(call: Call) -> JsonObject:
    extra: JsonObject = call.entity["extra"]
    return extra.get("buildVariables", {})


@route(
    "POST",
    "/scenarios/{scenarioId}/build-variables",
    scope="scenarios:write",
    context=ONE_SCENARIO,
    body=VARIABLES,
)
def add_build_variables(call: Call) -> JsonObject:
    """Add placeholders; a name that has one already is refused."""
    fresh = _read_variables(call)
    taken = [name for name in fresh if name in _variables(call)]
    if taken:
        raise refused(f"Build variable '{taken[0]}' already exists.")
    return _keep(call, {**_variables(call), **fresh})


@route(
    "PUT",
    "/scenarios/{scenarioId}/build-variables",
    scope="scenarios:write",
    context=ONE_SCENARIO,
    body=VARIABLES,
)
def replace_build_variables(call: Call) -> JsonObject:
    """Replace the whole set."""
    return _keep(call, _read_variables(call))


@route(
    "DELETE",
    "/scenarios/{scenarioId}/build-variables",
    scope="scenarios:write",
    context=ONE_SCENARIO,
)
def delete_build_variable(call: Call) -> JsonObject:
    """Remove the placeholder named by `value`."""
    value = call.query("value")
    kept = {name: each for name, each in _variables(call).items() if each != value}
    if len(kept) == len(_variables(call)):
        raise refused(f"Build variable '{value}' does not exist.")
    return _keep(call, kept)


def _read_variables(call: Call) -> JsonObject:
    interface: JsonObject = call.entity["interface"] or {}
    inputs: list[JsonObject] = interface.get("input") or []
    known = {field["name"] for field in inputs}
    faults: list[tuple[str, str]] = []
    for row in call.body["input"]:
        name, value = str(row.get("name", "")), str(row.get("value", ""))
        if name not in known or len(name) > NAME_LENGTH:
            faults.append(("input.name", f"The scenario has no input '{name}'."))
        if not PLACEHOLDER.fullmatch(value):
            faults.append(("input.value", f"'{value}' should match ^(TAC|PAC)_\\d+$."))
    if faults:
        raise invalid_parameters(faults)
    return {str(row["name"]): str(row["value"]) for row in call.body["input"]}


def _keep(call: Call, variables: JsonObject) -> JsonObject:
    extra = {**call.entity["extra"], "buildVariables": variables}
    call.world.update("scenarios", call.entity["id"], extra=extra)
    return {"ok": 1}
