"""One run of the past: what happened in it, and how the world keeps it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import exp
from random import Random

from make_api_sandbox.clock import stamp_of
from make_api_sandbox.engine.values import Json
from make_api_sandbox.seed.chance import within
from make_api_sandbox.seed.incidents import (
    WENT_WELL,
    Calendar,
    Failure,
    Outcome,
    Subject,
    at_start,
    on_the_way,
    outcome,
)
from make_api_sandbox.seed.inventions import record_of
from make_api_sandbox.seed.plan import Plan
from make_api_sandbox.seed.rehearsal import Rehearsal, Step, Trouble, Visit, steps

STATES = {1: "SUCCESS", 2: "WARNING", 3: "ERROR"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SPREAD = 0.35
"""Standard deviation of the logarithm of a run's speed."""

Row = dict[str, object]
COLUMNS = (
    "imt_id",
    "id",
    "scenario_id",
    "team_id",
    "organization_id",
    "type",
    "state",
    "status",
    "timestamp",
    "timestamp_ms",
    "duration",
    "operations",
    "centicredits",
    "transfer",
    "instant",
    "is_check_run",
    "author_id",
    "extra",
    "error",
    "outputs",
)
"""Columns of `executions` that a run fills, in the order of `Run.entry`."""

_as_json = json.JSONEncoder(ensure_ascii=False).encode


@dataclass
class Scenario:
    """A scenario of the world, ready to get a past."""

    plan: Plan
    id: int
    team_id: int
    organization_id: int
    author_id: int
    editors: list[int]
    """Who saved each later version."""

    authors: list[int]
    """Who starts it by hand."""

    flow: tuple[Step, ...]
    subject: Subject
    sleeps: dict[int, int]
    """Module id → seconds it waits."""

    calls: dict[int, str]
    """Module id → slug of the scenario it calls."""

    trigger: str
    """Fields of what its trigger delivers, in the short form."""

    blueprint: dict[str, Json]

    @cached_property
    def kind(self) -> str:
        """Type of its scheduling."""
        return str(self.plan.timing.scheduling["type"])

    @cached_property
    def instant(self) -> bool:
        """Whether each request starts a run."""
        return self.kind == "immediately"

    @cached_property
    def called(self) -> bool:
        """Whether no clock starts it."""
        return self.plan.timing.called

    @cached_property
    def by_hand(self) -> float:
        """Share of runs that a person starts."""
        return {"on-demand": 0.7, "immediately": 0.0}.get(self.kind, 0.012)

    @cached_property
    def steps_by_id(self) -> dict[int, Step]:
        """The modules that a run may fail in."""
        return {step.id: step for step in reversed(steps(self.flow))}


class Run:
    """One run of the past."""

    def __init__(self, scenario: Scenario, due: int, random: Random, calendar: Calendar) -> None:
        """A run that is due at a time in epoch microseconds."""
        self.scenario = scenario
        self.random = random
        self.calendar = calendar
        self.id = f"{random.getrandbits(128):032x}"
        self.at_us = self._begin(due)
        """When it begins, epoch microseconds."""
        self.at_ms = self.at_us // 1000
        self.moment = EPOCH + timedelta(microseconds=self.at_us)
        self.rehearsal = Rehearsal(random)
        self.failure: Failure | None = None
        self.outcome = WENT_WELL
        self.check = False
        self.moved: list[int] = []
        """Bytes moved by each module visited."""

    def _begin(self, due: int) -> int:
        """A scheduled run begins a little after it is due."""
        if self.scenario.called:
            return due
        return due + within(self.random, 120, 2_900) * 1000

    @property
    def status(self) -> int:
        """Success 1, warning 2, error 3."""
        return self.outcome.status

    def seconds(self) -> float:
        """How long it took; different every time it is asked."""
        speed = exp(self.random.normalvariate(0, SPREAD))
        sleeps = self.scenario.sleeps
        waits = 0
        if sleeps:
            waits = sum(v.operations * sleeps.get(v.module_id, 0) for v in self.rehearsal.visits)
        delay = self.failure.delay_ms / 1000 if self.failure else 0
        working = max(0.2, self.rehearsal.operations) * self.scenario.plan.pace * speed
        return 0.04 + working + waits + delay

    def happen(self, left: int, *, spared: bool) -> None:
        """Decide what happens in it.

        Args:
            left: Runs of the scenario that follow.
            spared: True to have no failure by chance, so that chance never switches it off.
        """
        scenario, calendar, random = self.scenario, self.calendar, self.random
        self.failure = at_start(scenario.subject, self.moment, calendar)
        if self.failure is not None:
            self.outcome = Outcome(3, ends=True)
            return
        self._go(left, spared=spared)
        if not self.check:
            some = random.random
            self.moved = [
                visit.operations * int(120 + 1_400 * some()) for visit in self.rehearsal.visits
            ]

    def _go(self, left: int, *, spared: bool) -> None:
        scenario, calendar = self.scenario, self.calendar
        delivered = self._delivered(left)
        self.check = delivered == 0
        self.rehearsal.run(scenario.flow, delivered)
        visits = self.rehearsal.visits
        failure = on_the_way(
            scenario.subject, self.moment, visits, left, calendar, self.random, spared=spared
        )
        if failure is not None and not self.check:
            self._fail(failure, delivered)

    def _delivered(self, left: int) -> int:
        plan = self.scenario.plan
        must = plan.invalid and left < 3
        if plan.idle and not must and self.random.random() < plan.idle:
            return 0
        return within(self.random, *plan.items)

    def _fail(self, failure: Failure, delivered: int) -> None:
        scenario = self.scenario
        step = scenario.steps_by_id[failure.module_id or 0]
        first = step is scenario.flow[0]
        self.failure = failure
        self.outcome = outcome(step, is_first=first, dlq=scenario.subject.dlq, error=failure.error)
        trouble = Trouble(step.id, self.outcome.ends, self.outcome.resumes)
        self.rehearsal = Rehearsal(self.random, trouble)
        self.rehearsal.run(scenario.flow, delivered)

    # Rows

    def entry(self, *, detailed: bool) -> tuple[object, ...]:
        """The run as a row of `executions`: `COLUMNS`, as they are stored."""
        scenario, at, status = self.scenario, self.at_ms, self.outcome.status
        duration = round(self.seconds() * 1000)
        author = self._author()
        start = self._start() if detailed else None
        error, outputs = self.error_json(), self._outputs()
        return (
            f"{at}_{self.id}",
            self.id,
            scenario.id,
            scenario.team_id,
            scenario.organization_id,
            "auto" if author is None else "manual",
            STATES[status],
            status,
            stamp_of(at),
            at,
            duration,
            self.rehearsal.operations,
            self.rehearsal.centicredits,
            sum(self.moved),
            scenario.instant,
            self.check,
            author,
            _as_json(start) if start else "{}",
            None if error is None else _as_json(error),
            None if outputs is None else _as_json(outputs),
        )

    def _author(self) -> int | None:
        """On-demand runs are started by people more often than by services."""
        scenario, random = self.scenario, self.random
        return random.choice(scenario.authors) if random.random() < scenario.by_hand else None

    def error_json(self) -> dict[str, Json] | None:
        """The error as the API shows it; None where an error route dealt with it."""
        if self.failure is None or self.status == 1:
            return None
        shown: dict[str, Json] = {"name": self.failure.error, "message": self.failure.message}
        slug = self._failing_slug()
        if slug:
            app, _, name = slug.partition(":")
            shown["causeModule"] = {"name": name, "appName": app}
        return shown

    def _failing_slug(self) -> str:
        return next((visit.slug for visit in self.rehearsal.visits if visit.failed), "")

    def _outputs(self) -> dict[str, Json] | None:
        spec = self.scenario.plan.outputs
        if not spec or self.status == 3:
            return None
        return record_of(spec, self.random, self.random.randint(1, 40), self.moment)

    def _start(self) -> dict[str, Json] | None:
        """What a replay needs; nothing for confidential and for scheduled scenarios."""
        plan = self.scenario.plan
        if plan.settings.get("confidential") or not self.scenario.called:
            return None
        given = self.delivery()
        if self.scenario.instant:
            return {"inputs": {}, "requests": [given]}
        return {"inputs": given, "requests": []}

    def delivery(self) -> dict[str, Json]:
        """One bundle as the trigger delivers it."""
        ordinal = self.random.randint(1, 400)
        return record_of(self.scenario.trigger, self.random, ordinal, self.moment)

    def module_rows(self) -> list[Row]:
        """The modules it visited, as rows of `execution_modules`."""
        at = self.at_ms
        moved_by = self.moved or [0] * len(self.rehearsal.visits)
        rows: list[Row] = []
        for visit, moved in zip(self.rehearsal.visits, moved_by, strict=True):
            rows.append(self._module_row(visit, moved, at))
            at += self.random.randint(5, 60)
        return rows

    def _module_row(self, visit: Visit, moved: int, at: int) -> Row:
        return {
            "execution_id": self.id,
            "scenario_id": self.scenario.id,
            "module_id": visit.module_id,
            "imt_id": f"{at}_{self.id}",
            "timestamp": stamp_of(at),
            "timestamp_ms": at,
            "status": 3 if visit.failed else 1,
            "operations": visit.operations,
            "centicredits": visit.centicredits,
            "transfer": moved,
            "size": moved,
            "bundles": visit.bundles,
            "error": {"message": self.failure.message} if self.failure and visit.failed else None,
        }
