"""Runs this server began and has not seen the end of, so that none is begun twice.

A caller that asks for the same run while it is going on, or before it was told how the run ended,
gets that run. The notes lie in this process and are lost with it; they hold digests of the inputs,
not the inputs.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from make_mcp_base.calls.requests import digest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from make_mcp_base.authoring import Document, Make

LIFETIME_SECONDS = 3_600.0
"""Longer than any run may take (blueprint reference, chapter 3.11)."""

_MOST_NOTEBOOKS = 64
_MOST_NOTES = 10_000


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
class Notebook:
    """The notes of one connection to Make, which is to say of one token.

    Attributes:
        api: The connection.
        runs: Latest run by scenario and digest of its inputs, oldest first.
        starting: Held while a run with these inputs is being started.
    """

    api: object
    runs: dict[tuple[int, str], OpenRun] = field(default_factory=dict[tuple[int, str], OpenRun])
    starting: dict[tuple[int, str], anyio.Lock] = field(
        default_factory=dict[tuple[int, str], anyio.Lock]
    )

    def put(self, key: tuple[int, str], run: OpenRun) -> None:
        """Note a run, in place of the one before with the same inputs."""
        self.runs.pop(key, None)
        self.runs[key] = run
        if len(self.runs) > _MOST_NOTES:
            del self.runs[next(iter(self.runs))]
        for idle in [k for k, lock in self.starting.items() if not lock.locked()]:
            del self.starting[idle]

    def get(self, key: tuple[int, str]) -> OpenRun | None:
        """Give a noted run that may still matter."""
        run = self.runs.get(key)
        return run if run and time.time() - run.at < LIFETIME_SECONDS else None


_notebooks: list[Notebook] = []
"""By connection, the one used last at the end. Connections cannot be weakly referenced."""


def _notebook(make: Make) -> Notebook:
    found = next((book for book in _notebooks if book.api is make.api), None)
    if found is None:
        found = Notebook(make.api)
    else:
        _notebooks.remove(found)
    _notebooks.append(found)
    del _notebooks[:-_MOST_NOTEBOOKS]
    return found


@dataclass(frozen=True, slots=True)
class OpenRuns:
    """The notes of one scenario and one set of inputs."""

    book: Notebook
    scenario_id: int
    inputs: str

    @classmethod
    def of(cls, make: Make, scenario_id: int, data: Document | None) -> OpenRuns:
        """Open the notes for a run of a scenario with some inputs."""
        return cls(_notebook(make), scenario_id, digest(data or {}))

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Keep every other caller with the same inputs from starting a run meanwhile."""
        key = (self.scenario_id, self.inputs)
        async with self.book.starting.setdefault(key, anyio.Lock()):
            yield

    def find(self) -> OpenRun | None:
        """Give the noted run with these inputs."""
        return self.book.get((self.scenario_id, self.inputs))

    def find_latest(self) -> OpenRun | None:
        """Give the noted run of the scenario that began last, whatever its inputs."""
        keys = [key for key in self.book.runs if key[0] == self.scenario_id]
        return self.book.get(keys[-1]) if keys else None

    def note(self, run: OpenRun) -> None:
        """Note a run that has begun, or may have."""
        self.book.put((self.scenario_id, self.inputs), run)


def end_was_told(make: Make, scenario_id: int, execution_id: str) -> None:
    """Drop the note of a run whose end has been told."""
    book = _notebook(make)
    told = [
        key
        for key, run in book.runs.items()
        if key[0] == scenario_id and run.execution_id == execution_id
    ]
    for key in told:
        del book.runs[key]
