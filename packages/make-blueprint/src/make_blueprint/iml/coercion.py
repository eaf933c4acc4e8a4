"""Conversions between the types of values (Make help, type coercion).

Where the table is silent the choice is ours and named at its place. Every function raises
`Refused` where Make reports a validation error.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from make_blueprint.iml.date_text import read_date
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.limits import bounded_text
from make_blueprint.iml.values import Number, Special, Value
from make_blueprint.iml.zones import EPOCH, aware

_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?\s*")
_EXACT = 2**53


def shown(value: Value) -> str:
    """A value as an error message quotes it, at most 60 characters of it."""
    text = "null" if value is None else f"{value!r}" if isinstance(value, bytes) else to_text(value)
    return f"'{text[:57]}...'" if len(text) > 60 else f"'{text}'"


# Numbers


def to_number(value: Value) -> Number:
    """A number, or the number that a text spells; `100 units` spells none."""
    if isinstance(value, bool):
        raise Refused(f"{shown(value)} is not a valid number")
    if isinstance(value, int | float) and math.isfinite(as_double(value)):
        return value
    if isinstance(value, str) and len(value) <= 400 and _NUMBER.fullmatch(value):
        return whole(float(value)) if len(value) > 15 or not value.isdecimal() else int(value)
    raise Refused(f"{shown(value)} is not a valid number")


def whole(number: Number) -> Number:
    """The same number, as an int when it has no fraction and fits a double exactly.

    Raises:
        Refused: The number is infinite or not a number.
    """
    if isinstance(number, int):
        if -_EXACT <= number <= _EXACT:
            return number
        number = as_double(number)
    if not math.isfinite(number):
        raise Refused("the result is not a finite number")
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


def as_double(number: Number) -> float:
    """The nearest double; a whole number beyond all doubles is infinite, as JavaScript reads it."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def to_integer(value: Value) -> int:
    """A number without its fraction, for positions, counts and parts of dates."""
    number = to_number(value)
    if not -_EXACT <= number <= _EXACT:
        raise Refused(f"{shown(value)} is out of range")
    return math.trunc(number)


def number_text(number: Number) -> str:
    """A number as JavaScript prints it: `3`, `0.1`, `1e+21`."""
    if isinstance(number, int) and abs(number) < 10**21:
        return str(number)
    number = as_double(number)
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "-Infinity" if number < 0 else "Infinity"
    exact = Decimal(repr(number))
    if number.is_integer() and abs(number) < 1e21:
        return str(int(exact))
    if -7 < exact.adjusted() < 21:
        return format(exact, "f")
    mantissa, _, exponent = f"{number!r}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{'-' if exponent[0] == '-' else '+'}{abs(int(exponent))}"


# Text


def to_text(value: Value) -> str:
    """Any value as text; null and keywords give the empty text, which is our choice."""
    match value:
        case str():
            return value
        case None | Special():
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case datetime():
            return iso(value)
        case bytes():
            return decoded(value)
        case list():
            # "if the array supports it": collections become JSON. The blank after the comma and
            # the treatment of other items are ours.
            return ", ".join(map(to_text, value))
        case _:
            return json_text(value)


def iso(date: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as `2020-01-02T03:04:05.000Z`."""
    return aware(date).astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def json_text(value: Value) -> str:
    """Compact JSON, with dates as ISO text."""
    text = json.dumps(_jsonable(value), ensure_ascii=False, separators=(",", ":"))
    bounded_text(len(text))
    return text


def _jsonable(value: Value) -> object:
    match value:
        case list():
            return [_jsonable(item) for item in value]
        case dict():
            return {key: _jsonable(item) for key, item in value.items()}
        case float():
            return (int(value) if value.is_integer() else value) if math.isfinite(value) else None
        case int() if not math.isfinite(as_double(value)):
            return None
        case datetime() | bytes():
            return to_text(value)
        case Special():
            return None
        case _:
            return value


def decoded(data: bytes) -> str:
    """A buffer read as UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused("the buffer is not UTF-8 text") from error


# Other types


def to_boolean(value: Value) -> bool:
    """Yes for every number, even 0; no for null, `false` and the empty text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value not in ("", "false")
    return value is not None and not isinstance(value, Special)


def to_buffer(value: Value) -> bytes:
    """The bytes of a buffer, or of the UTF-8 text of a simple value."""
    match value:
        case bytes():
            return value
        case bool() | int() | float() | str() | datetime():
            return to_text(value).encode(errors="replace")
        case None | Special():
            return b""
        case _:
            raise Refused(f"{shown(value)} is not a valid buffer")


def to_date(value: Value, timezone: str) -> datetime:
    """A date, in UTC when it is converted.

    A number counts milliseconds since 1970-01-01 UTC. That follows the current page; the OEM
    edition and older copies report a validation error instead.

    Args:
        value: The value to convert.
        timezone: Zone of texts that name none.
    """
    if isinstance(value, datetime):
        return aware(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return from_milliseconds(value)
    if isinstance(value, str):
        date = read_date(value, timezone)
        if date is not None:
            return date
    raise Refused(f"{shown(value)} is not a valid date")


def from_milliseconds(number: Number) -> datetime:
    """The instant so many milliseconds after 1970-01-01 UTC."""
    try:
        return EPOCH + timedelta(milliseconds=math.floor(number))
    except (OverflowError, ValueError) as error:
        raise Refused("the date is outside the years 1 to 9999") from error


def to_array(value: Value) -> list[Value]:
    """An array; null counts as an empty one.

    The table turns any other value into an array of one, but functions are reported to refuse it
    ("'3' is not a valid array" for a number), so this does too.
    """
    if isinstance(value, list):
        return value
    if value is None or isinstance(value, Special):
        return []
    raise Refused(f"{shown(value)} is not a valid array")


def to_collection(value: Value) -> dict[str, Value]:
    """A collection; null counts as an empty one."""
    if isinstance(value, dict):
        return value
    if value is None or isinstance(value, Special):
        return {}
    raise Refused(f"{shown(value)} is not a valid collection")
