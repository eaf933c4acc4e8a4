"""What Make answered, and how its JSON is read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, NoReturn, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

DEEPEST_JSON = 400
"""Levels of nesting that are read. Blueprints stay far below; what reads an answer may recurse."""


class JsonError(ValueError):
    """The bytes are not JSON that can be passed on: cut short, not finite, or too deep."""


@dataclass(frozen=True, slots=True)
class RawBody:
    """A request body that is not JSON.

    Custom-app sections travel as `application/jsonc`, code as `application/javascript`, the readme
    as `text/markdown`, icons as `image/png` (Make API reference, chapter 1.4).

    Attributes:
        content: The bytes to send.
        media_type: Their `Content-Type`.
    """

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer of Make.

    Attributes:
        status: HTTP status; 404 only when `already_done`.
        json: The parsed body when it is `application/json`, else None.
        headers: Response headers, names in lower case.
        elapsed_ms: Milliseconds from the first try to the last byte, waits included.
        request_id: Make's id of the request, when it sent one.
        truncated: True when a body that is not JSON was cut at the byte budget.
        body: The bytes of an answer that is not JSON, empty otherwise.
        tries: Requests that were sent to get this answer, the successful one included.
        already_done: True when a repeated DELETE found nothing left: a try whose answer was lost
            had deleted it.
        note: The sentence to pass on about how this answer came to be, or "".
    """

    status: int
    json: JsonValue = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    elapsed_ms: int = 0
    request_id: str | None = None
    truncated: bool = False
    body: bytes = field(default=b"", repr=False)
    tries: int = 1
    already_done: bool = False
    note: str = ""

    @property
    def text(self) -> str:
        """The body of an answer that is not JSON, as text."""
        return self.body.decode("utf-8", errors="replace")


def media_type(headers: Mapping[str, str]) -> str:
    """Read the bare media type of a message, "" when it names none."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def read_json(data: bytes) -> JsonValue:
    """Parse JSON strictly: no NaN, no infinite numbers, at most `DEEPEST_JSON` levels.

    Raises:
        JsonError: When it is malformed, cut short, not UTF-8, not finite or too deep.
    """
    try:
        value = cast(
            "JsonValue", json.loads(data, parse_constant=_refuse_constant, parse_float=_finite)
        )
    except RecursionError:
        raise JsonError(f"nested deeper than {DEEPEST_JSON} levels") from None
    except UnicodeDecodeError as error:
        raise JsonError("not UTF-8") from error
    except json.JSONDecodeError as error:
        raise JsonError(f"{error.msg} at byte {error.pos} of {len(data)}") from error
    except ValueError as error:
        raise JsonError(str(error)) from error
    _refuse_depth(value)
    return value


def write_json(value: JsonValue) -> bytes:
    """Write a request body.

    Raises:
        JsonError: When it holds NaN or an infinite number, or is nested too deep.
    """
    try:
        _refuse_depth(value)
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:
        raise JsonError(str(error)) from error


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"the number {word}")


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError(f"the number {digits[:40]}, which is too large")
    return number


def _refuse_depth(value: JsonValue) -> None:
    """Walk level by level, not recursively: the walk itself must survive a hostile depth."""
    level: list[list[JsonValue] | dict[str, JsonValue]] = []
    if isinstance(value, (list, dict)):
        level.append(value)
    depth = 0
    while level:
        depth += 1
        if depth > DEEPEST_JSON:
            raise JsonError(f"nested deeper than {DEEPEST_JSON} levels")
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (list, dict))
        ]
