"""What a server says of itself."""

from __future__ import annotations

import platform
from collections import Counter
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from make_mcp_base.kernel import Kernel


async def describe_server(kernel: Kernel) -> dict[str, Any]:
    """Gather version, bundles, categories and the surface; members as in `ServerInfo`."""
    surface = kernel.surface
    account = await kernel.account_soon()
    reachable = surface.reachable(account)
    await kernel.offered.refresh(kernel)
    api = kernel.api_if_made
    return {
        "name": kernel.app.name,
        "version": kernel.app.version,
        "python": platform.python_version(),
        "mcp": version("mcp"),
        "zone": api.zone if api else None,
        "sandbox": kernel.setup.sandbox is not None,
        "read_only": surface.selection.read_only,
        "bundles": {b.name: b.version for b in surface.bundles},
        "categories": dict(sorted(Counter(entry.category for entry in reachable).items())),
        "planned_categories": [name for b in surface.bundles for name in b.planned],
        "shown": len(surface.shown(account)),
        "reachable": len(reachable),
        "hidden": surface.hidden(account),
        "run_tools": len(kernel.offered.shown(surface.selection))
        if kernel.setup.run_tools
        else None,
        "run_tools_left_out": list(kernel.offered.left_out) or None,
        "find_more_with": f"make_{surface.slug}_tool_search" if surface.uses_gateway else None,
    }
