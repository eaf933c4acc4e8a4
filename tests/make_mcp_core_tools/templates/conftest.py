"""A company whose plan allows templates, and a server, shared by the tests of a module."""

import json
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from harness import Company, Server
from sharing import company_like, server_for

JsonObject = dict[str, Any]
KEYS = {
    "apiKey": "k",
    "url": "https://service.example",
    "username": "u",
    "apiToken": "t",
    "token": "t",
    "organizationId": "o",
}
"""What connections that are not granted in a browser are made of, whatever their type."""
TABLES = ("scenarios", "hooks", "templates")


@dataclass
class Studio:
    """A company and server, with two teams of its own that are emptied after each test."""

    company: Company
    core: Server
    team: int
    other: int
    connections: dict[str, int] = field(default_factory=dict[str, int])
    """Connections of the first team by type; the other has the same."""

    async def connection(self, type_name: str, team: int, name: str, *scopes: str) -> int:
        body = {"accountName": name, "accountType": type_name, "scopes": list(scopes)} | KEYS
        made = await self.company.send("POST", "/connections", body, teamId=team)
        return int(made["connection"]["id"])

    async def hook(self, team: int) -> int:
        body: JsonObject = {"name": "Form", "teamId": team, "typeName": "gateway-webhook"}
        body |= {"method": False, "headers": False, "stringify": False}
        return int((await self.company.send("POST", "/hooks", body))["hook"]["id"])

    async def scenario(self, blueprint: JsonObject, team: int) -> int:
        body = {
            "teamId": team,
            "blueprint": json.dumps(blueprint),
            "scheduling": json.dumps({"type": "immediately"}),
        }
        made = await self.company.send("POST", "/scenarios", body, confirmed="true")
        return int(made["scenario"]["id"])

    async def stored(self, scenario: int) -> JsonObject:
        answer = await self.company.get(f"/scenarios/{scenario}/blueprint")
        kept: JsonObject = answer["response"]["blueprint"]
        return kept

    async def held(self, template: int) -> JsonObject:
        """What a template holds."""
        kept: JsonObject = await self.company.get(f"/templates/{template}/blueprint")
        return kept

    async def rows(self, path: str, key: str, team: int) -> list[JsonObject]:
        found: list[JsonObject] = (await self.company.get(path, teamId=team))[key]
        return found

    async def writes(self) -> list[str]:
        log = (await self.company.control("GET", "/requests"))["requests"]
        await self.company.control("DELETE", "/requests")
        return [f"{one['method']} {one['path']}" for one in log if one["method"] != "GET"]


@pytest.fixture(scope="module")
async def shared(
    seeded_world: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Studio]:
    async with company_like(seeded_world, tmp_path_factory.mktemp("studio")) as company:
        await company.control("PATCH", "/world", {"rate_limits": False})
        await company.control("PATCH", "/world", {"licenses": {"1": {"creatingTemplates": True}}})
        ids: list[int] = []
        for name in ("Makers", "Takers"):
            made = await company.send("POST", "/teams", {"name": name, "organizationId": 1})
            ids.append(int(made["team"]["id"]))
        async with server_for(company) as core:
            studio = Studio(company, core, ids[0], ids[1])
            for type_name in ("slack", "google"):
                made = await studio.connection(type_name, ids[0], f"Our {type_name}")
                studio.connections[type_name] = made
                await studio.connection(type_name, ids[1], f"Their {type_name}")
            yield studio


@pytest.fixture
def studio(shared: Studio) -> Generator[Studio]:
    yield shared
    world = shared.company.mounted.sandbox.world
    for table in TABLES:
        for team in (shared.team, shared.other):
            world.execute(f"DELETE FROM {table} WHERE team_id = ?", team)


@pytest.fixture
async def flow(studio: Studio) -> JsonObject:
    """A blueprint that binds a hook and two connections, and tells whose it is."""
    return {
        "name": "Form to Slack",
        "flow": [
            {
                "id": 1,
                "module": "gateway:CustomWebHook",
                "version": 1,
                "parameters": {"hook": await studio.hook(studio.team), "maxResults": 1},
                "mapper": {},
                "metadata": {
                    "designer": {"x": 0, "y": 0},
                    "restore": {"parameters": {"hook": {"label": "Form of otto@harbor.example"}}},
                    "parameters": [
                        {"name": "hook", "type": "hook:gateway-webhook", "required": True},
                        {"name": "maxResults", "type": "number"},
                    ],
                },
            },
            sending(studio, 2, "New: {{1.email}}"),
            sending(studio, 5, "Ask otto@harbor.example"),
        ],
        "metadata": {
            "version": 1,
            "instant": True,
            "zone": "eu1.make.com",
            "notes": [{"moduleIds": [2], "content": "<p>Ask Otto</p>", "isFilterNote": False}],
            "scenario": {"roundtrips": 1, "maxErrors": 3},
            "designer": {"orphans": []},
        },
    }


def sending(studio: Studio, number: int, text: str) -> JsonObject:
    """A module that writes to Slack through the team's connection."""
    return {
        "id": number,
        "module": "slack:CreateMessage",
        "version": 4,
        "parameters": {"__IMTCONN__": studio.connections["slack"]},
        "mapper": {"channel": "#sales", "text": text},
        "metadata": {
            "designer": {"x": 300 * number, "y": 0},
            "restore": {"parameters": {"__IMTCONN__": {"label": "Our slack"}}},
            "parameters": [{"name": "__IMTCONN__", "type": "account:slack", "required": True}],
        },
    }
