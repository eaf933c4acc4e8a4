"""Watching a run until it has ended or the caller's patience has.

A run that began is never begun again here: whatever goes wrong while looking, the answer is the
run's id and how to look once more. State of a run: Make API reference, chapter 2.27.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, repeat
from typing import TYPE_CHECKING, Literal

import anyio
from make_mcp_base.authoring import Failure, Json, Output
from make_mcp_base.client.failures import NotFound, TooLarge
from pydantic import Field

from make_mcp_core_tools._engine.run_log import read_entry
from make_mcp_core_tools._engine.run_progress import Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.run_log import Status

POLL_SECONDS: tuple[float, ...] = (1, 1, 2, 3, 5)
"""Waits between looks; the last one repeats."""

_SHORT_LOOKS = 2
"""Looks after which a run counts as a long one, whose modules are worth asking for."""

INGESTION_SECONDS = 30.0
"""How long Make may answer 404 for a run that has begun (Make API reference, chapter 1.13)."""

MOST_BYTES = 4_000_000
"""Largest outputs that a tool fetches. Above it the run is told without them."""

MOST_RESOURCE_BYTES = 20_000_000
"""Largest outputs that the resource of a run fetches."""


class Cause(Output):
    name: str = ""
    app_name: str = ""


class StateFault(Output):
    name: str = ""
    message: str = ""
    cause_module: Cause | None = None


class State(Output):
    """A run as `GET …/executions/{id}` tells it."""

    status: Literal["RUNNING", "SUCCESS", "WARNING", "ERROR"]
    outputs: Json = None
    error: StateFault | None = None
    outputs_too_large: bool = Field(False, exclude=True)

    @property
    def ended(self) -> bool:
        """True once the run is over."""
        return self.status != "RUNNING"

    @property
    def outcome(self) -> Status | Literal["running"]:
        """The state in this project's words."""
        words: dict[str, Status | Literal["running"]] = {
            "SUCCESS": "success",
            "WARNING": "warning",
            "ERROR": "error",
        }
        return words.get(self.status, "running")


@dataclass(frozen=True, slots=True)
class Seen:
    """What watching a run found.

    Attributes:
        state: The last state Make told, None when it told none.
        waited: Seconds spent.
        trouble: The last failed look, None when the last one worked.
        come: How far the run has come, module by module; "" when Make did not tell.
    """

    state: State | None
    waited: float
    trouble: Failure | None = None
    come: str = ""

    @property
    def ended(self) -> bool:
        """True once the run is known to be over."""
        return self.state is not None and self.state.ended


def intervals() -> Iterator[float]:
    """Give the waits between looks, without end."""
    return chain(POLL_SECONDS, repeat(POLL_SECONDS[-1]))


async def read_state(
    make: Make, scenario_id: int, execution_id: str, most_bytes: int | None = None
) -> State:
    """Read the state of a run, its outputs within the byte budget (`MOST_BYTES` when None).

    Make is told the budget, and reading stops at it should Make not keep to it.

    Raises:
        NotFound: Make does not know the run, or does not know it yet.
        Failure: As for any request.
    """
    path = f"/scenarios/{scenario_id}/executions/{execution_id}"
    most = most_bytes or MOST_BYTES
    try:
        return await make.get(
            path, {"maxBytes": most}, into=State, scope="scenarios:read", max_bytes=most + 100_000
        )
    except TooLarge:
        return await _without_outputs(make, scenario_id, execution_id)


async def _without_outputs(make: Make, scenario_id: int, execution_id: str) -> State:
    """Tell a run whose outputs are too large by its log entry: only an ended run has outputs."""
    entry = await read_entry(make, scenario_id, execution_id)
    if entry is None:
        raise Failure(
            f"The outputs of run {execution_id} are too large to be read.",
            why="It has ended, and how it ended is not in the scenario's log yet.",
            next_step="Call again in a few seconds.",
            code="too_large",
            retryable=True,
        )
    state = State.model_validate({"status": entry.outcome.upper()})
    state.outputs_too_large = True
    return state


async def watch(
    make: Make,
    scenario_id: int,
    execution_id: str,
    wait_seconds: float,
    *,
    look_first: bool = False,
) -> Seen:
    """Look at a run until it has ended or `wait_seconds` are over.

    A 404 in the first 30 s, rate limits, faults of Make and lost answers are waited out; any other
    refusal ends the watch at once, and is told.

    Args:
        make: The call's Make; its caller hears of progress.
        scenario_id: The scenario.
        execution_id: The run.
        wait_seconds: Longest watch in seconds.
        look_first: Look before the first wait.
    """
    begun = anyio.current_time()
    seen, steps = Seen(None, 0.0), Steps(make, scenario_id, execution_id)
    if look_first:
        seen = await _look(make, scenario_id, execution_id, begun, seen)
    for looks, interval in enumerate(intervals()):
        left = wait_seconds - (anyio.current_time() - begun)
        if seen.ended or left <= 0 or _is_final(seen):
            break
        await anyio.sleep(min(max(interval, _asked_wait(seen)), left))
        seen = await _look(make, scenario_id, execution_id, begun, seen)
        if looks >= _SHORT_LOOKS and seen.trouble is None:
            come = await (steps.look_at_end() if seen.ended else steps.look())
            seen = replace(seen, come=come or seen.come)
        done = wait_seconds if seen.ended else seen.waited
        await make.progress(done, wait_seconds, _words(execution_id, seen))
    return seen


async def _look(
    make: Make, scenario_id: int, execution_id: str, begun: float, before: Seen
) -> Seen:
    state, trouble = before.state, None
    try:
        state = await read_state(make, scenario_id, execution_id)
    except Failure as failure:
        trouble = failure
    return Seen(state, anyio.current_time() - begun, trouble, before.come)


def _is_final(seen: Seen) -> bool:
    """Tell whether looking again cannot help."""
    trouble = seen.trouble
    if trouble is None:
        return False
    if isinstance(trouble, NotFound):
        return seen.waited > INGESTION_SECONDS
    return not (trouble.retryable or (trouble.status or 0) >= 500)


def _asked_wait(seen: Seen) -> float:
    """Seconds Make asked to leave it alone, after a 429."""
    return (seen.trouble.wait_seconds if seen.trouble else None) or 0.0


def _words(execution_id: str, seen: Seen) -> str:
    come = f" {seen.come}." if seen.come else ""
    if seen.ended:
        return f"Run {execution_id} has ended.{come}"
    if isinstance(seen.trouble, NotFound):
        return f"Make has not stored run {execution_id} yet."
    if seen.trouble:
        return f"Run {execution_id} goes on; Make could not be asked just now."
    return f"Run {execution_id} goes on, {seen.waited:.0f} s so far.{come}"
