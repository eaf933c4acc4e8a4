"""Blueprint collaboration: versions, review, promotion and backup of scenarios."""

from make_mcp_core_tools.blueprint_collaboration.declared import category

__all__ = ["category"]
