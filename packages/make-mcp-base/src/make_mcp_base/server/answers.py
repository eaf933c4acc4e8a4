"""What a server says of itself, made from its catalogs: handshake, discovery and list of tools.

These are the results the SDK gives for the server that `protocol.build` makes, member for member;
a test compares them. Source: MCP 2025-11-25 and 2026-07-28, lifecycle, discovery and tools.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from make_mcp_base.server.instructions import instructions
from make_mcp_base.server.plain import MODERN_VERSION, RESERVED
from make_mcp_base.surface.surface import wire_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from make_mcp_base.app import App
    from make_mcp_base.surface.rights import Rights
    from make_mcp_base.surface.surface import Surface

LIST_TTL_MS = 60_000
"""How long a client may keep a list. What it depends on does not change while a server runs."""

_FIXED = {"listChanged": False}
_CAPABILITIES: dict[str, Any] = {
    "completions": {},
    "prompts": _FIXED,
    "resources": {**_FIXED, "subscribe": False},
    "tools": _FIXED,
}


class Answers:
    """The results of one server, each made when it is first asked for.

    Args:
        app: What the server is.
        surface: Its tools.
        rights: Reads the rights that tools are listed by; see `surface.rights`.
    """

    def __init__(self, app: App, surface: Surface, rights: Callable[[], Rights | None]) -> None:
        self._app = app
        self._surface = surface
        self._rights = rights
        self._tools: bytes = b""

    def handshake(self, version: str) -> bytes:
        """Give the result of `initialize`."""
        return encoded(
            {
                "protocolVersion": version,
                "capabilities": _CAPABILITIES,
                "serverInfo": self._identity(),
                "instructions": instructions(self._app, self._surface),
            }
        )

    def discovery(self) -> bytes:
        """Give the result of `server/discover`."""
        return encoded(
            {
                "supportedVersions": [MODERN_VERSION],
                "capabilities": _CAPABILITIES,
                "instructions": instructions(self._app, self._surface),
                **self._envelope(ttl_ms=0),
            }
        )

    def tools(self, *, modern: bool) -> bytes:
        """Give the result of `tools/list`."""
        if not self._tools:
            self._tools = encoded(wire_list(self._surface.shown(self._rights())))
        if not modern:
            return b'{"tools":%b}' % self._tools
        return b'{"tools":%b,%b' % (self._tools, encoded(self._envelope(ttl_ms=LIST_TTL_MS))[1:])

    def _identity(self) -> dict[str, str]:
        app = self._app
        return {"name": app.name, "title": app.title, "version": app.version}

    def _envelope(self, *, ttl_ms: int) -> dict[str, Any]:
        """Give what every cacheable result of protocol 2026-07-28 carries."""
        return {
            "resultType": "complete",
            "ttlMs": ttl_ms,
            "cacheScope": "private",
            "_meta": {f"{RESERVED}serverInfo": self._identity()},
        }


def encoded(value: Any) -> bytes:
    """Write a value as JSON, as short as it goes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
