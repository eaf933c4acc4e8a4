"""Which scenarios read variables of teams and organizations, and where, from the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_mcp_core_tools._engine.blueprint_index import listed, summaries
from make_mcp_core_tools._engine.blueprint_summary import ANY, NOTHING, Use, owner_term
from make_mcp_core_tools._engine.connection_uses import BoundScenario

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

_COLUMNS = ["id", "name", "teamId", "isActive", "lastEdit"]


@dataclass(frozen=True, slots=True)
class Reader:
    """A scenario with the places where it reads variables."""

    scenario: BoundScenario
    uses: tuple[Use, ...]

    def of(self, owner: str, name: str) -> list[Use]:
        """Its uses of one variable, places that pick by name at run time included."""
        return [use for use in self.uses if use.owner == owner and use.name in (name, ANY)]


async def readers(make: Make, team_id: int, owner: str) -> list[Reader]:
    """Read where every scenario of a team reads variables, by id.

    Args:
        make: The call's Make.
        team_id: The team.
        owner: Whose variables are asked for, `team` or `organization`.

    Raises:
        Failure: The scenarios or their blueprints cannot be read.
    """
    rows = await listed(make, team_id, BoundScenario, _COLUMNS)
    rows.sort(key=lambda row: row.id)
    found = await summaries(make, team_id, rows, wanted=[owner_term(owner)])
    return [Reader(row, found.get(row.id, NOTHING).variables) for row in rows]
