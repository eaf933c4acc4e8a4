"""Scheduling: when a scenario runs, in Make's own form (Make API reference, chapter 1.14).

Make keeps it beside the blueprint; clients that bundle both carry it as `scheduling` next to
`flow`. What the organization's plan allows is not judged here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from make_blueprint.document import JsonObject, JsonValue, as_list

_KINDS: dict[str, tuple[str, ...]] = {
    "immediately": (),
    "indefinitely": ("interval",),
    "once": ("date",),
    "daily": ("time",),
    "weekly": ("time", "days"),
    "monthly": ("time", "days"),
    "yearly": ("time", "days", "months"),
    "on-demand": (),
}
"""What each kind needs."""
_LIMITS = ("between", "restrict", "maximum_runs_per_minute")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_FULL_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def scheduling_problems(scheduling: JsonObject) -> Iterator[tuple[str, str]]:
    """Find every fault of a scheduling object.

    Args:
        scheduling: `{type, interval?, date?, time?, days?, months?, between?, restrict?,
            maximum_runs_per_minute?}`.

    Yields:
        The member at fault and one sentence on it.
    """
    kind = scheduling.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        yield "type", f"There is no scheduling type {kind!r:.60}; use {', '.join(_KINDS)}."
        return
    for name in _KINDS[kind]:
        if name not in scheduling:
            yield name, f"`{kind}` needs `{name}`: {_meaning(name, kind)}."
    for name, value in scheduling.items():
        if name == "type":
            continue
        if name not in (*_KINDS[kind], *_LIMITS):
            takes = ", ".join((*_KINDS[kind], *_LIMITS))
            yield name, f"`{kind}` takes no `{name:.60}`; it takes {takes}."
        elif not _fits(name, kind)(value):
            yield name, f"`{name}` must be {_meaning(name, kind)}."


def _meaning(name: str, kind: str) -> str:
    days = "weekdays from 0 (Sunday) to 6" if kind == "weekly" else "days of the month from 1 to 31"
    return {
        "interval": "a whole number of seconds from 60 on",
        "date": "a full date and time with its offset, as `2026-03-01T08:00:00Z`",
        "time": "a time of day, as `08:30`",
        "days": f"a list of {days}",
        "months": "a list of months from 1 to 12",
        "between": "a list of two dates, from and to",
        "restrict": "a list of windows {days?, months?, time?: [from, to]}",
        "maximum_runs_per_minute": "a whole number from 1 to 10000, or null",
    }[name]


def _fits(name: str, kind: str) -> Callable[[JsonValue], bool]:
    first, last = (0, 6) if kind == "weekly" else (1, 31)
    fits: dict[str, Callable[[JsonValue], bool]] = {
        "interval": lambda value: _whole(value, 60, None),
        "date": lambda value: _is_moment(value) and bool(_FULL_MOMENT.fullmatch(str(value))),
        "time": _is_clock,
        "days": lambda value: _numbers(value, first, last),
        "months": lambda value: _numbers(value, 1, 12),
        "between": lambda value: len(as_list(value)) == 2 and all(map(_is_moment, as_list(value))),
        "restrict": lambda value: isinstance(value, list) and all(map(_is_window, value)),
        "maximum_runs_per_minute": lambda value: value is None or _whole(value, 1, 10_000),
    }
    return fits[name]


def _whole(value: JsonValue, first: int, last: int | None) -> bool:
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return value >= first and (last is None or value <= last)


def _numbers(value: JsonValue, first: int, last: int) -> bool:
    return bool(as_list(value)) and all(_whole(item, first, last) for item in as_list(value))


def _is_clock(value: JsonValue) -> bool:
    return isinstance(value, str) and bool(_CLOCK.fullmatch(value))


def _is_moment(value: JsonValue) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_window(value: JsonValue) -> bool:
    if not isinstance(value, dict):
        return False
    time = as_list(value.get("time"))
    return (
        not value.keys() - {"days", "months", "time"}
        and ("days" not in value or _numbers(value["days"], 0, 6))
        and ("months" not in value or _numbers(value["months"], 1, 12))
        and ("time" not in value or (len(time) == 2 and all(map(_is_clock, time))))
    )
