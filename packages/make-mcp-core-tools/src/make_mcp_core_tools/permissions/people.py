"""People: who belongs to an organization and its teams, and inviting more of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    Timestamp,
    Undo,
    UserId,
    Watch,
    page_of,
    post,
)
from pydantic import Field

from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.private_spaces import spaces_of
from make_mcp_core_tools.permissions.roles import Role, find_role, roles_of

_COLUMNS = ["id", "name", "email", "lastLogin"]

# Inputs


class ListUsers(PageInput):
    organization_id: OrganizationId | None = None
    team_id: TeamId | None = None
    """Only members of this team, with their role in it."""
    role: int | str | None = None
    """Only people with this role, by id or name (`role_list`)."""
    name_contains: str | None = None
    """Text in name or e-mail address."""
    inactive_days: int | None = Field(default=None, ge=1, le=3650)
    """Only people who have not logged in for so many days."""
    include_teams: bool = False
    """Also list each person's teams."""


class GetUser(Input):
    user_id: UserId
    organization_id: OrganizationId | None = None
    include: list[Literal["connections", "private_space"]] = []
    """`connections`: those the person made, over all teams; `private_space`: its id."""


class Invitee(Input):
    email: str = Field(max_length=250, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    name: str | None = Field(default=None, min_length=1, max_length=250)
    """Made of the address when left out."""


class InviteUsers(Input):
    people: list[Invitee] = Field(min_length=1, max_length=50)
    """Whom to invite."""
    role: int | str
    """Role in the organization, by id or name (`role_list` category=organization)."""
    organization_id: OrganizationId | None = None
    team_ids: list[TeamId] = Field(default=[], max_length=50)
    """Teams they join as members."""
    note: str | None = None
    """Text in the invitation."""


# Outputs


class UserRow(Output):
    id: int
    name: str
    email: str = ""
    role: str | None = None
    """In the team when one was asked for, else in the organization."""
    invitation: str | None = None
    """pending or expired while it is not accepted."""
    last_login: Timestamp | None = None
    team_ids: list[int] | None = None


class Users(Page):
    users: list[UserRow]


class TeamRole(Output):
    team_id: int
    team: str
    role: str


class OwnConnection(Output):
    id: int
    name: str
    account_name: str = ""
    """The service."""
    team_id: int
    used_by: int | None = None
    """Scenarios that use it."""


class UserDetail(UserRow):
    organization_id: int
    teams: list[TeamRole]
    connections: list[OwnConnection] | None = None
    private_space_id: int | None = None
    """Absent when there is none, or the plan has none."""


class Invited(Output):
    user_id: int
    email: str


class Known(Output):
    user_id: int
    email: str
    state: str
    """member, pending or expired."""


class InvitationsSent(Output):
    role: str
    invited: list[Invited]
    already: list[Known]
    """People who were not invited again."""
    changed: bool


# Make's answers


class RawUser(Output):
    id: int
    name: str
    email: str = ""
    last_login: Timestamp | None = None
    user_team_ids: list[int] = []


class Member(Output):
    """Someone's place in an organization."""

    user_id: int
    users_role_id: int | None = None
    invitation: str | None = None


class TeamMember(Output):
    """Someone's place in a team."""

    user_id: int
    team_id: int
    users_role_id: int | None = None
    changeable: bool = True


class TeamMembers(Output):
    user_team_roles: list[TeamMember]


class Named(Output):
    id: int
    name: str


class Connection(OwnConnection):
    author_id: int | None = None
    scenario_usages: list[Named] | None = None

    @property
    def told(self) -> OwnConnection:
        """The connection as tools show it."""
        used = self.scenario_usages
        row = OwnConnection.model_validate(self.model_dump())
        return row.model_copy(update={"used_by": None if used is None else len(used)})


class InvitedUser(Output):
    user: RawUser


# Tools


@category.tool(
    scope="user:read",
    effect="read",
    formerly=("users_list", "list-users"),
    words=("people", "members", "inactive", "who has access"),
)
async def user_list(make: Make, args: ListUsers) -> Users:
    """List the people of an organization or a team, with their role and last login."""
    users = await _team_users(make, args) if args.team_id else await _all_users(make, args)
    text = (args.name_contains or "").casefold()
    kept = [u for u in users if text in f"{u.name} {u.email}".casefold()]
    if args.inactive_days:
        since = datetime.now(UTC) - timedelta(days=args.inactive_days)
        kept = [u for u in kept if u.last_login is None or u.last_login < since]
    page, more = page_of(kept, args)
    return Users(users=page, **more)


@category.tool(scope="user:read", effect="read", formerly=("users_get", "get-user"))
async def user_get(make: Make, args: GetUser) -> UserDetail:
    """Show one person's access in an organization: role there, role in each team."""
    organization = args.organization_id or 0
    user = await user_in(make, organization, args.user_id)
    members = {m.user_id: m for m in await members_of(make, organization)}
    roles = {role.id: role.name for role in await roles_of(make, None, organization)}
    place = members.get(user.id)
    path = f"/users/{user.id}/user-team-roles"
    places = (await make.get(path, into=TeamMembers)).user_team_roles
    names = await team_names(make, organization)
    return UserDetail(
        id=user.id,
        name=user.name,
        email=user.email,
        role=_role_name(roles, place.users_role_id if place else None),
        invitation=place.invitation if place else None,
        last_login=user.last_login,
        organization_id=organization,
        teams=[
            TeamRole(
                team_id=p.team_id,
                team=names[p.team_id],
                role=_role_name(roles, p.users_role_id) or "",
            )
            for p in places
            if p.team_id in names
        ],
        connections=await connections_by(make, user.id, list(names))
        if "connections" in args.include
        else None,
        private_space_id=await _space_of(make, user.id, organization)
        if "private_space" in args.include
        else None,
    )


@category.tool(
    scope="organizations:write",
    effect="create",
    confirm=True,
    formerly=("users_invite", "invite-user"),
    words=("add user", "member", "onboard"),
    examples=(
        InviteUsers(
            organization_id=12,
            people=[Invitee(email="ada.lund@example.com", name="Ada Lund")],
            role="Member",
            team_ids=[34],
        ),
    ),
)
async def user_invite(make: Make, args: InviteUsers) -> InvitationsSent:
    """Invite people to an organization by e-mail, and to teams as members.

    Those who belong to it already, or have an open invitation, are named and not invited again.
    """
    organization = args.organization_id or 0
    role = await _invitation_role(make, args, organization)
    known = {k.email.casefold(): k for k in await _known_people(make, organization)}
    already = [known[p.email.casefold()] for p in args.people if p.email.casefold() in known]
    new = [person for person in args.people if person.email.casefold() not in known]
    invited = [await _invite(make, args, person, role) for person in new]
    return InvitationsSent(role=role.name, invited=invited, already=already, changed=bool(new))


# For other tools


async def user_in(make: Make, organization_id: int, user_id: int) -> RawUser:
    """Find a person in an organization's list; Make has no endpoint for one person.

    Raises:
        Failure: The person does not belong to it.
    """
    users = await people_of(make, organization_id)
    found = next((user for user in users if user.id == user_id), None)
    if found is None:
        raise Failure(
            f"User {user_id} does not belong to organization {organization_id}.",
            next_step="Find the person with `user_list`, or invite them with `user_invite`.",
            code="not_found",
        )
    return found


async def people_of(make: Make, organization_id: int) -> list[RawUser]:
    """Read who belongs to an organization, invited people included, with their teams."""
    query = {"organizationId": organization_id, "cols": [*_COLUMNS, "userTeamIds"]}
    return await make.all("/users", query, key="users", item=RawUser, scope="user:read")


async def members_of(make: Make, organization_id: int) -> list[Member]:
    """Read everybody's role and invitation in an organization."""
    path = f"/organizations/{organization_id}/user-organization-roles"
    return await make.all(
        path, key="userOrganizationRoles", item=Member, scope="organizations:read"
    )


async def team_members_of(make: Make, team_id: int) -> list[TeamMember]:
    """Read everybody's role in a team."""
    path = f"/teams/{team_id}/user-team-roles"
    return await make.all(path, key="userTeamRoles", item=TeamMember, scope="teams:read")


async def team_names(make: Make, organization_id: int) -> dict[int, str]:
    """Give the names of an organization's teams, by id."""
    query = {"organizationId": organization_id}
    teams = await make.all("/teams", query, key="teams", item=Named, scope="teams:read")
    return {team.id: team.name for team in teams}


# Listing


async def _all_users(make: Make, args: ListUsers) -> list[UserRow]:
    organization = await make.organization(args.organization_id)
    users = await people_of(make, organization)
    members = {m.user_id: m for m in await members_of(make, organization)}
    roles = {role.id: role for role in await roles_of(make, "organization", organization)}
    wanted = (
        (await find_role(make, args.role, "organization", organization)).id if args.role else None
    )
    rows: list[UserRow] = []
    for user in users:
        place = members.get(user.id)
        role = roles.get((place.users_role_id if place else None) or 0)
        if wanted is None or (role and role.id == wanted):
            row = _row(user, role, place.invitation if place else None)
            rows.append(_with_teams(row, user, args.include_teams))
    return rows


async def _team_users(make: Make, args: ListUsers) -> list[UserRow]:
    team = await make.team(args.team_id)
    organization = make.organization_id
    query = {"teamId": team, "cols": _COLUMNS}
    users = await make.all("/users", query, key="users", item=RawUser)
    places = {place.user_id: place for place in await team_members_of(make, team)}
    roles = {role.id: role for role in await roles_of(make, "team", organization)}
    wanted = (await find_role(make, args.role, "team", organization)).id if args.role else None
    rows: list[UserRow] = []
    for user in users:
        place = places.get(user.id)
        role = roles.get((place.users_role_id if place else None) or 0)
        if wanted is None or (role and role.id == wanted):
            rows.append(_row(user, role, None))
    return rows


def _row(user: RawUser, role: Role | None, invitation: str | None) -> UserRow:
    return UserRow(
        id=user.id,
        name=user.name,
        email=user.email,
        role=role.name if role else None,
        invitation=invitation,
        last_login=user.last_login,
    )


def _with_teams(row: UserRow, user: RawUser, wanted: bool) -> UserRow:
    return row.model_copy(update={"team_ids": user.user_team_ids}) if wanted else row


def _role_name(roles: dict[int, str], role_id: int | None) -> str | None:
    return None if role_id is None else roles.get(role_id, str(role_id))


async def connections_by(make: Make, user_id: int, teams: Sequence[int]) -> list[OwnConnection]:
    """Find the connections a person made; Make tells their author in lists (chapter 2.10)."""

    async def of(team: int) -> list[Connection]:
        return await make.all(
            "/connections",
            {"teamId": team},
            key="connections",
            item=Connection,
            scope="connections:read",
        )

    found = [one for rows in await make.each(teams, of) for one in rows]
    if found and all(one.author_id is None for one in found):
        make.warn("Make did not tell who made the connections.")
    return [one.told for one in found if one.author_id == user_id]


async def _space_of(make: Make, user_id: int, organization: int) -> int | None:
    try:
        spaces = await spaces_of(make, organization)
    except Failure as failure:
        if failure.code != "licence_gate":
            raise
        return None
    return next((one.id for one in spaces if one.private_space_owner_id == user_id), None)


# Inviting


async def _invitation_role(make: Make, args: InviteUsers, organization: int) -> Role:
    """Check an invitation as a whole.

    Raises:
        Failure: With every fault of it.
    """
    problems: list[Problem] = []
    role = Role(id=0, name="")
    try:
        role = await find_role(make, args.role, "organization", organization)
    except Failure as unknown:
        problems.append(Problem("role", unknown.what, unknown.why))
    if role.is_owner:
        fix = "Invite as admin; the owner then calls `organization_ownership_transfer`."
        problems.append(Problem("role", "An owner cannot be invited.", fix))
    teams = await team_names(make, organization)
    problems += [
        Problem(f"team_ids[{at}]", f"{team} is no team of organization {organization}.")
        for at, team in enumerate(args.team_ids)
        if team not in teams
    ]
    addresses = [person.email.casefold() for person in args.people]
    problems += [
        Problem(f"people[{at}].email", f"{person.email} is given twice.")
        for at, person in enumerate(args.people)
        if addresses.index(person.email.casefold()) < at
    ]
    if problems:
        raise Failure(
            "Nobody was invited.",
            next_step="Call `user_invite` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
    return role


async def _known_people(make: Make, organization: int) -> list[Known]:
    users = await people_of(make, organization)
    states = {m.user_id: m.invitation or "member" for m in await members_of(make, organization)}
    return [
        Known(user_id=user.id, email=user.email, state=states.get(user.id, "member"))
        for user in users
    ]


async def _invite(make: Make, args: InviteUsers, person: Invitee, role: Role) -> Invited:
    organization = args.organization_id
    body = {
        "email": person.email,
        "name": person.name or _name_of(make, person.email),
        "usersRoleId": role.id,
        "teamsId": args.team_ids,
        "note": args.note,
    }
    sent = {key: value for key, value in body.items() if value not in (None, [])}
    answer = await make.write(
        post(f"/organizations/{organization}/invite", sent),
        into=InvitedUser,
        says=f"Invite {person.email} as {role.name}",
        predict={"user": {"id": make.new_id("user"), "name": str(body["name"])}},
        undo=lambda made: Undo(
            (
                post(
                    f"/users/{made.user.id}/user-organization-roles/{organization}",
                    {},
                    scope="user:write",
                    confirmed=True,
                ),
            ),
            Watch(
                f"/organizations/{organization}/user-organization-roles/{made.user.id}",
                ("userOrganizationRole.invitation", "userOrganizationRole.usersRoleId"),
            ),
        ),
    )
    return Invited(user_id=answer.user.id, email=person.email)


def _name_of(make: Make, email: str) -> str:
    """Make a name of the local part of an address, and tell so."""
    words = email.split("@", maxsplit=1)[0].replace(".", " ").replace("_", " ").split()
    name = " ".join(word.capitalize() for word in words) or email
    make.warn(f"{email} is invited under the name “{name}”, made of the address.")
    return name
