"""The runs of one sandbox: beginning, watching, stopping and finishing them."""

import asyncio
import logging
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

from make_api_sandbox.background import Background
from make_api_sandbox.engine.errors import ModuleError, RunError
from make_api_sandbox.engine.execution import (
    Execution,
    Limits,
    ModuleRecord,
    ResumePoint,
    Start,
    Status,
)
from make_api_sandbox.engine.plan import Settings
from make_api_sandbox.engine.ports import HttpRequest, SubRun
from make_api_sandbox.engine.run import execute
from make_api_sandbox.engine.values import Bundle, Json, as_bundle, revived, whole
from make_api_sandbox.scenarios import incompletes, queue, results
from make_api_sandbox.scenarios.documents import is_on_demand
from make_api_sandbox.scenarios.events import organization_id
from make_api_sandbox.scenarios.limits import left_of
from make_api_sandbox.scenarios.order import Order
from make_api_sandbox.scenarios.outbound import send
from make_api_sandbox.scenarios.surroundings import PATIENCE, Caller, RunClock, WorldPorts
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usage import consumed, period_start_ms
from make_api_sandbox.world import World

if TYPE_CHECKING:
    from make_api_sandbox.app import Sandbox

DEEPEST_CALL = 10
"""How many scenarios may call one another in a row."""

LONGEST_RUN = timedelta(minutes=45)
"""Upper bound of `license.executionTime`."""

SHORT_TURNS = 20
"""Turns of the event loop in which most runs end, before a wait is set up."""

log = logging.getLogger(__name__)

_of_sandbox: "WeakKeyDictionary[Background, Runs]" = WeakKeyDictionary()


@dataclass(eq=False)
class Running:
    """One run in progress or just ended."""

    id: str
    imt_id: str
    order: Order
    clock: RunClock
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    result: Execution | None = None
    written: int = 0
    """Operations that stand in the module logs already."""


class Runs:
    """The runs that this process has begun."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox
        self._running: dict[str, Running] = {}
        self._owner = uuid.uuid4().hex
        self._looked: datetime | None = None
        self._spent: dict[int, Row] | None = None

    @property
    def world(self) -> World:
        """The world the scenarios live in."""
        return self._sandbox.world

    def begin(self, order: Order) -> Running:
        """Write the entry of a run and let it go on in the background."""
        running = self._enter(order)
        self._sandbox.background.start(self._perform(running))
        return running

    async def complete(self, order: Order) -> Execution:
        """Make a run and wait for its end."""
        running = self._enter(order)
        await self._perform(running)
        return running.result or _lost(running)

    def is_running(self, scenario_id: int) -> bool:
        """Tell whether a scenario runs at this moment, in whatever process."""
        self.forget_lost()
        found = "SELECT 1 FROM executions WHERE scenario_id = ? AND state = 'RUNNING' LIMIT 1"
        return self.world.row(found, scenario_id) is not None

    def stop(self, execution_id: str) -> bool:
        """Ask a run of this process to stop; False when there is none."""
        running = self._running.get(execution_id)
        if running is not None:
            running.clock.interrupt()
        return running is not None

    def forget_lost(self) -> None:
        """Mark runs of ended processes as interrupted once they are older than any may be.

        Looks at most once a minute, because it reads the whole history.
        """
        now = self.world.clock.now()
        if self._looked is None or abs(now - self._looked) >= timedelta(minutes=1):
            self._looked = now
            results.interrupt_lost_runs(self.world, self._owner, LONGEST_RUN)

    async def wait(self, running: Running, seconds: float = PATIENCE) -> bool:
        """Wait for the end of a run; False when it takes longer than `seconds`.

        On a driven clock a run that is parked takes longer than anyone waits.
        """
        for _ in range(SHORT_TURNS):
            if running.ended.is_set() or running.clock.parked.is_set():
                return running.ended.is_set()
            await asyncio.sleep(0)
        ended = asyncio.ensure_future(running.ended.wait())
        parked = asyncio.ensure_future(running.clock.parked.wait())
        waits = (ended, parked)
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        return running.ended.is_set()

    async def settle(self) -> None:
        """Let all runs, and those they begin, go on until they have ended or are parked."""
        while moving := [r for r in self._running.values() if not r.clock.parked.is_set()]:
            await self.wait(moving[0])

    def clock_moved(self) -> None:
        """Wake the parked runs."""
        for running in self._running.values():
            running.clock.parked.clear()
            running.clock.moved.set()

    def _enter(self, order: Order) -> Running:
        clock = RunClock(self.world.clock, order.begins)
        with self.world.write():
            ident = self.world.fresh_hex()
            imt_id = results.open_entry(self.world, order, ident, clock.now(), self._owner)
            queue.take(self.world, order.requests)
        running = Running(ident, imt_id, order, clock)
        self._running[ident] = running
        return running

    async def _perform(self, running: Running) -> None:
        try:
            running.result = await self._execute(running)
        except asyncio.CancelledError:
            running.result = _lost(running)
            raise
        except Exception as error:
            log.exception("a run failed unexpectedly")
            running.result = _lost(running, RunError("UnexpectedError", repr(error)))
        finally:
            self._finish(running)
        await self._call_back(running)
        if running.result.trigger_done and running.order.scenario["hook_id"] is not None:
            self._work_on(running.order.scenario["id"], running.result.ended)

    async def _execute(self, running: Running) -> Execution:
        order, world = running.order, self.world
        organization = world.rows(
            "SELECT * FROM organizations WHERE id = ?", organization_id(world, order.scenario)
        )[0]
        ports = WorldPorts(
            self._sandbox,
            order.scenario,
            organization,
            running.clock,
            Random(running.id),
            self._caller(order),
            partial(self._show_operations, running),
            order.answer,
        )
        blueprint = order.incomplete["blueprint"] if order.incomplete else None
        result = await execute(
            blueprint or order.scenario["blueprint"],
            _start(running),
            ports,
            self._limits(organization),
        )
        spent = (self._spent or {}).get(organization["id"])
        if spent is not None:
            spent["operations"] += result.operations
            spent["transfer"] += result.transfer
        if order.incomplete and result.incompletes:
            result.status, result.error = Status.ERROR, result.incompletes[0].error
        return result

    def _finish(self, running: Running) -> None:
        """Write down the end; nothing is left to write when the scenario was deleted meanwhile."""
        try:
            if self._is_known(running) and running.result:
                self._write_down(running, running.result)
        finally:
            self._running.pop(running.id, None)
            running.ended.set()

    def _write_down(self, running: Running, result: Execution) -> None:
        with self.world.write():
            results.close_entry(self.world, running.imt_id, running.order, result)
            self._write_operations(running, result.records)
            queue.settle(self.world, running.order.requests, done=result.trigger_done)
            incompletes.after_retry(self.world, running.order, result, running.imt_id)
            results.follow_up(self.world, running.order, result)

    def _is_known(self, running: Running) -> bool:
        """False once the scenario was deleted, and its runs with it."""
        sql = "SELECT 1 FROM executions WHERE imt_id = ?"
        return self.world.row(sql, running.imt_id) is not None

    def _show_operations(self, running: Running, done: Sequence[ModuleRecord]) -> None:
        if self._is_known(running):
            self._write_operations(running, done)

    def _write_operations(self, running: Running, done: Sequence[ModuleRecord]) -> None:
        """Add to the module logs what they do not show yet."""
        if len(done) > running.written:
            results.write_operations(self.world, running.order, running.id, done, running.written)
            running.written = len(done)

    async def _call_back(self, running: Running) -> None:
        url = running.order.callback_url
        if not url:
            return
        body = b'{"executionId":"%s","statusUrl":"%s"}' % (
            running.id.encode(),
            status_url(self.world, running.order.scenario, running.id).encode(),
        )
        headers = (("content-type", "application/json"),)
        try:
            await send(self._sandbox, HttpRequest("POST", url, headers, body, timeout=10))
        except ModuleError as error:
            log.info("callback to %s failed: %s", url, error.message)

    def _work_on(self, scenario_id: int, at: datetime) -> None:
        """Begin the runs for which requests have been waiting."""
        for order in queue.next_orders(self.world, scenario_id, self.is_running(scenario_id), at):
            order.begins = at
            self.begin(order)

    def drain(self, scenario_id: int) -> None:
        """Work off the queue of an instant scenario that has just been switched on."""
        self._work_on(scenario_id, self.world.clock.now())

    @contextmanager
    def counting(self) -> Generator[None]:
        """Read what organizations have used once, and add what runs of this process use.

        For many runs in a row, while nothing else writes.
        """
        self._spent = {}
        try:
            yield
        finally:
            self._spent = None

    def recount(self) -> None:
        """Read what organizations have used anew, because a period has begun."""
        if self._spent is not None:
            self._spent.clear()

    def _limits(self, organization: Row) -> Limits:
        minutes = organization["license"].get("executionTime") or 40
        left = left_of(organization, self._used(organization))
        return Limits(minutes * 60, operations=left["operations"], transfer=left["transfer"])

    def _used(self, organization: Row) -> Row:
        """Operations and transfer of the organization in its current period."""
        ident: int = organization["id"]
        if self._spent is not None and ident in self._spent:
            return self._spent[ident]
        since = period_start_ms(organization)
        used = consumed(self.world, "organization_id", ident, since)
        if self._spent is not None:
            self._spent[ident] = used
        return used

    def _caller(self, order: Order) -> Caller:
        async def call(caller: Row, reference: str, inputs: dict[str, Json], wait: bool) -> SubRun:
            child = _callable_scenario(self.world, caller, reference, order.depth)
            called = Order(child, inputs=inputs, depth=order.depth + 1)
            if not wait:
                return SubRun(self.begin(called).id)
            result = await self.complete(called)
            error = result.error if result.status is Status.ERROR else None
            return SubRun(result.id, result.outputs, error.message if error else None)

        return call


def runs_of(sandbox: "Sandbox") -> Runs:
    """The runs of a sandbox."""
    found = _of_sandbox.get(sandbox.background)
    if found is None:
        found = _of_sandbox[sandbox.background] = Runs(sandbox)
    return found


def status_url(world: World, scenario: Row, execution_id: str) -> str:
    """Where the state of a run is asked for."""
    zone = world.value(
        "SELECT zone FROM organizations WHERE id = ?", organization_id(world, scenario)
    )
    return f"https://{zone}/api/v2/scenarios/{scenario['id']}/executions/{execution_id}"


def _callable_scenario(world: World, caller: Row, reference: str, depth: int) -> Row:
    """The scenario that another one calls: active, on demand, of the same team."""
    ident = whole(reference.removeprefix("SCN_"))
    scenario = world.get("scenarios", ident) if ident else None
    if scenario is None or scenario["team_id"] != caller["team_id"]:
        raise ModuleError("RuntimeError", f"Scenario {reference} does not exist.")
    if not scenario["is_active"]:
        raise ModuleError("RuntimeError", "Scenario is not activated.")
    if not is_on_demand(scenario["scheduling"]):
        raise ModuleError("RuntimeError", "The called scenario is not scheduled on demand.")
    if depth >= DEEPEST_CALL:
        raise ModuleError("RuntimeError", f"More than {DEEPEST_CALL} scenarios call one another.")
    return scenario


def _start(running: Running) -> Start:
    order = running.order
    listens = bool(order.requests) or order.scenario["hook_id"] is not None
    trigger = (
        tuple(as_bundle(_revived(request.data)) for request in order.requests) if listens else None
    )
    details: Bundle = {"id": order.scenario["id"], "name": order.scenario["name"]}
    return Start(running.id, order.inputs, trigger, _resume(order), details)


def _revived(data: JsonObject) -> JsonObject:
    """A stored bundle with its buffers as bytes."""
    return cast("JsonObject", revived(data))


def _resume(order: Order) -> ResumePoint | None:
    if order.incomplete is None:
        return None
    failer = order.incomplete["failer"]
    bundles: JsonObject = order.incomplete["bundles"]
    before = {int(key): _revived(each) for key, each in bundles.items() if key != str(failer)}
    return ResumePoint(failer, before)


def _lost(running: Running, error: RunError | None = None) -> Execution:
    """The result of a run that did not come to its own end."""
    now = running.clock.now()
    status = Status.ERROR if error else Status.WARNING
    interrupted = RunError("ExecutionInterruptedError", "The sandbox was closed during the run.")
    result = Execution(running.id, now, now, status=status, error=error or interrupted)
    result.counts_as_error = error is not None
    result.trigger_done = False
    return result


def is_sequential(scenario: Row) -> bool:
    """Tell whether a scenario runs one execution at a time."""
    return Settings.of(scenario["blueprint"]).sequential
