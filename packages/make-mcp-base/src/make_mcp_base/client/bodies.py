"""What goes into a request as its body, and what a successful answer yields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.client.answer import JsonError, RawBody, media_type, read_json, write_json
from make_mcp_base.client.failures import BadAnswer, Invalid, TooLarge
from make_mcp_base.client.replies import request_id_of

if TYPE_CHECKING:
    from pydantic import JsonValue

    from make_mcp_base.client.replies import Call
    from make_mcp_base.client.wire import Received


def content_of(call: Call, body: JsonValue | RawBody) -> tuple[bytes | None, str]:
    """Write a request body and name its media type, "" for none. Raises `Invalid`."""
    if body is None:
        return None, ""
    if isinstance(body, RawBody):
        return body.content, body.media_type
    try:
        return write_json(body), "application/json"
    except JsonError as error:
        raise Invalid(
            f"The body of {call.name} cannot be sent: {error}.",
            next_step="Correct the value and call again; nothing was sent.",
        ) from error


def json_of(call: Call, received: Received) -> JsonValue:
    """Read the JSON of a successful answer, None when it is not JSON.

    Raises:
        BadAnswer: When it is a web page, or JSON that cannot be read.
        TooLarge: When it is JSON above the byte budget.
    """
    kind = media_type(received.headers)
    if received.status in {204, 205} or (not received.body and kind != "application/json"):
        return None
    if kind == "text/html":
        raise _bad(call, received, "a web page, not an answer of Make's API")
    if kind != "application/json":
        return None
    if received.truncated:
        raise _over_budget(call, received)
    try:
        return read_json(received.body)
    except JsonError as error:
        raise _bad(call, received, f"JSON that cannot be read: {error}") from error


def _bad(call: Call, received: Received, found: str) -> BadAnswer:
    return BadAnswer(
        f"{call.name} was answered with {found}.",
        effect=_reported_done(call, received),
        next_step="Check MAKE_ZONE or MAKE_BASE_URL and any proxy in between; if they are right, "
        + ("look whether the change is there." if call.writes else "call again in a minute."),
        retryable=call.repeatable,
        status=received.status,
        request_id=request_id_of(received.headers),
    )


def _over_budget(call: Call, received: Received) -> TooLarge:
    return TooLarge(
        f"The answer to {call.name} is larger than {call.max_bytes:,} bytes.",
        why="Reading stopped there.",
        effect=_reported_done(call, received),
        next_step="Ask for fewer columns, rows or days.",
        status=received.status,
        request_id=request_id_of(received.headers),
    )


def _reported_done(call: Call, received: Received) -> str:
    return f"Make reported success ({received.status})." if call.writes else ""
