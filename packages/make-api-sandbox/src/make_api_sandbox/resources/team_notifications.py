"""Of what a person is told by a team (API reference, chapter 2.33).

A person sees and changes only their own choices.
"""

from make_api_sandbox.http.body import boolean, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import enter_team
from make_api_sandbox.http.errors import not_found, permission_denied
from make_api_sandbox.http.routing import route
from make_api_sandbox.notifications import WANTED, choose, wants
from make_api_sandbox.shapes import JsonObject

LIST = "/users/{userId}/user-team-notifications/{teamId}"


def own_team(call: Call) -> None:
    """The team in the path, for the person in the path."""
    if call.path_id("userId") != call.user_id:
        raise permission_denied()
    enter_team(call, call.path_id("teamId"))


@route("GET", LIST, scope="user:read", context=own_team, permission="")
def list_choices(call: Call) -> JsonObject:
    """Every kind of notification and whether it is sent."""
    chosen = wants(call.world, call.user_id, call.team_id or 0)
    return {"userTeamNotifications": [_present(call, id, on) for id, on in chosen.items()]}


@route("GET", f"{LIST}/{{notificationId}}", scope="user:read", context=own_team, permission="")
def get_choice(call: Call) -> JsonObject:
    """One kind of notification."""
    return _one(call, _kind(call))


@route(
    "PUT",
    f"{LIST}/{{notificationId}}",
    scope="user:write",
    context=own_team,
    permission="",
    body=members(enabled=boolean()),
)
def set_choice(call: Call) -> JsonObject:
    """Ask for a kind of notification, or do without it."""
    choose(call.world, call.user_id, call.team_id or 0, _kind(call), call.body["enabled"])
    return _one(call, _kind(call))


def _kind(call: Call) -> int:
    id = call.path_id("notificationId")
    if id not in WANTED:
        raise not_found("Notification")
    return id


def _one(call: Call, kind: int) -> JsonObject:
    chosen = wants(call.world, call.user_id, call.team_id or 0)
    return {"userTeamNotification": _present(call, kind, chosen[kind])}


def _present(call: Call, kind: int, enabled: bool) -> JsonObject:
    return {
        "userId": call.user_id,
        "teamId": call.team_id,
        "notificationId": kind,
        "enabled": enabled,
    }
