"""Custom apps: the apps that people build for Make themselves, and custom IML functions."""

from make_mcp_core_tools.custom_apps.declared import category

__all__ = ["category"]
