"""The custom properties of one scenario (API reference, chapter 2.12).

Data are filled once (POST), then replaced (PUT), merged (PATCH) or removed (DELETE). Not
documented, and chosen: a required property cannot be cleared, a value that does not fit its item is
a 400 that names every misfit, and data whose last value was cleared are not filled any more.
"""

from collections.abc import Callable
from typing import Any, cast

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.custom_properties import properties_of
from make_api_sandbox.http.body import open_members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, missing, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.custom_properties import LICENSED
from make_api_sandbox.scenarios.access import ONE_SCENARIO
from make_api_sandbox.shapes import JsonObject, Row

PATH = "/scenarios/{scenarioId}/custom-properties"
READ, WRITE, EDIT = "scenarios:read", "scenarios:write", "scenario edit"


@route("GET", PATH, scope=READ, context=ONE_SCENARIO, licence=LICENSED)
def get_properties(call: Call) -> JsonObject:
    """The values of a scenario by name; nothing for properties without one."""
    return {"customProperties": _properties(call), "scenarioId": call.entity["id"]}


@route(
    "POST",
    PATH,
    scope=WRITE,
    context=ONE_SCENARIO,
    permission=EDIT,
    licence=LICENSED,
    body=open_members(),
)
def fill_properties(call: Call) -> JsonObject:
    """Fill the properties of a scenario that has none yet.

    Raises:
        ApiError: 400 `IM005` when they are filled already.
    """
    if _properties(call):
        raise refused("The custom properties of the scenario are filled already.")
    return _replace(call, call.body)


@route(
    "PUT",
    PATH,
    scope=WRITE,
    context=ONE_SCENARIO,
    permission=EDIT,
    licence=LICENSED,
    body=open_members(),
)
def replace_properties(call: Call) -> JsonObject:
    """Replace all properties of a scenario."""
    _require_filled(call)
    return _replace(call, call.body)


@route(
    "PATCH",
    PATH,
    scope=WRITE,
    context=ONE_SCENARIO,
    permission=EDIT,
    licence=LICENSED,
    body=open_members(),
)
def change_properties(call: Call) -> JsonObject:
    """Change some properties of a scenario; null clears one."""
    _require_filled(call)
    return _replace(call, _properties(call) | call.body, sent=call.body)


@route("DELETE", PATH, scope=WRITE, context=ONE_SCENARIO, permission=EDIT, licence=LICENSED)
def clear_properties(call: Call) -> JsonObject:
    """Remove all properties of a scenario; needs no confirmation."""
    _remove(call)
    return {"ok": 1}


def _properties(call: Call) -> JsonObject:
    scenario: int = call.entity["id"]
    return properties_of(call.world, [scenario]).get(scenario, {})


def _require_filled(call: Call) -> None:
    if not _properties(call):
        raise refused("The custom properties of the scenario are not filled yet.", "IM013")


def _replace(call: Call, values: JsonObject, sent: JsonObject | None = None) -> JsonObject:
    """Keep exactly these values; only the `sent` ones (all without it) are checked for fit."""
    items = _items(call)
    given = {name: value for name, value in values.items() if value is not None}
    faults = [missing(name) for name in items if items[name]["required"] and name not in given]
    checked = values if sent is None else sent
    faults += [(name, text) for name in checked if (text := _fault(items, name, checked[name]))]
    if faults:
        raise invalid_parameters(faults)
    _remove(call)
    call.world.insert_many(
        "custom_property_values",
        [
            {"scenario_id": call.entity["id"], "item_id": items[name]["id"], "value": value}
            for name, value in given.items()
        ],
    )
    return get_properties(call)


def _remove(call: Call) -> None:
    call.world.execute(
        "DELETE FROM custom_property_values WHERE scenario_id = ?", call.entity["id"]
    )


def _items(call: Call) -> dict[str, Row]:
    rows = call.world.rows(
        "SELECT i.* FROM custom_property_items i JOIN custom_property_structures c"
        " ON c.id = i.structure_id WHERE c.organization_id = ? ORDER BY i.id",
        call.organization_id,
    )
    return {row["name"]: row for row in rows}


# Values


def _fault(items: dict[str, Row], name: str, value: Any) -> str | None:
    if name not in items:
        return f"Unknown custom property '{name}'."
    item = items[name]
    kind: str = item["type"]
    options = cast("list[dict[str, str]]", item["options"] or [])
    if value is None or FITS[kind](value, {option["value"] for option in options}):
        return None
    return f"Invalid value of custom property '{name}': should be {MEANT[kind]}."


def _is_number(value: Any, options: set[str]) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: Any, options: set[str]) -> bool:
    try:
        parse_stamp(value)
    except (TypeError, ValueError, AttributeError):
        return False
    return True


def _is_text(value: Any, options: set[str]) -> bool:
    return isinstance(value, str)


def _is_choice(value: Any, options: set[str]) -> bool:
    return isinstance(value, str) and value in options


def _are_choices(value: Any, options: set[str]) -> bool:
    if not isinstance(value, list):
        return False
    return all(_is_choice(one, options) for one in cast("list[Any]", value))


FITS: dict[str, Callable[[Any, set[str]], bool]] = {
    "boolean": lambda value, options: isinstance(value, bool),
    "number": _is_number,
    "shortText": _is_text,
    "longText": _is_text,
    "date": _is_date,
    "dropdown": _is_choice,
    "multiselect": _are_choices,
}
MEANT = {
    "boolean": "boolean",
    "number": "number",
    "shortText": "string",
    "longText": "string",
    "date": "an ISO date and time",
    "dropdown": "one of its options",
    "multiselect": "a list of its options",
}
