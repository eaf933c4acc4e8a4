"""Date functions (Make help, date and time functions).

Calendar parts belong to the time zone of the organization unless a zone is given. Where a step
would leave a month, the day moves to the month's end, which is a guess.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from make_blueprint.iml.coercion import shown, to_integer
from make_blueprint.iml.date_format import MONTHS, WEEKDAYS, format_date, weekday
from make_blueprint.iml.date_parse import parse_date
from make_blueprint.iml.errors import Refused
from make_blueprint.iml.library.registry import Whole, function
from make_blueprint.iml.scope import Scope
from make_blueprint.iml.values import Number, Value
from make_blueprint.iml.zones import instant, known_zone, milliseconds, zone


@function("formatDate")
def format_date_(
    date: datetime, pattern: str, timezone: str | None = None, *, scope: Scope
) -> Value:
    """A date as text by format tokens, in the organization's zone unless a known one is given."""
    return format_date(date, pattern, _zone(timezone, scope))


@function("parseDate")
def parse_date_(text: str, pattern: str, timezone: str | None = None, *, scope: Scope) -> Value:
    """The date a text spells by format tokens; a missing time is midnight."""
    at = _zone(timezone, scope)
    today = None if scope.now is None else scope.clock().astimezone(at).date()
    return parse_date(text, pattern, at, today)


@function("addSeconds")
def add_seconds(date: datetime, count: Number) -> Value:
    """The date so many seconds later."""
    return date + timedelta(seconds=count)


@function("addMinutes")
def add_minutes(date: datetime, count: Number) -> Value:
    """The date so many minutes later."""
    return date + timedelta(minutes=count)


@function("addHours")
def add_hours(date: datetime, count: Number) -> Value:
    """The date so many hours later."""
    return date + timedelta(hours=count)


@function("addDays")
def add_days(date: datetime, count: Whole, *, scope: Scope) -> Value:
    """The same clock time so many days later."""
    return _shift(date, scope, lambda local: local + timedelta(days=count))


@function("addMonths")
def add_months(date: datetime, count: Whole, *, scope: Scope) -> Value:
    """The same day and clock time so many months later."""
    return _shift(date, scope, lambda local: _to_month(local, local.year, local.month + count))


@function("addYears")
def add_years(date: datetime, count: Whole, *, scope: Scope) -> Value:
    """The same day and clock time so many years later."""
    return _shift(date, scope, lambda local: _to_month(local, local.year + count, local.month))


@function("setSecond")
def set_second(date: datetime, second: Whole, *, scope: Scope) -> Value:
    """The date with another second; outside 0 to 59 it spills into other minutes."""
    return _shift(date, scope, lambda local: local.replace(second=0) + timedelta(seconds=second))


@function("setMinute")
def set_minute(date: datetime, minute: Whole, *, scope: Scope) -> Value:
    """The date with another minute; outside 0 to 59 it spills into other hours."""
    return _shift(date, scope, lambda local: local.replace(minute=0) + timedelta(minutes=minute))


@function("setHour")
def set_hour(date: datetime, hour: Whole, *, scope: Scope) -> Value:
    """The date with another hour; outside 0 to 23 it spills into other days."""
    return _shift(date, scope, lambda local: local.replace(hour=0) + timedelta(hours=hour))


@function("setDay")
def set_day(date: datetime, day: Value, *, scope: Scope) -> Value:
    """The date on another day of its week: Sunday 1 to Saturday 7, or an English name."""
    number = _named(day, WEEKDAYS)
    return _shift(date, scope, lambda local: local + timedelta(days=number - 1 - weekday(local)))


@function("setDate")
def set_date(date: datetime, day: Whole, *, scope: Scope) -> Value:
    """The date on another day of its month; outside the month it spills into others."""
    return _shift(date, scope, lambda local: local.replace(day=1) + timedelta(days=day - 1))


@function("setMonth")
def set_month(date: datetime, month: Value, *, scope: Scope) -> Value:
    """The date in another month, 1 to 12 or an English name; outside it spills into other years."""
    number = _named(month, MONTHS)
    return _shift(date, scope, lambda local: _to_month(local, local.year, number))


@function("setYear")
def set_year(date: datetime, year: Whole, *, scope: Scope) -> Value:
    """The date in another year."""
    return _shift(date, scope, lambda local: _to_month(local, year, local.month))


@function("dateDifference", undocumented=True)
def date_difference(
    first: datetime, second: datetime, unit: str | None = None, *, scope: Scope
) -> Value:
    """The first date minus the second, in whole units; milliseconds by default.

    Documented for the OEM edition; one page of Make's skills names it, no reference page does.
    """
    name = unit or "milliseconds"
    if name == "months":
        at = zone(scope.timezone)
        return _months(first.astimezone(at), second.astimezone(at))
    if name not in _UNITS:
        raise Refused(f"{shown(name)} is not a unit of time")
    elapsed = milliseconds(first) - milliseconds(second)
    return int(elapsed / _UNITS[name])


_UNITS = {
    "milliseconds": 1,
    "seconds": 1_000,
    "minutes": 60_000,
    "hours": 3_600_000,
    "days": 86_400_000,
    "weeks": 604_800_000,
}


def _zone(name: str | None, scope: Scope) -> tzinfo:
    """The named zone; an unknown name is ignored, as the OEM edition documents."""
    return (known_zone(name) if name else None) or zone(scope.timezone)


def _shift(date: datetime, scope: Scope, change: Callable[[datetime], datetime]) -> datetime:
    """Change the local clock time of a date in the organization's zone."""
    at = zone(scope.timezone)
    local = date.astimezone(at).replace(tzinfo=None)
    return instant(change(local).replace(fold=local.fold), at)


def _to_month(local: datetime, year: int, month: int) -> datetime:
    """The same day of another month, or that month's last; months outside 1 to 12 spill over."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    if not 1 <= year <= 9999:
        raise Refused("the date is outside the years 1 to 9999")
    return local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))


def _named(value: Value, names: list[str]) -> int:
    """The number of a month or weekday given as number, English name or its first letters."""
    if isinstance(value, str) and len(value) >= 3 and value.isalpha():
        for number, name in enumerate(names, 1):
            if value.lower() in (name.lower(), name[:3].lower()):
                return number
    return to_integer(value)


def _months(first: datetime, second: datetime) -> int:
    """Whole months from the second date to the first, toward zero."""
    if first < second:
        return -_months(second, first)
    months = (first.year - second.year) * 12 + first.month - second.month
    is_short = first.replace(tzinfo=UTC) < _to_month(
        second.replace(tzinfo=UTC), first.year, first.month
    )
    return months - is_short
