"""Permissions: people, teams, roles and organizations, and what each may do."""

from make_mcp_core_tools.permissions.declared import category

__all__ = ["category"]
