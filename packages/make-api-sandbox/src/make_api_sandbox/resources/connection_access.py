"""Who may use a locked connection (API reference, chapter 2.10).

Enterprise organizations have the feature; others are told that it is off. What a member of the
list shows beside `userId` and `role` is not documented.
"""

from make_api_sandbox.http.access import (
    governs,
    is_team_visible,
    may,
    organization_role,
    team_role,
)
from make_api_sandbox.http.body import choice, identifier, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_team
from make_api_sandbox.http.errors import insufficient_rights, not_found, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject

PATH = "/teams/{teamId}/connections/{connectionId}/access-list"
ADMIN, MEMBER = "entity:entity-admin", "entity:entity-member"
PLAN = "Enterprise"


def _locked_connection(call: Call) -> None:
    path_team(call)
    row = call.world.get("connections", call.path_id("connectionId"))
    if row is None or row["team_id"] != call.team_id:
        raise not_found("Connection")
    if call.organization["service_name"] != PLAN:
        raise refused("Locked connections are not enabled.", "IM903")
    call.entity = row


@route("GET", PATH, scope="connections:read", context=_locked_connection)
def list_access(call: Call) -> JsonObject:
    """Who may use the connection: whoever made it manages it, and those added since."""
    return {"accessList": [{"userId": user, "role": role} for user, role in _list(call).items()]}


@route(
    "POST",
    f"{PATH}/users",
    scope="connections:write",
    context=_locked_connection,
    body=members(userId=identifier(), role=choice(ADMIN, MEMBER)),
)
def add_member(call: Call) -> JsonObject:
    """Let a person of the team use the connection.

    Raises:
        ApiError: 403 for callers who do not manage it, 404 for strangers to the team, 400 for
            somebody who is on the list.
    """
    _require_managing(call)
    user_id = call.body["userId"]
    team = call.world.rows("SELECT * FROM teams WHERE id = ?", call.team_id)[0]
    known = call.world.get("users", user_id)
    if known is None or not is_team_visible(call.world, user_id, team):
        raise not_found("User")
    if user_id in _list(call):
        raise refused("The user is on the access list already.")
    return _put(call, user_id)


@route(
    "PATCH",
    f"{PATH}/users/{{userId}}",
    scope="connections:write",
    context=_locked_connection,
    body=members(role=choice(ADMIN, MEMBER)),
)
def change_member(call: Call) -> JsonObject:
    """Give a person on the list another role."""
    _require_managing(call)
    user_id = call.path_id("userId")
    if user_id not in _list(call):
        raise not_found("User")
    return _put(call, user_id)


def _list(call: Call) -> dict[int, str]:
    """User id to role, whoever made the connection first."""
    author = call.entity["author_id"]
    found: dict[int, str] = {author: ADMIN} if author else {}
    rows = call.world.rows(
        "SELECT user_id, role FROM connection_members WHERE connection_id = ? ORDER BY user_id",
        call.entity["id"],
    )
    return found | {row["user_id"]: row["role"] for row in rows}


def _put(call: Call, user_id: int) -> JsonObject:
    call.world.execute(
        "INSERT INTO connection_members VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET role = excluded.role",
        call.entity["id"],
        user_id,
        call.body["role"],
    )
    return {"member": {"userId": user_id, "role": call.body["role"]}}


def _require_managing(call: Call) -> None:
    """Admins of the list, of the team and of the organization manage it."""
    above = organization_role(call.world, call.user_id, call.organization_id or 0)
    beside = team_role(call.world, call.user_id, call.team_id or 0)
    manages = governs(above) or may(beside, "company users")
    if not manages and _list(call).get(call.user_id) != ADMIN:
        raise insufficient_rights()
