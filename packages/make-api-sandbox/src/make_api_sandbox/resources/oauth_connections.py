"""Clients a person has let in by OAuth (API reference, chapter 2.33)."""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject


@route("GET", "/users/me/oauth-connections")
def list_clients(call: Call) -> JsonObject:
    """The clients that hold the caller's consent, the last used first."""
    rows = call.world.rows(
        "SELECT id, client_name AS clientName, last_used AS lastUsedAt, scopes"
        " FROM oauth_connections WHERE user_id = ? ORDER BY last_used DESC, id",
        call.user_id,
    )
    return {"connections": rows}


@route("DELETE", "/users/me/oauth-connections/{clientId}")
def revoke_client(call: Call) -> JsonObject:
    """Take the consent back."""
    client_id = call.path_id("clientId")
    sql = "DELETE FROM oauth_connections WHERE id = ? AND user_id = ?"
    if not call.world.execute(sql, client_id, call.user_id):
        raise not_found("OAuth connection")
    return {"client": client_id}
