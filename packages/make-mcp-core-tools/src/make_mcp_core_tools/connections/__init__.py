"""Connections, hooks and credential requests: how scenarios reach the world and are reached."""

from make_mcp_core_tools.connections.declared import category

__all__ = ["category"]
