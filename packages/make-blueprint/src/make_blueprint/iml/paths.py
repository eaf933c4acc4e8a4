"""Steps into arrays and collections. What is not there is null, never an error."""

from __future__ import annotations

from make_blueprint.iml.coercion import to_number
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.values import Value


def field(value: Value, name: str) -> Value:
    """The member of a collection; names are case sensitive."""
    return value.get(name) if isinstance(value, dict) else None


def item(value: Value, index: Value) -> Value:
    """The item of an array, counted from 1; -1 is the last, 0 none."""
    if not isinstance(value, list):
        return None
    try:
        position = to_number(index)
    except Refused:
        return None
    if position == 0 or position != int(position) or abs(position) > len(value):
        return None
    return value[int(position) - 1 if position > 0 else int(position)]


def follow(value: Value, path: str) -> Value:
    """Follow a dot path such as `sender.name` or `2.title`, where arrays count from 1."""
    for segment in path.split("."):
        value = item(value, segment) if isinstance(value, list) else field(value, segment)
        if value is None:
            return None
    return value
