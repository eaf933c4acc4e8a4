"""Apps as resources: what a person attaches to a conversation before building with them."""

from typing import Any

from make_mcp_base.authoring import Make

from make_mcp_core_tools._engine.app_manifests import app_cards, app_manifest
from make_mcp_core_tools._engine.app_texts import described
from make_mcp_core_tools.marketplace.declared import category


async def names_of_apps(make: Make, known: dict[str, str]) -> list[str]:
    """Name every app of Make's catalogue."""
    return [card.name for card in await app_cards(make)]


@category.document("make://app/{name}", scope="apps:read", completers={"name": names_of_apps})
async def app(make: Make, name: str) -> Any:
    """An app with its newest version: every module, what it takes and gives, written in words."""
    manifest = await app_manifest(make, name, None)
    return {
        "app": name,
        "label": manifest.label,
        "version": manifest.version,
        "modules": {
            f"{name}:{one.name}": "\n".join(described(name, one, full=True))
            for one in manifest.modules
        },
    }
