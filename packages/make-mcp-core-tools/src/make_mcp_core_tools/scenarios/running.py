"""Running a scenario, and running a past execution again, each exactly once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import anyio
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    Output,
    ScenarioId,
    Undo,
    Watch,
    post,
)
from make_mcp_base.client.failures import Invalid
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.execution_ids import ExecutionRef, repaired
from make_mcp_core_tools._engine.run_log import read_entry
from make_mcp_core_tools._engine.run_preflight import (
    Checked,
    Runnable,
    inactive_failure,
    known_runs,
    preflight,
    read_runnable,
)
from make_mcp_core_tools._engine.run_report import RunResult, pending, report
from make_mcp_core_tools._engine.run_search import Wanted, find_new_runs
from make_mcp_core_tools._engine.run_start import Begun, Order, start_once
from make_mcp_core_tools._engine.run_watch import watch
from make_mcp_core_tools.scenarios.declared import category

if TYPE_CHECKING:
    from make_mcp_core_tools._engine.run_log import Entry

_FIRST_LOOK_SECONDS = 10.0
"""Longest wait for the state of a run that its log entry says has ended."""

# Inputs


class RunScenario(Input):
    scenario_id: ScenarioId
    data: Document | None = None
    """Inputs by name (`scenario_interface_get`)."""
    wait_seconds: float = Field(45, ge=0, le=600)
    """Longest wait for the end; the run goes on after it."""
    callback_url: str | None = Field(default=None, pattern=r"^https?://", max_length=2_048)
    """Make posts the execution id here when the run ends."""
    activate_if_needed: bool = False
    """Switch an inactive scenario on first; it stays on."""
    allow_parallel: bool = False
    """Start a run although one with the same data is going on."""
    stop_on_cancel: bool = False
    """Stop the run in Make when this call is cancelled."""


class ReplayScenario(Input):
    scenario_id: ScenarioId
    execution_id: ExecutionRef
    wait_seconds: float = Field(45, ge=0, le=600)
    """Longest wait for the end; the run goes on after it."""


# Parts of answers


class Switched(Output):
    scenario: Document


class Nothing(RootModel[Json]):
    """An answer whose body says nothing."""


# Tools


@category.tool(
    scope="scenarios:run",
    effect="run",
    formerly=("scenarios_run", "run-scenario"),
    words=("execute", "start", "trigger a workflow", "by hand", "on demand"),
    examples=[RunScenario(scenario_id=12, data={"order": "A-17"}, wait_seconds=60)],
)
async def scenario_run(make: Make, args: RunScenario) -> RunResult:
    """Run a scenario once and wait for its result.

    Inputs are checked against its interface first. An inactive scenario that is not on demand
    needs `activate_if_needed`. One that starts by webhook runs by a request: `hook_send_test`.
    A run longer than `wait_seconds` comes back as `pending`; follow it with
    `scenario_execution_get` and `wait`. Spends operations.
    """
    checked = await preflight(make, args.scenario_id, args.data, activate=args.activate_if_needed)
    if checked.must_activate:
        await _activate(make, checked.scenario)
        if checked.scenario.runs_on_activation:
            return await _first_run(make, checked, args.wait_seconds)
    order = Order(args.data, args.callback_url, args.wait_seconds, args.allow_parallel)
    begun = await start_once(make, checked, order)
    try:
        result = await _followed(make, checked.scenario, begun, args.wait_seconds)
    except anyio.get_cancelled_exc_class():
        if args.stop_on_cancel and begun.execution_id:
            await _stop(make, checked.scenario, begun.execution_id)
        raise
    result.activated = checked.must_activate or None
    return result


@category.tool(
    scope="scenarios:run",
    effect="run",
    confirm=True,
    formerly=("scenarios_replay", "replay-scenario"),
    words=("rerun", "repeat", "again"),
)
async def scenario_replay(make: Make, args: ReplayScenario) -> RunResult:
    """Run a past execution again with the data it had, through the blueprint as it is now.

    What the first run did in other services is done once more. The scenario must be active or
    on demand. Spends operations.
    """
    execution_id = repaired(make, args.execution_id)
    scenario = await read_runnable(make, args.scenario_id)
    past = await _replayable(make, scenario, execution_id)
    known = await known_runs(make, scenario.id)
    make.affects(f"The first run took {past.operations or 0} operations; so may this one.")
    began_ms = int(time.time() * 1_000)
    await _replay(make, scenario, execution_id)
    wanted = Wanted(known, replay_of=execution_id)
    found = await find_new_runs(make, scenario.id, wanted, args.wait_seconds)
    result = await _told(make, scenario, found, began_ms)
    result.replay_of = execution_id
    return result


# Switching on


async def _activate(make: Make, scenario: Runnable) -> None:
    path = f"/scenarios/{scenario.id}"
    await make.write(
        post(f"{path}/start", scope="scenarios:write"),
        into=Switched,
        says=f"Switch on “{scenario.name}” ({scenario.id})",
        before={"isActive": False},
        undo=Undo(
            (post(f"{path}/stop", scope="scenarios:write"),), Watch(path, ("scenario.isActive",))
        ),
        predict={"scenario": {"id": scenario.id, "isActive": True}},
    )
    make.warn("The scenario was switched on and stays on; it also runs by its own schedule.")


async def _first_run(make: Make, checked: Checked, wait_seconds: float) -> RunResult:
    """Wait for the run that switching on an interval scenario begins; another would be a second."""
    began_ms = int(time.time() * 1_000)
    if make.planning:
        return pending(make, checked.scenario, None, began_ms, None)
    make.warn("Switching it on ran it at once; that run is told, and no other was started.")
    wanted = Wanted(checked.known, kind="auto")
    found = await find_new_runs(make, checked.scenario.id, wanted, wait_seconds)
    result = await _told(make, checked.scenario, found, began_ms)
    result.activated = True
    return result


# Following a run


async def _followed(make: Make, scenario: Runnable, begun: Begun, wait_seconds: float) -> RunResult:
    began_ms = int(time.time() * 1_000)
    if begun.execution_id is None:
        result = pending(make, scenario, None, began_ms, None)
    else:
        seen = await watch(
            make, scenario.id, begun.execution_id, wait_seconds, look_first=begun.joined
        )
        if seen.state is not None and seen.ended:
            result = await report(make, scenario, begun.execution_id, seen.state)
        else:
            result = pending(make, scenario, begun.execution_id, began_ms, seen)
    result.joined = begun.joined or None
    return result


async def _told(make: Make, scenario: Runnable, found: list[Entry], began_ms: int) -> RunResult:
    """Tell the run that appeared in the log; the earliest, should several have appeared."""
    if not found:
        return pending(make, scenario, None, began_ms, None)
    seen = await watch(make, scenario.id, found[-1].id, _FIRST_LOOK_SECONDS, look_first=True)
    if seen.state is None or not seen.ended:
        return pending(make, scenario, found[-1].id, began_ms, seen)
    return await report(make, scenario, found[-1].id, seen.state)


async def _stop(make: Make, scenario: Runnable, execution_id: str) -> None:
    """Stop a run whose caller has gone away and asked for that."""
    with anyio.CancelScope(shield=True):
        await make.write(
            post(f"/scenarios/{scenario.id}/executions/{execution_id}/stop", {"force": False}),
            into=Nothing,
            says=f"Stop run {execution_id} of “{scenario.name}”",
            undo=Irreversible("A stopped run does not go on."),
        )


# Replaying


async def _replayable(make: Make, scenario: Runnable, execution_id: str) -> Entry:
    past = await read_entry(make, scenario.id, execution_id)
    if past is None:
        raise Failure(
            f"“{scenario.name}” ({scenario.id}) has no ended run {execution_id}.",
            why="It still goes on, belongs to another scenario, or is older than Make keeps logs.",
            next_step=f"Call `scenario_execution_list` with scenario_id={scenario.id}.",
            code="not_found",
        )
    if past.is_replayable is False:
        raise Failure(
            f"Run {execution_id} cannot be replayed: Make has not kept its data.",
            why="Confidential scenarios keep none, and other data is kept for a limited time.",
            next_step=f"Call `scenario_run` with scenario_id={scenario.id} and the data itself.",
            code="not_replayable",
        )
    if not scenario.is_active and not scenario.is_on_demand:
        raise _inactive(scenario)
    return past


async def _replay(make: Make, scenario: Runnable, execution_id: str) -> None:
    try:
        await make.write(
            post(f"/scenarios/{scenario.id}/replay", {"executionIds": [execution_id]}),
            into=Nothing,
            says=f"Replay run {execution_id} of “{scenario.name}” ({scenario.id})",
            before={"active": scenario.is_active},
            undo=Irreversible("What a run did in other services stays done."),
        )
    except Invalid as refusal:
        if "not activated" in refusal.make_message.lower():
            raise _inactive(scenario) from refusal
        raise


def _inactive(scenario: Runnable) -> Failure:
    failure = inactive_failure(scenario, [])
    failure.next_step = f"Call `scenario_activate` with scenario_id={scenario.id}, then replay."
    return failure
