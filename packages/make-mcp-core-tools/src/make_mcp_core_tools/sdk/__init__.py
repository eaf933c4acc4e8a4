"""Components of custom apps, apps that organizations use, and upgrades to their new versions."""

from make_mcp_core_tools.sdk.declared import category

__all__ = ["category"]
