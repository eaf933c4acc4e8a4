"""The category itself; its tools are in the other modules."""

from make_mcp_base.authoring import Category

category = Category(
    "billing", "What the plan allows, what was used of it, by whom, and what it costs."
)
