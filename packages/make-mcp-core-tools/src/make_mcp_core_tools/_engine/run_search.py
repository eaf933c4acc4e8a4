"""Finding a run whose id Make did not tell: in the log, by what is new there.

A replay answers without an id, switching on an interval scenario runs it unasked, and an answer can
get lost. Ended runs appear in the log; there is no list of runs that go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.run_log import Entry, read_entries
from make_mcp_core_tools._engine.run_preflight import KNOWN_RUNS
from make_mcp_core_tools._engine.run_watch import intervals

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a run is known when it appears.

    Attributes:
        known: Ids that were there before.
        kind: `manual` or `auto`; "" for either.
        author: User who must have started it; None for anybody.
        replay_of: The run it must be a replay of; "" for runs that are none.
    """

    known: frozenset[str]
    kind: str = ""
    author: int | None = None
    replay_of: str = ""

    def fits(self, entry: Entry) -> bool:
        """Tell whether a line of the log may be the run."""
        if not entry.is_run or entry.id in self.known:
            return False
        if (entry.replay_of_execution_id or "") != self.replay_of:
            return False
        if self.kind and entry.type != self.kind:
            return False
        return self.author is None or entry.author_id in (None, self.author)


async def new_runs(make: Make, scenario_id: int, wanted: Wanted) -> list[Entry]:
    """Look once for runs that have appeared, newest first."""
    entries = await read_entries(make, scenario_id, limit=KNOWN_RUNS)
    return [entry for entry in entries if wanted.fits(entry)]


async def find_new_runs(
    make: Make, scenario_id: int, wanted: Wanted, wait_seconds: float
) -> list[Entry]:
    """Look until a run has appeared or `wait_seconds` are over.

    Returns:
        What appeared; more than one when several fit, none when time was up.
    """
    begun = anyio.current_time()
    for interval in intervals():
        found = await _looked(make, scenario_id, wanted)
        waited = anyio.current_time() - begun
        if found or waited >= wait_seconds:
            return found
        await make.progress(waited, wait_seconds, f"The run goes on, {waited:.0f} s so far.")
        await anyio.sleep(min(interval, wait_seconds - waited))
    return []


async def _looked(make: Make, scenario_id: int, wanted: Wanted) -> list[Entry]:
    """Look once; a fault that may pass counts as nothing found."""
    try:
        return await new_runs(make, scenario_id, wanted)
    except Failure as failure:
        if failure.retryable or (failure.status or 0) >= 500:
            return []
        raise
