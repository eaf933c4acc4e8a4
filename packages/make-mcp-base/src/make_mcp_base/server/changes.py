"""Telling clients that the list of tools has changed, in both protocol eras.

Only run tools change while a server runs (`surface.offered`), so nothing here is used without them.
Source: MCP 2025-11-25, tools (`notifications/tools/list_changed`); 2026-07-28,
`subscriptions/listen`.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server import InitializationOptions, NotificationOptions, Server, ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ToolsListChanged

from make_mcp_base.server.calling import MODERN

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from mcp.server.session import ServerSession

    from make_mcp_base.kernel import Kernel

Context = ServerRequestContext[Any, Any]
WATCH_SECONDS = 300.0
"""How often the account is asked while no client asks for the list."""


class Telling(Server[None]):
    """A server that announces to tell of changes of its list of tools."""

    def create_initialization_options(
        self, notification_options: NotificationOptions | None = None, *args: Any, **kwargs: Any
    ) -> InitializationOptions:
        """Announce it on every transport."""
        return super().create_initialization_options(
            notification_options or NotificationOptions(tools_changed=True), *args, **kwargs
        )


class Changes:
    """Who wants to hear of changes.

    Args:
        kernel: The server's parts.

    Attributes:
        listen: Answers `subscriptions/listen`.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._bus = InMemorySubscriptionBus()
        self._session: ServerSession | None = None
        self.listen = ListenHandler(self._bus)

    @asynccontextmanager
    async def lifespan(self, server: Server[None]) -> AsyncGenerator[None]:
        """Look for changes while a server runs."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch)
            try:
                yield
            finally:
                self.listen.close()
                tasks.cancel_scope.cancel()

    async def meet(self, ctx: Context, call_next: Callable[[Context], Awaitable[Any]]) -> Any:
        """Remember the client that asks for the list, in the era that is told over its session.

        A session lasts over a pipe, and there is one then; over stateless HTTP none does.
        """
        if ctx.method == "tools/list" and ctx.protocol_version < MODERN:
            self._session = ctx.session
        return await call_next(ctx)

    async def _watch(self) -> None:
        while True:
            await anyio.sleep(WATCH_SECONDS)
            if await self._kernel.offered.refresh(self._kernel):
                await self._tell()

    async def _tell(self) -> None:
        await self._bus.publish(ToolsListChanged())
        if self._session is not None:
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                await self._session.send_tool_list_changed()
