"""Texts: every place of a module where Make evaluates expressions, in the order they appear.

Evaluated are the mapper, filters, branch conditions, the merge's outputs and filters, and the
flags of an aggregator. `parameters` are static; they are left out on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from make_blueprint.document import JsonValue, as_list, as_object
from make_blueprint.scope import Scope

if TYPE_CHECKING:
    from make_blueprint.walk import Pointer, Visit


class Text(NamedTuple):
    """One text that may hold expressions."""

    pointer: Pointer
    """Place below the module."""
    text: str
    scope: Scope
    """Whose output the text may map."""


def texts(visit: Visit) -> Iterator[Text]:
    """Give every evaluated text of a module that holds an opening `{{`."""
    module = visit.module
    for key in ("mapper", "filter", "flags"):
        yield from _inside(module.get(key), (key,), visit.scope)
    for number, branch in enumerate(as_list(module.get("branches"))):
        conditions = as_object(branch).get("conditions")
        yield from _inside(conditions, ("branches", number, "conditions"), visit.scope)
    yield from _merge_texts(visit)


def strings(value: JsonValue, pointer: Pointer = ()) -> Iterator[tuple[Pointer, str]]:
    """Give every string inside a JSON value with its place, in document order."""
    todo: list[tuple[Pointer, JsonValue]] = [(pointer, value)]
    while todo:
        place, item = todo.pop()
        if isinstance(item, str):
            yield place, item
        elif isinstance(item, dict):
            todo += [((*place, key), inner) for key, inner in reversed(item.items())]
        elif isinstance(item, list):
            last = len(item) - 1
            todo += [((*place, last - i), inner) for i, inner in enumerate(reversed(item))]


def _inside(value: JsonValue, pointer: Pointer, scope: Scope) -> Iterator[Text]:
    if value is None:
        return
    for place, text in strings(value, pointer):
        if "{{" in text:
            yield Text(place, text, scope)


def _merge_texts(visit: Visit) -> Iterator[Text]:
    """Give the texts of a merge; entry i of each list sees the end of merging branch i."""
    for number, output in enumerate(as_list(visit.module.get("outputs"))):
        mappings = as_list(as_object(output).get("mappings"))
        for index, text in enumerate(mappings):
            place: Pointer = ("outputs", number, "mappings", index)
            yield from _inside(text, place, _branch_scope(visit, index))
    for index, condition in enumerate(as_list(visit.module.get("filters"))):
        yield from _inside(condition, ("filters", index), _branch_scope(visit, index))


def _branch_scope(visit: Visit, index: int) -> Scope:
    return visit.merging[index] if index < len(visit.merging) else visit.scope
