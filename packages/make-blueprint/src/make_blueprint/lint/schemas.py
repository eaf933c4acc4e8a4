"""Schemas: the fields that a module was saved with, each beside the value it has now.

The editor saves what a module's form looked like (`metadata.parameters`, `metadata.expect`), with
the fields already there that a chosen option brings along. What was not saved is not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from make_blueprint.document import JsonObject, JsonValue, as_list, as_object
from make_blueprint.walk import Pointer, Visit

_NO_VALUE = frozenset({"banner", "markdown", "html", "separator", "hidden"})
_DOMAINS = (("parameters", "parameters"), ("mapper", "expect"))

_Todo: TypeAlias = "list[tuple[list[JsonValue], JsonObject, Pointer]]"


class SavedField(NamedTuple):
    """A field of a module's saved form."""

    visit: Visit
    """The module."""
    place: Pointer
    """Place of the value below the module."""
    name: str
    type: str
    field: JsonObject
    """The field object (Make API reference, chapter 1.17)."""
    value: JsonValue
    """What stands there, None when nothing does."""


def saved_fields(visits: Iterable[Visit]) -> Iterator[SavedField]:
    """Give the fields of the modules' saved forms, also those inside collections and lists.

    Fields that only show something are left out, and those of a form that names a field twice:
    which of the two is in force cannot be told.
    """
    for visit in visits:
        metadata = as_object(visit.module.get("metadata"))
        todo: _Todo = []
        for domain, schema in _DOMAINS:
            holder, fields = visit.module.get(domain), metadata.get(schema)
            if isinstance(holder, dict) and isinstance(fields, list):
                todo.append((fields, holder, (domain,)))
        while todo:
            fields, holder, place = todo.pop()
            for name, field in _unambiguous(fields).items():
                type_ = field.get("type")
                if isinstance(type_, str) and type_ not in _NO_VALUE:
                    value, where = holder.get(name), (*place, name)
                    yield SavedField(visit, where, name, type_, field, value)
                    if isinstance(value, (dict, list)):
                        todo += _inside(type_, field, value, where)


def is_empty(value: JsonValue) -> bool:
    """Tell whether a form counts a value as not given: `null` and the empty text."""
    return value is None or value == ""


def _unambiguous(fields: list[JsonValue]) -> dict[str, JsonObject]:
    found: dict[str, JsonObject] = {}
    twice: set[str] = set()
    for field in fields:
        if isinstance(field, dict) and isinstance(name := field.get("name"), str):
            if name in found:
                twice.add(name)
            found[name] = field
    for name in twice:
        del found[name]
    return found


def _inside(
    type_: str, field: JsonObject, value: JsonValue, place: Pointer
) -> Iterator[tuple[list[JsonValue], JsonObject, Pointer]]:
    """Give the forms of a collection's members and of a list's items."""
    spec = field.get("spec")
    if type_ == "collection" and isinstance(spec, list) and isinstance(value, dict):
        yield spec, value, place
    elif type_ == "array":
        if isinstance(spec, dict) and spec.get("type") == "collection":
            spec = spec.get("spec")
        if isinstance(spec, list) and spec:
            for number, item in enumerate(as_list(value)):
                if isinstance(item, dict):
                    yield spec, item, (*place, number)
