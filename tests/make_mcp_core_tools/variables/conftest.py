"""A team of its own in the company, with variables and scenarios that read them."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness import Company, Server
from make_mcp_core_tools._engine import run_watch
from sharing import company_like, server_for

TYPE_IDS = {"number": 1, "text": 2, "boolean": 3, "date": 4}


@pytest.fixture(scope="module")
async def company(
    seeded_world: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Company]:
    """A company for all tests of a module; each has a team of its own."""
    async with company_like(seeded_world, tmp_path_factory.mktemp("company")) as shared:
        await shared.control("PATCH", "/world", {"rate_limits": False})
        yield shared


@pytest.fixture(scope="module")
async def core(company: Company) -> AsyncGenerator[Server]:
    async with server_for(company) as server:
        yield server


@dataclass
class Settings:
    """The variables of a team and its organization, seen behind our server's back."""

    company: Company
    team: int
    organization: int

    async def put(self, name: str, value: Any, type: str = "text", owner: str = "team") -> None:
        """Set a variable."""
        body = {"typeId": TYPE_IDS[type], "value": value}
        if name in await self.all(owner):
            await self.company.send("PATCH", f"{self.path(owner)}/{name}", body)
        else:
            await self.company.send("POST", self.path(owner), body | {"name": name})

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
async def settings(company: Company, team: int) -> AsyncGenerator[Settings]:
    organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    licence = {"customVariables": True, "apiLimit": 2000}
    await company.control("PATCH", "/world", {"licenses": {str(organization): licence}})
    yield Settings(company, team, organization)
    await company.control("DELETE", "/faults")


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


# Incomplete executions


def module(ident: int, name: str, **members: Any) -> dict[str, Any]:
    """A module as the editor saves it, without what only the editor needs."""
    at = {"designer": {"x": 300 * ident, "y": 0}}
    base: dict[str, Any] = {"id": ident, "module": name, "version": 1, "parameters": {}}
    return {**base, "mapper": {}, "metadata": at, **members}


@dataclass
class Shelf:
    """Scenarios that put failed runs aside, made and looked at behind our server's back."""

    company: Company
    team: int

    async def scenario(
        self, name: str = "Read orders", text: str = "{{1.order}}", **members: Any
    ) -> int:
        """A scenario that fails in module 2 when its input is no JSON."""
        at = {"designer": {"x": 600, "y": 0, "name": "Read the order"}}
        reading = module(2, "json:ParseJSON", mapper={"json": text}, metadata=at, **members)
        after = module(
            3, "util:SetVariable2", mapper={"name": "v", "scope": "roundtrip", "value": "{{2.a}}"}
        )
        settings = {"dlq": True, "maxErrors": 100}
        blueprint: dict[str, Any] = {
            "name": name,
            "flow": [module(1, "scenario-service:StartSubscenario"), reading, after],
            "metadata": {"version": 1, "scenario": settings, "designer": {"orphans": []}},
        }
        body = {
            "teamId": self.team,
            "blueprint": json.dumps(blueprint),
            "scheduling": json.dumps({"type": "on-demand"}),
        }
        made = await self.company.send("POST", "/scenarios", body, confirmed="true")
        ident = int(made["scenario"]["id"])
        fields = [{"name": "order", "type": "text"}]
        interface = {"interface": {"input": fields, "output": None}}
        await self.company.send("PATCH", f"/scenarios/{ident}/interface", interface)
        await self.company.send("POST", f"/scenarios/{ident}/start")
        return ident

    async def fail(self, scenario: int, *orders: str) -> list[str]:
        """Run it with texts that are no JSON; ids of what was put aside, oldest first."""
        before = set(await self.ids(scenario))
        for order in orders:
            body = {"data": {"order": order}, "responsive": True}
            await self.company.send("POST", f"/scenarios/{scenario}/run", body)
        return [ident for ident in await self.ids(scenario) if ident not in before]

    async def rows(self, scenario: int) -> list[dict[str, Any]]:
        """What Make lists."""
        found = await self.company.get("/dlqs", scenarioId=scenario)
        return list(found["dlqs"])

    async def ids(self, scenario: int) -> list[str]:
        """Ids of the incomplete executions of a scenario."""
        return [row["id"] for row in await self.rows(scenario)]

    async def unresolved(self, scenario: int) -> list[str]:
        """Ids of those that wait."""
        return [row["id"] for row in await self.rows(scenario) if not row["resolved"]]

    async def sent(self) -> list[str]:
        """What was sent to change something since the last look."""
        seen = (await self.company.control("GET", "/requests"))["requests"]
        await self.company.control("DELETE", "/requests")
        return [f"{one['method']} {one['path']}" for one in seen if one["method"] != "GET"]


@pytest.fixture
async def shelf(company: Company, team: int) -> Shelf:
    organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
    await company.control("PATCH", "/world", {"licenses": {str(organization): {"apiLimit": 2000}}})
    return Shelf(company, team)


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at retries every few milliseconds in place of every few seconds."""
    monkeypatch.setattr(run_watch, "POLL_SECONDS", (0.02,))
