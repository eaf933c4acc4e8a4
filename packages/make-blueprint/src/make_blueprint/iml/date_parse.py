"""Reading dates by format tokens (Make help, tokens for date parsing).

How strict Make is, nothing says. This follows moment.js in its forgiving mode: each token is
looked for behind the previous one, literal characters of the pattern are not compared, trailing
text is ignored, and at least one token must be found. Parts larger than the largest found default
to the current date, smaller ones to their first value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from make_blueprint.iml.coercion import from_milliseconds, shown
from make_blueprint.iml.date_format import MONTHS
from make_blueprint.iml.date_text import read_offset
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.limits import MAX_DATE
from make_blueprint.iml.zones import instant

_TOKENS = re.compile(
    r"""\[[^\[\]]*\]
    | YYYY|YY|Y | Q | MMMM|MMM|MM|M | DDDD|DDD|DD|Do|D | dddd|ddd | E | WW|W | GGGG|GG
    | HH|H|hh|h|kk|k | A|a | mm|m | ss|s | S{1,9} | ZZ|Z | X|x""",
    re.VERBOSE,
)

_SHAPES = {
    "YYYY": r"\d{1,4}",
    "Y": r"[-+]?\d{1,6}",
    "GGGG": r"\d{1,4}",
    "Q": r"[1-4]",
    "MMM": "|".join(MONTHS) + "|" + "|".join(name[:3] for name in MONTHS),
    "DDD": r"\d{1,3}",
    "DDDD": r"\d{3}",
    "Do": r"\d{1,2}(?:st|nd|rd|th)?",
    "ddd": r"(?:Sun|Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?)(?:day)?",
    "E": r"[1-7]",
    "A": r"[ap](?:\.?m\.?)?",
    "Z": r"Z|[-+]\d{2}:?\d{2}",
    "X": r"[-+]?\d{1,15}(?:\.\d{1,9})?",
    "x": r"[-+]?\d{1,18}",
}
_ALIASES = {"MMMM": "MMM", "dddd": "ddd", "a": "A", "ZZ": "Z"}
_TWO_DIGITS = re.compile(r"\d{1,2}", re.ASCII)
_READERS = {token: re.compile(shape, re.ASCII | re.IGNORECASE) for token, shape in _SHAPES.items()}
_MEANINGS = {
    "YY": "YYYY",
    "Y": "YYYY",
    "GG": "GGGG",
    "MM": "M",
    "MMM": "M",
    "DD": "D",
    "Do": "D",
} | {"DDDD": "DDD", "WW": "W", "HH": "H", "hh": "h", "kk": "k", "mm": "m", "ss": "s"}


@dataclass
class _Parts:
    """What was found, by the shortest token of the same meaning."""

    found: dict[str, str] = field(default_factory=dict[str, str])

    def number(self, token: str) -> int | None:
        text = self.found.get(token)
        return None if text is None else int(text)


def parse_date(text: str, pattern: str, at: tzinfo, today: date | None) -> datetime:
    """Read a date.

    Args:
        text: The text.
        pattern: Tokens and literal characters, as `DD.MM.YYYY HH:mm`.
        at: Zone of a text in which no offset token is found.
        today: Current date in that zone, for patterns without a year; None when unknown.

    Returns:
        The instant in UTC.

    Raises:
        Refused: The text has none of the tokens, or they make no date.
    """
    if len(text) > MAX_DATE or len(pattern) > MAX_DATE:
        raise Refused(f"a date and its format may have {MAX_DATE} characters at most")
    parts = _read(text, pattern)
    try:
        return _assemble(parts, at, today)
    except (ValueError, OverflowError) as error:
        if isinstance(error, Refused):
            raise
        raise _refusal(text, pattern) from error


def _refusal(text: str, pattern: str) -> Refused:
    return Refused(f"{shown(text)} is not a valid date in the format {shown(pattern)}")


def _read(text: str, pattern: str) -> _Parts:
    parts = _Parts()
    position = 0
    for token in _TOKENS.finditer(pattern):
        name = _ALIASES.get(token[0], token[0])
        if name[0] == "[":
            continue
        match = _reader(name).search(text, position)
        if match is not None:
            position = match.end()
            parts.found[_MEANINGS.get(name, name)] = _normal(name, match[0])
    if not parts.found:
        raise _refusal(text, pattern)
    return parts


def _reader(token: str) -> re.Pattern[str]:
    if token[0] == "S":
        return _fraction_reader(len(token))
    return _READERS.get(token, _TWO_DIGITS)


def _fraction_reader(digits: int) -> re.Pattern[str]:
    return re.compile(rf"\d{{1,{max(digits, 3)}}}", re.ASCII)


def _normal(token: str, text: str) -> str:
    match token:
        case "YY" | "YYYY" | "GG" | "GGGG" if len(text) <= 2:
            # moment's pivot: 69 and above belong to the last century.
            return str(int(text) + (1900 if int(text) >= 69 else 2000))
        case "MMM":
            return str([name[:3].lower() for name in MONTHS].index(text[:3].lower()) + 1)
        case "Do":
            return text.rstrip("stndrhSTNDRH")
        case _:
            return text


def _assemble(parts: _Parts, at: tzinfo, today: date | None) -> datetime:
    if "x" in parts.found:
        return from_milliseconds(int(parts.found["x"]))
    if "X" in parts.found:
        return from_milliseconds(round(float(parts.found["X"]) * 1000))
    day = _day(parts, today)
    local = datetime(day.year, day.month, day.day, tzinfo=at) + _time(parts)
    offset = parts.found.get("Z")
    return instant(local, read_offset(offset.upper()) if offset else at)


def _day(parts: _Parts, today: date | None) -> date:
    iso_week = parts.number("W")
    iso_year = parts.number("GGGG")
    if iso_week is not None or iso_year is not None:
        year = iso_year or parts.number("YYYY") or _current(today).year
        return date.fromisocalendar(year, iso_week or 1, parts.number("E") or 1)
    year = parts.number("YYYY")
    month = parts.number("M") or _quarter_month(parts)
    day = parts.number("D")
    year_day = parts.number("DDD")
    if year_day is not None:
        start = date(year if year is not None else _current(today).year, 1, 1)
        return _same_year(start, start + timedelta(days=year_day - 1))
    if year is None:
        current = _current(today)
        year = current.year
        if month is None:
            month = current.month
            day = current.day if day is None else day
    return date(year, 1 if month is None else month, 1 if day is None else day)


def _quarter_month(parts: _Parts) -> int | None:
    quarter = parts.number("Q")
    return None if quarter is None else quarter * 3 - 2


def _same_year(start: date, day: date) -> date:
    if day.year != start.year:
        raise ValueError("the day of the year is out of range")
    return day


def _current(today: date | None) -> date:
    if today is None:
        raise Refused("the format has no year and the scope has no current time")
    return today


def _time(parts: _Parts) -> timedelta:
    hour = _hour(parts)
    minute = parts.number("m") or 0
    second = parts.number("s") or 0
    fraction = next((value for name, value in parts.found.items() if name[0] == "S"), "")
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second)):
        raise ValueError("the time is out of range")
    thousandths = int(fraction.ljust(3, "0")[:3])
    return timedelta(hours=hour, minutes=minute, seconds=second, milliseconds=thousandths)


def _hour(parts: _Parts) -> int:
    hour = parts.number("H")
    if hour is None:
        hour = parts.number("h")
    if hour is None:
        hour = (parts.number("k") or 0) % 24
    half = parts.found.get("A")
    if half is None:
        return hour
    if half[0] in "pP":
        return hour + 12 if hour < 12 else hour
    return 0 if hour == 12 else hour
