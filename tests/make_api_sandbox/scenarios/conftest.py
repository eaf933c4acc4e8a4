"""Blueprints and shortcuts for tests of scenarios."""

import json
from typing import Any, Protocol

import httpx
import pytest
from make_api_sandbox.world import World

Json = Any


class Company(Protocol):
    """The parts of the shared fixture `studio` that scenario tests use."""

    world: World
    app: Any
    http: httpx.AsyncClient

    async def call(
        self, method: str, path: str, body: Json = None, **query: Any
    ) -> httpx.Response: ...
    async def get(self, path: str, **query: Any) -> Json: ...
    async def post(self, path: str, body: Json = None, **query: Any) -> Json: ...
    async def control(self, method: str, path: str, body: Json = None) -> Json: ...
    def license(self, **members: Any) -> None: ...
    def token(self, *scopes: str, user: int = 1) -> str: ...
    def join(self, name: str, *, role: int, team_role: int | None = None) -> int: ...


class Shop:
    """A company whose scenarios are made through the API."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.world = company.world
        self.http = company.http
        self.call = company.call
        self.get = company.get
        self.post = company.post
        self.control = company.control
        self.license = company.license

    async def create(
        self,
        *flow: Json,
        scheduling: Json = None,
        settings: Json = None,
        confirmed: bool = False,
        **body: Any,
    ) -> int:
        """Make a scenario of these modules; on demand unless said otherwise."""
        answer = await self.post(
            "/scenarios",
            {
                "teamId": 1,
                "blueprint": json.dumps(blueprint(*flow, **(settings or {}))),
                "scheduling": json.dumps(scheduling or {"type": "on-demand"}),
                **body,
            },
            confirmed=str(confirmed).lower(),
        )
        return answer["scenario"]["id"]

    async def start(self, ident: int) -> None:
        """Activate a scenario."""
        await self.post(f"/scenarios/{ident}/start")

    async def run(self, ident: int, **data: Json) -> Json:
        """Run a scenario and wait for its result."""
        return await self.post(f"/scenarios/{ident}/run", {"data": data, "responsive": True})

    async def scenario(self, ident: int) -> Json:
        """A scenario as the API shows it."""
        return (await self.get(f"/scenarios/{ident}"))["scenario"]

    async def logs(self, ident: int, **query: Any) -> list[Json]:
        """Entries of the history of a scenario."""
        return (await self.get(f"/scenarios/{ident}/logs", **query))["scenarioLogs"]

    async def runs(self, ident: int, **query: Any) -> list[Json]:
        """Entries of runs only."""
        return [entry for entry in await self.logs(ident, **query) if "status" in entry]

    async def settle(self) -> None:
        """Let everything in the background come to its end."""
        await self.company.app.state.sandbox.background.settle()

    async def advance(self, seconds: float) -> None:
        """Move the clock on."""
        await self.control("POST", "/clock", {"advance": seconds})

    async def hook(self, **data: Json) -> Json:
        """Make a custom webhook that has already learned."""
        options = {"method": False, "headers": False, "stringify": False, **data}
        body = {"name": "In", "teamId": 1, "typeName": "gateway-webhook", **options}
        hook = (await self.post("/hooks", body))["hook"]
        self.world.update("hooks", hook["id"], learning=False)
        return hook

    async def deliver(self, hook: Json, body: Json = None, **options: Any) -> httpx.Response:
        """Send a request to the address of a hook."""
        method = options.pop("method", "POST")
        return await self.http.request(method, f"/hook/{hook['udid']}", json=body, **options)


@pytest.fixture
def shop(studio: Company) -> Shop:
    return Shop(studio)


def blueprint(*flow: Json, **settings: Json) -> Json:
    metadata: Json = {"version": 1, "scenario": settings, "designer": {"orphans": []}}
    return {"name": "Orders", "flow": list(flow), "metadata": metadata}
