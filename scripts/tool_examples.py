"""An example call of each category with its real answer, for the tool pages.

Each call goes from an MCP client through the server to a new sandbox world with a stopped clock, so
the answer is the same on every machine until a tool or the sandbox changes; only the moment of the
call itself (`as_of`) is left out.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import make_mcp_legacy
from make_api_sandbox.clock import EPOCH
from make_api_sandbox.seeding import populate
from make_api_sandbox.world import World
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client

if TYPE_CHECKING:
    from collections.abc import Mapping

CALLS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "ai_agents": ("ai_agent_list", {"team_id": 2}),
    "billing": ("billing_plan_list", {"organization_id": 1, "limit": 2}),
    "blueprint_collaboration": ("blueprint_version_list", {"scenario_id": 1, "limit": 2}),
    "connections": ("connection_usage_get", {"connection_id": 4}),
    "custom_apps": ("custom_app_list", {}),
    "enterprise_secrets": ("key_list", {"team_id": 5}),
    "folders": ("folder_list", {"team_id": 1}),
    "marketplace": ("app_list", {"query": "send a Slack message", "team_id": 1, "limit": 2}),
    "permissions": ("role_get", {"role_id": "Team Monitoring"}),
    "scenarios": ("scenario_get", {"scenario_id": 1, "include": ["outline", "bindings"]}),
    "sdk": ("sdk_app_installed_list", {"organization_id": 1, "limit": 3}),
    "templates": ("template_list", {"apps": ["slack"], "limit": 2}),
    "variables": ("variable_list", {"scope": "organization", "organization_id": 1}),
}
"""A call of each category: one that a reader understands without knowing the sandbox's company."""


def example_answers() -> dict[str, str]:
    """Call every example.

    Returns:
        For each category, the section of its page: the call and the answer.

    Raises:
        RuntimeError: A call was refused; the example is wrong.
    """
    return anyio.run(_answers)


async def _answers() -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world.db"
        _seed(world)
        setup = Setup(sandbox=str(world), data_dir=Path(folder) / "data")
        kernel = Kernel.of(make_mcp_legacy.app, setup)
        try:
            async with Client(build(kernel)) as client:
                return {name: await _section(client, *call) for name, call in CALLS.items()}
        finally:
            await kernel.aclose()


def _seed(path: Path) -> None:
    world = World.open(path)
    world.clock.freeze(EPOCH)
    populate(world)
    world.close()


async def _section(client: Client, tool: str, arguments: dict[str, Any]) -> str:
    result = await client.call_tool(tool, arguments)
    if result.is_error:
        raise RuntimeError(f"{tool}: {result.content}")
    call = {"name": tool, "arguments": arguments}
    told: dict[str, Any] = dict(result.structured_content or {})
    if "as_of" in told:
        told["as_of"] = "…"
    answer = json.dumps(told, indent=1, ensure_ascii=False)
    return "\n".join(
        [
            "## An example",
            "",
            "Call:",
            "",
            f"```json\n{json.dumps(call, ensure_ascii=False)}\n```",
            "",
            "Answer, from the sandbox:",
            "",
            f"```json\n{answer}\n```",
        ]
    )
