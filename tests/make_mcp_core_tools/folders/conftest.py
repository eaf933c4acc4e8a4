"""A bench to try folders and data stores on, made through the sandbox's own API."""

import json
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness import Company, Connect, Server
from sharing import company_like, server_for

JsonObject = dict[str, Any]

FIELDS: list[JsonObject] = [
    {"name": "sku", "type": "text", "required": True},
    {"name": "price", "type": "number"},
    {"name": "since", "type": "date"},
    {"name": "active", "type": "boolean"},
    {"name": "tags", "type": "array", "spec": {"type": "text"}},
    {"name": "maker", "type": "collection", "spec": [{"name": "city", "type": "text"}]},
]


def numbered(at: int, module: JsonObject) -> JsonObject:
    """A module as a blueprint holds it."""
    return {"id": at, "version": 1, "mapper": {}, **module}


@dataclass
class Bench:
    """A team without anything, and ways to fill it behind our servers' back."""

    company: Company
    organization: int
    team: int

    async def folder(self, name: str) -> int:
        made = await self.company.send(
            "POST", "/scenarios-folders", {"name": name, "teamId": self.team}
        )
        return int(made["scenarioFolder"]["id"])

    async def scenario(self, name: str, folder: int | None = None, *modules: JsonObject) -> int:
        start: JsonObject = {"module": "util:BasicTrigger"}
        flow = [numbered(at, module) for at, module in enumerate(modules or (start,), 1)]
        blueprint = {"name": name, "flow": flow, "metadata": {"version": 1}}
        body = {
            "teamId": self.team,
            "blueprint": json.dumps(blueprint),
            "scheduling": json.dumps({"type": "on-demand"}),
            "folderId": folder,
        }
        made = await self.company.send("POST", "/scenarios", body, confirmed="true")
        return int(made["scenario"]["id"])

    async def structure(self, strict: bool = True, spec: list[JsonObject] | None = None) -> int:
        body = {
            "teamId": self.team,
            "name": "Articles",
            "strict": strict,
            "spec": FIELDS if spec is None else spec,
        }
        made = await self.company.send("POST", "/data-structures", body)
        return int(made["dataStructure"]["id"])

    async def store(self, structure: int | None = None, name: str = "Price list") -> int:
        body = {"teamId": self.team, "name": name, "maxSizeMB": 1, "datastructureId": structure}
        made = await self.company.send("POST", "/data-stores", body)
        return int(made["dataStore"]["id"])

    async def record(self, store: int, key: str, **data: Any) -> None:
        body = {"key": key, "data": data}
        await self.company.send("POST", f"/data-stores/{store}/data", body)

    async def records(self, store: int) -> dict[str, JsonObject]:
        path = f"/data-stores/{store}/data"
        found = await self.company.get(path, **{"pg[limit]": 10_000})
        return {record["key"]: record["data"] for record in found["records"]}

    async def folders(self) -> dict[int, str]:
        found = await self.company.get("/scenarios-folders", teamId=self.team)
        return {folder["id"]: folder["name"] for folder in found["scenariosFolders"]}

    async def folder_of(self, scenario: int) -> int | None:
        found = await self.company.get(f"/scenarios/{scenario}")
        place: int | None = found["scenario"]["folderId"]
        return place

    async def stores(self) -> list[JsonObject]:
        found = await self.company.get("/data-stores", teamId=self.team)
        stores: list[JsonObject] = found["dataStores"]
        return stores

    async def structures(self) -> list[JsonObject]:
        found = await self.company.get(
            "/data-structures", teamId=self.team, **{"cols[]": ["id", "name", "spec", "strict"]}
        )
        structures: list[JsonObject] = found["dataStructures"]
        return structures

    async def licence(self, **members: Any) -> None:
        licence = {str(self.organization): members}
        await self.company.control("PATCH", "/world", {"licenses": licence})

    async def writes(self) -> list[str]:
        """The requests since the log was emptied that could change something."""
        log = (await self.company.control("GET", "/requests"))["requests"]
        return [f"{r['method']} {r['path']}" for r in log if r["method"] != "GET"]

    def clear(self) -> None:
        """Leave the team as it was made."""
        for table in ("scenarios", "folders", "data_stores", "data_structures"):
            statement = f"DELETE FROM {table} WHERE team_id = ?"
            self.company.mounted.sandbox.world.execute(statement, self.team)


@dataclass
class Workshop:
    """A company and a server that the tests of a module share.

    Names are resolved by lists up to ten seconds old: what a test names must not be called like
    something that another test names.
    """

    core: Server
    bench: Bench
    """Cleared after each test."""
    shelf: Bench
    """Never cleared; for what many tests look at and none changes."""


async def make_bench(company: Company, name: str) -> Bench:
    """Make a team without anything, in an organization whose plan leaves room."""
    organization = (await company.get("/organizations"))["organizations"][0]["id"]
    team = await company.send("POST", "/teams", {"name": name, "organizationId": organization})
    bench = Bench(company, organization, team["team"]["id"])
    await bench.licence(apiLimit=2000, dslimit=1000, dsslimit=100_000_000)
    return bench


@pytest.fixture
async def own_bench(company: Company) -> Bench:
    """A bench in a company of its own, whose plan and faults a test may change."""
    return await make_bench(company, "Bench")


@pytest.fixture
async def own_core(connect: Connect, own_bench: Bench) -> AsyncGenerator[Server]:
    """A server over that company."""
    async with connect() as server:
        yield server


@pytest.fixture(scope="module")
async def workshop(
    seeded_world: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Workshop]:
    async with company_like(seeded_world, tmp_path_factory.mktemp("workshop")) as company:
        bench, shelf = await make_bench(company, "Bench"), await make_bench(company, "Shelf")
        await company.control("PATCH", "/world", {"rate_limits": False})
        async with server_for(company) as core:
            yield Workshop(core, bench, shelf)


@pytest.fixture
def core(workshop: Workshop) -> Server:
    return workshop.core


@pytest.fixture
def bench(workshop: Workshop) -> Generator[Bench]:
    yield workshop.bench
    workshop.bench.clear()
