"""Runs that were begun and whose end nobody has been told, so that none is begun twice.

A caller that asks for the same run while it is going on, or before it was told how the run ended,
gets that run. The notes are the account's: they hold for all its server processes and over their
restarts. They name inputs by a digest only.
"""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import anyio
from make_mcp_base.authoring import Failure
from make_mcp_base.calls.requests import digest
from pydantic import TypeAdapter

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from make_mcp_base.authoring import Document, Make

    from make_mcp_core_tools._engine.run_log import Entry

LIFETIME_SECONDS = 3_600.0
"""Longer than any run may take (blueprint reference, chapter 3.11)."""

START_SECONDS = 60.0
"""When others may go on although a start has not ended: its process died. They find its note."""


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run that may be going on.

    Attributes:
        execution_id: Its id; "" while Make has not answered the start, or when the answer was lost.
        known: Ids in the scenario's log before it began, for finding it when its id was lost.
        at: When it was started, in epoch seconds.
    """

    execution_id: str = ""
    known: tuple[str, ...] = ()
    at: float = field(default_factory=time.time)


_NOTE = TypeAdapter(OpenRun)


@dataclass(frozen=True, slots=True)
class OpenRuns:
    """The notes of one scenario and one set of inputs."""

    make: Make
    scenario_id: int
    inputs: str

    @classmethod
    def of(cls, make: Make, scenario_id: int, data: Document | None) -> OpenRuns:
        """Open the notes for a run of a scenario with some inputs."""
        return cls(make, scenario_id, digest(data or {}))

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[None]:
        """Keep every other caller with the same inputs from starting a run meanwhile."""
        async with self.make.alone(self._with_inputs, seconds=START_SECONDS):
            yield

    async def find(self) -> OpenRun | None:
        """Give the noted run with these inputs, unless somebody has been told its end."""
        run = await self._read(self._with_inputs)
        if run is None or not run.execution_id:
            return run
        was_told = await self.make.kept(_end_of(self.scenario_id, run.execution_id)) is False
        return None if was_told else run

    async def find_latest(self) -> OpenRun | None:
        """Give the run of the scenario that began last, whatever its inputs."""
        return await self._read(self._latest)

    async def intend(self, run: OpenRun) -> None:
        """Note a run that is about to be asked for, and whose answer may never arrive.

        Raises:
            Failure: It could not be noted; it must not be asked for then.
        """
        await self._write(self._with_inputs, run)

    async def note(self, run: OpenRun) -> None:
        """Note a run that has begun; a note that cannot be written is no reason to lose it."""
        with anyio.CancelScope(shield=True):
            try:
                await self.make.keep(
                    _end_of(self.scenario_id, run.execution_id), True, LIFETIME_SECONDS
                )
                await self._write(self._with_inputs, run)
                await self._write(self._latest, run)
            except Failure as failure:
                self.make.warn(f"The run was started and could not be noted: {failure.what}")

    async def withdraw(self, earlier: OpenRun | None) -> None:
        """Put the earlier note back in place of a run that was intended and refused."""
        with anyio.CancelScope(shield=True):
            await self._write(self._with_inputs, earlier)

    async def unnoted(self, entries: list[Entry]) -> list[Entry]:
        """Leave out runs whose start was answered: with whatever inputs, they are not lost."""
        return [e for e in entries if await self.make.kept(_end_of(self.scenario_id, e.id)) is None]

    @property
    def _with_inputs(self) -> str:
        return f"run of {self.scenario_id} with {self.inputs}"

    @property
    def _latest(self) -> str:
        return f"latest run of {self.scenario_id}"

    async def _read(self, name: str) -> OpenRun | None:
        kept = await self.make.kept(name)
        return _NOTE.validate_python(kept) if kept else None

    async def _write(self, name: str, run: OpenRun | None) -> None:
        await self.make.keep(name, asdict(run) if run else None, LIFETIME_SECONDS)


async def end_was_told(make: Make, scenario_id: int, execution_id: str) -> None:
    """Note that somebody has been told the end of a run; runs that are not noted stay so."""
    name = _end_of(scenario_id, execution_id)
    try:
        if await make.kept(name):
            await make.keep(name, False, LIFETIME_SECONDS)
    except Failure as failure:
        make.warn(f"The same call may give this run once more: {failure.what}")


def _end_of(scenario_id: int, execution_id: str) -> str:
    """Name the note that is true until somebody has been told the end of a run, and false then."""
    return f"end of run {execution_id} of {scenario_id} is to be told"
