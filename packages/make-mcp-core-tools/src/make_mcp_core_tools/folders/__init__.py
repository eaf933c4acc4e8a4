"""Folders: where scenarios are filed, and the data stores and structures a team keeps."""

from make_mcp_core_tools.folders.declared import category

__all__ = ["category"]
