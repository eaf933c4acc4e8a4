"""Which mail a person wants (API reference, chapter 2.33, `/mailhub`).

A person reaches only their own preferences. Without a choice everything is off, as the documented
example shows it. The native preferences of a team are its notifications.
"""

import hashlib

from make_api_sandbox.http.body import boolean, choice, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import enter_team
from make_api_sandbox.http.errors import not_found, permission_denied
from make_api_sandbox.http.routing import route
from make_api_sandbox.notifications import DEACTIVATION, ERROR, WARNING, choose, wants
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import uuid_form

PERSON = "/mailhub/users/{userId}/preferences"
TEAM = "/mailhub/users/{userId}/organizations/{organizationId}/teams/{teamId}"
GENERAL = {
    "use_cases": "Use Cases",
    "product_updates": "Product Updates",
    "app_updates": "App Updates",
    "events_and_webinars": "Events and Webinars",
    "promotions": "Offers and Promotions",
    "channel_partner_updates": "Partnerships",
    "academy": "Academy",
    "blog": "Blog and Newsletter",
}
MARKETING = {"onboarding": "Tips For Success"}
NATIVE = {DEACTIVATION: "Deactivation", WARNING: "Warnings", ERROR: "Errors"}
NO_TEAM = 0


def _own(call: Call) -> None:
    if call.path_id("userId") != call.user_id:
        raise permission_denied()


def _own_team(call: Call) -> None:
    _own(call)
    enter_team(call, call.path_id("teamId"))
    if call.organization_id != call.path_id("organizationId"):
        raise not_found("Team")


@route("GET", PERSON, context=_own)
def get_preferences(call: Call) -> JsonObject:
    """The mail a person wants from Make."""
    shown = _shown(call, NO_TEAM, GENERAL)
    about: JsonObject = {"isEmailVerified": True, "preferences": shown}
    return {"preferences": {**_recipient(call), "global": about, "zones": []}}


@route("PATCH", PERSON, context=_own, body=members(id=choice(*GENERAL), enabled=boolean()))
def set_preference(call: Call) -> JsonObject:
    """Subscribe or unsubscribe."""
    return {"preferences": {"global": {"preferences": _set(call, NO_TEAM)}}}


@route("GET", f"{TEAM}/preferences", context=_own_team, permission="")
def get_team_preferences(call: Call) -> JsonObject:
    """The mail a person wants from a team."""
    team = call.world.get("teams", call.team_id or 0) or {}
    chosen = wants(call.world, call.user_id, call.team_id or 0)
    native = [
        {"id": id, "subscribed": chosen[id], "label": label, "description": f"{label}."}
        for id, label in NATIVE.items()
    ]
    marketing = _shown(call, team["id"], MARKETING)
    preferences = {"native": native, "marketing": marketing}
    about = {"teamId": team["id"], "teamName": team["name"], "preferences": preferences}
    return {**_recipient(call), "team": about}


@route(
    "PATCH",
    f"{TEAM}/preferences",
    context=_own_team,
    permission="",
    body=members(id=choice(*MARKETING), enabled=boolean()),
)
def set_team_preference(call: Call) -> JsonObject:
    """Subscribe to tips on a team, or unsubscribe."""
    return {"team": {"preferences": _set(call, call.team_id or 0)}}


@route(
    "PATCH",
    f"{TEAM}/native-preferences",
    context=_own_team,
    permission="",
    body=members(id=choice(*map(str, NATIVE)), enabled=boolean()),
)
def set_native_preference(call: Call) -> JsonObject:
    """Ask for a team's notifications of one kind, or do without them."""
    id, enabled = call.body["id"], call.body["enabled"]
    choose(call.world, call.user_id, call.team_id or 0, int(id), enabled)
    return {"team": {"preferences": {"id": id, "enabled": enabled}}}


def _recipient(call: Call) -> JsonObject:
    digest = hashlib.sha256(f"{call.world.setting('seed')}/mail/{call.user_id}".encode()).digest()
    return {
        "id": call.user_id,
        "uuid": uuid_form(digest),
        "email": call.user["email"],
        "is_email_verified": True,
    }


def _shown(call: Call, team_id: int, known: dict[str, str]) -> list[JsonObject]:
    rows = call.world.rows(
        "SELECT preference, enabled FROM email_preferences WHERE user_id = ? AND team_id = ?",
        call.user_id,
        team_id,
    )
    chosen = {row["preference"]: row["enabled"] for row in rows}
    return [
        {"id": id, "enabled": chosen.get(id, False), "label": label, "description": f"{label}."}
        for id, label in known.items()
    ]


def _set(call: Call, team_id: int) -> JsonObject:
    id, enabled = call.body["id"], call.body["enabled"]
    call.world.execute(
        "INSERT INTO email_preferences VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET enabled = excluded.enabled",
        call.user_id,
        team_id,
        id,
        enabled,
    )
    return {"id": id, "enabled": enabled}
