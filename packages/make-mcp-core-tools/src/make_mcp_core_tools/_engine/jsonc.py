"""JSON with comments and trailing commas, in which the code of custom apps is written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from make_blueprint.document import JsonValue

_TOKEN = re.compile(
    r"""
    (?P<text>"(?:[^"\\]|\\.)*")
    |(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<comma>,(?=(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*[\]}]))
    """,
    re.VERBOSE | re.DOTALL,
)
_NOT_SPACE = re.compile(r"\S")
_DEEPEST = 100


class JsoncError(ValueError):
    """The text is no JSON with comments; the message says where."""


def read_jsonc(source: str) -> JsonValue:
    """Give the value of a section; an empty text is null.

    Raises:
        JsoncError: With line and column.
    """
    plain = _TOKEN.sub(_blank, source)
    if not plain.strip():
        return None
    try:
        value: JsonValue = json.loads(plain)
    except RecursionError:
        raise JsoncError("is nested too deep") from None
    except json.JSONDecodeError as error:
        raise JsoncError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    if _depth(value) > _DEEPEST:
        raise JsoncError(f"is nested deeper than {_DEEPEST} levels")
    return value


def has_comments(source: str) -> bool:
    """Tell whether a text holds comments, which a plain JSON value would lose."""
    return any(found.group("comment") for found in _TOKEN.finditer(source))


def _blank(found: re.Match[str]) -> str:
    """Keep texts, and blank the rest so that places stay what they were."""
    return found["text"] or _NOT_SPACE.sub(" ", found[0])


def _depth(value: JsonValue) -> int:
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        depth += 1
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return depth
