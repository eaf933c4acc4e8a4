"""Telling clients that the list of tools has changed, in both protocol eras.

Only run tools change while a server runs (`surface.offered`), so nothing here is used without them.
Source: MCP 2025-11-25, tools (`notifications/tools/list_changed`); 2026-07-28,
`subscriptions/listen`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server import NotificationOptions
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged

from make_mcp_base.server.calling import MODERN

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from mcp.server.session import ServerSession

    from make_mcp_base.kernel import Kernel

WATCH_SECONDS = 300.0
"""How often the account is asked while no client asks for the list."""
NOTIFIES = NotificationOptions(tools_changed=True)


class Changes:
    """Who wants to hear of changes.

    Attributes:
        listen: Answers `subscriptions/listen`.
    """

    def __init__(self) -> None:
        self._bus = InMemorySubscriptionBus()
        self._session: ServerSession | None = None
        self.listen = ListenHandler(self._bus)

    def meet(self, ctx: ServerRequestContext[Any, Any]) -> None:
        """Remember the client that asked for the list, in the era that is told over its session.

        A session lasts over a pipe, and there is one then; over stateless HTTP none does.
        """
        if ctx.protocol_version < MODERN:
            self._session = ctx.session

    async def watch(self, kernel: Kernel) -> None:
        """Look from time to time, and tell of what has changed, until cancelled."""
        while True:
            await anyio.sleep(WATCH_SECONDS)
            if await kernel.offered.refresh(kernel):
                await self.tell()

    async def tell(self) -> None:
        """Tell every client that listens."""
        await self._bus.publish(ToolsListChanged())
        if self._session is not None:
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self._session.send_tool_list_changed()
