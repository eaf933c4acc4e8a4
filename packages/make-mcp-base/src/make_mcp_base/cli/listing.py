"""`tools`: what a client would list, or the tools that fit some words."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from make_mcp_base.kernel import Kernel
from make_mcp_base.surface.surface import wire_list

if TYPE_CHECKING:
    from make_mcp_base.app import App
    from make_mcp_base.definition.catalog import Entry
    from make_mcp_base.setup import Setup


def tools(app: App, setup: Setup, query: str, *, as_json: bool) -> int:
    """Run the `tools` command; needs no account and no network, but for run tools."""
    kernel = Kernel.of(app, setup)
    surface = kernel.surface
    offered = run_tools(kernel)
    if query:
        from make_mcp_base.surface.finding import index_of

        reachable = {entry.name for entry in surface.reachable(None)}
        entries = [e for e in index_of(surface).search(query, 20) if e.name in reachable]
        wanted = query.casefold().split()
        entries += [e for e in offered if all(w in e.description.casefold() for w in wanted)]
    elif as_json:
        entries = [*surface.shown(None), *offered]
    else:
        found = [*surface.reachable(None), *offered]
        entries = sorted(found, key=lambda e: (e.category, e.name))
    if as_json:
        print(json.dumps(wire_list(entries), ensure_ascii=False, indent=2))  # noqa: T201
        return 0
    listed = {entry.name for entry in (*surface.shown(None), *offered)}
    _show(app, listed, entries)
    return 0


def run_tools(kernel: Kernel) -> list[Entry]:
    """Read the run tools of a command's account; asks nothing where none were named."""
    if not kernel.setup.run_tools:
        return []
    import anyio

    async def read() -> None:
        try:
            await kernel.offered.refresh(kernel)
        finally:
            await kernel.aclose()

    anyio.run(read)
    for reason in kernel.offered.left_out:
        sys.stderr.write(f"Not offered as a tool: {reason}\n")
    return kernel.offered.shown(kernel.surface.selection)


def _show(app: App, listed: set[str], entries: list[Entry]) -> None:
    from rich.console import Console

    from make_mcp_base.cli.tables import table_of

    rows: list[dict[str, Any]] = [
        {
            "category": entry.category,
            "tool": entry.name,
            "effect": entry.effect,
            "listed": "yes" if entry.name in listed else "",
            "does": entry.summary,
        }
        for entry in entries
    ]
    console = Console() if sys.stdout.isatty() else Console(width=160)
    if rows:
        console.print(table_of("tools", rows))
    sys.stderr.write(
        f"{len(listed)} tools are listed to a client, {len(rows)} shown here."
        f" Call one with `{app.name} call TOOL key=value`.\n"
    )
