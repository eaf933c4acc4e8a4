"""Variables of teams and organizations, and incomplete executions with their repair."""

from make_mcp_core_tools.variables import (
    applying,
    build_variables,
    incomplete_deleting,
    incomplete_editing,
    incomplete_patterns,
    incomplete_resolving,
    incomplete_retrying,
    incompletes,
    resolving,
    usage,
    variables,
)
from make_mcp_core_tools.variables.declared import category

__all__ = [
    "applying",
    "build_variables",
    "category",
    "incomplete_deleting",
    "incomplete_editing",
    "incomplete_patterns",
    "incomplete_resolving",
    "incomplete_retrying",
    "incompletes",
    "resolving",
    "usage",
    "variables",
]
