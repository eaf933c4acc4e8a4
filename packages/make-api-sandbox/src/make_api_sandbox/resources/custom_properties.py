"""Custom properties, what an organization keeps about its scenarios (API reference, 2.12).

A structure belongs to an organization and lists items; scenarios hold values by the items' names.
Not documented, and chosen: an owner or admin of the organization changes structures; there are at
most `license.customProperties` items; the regular expressions of filters are Python's.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.http.access import organization_role
from make_api_sandbox.http.body import (
    Member,
    anything,
    boolean,
    choice,
    identifier,
    members,
    name_text,
    text,
)
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import enter_organization, query_organization
from make_api_sandbox.http.errors import invalid_parameters, missing, not_found, refused
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usages import affected

READ, WRITE = "custom-property-structures:read", "custom-property-structures:write"
LOOK, MANAGE = "organization view", "organization edit"
STRUCTURES = "/custom-property-structures"
ITEMS = f"{STRUCTURES}/{{customPropertyStructureId}}/custom-property-structure-items"
ONE_ITEM = f"{STRUCTURES}/custom-property-structure-items/{{itemId}}"
TYPES = ("boolean", "number", "shortText", "longText", "date", "dropdown", "multiselect")
CHOSEN_FROM = ("dropdown", "multiselect")
NAME_FORM = re.compile(r"[a-zA-Z_$][0-9a-zA-Z_$]*")
OPTION_LENGTH = 250

ITEM = Columns(("id", "name", "label", "description", "type", "options", "required"))
PAGING = Paging(
    {
        "id": "id",
        "name": "name COLLATE NOCASE",
        "label": "label COLLATE NOCASE",
        "description": "description COLLATE NOCASE",
        "type": "type",
        "required": "required",
    }
)
LICENSED = LicenceGate(
    "customProperties", lambda: refused("Custom properties are not enabled.", "IM027")
)


def _item_name() -> Member:
    length = name_text(64)

    def check(value: object) -> str | None:
        fault = length.check(value)
        if fault is None and not NAME_FORM.fullmatch(str(value)):
            return "should start with a letter, '_' or '$', and hold letters, digits, '_' and '$'"
        return fault

    return Member(check)


EDIT = {
    "label": name_text(64).optional(),
    "description": text(1024).optional(),
    "options": anything().optional().or_null(),
    "required": boolean().optional(),
}
CREATE = members(
    name=_item_name(),
    label=name_text(64),
    description=text(1024).optional(),
    type=choice(*TYPES),
    options=anything().optional().or_null(),
    required=boolean(),
)

# Whose call it is


def body_belonger(call: Call) -> None:
    """The organization in the checked body, member `belongerId`."""
    enter_organization(call, call.body["belongerId"])


def one_structure(call: Call) -> None:
    """The structure in the path; `call.entity` is its row."""
    _enter(call, call.path_id("customPropertyStructureId"), "Custom property structure")


def one_item(call: Call) -> None:
    """The item in the path; `call.entity` is its row."""
    item = call.world.get("custom_property_items", call.path_id("itemId"))
    _enter(call, item["structure_id"] if item else 0, "Custom property structure item")
    call.entity = item or {}


def _enter(call: Call, structure_id: int, thing: str) -> None:
    row = call.world.get("custom_property_structures", structure_id)
    if row is None or not organization_role(call.world, call.user_id, row["organization_id"]):
        raise not_found(thing)
    enter_organization(call, row["organization_id"])
    call.entity = row


# Structures


@route("GET", STRUCTURES, scope=READ, context=query_organization, permission=LOOK, licence=LICENSED)
def list_structures(call: Call) -> JsonObject:
    """The structures of an organization; there is one, for scenarios, or none."""
    rows = call.world.rows(
        "SELECT * FROM custom_property_structures WHERE organization_id = ? ORDER BY id",
        call.organization_id,
    )
    return {"customPropertyStructures": [_present_structure(row) for row in rows]}


@route(
    "POST",
    STRUCTURES,
    scope=WRITE,
    context=body_belonger,
    permission=MANAGE,
    licence=LICENSED,
    body=members(
        associatedType=choice("scenario"),
        belongerType=choice("organization"),
        belongerId=identifier(),
    ),
)
def create_structure(call: Call) -> JsonObject:
    """Make the structure of an organization; its day of creation is shown without the time.

    Raises:
        ApiError: 400 `IM005` when there is one already.
    """
    known = call.world.value(
        "SELECT id FROM custom_property_structures WHERE organization_id = ?", call.organization_id
    )
    if known is not None:
        raise refused("The custom property structure exists already.")
    structure_id = call.world.insert(
        "custom_property_structures",
        organization_id=call.organization_id,
        associated_type=call.body["associatedType"],
        created=call.clock.stamp(),
    )
    shown = _present_structure(call.world.get("custom_property_structures", structure_id) or {})
    return {"customPropertyStructure": shown | {"created": shown["created"][:10]}}


def _present_structure(row: Row) -> JsonObject:
    belonger = {
        "belongerId": row["organization_id"],
        "belongerType": "organization",
        "associatedTypes": [row["associated_type"]],
    }
    created = parse_stamp(row["created"]).isoformat(timespec="microseconds")
    return {"id": row["id"], "created": created, "belongers": [belonger]}


# Items


@route("GET", ITEMS, scope=READ, context=one_structure, permission=LOOK, licence=LICENSED)
def list_items(call: Call) -> JsonObject:
    """The items of a structure, filtered and paged; `options` only where an item has them."""
    page = call.page(PAGING)
    rows = call.world.rows(
        "SELECT * FROM custom_property_items WHERE structure_id = ?"
        f" ORDER BY {PAGING.sort[page.sort_by]} {page.direction}, id {page.direction}",
        call.entity["id"],
    )
    wanted = _filters(call)
    found = [_listed(row) for row in rows if all(keep(row) for keep in wanted)]
    shown = ITEM.pick_all(page.cut(found), call.cols)
    return {"customPropertyStructureItems": shown, "pg": page.echo()}


def _listed(row: Row) -> JsonObject:
    shown = {name: row[name] for name in ITEM.default}
    return shown if row["options"] is not None else {n: shown[n] for n in shown if n != "options"}


@route(
    "POST",
    ITEMS,
    scope=WRITE,
    context=one_structure,
    permission=MANAGE,
    licence=LICENSED,
    body=CREATE,
)
def create_item(call: Call) -> JsonObject:
    """Add an item; its name and type never change.

    Raises:
        ApiError: 400 for a taken name, for more items than licensed, for options of a type that
            has none and for their absence where the type needs them.
    """
    body, structure = call.body, call.entity["id"]
    rows = call.world.rows(
        "SELECT name FROM custom_property_items WHERE structure_id = ?", structure
    )
    if body["name"] in {row["name"] for row in rows}:
        raise refused(f"The custom property '{body['name']}' exists already.")
    limit = call.license["customProperties"]
    if len(rows) >= limit:
        raise refused(f"The license allows {limit} custom properties; all are in use.")
    _refuse_wrong_options(body["type"], body.get("options"))
    item_id = call.world.insert(
        "custom_property_items",
        structure_id=structure,
        **{"description": "", "options": None, **body},
    )
    return {"customPropertyStructureItem": _changed(call, item_id)}


@route(
    "PATCH",
    ONE_ITEM,
    scope=WRITE,
    context=one_item,
    permission=MANAGE,
    licence=LICENSED,
    body=members(**EDIT),
)
def edit_item(call: Call) -> JsonObject:
    """Change an item; new options replace the old ones, values chosen before stay."""
    if "options" in call.body:
        _refuse_wrong_options(call.entity["type"], call.body["options"])
    call.world.update("custom_property_items", call.entity["id"], **call.body)
    return {"customPropertyStructureItem": _changed(call, call.entity["id"])}


@route("DELETE", ONE_ITEM, scope=WRITE, context=one_item, permission=MANAGE, licence=LICENSED)
def delete_item(call: Call) -> JsonObject:
    """Remove an item; one that scenarios hold data of asks for confirmation."""
    filled = call.world.rows(
        "SELECT s.id, s.name FROM scenarios s JOIN custom_property_values v"
        " ON v.scenario_id = s.id WHERE v.item_id = ? ORDER BY s.id",
        call.entity["id"],
    )
    if filled:
        call.confirm("deleteCustomPropertyStructureItemWithData", affected(filled))
    call.world.delete("custom_property_items", call.entity["id"])
    return {"customPropertyStructureItem": call.entity["id"]}


def _changed(call: Call, item_id: int) -> JsonObject:
    row = call.world.get("custom_property_items", item_id) or {}
    names = ("name", "label", "description", "type", "options", "required")
    shown = {name: row[name] for name in names}
    return {"id": row["id"], "structureId": row["structure_id"], **shown}


# Checks


def _filters(call: Call) -> list[Callable[[Row], bool]]:
    """What the query asks of an item."""
    id, kind, required = call.query_id("id"), call.query("type"), call.query_flag("required")
    exact = {"id": id, "type": kind, "required": required}
    wanted: list[Callable[[Row], bool]] = [
        partial(_equals, name, value) for name, value in exact.items() if value is not None
    ]
    for name in ("name", "label", "description"):
        pattern = call.query(name)
        if pattern is not None:
            wanted.append(partial(_matches, name, _compiled(name, pattern)))
    return wanted


def _equals(name: str, value: object, row: Row) -> bool:
    return row[name] == value


def _matches(name: str, pattern: re.Pattern[str], row: Row) -> bool:
    return pattern.search(row[name]) is not None


def _compiled(name: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        text = f"'{name}' should match format regex."
        raise invalid_parameters([(name, text)]) from error


def _refuse_wrong_options(kind: str, options: object) -> None:
    if kind not in CHOSEN_FROM:
        if options is not None:
            raise invalid_parameters([("options", f"A property of type {kind} has no options.")])
    elif not options:
        raise invalid_parameters([missing("options")])
    elif not isinstance(options, list) or not all(map(_is_option, cast("list[Any]", options))):
        form = f"'options' should be a list of {{value}} with at most {OPTION_LENGTH} characters."
        raise invalid_parameters([("options", form)])


def _is_option(option: Any) -> bool:
    if not isinstance(option, dict):
        return False
    value = cast(JsonObject, option).get("value")
    return (
        len(cast(JsonObject, option)) == 1
        and isinstance(value, str)
        and (0 < len(value) <= OPTION_LENGTH)
    )
