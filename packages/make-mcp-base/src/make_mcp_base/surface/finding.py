"""The gateway's search: hits with what calling them needs, and reasons for what is shut."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import Field

from make_mcp_base.calls.answer import Answer, compact
from make_mcp_base.calls.arguments import canonical, parse
from make_mcp_base.definition.models import Document, Input
from make_mcp_base.surface.gateway import door
from make_mcp_base.surface.search import Index
from make_mcp_base.surface.surface import lacking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_mcp_base.calls.account import Account
    from make_mcp_base.definition.catalog import Entry
    from make_mcp_base.kernel import Kernel
    from make_mcp_base.surface.surface import Surface

_FULL_HITS = 3


class GatewayCall(Input):
    tool: str
    """Name of the tool."""
    arguments: Document = {}
    """Its arguments."""


class FindTools(Input):
    query: str = Field(min_length=1, max_length=400)
    """What you want to do, or a tool's name."""
    category: str | None = None
    """Only in this category."""
    limit: int = Field(5, ge=1, le=20)
    """Hits."""


async def find_tools(kernel: Kernel, arguments: Mapping[str, Any]) -> Answer:
    """Answer the gateway's search tool."""
    surface = kernel.surface
    args = parse(FindTools, canonical(FindTools, arguments), f"make_{surface.slug}_tool_search")
    account = await kernel.account_soon()
    reachable = {entry.name for entry in surface.reachable(account)}
    ranked = index_of(surface).search(args.query, 60)
    if args.category:
        ranked = [entry for entry in ranked if entry.category == args.category]
    hits = [entry for entry in ranked if entry.name in reachable][: args.limit]
    shut = [entry for entry in ranked[: args.limit] if entry.name not in reachable]
    data: dict[str, Any] = {
        "tools": [_hit(surface, entry, full=n < _FULL_HITS) for n, entry in enumerate(hits)],
    }
    if shut:
        data["not_available"] = {e.name: _why(surface, e, account) for e in shut}
    if not hits:
        data["hint"] = "Nothing fits. Try other words, or leave `category` out."
        data["categories"] = {page.category: page.summary for page in surface.pages}
    return Answer(data, compact(data))


@lru_cache(maxsize=8)
def _index(names: tuple[Entry, ...]) -> Index:
    return Index(names)


def index_of(surface: Surface) -> Index:
    """Give the search index over all tools of a surface."""
    return _index(tuple(surface.entries.values()))


def _hit(surface: Surface, entry: Entry, *, full: bool) -> dict[str, Any]:
    listed = not surface.uses_gateway or entry.name in surface.everyday
    row: dict[str, Any] = {
        "tool": entry.name,
        "does": entry.description if full else entry.summary,
        "call_with": entry.name if listed else door(surface.slug, entry),
    }
    if full:
        row["arguments"] = entry.input_schema
        if entry.examples:
            row["example"] = entry.examples[0]
    return row


def _why(surface: Surface, entry: Entry, account: Account | None) -> str:
    return surface.refusal(entry) or lacking(entry, account)
