"""Query strings and paths as Make reads them (Make API reference, chapters 1.4 to 1.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from make_mcp_base.client.failures import Invalid
from make_mcp_base.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

Scalar: TypeAlias = str | int | float | bool | None
QueryValue: TypeAlias = Scalar | Sequence[Scalar] | Mapping[str, "QueryValue"]

LONGEST_URL = 60_000
"""Characters of one URL that are sent; the HTTP library refuses more than 65,536."""

_SNAKE = re.compile(r"_([a-z0-9])")


def camel(name: str) -> str:
    """Write `team_id` as `teamId`; a name already written Make's way stays as it is."""
    head, rest = name[:1], name[1:]
    return head + _SNAKE.sub(lambda match: match[1].upper(), rest)


def encode_query(query: Mapping[str, QueryValue]) -> str:
    """Encode query members: `pg[limit]=5`, `cols[]=id&cols[]=name`, `true` and `false`.

    Names are written in camelCase at every level; members that are None are left out, as is a list
    without members. Names that already carry brackets (`pg[limit]`) pass unchanged.

    Raises:
        Invalid: When a number is not finite, or the query is too long to send.
    """
    pairs = [pair for name, value in query.items() for pair in _pairs(camel(name), value)]
    text = "&".join(f"{_escape(name)}={_escape(value)}" for name, value in pairs)
    if len(text) > LONGEST_URL:
        raise _refusal("query", f"is {len(text)} characters long, at most {LONGEST_URL} are sent.")
    return text


def endpoint(template: str, /, **segments: str | int) -> str:
    """Fill a path template, encoding each value as one path segment.

    Args:
        template: A path such as `/data-stores/{data_store_id}/data`.
        **segments: One value for each name in the template.

    Raises:
        Invalid: When a value is empty or a dot segment and so would name another endpoint.
        KeyError: When the template names a segment that is not given.
    """
    return template.format_map({name: _segment(name, value) for name, value in segments.items()})


def checked_path(path: str) -> str:
    """Return a request path unchanged, refusing one that would leave its endpoint.

    Raises:
        Invalid: When it is not absolute, holds a dot or empty segment, a query or a control
            character.
    """
    segments = path.split("/")
    if segments[0] or len(segments) < 2:
        raise _refusal("path", "must start with a slash.")
    if any(segment.replace("%2E", ".").replace("%2e", ".") in {"", ".", ".."}
           for segment in segments[1:]):  # fmt: skip
        raise _refusal("path", f"{path!r} holds an empty or dot segment.")
    if not path.isascii() or not path.isprintable() or set(path) & set("?#\\ "):
        raise _refusal("path", f"{path!r} holds a character that must be encoded.")
    return path


def _pairs(name: str, value: QueryValue) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _pairs(f"{name}[{camel(key)}]", member)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        label = name if name.endswith("[]") else f"{name}[]"
        yield from ((label, _scalar(name, member)) for member in value if member is not None)
    else:
        yield name, _scalar(name, value)


def _scalar(name: str, value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not isfinite(value):
            raise _refusal(name, "must be a finite number.")
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _segment(name: str, value: str | int) -> str:
    text = str(value)
    if text in {"", ".", ".."}:
        raise _refusal(name, f"{text!r} cannot be part of a path.")
    return _escape(text)


def _escape(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        # Replacing the half character would name another record.
        raise _refusal("text", f"{text!r} holds half of a surrogate pair.") from None


def _refusal(path: str, problem: str) -> Invalid:
    return Invalid(
        "The request cannot be written.",
        problems=[Problem(path, problem)],
        next_step="Correct the argument and call again; nothing was sent.",
    )
