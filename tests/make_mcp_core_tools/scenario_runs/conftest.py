"""Scenarios that tests make through the sandbox's API, and what is counted afterwards."""

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from harness import Company
from make_mcp_core_tools._engine import run_watch

Json = Any


def module(ident: int, name: str, **members: Json) -> Json:
    """A module as the editor saves it, without what only the editor needs."""
    at = {"designer": {"x": 300 * ident, "y": 0}}
    base: Json = {"id": ident, "module": name, "version": 1, "parameters": {}, "mapper": {}}
    return {**base, "metadata": at, **members}


async def until(ready: Callable[[], Awaitable[bool]]) -> None:
    """Look until something has happened; an error when it has not within 20 s."""
    with anyio.fail_after(20):
        while True:
            if await ready():
                return
            await anyio.sleep(0.005)


@dataclass
class Floor:
    """The workshop floor: scenarios of one team, made and looked at behind our server's back."""

    company: Company
    team: int
    start: Json = field(default_factory=lambda: module(1, "scenario-service:StartSubscenario"))

    async def until(self, ready: Callable[[], Awaitable[bool]]) -> None:
        await until(ready)

    def sleeping(self, ident: int, seconds: str) -> Json:
        return module(ident, "util:FunctionSleep", mapper={"duration": seconds})

    def returning(self, ident: int, **outputs: str) -> Json:
        expect = [{"name": name, "type": "any"} for name in outputs]
        at = {"designer": {"x": 300 * ident, "y": 0}, "expect": expect}
        return module(ident, "scenario-service:ReturnData", mapper=outputs, metadata=at)

    def parsing(self, ident: int, text: str, label: str = "Read the order", **more: Json) -> Json:
        """A module that fails when the text is no JSON."""
        at = {"designer": {"x": 300 * ident, "y": 0, "name": label}}
        return module(ident, "json:ParseJSON", mapper={"json": text}, metadata=at, **more)

    async def freeze(self) -> None:
        """Stop the clock: sleeps of more than 40 s in sum now last until it is moved."""
        now = (await self.company.control("GET", "/clock"))["now"]
        await self.company.control("POST", "/clock", {"set": now})

    async def advance(self, seconds: float) -> None:
        await self.company.control("POST", "/clock", {"advance": seconds})

    async def scenario(
        self,
        *flow: Json,
        name: str = "Cut boards",
        inputs: list[Json] | None = None,
        outputs: list[Json] | None = None,
        scheduling: Json = None,
        active: bool = True,
        **settings: Json,
    ) -> int:
        """Make a scenario; on demand and active unless said otherwise."""
        metadata: Json = {"version": 1, "scenario": settings, "designer": {"orphans": []}}
        blueprint: Json = {"name": name, "flow": list(flow), "metadata": metadata}
        body = {
            "teamId": self.team,
            "blueprint": json.dumps(blueprint),
            "scheduling": json.dumps(scheduling or {"type": "on-demand"}),
        }
        made = await self.company.send("POST", "/scenarios", body, confirmed="true")
        ident = int(made["scenario"]["id"])
        if inputs is not None or outputs is not None:
            interface = {"input": inputs or [], "output": outputs or []}
            path = f"/scenarios/{ident}/interface"
            await self.company.send("PATCH", path, {"interface": interface})
        if active:
            await self.company.send("POST", f"/scenarios/{ident}/start")
        return ident

    async def hook(self, name: str = "Orders in") -> Json:
        """Make a custom webhook that has already learned."""
        flags = {"method": False, "headers": False, "stringify": False}
        body = {"name": name, "teamId": self.team, "typeName": "gateway-webhook", **flags}
        hook = (await self.company.send("POST", "/hooks", body))["hook"]
        await self.company.send("POST", f"/hooks/{hook['id']}/learn-stop")
        return hook

    async def starts(self, scenario: int) -> int:
        """Count the runs of a scenario that were ever begun, going on or over."""
        rows = self.company.mounted.sandbox.world.rows(
            "SELECT id FROM executions WHERE scenario_id = ? AND kind = 'run'", scenario
        )
        return len(rows)

    async def running(self, scenario: int) -> list[str]:
        """Ids of the runs that go on."""
        rows = self.company.mounted.sandbox.world.rows(
            "SELECT id FROM executions WHERE scenario_id = ? AND state = 'RUNNING'", scenario
        )
        return [str(row["id"]) for row in rows]

    async def sent(self, method: str, ending: str) -> list[Json]:
        """Requests that reached the API, by method and end of their path."""
        found = (await self.company.control("GET", f"/requests?method={method}"))["requests"]
        return [entry for entry in found if entry["path"].endswith(ending)]

    async def ended(self, scenario: int) -> None:
        """Let the scenario's runs come to their end."""

        async def none() -> bool:
            return not await self.running(scenario)

        await until(none)

    async def fault(self, method: str, path: str, **effect: Json) -> None:
        """Have matching requests fail from now on."""
        body = {"method": method, "path": path, **effect}
        await self.company.control("POST", "/faults", body)

    async def clear_faults(self) -> None:
        await self.company.control("DELETE", "/faults")


@pytest.fixture
async def floor(company: Company) -> Floor:
    organization = (await company.get("/organizations"))["organizations"][0]["id"]
    team = (await company.get("/teams", organizationId=organization))["teams"][0]["id"]
    return Floor(company, team)


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at runs every few milliseconds in place of every few seconds."""
    monkeypatch.setattr(run_watch, "POLL_SECONDS", (0.02,))


class Minutes:
    """The clock of the machine and that of the sandbox, moved together."""

    def __init__(self, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        self.company = company
        self.ahead = 0.0
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + self.ahead)

    async def next(self, seconds: float = 61) -> None:
        """A minute later, or whatever is asked for."""
        self.ahead += seconds
        await self.company.control("POST", "/clock", {"advance": seconds})


@pytest.fixture
async def minutes(floor: Floor, company: Company, monkeypatch: pytest.MonkeyPatch) -> Minutes:
    await floor.freeze()
    return Minutes(company, monkeypatch)
