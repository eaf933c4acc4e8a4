"""All make-mcp tools in one server, and a launcher for the two it was split into."""

from make_mcp_base.app import App

from make_mcp_legacy.launching import launch

app = App(
    name="make-mcp-legacy",
    slug="legacy",
    title="Make.com: all operations, monitoring and governance in one server.",
    bundles=(),
    port=3000,
    config_name="make-fastmcp-server-legacy",
    config_timeout=45,
    shows_everything=True,
    launcher=launch,
    flags=(
        ("--core", "run make-mcp-core in place of this server"),
        ("--analytics", "run make-mcp-analytics in place of this server"),
        ("--both", "run both as two processes over HTTP"),
        ("--core-port PORT", "with --both: port of make-mcp-core (3000)"),
        ("--analytics-port PORT", "with --both: port of make-mcp-analytics (3001)"),
        ("--legacy", "run this server (the default)"),
    ),
)


def main() -> None:
    """Be the command `make-mcp-legacy`."""
    app.run()
