"""Password, address and end of one's own account (API reference, chapter 2.33).

No mail leaves the sandbox. A new address would be confirmed from its mailbox, so the account keeps
the old one. The hash of a forgotten password's mail is kept in the world; showing it (`GET`) opens
a session, as Make's page does, in which the new password is set. Second factors are not checked:
no authenticator knows the people of a sandbox.
"""

from datetime import timedelta

from starlette.responses import Response

from make_api_sandbox.clock import stamp
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.body import Member, boolean, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import (
    ApiError,
    invalid_parameters,
    missing,
    not_found,
    not_logged_in,
    permission_denied,
    refused,
)
from make_api_sandbox.http.routing import route
from make_api_sandbox.passwords import fault, is_right, set_password
from make_api_sandbox.roles import OWNER
from make_api_sandbox.shapes import JsonObject, Row

COOKIE = "password-reset"
RESET_HOURS = 24
"""How long a mail for a forgotten password is good; not documented."""


def _new_password() -> Member:
    return Member(lambda value: fault(value) if isinstance(value, str) else "should be string")


def _own(call: Call) -> None:
    if call.path_id("userId") != call.user_id:
        raise permission_denied()


NEW = {"newPassword1": _new_password(), "newPassword2": text()}


@route(
    "PUT",
    "/users/{userId}/attributes/password",
    scope="user:write",
    context=_own,
    body=members(currentPassword=text(), **NEW),
)
def change_password(call: Call) -> JsonObject:
    """Set a new password.

    Raises:
        ApiError: 401 `IM102` for a wrong current one, 400 when the new ones differ.
    """
    _require_password(call, call.body["currentPassword"])
    _require_alike(call)
    set_password(call.world, call.user_id, call.body["newPassword1"])
    return {"changed": True}


@route(
    "PUT",
    "/users/{userId}/attributes/email",
    scope="user:write",
    context=_own,
    body=members(currentEmailAddress=text(), newEmailAddress=text(250, 3), currentPassword=text()),
)
def change_email(call: Call) -> JsonObject:
    """Ask for another address; it holds once it is confirmed from its mailbox."""
    _require_password(call, call.body["currentPassword"])
    new = call.body["newEmailAddress"]
    if call.body["currentEmailAddress"].lower() != call.user["email"].lower():
        fault = "'currentEmailAddress' is not the address of the account."
        raise invalid_parameters([("currentEmailAddress", fault)])
    if "@" not in new:
        raise invalid_parameters([("newEmailAddress", "should match format email")])
    if call.world.row("SELECT 1 FROM users WHERE lower(email) = lower(?)", new):
        raise refused("The email address is already in use.")
    return {"changed": False, "emailSent": True}


@route(
    "DELETE",
    "/users",
    scope="user:write",
    body=members(
        deleteConnections=boolean().optional(),
        currentPassword=text().optional(),
        tfaCode=text().optional(),
    ),
)
def delete_account(call: Call) -> JsonObject:
    """Give up the caller's account; whoever owns an organization hands it over first."""
    if "currentPassword" in call.body:
        _require_password(call, call.body["currentPassword"])
    owned = "SELECT 1 FROM user_organization_roles WHERE user_id = ? AND role_id = ?"
    if call.world.row(owned, call.user_id, OWNER):
        raise refused("The user is the owner of an organization.")
    if call.body.get("deleteConnections"):
        call.world.execute("DELETE FROM connections WHERE author_id = ?", call.user_id)
    call.world.delete("users", call.user_id)
    return {"user": call.user_id}


# Forgotten


@route("POST", "/users/password-reset-demand", open=True, body=members(email=text(250, 3)))
def demand_reset(call: Call) -> JsonObject:
    """Ask for a mail; the answer does not tell whether the address is known."""
    sql = "SELECT id FROM users WHERE lower(email) = lower(?)"
    user_id = call.world.value(sql, call.body["email"])
    if user_id is not None:
        hash, now = call.world.fresh_hex(), call.clock.stamp()
        call.world.insert("password_resets", hash=hash, user_id=user_id, created=now)
    return {"ok": 1}


@route("GET", "/users/password-reset", open=True)
def open_reset(call: Call) -> Response:
    """Follow the link of the mail, which opens a session for the new password."""
    hash = call.query("hash")
    if hash is None:
        raise invalid_parameters([missing("hash")])
    if _demand(call, hash) is None:
        raise not_found("Password reset")
    answer = Json({"ok": 1})
    answer.set_cookie(COOKIE, hash, httponly=True, samesite="strict")
    return answer


@route("POST", "/users/password-reset", open=True, body=members(**NEW))
def reset_password(call: Call) -> JsonObject:
    """Set the password in the session that the link opened; a token is no such session."""
    demand = _demand(call, call.request.cookies.get(COOKIE, ""))
    if demand is None:
        raise not_logged_in()
    _require_alike(call)
    set_password(call.world, demand["user_id"], call.body["newPassword1"])
    call.world.execute("DELETE FROM password_resets WHERE user_id = ?", demand["user_id"])
    return {"ok": 1}


def _demand(call: Call, hash: str) -> Row | None:
    since = stamp(call.now() - timedelta(hours=RESET_HOURS))
    return call.world.row(
        "SELECT * FROM password_resets WHERE hash = ? AND created > ?", hash, since
    )


def _require_password(call: Call, password: str) -> None:
    if not is_right(call.world, call.user_id, password):
        raise ApiError(401, "IM102", "Wrong password.")


def _require_alike(call: Call) -> None:
    if call.body["newPassword1"] != call.body["newPassword2"]:
        raise invalid_parameters([("newPassword2", "The two passwords differ.")])
