"""What a bundle carries on its way: outputs so far, open loops, where its branch merges."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from make_api_sandbox.engine.errors import RunError
from make_api_sandbox.engine.plan import Node
from make_api_sandbox.engine.values import Bundle, Value


@dataclass(eq=False)
class Gathering:
    """What reached one aggregator in one loop."""

    rows: list[Bundle] = field(default_factory=list[Bundle])
    keys: list[Value] = field(default_factory=list[Value])
    last: "Context | None" = None


@dataclass(eq=False)
class Loop:
    """One operation of a feeder, open until its last bundle has gone all the way."""

    feeder: int
    base: "Context"
    """The context in which the feeder was called."""
    gathered: dict[int, Gathering] = field(default_factory=dict[int, Gathering])
    """Aggregator id → what has reached it."""


@dataclass(frozen=True, eq=False)
class MergePoint:
    """Where a merging branch of an if-else goes on."""

    merge: Node | None
    order: int
    """The branch's position among the merging branches."""
    base: "Context"
    """The context in front of the if-else."""


@dataclass(frozen=True, eq=False)
class Failure:
    """The failed operation an error route deals with."""

    node: Node
    context: "Context"
    error: RunError


@dataclass(frozen=True, eq=False)
class Context:
    """Outputs of earlier modules by id, and what the path is in the middle of."""

    bundles: Mapping[int, Bundle] = field(default_factory=dict[int, Bundle])
    loops: Mapping[int, Loop] = field(default_factory=dict[int, Loop])
    merge: MergePoint | None = None
    failure: Failure | None = None

    def having(self, module_id: int, bundle: Bundle) -> "Context":
        """The same context after module `module_id` returned `bundle`."""
        return replace(self, bundles={**self.bundles, module_id: bundle})

    def inside(self, loop: Loop) -> "Context":
        """The same context inside a loop."""
        return replace(self, loops={**self.loops, loop.feeder: loop})
