"""One company and server for all tests that only look at the catalogue of apps."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import Company, Server
from sharing import company_like, server_for


@dataclass
class Shop:
    """A company, a server, and the team whose connections count."""

    company: Company
    core: Server
    team: int
    connections: dict[str, int]
    """The team's connections by type."""


@pytest.fixture(scope="module")
async def shop(
    seeded_world: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Shop]:
    async with company_like(seeded_world, tmp_path_factory.mktemp("shop")) as company:
        await company.control("PATCH", "/world", {"rate_limits": False})
        teams = (await company.get("/teams", organizationId=1))["teams"]
        team = next(one["id"] for one in teams if one["name"] == "Sales")
        rows = (await company.get("/connections", teamId=team))["connections"]
        connections = {row["accountName"]: row["id"] for row in rows}
        async with server_for(company) as core:
            yield Shop(company, core, team, connections)
