"""Array and collection functions (Make help, array functions).

`slice` counts from 0; references and dot paths count from 1.
"""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime

from make_blueprint.iml.coercion import to_array, to_collection, to_text
from make_blueprint.iml.library.registry import Array, ArrayOr, Collection, Whole, function
from make_blueprint.iml.limits import bounded_items, bounded_text
from make_blueprint.iml.paths import follow
from make_blueprint.iml.scope import Scope
from make_blueprint.iml.values import Number, Value, identity
from make_blueprint.iml.zones import milliseconds

_ORDERS = ("asc", "desc", "asc ci", "desc ci")


@function("add")
def add(array: Array, *values: Value) -> Value:
    """The array with values appended."""
    return [*array, *values]


@function("arrayDiff")
def array_diff(first: Array, second: Array) -> Value:
    """The items of the first array that are not in the second."""
    known = _identities(second)
    return [item for item in first if identity(item) not in known]


@function("arrayIntersect")
def array_intersect(first: Array, second: Array) -> Value:
    """The items of the first array that are in the second as well."""
    known = _identities(second)
    return [item for item in first if identity(item) in known]


@function("deduplicate")
def deduplicate(array: Array) -> Value:
    """The array without repeated items; the first of each is kept."""
    return _distinct(array, "")


@function("distinct")
def distinct(array: Array, key: str | None = None) -> Value:
    """The array without items that repeat the value at a dot path; the first is kept."""
    return _distinct(array, key or "")


@function("first")
def first(array: Array) -> Value:
    """The first item; null of an empty array."""
    return array[0] if array else None


@function("last")
def last(array: Array) -> Value:
    """The last item; null of an empty array."""
    return array[-1] if array else None


@function("flatten")
def flatten(array: Array, depth: Whole | None = None) -> Value:
    """The array with nested arrays spread out, one level deep or as deep as told."""
    flat = list(array)
    for _ in range(min(1 if depth is None else depth, 1_000)):
        if not any(isinstance(item, list) for item in flat):
            break
        flat = [part for item in flat for part in (item if isinstance(item, list) else [item])]
        bounded_items(len(flat))
    return flat


@function("join")
def join(array: Array, separator: str) -> Value:
    """The items as texts with a separator between them."""
    texts = [to_text(item) for item in array]
    bounded_text(sum(map(len, texts)) + len(separator) * max(len(texts) - 1, 0))
    return separator.join(texts)


@function("keys")
def keys(value: ArrayOr) -> Value:
    """The member names of a collection, or the positions of an array as texts from 0."""
    if isinstance(value, list):
        return [str(position) for position in range(len(value))]
    return list(to_collection(value))


@function("map")
def map_(
    array: Array, key: str, filter_key: str | None = None, filter_values: str | None = None
) -> Value:
    """The values at a dot path of all items, or of those a filter admits.

    The filter admits an item whose value at `filter_key`, as text, is one of the comma-separated
    `filter_values`. An item without the key gives null.
    """
    if filter_key is None:
        return [follow(item, key) for item in array]
    admitted = set((filter_values or "").split(","))
    return [follow(item, key) for item in array if to_text(follow(item, filter_key)) in admitted]


@function("merge")
def merge(array: Array, *arrays: ArrayOr) -> Value:
    """The items of all arrays, one array after the other."""
    merged = list(array)
    for other in arrays:
        merged.extend(to_array(other))
        bounded_items(len(merged))
    return merged


@function("remove")
def remove(array: Array, *values: Value) -> Value:
    """The array without the items equal to one of the values."""
    dropped = _identities(values)
    return [item for item in array if identity(item) not in dropped]


@function("reverse")
def reverse(array: Array) -> Value:
    """The items in opposite order."""
    return array[::-1]


@function("shuffle")
def shuffle(array: Array, *, scope: Scope) -> Value:
    """The items in random order."""
    mixed = list(array)
    scope.dice().shuffle(mixed)
    return mixed


@function("slice")
def slice_(array: Array, start: Whole, end: Whole | None = None) -> Value:
    """The items from `start` to before `end`, counted from 0, negative ones from the end."""
    return array[start:end]


@function("sort")
def sort(array: Array, order: str | None = None, key: str | None = None) -> Value:
    """The items in order: `asc`, `desc`, `asc ci` or `desc ci`, by the value at a dot path.

    A second argument that is no order is the path. Numbers sort by value, texts with capitals
    first unless `ci` ignores case; the order between types is ours: numbers, texts, dates, others.
    """
    if order is not None and order not in _ORDERS:
        order, key = "asc", order
    direction = order or "asc"
    ignores_case = direction.endswith("ci")
    return sorted(
        array,
        key=lambda item: _rank(follow(item, key) if key else item, ignores_case),
        reverse=direction.startswith("desc"),
    )


@function("toArray")
def to_array_(collection: Collection) -> Value:
    """The members of a collection as collections of `key` and `value`.

    Make's page names key-value collections without showing one; the OEM page shows another shape.
    This one is what `toCollection(...; "key"; "value")` turns back.
    """
    return [{"key": name, "value": value} for name, value in collection.items()]


@function("toCollection")
def to_collection_(array: Array, key: str, value: str) -> Value:
    """A collection with one member per item, named and valued by two of the item's fields."""
    return {to_text(follow(item, key)): follow(item, value) for item in array}


def _identities(items: list[Value] | tuple[Value, ...]) -> set[Hashable]:
    return {identity(item) for item in items}


def _distinct(array: list[Value], key: str) -> list[Value]:
    kept: dict[Hashable, Value] = {}
    for item in array:
        kept.setdefault(identity(follow(item, key) if key else item), item)
    return list(kept.values())


def _rank(value: Value, ignores_case: bool) -> tuple[int, Number, str]:
    match value:
        case bool():
            return 3, int(value), ""
        case int() | float():
            return 0, value, ""
        case str():
            return 1, 0, value.lower() if ignores_case else value
        case datetime():
            return 2, milliseconds(value), ""
        case _:
            return 4, 0, ""
