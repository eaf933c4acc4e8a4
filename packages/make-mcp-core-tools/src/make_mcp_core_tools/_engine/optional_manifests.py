"""Manifests that may be gone: Make drops old versions of apps from its catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.app_manifests import app_manifest

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.app_manifests import Manifest


async def manifest_or_none(make: Make, app: str, version: int) -> Manifest | None:
    """Read the manifest of an app in a version; None when Make has none."""
    try:
        return await app_manifest(make, app, version)
    except Failure as missing:
        if missing.code != "unknown_app":
            raise
        return None
