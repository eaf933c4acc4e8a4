"""The browser's side of granting a connection (API reference, chapter 2.34).

`/oauth/auth`, `/oauth/reauth` and `/oauth/extend` are opened in a browser (module `connections`);
asked by POST, the older way, they tell the address to open. The service sends the browser back to
`/oauth/cb`, which grants the connection; the sandbox checks only that it is of the named type.
"""

from starlette.responses import PlainTextResponse, Response

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject, Row

CALLBACK = "/oauth/cb/{connectionType}/{connectionId}"


@route("POST", "/oauth/auth/{connectionId}", open=True)
@route("POST", "/oauth/reauth/{connectionId}", open=True)
@route("POST", "/oauth/extend/{connectionId}", open=True)
def tell_address(call: Call) -> JsonObject:
    """Where a person grants the connection: the same address, opened in a browser."""
    if call.world.get("connections", call.path_id("connectionId")) is None:
        raise not_found("Connection")
    return {"url": str(call.request.url)}


@route("GET", CALLBACK, open=True)
def come_back(call: Call) -> Response:
    """The browser comes back from the service; the connection works from now on."""
    _grant(call)
    return PlainTextResponse("Access granted. You can close this window.")


@route("POST", CALLBACK, open=True)
def come_back_the_older_way(call: Call) -> JsonObject:
    """Like `come_back`, for services that send a form."""
    _grant(call)
    return {"ok": 1}


@route("GET", "/oauth/cb/{connectionType}", open=True)
@route("POST", "/oauth/cb/{connectionType}", open=True)
def come_back_without_connection(call: Call) -> JsonObject:
    """Refused: no address of the sandbox sends a browser away without naming the connection."""
    raise not_found("Connection")


def _grant(call: Call) -> None:
    row: Row | None = call.world.get("connections", call.path_id("connectionId"))
    if row is None or row["type"] != call.path("connectionType"):
        raise not_found("Connection")
    call.world.update("connections", row["id"], state="valid", expire=None)
