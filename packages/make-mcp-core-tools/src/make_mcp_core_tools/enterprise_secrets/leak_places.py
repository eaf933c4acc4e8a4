"""Reading one place again, for the secret of one finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio.to_thread
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.custom_apps import Place
from make_mcp_core_tools._engine.leak_documents import Found, Paper, Revealed, reveal
from make_mcp_core_tools._engine.leak_findings import known_finding
from make_mcp_core_tools.enterprise_secrets.leak_sources import (
    Row,
    Search,
    Target,
    ago,
    app_papers,
    blueprint_paper,
    version_paper,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.connection_uses import BoundScenario
    from make_mcp_core_tools._engine.leak_detectors import Detector

_OF_SCENARIOS = frozenset({"blueprint", "version", "note", "run", "incomplete"})
_FARTHEST_DAYS = 365


@dataclass(slots=True)
class Rereading(Search):
    """A look into one place for one secret; nothing of it is kept.

    Attributes:
        fingerprint: Of the secret.
        revealed: The secret, once it was found.
    """

    fingerprint: str = ""
    revealed: Revealed | None = None

    async def _scan(self, target: Target, paper: Paper) -> list[Found]:
        if self.revealed is None:
            self.revealed = await anyio.to_thread.run_sync(
                reveal, paper, self.by, self.key, self.fingerprint
            )
        return []

    async def look(self, source: Sequence[str]) -> None:
        """Read the place; a scenario that is gone holds nothing."""
        kind, ident, *more = source
        if kind in _OF_SCENARIOS:
            for row in await self.scenarios():
                await self._of_scenario(kind, row, more)
        elif kind == "variable":
            await self.variables_of(ident, int(more[0]))
        elif kind == "record":
            await self.records_of(Row(id=int(ident)))
        elif kind == "function":
            await self.function(Row(id=int(ident)))
        elif kind == "app":
            await self._take("custom_apps", await app_papers(self.make, Place(ident, int(more[0]))))
        else:
            await self.requests(Row(id=int(ident)))

    async def _of_scenario(self, kind: str, row: BoundScenario, more: Sequence[str]) -> None:
        if kind == "note":
            await self.notes_of(row)
        elif kind == "run":
            await self.history(row)
        elif kind == "incomplete":
            await self.incomplete(row.id, more[0])
        elif kind == "version":
            await self._take("versions", [await version_paper(self.make, row, more[0])])
        else:
            await self._take("blueprints", [await blueprint_paper(self.make, row)])


async def read_again(
    make: Make, by: Sequence[Detector], key: bytes, fingerprint: str
) -> tuple[Revealed, int]:
    """Read the secret of a finding from its place, and give the team it is in.

    Args:
        make: The call's Make.
        by: The detectors.
        key: Keys the fingerprints.
        fingerprint: Of the finding.

    Raises:
        Failure: No scan has met it, or it is not there any more.
    """
    known = await known_finding(make, fingerprint)
    if known is None:
        raise Failure(
            f"No scan of this server has met the finding {fingerprint}.",
            next_step="Call `secret_scan` of its team, and use a fingerprint it gives.",
            code="not_found",
        )
    scenario = known.source[1] if known.source[0] in _OF_SCENARIOS else ""
    only = frozenset({int(scenario)} if scenario else set[int]())
    since = ago(_FARTHEST_DAYS)
    place = Rereading(make, known.team_id, by, key, only, since, fingerprint=fingerprint)
    try:
        await place.look(known.source)
    except Failure as failure:
        if failure.code != "not_found":
            raise
    if place.revealed is None:
        raise Failure(
            f"The secret is not in {known.place} any more.",
            next_step=f"Call `secret_scan` team_id={known.team_id} to see what is left.",
            code="not_found",
        )
    return place.revealed, known.team_id
