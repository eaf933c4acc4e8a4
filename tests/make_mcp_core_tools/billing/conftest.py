"""A company whose books tests read, and a server before it, shared by the tests of a module."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness import Company, Server
from sharing import company_like, server_for


@dataclass
class Books:
    """A company's organization with a past, which nobody changes."""

    company: Company
    core: Server
    organization: int
    team: int

    async def raw(self) -> dict[str, Any]:
        """The organization as Make tells it."""
        found: dict[str, Any] = await self.company.get(f"/organizations/{self.organization}")
        return dict(found["organization"])

    async def days(self, path: str | None = None) -> list[dict[str, Any]]:
        """Usage by day as Make tells it, in the organization's zone."""
        path = path or f"/organizations/{self.organization}"
        found = await self.company.get(f"{path}/usage", organizationTimezone="true")
        return list(found["data"])

    async def consumed(self) -> dict[int, int]:
        """Centicredits by scenario since the last reset."""
        found = await self.company.get("/scenarios/consumptions", organizationId=self.organization)
        return {row["scenarioId"]: row["centicredits"] for row in found["scenarioConsumptions"]}


@pytest.fixture(scope="module")
async def books(
    seeded_world: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Books]:
    async with company_like(seeded_world, tmp_path_factory.mktemp("books")) as company:
        await company.control("PATCH", "/world", {"rate_limits": False})
        organization = (await company.get("/organizations"))["organizations"][0]["id"]
        team = (await company.get("/teams", organizationId=organization))["teams"][0]["id"]
        async with server_for(company) as core:
            yield Books(company, core, organization, team)
