"""The category itself; its tools are in the other modules."""

from make_mcp_base.authoring import Category

category = Category(
    "marketplace", "Make's apps: find modules, their forms and options, and check settings."
)
