"""Who belongs to which organization and team, and in which role.

API reference, chapters 2.23 (invitations and organization roles), 2.31 and 2.33.
"""

from make_api_sandbox.http.access import organization_role
from make_api_sandbox.http.body import identifier, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import path_organization, path_team
from make_api_sandbox.http.errors import (
    insufficient_rights,
    invalid_parameters,
    not_found,
)
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.roles import ADMIN, OWNER
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

IN_TEAM = Columns(("usersRoleId", "userId", "teamId", "changeable"), ("ssoPending",))
IN_ORGANIZATION = Columns(
    ("userId", "organizationId", "usersRoleId", "invitation"),
    ("userRoleId", "organizationTeamsCount", "joinedTeamsCount"),
)
WITH_TEAMS = Columns(
    (*IN_ORGANIZATION.default, "organizationTeamsCount", "joinedTeamsCount"), ("userRoleId",)
)
"""Asking an organization for one of its people also counts teams."""

TEAM_PAGING = Paging({"userId": "user_id", "usersRoleId": "role_id"})

SET_TEAM_ROLE = members(usersRoleId=identifier().optional().or_null())
SET_ORGANIZATION_ROLE = members(usersRoleId=identifier().optional().or_null())


# In teams


@route("GET", "/teams/{teamId}/user-team-roles", scope="teams:read", context=path_team)
def list_members_of_team(call: Call) -> JsonObject:
    """Who works in a team."""
    page = call.page(TEAM_PAGING)
    rows = call.world.rows(
        "SELECT * FROM user_team_roles WHERE team_id = ?" + page.slice_sql(tie="user_id"),
        call.team_id,
    )
    roles = IN_TEAM.pick_all([present_in_team(row) for row in rows], call.cols)
    return {"userTeamRoles": roles, "pg": page.echo()}


@route("GET", "/teams/{teamId}/user-team-roles/{userId}", scope="teams:read", context=path_team)
def get_member_of_team(call: Call) -> JsonObject:
    """The role of one person in a team."""
    return _one_in_team(call, call.path_id("userId"))


@route("GET", "/users/{userId}/user-team-roles", scope="user:read")
def list_teams_of_user(call: Call) -> JsonObject:
    """The teams a person works in, as far as the caller sees them."""
    user = _known_user(call)
    rows = call.world.rows(
        "SELECT m.* FROM user_team_roles m WHERE m.user_id = ?1 AND (?1 = ?2 OR m.team_id IN"
        " (SELECT team_id FROM user_team_roles WHERE user_id = ?2)) ORDER BY m.team_id",
        user["id"],
        call.user_id,
    )
    return {"userTeamRoles": [IN_TEAM.pick(present_in_team(row), call.cols) for row in rows]}


@route("GET", "/users/{userId}/user-team-roles/{teamId}", scope="user:read", context=path_team)
def get_team_of_user(call: Call) -> JsonObject:
    """The role of a person in one team."""
    return _one_in_team(call, call.path_id("userId"))


@route(
    "POST",
    "/users/{userId}/user-team-roles/{teamId}",
    scope="user:write",
    context=path_team,
    permission="company users",
    body=SET_TEAM_ROLE,
)
def set_team_role(call: Call) -> JsonObject:
    """Give a person a role in a team; an empty body takes the person out."""
    user = _known_user(call)
    _refuse_last_word(call, user["id"])
    role_id = call.body.get("usersRoleId")
    call.world.execute(
        "DELETE FROM user_team_roles WHERE user_id = ? AND team_id = ?", user["id"], call.team_id
    )
    if role_id is None:
        gone = {"usersRoleId": None, "userId": user["id"], "teamId": call.team_id}
        return {"userTeamRole": {**gone, "changeable": True}}
    require_role(call.world, role_id, "team", call.organization_id)
    if organization_role(call.world, user["id"], call.organization_id or 0) is None:
        raise not_found("User")
    call.world.insert("user_team_roles", user_id=user["id"], team_id=call.team_id, role_id=role_id)
    return _one_in_team(call, user["id"])


def _refuse_last_word(call: Call, user_id: int) -> None:
    """Roles that Make marks as not changeable (the creator's) stay."""
    row = call.world.row(
        "SELECT changeable FROM user_team_roles WHERE user_id = ? AND team_id = ?",
        user_id,
        call.team_id,
    )
    if row and not row["changeable"]:
        raise insufficient_rights()


def _one_in_team(call: Call, user_id: int) -> JsonObject:
    row = call.world.row(
        "SELECT * FROM user_team_roles WHERE team_id = ? AND user_id = ?", call.team_id, user_id
    )
    if row is None:
        raise not_found("User team role")
    return {"userTeamRole": IN_TEAM.pick(present_in_team(row), call.cols)}


def present_in_team(row: Row) -> JsonObject:
    """A membership of a team as the API shows it."""
    return {
        "usersRoleId": row["role_id"],
        "userId": row["user_id"],
        "teamId": row["team_id"],
        "changeable": row["changeable"],
        "ssoPending": False,
    }


# In organizations


@route(
    "GET",
    "/organizations/{organizationId}/user-organization-roles",
    scope="organizations:read",
    context=path_organization,
)
def list_members_of_organization(call: Call) -> JsonObject:
    """Who belongs to an organization, invited people included."""
    rows = call.world.rows(
        "SELECT * FROM user_organization_roles WHERE organization_id = ? ORDER BY user_id",
        call.organization_id,
    )
    shown = [present_in_organization(call.world, row) for row in rows]
    return {"userOrganizationRoles": IN_ORGANIZATION.pick_all(shown, call.cols)}


@route(
    "GET",
    "/organizations/{organizationId}/user-organization-roles/{userId}",
    scope="organizations:read",
    context=path_organization,
)
def get_member_of_organization(call: Call) -> JsonObject:
    """The role of one person in an organization."""
    return _one_in_organization(call, call.path_id("userId"), WITH_TEAMS)


@route("GET", "/users/{userId}/user-organization-roles", scope="user:read")
def list_organizations_of_user(call: Call) -> JsonObject:
    """The organizations a person belongs to, as far as the caller shares them."""
    user = _known_user(call)
    rows = call.world.rows(
        "SELECT * FROM user_organization_roles WHERE user_id = ?1 AND organization_id IN"
        " (SELECT organization_id FROM user_organization_roles WHERE user_id = ?2)"
        " ORDER BY organization_id",
        user["id"],
        call.user_id,
    )
    shown = [present_in_organization(call.world, row) for row in rows]
    return {"userOrganizationRoles": IN_ORGANIZATION.pick_all(shown, call.cols)}


@route(
    "GET",
    "/users/{userId}/user-organization-roles/{organizationId}",
    scope="user:read",
    context=path_organization,
)
def get_organization_of_user(call: Call) -> JsonObject:
    """The role of a person in one organization."""
    return _one_in_organization(call, call.path_id("userId"))


@route(
    "POST",
    "/users/{userId}/user-organization-roles/{organizationId}",
    scope="user:write",
    context=path_organization,
    permission="organization users",
    body=SET_ORGANIZATION_ROLE,
)
def set_organization_role(call: Call) -> JsonObject:
    """Give a person a role in an organization; an empty body takes the person out.

    With `deleteConnections=true` the connections go along that the person made there. The owner
    changes hands by transfer only.
    """
    user, organization_id = _known_user(call), call.organization_id or 0
    current = _membership(call.world, user["id"], organization_id)
    role_id = call.body.get("usersRoleId")
    if role_id == OWNER or (current and current["role_id"] == OWNER):
        raise insufficient_rights()
    if role_id is None:
        if call.query_flag("deleteConnections"):
            _delete_connections(call.world, user["id"], organization_id)
        return {"userOrganizationRole": _take_out(call.world, user["id"], organization_id)}
    require_role(call.world, role_id, "organization", organization_id)
    if current is None:
        raise not_found("User")
    _assign(call.world, user["id"], organization_id, role_id)
    return _one_in_organization(call, user["id"])


def _delete_connections(world: World, user_id: int, organization_id: int) -> None:
    world.execute(
        "DELETE FROM connections WHERE author_id = ? AND team_id IN"
        " (SELECT id FROM teams WHERE organization_id = ?)",
        user_id,
        organization_id,
    )


def _take_out(world: World, user_id: int, organization_id: int) -> JsonObject:
    for table, condition in (
        ("user_organization_roles", "organization_id = ?"),
        ("user_team_roles", "team_id IN (SELECT id FROM teams WHERE organization_id = ?)"),
        ("invitations", "organization_id = ?"),
    ):
        sql = f"DELETE FROM {table} WHERE user_id = ? AND {condition}"
        world.execute(sql, user_id, organization_id)
    gone = {"userId": user_id, "organizationId": organization_id}
    return {**gone, "usersRoleId": None, "invitation": None}


@route(
    "POST",
    "/users/{userId}/user-organization-roles/{organizationId}/transfer",
    scope="user:write",
    context=path_organization,
)
def transfer_organization_to(call: Call) -> JsonObject:
    """Make a person the owner; the former owner becomes an admin. New owner first."""
    new, old = _transfer(call, call.path_id("userId"))
    return {"userOrganizationRoles": [new, old]}


@route(
    "POST",
    "/organizations/{organizationId}/user-organization-roles/transfer",
    scope="organizations:write",
    context=path_organization,
    permission="organization transfer",
    body=members(userId=identifier()),
)
def transfer_organization(call: Call) -> JsonObject:
    """Make a person the owner; the former owner becomes an admin. Old owner first."""
    new, old = _transfer(call, call.body["userId"])
    return {"userOrganizationRoles": [old, new]}


def _transfer(call: Call, user_id: int) -> tuple[JsonObject, JsonObject]:
    organization_id = call.organization_id or 0
    own = organization_role(call.world, call.user_id, organization_id)
    if own is None or own["id"] != OWNER:
        raise insufficient_rights()
    if organization_role(call.world, user_id, organization_id) is None:
        raise not_found("User")
    _assign(call.world, call.user_id, organization_id, ADMIN)
    _assign(call.world, user_id, organization_id, OWNER)
    new = _one_in_organization(call, user_id)["userOrganizationRole"]
    return new, _one_in_organization(call, call.user_id)["userOrganizationRole"]


def _assign(world: World, user_id: int, organization_id: int, role_id: int) -> None:
    world.execute(
        "UPDATE user_organization_roles SET role_id = ? WHERE user_id = ? AND organization_id = ?",
        role_id,
        user_id,
        organization_id,
    )


def _membership(world: World, user_id: int, organization_id: int) -> Row | None:
    sql = "SELECT * FROM user_organization_roles WHERE user_id = ? AND organization_id = ?"
    return world.row(sql, user_id, organization_id)


def _one_in_organization(
    call: Call, user_id: int, columns: Columns = IN_ORGANIZATION
) -> JsonObject:
    row = _membership(call.world, user_id, call.organization_id or 0)
    if row is None:
        raise not_found("User organization role")
    shown = present_in_organization(call.world, row)
    return {"userOrganizationRole": columns.pick(shown, call.cols)}


def present_in_organization(world: World, row: Row) -> JsonObject:
    """A membership of an organization as the API shows it."""
    teams = "SELECT count(*) FROM teams WHERE organization_id = ?"
    joined = (
        "SELECT count(*) FROM user_team_roles m JOIN teams t ON t.id = m.team_id"
        " WHERE t.organization_id = ? AND m.user_id = ?"
    )
    return {
        "userId": row["user_id"],
        "organizationId": row["organization_id"],
        "usersRoleId": row["role_id"],
        "userRoleId": row["role_id"],
        "invitation": row["invitation"],
        "organizationTeamsCount": world.value(teams, row["organization_id"]),
        "joinedTeamsCount": world.value(joined, row["organization_id"], row["user_id"]),
    }


# Shared rules


def _known_user(call: Call) -> Row:
    """The person in the path: the caller, or somebody who shares an organization."""
    user_id = call.path_id("userId")
    shared = call.world.row(
        "SELECT 1 FROM user_organization_roles a JOIN user_organization_roles b"
        " ON a.organization_id = b.organization_id WHERE a.user_id = ? AND b.user_id = ?",
        call.user_id,
        user_id,
    )
    user = call.world.get("users", user_id)
    if user is None or (user_id != call.user_id and shared is None):
        raise not_found("User")
    return user


def require_role(world: World, role_id: int, category: str, organization_id: int | None) -> None:
    """Refuse with 400 unless the role exists in the category and belongs here."""
    role = world.get("roles", role_id)
    foreign = role is not None and role["organization_id"] not in (None, organization_id)
    if role is None or foreign or role["category"] != category:
        raise invalid_parameters([("usersRoleId", f"There is no {category} role {role_id}.")])
