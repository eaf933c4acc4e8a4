"""What went wrong in the company, and when: the truths that analyses should find.

| Incident | Where | Effect |
| --- | --- | --- |
| regression | `finance.invoices` since its last version | charges without a reference fail |
| outage | Slack, six hours on a working day | every module with a Slack connection fails |
| expired connection | `google-marketing` | its scenarios fail before their first module |
| broken service | `mysql` | `operations.erp` stores incomplete executions |
| deactivation | `operations.prices` | three errors in a row, switched off |

Everything else fails only by the plan's own small chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from random import Random

from make_api_sandbox.clock import stamp
from make_api_sandbox.engine.errors import RETRIED, WARNINGS
from make_api_sandbox.engine.values import Json
from make_api_sandbox.seed.inventory import EXPIRED_DAYS
from make_api_sandbox.seed.rehearsal import Step, Visit

REGRESSED, DEACTIVATED, INCOMPLETE = "finance.invoices", "operations.prices", "operations.erp"
REGRESSION_DAYS, BROKEN_DAYS, OUTAGE_DAYS = 12.3, 4.1, 24
OUTAGE_TYPE, OUTAGE_HOURS = "slack", (8, 14)
EXPIRED, BROKEN = "google-marketing", "mysql"
REGRESSION_SHARE = 0.45
"""Share of charges without a reference."""

CHANCE: tuple[tuple[str, str], ...] = (
    ("RateLimitError", "The service answered 429: too many requests."),
    ("DataError", "The service refused the data."),
    ("ModuleTimeoutError", "The service did not answer within 40 seconds."),
    ("RuntimeError", "The service answered 400: bad request."),
)


@dataclass(frozen=True)
class Failure:
    """What a run fails with; without a module it fails before the first one."""

    error: str
    message: str
    module_id: int | None = None
    delay_ms: int = 0


@dataclass(frozen=True)
class Outcome:
    """What becomes of a run in which a module fails."""

    status: int
    ends: bool
    resumes: bool = False
    stored: bool = False


WENT_WELL = Outcome(1, ends=False)


@dataclass(frozen=True)
class Calendar:
    """The moments of the incidents."""

    now: datetime

    @cached_property
    def regression(self) -> datetime:
        """When the faulty version was saved."""
        return self.now - timedelta(days=REGRESSION_DAYS)

    @cached_property
    def expired(self) -> datetime:
        """When the marketing team's authorization ended."""
        return self.now - timedelta(days=EXPIRED_DAYS)

    @cached_property
    def broken(self) -> datetime:
        """Since when the ERP database is unreachable."""
        return self.now - timedelta(days=BROKEN_DAYS)

    @cached_property
    def outage(self) -> tuple[datetime, datetime]:
        """Begin and end of the outage, in working hours of a Tuesday, Wednesday or Thursday."""
        day = (self.now - timedelta(days=OUTAGE_DAYS)).replace(minute=0, second=0, microsecond=0)
        while not 1 <= day.weekday() <= 3:
            day -= timedelta(days=1)
        begins, ends = OUTAGE_HOURS
        return day.replace(hour=begins), day.replace(hour=ends)

    def written(self) -> dict[str, Json]:
        """All of them, for the world's settings."""
        begins, ends = self.outage
        return {
            "regression": stamp(self.regression),
            "outage": [stamp(begins), stamp(ends)],
            "expired": stamp(self.expired),
            "broken": stamp(self.broken),
        }


@dataclass(frozen=True)
class Subject:
    """What has to be known of a scenario to tell how it fares.

    Args:
        slug: The word the seed knows it by.
        services: Module id → key and type of its connection.
        errors: Chance of a failed run.
        instant: Whether its first error would switch it off.
        dlq: Whether it stores incomplete executions.
        max_errors: Errors in a row that switch it off.
    """

    slug: str
    services: dict[int, tuple[str, str]]
    errors: float
    instant: bool
    dlq: bool
    max_errors: int = 3

    @cached_property
    def connections(self) -> frozenset[str]:
        """Keys of its connections."""
        return frozenset(key for key, _ in self.services.values())

    @cached_property
    def fragile(self) -> bool:
        """Whether it depends on a service that was away, or is."""
        kinds = {kind for _, kind in self.services.values()}
        return OUTAGE_TYPE in kinds or BROKEN in self.connections

    def bears(self, errors: int) -> bool:
        """Tell whether so many errors in a row leave it on, or are meant to switch it off."""
        return errors < self.max_errors or self.slug == DEACTIVATED


def at_start(subject: Subject, moment: datetime, calendar: Calendar) -> Failure | None:
    """Tell whether a run fails while its connections are checked."""
    if EXPIRED in subject.connections and moment >= calendar.expired:
        message = "The connection is no longer authorized. Reauthorize it and try again."
        return Failure("AccountValidationError", message)
    return None


def on_the_way(
    subject: Subject,
    moment: datetime,
    visits: Sequence[Visit],
    left: int,
    calendar: Calendar,
    random: Random,
    *,
    spared: bool,
) -> Failure | None:
    """Tell whether a module of a run fails.

    Args:
        subject: The scenario.
        moment: When the run starts.
        visits: The modules it would visit.
        left: How many runs of the scenario follow.
        calendar: When what went wrong.
        random: Where chance comes from.
        spared: True to rule out chance.
    """
    planted = None
    if subject.slug in (REGRESSED, DEACTIVATED):
        planted = _planted(subject, moment, left, calendar, random)
    if planted is not None and any(visit.module_id == planted.module_id for visit in visits):
        return planted
    service = _service_down(subject, moment, visits, calendar) if subject.fragile else None
    if service is not None:
        message = "The service behind the connection is unreachable."
        return Failure("ConnectionError", message, service, random.randint(4_000, 11_000))
    if not spared and random.random() < subject.errors:
        return _by_chance(subject, [visit.module_id for visit in visits[1:]], random)
    return None


def _planted(
    subject: Subject, moment: datetime, left: int, calendar: Calendar, random: Random
) -> Failure | None:
    if subject.slug == REGRESSED and moment >= calendar.regression:
        if random.random() < REGRESSION_SHARE:
            message = "Validation failed for 1 parameter(s)."
            return Failure("BundleValidationError", message, 2)
    elif subject.slug == DEACTIVATED and left < 3:
        return Failure("DataError", "The shop refused the price: it is not a number.", 2)
    return None


def _service_down(
    subject: Subject, moment: datetime, visits: Sequence[Visit], calendar: Calendar
) -> int | None:
    begins, ends = calendar.outage
    for visit in visits:
        key, kind = subject.services.get(visit.module_id, ("", ""))
        if kind == OUTAGE_TYPE and begins <= moment < ends:
            return visit.module_id
        if key == BROKEN and moment >= calendar.broken:
            return visit.module_id
    return None


def _by_chance(subject: Subject, visited: Sequence[int], random: Random) -> Failure | None:
    candidates = [each for each in visited if each in subject.services]
    if not candidates:
        return None
    error, message = random.choice(CHANCE)
    delay = 40_000 if error == "ModuleTimeoutError" else 300
    return Failure(error, message, random.choice(candidates), delay)


def outcome(step: Step, *, is_first: bool, dlq: bool, error: str) -> Outcome:
    """Tell what becomes of the run, by Make's rules for error routes and kinds of errors."""
    match step.handled_by:
        case "builtin:Ignore":
            return Outcome(1, ends=False)
        case "builtin:Resume":
            return Outcome(1, ends=False, resumes=True)
        case "builtin:Break" if dlq:
            return Outcome(2, ends=False, stored=True)
        case _:
            pass
    if error in WARNINGS:
        return Outcome(2, ends=False)
    if is_first and error in RETRIED:
        return Outcome(2, ends=True)
    if dlq and not is_first:
        return Outcome(2, ends=True, stored=True)
    return Outcome(3, ends=True)
