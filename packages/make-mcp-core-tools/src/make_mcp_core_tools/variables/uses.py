"""Who reads a variable: scenarios, with the modules and places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_mcp_base.client.failures import Forbidden, NotFound

from make_mcp_core_tools._engine.blueprint_summary import Use
from make_mcp_core_tools._engine.variable_uses import Reader, readers

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools.variables.places import Place


@dataclass(slots=True)
class Uses:
    """Every scenario that reads one variable.

    Attributes:
        found: The scenarios, each with its places.
        searched: How many scenarios were searched.
        not_read: Teams whose scenarios could not be read, and why.
    """

    found: list[tuple[Reader, list[Use]]] = field(default_factory=list[tuple[Reader, list[Use]]])
    searched: int = 0
    not_read: list[str] = field(default_factory=list[str])

    def lines(self) -> list[str]:
        """Name each scenario on a line of its own."""
        return [
            f"Scenario “{reader.scenario.name}” ({reader.scenario.id},"
            f" {'active' if reader.scenario.is_active else 'inactive'}) reads it in modules"
            f" {', '.join(map(str, dict.fromkeys(use.module_id for use in uses)))}"
            for reader, uses in self.found
        ]


async def uses_of(make: Make, place: Place, name: str) -> Uses:
    """Search the blueprints that can see a variable: those of its team, or of all teams."""
    uses = Uses()
    for team_id, team_name in await _teams(make, place):
        try:
            rows = await readers(make, team_id, place.owner)
        except (Forbidden, NotFound) as refused:
            uses.not_read.append(f"team {team_id} “{team_name}”: {refused.why or refused.what}")
            continue
        uses.searched += len(rows)
        uses.found += [(row, found) for row in rows if (found := row.of(place.owner, name))]
    return uses


async def _teams(make: Make, place: Place) -> list[tuple[int, str]]:
    """Name the teams that see a variable; a team made a moment ago is not to be missed."""
    if place.owner == "team":
        names = {team.id: team.name for team in (await make.account()).teams}
        return [(place.id, names.get(place.id, ""))]
    account = await make.api.account(fresh=True)
    home = next((one for one in account.organizations if one.id == place.id), None)
    return [(team.id, team.name) for team in home.teams] if home else []
