"""The caller's API tokens (API reference, chapter 2.33)."""

from make_api_sandbox.http.body import list_of, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.scopes import ALL_SCOPES
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.tokens import OWNER_TOKEN, mint


@route("GET", "/users/me/api-tokens", scope="user:read")
def list_tokens(call: Call) -> JsonObject:
    """The caller's tokens, all but their first characters hidden."""
    rows = call.world.rows(
        "SELECT * FROM tokens WHERE user_id = ? ORDER BY created, token", call.user_id
    )
    return {"apiTokens": [_present(row, _hidden(row["token"])) for row in rows]}


@route(
    "POST",
    "/users/me/api-tokens",
    scope="user:write",
    body=members(label=name_text(), scope=list_of(text())),
)
def create_token(call: Call) -> JsonObject:
    """Make a token; its text is shown this once."""
    scopes: list[str] = call.body["scope"]
    unknown = [scope for scope in scopes if scope not in ALL_SCOPES]
    if unknown:
        raise invalid_parameters([("scope", f"Unknown scope '{scope}'.") for scope in unknown])
    token = mint(call.world, call.user_id, scopes, label=call.body["label"])
    row = call.world.rows("SELECT * FROM tokens WHERE token = ?", token)[0]
    return {"apiToken": _present(row, token)}


@route("DELETE", "/users/me/api-tokens/{timestamp}", scope="user:write")
def delete_token(call: Call) -> JsonObject:
    """Remove the token made at this time.

    Tokens made in the same millisecond share the address; Make has no other. The sandbox's own
    ready-made token stays.
    """
    created = call.path("timestamp")
    removed = call.world.execute(
        "DELETE FROM tokens WHERE user_id = ? AND created = ? AND token <> ?",
        call.user_id,
        created,
        OWNER_TOKEN,
    )
    if not removed:
        raise not_found("API token")
    return {"apiToken": created}


def _hidden(token: str) -> str:
    return f"{token[:8]}-****-****-****-************"


def _present(row: Row, token: str) -> JsonObject:
    scopes: list[str] = row["scopes"]
    return {
        "token": token,
        "scope": list(ALL_SCOPES) if "*" in scopes else scopes,
        "created": row["created"],
        "label": row["label"],
    }
