"""Starts what is due: scheduled scenarios and automatic retries.

`tick` is called whenever time has moved: by `keep_time` on the machine's clock, and by a driven
clock each time it is set or advanced. A driven clock may jump over many due runs; they are made one
after the other, each at its own moment.
"""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from make_api_sandbox.clock import from_milliseconds, milliseconds
from make_api_sandbox.scenarios import limits
from make_api_sandbox.scenarios.order import Order
from make_api_sandbox.scenarios.queue import has_unresolved, per_run, waiting
from make_api_sandbox.scenarios.runs import Runs, is_sequential, runs_of
from make_api_sandbox.scenarios.state import is_instant, plan_next, set_next
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

if TYPE_CHECKING:
    from make_api_sandbox.app import Sandbox

MOST_RUNS = 200_000
"""Most runs made for one move of the clock; what is due beyond that is skipped."""

LONGEST_NAP = 1.0
"""Seconds between two looks at the machine's clock."""

DUE = (
    "SELECT s.* FROM scenarios s JOIN teams t ON t.id = s.team_id"
    " JOIN organizations o ON o.id = t.organization_id WHERE s.is_active = 1 AND s.is_paused = 0"
    " AND t.is_paused = 0 AND o.is_paused = 0 AND s.next_exec_ms <= ?"
    " ORDER BY s.next_exec_ms, s.id LIMIT 1"
)
DUE_RETRY = (
    "SELECT d.* FROM dlqs d JOIN scenarios s ON s.id = d.scenario_id JOIN teams t"
    " ON t.id = s.team_id JOIN organizations o ON o.id = t.organization_id WHERE d.resolved = 0"
    " AND d.deleted = 0 AND d.retry = 1 AND s.is_paused = 0 AND t.is_paused = 0"
    " AND o.is_paused = 0 AND d.next_retry_ms <= ? ORDER BY d.next_retry_ms, d.seq LIMIT 1"
)


class Scheduler:
    """The scheduler of one sandbox."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self._turn = asyncio.Lock()
        self._reset: datetime | None = None

    @property
    def _world(self) -> World:
        return self._sandbox.world

    @property
    def _runs(self) -> Runs:
        return runs_of(self._sandbox)

    async def tick(self, now: datetime) -> None:
        """Make every run that is due at `now`, in the order in which they are due.

        On the machine's clock a scenario that missed several runs makes one.
        """
        async with self._turn:
            self._runs.forget_lost()
            self._runs.clock_moved()
            await self._runs.settle()
            self._resume(now)
            self._reset = limits.next_reset(self._world)
            with self._runs.counting():
                await self._work_off(now)

    async def _work_off(self, now: datetime) -> None:
        for _ in range(MOST_RUNS):
            scenario = self._world.row(DUE, milliseconds(now))
            retry = self._world.row(DUE_RETRY, milliseconds(now))
            if self._begin_periods(_next(scenario, retry) or now):
                continue
            if scenario is None and retry is None:
                return
            if _comes_first(retry, scenario):
                await self._retry(retry or {}, now)
            else:
                await self._run(scenario or {}, now)
        self._skip(now)

    def _begin_periods(self, at: datetime) -> bool:
        """Tell whether a new period of usage began by `at`; then other runs may be due."""
        if self._reset is None or at < self._reset:
            return False
        reset = self._reset
        limits.begin_periods(self._world, reset)
        self._reset = limits.next_reset(self._world)
        self._runs.recount()
        self._resume(reset)
        return True

    def _resume(self, at: datetime) -> None:
        """Let paused scenarios go on that may again, with what waits at their hooks."""
        for scenario_id in limits.resume(self._world, at):
            self._runs.drain(scenario_id)

    async def _run(self, scenario: Row, now: datetime) -> None:
        due = from_milliseconds(scenario["next_exec_ms"])
        driven = self._world.clock.mode == "driven"
        plan_next(self._world, scenario, due if driven else now, last=due)
        if not self._may_run(scenario):
            return
        instant = is_instant(scenario)
        requests = waiting(self._world, scenario["hook_id"], 1 if instant else per_run(scenario))
        if instant and not requests:
            return
        order = Order(scenario, requests=requests, begins=due if driven else None)
        running = self._runs.begin(order)
        if driven:
            await self._runs.wait(running)
            await self._runs.settle()

    def _may_run(self, scenario: Row) -> bool:
        """A run that falls into the previous one is skipped; unresolved ones hold sequences up."""
        if self._runs.is_running(scenario["id"]):
            return False
        return not (is_sequential(scenario) and has_unresolved(self._world, scenario["id"]))

    async def _retry(self, row: Row, now: datetime) -> None:
        due = from_milliseconds(row["next_retry_ms"])
        self._world.update("dlqs", row["id"], next_retry_ms=None)
        scenario = self._world.get("scenarios", row["scenario_id"])
        if scenario is None:
            return
        stored: JsonObject = row["extra"]
        driven = self._world.clock.mode == "driven"
        order = Order(
            scenario,
            inputs=stored.get("inputs", {}),
            incomplete=row,
            begins=due if driven else None,
        )
        running = self._runs.begin(order)
        if driven:
            await self._runs.wait(running)

    def _skip(self, now: datetime) -> None:
        """Let the scenarios that are still behind go on from now."""
        sql = "SELECT * FROM scenarios WHERE is_active = 1 AND next_exec_ms <= ?"
        for scenario in self._world.rows(sql, milliseconds(now)):
            set_next(self._world, scenario["id"], None)
            plan_next(self._world, scenario, now)


def _next(scenario: Row | None, retry: Row | None) -> datetime | None:
    """When the next run or retry is due."""
    due = [row[name] for row, name in ((scenario, "next_exec_ms"), (retry, "next_retry_ms")) if row]
    return from_milliseconds(min(due)) if due else None


def _comes_first(retry: Row | None, scenario: Row | None) -> bool:
    if retry is None or scenario is None:
        return scenario is None
    return retry["next_retry_ms"] <= scenario["next_exec_ms"]


async def keep_time(sandbox: "Sandbox") -> None:
    """Tick with the machine's clock until cancelled; for servers, not for tests."""
    scheduler = Scheduler(sandbox)
    while True:
        if sandbox.world.clock.mode == "real":
            await scheduler.tick(sandbox.world.clock.now())
        await asyncio.sleep(_nap(sandbox))


def _nap(sandbox: "Sandbox") -> float:
    """Seconds until the next run is due, within bounds."""
    due = sandbox.world.value("SELECT min(next_exec_ms) FROM scenarios WHERE is_active = 1")
    if due is None:
        return LONGEST_NAP
    left = from_milliseconds(due) - sandbox.world.clock.now()
    return min(LONGEST_NAP, max(left, timedelta(milliseconds=20)).total_seconds())


def attach(sandbox: "Sandbox") -> None:
    """Let a driven clock tick the scheduler."""
    scheduler = Scheduler(sandbox)
    sandbox.world.clock.subscribe(scheduler.tick)
