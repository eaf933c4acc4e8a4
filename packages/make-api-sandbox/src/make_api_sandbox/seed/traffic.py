"""When scenarios run: by their schedule, or as often as a working week has it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import exp
from random import Random
from zoneinfo import ZoneInfo

from make_api_sandbox.clock import stamp
from make_api_sandbox.engine.values import Json
from make_api_sandbox.scenarios.schedule import next_run
from make_api_sandbox.seed.plan import Plan

DAYS = 90
"""Length of the history."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
WEEK = (1.0, 1.1, 1.05, 1.0, 0.85, 0.18, 0.12)
"""Calls by day of the week, Monday first, relative to `per_day`."""

HOURS = (0, 0, 0, 0, 0, 1, 2, 6, 10, 12, 11, 9, 7, 9, 11, 10, 8, 5, 3, 2, 1, 1, 1, 0)
"""Calls by hour of the day, UTC."""

CUMULATIVE = list(accumulate(HOURS))
ZONE = ZoneInfo("Europe/Prague")
"""Time zone of both organizations."""


@dataclass(frozen=True)
class Span:
    """The part of the history in which a scenario runs."""

    begins: datetime
    ends: datetime


def span(plan: Plan, now: datetime) -> Span:
    """The part of the history in which a scenario runs; never reaches into the future."""
    born = now - timedelta(days=plan.age) + timedelta(hours=1)
    begins = max(now - timedelta(days=DAYS), born)
    return Span(begins, now - timedelta(days=plan.ended, minutes=3))


def scheduling(plan: Plan, now: datetime, scale: int) -> dict[str, Json]:
    """The scheduling of a scenario today.

    An interval shrinks with the scale; one that came to its end without being switched off has a
    validity window.
    """
    found = dict(plan.timing.scheduling)
    if found["type"] == "indefinitely":
        found["interval"] = max(60, int(str(found["interval"])) // scale)
    if plan.active and plan.ended and not plan.timing.called:
        window = (now - timedelta(days=plan.age), now - timedelta(days=plan.ended))
        found["between"] = [stamp(each) for each in window]
    return found


def microseconds(moment: datetime) -> int:
    """Epoch microseconds."""
    return (moment - EPOCH) // MICROSECOND


def scheduled(schedule: dict[str, Json], within: Span, random: Random) -> Iterator[int]:
    """The moments at which the clock starts a scenario, in order, in epoch microseconds."""
    step = int(str(schedule.get("interval") or 86_400))
    last = within.begins - timedelta(seconds=random.randint(1, step))
    if schedule["type"] == "indefinitely" and "restrict" not in schedule:
        yield from _steps(last, timedelta(seconds=step), within)
        return
    at = within.begins
    while (due := next_run(schedule, at, ZONE, last=last)) is not None and due < within.ends:
        yield microseconds(due)
        at = last = due


def _steps(last: datetime, interval: timedelta, within: Span) -> Iterable[int]:
    """What `next_run` finds for a bare interval, without asking it a million times."""
    due = last + interval * ((within.begins - last) // interval + 1)
    return range(microseconds(due), microseconds(within.ends), interval // MICROSECOND)


def called(per_day: float, within: Span, random: Random) -> Iterator[int]:
    """The moments at which people and services call a scenario, in order, epoch microseconds.

    Args:
        per_day: Mean calls a working day.
        within: Begin and end.
        random: Where chance comes from.
    """
    day = within.begins.replace(hour=0, minute=0, second=0, microsecond=0)
    begins, ends = microseconds(within.begins), microseconds(within.ends)
    while day < within.ends:
        midnight = microseconds(day)
        count = poisson(per_day * WEEK[day.weekday()], random)
        hours = random.choices(range(24), cum_weights=CUMULATIVE, k=count)
        for seconds in sorted(hour * 3600 + random.random() * 3600 for hour in hours):
            moment = midnight + int(seconds * 1000) * 1000
            if begins <= moment < ends:
                yield moment
        day += timedelta(days=1)


def poisson(mean: float, random: Random) -> int:
    """A count of independent events; by the normal approximation where the mean is large."""
    if mean > 60:
        return max(0, round(random.gauss(mean, mean**0.5)))
    limit, product, count = exp(-mean), random.random(), 0
    while product > limit:
        product *= random.random()
        count += 1
    return count
