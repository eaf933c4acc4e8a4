"""Marketplace: the apps of Make's catalogue, what their modules take, and checks of settings."""

from make_mcp_core_tools.marketplace.declared import category

__all__ = ["category"]
