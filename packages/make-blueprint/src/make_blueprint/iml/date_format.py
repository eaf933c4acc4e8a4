"""Writing dates by format tokens (Make help, tokens for date formatting).

The token set is moment.js's. Guesses, for want of a statement: `[text]` is literal, names are
English, and the locale week starts on Sunday with January 1 in week 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo

from make_blueprint.iml.zones import milliseconds

MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

_TOKENS = re.compile(
    r"""\[[^\[\]]*\]
    | YYYY|YY|Y | Qo|Q | MMMM|MMM|MM|Mo|M | DDDD|DDDo|DDD|DD|Do|D
    | dddd|ddd|dd|do|d | E | wo|ww|w | Wo|WW|W | gggg|gg | GGGG|GG
    | HH|H|hh|h|kk|k | A|a | mm|m | ss|s | S{1,9} | ZZ|Z | X|x""",
    re.VERBOSE,
)


def format_date(value: datetime, pattern: str, at: tzinfo) -> str:
    """Write a date.

    Args:
        value: An aware date.
        pattern: Tokens and literal characters, as `YYYY-MM-DDTHH:mm:ssZ`.
        at: Zone whose clock and calendar are shown.
    """
    local = value.astimezone(at)
    return _TOKENS.sub(lambda match: _write(match[0], local), pattern)


def _write(token: str, local: datetime) -> str:
    if token[0] == "[":
        return token[1:-1]
    if token[0] == "S":
        return f"{local.microsecond // 1000:03d}000000"[: len(token)]
    return _WRITERS[token](local)


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `11th`."""
    suffix = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def weekday(day: date) -> int:
    """Day of the week, Sunday 0 to Saturday 6."""
    return day.isoweekday() % 7


def _locale_week(day: date) -> tuple[int, int]:
    """Week year and week, with Sunday first and January 1 in week 1."""
    saturday = day.toordinal() + 6 - weekday(day)
    year = day.year
    if saturday >= date(day.year, 12, 31).toordinal() + 1:
        year += 1
    start = date(year, 1, 1).toordinal() if year <= 9999 else saturday
    sunday_before = start - start % 7
    return year, (saturday - sunday_before) // 7 + 1


def _offset(local: datetime) -> str:
    offset = local.utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _quarter(local: datetime) -> int:
    return (local.month + 2) // 3


def _day_of_year(local: datetime) -> int:
    return local.timetuple().tm_yday


_WRITERS: dict[str, Callable[[datetime], str]] = {
    "Y": lambda t: str(t.year),
    "YY": lambda t: f"{t.year % 100:02d}",
    "YYYY": lambda t: f"{t.year:04d}",
    "Q": lambda t: str(_quarter(t)),
    "Qo": lambda t: ordinal(_quarter(t)),
    "M": lambda t: str(t.month),
    "Mo": lambda t: ordinal(t.month),
    "MM": lambda t: f"{t.month:02d}",
    "MMM": lambda t: MONTHS[t.month - 1][:3],
    "MMMM": lambda t: MONTHS[t.month - 1],
    "D": lambda t: str(t.day),
    "Do": lambda t: ordinal(t.day),
    "DD": lambda t: f"{t.day:02d}",
    "DDD": lambda t: str(_day_of_year(t)),
    "DDDo": lambda t: ordinal(_day_of_year(t)),
    "DDDD": lambda t: f"{_day_of_year(t):03d}",
    "d": lambda t: str(weekday(t)),
    "do": lambda t: ordinal(weekday(t)),
    "dd": lambda t: WEEKDAYS[weekday(t)][:2],
    "ddd": lambda t: WEEKDAYS[weekday(t)][:3],
    "dddd": lambda t: WEEKDAYS[weekday(t)],
    "E": lambda t: str(t.isoweekday()),
    "w": lambda t: str(_locale_week(t)[1]),
    "wo": lambda t: ordinal(_locale_week(t)[1]),
    "ww": lambda t: f"{_locale_week(t)[1]:02d}",
    "W": lambda t: str(t.isocalendar().week),
    "Wo": lambda t: ordinal(t.isocalendar().week),
    "WW": lambda t: f"{t.isocalendar().week:02d}",
    "gg": lambda t: f"{_locale_week(t)[0] % 100:02d}",
    "gggg": lambda t: f"{_locale_week(t)[0]:04d}",
    "GG": lambda t: f"{t.isocalendar().year % 100:02d}",
    "GGGG": lambda t: f"{t.isocalendar().year:04d}",
    "H": lambda t: str(t.hour),
    "HH": lambda t: f"{t.hour:02d}",
    "h": lambda t: str((t.hour + 11) % 12 + 1),
    "hh": lambda t: f"{(t.hour + 11) % 12 + 1:02d}",
    "k": lambda t: str((t.hour + 23) % 24 + 1),
    "kk": lambda t: f"{(t.hour + 23) % 24 + 1:02d}",
    "A": lambda t: "AM" if t.hour < 12 else "PM",
    "a": lambda t: "am" if t.hour < 12 else "pm",
    "m": lambda t: str(t.minute),
    "mm": lambda t: f"{t.minute:02d}",
    "s": lambda t: str(t.second),
    "ss": lambda t: f"{t.second:02d}",
    "Z": _offset,
    "ZZ": lambda t: _offset(t).replace(":", ""),
    "X": lambda t: str(milliseconds(t) // 1000),
    "x": lambda t: str(milliseconds(t)),
}
