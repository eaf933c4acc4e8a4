"""MCP server for Make.com: monitoring, analytics and governance."""

from make_mcp_base.app import App

app = App(
    name="make-mcp-analytics",
    slug="analytics",
    title="Make.com: monitoring, analytics and governance.",
    bundles=("analytics",),
    port=3001,
    config_name="make-analytics-server",
    config_timeout=30,
)


def main() -> None:
    """Be the command `make-mcp-analytics`."""
    app.run()
