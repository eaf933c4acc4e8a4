"""What goes into a run and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from make_api_sandbox.engine.errors import RunError
from make_api_sandbox.engine.values import Bundle, Json, Value


class Status(IntEnum):
    """Result of a run or of one module operation (Make API reference, chapter 1.16)."""

    SUCCESS = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class ResumePoint:
    """Where a retry of an incomplete execution begins.

    Args:
        module_id: The module that failed; it runs first.
        bundles: Outputs of the modules that ran before it, in the order in which they ran.
    """

    module_id: int
    bundles: Mapping[int, Bundle]


@dataclass(frozen=True)
class Start:
    """How a run begins.

    Args:
        execution_id: 32 hexadecimal characters.
        inputs: Scenario inputs by name.
        trigger: Requests an instant trigger has to work off; None when nothing was received.
        resume: Set when the run continues an incomplete execution.
        details: Names under `var.scenario`, such as `id` and `name`.
    """

    execution_id: str
    inputs: Mapping[str, Value] = field(default_factory=dict[str, Value])
    trigger: tuple[Bundle, ...] | None = None
    resume: ResumePoint | None = None
    details: Mapping[str, Value] = field(default_factory=dict[str, Value])


@dataclass(frozen=True)
class Limits:
    """Bounds of one run.

    Args:
        seconds: Longest run time; the licence's `executionTime` in seconds.
        steps: Most module visits, a guard against blueprints that never end.
        operations: Operations the organization has left; None when unlimited.
        transfer: Bytes it may still transfer; None when unlimited.
        bundles: Most bundles one module may return in one operation.
    """

    seconds: float = 2400
    steps: int = 500_000
    operations: int | None = None
    transfer: int | None = None
    bundles: int = 10_000


@dataclass
class ModuleRecord:
    """One operation of one module."""

    module_id: int
    module: str
    status: Status
    started: datetime
    ended: datetime
    operations: int
    centicredits: int
    size: int = 0
    """Bytes moved by this operation."""
    received: Bundle = field(default_factory=dict[str, Value])
    """The evaluated mapper."""
    returned: list[Bundle] = field(default_factory=list[Bundle])
    """Output bundles, at most `KEPT_BUNDLES` of them."""
    bundles: int = 0
    """How many bundles came out."""
    error: str | None = None
    warning: str | None = None


@dataclass(frozen=True)
class Incomplete:
    """The rest of a path that an error cut off, to be stored as an incomplete execution.

    Args:
        module_id: The module that failed.
        bundles: Outputs of the modules before it.
        error: What it failed with.
        retry: True when Make retries by itself.
        count: Automatic attempts allowed; None for the standard schedule.
        interval: Minutes between attempts; None for the standard schedule.
    """

    module_id: int
    bundles: Mapping[int, Bundle]
    error: RunError
    retry: bool
    count: int | None = None
    interval: int | None = None


@dataclass
class Execution:
    """Result of one run."""

    id: str
    started: datetime
    ended: datetime
    status: Status = Status.SUCCESS
    outputs: dict[str, Json] | None = None
    error: RunError | None = None
    operations: int = 0
    centicredits: int = 0
    transfer: int = 0
    name: str | None = None
    records: list[ModuleRecord] = field(default_factory=list[ModuleRecord])
    incompletes: list[Incomplete] = field(default_factory=list[Incomplete])
    check_run: bool = False
    """True when the trigger had nothing to deliver."""
    counts_as_error: bool = False
    """True when the run counts towards the deactivation of the scenario."""
    trigger_done: bool = True
    """False when the trigger was rolled back: its requests go back into the queue."""
    fatal: bool = False
    """True when the scenario is to be switched off at once."""

    @property
    def duration(self) -> int:
        """Milliseconds from start to end."""
        return round((self.ended - self.started).total_seconds() * 1000)
