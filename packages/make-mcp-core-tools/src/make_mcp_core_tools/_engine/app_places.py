"""Where a question about apps is asked from: a team, an organization, or nowhere in particular."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Document, Output
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound

from make_mcp_core_tools._engine.team_objects import TeamObject, team_objects

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make


@dataclass(frozen=True, slots=True)
class Standpoint:
    """A team and an organization, as far as they are known."""

    team_id: int | None
    organization_id: int | None
    license: Document


class Installed(Output):
    """An app that an organization uses."""

    app_name: str
    app_version: int | None = None


class _InstalledApps(Output):
    installed_apps: list[Installed] = []


async def standpoint(
    make: Make, team_id: int | None = None, organization_id: int | None = None
) -> Standpoint:
    """Tell where a call stands: what was given, what is configured, or the only one there is."""
    account = await make.account()
    teams = [team.id for team in account.teams]
    team = team_id or make.team_default or (teams[0] if len(teams) == 1 else None)
    found = account.organization_of(team) if team and not organization_id else None
    wanted = organization_id or (found.id if found else make.organization_default)
    rows = [one for one in account.organizations if wanted in (None, one.id)]
    chosen = rows[0] if len(rows) == 1 else None
    if chosen is not None:
        make.organization_id = chosen.id
    return Standpoint(team, chosen.id if chosen else wanted, chosen.license if chosen else {})


async def installed_apps(make: Make, organization_id: int) -> list[Installed] | None:
    """Read which apps an organization uses; None when it may not be read."""
    path = f"/organizations/{organization_id}/apps"
    try:
        answer = await make.get(path, into=_InstalledApps, scope="organizations:read")
    except (Forbidden, NotFound, LicenceGate):
        return None
    return answer.installed_apps


async def team_connections(make: Make, team_id: int | None) -> list[TeamObject] | None:
    """Read a team's connections; None when they may not be read or no team is known."""
    if team_id is None:
        return None
    found = await team_objects(make, team_id, ["connection"])
    return None if "connection" in found.unread else found.all("connection")
