"""Ninety days of runs, scenario by scenario."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from make_api_sandbox.seed.incidents import Calendar
from make_api_sandbox.seed.incompletes import incomplete_rows
from make_api_sandbox.seed.runs import Row, Run, Scenario

DETAIL_DAYS = 7
"""Days for which the modules of every run are kept; of failed runs they are kept for
`FAILURE_DAYS`."""

FAILURE_DAYS = 30


@dataclass
class Ledger:
    """Everything to be written."""

    executions: list[Row] = field(default_factory=list[Row])
    modules: list[Row] = field(default_factory=list[Row])
    incompletes: list[Row] = field(default_factory=list[Row])
    attempts: list[Row] = field(default_factory=list[Row])
    calls: dict[str, list[datetime]] = field(
        default_factory=lambda: defaultdict[str, list[datetime]](list)
    )
    in_a_row: dict[str, int] = field(default_factory=dict[str, int])
    """Errors at the end of a scenario's history."""

    last_runs: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """When each scenario ran last."""


@dataclass
class Historian:
    """Writes the past of scenarios, one after the other."""

    calendar: Calendar
    seed: int
    ledger: Ledger = field(default_factory=Ledger)

    def tell(self, scenario: Scenario, moments: Sequence[datetime]) -> None:
        """Invent the runs of a scenario at some moments, which are in order.

        A run that would have switched the scenario off did not take place: after some failures its
        callers gave up, or Make held it back.
        """
        slug = scenario.plan.slug
        random = Random(f"{self.seed}/runs/{slug}")
        troubled = 0
        for index, moment in enumerate(moments):
            run = Run(scenario, moment, random, self.calendar)
            run.happen(len(moments) - index - 1, spared=troubled >= 2)
            errors = troubled + 1 if run.status == 3 else 0
            if not scenario.subject.bears(errors):
                continue
            troubled = errors
            self._keep(run)
            self.ledger.last_runs[slug] = moment
        self.ledger.in_a_row[slug] = troubled

    def _keep(self, run: Run) -> None:
        age = self.calendar.now - run.moment
        recent = age <= timedelta(days=DETAIL_DAYS)
        failed = run.failure is not None and age <= timedelta(days=FAILURE_DAYS)
        self.ledger.executions.append(run.entry(detailed=recent or failed))
        if recent or failed:
            self.ledger.modules += run.module_rows()
        if run.outcome.stored and age <= timedelta(days=FAILURE_DAYS):
            for _ in range(run.rehearsal.failures):
                self._store(run)
        for visit in run.rehearsal.visits:
            if visit.module_id in run.scenario.calls:
                self.ledger.calls[run.scenario.calls[visit.module_id]].append(run.moment)

    def _store(self, run: Run) -> None:
        row, attempts = incomplete_rows(run, self.calendar)
        self.ledger.incompletes.append(row)
        self.ledger.attempts += attempts
