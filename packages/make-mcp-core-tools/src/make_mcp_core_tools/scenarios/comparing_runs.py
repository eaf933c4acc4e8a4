"""Two runs of one scenario side by side: what differs between a bad one and a good one.

Make's API tells of each operation of a module its status, and number and size of its bundles, not
their content (Make API reference, chapter 2.27); so that is what can be compared, with the outputs
of the runs and the blueprints they were made with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_blueprint.diff import diff
from make_mcp_base.authoring import Failure, Input, Json, Make, NextCall, Output, ScenarioId
from make_mcp_base.client.failures import NotFound

from make_mcp_core_tools._engine.execution_ids import ExecutionRef, repaired
from make_mcp_core_tools._engine.run_detail import ModuleRow, read_module_runs
from make_mcp_core_tools._engine.run_history import History, runs_of
from make_mcp_core_tools._engine.run_log import Entry, Status, read_entry
from make_mcp_core_tools._engine.run_modules import Pinned, read_pinned
from make_mcp_core_tools._engine.run_preflight import Runnable, read_runnable
from make_mcp_core_tools._engine.run_report import credits_of, execution_path
from make_mcp_core_tools._engine.run_watch import read_state
from make_mcp_core_tools.scenarios.declared import category

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOOKED_AT = 200
"""Runs that are looked through for one of the wanted outcome."""
_MOST_LINES = 60
_DEEPEST = 6

# Inputs


class CompareExecutions(Input):
    scenario_id: ScenarioId
    a: ExecutionRef | None = None
    """The run in question; the last that failed when left out."""
    b: ExecutionRef | None = None
    """The run to hold it against; the last success before `a` when left out."""


# Outputs


class RunSide(Output):
    execution_id: str
    status: Status
    started: str
    duration_ms: int | None = None
    operations: int | None = None
    credits: float | None = None
    transfer_bytes: int | None = None
    blueprint_version: int | None = None
    error: str | None = None


class ModuleSide(Output):
    status: str
    operations: int
    bundles: int
    size_bytes: int
    messages: list[str] | None = None


class ModuleDifference(Output):
    module_id: int
    module: str
    a: ModuleSide | None = None
    """Absent when the module did nothing in this run."""
    b: ModuleSide | None = None
    differs_in: list[str]


class RunComparison(Output):
    a: RunSide
    b: RunSide
    first_difference: int | None = None
    """The first module, in the order of the blueprint, whose status or bundles differ."""
    modules: list[ModuleDifference]
    """Modules that differ; those that did the same are left out."""
    same_modules: int
    blueprint_diff: list[str] | None = None
    """What was edited between the two; absent when they ran the same version."""
    outputs_diff: list[str] | None = None
    """Members of the outputs that came, went or changed their type."""
    note: str
    next_calls: list[NextCall] | None = None


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("what changed", "last good run", "regression", "diff runs"),
    examples=[CompareExecutions(scenario_id=101)],
)
async def scenario_execution_compare(make: Make, args: CompareExecutions) -> RunComparison:
    """Compare two ended runs: modules, number and size of bundles, outputs, edits between them.

    Without ids, the last failed run is held against the last success before it.
    """
    scenario = await read_runnable(make, args.scenario_id)
    one = await _chosen(make, scenario, args.a, ("error", "warning"), None)
    left = await _ran(make, scenario, one)
    right = await _good(make, scenario, args.b, left)
    other, pins = right.entry, [left.pinned, right.pinned]
    found, same = _modules(left, right)
    return RunComparison(
        a=_side(one, pins[0]),
        b=_side(other, pins[1]),
        first_difference=next((row.module_id for row in found if _tells(row)), None),
        modules=found,
        same_modules=same,
        blueprint_diff=_edits(pins),
        outputs_diff=await _outputs(make, scenario, one, other),
        note=_note(left, right),
        next_calls=[
            NextCall(
                tool="scenario_execution_get",
                arguments={"scenario_id": scenario.id, "execution_id": one.id},
                why=f"See run a in depth; its page is {_page(make, scenario, one)}.",
            )
        ],
    )


def _page(make: Make, scenario: Runnable, entry: Entry) -> str:
    return make.page_url(execution_path(scenario, entry.id))


# Which runs


async def _chosen(
    make: Make,
    scenario: Runnable,
    asked: str | None,
    wanted: tuple[Status, ...],
    before: Entry | None,
) -> Entry:
    """Read the run that was asked for, or find the last of an outcome.

    Raises:
        Failure: There is none.
    """
    if asked is not None:
        entry = await read_entry(make, scenario.id, repaired(make, asked))
        if entry is None:
            raise Failure(
                f"Scenario {scenario.id} has no ended run {asked}.",
                next_step=f"Call `scenario_execution_list` (scenario_id={scenario.id}).",
                code="not_found",
            )
        return entry
    for status in wanted:
        history = History(
            status=(status,), limit=_LOOKED_AT, after=before.imt_id if before else None
        )
        runs = [run for run in (await runs_of(make, scenario.id, history)).runs if run != before]
        if runs:
            return runs[0]
    when = f" before run {before.id}" if before else ""
    raise Failure(
        f"Scenario {scenario.id} has no run with {' or '.join(wanted)}{when}.",
        next_step=f"Name both runs as `a` and `b`; `scenario_execution_list`"
        f" (scenario_id={scenario.id}) shows them.",
        code="not_found",
    )


def _side(entry: Entry, pinned: Pinned) -> RunSide:
    return RunSide(
        execution_id=entry.id,
        status=entry.outcome,
        started=entry.timestamp,
        duration_ms=entry.duration,
        operations=entry.operations,
        credits=credits_of(entry),
        transfer_bytes=entry.transfer,
        blueprint_version=pinned.version,
        error=str(entry.error) if entry.error else None,
    )


# What differs


@dataclass(frozen=True, slots=True)
class _Ran:
    """A run, the blueprint it was made with, and what Make tells of its modules."""

    entry: Entry
    pinned: Pinned
    modules: dict[int, ModuleRow]

    @property
    def is_told(self) -> bool:
        """False when it took operations and no module log names it: logs are kept for a time."""
        return bool(self.modules) or not self.entry.operations


async def _ran(make: Make, scenario: Runnable, entry: Entry) -> _Ran:
    pinned = await read_pinned(make, scenario.id, entry.started_ms)
    found = await read_module_runs(make, scenario.id, pinned, entry)
    rows = [run.row() for run in found]
    return _Ran(entry, pinned, {row.module_id: row for row in rows})


async def _good(make: Make, scenario: Runnable, asked: str | None, bad: _Ran) -> _Ran:
    """Read the run to hold the bad one against.

    Unless one was asked for, the newest success stands in for the last one before the bad run when
    Make no longer tells the modules of that.
    """
    found = await _ran(
        make, scenario, await _chosen(make, scenario, asked, ("success",), bad.entry)
    )
    if asked is not None or found.is_told or not bad.is_told:
        return found
    newest = await _chosen(make, scenario, None, ("success",), None)
    latest = await _ran(make, scenario, newest)
    if not latest.is_told:
        return found
    make.warn(
        f"Make no longer tells the modules of {found.entry.id}, the last success before run a; b is"
        " the newest success instead."
    )
    return latest


def _note(one: _Ran, other: _Ran) -> str:
    untold = [name for name, side in (("a", one), ("b", other)) if not side.is_told]
    if untold:
        return (
            f"Make keeps no module logs of run {' and '.join(untold)}, so modules could not be"
            " compared."
        )
    return "Make's API does not tell the content of bundles; the pages of the runs show it."


def _modules(one: _Ran, other: _Ran) -> tuple[list[ModuleDifference], int]:
    """Hold the modules of two runs side by side; none when those of one are not told."""
    if not (one.is_told and other.is_told):
        return [], 0
    order = [v.id for side in (one, other) for v in side.pinned.modules if v.id is not None]
    rows = [_difference(ident, one.modules, other.modules) for ident in dict.fromkeys(order)]
    differing = [row for row in rows if row and row.differs_in]
    return differing, sum(1 for row in rows if row and not row.differs_in)


def _difference(
    ident: int, one: dict[int, ModuleRow], other: dict[int, ModuleRow]
) -> ModuleDifference | None:
    """Hold what a module did in both runs side by side; None when it did nothing in either."""
    left, right = one.get(ident), other.get(ident)
    known = left or right
    if known is None:
        return None
    names = ("status", "operations", "bundles", "size_bytes", "messages")
    return ModuleDifference(
        module_id=ident,
        module=known.module,
        a=_module_side(left),
        b=_module_side(right),
        differs_in=["ran"]
        if left is None or right is None
        else [name for name in names if getattr(left, name) != getattr(right, name)],
    )


def _module_side(row: ModuleRow | None) -> ModuleSide | None:
    return None if row is None else ModuleSide.model_validate(row.model_dump())


def _tells(row: ModuleDifference) -> bool:
    return bool({"ran", "status", "bundles"}.intersection(row.differs_in))


def _edits(pins: Sequence[Pinned]) -> list[str] | None:
    """Write what was edited from the good run to the bad one."""
    bad, good = pins
    if bad.version is not None and bad.version == good.version:
        return None
    lines = [entry.to_text() for entry in diff(good.stored.blueprint, bad.stored.blueprint).entries]
    return lines[:_MOST_LINES] or None


async def _outputs(make: Make, scenario: Runnable, one: Entry, other: Entry) -> list[str] | None:
    """Compare the shapes of the outputs; None where a run has none or Make no longer tells."""
    shapes: list[dict[str, str]] = []
    for entry in (one, other):
        try:
            state = await read_state(make, scenario.id, entry.id)
        except NotFound:
            return None
        if state.outputs is None or state.outputs_too_large:
            return None
        shapes.append(dict(_shape(state.outputs, "outputs", 0)))
    bad, good = shapes
    lines = [f"- {path}: {kind}" for path, kind in good.items() if path not in bad]
    lines += [f"+ {path}: {kind}" for path, kind in bad.items() if path not in good]
    lines += [f"~ {p}: {good[p]} -> {bad[p]}" for p in bad if p in good and bad[p] != good[p]]
    return lines[:_MOST_LINES] or None


def _shape(value: Json, path: str, depth: int) -> list[tuple[str, str]]:
    """Name every place of a value with its type; rows of a list count as one place."""
    rows = [(path, _kind(value))]
    if depth == _DEEPEST:
        return rows
    if isinstance(value, dict):
        inner = [(f"{path}.{key}", member) for key, member in value.items()]
    elif isinstance(value, list):
        inner = [(f"{path}[]", member) for member in value]
    else:
        return rows
    return rows + [row for place, member in inner for row in _shape(member, place, depth + 1)]


def _kind(value: Json) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float):
        return "number"
    return "array" if isinstance(value, list) else "collection"
