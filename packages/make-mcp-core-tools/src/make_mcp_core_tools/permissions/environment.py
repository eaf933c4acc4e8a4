"""Who this token is, where it works and what it may do."""

from typing import Any
from urllib.parse import urlsplit

from make_mcp_base.authoring import Document, Input, Make, NextCall, Output, Timestamp

from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.licence import Licence, licence_of

_PUBLIC_DOMAINS = (".make.com", ".make.celonis.com")
"""Where Make's own zones are; a white-label instance has only itself."""

# Inputs


class Nothing(Input):
    pass


# Outputs


class Person(Output):
    id: int
    name: str
    email: str = ""
    timezone: str | None = None
    language: str | None = None
    locale: str | None = None
    tfa_status: int | None = None
    """0 no second factor, 1 authenticator app, 2 external."""
    last_login: Timestamp | None = None


class Team(Output):
    id: int
    name: str


class Organization(Output):
    id: int
    name: str
    zone: str | None = None
    is_paused: bool = False
    licence: Licence
    teams: list[Team]


class Environment(Output):
    user: Person | None = None
    zone: str
    """Host this server talks to."""
    scopes: list[str] | None = None
    """Absent when Make does not tell them."""
    organizations: list[Organization]
    default_organization_id: int | None = None
    default_team_id: int | None = None
    """Used by every tool whose `team_id` is left out."""
    hidden_tools: dict[str, int] = {}
    """Tools that may not be called, counted by reason."""
    next_calls: list[NextCall] = []


class Me(Output):
    auth_user: Person


# Tools


@category.tool(
    scope="",
    effect="read",
    formerly=("get-environment",),
    words=("who am i", "account", "zone", "scopes", "start", "context", "licence", "plan"),
)
async def environment_get(make: Make, args: Nothing) -> Environment:
    """Call this first: user, zone, scopes, organizations with licence and teams, hidden tools.

    Names the right zone when the account lives in another one. At most five minutes old.
    """
    account = await make.account()
    zone = urlsplit(make.page_url("")).netloc
    organizations = [_organization(o.model_dump()) for o in account.organizations]
    for advice in [*account.unreachable, _zone_advice(zone, organizations)]:
        if advice:
            make.warn(advice)
    user = Person(
        id=account.user_id,
        name=account.user_name,
        email=account.email,
        timezone=account.timezone or None,
    )
    return Environment(
        user=user if account.user_id else None,
        zone=zone,
        scopes=account.scopes,
        organizations=organizations,
        default_organization_id=make.organization_default,
        default_team_id=make.team_default,
        hidden_tools=make.kernel.surface.hidden(account) if make.kernel else {},
        next_calls=_next_calls(make, organizations),
    )


@category.tool(
    scope="user:read", effect="read", formerly=("users_me", "get-current-user"), words=("myself",)
)
async def user_me(make: Make, args: Nothing) -> Person:
    """Show the account behind the token: name, address, time zone, language, second factor."""
    return (await make.get("/users/me", into=Me)).auth_user


# Documents


@category.document("make://teams", scope="teams:read")
async def teams(make: Make) -> Document:
    """Organizations and their teams, as far as the token sees them."""
    account = await make.account()
    return {
        "organizations": [
            {
                "id": organization.id,
                "name": organization.name,
                "zone": organization.zone,
                "teams": [{"id": team.id, "name": team.name} for team in organization.teams],
            }
            for organization in account.organizations
        ]
    }


# Parts


def _organization(known: dict[str, Any]) -> Organization:
    return Organization(
        id=known["id"],
        name=known["name"],
        zone=known["zone"] or None,
        is_paused=known["is_paused"],
        licence=licence_of(known["license"], known["service_name"]),
        teams=[Team(id=team["id"], name=team["name"]) for team in known["teams"]],
    )


def _zone_advice(zone: str, organizations: list[Organization]) -> str:
    """Say when the account lives in another zone (Make API reference, chapter 1.1)."""
    if not zone.endswith(_PUBLIC_DOMAINS):
        return ""
    homes = sorted({o.zone for o in organizations if o.zone})
    if homes and zone not in homes:
        return f"The organizations live in {', '.join(homes)}, not in {zone}: set MAKE_ZONE={homes[0]} and start the server again."  # noqa: E501 - one sentence
    if not organizations:
        return f"No organization can be seen in {zone}. A token works in its own zone only: set MAKE_ZONE to the host in the address of the organization in Make."  # noqa: E501 - one sentence
    return ""


def _next_calls(make: Make, organizations: list[Organization]) -> list[NextCall]:
    teams = [team for organization in organizations for team in organization.teams]
    chosen = make.team_default or (teams[0].id if len(teams) == 1 else None)
    if chosen is None:
        return []
    return [NextCall(tool="scenario_list", arguments={"team_id": chosen}, why="See what runs.")]
