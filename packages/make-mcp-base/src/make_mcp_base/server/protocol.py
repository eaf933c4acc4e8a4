"""The kernel as an MCP server, on the SDK's low-level `Server`, for both protocol eras."""

from __future__ import annotations

import contextlib
import logging
import secrets
from typing import TYPE_CHECKING, Any

import anyio
from mcp import MCPError
from mcp.server import CacheHint, Server, ServerRequestContext
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.types import INTERNAL_ERROR, ListToolsResult, Tool
from pydantic import ValidationError

from make_mcp_base.server.answers import LIST_TTL_MS
from make_mcp_base.server.calling import call_tool
from make_mcp_base.server.changes import NOTIFIES, Changes
from make_mcp_base.server.instructions import instructions
from make_mcp_base.server.reading import Reading
from make_mcp_base.surface.surface import wire_list

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from mcp.server import InitializationOptions, NotificationOptions
    from mcp.types import CallToolRequestParams, PaginatedRequestParams

    from make_mcp_base.kernel import Kernel

log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]


def build(kernel: Kernel, *, state_key: str = "") -> Server[None]:
    """Make an MCP server of a kernel.

    Args:
        kernel: The server's parts; closed by whoever runs the server.
        state_key: Seals what a client carries between two rounds of a question; at least 32
            characters, the same in every process that may be asked. Random when empty.
    """
    reading = Reading(kernel)
    changes = Changes() if kernel.setup.run_tools else None

    async def list_tools(ctx: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        entries = await kernel.listed()
        tools = [Tool.model_validate(tool) for tool in wire_list(entries)]
        return ListToolsResult(tools=tools, ttl_ms=LIST_TTL_MS, cache_scope="private")

    async def on_call(ctx: Context, params: CallToolRequestParams) -> Any:
        return await call_tool(kernel, ctx, params)

    @contextlib.asynccontextmanager
    async def lifespan(_: Server[None]) -> AsyncGenerator[None]:
        if changes is None:
            yield
            return
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(changes.watch, kernel)
            try:
                yield
            finally:
                changes.listen.close()
                tasks.cancel_scope.cancel()

    def input_schema(name: str) -> dict[str, Any] | None:
        offer = kernel.offered.find(name)
        entry = offer[1] if offer else kernel.surface.find(name)
        return entry.input_schema if entry else None

    hint = CacheHint(ttl_ms=LIST_TTL_MS, scope="private")
    server = (_Telling if changes else Server)(
        kernel.app.name,
        version=kernel.app.version,
        title=kernel.app.title,
        instructions=instructions(kernel.app, kernel.surface),
        lifespan=lifespan,
        on_list_tools=list_tools,
        on_call_tool=on_call,
        on_list_resources=reading.list_resources,
        on_list_resource_templates=reading.list_templates,
        on_read_resource=reading.read,
        on_list_prompts=reading.list_prompts,
        on_get_prompt=reading.get_prompt,
        on_completion=reading.complete,
        get_tool_input_schema=input_schema,
        on_subscriptions_listen=changes.listen if changes else None,
        cache_hints={"tools/list": hint, "prompts/list": hint, "resources/list": hint},
    )
    server.middleware.append(guard)  # pyright: ignore[reportArgumentType] - its protocol is wider
    server.middleware.append(_once(kernel, changes))  # pyright: ignore[reportArgumentType]
    security = RequestStateSecurity(keys=[state_key or secrets.token_urlsafe(48)])
    server.middleware.append(RequestStateBoundary(security, default_audience=server.name))
    return server


async def guard(ctx: Context, call_next: Callable[[Context], Awaitable[Any]]) -> Any:
    """Keep the text of unexpected exceptions, which may hold anything, from every client."""
    try:
        return await call_next(ctx)
    except (MCPError, ValidationError):
        raise
    except Exception:
        log.exception("unexpected failure in %s", ctx.method)
        raise MCPError(
            INTERNAL_ERROR, "Internal error. The server's log on stderr has the details."
        ) from None


class _Telling(Server[None]):
    """A server that announces to tell of changes of its list of tools."""

    def create_initialization_options(
        self, notification_options: NotificationOptions | None = None, *args: Any, **kwargs: Any
    ) -> InitializationOptions:
        """Announce it on every transport."""
        return super().create_initialization_options(
            notification_options or NOTIFIES, *args, **kwargs
        )


def _once(
    kernel: Kernel, changes: Changes | None
) -> Callable[[Context, Callable[[Context], Awaitable[Any]]], Awaitable[Any]]:
    """Serialize `tools/list` once for each era and set of tools; clients ask again and again."""
    ready: dict[tuple[str, int, str], Any] = {}

    async def middleware(ctx: Context, call_next: Callable[[Context], Awaitable[Any]]) -> Any:
        if ctx.method != "tools/list" or ctx.request_id is None:
            return await call_next(ctx)
        if changes:
            changes.meet(ctx)
        entries = await kernel.listed()
        names = " ".join(entry.name for entry in entries)
        key = (ctx.protocol_version, kernel.offered.version, names)
        if key not in ready:
            ready[key] = await call_next(ctx)
        return ready[key]

    return middleware
