"""Roles of people: giving, changing and taking them, never the last one that matters."""

from collections.abc import Mapping, Sequence

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Irreversible,
    Make,
    OrganizationId,
    Output,
    Problem,
    TeamId,
    Undo,
    UserId,
    Watch,
    post,
)
from pydantic import Field

from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.people import (
    RawUser,
    TeamMember,
    members_of,
    team_members_of,
    team_names,
    user_in,
)
from make_mcp_core_tools.permissions.roles import (
    Role,
    RoleCategory,
    find_role,
    permission_delta,
    roles_of,
)

# Inputs


class SetTeamRole(Input):
    user_id: UserId
    team_id: TeamId
    role: int | str | None = None
    """Role id or name (`role_list` category=team)."""
    remove: bool = False
    """Take the person out of the team; then without `role`."""


class SetOrganizationRole(Input):
    user_id: UserId
    organization_id: OrganizationId | None = None
    role: int | str | None = None
    """Role id or name (`role_list` category=organization)."""
    remove: bool = False
    """Take the person out of the organization and all its teams; then without `role`."""


# Outputs


class RoleSet(Output):
    user_id: int
    before: str | None = None
    """Role until now; absent for someone who had none."""
    after: str | None = None
    """Role from now on; absent for someone who was taken out."""
    changed: bool
    permissions_gained: list[str] = Field(default=[], max_length=500)
    permissions_lost: list[str] = Field(default=[], max_length=500)


# Make's answers


class Assigned(Output):
    users_role_id: int | None = None


class TeamRoleAnswer(Output):
    user_team_role: Assigned


class OrganizationRoleAnswer(Output):
    user_organization_role: Assigned


# Tools


@category.tool(
    scope="user:write",
    effect="update",
    confirm=True,
    formerly=("update-user-role", "users_team_role_set"),
    words=("permission", "access", "promote", "remove from team", "member"),
    examples=(SetTeamRole(user_id=51, team_id=34, role="Team Operator"),),
)
async def user_team_role_set(make: Make, args: SetTeamRole) -> RoleSet:
    """Give a person a role in a team, change it, or take the person out of the team.

    The plan shows which permissions come and go. The last admin of a team stays one.
    """
    team, user = args.team_id, args.user_id
    organization = await _organization_of(make, team)
    wanted = await _wanted(make, args.role, args.remove, "team", organization)
    roles = {role.id: role for role in await roles_of(make, "team", organization)}
    places = await team_members_of(make, team)
    place = next((p for p in places if p.user_id == user), None)
    former = roles.get((place.users_role_id if place else None) or 0)
    if (former.id if former else None) == (wanted.id if wanted else None):
        return _outcome(user, former, wanted, changed=False)
    person = await user_in(make, organization, user)
    _refuse_team_change(team, place, places, roles, wanted)
    _show_delta(make, former, wanted)
    await write_team_role(make, person, team, former, wanted, members=len(places))
    return _outcome(user, former, wanted, changed=True)


@category.tool(
    scope="user:write",
    effect="update",
    confirm=True,
    formerly=("users_organization_role_set",),
    words=("permission", "access", "promote", "remove from organization", "offboard"),
    examples=(SetOrganizationRole(user_id=51, organization_id=12, role="Admin"),),
)
async def user_organization_role_set(make: Make, args: SetOrganizationRole) -> RoleSet:
    """Change a person's role in an organization, or take the person out of it.

    The owner changes only by `organization_ownership_transfer`. Someone who was taken out comes
    back only by a new invitation.
    """
    organization, user = args.organization_id or 0, args.user_id
    wanted = await _wanted(make, args.role, args.remove, "organization", organization)
    roles = {role.id: role for role in await roles_of(make, "organization", organization)}
    places = await members_of(make, organization)
    place = next((p for p in places if p.user_id == user), None)
    if place is None and wanted is None:
        return _outcome(user, None, None, changed=False)
    person = await user_in(make, organization, user)
    former = roles.get((place.users_role_id if place else None) or 0)
    if former and wanted and former.id == wanted.id:
        return _outcome(user, former, wanted, changed=False)
    others = [roles.get(p.users_role_id or 0) for p in places if p.user_id != user]
    _refuse_owner_change(organization, former, wanted)
    _refuse_last_governor(organization, former, wanted, others)
    _show_delta(make, former, wanted)
    if wanted is None:
        names = await team_names(make, organization)
        await _refuse_orphans(make, person, names, organization)
        _tell_teams_left(make, names, person.user_team_ids)
    if wanted is None:
        before: Document = {"members": len(places)}
        await leave_organization(make, person, organization, former, before=before)
    else:
        await write_organization_role(make, person, organization, former, wanted, len(places))
    return _outcome(user, former, wanted, changed=True)


# Writing roles


async def write_team_role(
    make: Make,
    person: RawUser,
    team: int,
    former: Role | None,
    wanted: Role | None,
    *,
    members: int | None = None,
) -> None:
    """Give a person a role in a team, or with None take the person out; the undo puts it back.

    Args:
        make: The call's Make.
        person: Whom.
        team: Where.
        former: Their role until now; None for somebody from outside the team.
        wanted: Their role from now on.
        members: How many people the team has, where a plan rests on it.
    """
    path = f"/users/{person.id}/user-team-roles/{team}"
    await make.write(
        post(path, _role_body(wanted)),
        into=TeamRoleAnswer,
        says=_sentence(person.name, former, wanted, f"team {team}"),
        before={"usersRoleId": former.id if former else None, "members": members},
        predict={"userTeamRole": {"usersRoleId": wanted.id if wanted else None}},
        undo=Undo(
            (post(path, _role_body(former)),),
            Watch(f"/teams/{team}/user-team-roles/{person.id}", ("userTeamRole.usersRoleId",)),
        ),
    )


async def write_organization_role(
    make: Make,
    person: RawUser,
    organization: int,
    former: Role | None,
    wanted: Role,
    members: int | None = None,
) -> None:
    """Change a person's role in an organization; arguments as in `write_team_role`."""
    path = f"/users/{person.id}/user-organization-roles/{organization}"
    seen = f"/organizations/{organization}/user-organization-roles/{person.id}"
    await make.write(
        post(path, _role_body(wanted), confirmed=True),
        into=OrganizationRoleAnswer,
        says=_sentence(person.name, former, wanted, f"organization {organization}"),
        before={"usersRoleId": former.id if former else None, "members": members},
        predict={"userOrganizationRole": {"usersRoleId": wanted.id}},
        undo=Undo(
            (post(path, _role_body(former)),), Watch(seen, ("userOrganizationRole.usersRoleId",))
        ),
    )


async def leave_organization(
    make: Make,
    person: RawUser,
    organization: int,
    former: Role | None,
    *,
    before: Document,
    with_connections: bool = False,
) -> None:
    """Take a person out of an organization and all its teams.

    Args:
        make: The call's Make.
        person: Who leaves.
        organization: Where.
        former: Their role until now.
        before: State that the plan rests on.
        with_connections: Also delete the connections the person made there.
    """
    path, nothing = f"/users/{person.id}/user-organization-roles/{organization}", _role_body(None)
    await make.write(
        post(path, nothing, confirmed=True, deleteConnections=True)
        if with_connections
        else post(path, nothing, confirmed=True),
        into=OrganizationRoleAnswer,
        says=_sentence(person.name, former, None, f"organization {organization}"),
        before={"usersRoleId": former.id if former else None, **before},
        predict={"userOrganizationRole": {"usersRoleId": None}},
        undo=Irreversible("Someone who left an organization comes back only by `user_invite`."),
    )


# What is asked for


async def _organization_of(make: Make, team_id: int) -> int:
    for fresh in (False, True):  # a team may be younger than what is remembered of the account
        organization = (await make.api.account(fresh=fresh)).organization_of(team_id)
        if organization is not None:
            return organization.id
    raise Failure(
        f"Team {team_id} is not among the teams this token sees.",
        next_step="Choose one of `team_list`.",
        code="not_found",
    )


async def _wanted(
    make: Make, role: int | str | None, remove: bool, category: RoleCategory, organization: int
) -> Role | None:
    """Give the role to set; None to take the person out.

    Raises:
        Failure: Neither or both were asked for, or the role is unknown.
    """
    if remove == (role is not None):
        raise Failure(
            "No role was changed.",
            next_step="Send `role` to give one, or `remove`: true to take the person out.",
            code="invalid_arguments",
            problems=[Problem("role", "Exactly one of `role` and `remove` is needed.")],
        )
    return None if role is None else await find_role(make, role, category, organization)


def _role_body(role: Role | None) -> dict[str, int]:
    """Write a role for Make; an empty body takes the person out (API reference, 2.33)."""
    return {"usersRoleId": role.id} if role else {}


# What is refused


def _refuse_team_change(
    team: int,
    place: TeamMember | None,
    places: Sequence[TeamMember],
    roles: dict[int, Role],
    wanted: Role | None,
) -> None:
    if place is None:
        return
    if not place.changeable:
        raise Failure(
            f"The role of user {place.user_id} in team {team} was not changed.",
            why="Make marks it as fixed: the person owns the organization or made the team.",
            next_step="Choose another person; an owner first hands the organization over with"
            " `organization_ownership_transfer`.",
            code="not_changeable",
        )
    if _admins(places, roles) == [place.user_id] and not _administers(wanted):
        raise Failure(
            f"The role of user {place.user_id} in team {team} was not changed.",
            why="This is the only admin of the team.",
            next_step=f"First make somebody else an admin: `user_team_role_set` with"
            f' team_id={team}, role="Team Admin".',
            code="last_admin",
        )


def _refuse_owner_change(organization: int, former: Role | None, wanted: Role | None) -> None:
    if not ((former and former.is_owner) or (wanted and wanted.is_owner)):
        return
    raise Failure(
        f"The ownership of organization {organization} was not changed.",
        why="An organization always has one owner; Make changes it by transfer only.",
        next_step="The owner hands it over with `organization_ownership_transfer`.",
        code="last_owner",
    )


def _refuse_last_governor(
    organization: int, former: Role | None, wanted: Role | None, others: Sequence[Role | None]
) -> None:
    if not (former and former.governs) or (wanted and wanted.governs):
        return
    if not any(role and role.governs for role in others):
        raise Failure(
            f"The role in organization {organization} was not changed.",
            why="Nobody else is an owner or admin of it.",
            next_step="First make somebody else an admin with `user_organization_role_set`.",
            code="last_admin",
        )


async def _refuse_orphans(
    make: Make, person: RawUser, names: Mapping[int, str], organization: int
) -> None:
    """Refuse to leave teams behind without an admin."""
    roles = {role.id: role for role in await roles_of(make, "team", organization)}
    teams = [team for team in person.user_team_ids if team in names]
    lists = await make.each(teams, lambda team: team_members_of(make, team))
    orphans = [
        f"“{names[team]}” ({team})"
        for team, rows in zip(teams, lists, strict=True)
        if _admins(rows, roles) == [person.id]
    ]
    if orphans:
        raise Failure(
            f"{person.name} ({person.id}) was not taken out of organization {organization}.",
            why=f"Nobody else is an admin of {', '.join(orphans)}.",
            next_step=f"Call `user_offboard` user_id={person.id} with the `successor_id` who"
            " becomes their admin.",
            code="last_admin",
        )


def _admins(places: Sequence[TeamMember], roles: Mapping[int, Role]) -> list[int]:
    return [p.user_id for p in places if _administers(roles.get(p.users_role_id or 0))]


def _administers(role: Role | None) -> bool:
    return role is not None and role.administers_team


# What is told


def _show_delta(make: Make, former: Role | None, wanted: Role | None) -> None:
    gained, lost = permission_delta(former, wanted)
    lines = [f"+ {name}" for name in gained] + [f"- {name}" for name in lost]
    make.shows(f"{_called(former)} → {_called(wanted)}", *lines)


def _tell_teams_left(make: Make, names: Mapping[int, str], teams: Sequence[int]) -> None:
    left = [names.get(team, str(team)) for team in teams]
    if left:
        make.affects(f"Leaves the teams {', '.join(left)}.")
    make.affects("Connections the person made stay, and may stop working when access ends.")


def _called(role: Role | None) -> str:
    return role.name if role else "no role"


def _sentence(name: str, former: Role | None, wanted: Role | None, where: str) -> str:
    if wanted is None:
        return f"Take {name} ({_called(former)}) out of {where}"
    return f"Make {name} {wanted.name} of {where} ({_called(former)} until now)"


def _outcome(user: int, former: Role | None, wanted: Role | None, *, changed: bool) -> RoleSet:
    gained, lost = permission_delta(former, wanted)
    return RoleSet(
        user_id=user,
        before=former.name if former else None,
        after=wanted.name if wanted else None,
        changed=changed,
        permissions_gained=gained,
        permissions_lost=lost,
    )
