"""A team of its own in the company, with variables and scenarios that read them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from harness import Company

TYPE_IDS = {"number": 1, "text": 2, "boolean": 3, "date": 4}


@dataclass
class Settings:
    """The variables of a team and its organization, seen behind our server's back."""

    company: Company
    team: int
    organization: int

    async def put(self, name: str, value: Any, type: str = "text", owner: str = "team") -> None:
        """Create a variable."""
        body = {"name": name, "typeId": TYPE_IDS[type], "value": value}
        await self.company.send("POST", self.path(owner), body)

    async def all(self, owner: str = "team") -> dict[str, Any]:
        """Custom variables by name."""
        rows = (await self.company.get(self.path(owner)))[f"{owner}Variables"]
        return {row["name"]: row["value"] for row in rows if not row["isSystem"]}

    async def types(self, owner: str = "team") -> dict[str, int]:
        """Type ids of custom variables by name."""
        rows = (await self.company.get(self.path(owner)))[f"{owner}Variables"]
        return {row["name"]: row["typeId"] for row in rows if not row["isSystem"]}

    def path(self, owner: str = "team") -> str:
        return f"/{owner}s/{self.team if owner == 'team' else self.organization}/variables"


@pytest.fixture
async def settings(company: Company, team: int) -> Settings:
    organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    licence = {"customVariables": True, "apiLimit": 2000}
    await company.control("PATCH", "/world", {"licenses": {str(organization): licence}})
    return Settings(company, team, organization)


@pytest.fixture
def reading(
    blueprint: Callable[..., dict[str, Any]],
    step: Callable[..., dict[str, Any]],
    new_scenario: Callable[..., Awaitable[dict[str, Any]]],
) -> Callable[..., Awaitable[int]]:
    """Creates a scenario with one module for each of some texts that it maps."""

    async def make(*texts: str, name: str = "Reader") -> int:
        modules = [
            step(number, mapper={"name": "v", "scope": "roundtrip", "value": text})
            for number, text in enumerate(texts, 1)
        ]
        return int((await new_scenario(blueprint(*modules, name=name)))["id"])

    return make
