"""Outputs: what is known of the fields that a module gives."""

from __future__ import annotations

from collections.abc import Sequence

from make_blueprint.document import JsonObject, as_list, as_object
from make_blueprint.walk import Visit

_OWN_ARRAYS = {"builtin:BasicAggregator": "array"}
"""Modules whose output is a list of collections, with the name of the field."""


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
    kind = output_field(visit, names).get("type")
    return kind if isinstance(kind, str) else ""
