"""Permissions: people, teams, roles and organizations, and what each may do."""

from make_mcp_core_tools.permissions import (
    environment,
    membership,
    organizations,
    people,
    reference_lists,
    roles,
    teams,
)
from make_mcp_core_tools.permissions.declared import category

__all__ = [
    "category",
    "environment",
    "membership",
    "organizations",
    "people",
    "reference_lists",
    "roles",
    "teams",
]
