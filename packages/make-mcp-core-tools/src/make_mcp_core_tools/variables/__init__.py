"""Variables of teams and organizations, and incomplete executions with their repair."""

from make_mcp_core_tools.variables.declared import category

__all__ = ["category"]
