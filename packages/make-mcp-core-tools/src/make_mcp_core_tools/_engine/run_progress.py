"""How far a run that goes on has come, module by module.

Of a run that goes on Make documents one thing: "root `{status: RUNNING/SUCCESS/WARNING/ERROR,
outputs?, error?…}`; 404 until the record is stored" (Make API reference, chapter 2.27,
`GET /scenarios/{scenarioId}/executions/{executionId}`). That names no module; the log of the
scenario holds ended runs only; and there is no stream. What names modules is the log of each:
`GET /scenarios/{scenarioId}/modules/{moduleId}/logs`, "`{moduleLogs:[{imtId, timestamp, status, …,
executionId, …}]}`", one row an operation. Whether a row is there before its run has ended is not
documented. So the logs are asked, for a small share of the licence's calls a minute: what they
tell is told, and where they are silent progress tells the time, and the modules at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from make_blueprint.walk import IF_ELSE, MERGE, PLACEHOLDER, ROUTER
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.call_minute import calls_of_minute
from make_mcp_core_tools._engine.run_modules import Pinned, module_name, newest_operations
from make_mcp_core_tools._engine.scenarios import read_stored

if TYPE_CHECKING:
    from make_blueprint.walk import Visit
    from make_mcp_base.authoring import Make

SHARE = 0.1
"""Part of the licence's calls a minute that looking for modules may take."""

_UNKNOWN_LIMIT = 60
_FIRST_CALLS = 4.0
_MOST_CALLS = 6.0
"""Calls that may be saved up for one look; the first look reads the blueprint too."""
_MOST_AT_END = 12
"""Modules asked for once the run has ended, and modules named in one line."""
_SILENT = frozenset({ROUTER, IF_ELSE, MERGE, PLACEHOLDER})
"""Modules that branch and do nothing themselves, so that nothing is logged for them."""


@dataclass(slots=True)
class Steps:
    """The modules of one run, and which of them are known to have done something.

    Attributes:
        make: The call's Make.
        scenario_id: The scenario.
        execution_id: The run.
        modules: Modules that log something, in walk order; None until they were read.
        done: Ids of those whose log names the run.
    """

    make: Make
    scenario_id: int
    execution_id: str
    modules: list[Visit] | None = None
    done: set[int] = field(default_factory=set[int])
    _calls: float = _FIRST_CALLS
    _looked: float | None = None
    _turn: int = 0

    async def look(self) -> str:
        """Ask which modules have done something since the last look, as far as calls allow.

        A failure ends the look and nothing else: the run itself is watched elsewhere.

        Returns:
            How far the run has come, with the modules that were not known before:
            `3 of 7: http:ActionSendData`; "" when nothing is known.
        """
        try:
            await self._earn()
            fresh = await self._found()
        except Failure:
            self._calls, fresh = 0.0, []
        return self._told(fresh or self._known()[-1:])

    async def look_at_end(self) -> str:
        """Ask the modules not known yet once more, and name all that did something, in order."""
        try:
            await self._read_modules()
            await self.make.each(self._waiting()[:_MOST_AT_END], self._has_done)
        except Failure:
            pass
        return self._told(self._known())

    def _known(self) -> list[Visit]:
        return [visit for visit in self.modules or [] if visit.id in self.done]

    def _told(self, named: list[Visit]) -> str:
        if not named:
            return ""
        names = ", ".join(module_name(visit) for visit in named[-_MOST_AT_END:])
        return f"{len(self.done)} of {len(self.modules or [])}: {names}"

    async def _read_modules(self) -> None:
        if self.modules is None:
            stored = await read_stored(self.make, self.scenario_id)
            self.modules = [visit for visit in Pinned(stored).modules if _logs(visit)]

    async def _earn(self) -> None:
        """Save up calls: a share of what the licence allows in the time since the last look."""
        now = anyio.current_time()
        if self._looked is not None:
            limit = await calls_of_minute(self.make) or _UNKNOWN_LIMIT
            earned = (now - self._looked) / 60 * SHARE * limit
            self._calls = min(self._calls + earned, _MOST_CALLS)
        self._looked = now

    async def _found(self) -> list[Visit]:
        """Ask the modules after the last one known, as long as they have done something.

        The first that has not, and one of the others by turns: a run may have taken another route.
        """
        if self.modules is None and not self._spend():
            return []
        await self._read_modules()
        found: list[Visit] = []
        waiting = self._waiting()
        while waiting and self._spend():
            visit = waiting.pop(0)
            if await self._has_done(visit):
                found.append(visit)
                continue
            if waiting and self._spend():
                self._turn += 1
                other = waiting[self._turn % len(waiting)]
                found += [other] if await self._has_done(other) else []
            break
        return sorted(found, key=(self.modules or []).index)

    def _spend(self) -> bool:
        if self._calls < 1:
            return False
        self._calls -= 1
        return True

    def _waiting(self) -> list[Visit]:
        """List the modules not known to have run: those behind the last one known come first."""
        modules = self.modules or []
        reached = max((i for i, v in enumerate(modules) if v.id in self.done), default=-1)
        order = modules[reached + 1 :] + modules[: reached + 1]
        return [visit for visit in order if visit.id not in self.done]

    async def _has_done(self, visit: Visit) -> bool:
        rows = await newest_operations(self.make, self.scenario_id, visit.id or 0)
        if not any(row.execution_id == self.execution_id for row in rows):
            return False
        self.done.add(visit.id or 0)
        return True


def _logs(visit: Visit) -> bool:
    """Leave out modules that are not part of a run that goes well, or log nothing."""
    parent: Visit | None = visit
    while parent is not None:
        if parent.role == "onerror":
            return False
        parent = parent.parent
    return visit.type not in _SILENT
