"""Going round many scenarios, a request each, within what the licence allows in a minute.

What is still to be asked is kept in the store under the cursor of the next page: the next call asks
neither for the list again nor for a scenario that was read. Limits: Make API reference, chapter
1.8.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from make_mcp_base.authoring import Failure
from make_mcp_base.client.failures import NOTHING_SENT, RateLimited
from pydantic import TypeAdapter

from make_mcp_core_tools._engine.call_minute import calls_of_minute
from make_mcp_core_tools._engine.run_history import Brief
from make_mcp_core_tools._engine.run_log import Entry, read_entries

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

SHARE = 0.9
"""Part of a minute's calls that reports may take; the rest is for whoever else uses the API."""

MINUTE = 60.0
UNKNOWN_LIMIT = 60
LONGEST_WAIT = 20.0
"""Seconds a call waits for a minute to pass; a longer wait is told in place of being waited."""

LONGEST_ROUND = 40.0
"""Seconds after which a call asks no further scenario."""

KEPT_SECONDS = 3_600.0
MOST_ENTRIES = 500
"""Entries of a scenario's log that are read, newest first; it is one request."""

_CURSOR = re.compile(r"h[0-9a-f]{16}")


@dataclass(slots=True)
class Round:
    """A report under way.

    Attributes:
        team_id: The team it is about, None for an organization.
        organization_id: The organization, None for a team.
        since_ms: From when on runs count.
        total: Scenarios in all.
        left: Scenarios that were not asked yet, in the order in which they will be.
    """

    team_id: int | None
    organization_id: int | None
    since_ms: int
    total: int
    left: list[Brief]

    @classmethod
    async def recall(cls, make: Make, cursor: str) -> Round:
        """Give the round a cursor stands for.

        Raises:
            Failure: The cursor is not one of this tool, or older than an hour.
        """
        kept = await make.kept(f"health {cursor}") if _CURSOR.fullmatch(cursor) else None
        if kept is None:
            raise Failure(
                f"`{cursor[:20]}` is not a cursor of this tool, or older than an hour.",
                next_step="Leave `cursor` out for a new report, or send `next_cursor` unchanged.",
                code="invalid_arguments",
            )
        found = _ROUND.validate_python(kept)
        if found.team_id is not None:
            await make.team(found.team_id)
        elif found.organization_id is not None:
            await make.organization(found.organization_id)
        return found

    async def keep(self, make: Make) -> str | None:
        """Keep what is left; gives the cursor it is found under, None when nothing is left."""
        if not self.left:
            return None
        cursor = f"h{secrets.token_hex(8)}"
        without = {"left": {"__all__": {"scheduling"}}}
        kept = _ROUND.dump_python(self, mode="json", by_alias=True, exclude=without)
        await make.keep(f"health {cursor}", kept, KEPT_SECONDS)
        return cursor

    async def read(self, make: Make, spent: Spent, most: int) -> list[tuple[Brief, list[Entry]]]:
        """Read the logs of the next scenarios, of as many as time and limits allow.

        Raises:
            RateLimited: Not even the first could be read.
        """
        page = self.left[:most]
        begun, refused = anyio.current_time(), list[RateLimited]()
        read: dict[int, list[Entry]] = {}

        async def one(brief: Brief) -> None:
            if refused or anyio.current_time() - begun > LONGEST_ROUND:
                return
            try:
                spent.calls += 1
                read[brief.id] = await read_entries(
                    make, brief.id, limit=MOST_ENTRIES, since_ms=self.since_ms
                )
            except RateLimited as failure:
                refused.append(failure)
            done = self.total - len(self.left) + len(read)
            await make.progress(done, self.total, f"{done} of {self.total} scenarios were asked.")

        await make.each(page, one)
        if refused and not read:
            raise refused[0]
        self.left = [brief for brief in self.left if brief.id not in read]
        return [(brief, read[brief.id]) for brief in page if brief.id in read]


_ROUND = TypeAdapter(Round)


@dataclass(slots=True)
class Spent:
    """Calls that reports about an organization make, counted over calls and processes.

    Attributes:
        allowed: Calls this call of the tool may make.
        calls: Calls it has made.
    """

    make: Make
    allowed: int
    calls: int = 0
    _before: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])

    @classmethod
    async def begin(cls, make: Make, cursor: str | None) -> Spent:
        """Find out how many calls may be made now; wait when that is worth it.

        Raises:
            RateLimited: None for now; it says for how long.
        """
        limit = max(int(SHARE * (await calls_of_minute(make) or UNKNOWN_LIMIT)), 1)
        while True:
            now = time.time()
            before = [row for row in await _noted(make) if now - MINUTE < row[0] <= now]
            allowed = limit - sum(count for _, count in before)
            if allowed > 0:
                return cls(make, allowed, 0, before)
            wait = before[0][0] + MINUTE - now
            if wait > LONGEST_WAIT:
                raise _used_up(limit, wait, cursor)
            await make.progress(0, None, f"Waiting {wait:.0f} s for the next minute's calls.")
            await anyio.sleep(wait)

    @property
    def left(self) -> int:
        """Calls that it may still make."""
        return max(self.allowed - self.calls, 0)

    async def note(self) -> None:
        """Keep what was spent for the reports of the next minute."""
        rows = [*self._before, (time.time(), self.calls)]
        await self.make.keep(_name(self.make), [list(row) for row in rows], MINUTE)


_ROWS = TypeAdapter(list[tuple[float, int]])


async def _noted(make: Make) -> list[tuple[float, int]]:
    return _ROWS.validate_python(await make.kept(_name(make)) or [])


def _name(make: Make) -> str:
    return f"calls of reports about organization {make.organization_id}"


def _used_up(limit: int, wait: float, cursor: str | None) -> RateLimited:
    again = f"cursor={cursor}" if cursor else "the same arguments"
    return RateLimited(
        "The calls that reports may make in this minute are used up.",
        why=f"Reports keep to {limit} calls a minute, {SHARE:.0%} of what the licence allows.",
        effect=NOTHING_SENT,
        next_step=f"Call `scenario_health_report` with {again} in {wait:.0f} s.",
        retryable=True,
        wait_seconds=round(wait, 1),
    )
