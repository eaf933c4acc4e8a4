"""What stands in front of every HTTP request: the token, the size, and the caller's own choice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from make_mcp_base.errors import Failure
from make_mcp_base.kernel import requested_surface
from make_mcp_base.server.bearer import matches
from make_mcp_base.surface.selection import Selection, split_names, truthy
from make_mcp_base.surface.surface import Surface

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from make_mcp_base.kernel import Kernel

OPEN_PATHS = ("/health/live", "/health/ready")
_CHOICES = ("categories", "tools", "exclude-tools", "all", "read-only")
_MOST_SURFACES = 64


class Gate:
    """An ASGI layer around the server.

    Args:
        app: The MCP application.
        kernel: The server's parts.
        expected: Hash of the bearer token clients must send; None on loopback without one.
    """

    def __init__(self, app: ASGIApp, kernel: Kernel, expected: str | None) -> None:
        self._app = app
        self._kernel = kernel
        self._expected = expected
        self._surfaces: dict[Selection, Surface] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        if self._shut_out(scope["path"], headers.get("authorization", "")):
            await _answer(send, 401, "Send the server's token as `Authorization: Bearer …`.")
            return
        try:
            surface = self._surface(scope, headers)
        except Failure as failure:
            await _answer(send, 400, str(failure))
            return
        if scope["path"].startswith("/mcp/x/"):
            scope = dict(scope) | {"path": "/mcp", "raw_path": b"/mcp"}
        token = requested_surface.set(surface)
        try:
            await self._app(scope, receive, send)
        finally:
            requested_surface.reset(token)

    def _shut_out(self, path: str, authorization: str) -> bool:
        if self._expected is None or path in OPEN_PATHS:
            return False
        return not matches(authorization, self._expected)

    def _surface(self, scope: Scope, headers: dict[str, str]) -> Surface | None:
        """Give the narrower surface a request asks for, under the operator's limit."""
        wanted = _wanted(scope, headers)
        if wanted is None:
            return None
        whole = self._kernel.whole_surface
        selection = wanted.within(whole.selection)
        if selection not in self._surfaces:
            if len(self._surfaces) >= _MOST_SURFACES:
                self._surfaces.pop(next(iter(self._surfaces)))
            made = Surface(whole.slug, whole.bundles, selection, whole.everyday)
            self._surfaces[selection] = made
        return self._surfaces[selection]


def _wanted(scope: Scope, headers: dict[str, str]) -> Selection | None:
    """Read `/mcp/x/{category}`, query members and `X-Make-MCP-…` headers."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    said = {name: headers.get(f"x-make-mcp-{name}", "") for name in _CHOICES}
    said |= {name: ",".join(query[name]) for name in _CHOICES if name in query}
    path = str(scope["path"])
    if path.startswith("/mcp/x/"):
        said["categories"] = unquote(path.removeprefix("/mcp/x/")).strip("/")
    if not any(said.values()):
        return None
    return Selection(
        categories=split_names(said["categories"]),
        tools=split_names(said["tools"]),
        exclude=split_names(said["exclude-tools"]),
        everything=truthy(said["all"]),
        read_only=truthy(said["read-only"]),
    )


async def _answer(send: Send, status: int, text: str) -> None:
    body = json.dumps({"error": text}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
