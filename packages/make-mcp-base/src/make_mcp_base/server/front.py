"""The front: answers a client's first messages before anything heavy is imported.

Clients start all their servers at once and wait for the handshake of each. The official SDK takes
half a second to import; the answers to the first messages follow from the shipped catalogs alone.
So a small blocking loop gives them, and begins to load the SDK while nobody waits. The first
message it does not surely know hands over: the SDK's server is started, told the handshake again
with its own answer left out, and gets the line and the pipe.

`MAKE_MCP_FRONT=0` turns the front off, to find out where a fault lies.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from make_mcp_base.server.answers import encoded
from make_mcp_base.server.plain import (
    Unusual,
    is_bare,
    is_initialize,
    is_modern,
    read,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from make_mcp_base.server.answers import Answers
    from make_mcp_base.server.pipe import Pipe

QUIET_SECONDS = 0.25
"""Without a message for so long after the handshake, loading begins."""

_PARENT_EVERY = 2.0


class HandOver(NamedTuple):
    """What the SDK needs to go on where the front stopped.

    Attributes:
        handshake: Lines that bring it to the same state.
        unheard: Id of the request among them whose answer the client has already; "" for none.
        line: The line that the front did not answer.
    """

    handshake: list[bytes]
    unheard: str
    line: bytes


class Front:
    """Answers until something unusual comes.

    The first request decides the era of the connection, as it does for the SDK.

    Args:
        answers: What it says.
        warm: Begins to load what answers everything else; called once.
    """

    def __init__(self, answers: Answers, warm: Callable[[], object]) -> None:
        self._answers = answers
        self._warm = warm
        self._opening: dict[str, Any] | None = None
        self._initialized = False
        self._listed = False
        self._warming = False

    def serve(self, pipe: Pipe) -> HandOver | None:
        """Answer until a message is unusual; None when the client or its process left first."""
        parent = os.getppid()
        while os.getppid() == parent:
            line = pipe.line()
            if line is not None:
                try:
                    pipe.send(self.answer(line))
                except Unusual:
                    return self._hand_over(line)
                except BrokenPipeError:
                    return None
            elif pipe.ended:
                return None
            else:
                self._wait(pipe)
        return None

    def answer(self, line: bytes) -> bytes:
        """Answer one line; with nothing, where it is a notification.

        Raises:
            Unusual: The SDK shall answer it.
        """
        message = read(line)
        method, params = message["method"], message.get("params", {})
        if "id" not in message:
            self._hear(method, params)
            return b""
        result = self._legacy(method, params) or self._modern(method, params)
        if not result:
            raise Unusual
        self._opening = self._opening or message
        self._listed = self._listed or method == "tools/list"
        return b'{"jsonrpc":"2.0","id":%b,"result":%b}\n' % (encoded(message["id"]), result)

    def _legacy(self, method: str, params: dict[str, Any]) -> bytes:
        """Answer a request of the eras with a handshake; with nothing when that is not sure."""
        if self._opening is None:
            plain = method == "initialize" and is_initialize(params)
            return self._answers.handshake(params["protocolVersion"]) if plain else b""
        if self._opening["method"] != "initialize" or not is_bare(params):
            return b""
        if method == "tools/list" and "cursor" not in params:
            return self._answers.tools(modern=False)
        return b"{}" if method == "ping" else b""

    def _modern(self, method: str, params: dict[str, Any]) -> bytes:
        """Answer a request of the era without one; with nothing when that is not sure."""
        opened = self._opening is None or self._opening["method"] != "initialize"
        if not opened or not is_modern(params):
            return b""
        if method == "tools/list" and "cursor" not in params:
            return self._answers.tools(modern=True)
        return self._answers.discovery() if method == "server/discover" else b""

    def _hear(self, method: str, params: dict[str, Any]) -> None:
        """Take note of a notification.

        Raises:
            Unusual: It is not the end of a handshake.
        """
        shaken = self._opening is not None and self._opening["method"] == "initialize"
        if not (shaken and method == "notifications/initialized" and is_bare(params)):
            raise Unusual
        self._initialized = True

    def _wait(self, pipe: Pipe) -> None:
        """Wait for the client; load the rest once it has its tools, or says nothing for a while."""
        if self._opening is None or self._warming:
            pipe.wait(_PARENT_EVERY)
        elif not pipe.wait(0 if self._listed else QUIET_SECONDS):
            self._warming = True
            self._warm()

    def _hand_over(self, line: bytes) -> HandOver:
        if self._opening is None:
            return HandOver([], "", line)
        # No client can guess this id, so no answer but the repeated one is kept from it.
        unheard = f"front-{os.urandom(16).hex()}"
        opening = {"jsonrpc": "2.0", "id": unheard, **_cheapest(self._opening)}
        handshake = [encoded(opening)]
        if self._initialized:
            handshake.append(encoded({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        return HandOver(handshake, unheard, line)


def _cheapest(opening: dict[str, Any]) -> dict[str, Any]:
    """Give the request that opens the same connection as another with the least work."""
    if opening["method"] == "initialize":
        return {"method": "initialize", "params": opening["params"]}
    return {"method": "server/discover", "params": {"_meta": opening["params"]["_meta"]}}
