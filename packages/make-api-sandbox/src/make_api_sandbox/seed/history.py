"""Ninety days of runs, told in order of time and forgotten as soon as they are written.

A large company has millions of runs, so no more than a chunk of them is ever in memory: each
scenario's past is a generator, and the generators are merged. Only scenarios that call others are
told in full beforehand, because their runs decide when the others run.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from random import Random
from typing import NamedTuple

from make_api_sandbox.seed.incidents import Calendar
from make_api_sandbox.seed.incompletes import incomplete_rows
from make_api_sandbox.seed.runs import EPOCH, Row, Run, Scenario

DETAILS_KEPT, FAILURES_KEPT = timedelta(days=7), timedelta(days=30)
"""How long the modules of every run are kept, and those of failed ones."""


class Moments:
    """Moments in order, in epoch microseconds, eight bytes each."""

    def __init__(self, moments: Iterable[int] = ()) -> None:
        self._since_epoch = array("q", moments)

    def __len__(self) -> int:
        return len(self._since_epoch)

    def __iter__(self) -> Iterator[int]:
        return iter(self._since_epoch)

    def __add__(self, other: "Moments") -> "Moments":
        return Moments(sorted([*self, *other])) if len(other) else self


class Told(NamedTuple):
    """One run, as rows of the world; ordered by time."""

    at_ms: int
    imt_id: str
    execution: tuple[object, ...]
    """Values of `runs.COLUMNS`."""

    modules: list[Row]


@dataclass
class Ledger:
    """What is known once the past was told to its end."""

    incompletes: list[Row] = field(default_factory=list[Row])
    attempts: list[Row] = field(default_factory=list[Row])
    calls: dict[str, list[int]] = field(default_factory=lambda: defaultdict[str, list[int]](list))
    """When scenarios were called by others, epoch microseconds."""

    in_a_row: dict[str, int] = field(default_factory=dict[str, int])
    """Errors at the end of a scenario's history."""

    last_runs: dict[str, datetime] = field(default_factory=dict[str, datetime])
    """When each scenario ran last."""


@dataclass
class Historian:
    """Tells the past of scenarios."""

    calendar: Calendar
    seed: int
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self._failures_since = self.calendar.now - FAILURES_KEPT
        self._details_since = self.calendar.now - DETAILS_KEPT

    def tell_all(
        self, scenarios: Iterable[Scenario], moments: dict[str, Moments]
    ) -> Iterator[Told]:
        """Tell the past of all scenarios in order of time.

        Args:
            scenarios: Those that have a past.
            moments: When each of them ran, by slug; the calls of others are added.
        """
        pasts: list[Iterable[Told]] = []
        for scenario in sorted(scenarios, key=lambda each: not each.calls):
            slug = scenario.plan.slug
            asked = Moments(self.ledger.calls.get(slug, ()))
            past = self.tell(scenario, moments[slug] + asked)
            pasts.append(list(past) if scenario.calls else past)
        return merge(*pasts)

    def tell(self, scenario: Scenario, moments: Moments) -> Iterator[Told]:
        """Invent the runs of a scenario at some moments.

        A run that would have switched the scenario off did not take place: after some failures its
        callers gave up, or Make held it back.
        """
        slug = scenario.plan.slug
        random = Random(f"{self.seed}/runs/{slug}")
        troubled, last, left = 0, None, len(moments)
        bears, calendar = scenario.subject.bears, self.calendar
        for due in moments:
            left -= 1
            run = Run(scenario, due, random, calendar)
            run.happen(left, spared=troubled >= 2)
            errors = troubled + 1 if run.outcome.status == 3 else 0
            if errors and not bears(errors):
                continue
            troubled, last = errors, due
            yield self._kept(run)
        self.ledger.in_a_row[slug] = troubled
        if last is not None:
            self.ledger.last_runs[slug] = EPOCH + timedelta(microseconds=last)

    def _kept(self, run: Run) -> Told:
        late = run.moment >= self._failures_since
        recent = late and run.moment >= self._details_since
        failed = late and run.failure is not None
        entry = run.entry(detailed=recent or failed)
        modules = run.module_rows() if recent or failed else []
        if late and run.outcome.stored:
            for _ in range(run.rehearsal.failures):
                self._store(run)
        if run.scenario.calls:
            self._note_calls(run)
        return Told(run.at_ms, str(entry[0]), entry, modules)

    def _note_calls(self, run: Run) -> None:
        for visit in run.rehearsal.visits:
            if visit.module_id in run.scenario.calls:
                self.ledger.calls[run.scenario.calls[visit.module_id]].append(run.at_us)

    def _store(self, run: Run) -> None:
        row, attempts = incomplete_rows(run, self.calendar)
        self.ledger.incompletes.append(row)
        self.ledger.attempts += attempts
