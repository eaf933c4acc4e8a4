"""All make-mcp tools in one server, and a launcher for the two it was split into."""

from make_mcp_base.app import App

app = App(
    name="make-mcp-legacy",
    slug="legacy",
    title="Make.com: all operations, monitoring and governance in one server.",
    bundles=(),
    port=3000,
    config_name="make-fastmcp-server-legacy",
    config_timeout=45,
    shows_everything=True,
)


def main() -> None:
    """Be the command `make-mcp-legacy`."""
    app.run()
