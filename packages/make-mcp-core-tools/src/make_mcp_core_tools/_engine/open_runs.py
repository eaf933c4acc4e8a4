"""Runs this server began and has not seen the end of, so that none is begun twice.

A caller that asks for the same run while it is going on, or before it was told how the run ended,
gets that run. The note of it lies in the store, so it holds over calls, processes and restarts;
only digests of the inputs are kept.
"""

from __future__ import annotations

import json
import secrets
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import anyio
from make_mcp_base.authoring import Failure
from make_mcp_base.calls.requests import digest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from make_mcp_base.authoring import Document, Make
    from make_mcp_base.store.port import Store

LIFETIME_SECONDS = 3_600.0
"""Longer than any run may take (blueprint reference, chapter 3.11)."""
LEASE_SECONDS = 90.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that may be going on.

    Attributes:
        execution_id: Its id; "" when Make's answer to the start was lost.
        known: Ids in the scenario's log before it began, for finding it when its id was lost.
        at: When it was started, in epoch seconds.
    """

    execution_id: str = ""
    known: tuple[str, ...] = ()
    at: float = field(default_factory=time.time)


@dataclass(slots=True)
class OpenRuns:
    """The notes of one scenario and one set of inputs.

    Attributes:
        store: Where they lie; None when there is none, and only Make can tell then.
        scenario: What the names of all notes of the scenario begin with.
        key: Name of the note.
    """

    store: Store | None
    scenario: str
    key: str
    _owner: str = field(default_factory=lambda: secrets.token_hex(8))

    @classmethod
    async def of(cls, make: Make, scenario_id: int, data: Document | None) -> OpenRuns:
        """Open the notes for a run of a scenario with some inputs."""
        scenario = _scenario_key(make, scenario_id)
        store = await make.kernel.store() if make.kernel else None
        return cls(store, scenario, f"{scenario}:{digest(data or {})}")

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Keep every other caller with the same inputs from starting a run meanwhile."""
        if self.store is None:
            yield
            return
        await self._take(self.store)
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await self.store.lease_release(self.key, self._owner)

    async def _take(self, store: Store) -> None:
        while True:
            if await store.lease(self.key, self._owner, LEASE_SECONDS):
                return
            await anyio.sleep(_LOOK_SECONDS)

    async def find(self) -> OpenRun | None:
        """Give the noted run with these inputs."""
        return await self._read(self.key)

    async def find_latest(self) -> OpenRun | None:
        """Give the noted run of the scenario that began last, whatever its inputs."""
        return await self._read(f"{self.scenario}:latest")

    async def note(self, run: OpenRun) -> None:
        """Note a run that has begun, or may have. A store that fails now costs no answer."""
        if self.store is None:
            return
        text = json.dumps({"id": run.execution_id, "known": run.known, "at": run.at}).encode()
        notes = {self.key: text, f"{self.scenario}:latest": text}
        if run.execution_id:
            notes[_execution_key(self.scenario, run.execution_id)] = self.key.encode()
        with anyio.CancelScope(shield=True):
            try:
                for name, value in notes.items():
                    await self.store.cache_put(name, value, LIFETIME_SECONDS)
            except Failure:
                return

    async def forget(self) -> None:
        """Drop the note of the run with these inputs: it has ended."""
        if self.store is not None:
            await self.store.cache_drop(self.key)

    async def _read(self, key: str) -> OpenRun | None:
        kept = await self.store.cache_get(key) if self.store else None
        if kept is None:
            return None
        members = cast("Document", json.loads(kept))
        known = tuple(cast("list[str]", members["known"]))
        return OpenRun(str(members["id"]), known, float(members["at"]))


async def end_was_told(make: Make, scenario_id: int, execution_id: str) -> None:
    """Drop the note of a run whose end somebody has been told by another tool."""
    if make.kernel is None:
        return
    store = await make.kernel.store()
    name = _execution_key(_scenario_key(make, scenario_id), execution_id)
    key = await store.cache_get(name)
    if key is not None:
        await store.cache_drop(key.decode())
        await store.cache_drop(name)


def _scenario_key(make: Make, scenario_id: int) -> str:
    account = make.kernel.account_key if make.kernel else ""
    return f"open-run:{account}:{scenario_id}"


def _execution_key(scenario: str, execution_id: str) -> str:
    return f"{scenario}:execution:{execution_id}"
