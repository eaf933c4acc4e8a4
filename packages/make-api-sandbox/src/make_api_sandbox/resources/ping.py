"""The sign of life of the API (API reference, chapter 2.19)."""

from starlette.responses import PlainTextResponse, Response

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route


@route("GET", "/ping", open=True)
def ping(call: Call) -> Response:
    """Answer any caller."""
    return PlainTextResponse("pong")
