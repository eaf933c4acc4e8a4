"""What a server says of itself: handshake, discovery and list of tools, ready to be sent.

These are the results the SDK gives for the server that `protocol.build` makes, member for member;
a test compares them. Source: MCP 2025-11-25 and 2026-07-28, lifecycle, discovery and tools.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

LIST_TTL_MS = 60_000
"""How long a client may keep a list. What it depends on does not change while a server runs."""


class Answers:
    """The results of one server, each one line of JSON.

    Args:
        identity: Members of `initialize` beside the version.
        discovery: Result of `server/discover`.
        tools: The tools as `tools/list` shows them.
        envelope: Members of `tools/list` beside them, since protocol 2026-07-28.
    """

    def __init__(self, identity: bytes, discovery: bytes, tools: bytes, envelope: bytes) -> None:
        self.lines = (identity, discovery, tools, envelope)

    def handshake(self, version: str) -> bytes:
        """Give the result of `initialize`."""
        return b'{"protocolVersion":%b,%b' % (encoded(version), self.lines[0][1:])

    def discovery(self) -> bytes:
        """Give the result of `server/discover`."""
        return self.lines[1]

    def tools(self, *, modern: bool) -> bytes:
        """Give the result of `tools/list`."""
        if not modern:
            return b'{"tools":%b}' % self.lines[2]
        return b'{"tools":%b,%b' % (self.lines[2], self.lines[3][1:])


def encoded(value: Any) -> bytes:
    """Write a value as one line of JSON, as short as it goes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
