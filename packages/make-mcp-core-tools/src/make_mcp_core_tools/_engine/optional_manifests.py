"""Manifests and newest versions of apps as they are this moment.

Custom apps change while people work on them, so nothing here about them comes from a cache; and
Make drops old versions of apps from its catalogue, so a manifest may be gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from make_blueprint.document import as_object
from make_mcp_base.authoring import Failure, Output
from make_mcp_base.client.failures import NotFound

from make_mcp_core_tools._engine.app_manifests import CUSTOM, AppCard, Manifest, app_manifest

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

READ = "apps:read"


class _Cards(Output):
    apps: list[AppCard]


async def newest_versions(make: Make, organization_id: int | None) -> dict[str, int]:
    """Give the newest version of every app, by its name in blueprints."""
    query = {"organizationId": organization_id} if organization_id else None
    cards = (await make.get("/imt/apps-meta", query, into=_Cards, scope=READ)).apps
    return {card.blueprint_name: card.version for card in cards if card.version}


async def manifest_or_none(make: Make, app: str, version: int) -> Manifest | None:
    """Read the manifest of an app in a version; None when Make has none."""
    try:
        if app.startswith(CUSTOM):
            return await _custom(make, app, version)
        return await app_manifest(make, app, version)
    except NotFound:
        return None
    except Failure as missing:
        if missing.code != "unknown_app":
            raise
        return None


async def _custom(make: Make, app: str, version: int) -> Manifest:
    answer = await make.json(f"/imt/apps/{quote(app, safe='')}/{version}", scope=READ)
    data = as_object(answer)
    return Manifest(app, as_object(data.get("app")) or data)
