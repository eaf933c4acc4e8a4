"""Templates: scenarios made fit for others, and scenarios made from them."""

from make_mcp_core_tools.templates.declared import category

__all__ = ["category"]
