"""The result of a run in few words: status, outputs, cost, and which module failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import anyio
from make_mcp_base.authoring import Failure, Json, NextCall, Output

from make_mcp_core_tools._engine.moments import iso
from make_mcp_core_tools._engine.open_runs import end_was_told
from make_mcp_core_tools._engine.run_log import Entry, read_entry
from make_mcp_core_tools._engine.run_modules import find_cause, module_name, read_pinned
from make_mcp_core_tools._engine.run_watch import (
    MOST_BYTES,
    MOST_RESOURCE_BYTES,
    Seen,
    State,
    intervals,
)

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.run_modules import Pinned
    from make_mcp_core_tools._engine.run_preflight import Runnable

_LOOKS_FOR_ENTRY = 3


class RunError(Output):
    name: str = ""
    """Kind of failure in Make's words (`DataError`)."""
    message: str = ""
    module_id: int | None = None
    module: str | None = None
    """Label and name of the module that failed."""


class RunResult(Output):
    status: Literal["success", "warning", "error", "pending"]
    """`pending`: it goes on in Make; follow it with `scenario_execution_get`."""
    execution_id: str | None = None
    joined: bool | None = None
    """True when the run was going on already and none was started."""
    activated: bool | None = None
    """True when the scenario was switched on for this run."""
    progress: str | None = None
    """Modules done when it was last looked at, and the last of them: `3 of 7: http:MakeRequest`."""
    outputs: Json = None
    outputs_note: str | None = None
    operations: int | None = None
    credits: float | None = None
    duration_ms: int | None = None
    error: RunError | None = None
    replay_of: str | None = None
    resource_uri: str | None = None
    """The whole run as a resource."""
    url: str
    next_calls: list[NextCall] | None = None


def execution_path(scenario: Runnable, execution_id: str | None) -> str:
    """Give the path of a run's page in Make's interface, of its history without an id."""
    return f"{scenario.path}/logs/{execution_id}" if execution_id else f"{scenario.path}/logs"


def credits_of(entry: Entry | None) -> float | None:
    """Credits a run cost: Make counts hundredths."""
    if entry is None or entry.centicredits is None:
        return None
    return round(entry.centicredits / 100, 2)


def outputs_note(state: State) -> str | None:
    """Say why outputs are missing, when they are."""
    if not state.outputs_too_large:
        return None
    return (
        f"The outputs are above {MOST_BYTES:,} bytes and were not fetched; `resource_uri` has up to"
        f" {MOST_RESOURCE_BYTES:,}, `url` all."
    )


def resource_uri(scenario_id: int, execution_id: str) -> str:
    """Name the resource that holds a run whole."""
    return f"make://execution/{scenario_id}/{execution_id}"


def pending(
    make: Make, scenario: Runnable, execution_id: str | None, began_ms: int, seen: Seen | None
) -> RunResult:
    """Tell a run that goes on, and how to follow it."""
    if seen and seen.trouble:
        make.warn(f"The last look at the run failed: {seen.trouble.what}")
    if execution_id:
        arguments = {"scenario_id": scenario.id, "execution_id": execution_id, "wait": 60}
        call = NextCall(
            tool="scenario_execution_get",
            arguments=arguments,
            why="Waits for the end of this run; do not run the scenario again.",
        )
    else:
        make.warn("Make has not told the id of the run; it appears in the list once it has ended.")
        arguments = {"scenario_id": scenario.id, "since": iso(began_ms - 60_000)}
        call = NextCall(
            tool="scenario_execution_list",
            arguments=arguments,
            why="Lists the run once it has ended; do not run the scenario again.",
        )
    return RunResult(
        status="pending",
        execution_id=execution_id,
        progress=(seen.come or None) if seen else None,
        url=make.page_url(execution_path(scenario, execution_id)),
        next_calls=[call],
    )


async def report(make: Make, scenario: Runnable, execution_id: str, state: State) -> RunResult:
    """Tell a run that has ended.

    What cannot be read beyond the state itself is left out with a warning: the run is over, and
    its result must reach the caller.
    """
    entry, error = None, None
    try:
        entry = await written_entry(make, scenario.id, execution_id)
        error = await run_error(make, scenario.id, entry, state)
    except Failure as failure:
        make.warn(f"Some details of the run could not be read: {failure.what}")
        error = error or _plain_error(entry, state)
    await end_was_told(make, scenario.id, execution_id)
    return RunResult(
        status=state.outcome if state.outcome != "running" else "pending",
        execution_id=execution_id,
        outputs=state.outputs,
        outputs_note=outputs_note(state),
        operations=entry.operations if entry else None,
        credits=credits_of(entry),
        duration_ms=entry.duration if entry else None,
        error=error,
        resource_uri=resource_uri(scenario.id, execution_id) if state.outputs_too_large else None,
        url=make.page_url(execution_path(scenario, execution_id)),
        next_calls=_after(scenario.id, execution_id) if state.outcome == "error" else None,
    )


async def written_entry(make: Make, scenario_id: int, execution_id: str) -> Entry | None:
    """Read the log entry of a run that has ended; it may take a moment to be written."""
    waits = intervals()
    for _ in range(_LOOKS_FOR_ENTRY):
        entry = await read_entry(make, scenario_id, execution_id)
        if entry is not None:
            return entry
        await anyio.sleep(next(waits))
    return None


async def run_error(
    make: Make, scenario_id: int, entry: Entry | None, state: State, pinned: Pinned | None = None
) -> RunError | None:
    """Name what failed and in which module, by the blueprint the run was made with."""
    error = _plain_error(entry, state)
    if error is None or entry is None or state.outcome != "error":
        return error
    cause = state.error.cause_module if state.error else None
    if cause is None or not cause.name:
        return error
    error.module = f"{cause.app_name}:{cause.name}"
    pinned = pinned or await read_pinned(make, scenario_id, entry.started_ms)
    visit, rows = await find_cause(make, pinned, scenario_id, entry, cause)
    if visit is not None:
        error.module_id, error.module = visit.id, module_name(visit)
        told = next((row.error for row in rows if row.error), None)
        error.message = told.message if told and not error.message else error.message
    return error


def _plain_error(entry: Entry | None, state: State) -> RunError | None:
    found = state.error or (entry.error if entry else None)
    return RunError(name=found.name, message=found.message) if found else None


def _after(scenario_id: int, execution_id: str) -> list[NextCall]:
    run = {"scenario_id": scenario_id, "execution_id": execution_id}
    return [
        NextCall(
            tool="scenario_troubleshoot",
            arguments={"scenario_id": scenario_id},
            why="Finds the cause: connections, data, what changed before it failed.",
        ),
        NextCall(
            tool="scenario_execution_get",
            arguments=run | {"include": ["modules"]},
            why="Shows what each module did in this run.",
        ),
    ]
