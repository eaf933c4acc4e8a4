"""Runs of a scenario in a stretch of time, and which delivery of a hook started which.

Make links deliveries and runs nowhere in its API. A run that a webhook starts begins at the moment
of its delivery, so the two are joined by time, and only where exactly one run fits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Counter, Document, Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Make

READ = "scenarios:read"
BEFORE, AFTER = timedelta(milliseconds=250), timedelta(seconds=3)
"""How much earlier or later than its delivery, by Make's clocks, a run may seem to start."""

_STATUS = {1: "success", 2: "warning", 3: "error"}


class LogRow(Output):
    """An entry of a scenario's log; edits and switches have no status (API reference, 1.16)."""

    id: str = ""
    status: int | None = None
    timestamp: datetime
    duration: int | None = None
    operations: Counter | None = None
    centicredits: Counter | None = None
    error: Document | None = None


class LogRows(Output):
    scenario_logs: list[LogRow] = []


@dataclass(frozen=True, slots=True)
class Run:
    """One run.

    Attributes:
        id: Execution id.
        started: When it began.
        status: `running`, `success`, `warning` or `error`.
        row: Its entry in the log.
    """

    id: str
    started: datetime
    status: str
    row: LogRow


async def runs_between(make: Make, scenario_id: int, start: datetime, end: datetime) -> list[Run]:
    """List the runs of a scenario that began in a stretch of time, the earliest first."""
    query = {
        "from": int((start - BEFORE).timestamp() * 1_000),
        "to": int(end.timestamp() * 1_000) + 1,
    }
    path = f"/scenarios/{scenario_id}/logs"
    rows = await make.all(path, query, key="scenarioLogs", item=LogRow, scope=READ)
    return _runs(rows)


async def latest_runs(make: Make, scenario_id: int, most: int = 50) -> list[Run]:
    """List the latest runs of a scenario, the earliest of them first."""
    path, query = f"/scenarios/{scenario_id}/logs", {"pg[limit]": most}
    return _runs((await make.get(path, query, into=LogRows, scope=READ)).scenario_logs)


def _runs(rows: list[LogRow]) -> list[Run]:
    runs = [
        Run(row.id, row.timestamp, _STATUS.get(row.status, "running"), row)
        for row in rows
        if row.status is not None and len(row.id) == 32
    ]
    return sorted(runs, key=lambda run: run.started)


def fits(run: Run, delivered: datetime) -> bool:
    """Tell whether a run may have been started by a delivery at a moment."""
    return delivered - BEFORE <= run.started <= delivered + AFTER


def pair_by_time(deliveries: Sequence[tuple[str, datetime]], runs: Sequence[Run]) -> dict[str, str]:
    """Join deliveries with the runs they started.

    Args:
        deliveries: Id and moment of each.
        runs: All runs of the scenario around them.

    Returns:
        Execution id by delivery id, for deliveries that exactly one run fits, and it no other.
    """
    fitting = {ident: [run.id for run in runs if fits(run, at)] for ident, at in deliveries}
    claims = [runs_[0] for runs_ in fitting.values() if len(runs_) == 1]
    return {
        ident: runs_[0]
        for ident, runs_ in fitting.items()
        if len(runs_) == 1 and claims.count(runs_[0]) == 1
    }
