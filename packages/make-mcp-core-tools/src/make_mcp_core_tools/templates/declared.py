"""The category itself; its tools are in the other modules."""

from make_mcp_base.authoring import Category

category = Category(
    "templates", "Templates: find them, use them with your own connections, make and publish them."
)
