"""The whole way of a newcomer: create, patch, run to the result, diff, undo, on both transports."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from processes import environment, free_port, running

pytestmark = pytest.mark.anyio

SELECTION = ("--categories", "scenarios,permissions,blueprint_collaboration")
BLUEPRINT: dict[str, Any] = {
    "name": "Price with tax",
    "flow": [
        {"id": 1, "module": "scenario-service:StartSubscenario", "version": 2, "mapper": {}},
        {
            "id": 2,
            "module": "util:SetVariable2",
            "version": 1,
            "mapper": {
                "name": "total",
                "scope": "roundtrip",
                "value": "{{var.input.net * 1.2}}",
            },
        },
        {
            "id": 3,
            "module": "scenario-service:ReturnData",
            "version": 2,
            "mapper": {"total": "{{2.total}}"},
            "metadata": {"expect": [{"name": "total", "type": "number"}]},
        },
    ],
}


@asynccontextmanager
async def connected(transport: str, tmp: Path, era: str) -> AsyncGenerator[Client]:
    words = [f"--sandbox={tmp / 'world.db'}", *SELECTION]
    if transport == "stdio":
        args = ["-m", "make_mcp_core", "serve", *words]
        target = StdioServerParameters(command=sys.executable, args=args, env=environment(tmp))
        async with Client(target, mode=era) as client:
            yield client
        return
    port = free_port()
    words = ["serve", "--http", "--port", str(port), *words]
    with running("make_mcp_core", *words, tmp=tmp, port=port):
        async with Client(f"http://127.0.0.1:{port}/mcp", mode=era) as client:
            yield client


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_scenario_is_created_patched_run_diffed_and_undone(
    transport: str, era: str, tmp_path: Path
) -> None:
    async with connected(transport, tmp_path, era) as client:

        async def call(tool: str, **arguments: Any) -> dict[str, Any]:
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content
            assert result.structured_content is not None
            return dict(result.structured_content)

        made = await call(
            "scenario_create",
            blueprint=BLUEPRINT,
            team_id="Sales",
            schedule={"kind": "on_demand"},
            inputs=[{"name": "net", "type": "number", "required": True}],
            outputs=[{"name": "total", "type": "number"}],
            activate=True,
        )
        scenario = made["scenario_id"]
        first = await call("scenario_run", scenario_id=scenario, data={"net": 10})
        assert (first["status"], first["outputs"]) == ("success", {"total": 12})

        ops = [
            {
                "op": "set_mapper",
                "module": 2,
                "name": "value",
                "value": "{{var.input.net * 1.25}}",
            }
        ]
        planned = await call("scenario_patch", scenario_id=scenario, ops=ops)
        assert planned["plan"]["applied"] is False
        plan_id = planned["plan"]["plan_id"]
        patched = await call("scenario_patch", scenario_id=scenario, ops=ops, plan_id=plan_id)
        second = await call("scenario_run", scenario_id=scenario, data={"net": 10})
        assert second["outputs"] == {"total": 12.5}

        compared = await call("blueprint_diff", scenario_id=scenario)
        assert any("1.25" in line for line in compared["lines"])

        undo = {"operation_id": patched["operation_id"]}
        plan_id = (await call("operation_undo", **undo))["plan"]["plan_id"]
        await call("operation_undo", **undo, plan_id=plan_id)
        third = await call("scenario_run", scenario_id=scenario, data={"net": 10})
        assert third["outputs"] == {"total": 12}
