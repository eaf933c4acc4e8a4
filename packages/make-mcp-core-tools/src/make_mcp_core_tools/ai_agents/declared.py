"""The category itself, in a module of its own so that every part can add tools to it."""

from make_mcp_base.authoring import Category

category = Category("ai_agents", "AI agents: their tools, knowledge, runs, tests, and models.")
