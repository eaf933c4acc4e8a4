"""Leaving an organization: what a person holds, what is handed over, and taking the person out.

Make API reference, chapters 2.23, 2.31 and 2.33.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Problem,
    UserId,
)

from make_mcp_core_tools.permissions.access_matrix import Access, access_of
from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.holdings import NOT_TOLD, Holding, Holdings, held_by
from make_mcp_core_tools.permissions.membership import leave_organization, write_team_role
from make_mcp_core_tools.permissions.people import RawUser, TeamRole
from make_mcp_core_tools.permissions.roles import Role, roles_of

# Inputs


class OffboardUser(Input):
    user_id: UserId
    organization_id: OrganizationId | None = None
    successor_id: UserId | None = None
    """Becomes the admin of teams that would be left without one."""
    email: str | None = None
    """The person's exact address; needed to take the person out of the organization."""
    only_teams: bool = False
    """Take the person out of all teams only, and leave the organization; this can be undone."""
    delete_connections: bool = False
    """Also delete the connections the person made."""


# Outputs


class HandedOver(Output):
    team_id: int
    team: str
    to: str
    """Its admin from now on."""
    former_role: str | None = None
    """What that person was there until now."""


class Offboarded(Output):
    user_id: int
    name: str
    organization_id: int
    left: Literal["organization", "teams"]
    changed: bool
    role_removed: str | None = None
    """In the organization."""
    team_roles_removed: list[TeamRole]
    handed_over: list[HandedOver] = []
    holdings: list[Holding] = []
    """What the person has or made, and what becomes of it."""
    not_checked: list[str] = []
    """What could not be looked at, and why."""
    not_told: list[str] = []
    """What Make tells only to the person who leaves the organization."""
    next_calls: list[NextCall] = []


# The tool


@dataclass(frozen=True, slots=True)
class _Leaver:
    """Who leaves, and who takes over.

    Attributes:
        person: Who leaves.
        role: Their role in the organization.
        places: Their role in each team.
        orphans: Teams of which they are the only admin.
        heir: Who takes over; None when nobody was named.
    """

    person: RawUser
    role: Role | None
    places: dict[int, Role]
    orphans: list[int]
    heir: RawUser | None


@category.tool(
    scope="user:write",
    effect="delete",
    words=("leaver", "remove a person", "deprovision", "someone quits", "revoke access"),
    examples=(
        OffboardUser(user_id=51, successor_id=23, email="ada.lund@example.com"),
        OffboardUser(user_id=51, only_teams=True),
    ),
)
async def user_offboard(make: Make, args: OffboardUser) -> Offboarded:
    """Take somebody who leaves out of an organization, or with `only_teams` out of its teams.

    The plan lists what the person holds: roles, connections, scenarios, open credential requests,
    private space; what is handed over, and what Make cannot hand over.
    """
    organization = args.organization_id or 0
    access = await access_of(make, organization)
    leaver = await _leaver(make, args, access)
    held = await held_by(
        make, args.user_id, organization, access.names, deleting=args.delete_connections
    )
    _tell(make, args, access, leaver, held)
    admin = await _admin_role(make, organization) if leaver.orphans else None
    if admin and leaver.heir:
        for team in leaver.orphans:
            former = access.places[team].get(leaver.heir.id)
            await write_team_role(make, leaver.heir, team, former, admin)
    if args.only_teams:
        for team, role in leaver.places.items():
            await write_team_role(make, leaver.person, team, role, None)
    else:
        await _leave(make, args, leaver, held)
    return _told(args, access, leaver, held)


async def _leave(make: Make, args: OffboardUser, leaver: _Leaver, held: Holdings) -> None:
    """Take the person out; what else the plan rests on voids it when it moves."""
    await leave_organization(
        make,
        leaver.person,
        args.organization_id or 0,
        leaver.role,
        with_connections=args.delete_connections,
        before={
            "teams": {str(team): role.id for team, role in leaver.places.items()},
            "connections": [one.id for one in held.connections],
        },
    )


def _told(args: OffboardUser, access: Access, leaver: _Leaver, held: Holdings) -> Offboarded:
    used = [one for one in held.connections if one.used_by and not args.delete_connections]
    return Offboarded(
        user_id=leaver.person.id,
        name=leaver.person.name,
        organization_id=args.organization_id or 0,
        left="teams" if args.only_teams else "organization",
        changed=bool(leaver.places) or not args.only_teams,
        role_removed=leaver.role.name if leaver.role and not args.only_teams else None,
        team_roles_removed=[
            TeamRole(team_id=team, team=access.names[team], role=role.name)
            for team, role in leaver.places.items()
        ],
        handed_over=[_handed_over(access, leaver.heir, team) for team in leaver.orphans]
        if leaver.heir
        else [],
        holdings=held.found,
        not_checked=held.unseen,
        not_told=[] if args.only_teams else NOT_TOLD,
        next_calls=[
            NextCall(
                tool="connection_usage_get",
                arguments={"connection_id": one.id},
                why=f"“{one.name}” was made by {leaver.person.name} and is in use.",
            )
            for one in used[:3]
        ],
    )


def _handed_over(access: Access, heir: RawUser, team: int) -> HandedOver:
    former = access.places[team].get(heir.id)
    return HandedOver(
        team_id=team,
        team=access.names[team],
        to=heir.name,
        former_role=former.name if former else None,
    )


def _tell(make: Make, args: OffboardUser, access: Access, leaver: _Leaver, held: Holdings) -> None:
    """Tell in the plan what goes, what moves, and what stays."""
    make.shows(
        *(f"- {role.name} of “{access.names[team]}”" for team, role in leaver.places.items())
    )
    if not args.only_teams:
        make.shows(f"- {leaver.role.name if leaver.role else 'no role'} of the organization")
        make.affects(*(f"Not told by Make: {text}." for text in NOT_TOLD))
    for one in held.found:
        make.affects(one.line)
    for text in held.unseen:
        make.affects(f"Not checked: {text}")


async def _admin_role(make: Make, organization: int) -> Role:
    return next(r for r in await roles_of(make, "team", organization) if r.administers_team)


# What is refused


async def _leaver(make: Make, args: OffboardUser, access: Access) -> _Leaver:
    """Find the people of a call.

    Raises:
        Failure: They are not the ones it can be done with; every reason at once.
    """
    people = {user.id: user for user in access.people}
    person = people.get(args.user_id)
    if person is None:
        raise Failure(
            f"User {args.user_id} does not belong to organization {args.organization_id}.",
            next_step="Nobody has to be taken out; `user_list` tells who belongs to it.",
            code="not_found",
        )
    places = {t: held[person.id] for t, held in access.places.items() if person.id in held}
    orphans = [team for team in places if access.admins(team) == [person.id]]
    heir = people.get(args.successor_id or 0)
    leaver = _Leaver(person, access.roles.get(person.id), places, orphans, heir)
    _refuse_owner(args, leaver)
    me = (await make.account()).user_id
    if problems := [*_faults(args, access, leaver, me), *_fixed(args, access, leaver)]:
        raise Failure(
            f"{person.name} ({person.id}) was not taken out.",
            problems=problems,
            next_step="Call `user_offboard` again with the corrections above.",
            code="not_offboarded",
        )
    return leaver


def _refuse_owner(args: OffboardUser, leaver: _Leaver) -> None:
    if leaver.role and leaver.role.is_owner and not args.only_teams:
        raise Failure(
            f"{leaver.person.name} owns organization {args.organization_id} and was not taken out.",
            why="An organization always has one owner; Make changes it by transfer only.",
            next_step="The owner first calls `organization_ownership_transfer`.",
            code="last_owner",
        )


def _faults(args: OffboardUser, access: Access, leaver: _Leaver, me: int | None) -> list[Problem]:
    problems: list[Problem] = []
    person, heir = leaver.person, leaver.heir
    if person.id == me:
        problems.append(Problem("user_id", "is the account of this token.", "Let an admin do it."))
    if not args.only_teams and (args.email or "").casefold() != person.email.casefold():
        fix = "`user_get` shows it; or send `only_teams`."
        problems.append(Problem("email", "is not the person's exact address.", fix))
    if args.only_teams and args.delete_connections:
        problems.append(Problem("delete_connections", "goes only with leaving the organization."))
    if leaver.role and leaver.role.governs and not _others_govern(access, person.id):
        problems.append(Problem("user_id", "is the only one who governs the organization."))
    if args.successor_id is not None and (heir is None or heir.id in access.open_invitations):
        problems.append(Problem("successor_id", "does not belong to the organization."))
    if heir is not None and heir.id == person.id:
        problems.append(Problem("successor_id", "is the one who leaves."))
    if leaver.orphans and args.successor_id is None:
        names = ", ".join(f"“{access.names[team]}” ({team})" for team in leaver.orphans)
        text = f"is needed: {person.name} is the only admin of {names}."
        problems.append(Problem("successor_id", text, "Name who becomes their admin."))
    return problems


def _fixed(args: OffboardUser, access: Access, leaver: _Leaver) -> list[Problem]:
    """Find the roles Make does not let go alone; they end with the membership only."""
    text = "has a role that Make holds fixed in"
    return [
        Problem("only_teams", f"{leaver.person.name} {text} “{access.names[team]}” ({team}).")
        for team in leaver.places
        if args.only_teams and (team, leaver.person.id) in access.fixed
    ]


def _others_govern(access: Access, user_id: int) -> bool:
    return any(role.governs for user, role in access.roles.items() if user != user_id)
