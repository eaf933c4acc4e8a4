"""Two servers that share a PostgreSQL store: one plan, one journal, one way back."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import make_mcp_core
import pytest
from harness import Company, Server
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client

pytestmark = pytest.mark.anyio

HOME = 1


@asynccontextmanager
async def replica(company: Company, url: str, data: Path) -> AsyncGenerator[Server]:
    setup = Setup(sandbox=str(company.world), data_dir=data, store_url=url)
    kernel = Kernel.of(make_mcp_core.app, setup)
    try:
        async with Client(build(kernel)) as client:
            yield Server(kernel, client)
    finally:
        await kernel.aclose()


async def test_one_replica_applies_and_undoes_what_another_planned(
    company: Company, postgres_address: str, tmp_path: Path
) -> None:
    async with (
        replica(company, postgres_address, tmp_path / "a") as one,
        replica(company, postgres_address, tmp_path / "b") as other,
    ):
        made = await one.call("team_create", name="Tests", organization_id=HOME)
        undo = {"operation_id": made.data["operation_id"]}
        planned = await one.call("operation_undo", **undo)
        plan_id = planned.data["plan"]["plan_id"]
        assert (await other.call("operation_undo", **undo, plan_id=plan_id)).data["undone"]
        again = await one.call("operation_undo", **undo, plan_id=plan_id)
        assert "undone already" in again.error["why"]
        listed = await one.call("operation_list")
        assert [row["state"] for row in listed.data["operations"]] == ["done", "undone"]
    teams = (await company.get("/teams", organizationId=HOME))["teams"]
    assert "Tests" not in [team["name"] for team in teams]
