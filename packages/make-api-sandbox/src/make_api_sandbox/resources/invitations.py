"""Inviting people into an organization (API reference, chapter 2.23)."""

from make_api_sandbox.http.body import identifier, list_of, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.errors import (
    ApiError,
    insufficient_rights,
    invalid_parameters,
    missing,
    not_found,
    refused,
)
from make_api_sandbox.http.routing import route
from make_api_sandbox.notifications import tell_invited
from make_api_sandbox.resources.memberships import present_in_organization, require_role
from make_api_sandbox.resources.users import present_user
from make_api_sandbox.roles import MEMBER, OWNER, TEAM_MEMBER
from make_api_sandbox.shapes import JsonObject, Row

ROLE = ("userId", "organizationId", "usersRoleId", "invitation")
TEAMS = ("organizationTeamsCount", "joinedTeamsCount")
"""What only the answer to inviting counts."""

INVITE = members(
    email=text(250, 3),
    name=name_text(250),
    usersRoleId=identifier().optional(),
    note=text().optional().or_null(),
    teamsId=list_of(identifier()).optional(),
)


@route(
    "POST",
    "/organizations/{organizationId}/invite",
    scope="organizations:write",
    context=path_organization,
    permission="organization users",
    body=INVITE,
)
def invite(call: Call) -> JsonObject:
    """Invite a person, who joins the named teams as a member once the invitation is accepted."""
    body, role_id = call.body, call.body.get("usersRoleId", MEMBER)
    if "@" not in body["email"]:
        raise invalid_parameters([("email", "'email' should match format email.")])
    require_role(call.world, role_id, "organization", call.organization_id)
    if role_id == OWNER:
        raise insufficient_rights()
    teams: list[int] = body.get("teamsId", [])
    _require_teams(call, teams)
    user = _person(call, body["email"], body["name"])
    if _is_member(call, user["id"]):
        raise refused("The user is already in the organization.")
    _refuse_above_licence(call)
    call.world.insert(
        "user_organization_roles",
        user_id=user["id"],
        organization_id=call.organization_id,
        role_id=role_id,
        invitation="pending",
    )
    call.world.insert(
        "invitations",
        hash=call.world.fresh_uuid(),
        user_id=user["id"],
        organization_id=call.organization_id,
        role_id=role_id,
        note=body.get("note"),
        team_ids=teams,
        created=call.clock.stamp(),
    )
    tell_invited(call.world, user["id"], call.organization)
    return {"user": _shown(user), "userOrganizationRole": _role(call, user["id"], *TEAMS)}


def _refuse_above_licence(call: Call) -> None:
    """Refuse more people than `license.users`; those who have not answered yet count."""
    limit = call.license.get("users")
    sql = "SELECT count(*) FROM user_organization_roles WHERE organization_id = ?"
    if limit is not None and call.world.value(sql, call.organization_id) >= limit:
        raise refused(f"The license allows {limit} user(s).", "IM011")


@route("GET", "/organizations/invitation", scope="organizations:read")
def get_invitation(call: Call) -> JsonObject:
    """What an invitation is for."""
    asked = call.query("hash")
    if asked is None:
        raise invalid_parameters([missing("hash")])
    invitation = _own(call, asked)
    organization = call.world.rows(
        "SELECT id, name FROM organizations WHERE id = ?", invitation["organization_id"]
    )[0]
    call.organization_id = organization["id"]
    return {
        "organization": organization,
        "user": _shown(call.user),
        "userOrganizationRole": _role(call, call.user_id),
    }


@route(
    "POST",
    "/organizations/accept-invitation",
    scope="organizations:write",
    body=members(hash=text(64, 1)),
)
def accept_invitation(call: Call) -> JsonObject:
    """Join the organization and the teams named in the invitation."""
    invitation = _own(call, call.body["hash"])
    call.organization_id = invitation["organization_id"]
    call.world.execute(
        "UPDATE user_organization_roles SET invitation = NULL"
        " WHERE user_id = ? AND organization_id = ?",
        call.user_id,
        call.organization_id,
    )
    for team_id in invitation["team_ids"]:
        call.world.execute(
            "INSERT OR IGNORE INTO user_team_roles (user_id, team_id, role_id)"
            " SELECT ?, id, ? FROM teams WHERE id = ?",
            call.user_id,
            TEAM_MEMBER,
            team_id,
        )
    call.world.execute("DELETE FROM invitations WHERE hash = ?", invitation["hash"])
    return {"user": _shown(call.user), "userOrganizationRole": _role(call, call.user_id)}


@route("GET", "/users/me/organization-invitations", scope="user:read")
def list_own_invitations(call: Call) -> JsonObject:
    """The caller's open invitations."""
    rows = call.world.rows(
        "SELECT i.hash, i.organization_id AS organizationId, o.name AS organizationName,"
        " i.role_id AS usersRoleId, 'pending' AS invitation, o.zone AS zone FROM invitations i"
        " JOIN organizations o ON o.id = i.organization_id WHERE i.user_id = ? ORDER BY i.created",
        call.user_id,
    )
    return {"userOrganizationInvitations": rows}


def _own(call: Call, hash: str) -> Row:
    sql = "SELECT * FROM invitations WHERE hash = ? AND user_id = ?"
    invitation = call.world.row(sql, hash, call.user_id)
    if invitation is None:
        raise not_found("Invitation")
    return invitation


def _person(call: Call, email: str, name: str) -> Row:
    """The account behind an address; an invitation makes one for a new address."""
    sql = "SELECT * FROM users WHERE lower(email) = lower(?)"
    known = call.world.row(sql, email)
    if known:
        return known
    user_id = call.world.insert("users", email=email, name=name)
    return call.world.rows("SELECT * FROM users WHERE id = ?", user_id)[0]


def _is_member(call: Call, user_id: int) -> bool:
    sql = "SELECT 1 FROM user_organization_roles WHERE user_id = ? AND organization_id = ?"
    return call.world.row(sql, user_id, call.organization_id) is not None


def _require_teams(call: Call, teams: list[int]) -> None:
    known = call.world.rows("SELECT id FROM teams WHERE organization_id = ?", call.organization_id)
    strangers = set(teams) - {row["id"] for row in known}
    if strangers:
        raise ApiError(404, "SC404", f"Team {min(strangers)} not found.")


def _shown(user: Row) -> JsonObject:
    """A person without what only members of the organization see."""
    private = ("lastLogin", "tfaStatus", "supportEligible")
    return {name: one for name, one in present_user(user).items() if name not in private}


def _role(call: Call, user_id: int, *more: str) -> JsonObject:
    row = call.world.rows(
        "SELECT * FROM user_organization_roles WHERE user_id = ? AND organization_id = ?",
        user_id,
        call.organization_id,
    )[0]
    shown = present_in_organization(call.world, row)
    return {name: shown[name] for name in (*ROLE, *more)}
