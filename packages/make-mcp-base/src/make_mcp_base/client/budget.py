"""Pacing of calls per organization (Make API reference, chapter 1.8).

Make counts calls per organization and minute; `license.apiLimit` is the number. A `Budget` hands
out places so that the number is not passed, and stands still for as long as a 429 asks.
"""

from __future__ import annotations

import asyncio
import re
import time
from bisect import insort
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from make_mcp_base.client.failures import NOTHING_SENT, LicenceGate, RateLimited, Trace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MINUTE = 60.0
UNKNOWN_LIMIT = 60
"""Calls per minute assumed until the licence has been read: the Core plan's number."""

_UNCOUNTED = re.compile(r"/scenarios/\d+/run")


def is_counted(method: str, path: str) -> bool:
    """Say whether Make counts a request; running a scenario is exempt."""
    return not (method == "POST" and _UNCOUNTED.fullmatch(path))


class Budget(Protocol):
    """Hands out the calls of an organization's minute."""

    async def take(self, organization_id: int) -> None:
        """Wait for a place, or raise `RateLimited` when the wait would be too long."""
        ...

    async def block(self, organization_id: int, seconds: float) -> None:
        """Hand out nothing for some seconds: Make said 429."""
        ...


@dataclass(slots=True)
class _Window:
    """Calls of the last minute, and those promised for the next seconds, in order of time."""

    limit: int
    slots: deque[float] = field(default_factory=deque[float])
    blocked_until: float = float("-inf")

    def next_slot(self, now: float) -> float:
        while self.slots and self.slots[0] <= now - MINUTE:
            self.slots.popleft()
        earliest = max(now, self.blocked_until)
        if len(self.slots) < self.limit:
            return earliest
        return max(earliest, self.slots[-self.limit] + MINUTE)

    def give_back(self, slot: float) -> None:
        # A clock that jumped may have aged the slot out already.
        with suppress(ValueError):
            self.slots.remove(slot)


class LocalBudget:
    """A budget within one process: never more than the limit in any 60 s.

    Args:
        per_minute: Calls per minute of an organization whose limit has not been set.
        longest_wait: Seconds a call may be held back; above that it is refused.
        clock: Monotonic seconds.
        sleep: Waits some seconds.
    """

    def __init__(
        self,
        per_minute: int = UNKNOWN_LIMIT,
        *,
        longest_wait: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._per_minute = per_minute
        self._longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        self._windows: dict[int, _Window] = {}

    def set_limit(self, organization_id: int, per_minute: int) -> None:
        """Keep to `license.apiLimit` of an organization; 0 means that its API is closed."""
        self._window(organization_id).limit = per_minute

    async def take(self, organization_id: int) -> None:
        """Wait for a place.

        Raises:
            RateLimited: When the wait would be longer than `longest_wait`.
            LicenceGate: When the organization's limit is 0.
        """
        window = self._window(organization_id)
        while True:
            slot = self._reserve(organization_id, window)
            try:
                await self._until(slot)
            except BaseException:
                window.give_back(slot)
                raise
            if window.blocked_until <= self._clock():
                return
            window.give_back(slot)

    async def block(self, organization_id: int, seconds: float) -> None:
        """Hand out nothing for some seconds, to those already waiting neither."""
        window = self._window(organization_id)
        window.blocked_until = max(window.blocked_until, self._clock() + seconds)

    def _window(self, organization_id: int) -> _Window:
        return self._windows.setdefault(organization_id, _Window(self._per_minute))

    def _reserve(self, organization_id: int, window: _Window) -> float:
        if window.limit <= 0:
            raise LicenceGate("API access", "apiLimit", f"Organization {organization_id} was not "
                              "asked.", "Its licence allows no API calls.", Trace())  # fmt: skip
        now = self._clock()
        slot = window.next_slot(now)
        if slot - now > self._longest_wait:
            raise self._too_long(organization_id, window.limit, slot - now)
        insort(window.slots, slot)
        return slot

    async def _until(self, slot: float) -> None:
        while (wait := slot - self._clock()) > 0:
            await self._sleep(wait)

    def _too_long(self, organization_id: int, limit: int, wait: float) -> RateLimited:
        return RateLimited(
            f"Organization {organization_id} has no API call left in this minute.",
            why=f"{limit} calls a minute are allowed and this process has used them.",
            effect=NOTHING_SENT,
            next_step="Wait, then send the same call again.",
            retryable=True,
            wait_seconds=round(wait, 1),
        )
