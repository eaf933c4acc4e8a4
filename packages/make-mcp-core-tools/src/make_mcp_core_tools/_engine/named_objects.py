"""What blueprints need by name: variables, custom functions, AI agents.

Lists: Make API reference, chapters 2.5, 2.18, 2.23 and 2.31.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Output
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound
from pydantic import RootModel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from make_blueprint.bindings import Kind
    from make_mcp_base.authoring import Make

NAMED: tuple[Kind, ...] = ("team_variable", "organization_variable", "function", "agent")
"""Kinds that are found by name, or agents by their uuid."""


class _Named(Output):
    name: str = ""


class _Agent(Output):
    id: str


class _Agents(RootModel[list[_Agent]]):
    pass


class _TeamVariables(Output):
    team_variables: list[_Named]


class _OrganizationVariables(Output):
    organization_variables: list[_Named]


class _Functions(Output):
    functions: list[_Named]


@dataclass(slots=True)
class NamedObjects:
    """What there is, by kind.

    Attributes:
        known: Names, or ids of agents; a kind that could not be read is missing.
        unread: Why a kind could not be read.
    """

    known: dict[Kind, frozenset[str]] = field(default_factory=dict["Kind", frozenset[str]])
    unread: dict[Kind, str] = field(default_factory=dict["Kind", str])


async def named_objects(make: Make, team_id: int, kinds: Iterable[Kind]) -> NamedObjects:
    """Read the names a team's blueprints may use; what may not be read is noted, not raised.

    Args:
        make: The call's Make.
        team_id: The team.
        kinds: Which kinds; those that do not go by name are passed over.
    """
    found = NamedObjects()

    async def read(kind: Kind) -> None:
        try:
            found.known[kind] = frozenset(await _names(make, team_id, kind))
        except (Forbidden, NotFound, LicenceGate) as refused:
            found.unread[kind] = refused.why or refused.what

    wanted: list[Kind] = [kind for kind in dict.fromkeys(kinds) if kind in NAMED]
    await make.each(wanted, read)
    return found


async def _names(make: Make, team_id: int, kind: Kind) -> Iterable[str]:
    team = {"teamId": team_id}
    match kind:
        case "team_variable":
            path = f"/teams/{team_id}/variables"
            listed = await make.get(path, into=_TeamVariables, scope="team-variables:read")
            return (one.name for one in listed.team_variables)
        case "organization_variable":
            owner = (await make.account()).organization_of(team_id)
            path = f"/organizations/{owner.id if owner else await make.organization()}/variables"
            scope = "organization-variables:read"
            every = await make.get(path, into=_OrganizationVariables, scope=scope)
            return (one.name for one in every.organization_variables)
        case "function":
            made = await make.get("/functions", team, into=_Functions, scope="functions:read")
            return (one.name for one in made.functions)
        case _:
            path, scope = "/ai-agents/v1/agents", "ai-agents:read"
            agents = await make.get(path, team, into=_Agents, scope=scope)
            return (one.id for one in agents.root)
