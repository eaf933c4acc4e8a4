"""MCP server for Make.com: build, run, repair and organize scenarios."""

from make_mcp_base.app import App

app = App(
    name="make-mcp-core",
    slug="core",
    title="Make.com: build, run, repair and organize scenarios.",
    bundles=("core",),
    port=3000,
    everyday=(
        "scenario_list",
        "scenario_get",
        "scenario_create",
        "scenario_patch",
        "scenario_run",
        "scenario_execution_list",
        "scenario_execution_get",
        "scenario_troubleshoot",
    ),
    config_name="make-core-server",
    config_timeout=30,
)


def main() -> None:
    """Be the command `make-mcp-core`."""
    app.run()
