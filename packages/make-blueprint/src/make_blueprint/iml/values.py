"""The values of expressions, and when two of them are equal."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TypeAlias


class Special(Enum):
    """Keywords that speak to the field they are mapped to and carry no data."""

    ERASE = "erase"
    """The field is explicitly emptied: null, or an empty array for an array field."""

    IGNORE = "ignore"
    """The field counts as not filled in."""


ERASE = Special.ERASE
IGNORE = Special.IGNORE

Number: TypeAlias = int | float

Simple: TypeAlias = bool | int | float | str | bytes | datetime | Special | None
"""Boolean, number, text, buffer, date (aware), keyword or null."""

Value: TypeAlias = Simple | list["Value"] | dict[str, "Value"]
"""A simple value, an array or a collection."""

Data: TypeAlias = Simple | Sequence["Data"] | Mapping[str, "Data"]
"""A value that a caller hands in.

The same as `Value`, stated read-only so that plain JSON types fit; arrays are lists and collections
dicts all the same.
"""


def is_number(value: Value) -> bool:
    """Whether a value is a number; Python's booleans are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def identity(value: Value) -> Hashable:
    """A key that is equal for two values exactly when the values are strictly equal.

    Types are never converted (Make's developer pages: all equality is strict). Arrays and
    collections compare by content, which is undocumented; dates by instant.
    """
    match value:
        case bool():
            return ("boolean", value)
        case int() | float():
            return ("number", value)
        case list():
            return ("array", tuple(map(identity, value)))
        case dict():
            return ("collection", frozenset((key, identity(item)) for key, item in value.items()))
        case Special():
            return ("NoneType", None)
        case _:
            return (type(value).__name__, value)


def equal(left: Value, right: Value) -> bool:
    """Strict equality; a missing value equals null and nothing else."""
    return identity(left) == identity(right)
