"""The category itself; its tools are in the other modules."""

from make_mcp_base.authoring import Category

category = Category(
    "connections",
    "Connections to apps, webhooks and mailhooks with their queues, and credential requests.",
)
