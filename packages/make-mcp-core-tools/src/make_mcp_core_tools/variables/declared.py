"""The category itself; its tools are in the other modules."""

from make_mcp_base.authoring import Category

category = Category(
    "variables",
    "Variables of teams and organizations, and incomplete executions with their repair.",
)
