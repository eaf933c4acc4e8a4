"""The kernel as an MCP server, on the SDK's low-level `Server`, for both protocol eras."""

from __future__ import annotations

import contextlib
import logging
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from mcp import MCPError
from mcp.server import CacheHint, Server, ServerRequestContext
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.types import INTERNAL_ERROR, ListToolsResult, Tool
from pydantic import ValidationError

from make_mcp_base.server.answers import LIST_TTL_MS
from make_mcp_base.server.calling import call_tool
from make_mcp_base.server.changes import Changes, Telling
from make_mcp_base.server.instructions import instructions
from make_mcp_base.server.reading import Reading
from make_mcp_base.surface.surface import wire_list

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from mcp.types import CallToolRequestParams, PaginatedRequestParams

    from make_mcp_base.kernel import Kernel

log = logging.getLogger(__name__)

Context = ServerRequestContext[Any, Any]
Next: TypeAlias = "Callable[[Context], Awaitable[Any]]"


def build(kernel: Kernel, *, state_key: str = "") -> Server[None]:
    """Make an MCP server of a kernel.

    Args:
        kernel: The server's parts; closed by whoever runs the server.
        state_key: Seals what a client carries between two rounds of a question; at least 32
            characters, the same in every process that may be asked. Random when empty.
    """
    reading, tools = Reading(kernel), Tools(kernel)
    changes = Changes(kernel) if kernel.setup.run_tools else None
    hint = CacheHint(ttl_ms=LIST_TTL_MS, scope="private")
    server = (Telling if changes else Server)(
        kernel.app.name,
        version=kernel.app.version,
        title=kernel.app.title,
        instructions=instructions(kernel.app, kernel.surface),
        lifespan=changes.lifespan if changes else quiet,
        on_list_tools=tools.list,
        on_call_tool=tools.call,
        on_list_resources=reading.list_resources,
        on_list_resource_templates=reading.list_templates,
        on_read_resource=reading.read,
        on_list_prompts=reading.list_prompts,
        on_get_prompt=reading.get_prompt,
        on_completion=reading.complete,
        get_tool_input_schema=tools.input_schema,
        on_subscriptions_listen=changes.listen if changes else None,
        cache_hints={"tools/list": hint, "prompts/list": hint, "resources/list": hint},
    )
    layers: list[Any] = [guard, *([changes.meet] if changes else []), tools.list_once]
    server.middleware.extend(layers)
    security = RequestStateSecurity(keys=[state_key or secrets.token_urlsafe(48)])
    server.middleware.append(RequestStateBoundary(security, default_audience=server.name))
    return server


@dataclass(slots=True)
class Tools:
    """Answers for `tools/list` and `tools/call`."""

    kernel: Kernel
    _ready: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    _version: int = 0

    async def list(self, ctx: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        """Answer `tools/list`."""
        entries = await self.kernel.listed()
        tools = [Tool.model_validate(tool) for tool in wire_list(entries)]
        return ListToolsResult(tools=tools, ttl_ms=LIST_TTL_MS, cache_scope="private")

    async def call(self, ctx: Context, params: CallToolRequestParams) -> Any:
        """Answer `tools/call`."""
        return await call_tool(self.kernel, ctx, params)

    def input_schema(self, name: str) -> dict[str, Any] | None:
        """Give the schema by which the SDK reads a call's headers."""
        offer = self.kernel.offered.find(name)
        entry = offer[1] if offer else self.kernel.surface.find(name)
        return entry.input_schema if entry else None

    async def list_once(self, ctx: Context, call_next: Next) -> Any:
        """Serialize a list once for each era and set of tools; clients ask again and again."""
        if ctx.method != "tools/list" or ctx.request_id is None:
            return await call_next(ctx)
        names = " ".join(entry.name for entry in await self.kernel.listed())
        if self._version != self.kernel.offered.version:
            self._version = self.kernel.offered.version
            self._ready.clear()
        key = (ctx.protocol_version, names)
        if key not in self._ready:
            self._ready[key] = await call_next(ctx)
        return self._ready[key]


@contextlib.asynccontextmanager
async def quiet(server: Server[None]) -> AsyncGenerator[None]:
    """Do nothing beside serving."""
    yield


async def guard(ctx: Context, call_next: Next) -> Any:
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
