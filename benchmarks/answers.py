"""How large the answers of the tools that read are, with the fewest arguments, on a large company.

Usage: python -m benchmarks.answers [--scale N] [--all]

Makes a sandbox company with N times the usual history, calls every tool that only reads through an
MCP client, and prints tokens (o200k) and the widest row of each answer; without `--all` only those
above 5,000 tokens, or with rows above 200 bytes in a list. Exit code 1 when an answer is too large.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import anyio
import make_mcp_legacy
from make_api_sandbox.clock import EPOCH
from make_api_sandbox.seeding import Recipe, populate
from make_api_sandbox.world import World
from make_mcp_base.cli.cost import token_counter
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client

if TYPE_CHECKING:
    from make_mcp_base.definition.catalog import Entry

MOST_TOKENS, WIDEST_ROW = 5_000, 200
IDS: dict[str, Any] = {
    "organization_id": 1,
    "team_id": 1,
    "scenario_id": 1,
    "connection_id": 4,
    "hook_id": 1,
    "data_store_id": 1,
    "data_structure_id": 1,
    "folder_id": 1,
    "user_id": 1,
    "role_id": 1,
}


class Size(NamedTuple):
    """What one answer weighs."""

    tool: str
    tokens: int
    rows: int
    widest: int
    failed: str

    @property
    def is_large(self) -> bool:
        """True when it is above what a model should be given by default."""
        return self.tokens > MOST_TOKENS or self.widest > WIDEST_ROW


def main(argv: list[str] | None = None) -> int:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description="Weigh the answers of the tools that read.")
    parser.add_argument("--scale", type=int, default=1, help="times the usual history")
    parser.add_argument("--all", action="store_true", help="print every tool")
    chosen = parser.parse_args(argv)
    sizes = anyio.run(weigh, chosen.scale)
    for size in sizes:
        if chosen.all or size.is_large or size.failed:
            sys.stdout.write(
                f"{size.tool:40} {size.tokens:6} tokens {size.rows:4} rows"
                f" {size.widest:5} bytes the widest  {size.failed}\n"
            )
    answered = [size for size in sizes if not size.failed]
    sys.stdout.write(f"{len(answered)} of {len(sizes)} tools answered.\n")
    return int(any(size.tokens > MOST_TOKENS for size in answered))


async def weigh(scale: int) -> list[Size]:
    """Call every tool that only reads.

    Args:
        scale: How many times the usual history the company has.
    """
    with tempfile.TemporaryDirectory() as folder:
        world = World.open(Path(folder) / "world.db")
        world.clock.freeze(EPOCH)
        populate(world, Recipe(scale=scale, plan="enterprise"))
        _lift_limits(world)
        special = _special(world)
        world.close()
        setup = Setup(sandbox=str(Path(folder) / "world.db"), data_dir=Path(folder) / "data")
        kernel = Kernel.of(make_mcp_legacy.app, setup)
        try:
            async with Client(build(kernel)) as client:
                entries = [e for e in kernel.surface.entries.values() if not e.writes]
                return [await _weighed(client, entry, special) for entry in entries]
        finally:
            await kernel.aclose()


def _lift_limits(world: World) -> None:
    """Let every organization make as many calls a minute as the measurement does."""
    with world.write():
        world.set_setting("rateLimits", value=False)
        for row in world.rows("SELECT id, license FROM organizations"):
            licence = row["license"] | {"apiLimit": 1_000_000}
            world.update("organizations", row["id"], license=licence)


def _special(world: World) -> dict[str, dict[str, Any]]:
    """Arguments for tools that take what only this company has: the largest where sizes differ."""
    run = _row(world, "executions", "kind = 'run' AND status = 3")
    step = _row(world, "execution_modules")
    agent, app, part = (_row(world, name) for name in ("ai_agents", "sdk_apps", "sdk_components"))
    waiting = _row(world, "hook_incomings")
    system, bridge = _row(world, "connected_systems"), _row(world, "on_prem_agents")
    variable = _row(world, "variables")
    about_agent = {"agent_id": agent["id"], "team_id": agent["team_id"]}
    about_app = {"app": app["name"], "version": app["version"]}
    about_part = about_app | {"kind": part["kind"], "name": part["name"]}
    named = {"scope": "organization", "organization_id": 1, "name": variable["name"]}
    request = {"request_id": _row(world, "credential_requests")["id"]}
    function = {"function_id": _row(world, "custom_functions")["id"]}
    busy = {"scenario_id": run["scenario_id"]}
    return {
        "ai_agent_context_list": about_agent,
        "ai_agent_get": about_agent,
        "ai_agent_usage_get": about_agent,
        "llm_model_list": {"provider_id": agent["provider_id"], "team_id": agent["team_id"]},
        "blueprint_analyze": {"scenario_id": 1},
        "blueprint_component_list": {"scenario_id": 1},
        "blueprint_dependency_get": {"target_team_id": 1},
        "blueprint_diff": {"scenario_id": 1, "other_scenario_id": 2},
        "blueprint_export": {"scenario_ids": [1, 2, 3]},
        "blueprint_impact_get": {"kind": "connection", "id": 1, "target_team_id": 1},
        "blueprint_validate": {"scenario_id": 1},
        "build_variable_list": {"scenario_id": 1},
        "app_compatibility_check": {"scenario_id": 1, "team_id": 1},
        "app_credential_list": {"app": "slack"},
        "app_doc_get": {"app": "slack"},
        "app_get": {"app": "slack"},
        "app_module_list": {"app": "slack"},
        "connected_system_get": {"organization_id": 1, "system_id": system["id"]},
        "connection_diagnose": {"all_in_team": 1},
        "connection_type_get": {"type": "slack", "team_id": 1},
        "connection_verify": {"all_in_team": 1},
        "credential_request_get": request,
        "custom_app_get": {"name": app["name"]},
        "custom_app_section_get": {"name": app["name"], "section": "base"},
        "custom_app_validate": {"name": app["name"], "version": app["version"]},
        "data_structure_generate": {"samples": [{"id": 1, "name": "a"}]},
        "function_check": {"team_id": 3, "code": "function twice(a) { return a * 2; }"},
        "function_get": function,
        "function_history_get": function,
        "function_list": {"team_id": 3},
        "hook_incoming_get": {"hook_id": waiting["hook_id"], "incoming_id": waiting["id"]},
        "hook_incoming_list": {"hook_id": waiting["hook_id"]},
        "hook_type_get": {"type": "gateway-webhook", "team_id": 1},
        "incomplete_execution_get": {"dlq_id": _row(world, "dlqs")["id"]},
        "key_get": {"key_id": _row(world, "keys")["id"]},
        "key_list": {"team_id": _row(world, "keys")["team_id"]},
        "on_prem_agent_app_config_get": {
            "organization_id": 1,
            "agent_id": bridge["id"],
            "app": system["app_name"],
        },
        "on_prem_agent_get": {"organization_id": 1, "agent_id": bridge["id"]},
        "scenario_execution_compare": busy,
        "scenario_execution_get": busy | {"execution_id": run["id"]},
        "scenario_execution_list": busy,
        "scenario_execution_module_get": {
            "scenario_id": step["scenario_id"],
            "execution_id": step["execution_id"],
            "module_id": step["module_id"],
        },
        "scenario_module_get": {"scenario_id": 1, "module_id": 1},
        "scenario_search": {"team_id": 1, "query": "e1"},
        "sdk_component_get": about_part,
        "sdk_component_list": about_app,
        "sdk_component_section_get": about_part | {"section": "api"},
        "template_get": {"template_id": _row(world, "templates")["id"]},
        "variable_get": named,
        "variable_history_get": named,
        "variable_usage_get": named,
    }


def _row(world: World, table: str, condition: str = "1 = 1") -> dict[str, Any]:
    found = world.row(f"SELECT * FROM {table} WHERE {condition} LIMIT 1")
    if found is None:
        raise SystemExit(f"the company has nothing in {table}")
    return found


async def _weighed(client: Client, entry: Entry, special: dict[str, dict[str, Any]]) -> Size:
    arguments = special.get(entry.name) or _arguments(entry)
    if arguments is None:
        return Size(entry.name, 0, 0, 0, "needs an id that only a call can give")
    answer = await client.call_tool(entry.name, arguments)
    text = "\n".join(str(getattr(part, "text", "")) for part in answer.content)
    rows = _rows(answer.structured_content or {}) if entry.name.endswith("_list") else []
    widest = max((len(_compact(row).encode()) for row in rows), default=0)
    failed = text.replace("\n", " ")[:120] if answer.is_error else ""
    return Size(entry.name, token_counter()(text), len(rows), widest, failed)


def _arguments(entry: Entry) -> dict[str, Any] | None:
    required: list[str] = entry.input_schema.get("required", [])
    members: dict[str, Any] = entry.input_schema["properties"]
    example: dict[str, Any] = entry.examples[0] if entry.examples else {}
    given = {name: IDS[name] for name in required if name in IDS}
    if not {"scenario_id"} & set(given):
        place = "team_id" if "team_id" in members else "organization_id"
        given |= {place: IDS[place]} if place in members else {}
    if not set(required) <= set(given):
        given = {**example, **given}
    return given if set(required) <= set(given) else None


def _rows(answer: dict[str, Any]) -> list[Any]:
    """The rows of a list: the longest array of the answer."""
    lists = [cast("list[Any]", value) for value in answer.values() if isinstance(value, list)]
    return max(lists, key=len, default=list[Any]())


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


if __name__ == "__main__":
    raise SystemExit(main())
