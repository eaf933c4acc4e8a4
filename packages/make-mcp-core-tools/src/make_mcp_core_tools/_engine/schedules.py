"""Schedules in plain words: `every 15 minutes`, `weekly on Monday at 09:00`, and Make's form of it.

Make's scheduling object: Make API reference, chapter 1.14. Times of day are meant in the time zone
of the organization.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from make_mcp_base.authoring import Document, Input, Output, Problem, Timestamp
from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from make_mcp_base.authoring import Make

Kind = Literal["immediately", "every", "daily", "weekly", "monthly", "yearly", "once", "on_demand"]
Weekday = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
WEEKDAYS: tuple[Weekday, ...] = (
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
)
MAKE_TYPES: dict[Kind, str] = {
    "immediately": "immediately",
    "every": "indefinitely",
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
    "yearly": "yearly",
    "once": "once",
    "on_demand": "on-demand",
}
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_LOOK_AHEAD = timedelta(days=366 * 5)
_USUAL_RUNS_PER_MINUTE = 100
_MOST_CANDIDATES = 100_000
_WANTED: dict[Kind, tuple[str, ...]] = {
    "every": ("interval_minutes",),
    "daily": ("time",),
    "weekly": ("time", "days"),
    "monthly": ("time", "days"),
    "yearly": ("time", "days", "months"),
    "once": ("date",),
}


_BY_CLOCK: tuple[Kind, ...] = ("every", "daily", "weekly", "monthly", "yearly")


class Window(Input):
    days: list[Weekday] = []
    """Days it is open; empty means all."""
    from_time: str = Field(default="00:00", pattern=_CLOCK)
    """Opens, HH:MM."""
    to_time: str = Field(default="23:59", pattern=_CLOCK)
    """Closes, HH:MM."""


class Schedule(Input):
    """When a scenario runs."""

    kind: Kind
    """`immediately`: when data arrives at its webhook; `every` needs interval_minutes; `daily`,
    `weekly`, `monthly`, `yearly` need time; `once` needs date; `on_demand`: only when called."""
    interval_minutes: int | None = Field(default=None, ge=1, le=525_600)
    """For `every`."""
    time: str | None = Field(default=None, pattern=_CLOCK)
    """Time of day, HH:MM."""
    days: list[Weekday | int] = []
    """Weekly: weekday names; monthly and yearly: days of the month 1-31."""
    months: list[int] = []
    """Yearly: 1-12."""
    date: Timestamp | None = None
    """For `once`: date and time."""
    timezone: str | None = None
    """IANA name the times are given in; default: the organization's."""


class FullSchedule(Schedule):
    """A schedule with its limits."""

    starts_at: Timestamp | None = None
    """No run before."""
    ends_at: Timestamp | None = None
    """No run after; needs starts_at."""
    windows: list[Window] = []
    """Hours in which `every` may run."""
    max_runs_per_minute: int | None = Field(default=None, ge=1, le=10_000)
    """For webhooks: runs started in a minute at most."""


@dataclass(slots=True)
class Translated:
    """A schedule in Make's form.

    Attributes:
        scheduling: What is sent.
        problems: Everything that is wrong with it.
        notes: What was converted or should be known.
    """

    scheduling: Document = field(default_factory=dict[str, Any])
    problems: list[Problem] = field(default_factory=list[Problem])
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Place:
    """What an organization lays down for schedules.

    Attributes:
        zone: Its time zone.
        minimum_minutes: Shortest interval of its plan; 0 when the licence does not say.
        on_demand: False when the plan has no on-demand scheduling.
    """

    zone: ZoneInfo
    minimum_minutes: int = 0
    on_demand: bool = True


class _Timezone(Output):
    id: int
    code: str


class _Timezones(Output):
    timezones: list[_Timezone]


async def place_of(make: Make, team_id: int) -> Place:
    """Tell what the organization of a team lays down for schedules."""
    organization = (await make.account()).organization_of(team_id)
    if organization is None:
        return Place(ZoneInfo("UTC"))
    answer = await make.get("/enums/timezones", into=_Timezones, fresh_for=86_400)
    codes = {zone.id: zone.code for zone in answer.timezones}
    code = codes.get(organization.timezone_id or 0, "UTC")
    license = organization.license
    minimum = license.get("interval")
    return Place(
        ZoneInfo(code),
        int(minimum) if isinstance(minimum, int) else 0,
        license.get("onDemandScheduling") is not False,
    )


def translate(schedule: Schedule, place: Place, *, instant: bool, path: str = "") -> Translated:
    """Write a schedule in Make's form and find everything that is wrong with it.

    Args:
        schedule: As the caller gave it.
        place: The organization's time zone and limits.
        instant: Whether the scenario begins with a webhook or another instant trigger.
        path: Name of the argument it came in, with a dot behind it.
    """
    result = Translated({"type": MAKE_TYPES[schedule.kind]})
    for name in _WANTED.get(schedule.kind, ()):
        if not getattr(schedule, name):
            result.problems.append(Problem(f"{path}{name}", f"`{schedule.kind}` needs it."))
    _refuse_unused(schedule, result, path)
    _refuse_limits(schedule, place, result, path, instant=instant)
    if not result.problems:
        _fill(schedule, place, result, path)
    if not result.problems and schedule.kind in _BY_CLOCK:
        _refuse_never(schedule, place, result, path)
    return result


def _refuse_never(schedule: Schedule, place: Place, result: Translated, path: str) -> None:
    if not next_runs(result.scheduling, place.zone, datetime.now(UTC), 1):
        text = "By this schedule it never runs: no moment fits its days, windows, start and end."
        result.problems.append(Problem(f"{path}kind", text))


def _refuse_unused(schedule: Schedule, result: Translated, path: str) -> None:
    wanted = _WANTED.get(schedule.kind, ())
    for name in ("interval_minutes", "time", "days", "months", "date"):
        if getattr(schedule, name) and name not in wanted:
            text = f"`{schedule.kind}` takes no `{name}`."
            result.problems.append(Problem(f"{path}{name}", text, "Leave it out."))
    if not isinstance(schedule, FullSchedule):
        return
    if schedule.windows and schedule.kind != "every":
        text = "Windows limit an interval."
        result.problems.append(Problem(f"{path}windows", text, "Use kind `every`."))
    if any(window.from_time >= window.to_time for window in schedule.windows):
        text, fix = "A window closes before it opens.", "Split it at midnight into two."
        result.problems.append(Problem(f"{path}windows", text, fix))
    if schedule.ends_at and not schedule.starts_at:
        text = "An end needs a beginning."
        result.problems.append(Problem(f"{path}ends_at", text, "Add starts_at."))


def _refuse_limits(
    schedule: Schedule, place: Place, result: Translated, path: str, *, instant: bool
) -> None:
    minutes = schedule.interval_minutes
    if minutes and minutes < place.minimum_minutes:
        text = f"The plan's shortest interval is {place.minimum_minutes} minutes."
        fix = f"Send {place.minimum_minutes} or more."
        result.problems.append(Problem(f"{path}interval_minutes", text, fix))
    if schedule.kind == "immediately" and not instant:
        text = "The scenario does not begin with an instant trigger, so nothing would start it."
        fix = "Use `every` with interval_minutes, or `on_demand`."
        result.problems.append(Problem(f"{path}kind", text, fix))
    if schedule.kind == "on_demand" and not place.on_demand:
        text = "The organization's plan has no on-demand scheduling."
        result.problems.append(Problem(f"{path}kind", text))
    if schedule.kind == "every" and instant:
        result.notes.append(
            "The scenario begins with a webhook: with an interval, data waits in its queue until"
            " the next run, and some zones refuse to activate it (“Invalid interval”)."
        )


def _fill(schedule: Schedule, place: Place, result: Translated, path: str) -> None:
    given = _zone(schedule.timezone, place, result, path)
    if schedule.interval_minutes:
        result.scheduling["interval"] = schedule.interval_minutes * 60
    if schedule.kind == "once" and schedule.date:
        result.scheduling["date"] = _moment(schedule.date, given)
        if schedule.date.replace(tzinfo=schedule.date.tzinfo or given) <= datetime.now(UTC):
            result.problems.append(Problem(f"{path}date", "This moment has passed."))
    if schedule.time:
        _fill_time(schedule, given, place, result, path)
    if schedule.months:
        if not all(1 <= month <= 12 for month in schedule.months):
            result.problems.append(Problem(f"{path}months", "Months are 1 to 12."))
        result.scheduling["months"] = sorted(set(schedule.months))
    if isinstance(schedule, FullSchedule):
        _fill_limits(schedule, given, result)


def _fill_limits(schedule: FullSchedule, given: ZoneInfo, result: Translated) -> None:
    if schedule.starts_at:
        ends = schedule.ends_at or datetime(2099, 12, 31, tzinfo=UTC)
        result.scheduling["between"] = [_moment(schedule.starts_at, given), _moment(ends, given)]
    if schedule.windows:
        result.scheduling["restrict"] = [_window(window) for window in schedule.windows]
    if schedule.max_runs_per_minute:
        result.scheduling["maximum_runs_per_minute"] = schedule.max_runs_per_minute


def _zone(name: str | None, place: Place, result: Translated, path: str) -> ZoneInfo:
    if name is None:
        return place.zone
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        text = f"`{name}` is no time zone."
        result.problems.append(Problem(f"{path}timezone", text, "Use a name as `Europe/Paris`."))
        return place.zone


def _fill_time(
    schedule: Schedule, given: ZoneInfo, place: Place, result: Translated, path: str
) -> None:
    at, shift = _converted(schedule.time or "", given, place.zone, datetime.now(UTC))
    later = _converted(
        schedule.time or "", given, place.zone, datetime.now(UTC) + timedelta(days=182)
    )
    result.scheduling["time"] = at
    if given.key != place.zone.key:
        result.notes.append(f"{schedule.time} {given.key} is {at} {place.zone.key}.")
        if later != (at, shift):
            result.notes.append("The two zones change their clocks differently; check it then.")
    if schedule.kind == "weekly":
        result.scheduling["days"] = _weekdays(schedule.days, shift, result, path)
    elif schedule.days:
        result.scheduling["days"] = _month_days(schedule.days, shift, result, path)


def _converted(clock: str, given: ZoneInfo, wanted: ZoneInfo, on: datetime) -> tuple[str, int]:
    """Give a time of day in another zone, and by how many days its date moves."""
    day = on.astimezone(given).date()
    moment = datetime.combine(day, time.fromisoformat(clock), given).astimezone(wanted)
    return moment.strftime("%H:%M"), (moment.date() - day).days


def _weekdays(days: Sequence[str | int], shift: int, result: Translated, path: str) -> list[int]:
    numbers: set[int] = set()
    for day in days:
        number = WEEKDAYS.index(cast("Weekday", day)) if isinstance(day, str) else day
        if not 0 <= number <= 6:
            fix = "Use names, or 0 (Sunday) to 6."
            result.problems.append(Problem(f"{path}days", f"There is no weekday {day}.", fix))
        numbers.add((number + shift) % 7)
    return sorted(numbers)


def _month_days(days: Sequence[str | int], shift: int, result: Translated, path: str) -> list[int]:
    numbers = [day for day in days if isinstance(day, int)]
    if len(numbers) < len(days) or not all(1 <= day <= 31 for day in numbers):
        result.problems.append(Problem(f"{path}days", "Days of the month are 1 to 31."))
    if shift:
        text = "In the organization's time zone this time falls on another day of the month."
        fix = "Give time and days in the organization's time zone, without `timezone`."
        result.problems.append(Problem(f"{path}timezone", text, fix))
    return sorted(set(numbers))


def _window(window: Window) -> Document:
    found: Document = {"time": [window.from_time, window.to_time]}
    if window.days:
        found["days"] = sorted(WEEKDAYS.index(day) for day in window.days)
    return found


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    aware = moment.replace(tzinfo=moment.tzinfo or zone)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# In words


def in_words(scheduling: Document) -> str:
    """Say a scheduling object in plain words; the list of scenarios shows only parts of it."""
    return ", ".join([_rhythm(scheduling), *_limits(scheduling)])


def _limits(scheduling: Document) -> Iterator[str]:
    for window in cast("list[Document]", scheduling.get("restrict") or []):
        days = _named_days(cast("list[int]", window.get("days") or []))
        months = ", ".join(map(str, window.get("months") or []))
        hours = " to ".join(map(str, window.get("time") or []))
        parts = (days, months and f"month {months}", hours)
        yield f"within {' '.join(part for part in parts if part)}"
    between = cast("list[Any]", scheduling.get("between") or [])
    if len(between) == 2:
        yield f"from {between[0]} until {between[1]}"
    limit = scheduling.get("maximum_runs_per_minute")
    if limit and limit != _USUAL_RUNS_PER_MINUTE:
        yield f"at most {limit} a minute"


def _named_days(days: list[int]) -> str:
    """Name weekdays; three or more in a row by the first and the last."""
    names = [WEEKDAYS[day % 7].capitalize() for day in days]
    if len(days) > 2 and days == [*range(days[0], days[0] + len(days))]:
        return f"{names[0]} to {names[-1]}"
    return ", ".join(names)


def _rhythm(scheduling: Document) -> str:
    kind, at = scheduling.get("type"), scheduling.get("time")
    when = f" at {at}" if at else ""
    days = [day for day in cast("list[Any]", scheduling.get("days") or []) if isinstance(day, int)]
    match kind:
        case "immediately":
            return "when data arrives"
        case "on-demand":
            return "on demand"
        case "indefinitely":
            return f"every {_span(scheduling.get('interval'))}"
        case "weekly":
            names = _named_days(days)
            return f"weekly{f' on {names}' if names else ''}{when}"
        case "once":
            return f"once at {scheduling.get('date')}" if scheduling.get("date") else "once"
        case "monthly" | "yearly":
            on = f" on day {', '.join(map(str, days))}" if days else ""
            months = cast("list[Any]", scheduling.get("months") or [])
            of = f" of month {', '.join(map(str, months))}" if months else ""
            return f"{kind}{on}{of}{when}"
        case None:
            return "not scheduled"
        case _:
            return f"{kind}{when}"


def _span(seconds: object) -> str:
    total = seconds if isinstance(seconds, int) else 900
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if total % size == 0:
            count = total // size
            return word if count == 1 else f"{count} {word}s"
    return f"{total} seconds"


# Next runs


def next_runs(
    scheduling: Document, zone: ZoneInfo, after: datetime, count: int = 5
) -> list[datetime]:
    """Compute the next moments a scenario will run.

    Args:
        scheduling: Make's scheduling object.
        zone: Time zone of the organization.
        after: Runs lie after this moment; an interval counts from here.
        count: How many.

    Returns:
        The moments in the organization's zone; none for scenarios that do not run by the clock.
    """
    runs: list[datetime] = []
    for moment in islice(_candidates(scheduling, zone, after), _MOST_CANDIDATES):
        if moment - after > _LOOK_AHEAD or _over(scheduling, moment):
            break
        if _open(scheduling, moment.astimezone(zone)):
            runs.append(moment.astimezone(zone))
        if len(runs) == count:
            break
    return runs


def _candidates(scheduling: Document, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    match scheduling.get("type"):
        case "once":
            moment = _parsed(scheduling.get("date"))
            if moment and moment > after:
                yield moment
        case "indefinitely":
            step = timedelta(seconds=int(scheduling.get("interval") or 900))
            moment = max(after + step, _bound(scheduling, 0) or after)
            while True:
                yield moment
                moment += step
        case "daily" | "weekly" | "monthly" | "yearly":
            yield from _days(scheduling, zone, max(after, _bound(scheduling, 0) or after))
        case _:
            return


def _days(scheduling: Document, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    at = time.fromisoformat(str(scheduling.get("time") or "00:00"))
    day = after.astimezone(zone).date()
    last = day + _LOOK_AHEAD
    while day <= last:
        moment = datetime.combine(day, at, zone)
        if _fits(scheduling, day) and moment > after:
            yield moment
        day += timedelta(days=1)


def _fits(scheduling: Document, day: date) -> bool:
    days: list[Any] = scheduling.get("days") or []
    months: list[Any] = scheduling.get("months") or []
    match scheduling.get("type"):
        case "weekly":
            return day.isoweekday() % 7 in days
        case "monthly":
            return day.day in days
        case "yearly":
            return day.day in days and day.month in months
        case _:
            return True


def _open(scheduling: Document, local: datetime) -> bool:
    windows: list[Document] = scheduling.get("restrict") or []
    return not windows or any(_opens(window, local) for window in windows)


def _opens(window: Document, local: datetime) -> bool:
    days: list[Any] = window.get("days") or []
    months: list[Any] = window.get("months") or []
    hours: list[Any] = window.get("time") or ["00:00", "23:59"]
    clock = local.strftime("%H:%M")
    in_days = not days or local.isoweekday() % 7 in days
    in_months = not months or local.month in months
    return in_days and in_months and str(hours[0]) <= clock <= str(hours[-1])


def _over(scheduling: Document, moment: datetime) -> bool:
    end = _bound(scheduling, 1)
    return end is not None and moment > end


def _bound(scheduling: Document, side: int) -> datetime | None:
    between: list[Any] = scheduling.get("between") or []
    return _parsed(between[side]) if len(between) == 2 else None


def _parsed(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
