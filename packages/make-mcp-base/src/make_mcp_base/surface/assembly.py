"""The surface of an app under the operator's choice of tools."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from make_mcp_base.definition.bundle import SERVER_BUNDLE, installed_bundles
from make_mcp_base.surface.surface import Surface

if TYPE_CHECKING:
    from make_mcp_base.app import App
    from make_mcp_base.surface.selection import Selection


def surface_of(app: App, selection: Selection) -> Surface:
    """Put the surface of an app together.

    Raises:
        Failure: A bundle is missing, or the choice of tools names unknown ones.
    """
    if app.shows_everything and not selection.narrowed:
        selection = replace(selection, everything=True)
    bundles = (*installed_bundles(app.bundles or None), SERVER_BUNDLE)
    return Surface(app.slug, bundles, selection, app.everyday)
