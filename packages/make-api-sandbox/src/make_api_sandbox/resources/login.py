"""Logging in and out, which is for browsers (API reference, chapters 1.2 and 2.1).

These endpoints make and end sessions of the web interface and do not accept API tokens; the
sandbox has no sessions, so a token is refused with 403 and a call without one with 401.
"""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import permission_denied
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject


@route("POST", "/login")
@route("POST", "/logout")
@route("POST", "/sso/authorize")
@route("POST", "/sso/login")
def refuse_token(call: Call) -> JsonObject:
    """Refused: a token needs no session."""
    raise permission_denied()
