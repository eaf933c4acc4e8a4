"""Billing: what the plan allows, what was used of it, by whom, and what it costs."""

from make_mcp_core_tools.billing.declared import category

__all__ = ["category"]
