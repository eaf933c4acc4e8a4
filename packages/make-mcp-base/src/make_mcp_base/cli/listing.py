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
    """Run the `tools` command; needs no account and no network."""
    kernel = Kernel.of(app, setup)
    surface = kernel.surface
    if query:
        from make_mcp_base.surface.finding import index_of

        reachable = {entry.name for entry in surface.reachable(None)}
        entries = [e for e in index_of(surface).search(query, 20) if e.name in reachable]
    elif as_json:
        entries = surface.shown(None)
    else:
        entries = sorted(surface.reachable(None), key=lambda e: (e.category, e.name))
    if as_json:
        print(json.dumps(wire_list(entries), ensure_ascii=False, indent=2))  # noqa: T201
        return 0
    _show(app, kernel, entries)
    return 0


def _show(app: App, kernel: Kernel, entries: list[Entry]) -> None:
    from rich.console import Console

    from make_mcp_base.cli.tables import table_of

    listed = {entry.name for entry in kernel.surface.shown(None)}
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
