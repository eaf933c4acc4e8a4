"""Interactive Make.com tools: build, run, repair and organize scenarios."""

from make_mcp_base.definition.bundle import Bundle

bundle = Bundle(
    "core",
    package="make_mcp_core_tools",
    title="Core operations",
)
