"""What one run remembers while it goes on, and how it is brought to an end."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from make_api_sandbox.engine.errors import RunError
from make_api_sandbox.engine.execution import Execution, Limits, ModuleRecord, Start, Status
from make_api_sandbox.engine.expressions import Surroundings
from make_api_sandbox.engine.plan import Node, Plan
from make_api_sandbox.engine.ports import Ports
from make_api_sandbox.engine.registry import price
from make_api_sandbox.engine.transactions import Transaction
from make_api_sandbox.engine.values import Bundle, Value

KEPT_BUNDLES = 10
"""Output bundles kept per operation for inspection."""

STEPS_BETWEEN_PAUSES = 200
"""How many steps run before other tasks of the event loop get their turn."""


class RunEnded(Exception):  # noqa: N818 - an end of the walk, not always an error
    """Stops the walk: a directive, an unhandled error or a limit ended the run.

    Args:
        status: Result of the run.
        error: What is reported, if anything.
        keep: True to commit what was written, False to roll it back.
        counts: True when the end counts as one more error of the scenario in a row.
        fatal: True when the scenario is switched off at once.
    """

    def __init__(
        self,
        status: Status,
        error: RunError | None = None,
        *,
        keep: bool,
        counts: bool = False,
        fatal: bool = False,
    ) -> None:
        super().__init__(error.message if error else "")
        self.status = status
        self.error = error
        self.keep = keep
        self.counts = counts
        self.fatal = fatal


@dataclass
class Run:
    """State shared by everything that happens in one run."""

    plan: Plan
    start: Start
    ports: Ports
    limits: Limits
    execution: Execution
    surroundings: Surroundings
    transaction: Transaction
    roundtrip: dict[str, Value] = field(default_factory=dict[str, Value])
    """Variables that live until the end of the cycle."""
    lasting: dict[str, Value] = field(default_factory=dict[str, Value])
    """Variables that live until the end of the run."""
    counters: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    """Increment modules: (reset, module id) → last number."""
    pending_trigger: list[Bundle] = field(default_factory=list[Bundle])
    cookies: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Cookies that HTTP modules share: host → name → value."""
    trigger_committed: bool = False
    """True once the trigger has committed before the others (`autoCommitTriggerLast` is off)."""
    steps: int = 0

    def now(self) -> datetime:
        """The current moment of the run."""
        return self.ports.clock.now()

    def begin_cycle(self) -> None:
        """Forget what lives no longer than a cycle: its variables and counters."""
        self.roundtrip.clear()
        kept = {key: count for key, count in self.counters.items() if key[0] != "run"}
        self.counters = kept

    async def checkpoint(self) -> None:
        """Count a step, let other tasks run, and end the run when a bound is reached."""
        self.steps += 1
        if self.steps % STEPS_BETWEEN_PAUSES == 0:
            await asyncio.sleep(0)
        if self.ports.stopped():
            raise interrupted("The scenario was stopped by a user.")
        if (self.now() - self.execution.started).total_seconds() > self.limits.seconds:
            raise interrupted("The scenario ran longer than its time limit.")
        if self.steps > self.limits.steps:
            raise interrupted("The scenario took more steps than the sandbox allows.")

    async def sleep(self, seconds: float) -> None:
        """Let time pass, no more than until the run is over its time limit."""
        ends = self.limits.seconds - (self.now() - self.execution.started).total_seconds()
        self.ports.going_on(self.execution.records)
        await self.ports.clock.sleep(min(seconds, max(ends, 0) + 0.001))

    def record(self, entry: ModuleRecord) -> None:
        """Add one operation of a module to the account of the run."""
        self.execution.records.append(entry)
        self.execution.operations += entry.operations
        self.execution.centicredits += entry.centicredits
        self.execution.transfer += entry.size

    def spend(self, node: Node) -> None:
        """Refuse one more operation when the organization has none, or no transfer, left."""
        left, bytes_left = self.limits.operations, self.limits.transfer
        if left is not None and self.execution.operations >= left:
            self._refuse(node, "OperationsLimitExceededError", "operations")
        if bytes_left is not None and self.execution.transfer >= bytes_left:
            self._refuse(node, "DataSizeLimitExceededError", "data transfer")

    def _refuse(self, node: Node, name: str, what: str) -> None:
        message = f"The organization has used all {what} of its plan."
        error = RunError(name, message, node.cause)
        raise RunEnded(Status.ERROR, error, keep=False, counts=True, fatal=True)

    def warn(self, error: RunError) -> None:
        """Let the run end with a warning unless something worse happens."""
        if self.execution.status is Status.SUCCESS:
            self.execution.status = Status.WARNING
            self.execution.error = error


def interrupted(message: str) -> RunEnded:
    """The end of a run that was cut short: a warning that keeps what was written."""
    error = RunError("ExecutionInterruptedError", message)
    return RunEnded(Status.WARNING, error, keep=True)


@dataclass
class Meter:
    """Times one operation of a module and turns it into a record."""

    run: Run
    node: Node
    started: datetime

    @classmethod
    def begin(cls, run: Run, node: Node) -> "Meter":
        """Start the account of one operation; ends the run when none is left to spend."""
        run.spend(node)
        return cls(run, node, run.now())

    def finish(
        self,
        status: Status,
        *,
        size: int = 0,
        received: Bundle | None = None,
        returned: list[Bundle] | None = None,
        error: str | None = None,
        warning: str | None = None,
        surcharge: int = 0,
    ) -> None:
        """Write the record; `surcharge` is in centicredits, on top of the module's price."""
        ended = max(self.run.now(), self.started)
        seconds = (ended - self.started).total_seconds()
        confidential = self.run.plan.settings.confidential
        outputs = returned or []
        self.run.record(
            ModuleRecord(
                module_id=self.node.id,
                module=self.node.slug,
                status=status,
                started=self.started,
                ended=ended,
                operations=1,
                centicredits=price(self.node.slug, 1, seconds) + surcharge,
                size=size,
                received={} if confidential else (received or {}),
                returned=[] if confidential else outputs[:KEPT_BUNDLES],
                bundles=len(outputs),
                error=error,
                warning=warning,
            )
        )
