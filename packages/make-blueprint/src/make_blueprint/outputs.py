"""Outputs: what is known of the fields that a module gives, and which of them can be mapped where.

Known is what the editor saved (`metadata.interface`), what a module's own settings name (variables,
the outputs of a merge), and what the catalogue says of built-in modules. What a module of another
app gives beyond that is not known, and not guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from make_blueprint.catalogue import known_modules
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object, check_data
from make_blueprint.problem import BlueprintError
from make_blueprint.walk import MERGE, Visit, walk

_OWN_ARRAYS = {"builtin:BasicAggregator": "array"}
"""Modules whose output is a list of collections, with the name of the field."""
_ONE_VARIABLE = ("util:SetVariable2", "util:GetVariable2")
_MANY_VARIABLES = ("util:SetVariables", "util:GetVariables")


@dataclass(frozen=True, slots=True)
class OutputField:
    """A field that a module gives.

    Attributes:
        name: Its name, without backticks.
        type: Its type (`text`, `array`, …), or "" when it is not known.
        label: What the editor calls it, or "".
    """

    name: str
    type: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A module whose output can be mapped, with the fields known of it."""

    id: int
    module: str
    label: str
    fields: tuple[OutputField, ...]


def available_at(blueprint: Blueprint, module_id: int) -> list[Source]:
    """List what can be mapped in a module: the modules that run before it, with their fields.

    Args:
        blueprint: The document.
        module_id: Id of the module that is to map something.

    Raises:
        BlueprintError: There is no such module.
    """
    check_data(blueprint)
    visits = list(walk(blueprint))
    by_id = {visit.id: visit for visit in reversed(visits)}
    if module_id not in by_id:
        raise BlueprintError(f"There is no module {module_id}.")
    sources = [by_id[number] for number in by_id[module_id].upstream if number in by_id]
    return [
        Source(visit.id or 0, visit.type, visit.label, tuple(output_fields(visit)))
        for visit in sources
    ]


def output_fields(visit: Visit) -> list[OutputField]:
    """List the fields a module is known to give, each once."""
    found: dict[str, OutputField] = {}
    for field in (*_saved(visit), *_named(visit), *_catalogued(visit)):
        found.setdefault(field.name, field)
    return list(found.values())


def output_field(visit: Visit, names: Sequence[str]) -> JsonObject:
    """Give the declaration of an output field, as the editor saved it; empty when not known.

    Args:
        visit: The module that gives the field.
        names: The field and, for a field of a collection, those that lead to it.
    """
    if [_OWN_ARRAYS.get(visit.type)] == [*names]:
        return {"name": names[0], "type": "array", "spec": []}
    entry: JsonObject = {"spec": as_object(visit.module.get("metadata")).get("interface")}
    for name in names:
        fields = map(as_object, as_list(entry.get("spec")))
        entry = next((field for field in fields if field.get("name") == name), as_object(None))
    return entry


def output_type(visit: Visit, names: Sequence[str]) -> str:
    """Give the type of an output field, "" when it is not known."""
    return _text(output_field(visit, names).get("type"))


def _saved(visit: Visit) -> Iterator[OutputField]:
    for entry in as_list(as_object(visit.module.get("metadata")).get("interface")):
        field = as_object(entry)
        if name := _text(field.get("name")):
            yield OutputField(name, _text(field.get("type")), _text(field.get("label")))


def _named(visit: Visit) -> Iterator[OutputField]:
    """Give the fields that the module's own settings name."""
    mapper = as_object(visit.module.get("mapper"))
    names: list[JsonValue] = []
    if visit.type in _ONE_VARIABLE:
        names = [mapper.get("name")]
    elif visit.type in _MANY_VARIABLES:
        entries = as_list(mapper.get("variables"))
        names = [
            as_object(each).get("name") if isinstance(each, dict) else each for each in entries
        ]
    elif visit.type == MERGE:
        names = [as_object(each).get("name") for each in as_list(visit.module.get("outputs"))]
    for name in names:
        if isinstance(name, str) and name and "{{" not in name:
            yield OutputField(name)


def _catalogued(visit: Visit) -> Iterator[OutputField]:
    known = known_modules().get(visit.type)
    for name in known.outputs if known else ():
        yield OutputField(name, "array" if _OWN_ARRAYS.get(visit.type) == name else "")


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
