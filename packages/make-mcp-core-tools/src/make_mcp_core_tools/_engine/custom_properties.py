"""Custom properties: what an organization keeps about its scenarios, and the values of each.

Shapes and rules: Make API reference, chapter 2.12. An organization has one structure at most.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from make_mcp_base.authoring import Document, Failure, Output, Problem, Timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from make_mcp_base.authoring import Make

STRUCTURES = "/custom-property-structures"
READ, WRITE = "custom-property-structures:read", "custom-property-structures:write"
FEATURE = "customProperties"
"""Member of the licence that opens them."""

Kind = Literal["boolean", "number", "shortText", "longText", "date", "dropdown", "multiselect"]
CHOSEN_FROM = frozenset({"dropdown", "multiselect"})
_MEANT = {
    "boolean": "true or false",
    "number": "a number",
    "shortText": "a text",
    "longText": "a text",
    "date": "an ISO 8601 date and time",
}


class Option(Output):
    value: str


class Item(Output):
    """One property."""

    id: int
    name: str
    label: str = ""
    description: str | None = None
    type: str
    options: list[Option] | None = None
    required: bool = False

    @property
    def choices(self) -> list[str]:
        """What may be chosen; empty for types that are no choice."""
        return [option.value for option in self.options or ()]

    def body(self) -> Document:
        """Give it as Make takes a new one."""
        body: Document = {
            "name": self.name,
            "label": self.label,
            "description": self.description or "",
            "type": self.type,
            "required": self.required,
        }
        choices = [{"value": value} for value in self.choices]
        return body | {"options": choices} if self.type in CHOSEN_FROM else body


class Belonger(Output):
    belonger_id: int
    belonger_type: str = "organization"
    associated_types: list[str] = []


class Structure(Output):
    id: int
    created: Timestamp | None = None
    belongers: list[Belonger] = []


class Filled(Output):
    """A scenario with the values it has."""

    id: int
    name: str
    custom_properties: Document | None = None


class _Structures(Output):
    custom_property_structures: list[Structure]


class _Values(Output):
    custom_properties: Document


async def read_structures(make: Make, organization_id: int) -> list[Structure]:
    """List the structures of an organization."""
    query = {"organizationId": organization_id}
    answer = await make.get(STRUCTURES, query, into=_Structures, scope=READ)
    return answer.custom_property_structures


async def read_items(make: Make, structure_id: int) -> list[Item]:
    """List the properties of a structure."""
    path = f"{STRUCTURES}/{structure_id}/custom-property-structure-items"
    return await make.all(path, key="customPropertyStructureItems", item=Item, scope=READ)


async def structure_of(make: Make, organization_id: int) -> Structure:
    """Give the structure of an organization's scenarios.

    Raises:
        Failure: It has none yet.
    """
    found = await read_structures(make, organization_id)
    if not found:
        raise Failure(
            f"Organization {organization_id} has no custom properties yet.",
            next_step="Call `custom_property_structure_create`"
            f" (organization_id={organization_id}), then `custom_property_item_create`.",
            code="not_found",
        )
    return found[0]


async def filled_scenarios(make: Make, organization_id: int) -> list[Filled]:
    """List the scenarios of an organization with their values."""
    query = {"organizationId": organization_id, "cols": ["id", "name", "customProperties"]}
    return await make.all("/scenarios", query, key="scenarios", item=Filled, scope="scenarios:read")


async def read_values(make: Make, scenario_id: int) -> Document:
    """Read the values of a scenario, by name; empty when it has none."""
    path = f"/scenarios/{scenario_id}/custom-properties"
    return (await make.get(path, into=_Values, scope="scenarios:read")).custom_properties


def value_problems(items: Iterable[Item], values: Mapping[str, Any], path: str) -> list[Problem]:
    """Hold values against their properties; None, which clears a value, fits any.

    Args:
        items: All properties.
        values: Values by name.
        path: Name of the argument.
    """
    known = {item.name: item for item in items}
    found: list[Problem] = []
    for name, value in values.items():
        item = known.get(name)
        if item is None:
            fix = f"There are {', '.join(known)}." if known else "There are none."
            found.append(Problem(f"{path}.{name}", "No property has this name.", fix))
        elif value is not None and not _fits(item, value):
            meant = _MEANT.get(item.type) or f"of {', '.join(item.choices)}"
            found.append(Problem(f"{path}.{name}", f"It should be {meant}, not {value!r}."))
    return found


def missing_problems(items: Iterable[Item], values: Mapping[str, Any], path: str) -> list[Problem]:
    """Name required properties that would have no value."""
    return [
        Problem(f"{path}.{item.name}", "It is required.")
        for item in items
        if item.required and values.get(item.name) is None
    ]


def _fits(item: Item, value: object) -> bool:
    if item.type == "boolean":
        return isinstance(value, bool)
    if item.type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if item.type == "multiselect":
        chosen = cast("list[object]", value) if isinstance(value, list) else [None]
        return all(one in item.choices for one in chosen)
    if item.type == "dropdown":
        return value in item.choices
    return isinstance(value, str) and (item.type != "date" or _is_moment(value))


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def loses(item: Item, value: object, removed: set[str]) -> bool:
    """Tell whether a value of a choice is among those removed."""
    if isinstance(value, list):
        return any(one in removed for one in cast("list[object]", value))
    return isinstance(value, str) and item.type in CHOSEN_FROM and value in removed
