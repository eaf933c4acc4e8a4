"""Retrying incomplete executions, and watching what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import anyio
from make_mcp_base.authoring import Document, Failure, Irreversible, Make, NextCall, Output, post
from pydantic import Field

from make_mcp_core_tools._engine.incomplete_executions import (
    WRITE,
    ChoiceInput,
    Incomplete,
    choose,
    rows_of,
)
from make_mcp_core_tools._engine.run_watch import intervals
from make_mcp_core_tools.variables.declared import category
from make_mcp_core_tools.variables.incompletes import attempts_of

_MOST_LOOKED_UP = 25
_DONE = Irreversible("What a retry did in other services stays done.")

# Inputs


class RetryIncompletes(ChoiceInput):
    wait: float = Field(default=30, ge=0, le=600)
    """Seconds to wait for the outcome."""


# Outputs


class RetryRow(Output):
    id: str
    outcome: Literal["resolved", "failed", "pending", "was_resolved"]
    """`pending`: Make has not ended it yet, or does not tell."""
    reason: str | None = None
    """Why it failed again."""
    execution_id: str | None = None
    """The run of the retry; of the first 25."""


class Retried(Output):
    retried: int
    resolved: int
    failed: int
    pending: int
    incomplete_executions: list[RetryRow]
    next_calls: list[NextCall] = []


class Ids(Output):
    dlqs: list[str] = []


class OneId(Output):
    dlq: str = ""


# Tools


@category.tool(
    scope="dlqs:write",
    effect="run",
    formerly=("incomplete-executions_retry",),
    words=("DLQ", "rerun", "resume"),
)
async def incomplete_execution_retry(make: Make, args: RetryIncompletes) -> Retried:
    """Retry incomplete executions from where they failed, and tell what became of each.

    It runs the blueprint of the failure: correct that first with `incomplete_execution_update`.
    Several answer with a plan first, since each costs credits.
    """
    chosen = await choose(make, args, "incomplete_execution_retry", resolved_too=False)
    told = [RetryRow(id=ident, outcome="was_resolved") for ident in chosen.resolved]
    if len(chosen.ids) > 1:
        make.confirm(f"{len(chosen.ids)} retries are started; each costs credits.")
    for scenario_id, rows in chosen.rows.items():
        await start_retries(make, scenario_id, rows)
    followed = await follow(make, chosen.rows, args.wait)
    counted = [row.outcome for row in followed]
    return Retried(
        retried=len(followed),
        resolved=counted.count("resolved"),
        failed=counted.count("failed"),
        pending=counted.count("pending"),
        incomplete_executions=[*followed, *told],
        next_calls=_next(followed),
    )


def _next(rows: list[RetryRow]) -> list[NextCall]:
    failed = next((row for row in rows if row.outcome == "failed"), None)
    if failed is None:
        return []
    return [
        NextCall(
            tool="incomplete_execution_get",
            arguments={"dlq_id": failed.id, "include": ["bundle", "blueprint"]},
            why="See why it failed again.",
        )
    ]


# Starting


async def start_retries(make: Make, scenario_id: int, rows: list[Incomplete]) -> None:
    """Have Make retry some of a scenario's; one request, never sent twice."""
    ids = [row.id for row in rows]
    before: Document = {"attempts": {row.id: row.attempts for row in rows}}
    if len(ids) == 1:
        await make.write(
            post(f"/dlqs/{ids[0]}/retry", scope=WRITE),
            into=OneId,
            says=f"Retry the incomplete execution {ids[0]} of scenario {scenario_id}",
            undo=_DONE,
            before=before,
            predict={"dlq": ids[0]},
        )
        return
    await make.write(
        post("/dlqs/retry", {"ids": ids}, scope=WRITE, scenarioId=scenario_id),
        into=Ids,
        says=f"Retry {len(ids)} incomplete executions of scenario {scenario_id}",
        undo=_DONE,
        before=before,
        predict={"dlqs": list(ids)},
    )


# Watching


@dataclass(slots=True)
class _Watched:
    """One retry, until its outcome is known."""

    before: Incomplete
    row: RetryRow

    def look(self, now: Incomplete | None) -> None:
        """Take in what Make's list tells; one that is gone from it was resolved."""
        if now is None or now.resolved:
            self.row.outcome = "resolved"
        elif now.attempts > self.before.attempts:
            self.row.outcome, self.row.reason = "failed", now.reason[:200]


async def follow(make: Make, chosen: dict[int, list[Incomplete]], seconds: float) -> list[RetryRow]:
    """Look until every retry has ended or the time is over.

    Args:
        make: The call's Make.
        chosen: What was retried, by scenario, as it was before.
        seconds: How long to look.
    """
    watched = {
        scenario_id: [_Watched(row, RetryRow(id=row.id, outcome="pending")) for row in rows]
        for scenario_id, rows in chosen.items()
    }
    if make.planning:
        return [one.row for rows in watched.values() for one in rows]
    until = anyio.current_time() + seconds
    for wait in intervals():
        left = until - anyio.current_time()
        if left <= 0 or not await _look(make, watched):
            break
        await anyio.sleep(min(wait, left))
    rows = [one.row for each in watched.values() for one in each]
    await _name_runs(make, rows)
    return rows


async def _look(make: Make, watched: dict[int, list[_Watched]]) -> bool:
    """Look once at every scenario with retries that go on; False when none is left."""
    total = sum(map(len, watched.values()))
    for scenario_id, rows in watched.items():
        if all(one.row.outcome != "pending" for one in rows):
            continue
        try:
            now = {row.id: row for row in await rows_of(make, scenario_id)}
        except Failure as failure:  # the retries go on; only this look failed
            make.warn(f"Scenario {scenario_id} could not be looked at: {failure.what}")
            return False
        for one in rows:
            one.look(now.get(one.row.id))
    going = sum(one.row.outcome == "pending" for rows in watched.values() for one in rows)
    await make.progress(total - going, total, "Retries ended")
    return going > 0


async def _name_runs(make: Make, rows: list[RetryRow]) -> None:
    """Add the execution id of the newest attempt of those that have ended."""

    async def newest(row: RetryRow) -> None:
        attempts = await attempts_of(make, row.id, limit=1)
        row.execution_id = attempts[0].id if attempts else None

    ended = [row for row in rows if row.outcome != "pending"][:_MOST_LOOKED_UP]
    try:
        await make.each(ended, newest)
    except Failure as failure:
        make.warn(f"The runs of the retries could not be named: {failure.what}")
