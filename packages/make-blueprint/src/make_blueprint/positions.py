"""Positions: on which line of a JSON text a value stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple, cast

from make_blueprint.document import JsonValue
from make_blueprint.walk import Pointer

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
_KEY = re.compile(r"\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]|\.?([^.\[\]]+)")


class Position(NamedTuple):
    """A place in a text; both numbers count from 1."""

    line: int
    column: int


def locate(text: str, paths: Iterable[str]) -> dict[str, Position]:
    """Find where values stand in a JSON text.

    Args:
        text: JSON as it was read; wrappers around the blueprint (`{"response": {"blueprint": …}}`)
            are looked through.
        paths: Paths as findings have them, `flow[2].mapper.to`; "" is the document.

    Returns:
        The position of each path, or of the nearest enclosing value that exists in the text.
    """
    starts = dict(_values(text))
    root = next((root for root in _ROOTS if (*root, "flow") in starts), ())
    lines = [0, *(match.end() for match in re.finditer("\n", text))]
    found: dict[str, Position] = {}
    for path in paths:
        pointer = (*root, *parse_path(path))
        while pointer and pointer not in starts:
            pointer = pointer[:-1]
        offset = starts.get(pointer, 0)
        line = bisect_right(lines, offset)
        found[path] = Position(line, offset - lines[line - 1] + 1)
    return found


def parse_path(path: str) -> Pointer:
    """Read a path back into keys and indexes, the opposite of `walk.path_text`."""
    keys: list[str | int] = []
    for index, single, double, name in _KEY.findall(path):
        if index:
            keys.append(int(index))
        else:
            keys.append(name or _unquoted(single or double))
    return tuple(keys)


_ROOTS: tuple[Pointer, ...] = ((), ("blueprint",), ("response", "blueprint"), ("response",))


def _values(text: str) -> Iterator[tuple[Pointer, int]]:
    """Give the pointer and the offset of every value in a JSON text that is known to be sound."""
    here: list[str | int] = []
    is_key = False
    for match in _TOKEN.finditer(text):
        token, start = match[0], match.start()
        if token == "{":
            yield tuple(here), start
            here.append("")
            is_key = True
        elif token == "[":
            yield tuple(here), start
            here.append(0)
        elif token in "]}":
            here.pop()
            is_key = False
        elif token == ",":
            is_key = not isinstance(here[-1], int)
            if not is_key:
                here[-1] = cast("int", here[-1]) + 1
        elif token == ":":
            is_key = False
        elif is_key:
            here[-1] = _decoded(token)
        else:
            yield tuple(here), start


def _decoded(token: str) -> str:
    if "\\" not in token:
        return token[1:-1]
    from json import loads

    return cast("str", cast("JsonValue", loads(token)))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
