"""What a run of a flow costs, without running it.

The history of 90 days is not run module by module; that would take minutes. A rehearsal walks the
flow once with a number of bundles, lets a plausible share through every filter and counts
operations by Make's rules: one per input bundle, none for routers, filters and directives, one per
loop for an aggregator. Prices are the engine's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from make_api_sandbox.engine.handling import DIRECTIVES
from make_api_sandbox.engine.plan import AGGREGATORS
from make_api_sandbox.engine.registry import CODE_MODULE, price
from make_api_sandbox.engine.values import Json, items, members, whole
from make_api_sandbox.seed.chance import within

SHARE = 0.6
"""Share of bundles that pass a filter."""

MOST_ITEMS = 4
"""An iterated array has one to this many items."""

ROUTER, IF_ELSE, FEEDER = "builtin:BasicRouter", "builtin:BasicIfElse", "builtin:BasicFeeder"
STEERING = {ROUTER, IF_ELSE, FEEDER, *DIRECTIVES, *AGGREGATORS}
TOKENS = {"ai-tools:Ask": (15, 140)}
"""Centicredits for the tokens of one operation, on top, with Make's own AI provider."""


@dataclass(frozen=True)
class Step:
    """One module of a flow, read once."""

    id: int
    slug: str
    filtered: bool
    feeder: int | None
    grouped: bool
    routes: "tuple[tuple[Step, ...], ...]"
    branches: "tuple[tuple[Step, ...], ...]"
    fallback: int | None
    handled_by: str
    """Last directive of the error route, or "" without one."""

    rate: int
    """Centicredits of an operation; of the Code app's they depend on the seconds it took."""

    fixed: bool
    """Whether an operation always costs `rate`."""

    plain: bool
    """Whether it takes every bundle and gives as many."""

    known: "dict[tuple[int, int], Visit]" = field(default_factory=dict["tuple[int, int]", "Visit"])
    """Visits of a fixed price by operations and bundles; most runs resemble one another."""


class Visit(NamedTuple):
    """All operations of one module in one run."""

    module_id: int
    slug: str
    operations: int
    centicredits: int
    bundles: int
    failed: bool = False


@dataclass(frozen=True)
class Trouble:
    """A module that fails in this run; `ends` when the run ends with it."""

    module_id: int
    ends: bool
    resumes: bool = False


class _CutShortError(Exception):
    """The failing module was reached."""


class Rehearsal:
    """Account of one run.

    Args:
        random: Where chance comes from.
        trouble: What goes wrong, if anything.
    """

    def __init__(self, random: Random, trouble: Trouble | None = None) -> None:
        self.random = random
        self.trouble = trouble
        self.visits: list[Visit] = []
        self.failures = 0
        """Bundles that failed."""
        self.operations = 0
        """Operations of the run."""
        self.centicredits = 0
        """Hundredths of credits of the run."""

    def run(self, flow: Sequence[Step], delivered: int) -> None:
        """Rehearse a run whose trigger delivers some bundles."""
        first = flow[0]
        ends = self.trouble is not None and self.trouble.ends
        passed = min(delivered, 1) if ends else delivered
        try:
            if self._fails(first):
                self._fail(first, 1)
                return
            self._visit(first, 1, delivered)
            if delivered:
                self._walk(flow[1:], passed)
        except _CutShortError:
            return

    def _walk(self, flow: Sequence[Step], bundles: int) -> int:
        """Send bundles through a list; returns how many come out at its end."""
        trouble = self.trouble
        for step in flow:
            if step.plain and bundles and trouble is None:
                self._visit(step, bundles, bundles)
            elif step.slug in AGGREGATORS:
                bundles = self._aggregate(step)
            elif bundles:
                bundles = self._pass(step, bundles)
        return bundles

    def _pass(self, step: Step, bundles: int) -> int:
        bundles = self._filtered(bundles) if step.filtered else bundles
        if not bundles or step.slug in DIRECTIVES:
            return 0
        if step.slug == ROUTER:
            self._route(step, bundles)
            return 0
        if self._fails(step):
            return self._fail(step, bundles)
        if step.slug == IF_ELSE:
            return self._branch(step, bundles)
        out = bundles
        if step.slug == FEEDER:
            out = sum(within(self.random, 1, MOST_ITEMS) for _ in range(bundles))
            out = 1 if self.trouble and self.trouble.ends else out
        self._visit(step, bundles, out)
        return out

    def _filtered(self, bundles: int) -> int:
        if self.trouble is not None:
            return bundles
        random, passed = self.random.random, 0
        for _ in range(bundles):
            passed += random() < SHARE
        return passed

    def _route(self, step: Step, bundles: int) -> None:
        taken = 0
        for index, route in enumerate(step.routes):
            if index == step.fallback:
                continue
            through = self._filtered(bundles) if route and route[0].filtered else bundles
            taken = max(taken, through)
            self._enter(route, through)
        if step.fallback is not None:
            left = bundles if self.trouble else bundles - taken
            self._enter(step.routes[step.fallback], left)

    def _enter(self, route: Sequence[Step], bundles: int) -> None:
        """Send bundles down a route whose first filter they have passed."""
        if bundles and route:
            first = self._fail(route[0], bundles) if self._fails(route[0]) else None
            if first is None:
                self._visit(route[0], bundles, bundles)
            self._walk(route[1:], bundles if first is None else first)

    def _branch(self, step: Step, bundles: int) -> int:
        self._visit(step, bundles, bundles)
        first = self._filtered(bundles)
        taken = (first, bundles - first)
        return sum(self._walk(flow, n) for flow, n in zip(step.branches, taken, strict=False))

    def _aggregate(self, step: Step) -> int:
        loops = sum(v.operations for v in self.visits if v.module_id == step.feeder)
        if loops:
            self._visit(step, loops, loops)
        return loops * within(self.random, 1, 3) if step.grouped else loops

    def _fails(self, step: Step) -> bool:
        return self.trouble is not None and self.trouble.module_id == step.id

    def _fail(self, step: Step, bundles: int) -> int:
        if self.trouble is None or self.trouble.ends:
            self._visit(step, 1, 0, failed=True)
            self.failures += 1
            raise _CutShortError
        self._visit(step, bundles, 0, failed=True)
        self.failures += bundles
        return bundles if self.trouble.resumes else 0

    def _visit(self, step: Step, operations: int, bundles: int, *, failed: bool = False) -> None:
        if step.fixed and not failed:
            visit = step.known.get((operations, bundles))
            if visit is None:
                visit = Visit(step.id, step.slug, operations, step.rate * operations, bundles)
                step.known[operations, bundles] = visit
        else:
            used = self._price(step, operations, failed=failed)
            visit = Visit(step.id, step.slug, operations, used, bundles, failed)
        self.operations += operations
        self.centicredits += visit.centicredits
        self.visits.append(visit)

    def _price(self, step: Step, operations: int, *, failed: bool) -> int:
        if step.slug == CODE_MODULE:
            return price(step.slug, operations, self.random.uniform(0.4, 2.6))
        used = step.rate * operations
        if step.slug in TOKENS and not failed:
            low, high = TOKENS[step.slug]
            used += sum(within(self.random, low, high) for _ in range(operations))
        return used


def read(flow: Sequence[Json]) -> tuple[Step, ...]:
    """Read a flow of a blueprint for rehearsals."""
    return tuple(_step(members(each)) for each in flow)


def _step(module: dict[str, Json]) -> Step:
    slug, handler = str(module["module"]), items(module.get("onerror"))
    fixed = slug != CODE_MODULE and slug not in TOKENS
    parameters = members(module.get("parameters"))
    filter_conditions = items(members(module.get("filter")).get("conditions"))
    return Step(
        id=whole(module["id"]) or 0,
        slug=slug,
        filtered=bool(filter_conditions),
        feeder=whole(parameters.get("feeder")),
        grouped=bool(members(module.get("flags")).get("groupBy")),
        routes=_flows(module, "routes"),
        branches=_flows(module, "branches"),
        fallback=whole(parameters.get("else")),
        handled_by=str(members(handler[-1])["module"]) if handler else "",
        rate=price(slug, 1, 0),
        fixed=fixed,
        plain=fixed and not filter_conditions and slug not in STEERING,
    )


def _flows(module: dict[str, Json], member: str) -> tuple[tuple[Step, ...], ...]:
    return tuple(read(items(members(one)["flow"])) for one in items(module.get(member)))


def steps(flow: Sequence[Step]) -> list[Step]:
    """Every module of a flow, in document order; error routes are left out."""
    found: list[Step] = []
    for step in flow:
        found.append(step)
        for inner in (*step.routes, *step.branches):
            found += steps(inner)
    return found
