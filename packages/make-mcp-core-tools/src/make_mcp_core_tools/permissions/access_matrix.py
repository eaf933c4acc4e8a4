"""Who may do what in an organization: people, teams and roles in one table.

Roles come from the lists of members (Make API reference, chapters 2.23 and 2.31), and who has a
permission from Make's own answer (chapter 2.33, `by-permission`), which also counts those who
govern the organization.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from make_mcp_base.authoring import (
    Failure,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Page,
    PageInput,
    TeamId,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.people import (
    RawUser,
    TeamMember,
    members_of,
    people_of,
    team_members_of,
    team_names,
)
from make_mcp_core_tools.permissions.roles import Role, RoleCategory, permissions_of, roles_of

_BY_PERMISSION = "/users/by-permission"
RULES = [
    "dormant: governs the organization or administers a team, and has not logged in for"
    " `dormant_days`",
    "all_teams: administers every team without governing the organization",
    "only_admin: the one admin of the teams named",
    "not_accepted: has a role, but has not accepted the invitation",
    "outside: works in a team without belonging to the organization",
]
"""What each flag says; there are no others."""

# Inputs


class GetAccessMatrix(PageInput):
    organization_id: OrganizationId | None = None
    permission: str | None = None
    """Only people who may do this, with the teams where: a name of `role_permission_list`."""
    team_ids: list[TeamId] = Field(default=[], max_length=100)
    """Only these teams; default: all."""
    flagged: bool = False
    """Only people with a flag."""
    dormant_days: int = Field(default=90, ge=1, le=3650)
    """Days without a login after which an admin counts as dormant."""


# Outputs


class TeamColumn(Output):
    id: int
    name: str
    people: int
    admins: int


class AccessRow(Output):
    user_id: int
    name: str
    role: str | None = None
    """In the organization."""
    teams: dict[str, str] = {}
    """Role in each team, by the team's id."""
    may_in: list[int] | None = None
    """Teams where the person may do what was asked for."""
    flags: list[str] | None = None


class AccessMatrix(Page):
    organization_id: int
    permission: str | None = None
    teams: list[TeamColumn]
    people: list[AccessRow]
    flag_rules: list[str]
    """What the flags mean."""
    sources: list[str]
    """Where this was read."""
    next_calls: list[NextCall] = []


# Make's answers


class Allowed(Output):
    id: int


class AllowedPeople(Output):
    users: list[Allowed]


# Reading


@dataclass(frozen=True, slots=True)
class Access:
    """Everybody's roles in an organization.

    Attributes:
        people: Those who belong to it, invited ones included.
        roles: Roles in the organization, by person.
        open_invitations: Those who have not accepted.
        names: Names of the teams, by id.
        places: Roles in each team, by team and person.
        fixed: Team and person of roles that Make does not let change.
    """

    people: list[RawUser]
    roles: dict[int, Role]
    open_invitations: frozenset[int]
    names: dict[int, str]
    places: dict[int, dict[int, Role]]
    fixed: frozenset[tuple[int, int]]

    def admins(self, team: int) -> list[int]:
        """Name the admins of a team by their ids."""
        return [user for user, role in self.places[team].items() if role.administers_team]


async def access_of(make: Make, organization_id: int, teams: list[int] | None = None) -> Access:
    """Read everybody's roles in an organization and its teams.

    Args:
        make: The call's Make.
        organization_id: The organization.
        teams: Only these teams; all of them when None.

    Raises:
        Failure: A team is none of this organization, or as `Make.get`.
    """
    names = await team_names(make, organization_id)
    if strangers := [team for team in teams or [] if team not in names]:
        raise Failure(
            f"{', '.join(map(str, strangers))}: no teams of organization {organization_id}.",
            next_step=f"Choose among those of `team_list` organization_id={organization_id}.",
            code="not_found",
        )
    chosen = {team: name for team, name in names.items() if not teams or team in teams}
    known = {role.id: role for role in await roles_of(make, None, organization_id)}
    members = await members_of(make, organization_id)
    lists = await make.each(list(chosen), lambda team: team_members_of(make, team))
    return Access(
        people=await people_of(make, organization_id),
        roles={m.user_id: known[m.users_role_id] for m in members if m.users_role_id in known},
        open_invitations=frozenset(m.user_id for m in members if m.invitation),
        names=chosen,
        places={team: _by_user(known, rows) for team, rows in zip(chosen, lists, strict=True)},
        fixed=frozenset((r.team_id, r.user_id) for rows in lists for r in rows if not r.changeable),
    )


def _by_user(known: dict[int, Role], rows: list[TeamMember]) -> dict[int, Role]:
    return {row.user_id: known[row.users_role_id] for row in rows if row.users_role_id in known}


# The tool


@category.tool(
    scope="user:read",
    effect="read",
    words=("which people may", "who can do what", "who is allowed", "access review", "admins"),
    examples=(GetAccessMatrix(organization_id=12, permission="scenario run"),),
)
async def access_matrix_get(make: Make, args: GetAccessMatrix) -> AccessMatrix:
    """Show who has which role in an organization and each of its teams, or who may do something.

    Flags what an access review looks for: dormant and only admins, open invitations, people
    outside the organization. Every flag is a rule that the answer states.
    """
    organization = args.organization_id or 0
    access = await access_of(make, organization, list(args.team_ids) or None)
    rows = _rows(access, args.dormant_days)
    asked = None
    if args.permission is not None:
        asked, kind = await _known_permission(make, args.permission)
        rows = await _who_may(make, asked, kind, organization, access, rows)
    kept = [row for row in rows if row.flags or not args.flagged]
    page, more = page_of(kept, args)
    return AccessMatrix(
        organization_id=organization,
        permission=asked,
        teams=[
            TeamColumn(id=team, name=name, people=len(held), admins=len(access.admins(team)))
            for (team, name), held in zip(access.names.items(), access.places.values(), strict=True)
        ],
        people=page,
        flag_rules=RULES,
        sources=_sources(organization, asked),
        next_calls=_next(page),
        **more,
    )


def _sources(organization: int, permission: str | None) -> list[str]:
    lists = [
        f"/users?organizationId={organization}",
        f"/organizations/{organization}/user-organization-roles",
        "/teams/{teamId}/user-team-roles",
        "/users/roles",
    ]
    return [*lists, f"/users/by-permission?permission={permission}"] if permission else lists


def _next(page: list[AccessRow]) -> list[NextCall]:
    flagged = [row for row in page if row.flags]
    return [
        NextCall(tool="user_get", arguments={"user_id": row.user_id}, why=f"{row.name}: {flag}.")
        for row in flagged[:3]
        for flag in (row.flags or [])[:1]
    ]


# Rows


def _rows(access: Access, dormant_days: int) -> list[AccessRow]:
    """Write a row for everybody, and for those who work in a team from outside."""
    since = datetime.now(UTC) - timedelta(days=dormant_days)
    rows = [_row(access, user, since) for user in access.people]
    known = {user.id for user in access.people}
    outside = sorted({u for held in access.places.values() for u in held if u not in known})
    return rows + [_row(access, RawUser(id=user, name=f"user {user}"), since) for user in outside]


def _row(access: Access, user: RawUser, since: datetime) -> AccessRow:
    role = access.roles.get(user.id)
    held = {team: places[user.id] for team, places in access.places.items() if user.id in places}
    return AccessRow(
        user_id=user.id,
        name=user.name,
        role=role.name if role else None,
        teams={str(team): one.name for team, one in held.items()},
        flags=_flags(access, user, role, held, since) or None,
    )


def _flags(
    access: Access, user: RawUser, role: Role | None, held: dict[int, Role], since: datetime
) -> list[str]:
    """Hold somebody's access against the rules."""
    governs = role is not None and role.governs
    administered = [team for team, one in held.items() if one.administers_team]
    flags: list[str] = []
    if user.id in access.open_invitations and (role or held):
        flags.append("not_accepted")
    elif (governs or administered) and (user.last_login is None or user.last_login < since):
        last = f"{user.last_login:%Y-%m-%d}" if user.last_login else "never"
        flags.append(f"dormant: last login {last}")
    if len(administered) == len(access.names) > 1 and not governs:
        flags.append("all_teams")
    if alone := [team for team in administered if access.admins(team) == [user.id]]:
        flags.append(f"only_admin: {', '.join(map(str, alone))}")
    if role is None and held:
        flags.append("outside")
    return flags


# Who may


async def _known_permission(make: Make, given: str) -> tuple[str, RoleCategory]:
    """Find a permission by its name or label.

    Raises:
        Failure: There is none; with those spelled alike.
    """
    known = await permissions_of(make)
    wanted = given.strip().casefold()
    found = [one for one in known if wanted in (one.name.casefold(), one.label.casefold())]
    if found:
        return found[0].name, "team" if found[0].role_category == "team" else "organization"
    near = get_close_matches(wanted, [one.name for one in known], n=5, cutoff=0.4)
    raise Failure(
        f"There is no permission “{given}”.",
        why=f"Spelled alike: {', '.join(near)}." if near else "",
        next_step="`role_permission_list` contains=… finds it; then call again.",
        code="unknown_name",
    )


async def _who_may(
    make: Make,
    permission: str,
    kind: RoleCategory,
    organization: int,
    access: Access,
    rows: list[AccessRow],
) -> list[AccessRow]:
    """Keep those who may, as Make says; "company" is its old word for team."""
    if kind == "organization":
        query = {"type": kind, "permission": permission, "organizationId": organization}
        able = {u.id for u in (await make.get(_BY_PERMISSION, query, into=AllowedPeople)).users}
        return [row for row in rows if row.user_id in able]

    async def in_team(team: int) -> set[int]:
        asked = {"type": "company", "permission": permission, "teamId": team}
        return {u.id for u in (await make.get(_BY_PERMISSION, asked, into=AllowedPeople)).users}

    told = await make.each(list(access.names), in_team)
    able_in = dict(zip(access.names, told, strict=True))
    widened = [
        row.model_copy(update={"may_in": [t for t, who in able_in.items() if row.user_id in who]})
        for row in rows
    ]
    return [row for row in widened if row.may_in]
