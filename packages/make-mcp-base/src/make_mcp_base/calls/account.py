"""Who the token is: user, scopes, organizations, teams. Read once, kept for five minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.definition.models import Document, Output
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from pydantic import JsonValue

    Read = Callable[[str, Mapping[str, Any]], Awaitable[JsonValue]]

FRESH_SECONDS = 300


class Team(Output):
    id: int
    name: str


class Organization(Output):
    id: int
    name: str
    zone: str = ""
    service_name: str = ""
    is_paused: bool = False
    timezone_id: int | None = None
    license: Document = {}
    teams: list[Team] = []

    @property
    def calls_per_minute(self) -> int:
        """What the licence allows; 0 where it does not say (API reference, 1.8)."""
        return int(self.license.get("apiLimit") or 0)


class Account(Output):
    """Everything a token may reach. `scopes` is None when Make did not tell."""

    user_id: int
    user_name: str
    email: str = ""
    timezone: str = ""
    scopes: list[str] | None = None
    organizations: list[Organization] = []
    unreachable: list[str] = []
    """Parts that could not be read, with the reason."""

    def has(self, scope: str) -> bool:
        """Tell whether the token carries a scope; unknown scopes count as carried."""
        return not scope or self.scopes is None or scope in self.scopes

    def licensed(self, feature: str) -> bool:
        """Tell whether an organization's licence has a feature; unknown licences count as had."""
        licences = [o.license for o in self.organizations if o.license]
        return not (feature and licences) or any(known.get(feature) for known in licences)

    def organization_of(self, team_id: int) -> Organization | None:
        """Find the organization of a team."""
        for organization in self.organizations:
            if any(team.id == team_id for team in organization.teams):
                return organization
        return None

    @property
    def teams(self) -> list[Team]:
        """All teams of all organizations."""
        return [team for organization in self.organizations for team in organization.teams]


class _Me(Output):
    id: int
    name: str
    email: str = ""
    timezone: str | None = None


class _MeAnswer(Output):
    auth_user: _Me


class _Authorization(Output):
    scope: list[str] = []


class _AuthorizationAnswer(Output):
    authorization: _Authorization


class _Organizations(Output):
    organizations: list[Organization]


class _Teams(Output):
    teams: list[Team]


_ORGANIZATION_COLUMNS = ("id", "name", "zone", "timezoneId", "license", "serviceName", "isPaused")


async def read_account(read: Read) -> Account:
    """Ask Make who the token is.

    What a token without the scope for it cannot tell (organizations, teams) is listed in
    `unreachable` in place of failing.

    Args:
        read: Sends a GET request and gives its JSON.

    Raises:
        Failure: Make does not know the token, or cannot be reached.
    """
    rights = _AuthorizationAnswer.model_validate(
        await read("/users/me/current-authorization", {})
    ).authorization.scope
    missing: list[str] = []
    me = _Me(id=0, name="")
    try:
        me = _MeAnswer.model_validate(await read("/users/me", {})).auth_user
    except Failure as failure:
        missing.append(f"user: {failure.what}")
    organizations: list[Organization] = []
    try:
        found = await read("/organizations", {"cols": list(_ORGANIZATION_COLUMNS)})
        organizations = _Organizations.model_validate(found).organizations
    except Failure as failure:
        missing.append(f"organizations: {failure.what}")
    for organization in organizations:
        try:
            teams = await read("/teams", {"organizationId": organization.id})
            organization.teams = _Teams.model_validate(teams).teams
        except Failure as failure:
            missing.append(f"teams of {organization.name}: {failure.what}")
    return Account(
        user_id=me.id,
        user_name=me.name,
        email=me.email,
        timezone=me.timezone or "",
        scopes=rights,
        organizations=organizations,
        unreachable=missing,
    )
