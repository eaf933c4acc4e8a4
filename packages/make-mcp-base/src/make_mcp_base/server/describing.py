"""Make a server's answers from its catalogs, and name the files they follow from."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from make_mcp_base.definition.catalog import catalog_files
from make_mcp_base.definition.installed import places
from make_mcp_base.server.answers import LIST_TTL_MS, Answers, encoded
from make_mcp_base.server.instructions import instructions
from make_mcp_base.server.plain import MODERN_VERSION, RESERVED
from make_mcp_base.surface.assembly import surface_of
from make_mcp_base.surface.rights import recall
from make_mcp_base.surface.surface import wire_list

if TYPE_CHECKING:
    from make_mcp_base.app import App
    from make_mcp_base.setup import Setup
    from make_mcp_base.surface.rights import Rights
    from make_mcp_base.surface.surface import Surface

_FIXED = {"listChanged": False}
_CAPABILITIES: dict[str, Any] = {
    "completions": {},
    "prompts": _FIXED,
    "resources": {**_FIXED, "subscribe": False},
    "tools": _FIXED,
}


def describe(app: App, setup: Setup) -> tuple[Answers, list[str]]:
    """Make the answers of a server; see `surface.rights` for what its list depends on.

    Returns:
        The answers, and the paths they follow from: code, catalogs, installed packages and rights.

    Raises:
        Failure: A bundle is missing, or the choice of tools names unknown ones.
    """
    surface = surface_of(app, setup.selection)
    answers = answers_of(app, surface, rights_now(setup))
    code = [
        str(module.__file__)
        for name, module in sys.modules.copy().items()
        if name.startswith("make_mcp") and getattr(module, "__file__", None)
    ]
    catalogs = [path for bundle in surface.bundles for path in catalog_files(bundle)]
    rights = [str(setup.rights_file)] if setup.rights_file else []
    return answers, [*code, *catalogs, *places(), *rights]


def answers_of(app: App, surface: Surface, rights: Rights | None) -> Answers:
    """Write down what a server of this app and surface says."""
    told = instructions(app, surface)
    discovery = {"supportedVersions": [MODERN_VERSION], "instructions": told, **_envelope(app, 0)}
    return Answers(
        encoded({"capabilities": _CAPABILITIES, "serverInfo": _info(app), "instructions": told}),
        encoded({"capabilities": _CAPABILITIES, **discovery}),
        encoded(wire_list(surface.shown(rights))),
        encoded(_envelope(app, LIST_TTL_MS)),
    )


def rights_now(setup: Setup) -> Rights | None:
    """Give the rights the last run kept; none for the sandbox, whose token may do everything."""
    return recall(setup.rights_file) if setup.rights_file else None


def _info(app: App) -> dict[str, str]:
    return {"name": app.name, "title": app.title, "version": app.version}


def _envelope(app: App, ttl_ms: int) -> dict[str, Any]:
    """Give what every cacheable result carries since protocol 2026-07-28."""
    return {
        "resultType": "complete",
        "ttlMs": ttl_ms,
        "cacheScope": "private",
        "_meta": {f"{RESERVED}serverInfo": _info(app)},
    }
