"""AI agents: set up, given tools and knowledge, run and tested; providers and models."""

from make_mcp_core_tools.ai_agents.declared import category

__all__ = ["category"]
