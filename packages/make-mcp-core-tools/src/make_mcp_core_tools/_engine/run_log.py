"""The history of a scenario: ended runs, and the edits between them.

Entries: Make API reference, chapters 1.16 and 2.27. Edits and switches stand in the same list;
what has no `status` is one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from make_mcp_base.authoring import Document, Output
from make_mcp_base.client.failures import NotFound
from pydantic import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Make

Status = Literal["success", "warning", "error"]
CODES: dict[Status, int] = {"success": 1, "warning": 2, "error": 3}
_NAMES: dict[int, Status] = {number: name for name, number in CODES.items()}


class RunFault(Output):
    name: str = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.message}" if self.name else self.message


class Entry(Output):
    """One line of the history."""

    imt_id: str
    id: str
    timestamp: str
    type: str = ""
    status: int | None = None
    error: RunFault | None = None
    duration: int | None = None
    operations: int | None = None
    centicredits: int | None = None
    transfer: int | None = None
    author_id: int | None = None
    author_name: str | None = None
    detail: Document | None = None
    replay_of_execution_id: str | None = None
    execution_name: str | None = None
    is_replayable: bool | None = None
    scenario_id: int | None = Field(None, exclude=True)

    @property
    def is_run(self) -> bool:
        """False for edits and switches."""
        return self.status is not None

    @property
    def outcome(self) -> Status:
        """How the run ended."""
        return _NAMES.get(self.status or 1, "success")

    @property
    def started_ms(self) -> int:
        """Start in epoch milliseconds."""
        head = self.imt_id.partition("_")[0]
        return int(head) if head.isdigit() else 0

    @property
    def ended_ms(self) -> int:
        """End in epoch milliseconds."""
        return self.started_ms + (self.duration or 0)


class Entries(Output):
    scenario_logs: list[Entry] = []


class _OneEntry(Output):
    scenario_log: Entry


async def read_entries(
    make: Make,
    scenario_id: int,
    *,
    limit: int,
    since_ms: int | None = None,
    until_ms: int | None = None,
    status: Sequence[Status] = (),
    after: str | None = None,
) -> list[Entry]:
    """Read one page of the history, newest first.

    Args:
        make: The call's Make.
        scenario_id: The scenario.
        limit: Longest page, in entries.
        since_ms: Only what began at or after this, in epoch milliseconds.
        until_ms: Only what began at or before this.
        status: Only runs that ended so; leaves out edits.
        after: `imt_id` of the entry to go on behind.
    """
    query: Document = {"pg[limit]": limit, "from": since_ms, "to": until_ms, "pg[last]": after}
    query = {key: value for key, value in query.items() if value is not None}
    if status:
        query["status"] = [CODES[name] for name in status]
    path = f"/scenarios/{scenario_id}/logs"
    answer = await make.get(path, query, into=Entries, scope="scenarios:read")
    for entry in answer.scenario_logs:
        entry.scenario_id = scenario_id
    return answer.scenario_logs


async def read_entry(make: Make, scenario_id: int, execution_id: str) -> Entry | None:
    """Read the line of one run; None while it is not written, which is until the run has ended."""
    path = f"/scenarios/{scenario_id}/logs/{execution_id}"
    try:
        return (await make.get(path, into=_OneEntry, scope="scenarios:read")).scenario_log
    except NotFound:
        return None
