"""JSON as a server written in JavaScript reads it, which is stricter than Python in some places."""

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any, NoReturn, cast

DEEPEST = 200
"""Levels of nesting; no blueprint comes near, and what is deeper could not be written again."""

LARGEST = 2**63 - 1
"""Whole numbers beyond it become doubles, as all numbers are in JavaScript."""


_HUGE = re.compile(r"[0-9](?:[0-9]{18}|[eE][+]?[0-9])")
_HUGE_BYTES = re.compile(_HUGE.pattern.encode())


def read_json(text: str | bytes) -> Any:
    """Parse JSON (RFC 8259).

    Args:
        text: The whole document.

    Raises:
        ValueError: It is no JSON: `NaN`, a number no double holds, half a surrogate pair (nothing
            that UTF-8 can carry), or nesting without end included.
    """
    loads = _loads_numbers if _holds_huge_number(text) else _loads
    try:
        value = loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    _refuse_endless(value)
    if _may_hold_half_a_pair(text):
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _holds_huge_number(text: str | bytes) -> bool:
    """Tell quickly whether a number may be too large; most documents have none."""
    found = _HUGE.search(text) if isinstance(text, str) else _HUGE_BYTES.search(text)
    return found is not None


def _whole(digits: str) -> int | float:
    number = int(digits) if len(digits) < len(str(LARGEST)) + 2 else None
    return number if number is not None and abs(number) <= LARGEST else _finite(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("number out of range")
    return number


def _refuse_endless(value: Any) -> None:
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [item for one in level for item in _inside(one) if type(item) in (dict, list)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).values()
    return cast("list[Any]", value) if isinstance(value, list) else ()


def _may_hold_half_a_pair(text: str | bytes) -> bool:
    """Half a pair can only arrive escaped, because UTF-8 does not carry it."""
    if isinstance(text, bytes):
        return b"\\ud" in text or b"\\uD" in text
    return "\\ud" in text or "\\uD" in text


_loads = partial(json.loads, parse_constant=_refuse)
_loads_numbers = partial(_loads, parse_int=_whole, parse_float=_finite)
