"""Scenarios: find, build, edit, switch, schedule, clone, run and repair them."""

from make_mcp_core_tools.scenarios.declared import category

__all__ = ["category"]
