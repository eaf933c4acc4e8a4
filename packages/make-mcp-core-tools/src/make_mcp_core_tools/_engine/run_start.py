"""Starting a run exactly once, whatever happens to the answer.

`run` is never sent twice: not after a lost answer, not while the same run goes on. What Make says
while a scenario runs one execution at a time: Make API reference, chapter 2.27.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Failure, Irreversible, Output, post
from make_mcp_base.client.failures import BadAnswer, Invalid, MakeFailure, NotFound

from make_mcp_core_tools._engine.moments import iso
from make_mcp_core_tools._engine.open_runs import OpenRun, OpenRuns
from make_mcp_core_tools._engine.run_log import read_entry
from make_mcp_core_tools._engine.run_preflight import inactive_failure
from make_mcp_core_tools._engine.run_search import Wanted, find_new_runs, new_runs
from make_mcp_core_tools._engine.run_watch import INGESTION_SECONDS, read_state

if TYPE_CHECKING:
    from make_mcp_base.authoring import Document, Make

    from make_mcp_core_tools._engine.run_preflight import Checked, Runnable

UNTOLD_SECONDS = 120.0
"""How long the end of a run that nobody was told is given in place of a new run."""

LOST_SECONDS = 45.0
"""Longest search for a run whose start was not answered."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run.

    Attributes:
        data: Inputs by name.
        callback_url: Address Make tells of the end.
        wait_seconds: The caller's patience.
        parallel: True to start a run although the same one goes on.
    """

    data: Document | None
    callback_url: str | None
    wait_seconds: float
    parallel: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that was started or found.

    Attributes:
        execution_id: Its id; None for one of somebody else that has not ended in time.
        joined: True when it was going on already.
    """

    execution_id: str | None
    joined: bool = False


class _Started(Output):
    execution_id: str


async def start_once(make: Make, checked: Checked, order: Order) -> Begun:
    """Start a run, or give the same run that is going on.

    Raises:
        Failure: Make refused; or another run is going on; or nobody can tell whether the run was
            started, and the failure says how to look.
    """
    if make.planning:
        return Begun((await _send(make, checked.scenario, order)).execution_id)
    notes = OpenRuns.of(make, checked.scenario.id, order.data)
    async with notes.alone():
        noted = await notes.find()
        same = noted if noted and not order.parallel else None
        joined = await _same_run(make, checked.scenario, notes, same) if same else None
        result = joined or await _try(make, checked, order, notes, noted)
    if isinstance(result, Begun):
        return result
    if _may_have_begun(result):
        return await _recover(make, checked, order, notes, result)
    return await _refused(make, checked, order, notes, result)


async def _try(
    make: Make, checked: Checked, order: Order, notes: OpenRuns, earlier: OpenRun | None
) -> Begun | Failure:
    """Send the start, noted before and after: this process may die in between."""
    known = tuple(checked.known)
    await notes.intend(OpenRun("", known))
    try:
        started = await _send(make, checked.scenario, order)
    except Failure as failure:
        if not _may_have_begun(failure):
            await notes.withdraw(earlier)
        return failure
    await notes.note(OpenRun(started.execution_id, known))
    return Begun(started.execution_id)


def _may_have_begun(failure: Failure) -> bool:
    """Tell whether a run may go on in Make although its start failed here.

    An answer that says "done" and cannot be read leaves the run without an id as well.
    """
    if isinstance(failure, MakeFailure) and failure.may_have_happened:
        return True
    return isinstance(failure, BadAnswer) or failure.code == "unexpected_answer"


async def _send(make: Make, scenario: Runnable, order: Order) -> _Started:
    body: Document = {"responsive": False}
    if order.data is not None:
        body["data"] = order.data
    if order.callback_url:
        body["callbackUrl"] = order.callback_url
    return await make.write(
        post(f"/scenarios/{scenario.id}/run", body),
        into=_Started,
        says=f"Run “{scenario.name}” ({scenario.id})",
        undo=Irreversible("What a run did in other services stays done."),
    )


# A run that goes on already


async def _same_run(
    make: Make, scenario: Runnable, notes: OpenRuns, noted: OpenRun
) -> Begun | None:
    """Give the run with the same inputs, when it goes on or its end was told to nobody."""
    if not noted.execution_id:
        return await _lost_before(make, scenario, notes, noted)
    try:
        state = await read_state(make, scenario.id, noted.execution_id)
    except NotFound:
        if time.time() - noted.at > INGESTION_SECONDS:
            return None
        return _join(make, noted.execution_id)
    if not state.ended:
        return _join(make, noted.execution_id)
    entry = await read_entry(make, scenario.id, noted.execution_id)
    ended_at = noted.at + ((entry.duration or 0) / 1_000 if entry else 0)
    if time.time() - ended_at > UNTOLD_SECONDS:
        return None
    make.warn(
        "This run was started by an earlier call that did not wait for its end; it is told now,"
        " and none was started. Call again for a new run."
    )
    return Begun(noted.execution_id, joined=True)


def _join(make: Make, execution_id: str) -> Begun:
    make.warn(
        "A run with the same data is going on, so none was started; `allow_parallel` starts one."
    )
    return Begun(execution_id, joined=True)


async def _refused(
    make: Make, checked: Checked, order: Order, notes: OpenRuns, failure: Failure
) -> Begun:
    """Explain a refusal, or wait for the run that causes it."""
    said = failure.make_message.lower() if isinstance(failure, Invalid) else ""
    if "not activated" in said:
        raise inactive_failure(checked.scenario, []) from failure
    if "already being executed" not in said:
        raise failure
    latest = await notes.find_latest()
    if latest and await _goes_on(make, checked, latest.execution_id):
        raise _busy(checked.scenario, latest.execution_id) from failure
    if order.data:
        raise _busy(checked.scenario, None) from failure
    make.warn("The scenario was running already; that run was waited for and none was started.")
    found = await find_new_runs(
        make, checked.scenario.id, Wanted(checked.known), order.wait_seconds
    )
    return Begun(found[-1].id if found else None, joined=True)


async def _goes_on(make: Make, checked: Checked, execution_id: str) -> bool:
    try:
        return not (await read_state(make, checked.scenario.id, execution_id)).ended
    except NotFound:
        return True


def _busy(scenario: Runnable, execution_id: str | None) -> Failure:
    again = f"call `scenario_run` with scenario_id={scenario.id} again"
    if execution_id:
        step = (
            f"Call `scenario_execution_get` with scenario_id={scenario.id},"
            f" execution_id={execution_id} and wait=60 to follow it; once it has ended, {again}."
        )
    else:
        step = f"Wait for it to end, then {again}."
    return Failure(
        f"“{scenario.name}” ({scenario.id}) is running already"
        + (f": run {execution_id}." if execution_id else "."),
        why="It runs one execution at a time, and the one that goes on has other data.",
        effect="No run was started.",
        next_step=step,
        code="already_running",
        retryable=True,
        wait_seconds=None if execution_id else 15,
    )


# A start whose answer was lost


async def _recover(
    make: Make, checked: Checked, order: Order, notes: OpenRuns, lost: Failure
) -> Begun:
    """Find the run that a lost answer was about."""
    wanted = await _mine(make, checked.known)
    patience = min(order.wait_seconds, LOST_SECONDS)
    found = await notes.unnoted(await find_new_runs(make, checked.scenario.id, wanted, patience))
    if len(found) == 1 and not checked.scenario.is_locked:
        make.warn(
            "Make's answer to the start was lost. This run is taken for it: it is the only one"
            " this user has started since."
        )
        await notes.note(OpenRun(found[0].id, tuple(checked.known)))
        return Begun(found[0].id)
    raise _uncertain(checked.scenario, [entry.id for entry in found], lost) from lost


async def _lost_before(
    make: Make, scenario: Runnable, notes: OpenRuns, noted: OpenRun
) -> Begun | None:
    """Look for the run of an earlier call whose answer was lost, before another is started."""
    wanted = await _mine(make, frozenset(noted.known))
    found = await notes.unnoted(await new_runs(make, scenario.id, wanted))
    if len(found) == 1:
        await notes.note(OpenRun(found[0].id, noted.known, noted.at))
        make.warn("This is the run of the earlier call whose answer was lost; none was started.")
        return Begun(found[0].id, joined=True)
    if found or scenario.is_locked or time.time() - noted.at < INGESTION_SECONDS:
        raise _uncertain(scenario, [entry.id for entry in found], None)
    return None


async def _mine(make: Make, known: frozenset[str]) -> Wanted:
    account = await make.account()
    return Wanted(known, kind="manual", author=account.user_id or None)


def _uncertain(scenario: Runnable, candidates: list[str], lost: Failure | None) -> Failure:
    several = f" One of these may be it: {', '.join(candidates[:5])}." if candidates else ""
    since = iso(int(time.time() * 1_000) - 600_000)
    return Failure(
        f"Whether “{scenario.name}” ({scenario.id}) was started is not known.",
        why=(f"{lost.what} {lost.why}" if lost else "The answer to an earlier start was lost.")
        + several,
        effect="The run may have been started; it was not started twice.",
        next_step="Do not start it another way. In half a minute call `scenario_execution_list`"
        f" with scenario_id={scenario.id} and since={since}; `scenario_run` with the same"
        " arguments also looks for the lost run before it starts one.",
        code="run_uncertain",
        retryable=True,
        wait_seconds=INGESTION_SECONDS,
    )
