"""Undo by the call of a tool: for changes of systems that no request to Make reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.calls.arguments import parse
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from make_mcp_base.calls.make import Make
    from make_mcp_base.calls.requests import Request
    from make_mcp_base.kernel import Kernel


async def call_back(make: Make, kernel: Kernel, request: Request) -> None:
    """Call the tool that an undo names; its writes are planned and journalled with the undo.

    Args:
        make: The undo's Make.
        kernel: The server.
        request: Made with `make_mcp_base.calls.requests.call`.

    Raises:
        Failure: This server does not offer the tool, or the tool refused.
    """
    entry = kernel.surface.find(request.path)
    if entry is None:
        raise Failure(
            f"`{request.path}`, which would take the change back, is not installed here.",
            next_step="Undo it on a server that has the tool.",
            code="not_undoable",
        )
    kernel.surface.permit(entry, kernel.known_account)
    arguments = request.body if isinstance(request.body, dict) else {}
    tool = kernel.tool(entry)
    await tool.handler(make, parse(tool.input, arguments, entry.name))
