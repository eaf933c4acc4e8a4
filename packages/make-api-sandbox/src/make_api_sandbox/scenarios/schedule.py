"""When a scenario runs next (Make API reference, chapter 1.14)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.shapes import JsonObject

DEFAULT_INTERVAL = 900
"""Seconds between runs when `interval` is absent."""

LOOK_AHEAD = timedelta(days=366 * 5)
"""How far ahead a run is looked for, far enough for 29 February."""

UNPLANNED = ("immediately", "on-demand")
"""Kinds that never run by the clock."""


def next_run(
    scheduling: JsonObject, after: datetime, zone: ZoneInfo, *, last: datetime | None = None
) -> datetime | None:
    """Find the next moment at which a scenario is due.

    Args:
        scheduling: The scenario's scheduling.
        after: The run lies strictly after this moment.
        zone: Time zone of the organization; times of day are meant in it.
        last: Start of the previous run; intervals count from it.

    Returns:
        The moment in UTC; None when the scenario never runs by itself (again).
    """
    kind = scheduling.get("type")
    if kind in UNPLANNED:
        return None
    if kind == "once":
        moment = parse_stamp(str(scheduling["date"]))
        return moment.astimezone(UTC) if moment > after else None
    candidates = (
        _steps(scheduling, after, last)
        if kind == "indefinitely"
        else _days(scheduling, after, zone)
    )
    for moment in candidates:
        found = moment if kind != "indefinitely" else _into_window(scheduling, moment, zone)
        if found is None or _is_over(scheduling, found):
            return None
        if _is_open(scheduling, found, zone):
            return found.astimezone(UTC)
    return None


def _steps(scheduling: JsonObject, after: datetime, last: datetime | None) -> Iterator[datetime]:
    interval = timedelta(seconds=int(scheduling.get("interval") or DEFAULT_INTERVAL))
    start = last or after
    skipped = max(0, (after - start) // interval)
    moment = start + interval * (skipped + 1)
    begins = _bound(scheduling, 0)
    yield max(moment, begins) if begins else moment


def _days(scheduling: JsonObject, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Every moment of the right time of day on a fitting day."""
    at = time.fromisoformat(str(scheduling.get("time") or "00:00"))
    begins = _bound(scheduling, 0)
    start = max(after, begins) if begins else after
    day = start.astimezone(zone).date()
    last = day + LOOK_AHEAD
    while day <= last:
        moment = datetime.combine(day, at, zone)
        if _fits(scheduling, day) and moment > after:
            yield moment
        day += timedelta(days=1)


def _fits(scheduling: JsonObject, day: date) -> bool:
    days = _numbers(scheduling.get("days"))
    match scheduling.get("type"):
        case "weekly":
            return day.isoweekday() % 7 in days
        case "monthly":
            return day.day in days
        case "yearly":
            return day.day in days and day.month in _numbers(scheduling.get("months"))
        case _:
            return True


def _numbers(value: Any) -> list[int]:
    return cast("list[int]", value) if isinstance(value, list) else []


def _bound(scheduling: JsonObject, side: int) -> datetime | None:
    between = scheduling.get("between")
    if not isinstance(between, list) or len(cast("list[Any]", between)) != 2:
        return None
    text = cast("list[Any]", between)[side]
    return parse_stamp(str(text)) if text else None


def _is_over(scheduling: JsonObject, moment: datetime) -> bool:
    ends = _bound(scheduling, 1)
    return ends is not None and moment > ends


def _windows(scheduling: JsonObject) -> list[JsonObject]:
    restrict = scheduling.get("restrict")
    return cast("list[JsonObject]", restrict) if isinstance(restrict, list) else []


def _is_open(scheduling: JsonObject, moment: datetime, zone: ZoneInfo) -> bool:
    """Tell whether any window of `restrict` is open; without windows it always is."""
    windows = _windows(scheduling)
    local = moment.astimezone(zone)
    return not windows or any(_opens(window, local) for window in windows)


def _opens(window: JsonObject, local: datetime) -> bool:
    if not _is_day_of(window, local.date()):
        return False
    begins, ends = _hours(window)
    return begins <= local.time() <= ends


def _is_day_of(window: JsonObject, day: date) -> bool:
    days, months = _numbers(window.get("days")), _numbers(window.get("months"))
    return (not days or day.isoweekday() % 7 in days) and (not months or day.month in months)


def _hours(window: JsonObject) -> tuple[time, time]:
    hours = window.get("time")
    if not isinstance(hours, list) or len(cast("list[Any]", hours)) != 2:
        return time.min, time.max
    begins, ends = cast("list[Any]", hours)
    return time.fromisoformat(str(begins)), time.fromisoformat(str(ends))


def _into_window(scheduling: JsonObject, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """Move an interval run that falls outside of every window to the next opening."""
    if _is_open(scheduling, moment, zone):
        return moment
    day = moment.astimezone(zone).date()
    for _ in range(LOOK_AHEAD.days):
        openings = [
            datetime.combine(day, _hours(window)[0], zone)
            for window in _windows(scheduling)
            if _is_day_of(window, day)
        ]
        later = [opening for opening in openings if opening > moment]
        if later:
            return min(later)
        day += timedelta(days=1)
    return None
