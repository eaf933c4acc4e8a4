"""The outermost layer: host names of webhooks, faults on purpose and the request log."""

import asyncio
from typing import Any

import httpx
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from make_api_sandbox.faults import Fault, strike
from make_api_sandbox.http.access import WITHHELD
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.errors import RATE_MESSAGE, not_logged_in
from make_api_sandbox.http.spoiling import Spoiled, date_header, is_hidden, no_such_execution
from make_api_sandbox.world import World

LOGGED_BODY_BYTES = 65_536
LOGGED_REQUESTS = 10_000
UNSEEN = "/_sandbox"
"""Control calls are neither logged nor failed."""

PAGE = "/"
"""The page for people is part of the control."""


class Observation:
    """ASGI middleware around the whole sandbox.

    Args:
        app: What it wraps.
        world: Whose faults and request log.
        in_process: True when requests come through `httpx.ASGITransport`: a lost connection is then
            raised as the transport error a socket would cause.
    """

    def __init__(self, app: ASGIApp, world: World, *, in_process: bool) -> None:
        self._app = app
        self._world = world
        self._in_process = in_process

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] != "http" or _is_control(scope):
            await self._app(scope, receive, send)
            return
        scope = _routed_by_host(scope)
        scope.setdefault("state", {})
        body = await _whole_body(receive)
        fault = strike(self._world, scope["method"], scope["path"])
        answer = _Answer(send, date_header(self._world, fault))
        try:
            await self._serve(scope, _replay(body, receive), answer, fault)
        finally:
            _log(self._world, scope, body, answer.status, fault)

    async def _serve(
        self, scope: Scope, receive: Receive, answer: "_Answer", fault: Fault | None
    ) -> None:
        if fault is None:
            return await self._app(scope, receive, answer.send)
        if fault.latency_ms:
            await asyncio.sleep(fault.latency_ms / 1000)
        if fault.drop == "before":
            return await self._drop(answer)
        stand_in = _stand_in(self._world, scope, fault)
        if stand_in:
            return await stand_in(scope, receive, answer.send)
        if fault.without_scopes:
            scope["state"][WITHHELD] = tuple(fault.without_scopes)
        if fault.drop == "after":
            await self._app(scope, receive, _nowhere)
            return await self._drop(answer)
        return await self._spoil(scope, receive, answer, fault)

    async def _spoil(self, scope: Scope, receive: Receive, answer: "_Answer", fault: Fault) -> None:
        spoiled = Spoiled(self._world, fault)
        if not spoiled.is_needed:
            await self._app(scope, receive, answer.send)
            return
        await self._app(scope, receive, spoiled.take)
        for message in spoiled.messages():
            await answer.send(message)
        if fault.drop == "midway" and self._in_process:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body"
            )

    async def _drop(self, answer: "_Answer") -> None:
        """Lose the connection: in a server, by never finishing an answer that was begun."""
        if self._in_process:
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        head: Message = {"type": "http.response.start", "status": 200, "headers": []}
        await answer.send({**head, "headers": [(b"content-length", b"1024")]})


class _Answer:
    """Passes an answer on with the world's date, remembering its status."""

    def __init__(self, send: Send, date: tuple[bytes, bytes]) -> None:
        self._send = send
        self._date = date
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], self._date]}
        await self._send(message)


async def _nowhere(message: Message) -> None:
    """Swallow an answer."""


def _stand_in(world: World, scope: Scope, fault: Fault) -> Response | None:
    """What answers in place of the endpoint, if anything does."""
    if fault.status is not None:
        return _refusal(fault, fault.status)
    if fault.expired_token and b"authorization" in dict(scope["headers"]):
        return not_logged_in().response()
    if fault.hidden_seconds and is_hidden(world, scope["path"], fault.hidden_seconds):
        return no_such_execution().response()
    return None


def _refusal(fault: Fault, status: int) -> Response:
    after = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if isinstance(fault.body, str):
        return Response(fault.body, status, after, "text/plain")
    said = RATE_MESSAGE if status == 429 else f"Failed on purpose: {status}."
    body: Any = fault.body if fault.body is not None else {"message": said}
    return Json(body, status, after)


def _is_control(scope: Scope) -> bool:
    path: str = scope["path"]
    return path in (PAGE, UNSEEN) or path.startswith(f"{UNSEEN}/")


def _routed_by_host(scope: Scope) -> Scope:
    """Serve `https://hook.{zone}/{udid}` as `/hook/{udid}`."""
    host = dict(scope["headers"]).get(b"host", b"")
    if not host.startswith(b"hook.") or scope["path"].startswith("/hook/"):
        return scope
    return {
        **scope,
        "path": f"/hook{scope['path']}",
        "raw_path": b"/hook" + scope.get("raw_path", b""),
    }


async def _whole_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return first.pop() if first else await receive()

    return again


def _log(world: World, scope: Scope, body: bytes, status: int | None, fault: Fault | None) -> None:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    state = scope["state"]
    entry = world.insert(
        "request_log",
        at=world.clock.stamp(),
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        body=body[:LOGGED_BODY_BYTES].decode("utf-8", "replace") or None,
        status=status,
        user_id=state.get("user_id"),
        organization_id=state.get("organization_id"),
        user_agent=headers.get("user-agent"),
        fault_id=fault.id if fault else None,
    )
    if entry % 1000 == 0:
        world.execute("DELETE FROM request_log WHERE id <= ?", entry - LOGGED_REQUESTS)
