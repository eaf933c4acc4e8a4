"""A team of its own in the company, with what a test puts into it."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from harness import Company


@dataclass
class Office:
    """A fresh team, filled behind our servers' back."""

    company: Company
    team: int

    async def connection(self, type: str = "openai-gpt-3", name: str = "Model", **data: Any) -> int:
        """A connection made of parameters; it works."""
        given = data or {"apiKey": "not-a-real-key", "organizationId": "org"}
        body = {"accountName": name, "accountType": type, **given}
        made = await self.company.send("POST", "/connections", body, teamId=self.team)
        return int(made["connection"]["id"])

    async def granted(self, *scopes: str, type: str = "slack", name: str = "Chat") -> int:
        """A connection that somebody granted in a browser; it works."""
        body = {"accountName": name, "accountType": type, "scopes": list(scopes)}
        made = await self.company.send("POST", "/connections", body, teamId=self.team)
        ident = int(made["connection"]["id"])
        opened = await self.company.http.get(f"/api/v2/oauth/auth/{ident}")
        assert opened.status_code == 200
        return ident

    async def spoil(self, connection: int, state: str = "broken", **more: Any) -> None:
        """Let the service behind a connection refuse it."""
        change = {"connections": {str(connection): {"state": state, **more}}}
        await self.company.control("PATCH", "/world", change)

    async def hook(
        self, name: str = "Orders in", type: str = "gateway-webhook", **data: Any
    ) -> int:
        """A hook."""
        options = {} if data else {"method": False, "headers": False, "stringify": False}
        body = {"name": name, "teamId": self.team, "typeName": type, **options, **data}
        return int((await self.company.send("POST", "/hooks", body))["hook"]["id"])

    async def url(self, hook: int) -> str:
        """The address of a hook."""
        return str((await self.company.get(f"/hooks/{hook}"))["hook"]["url"])

    async def deliver(self, hook: int, body: Any) -> int:
        """Send a hook a request from the world outside."""
        return (await self.company.http.post(await self.url(hook), json=body)).status_code

    async def scenario(
        self, name: str, *modules: dict[str, Any], active: bool = False, instant: bool = False
    ) -> int:
        """A scenario of these modules, numbered from 1."""
        flow: list[dict[str, Any]] = [
            {"id": at, "version": 1, "mapper": {}, "parameters": {}, **module}
            for at, module in enumerate(modules, 1)
        ]
        blueprint: dict[str, Any] = {
            "name": name,
            "flow": flow,
            "metadata": {"version": 1, "scenario": {}},
        }
        kind = {"type": "immediately"} if instant else {"type": "indefinitely", "interval": 900}
        body = {
            "teamId": self.team,
            "blueprint": json.dumps(blueprint),
            "scheduling": json.dumps(kind),
        }
        made = await self.company.send("POST", "/scenarios", body, confirmed="true")
        ident = int(made["scenario"]["id"])
        if active:
            await self.company.send("POST", f"/scenarios/{ident}/start")
        return ident

    async def blueprint(self, scenario: int) -> str:
        """The blueprint of a scenario as text, every byte counted."""
        told = await self.company.get(f"/scenarios/{scenario}/blueprint")
        return json.dumps(told["response"]["blueprint"])

    async def exists(self, path: str) -> bool:
        """Whether a thing is there."""
        headers = {"Authorization": f"Token {self.company.mounted.token}"}
        answer = await self.company.http.get(f"/api/v2{path}", headers=headers)
        return answer.status_code == 200

    async def authorize(self, request: str, body: Any = None) -> list[dict[str, Any]]:
        """Play the person who is asked by a credential request."""
        path = f"/api/v2/credence/{self.team}/{request}"
        answer = await self.company.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["credentials"])

    async def writes(self) -> list[tuple[str, str]]:
        """What was sent to change something, in order."""
        seen = (await self.company.control("GET", "/requests"))["requests"]
        return [(one["method"], one["path"]) for one in seen if one["method"] != "GET"]

    async def forget(self) -> None:
        """Empty the log of requests."""
        await self.company.control("DELETE", "/requests")


@pytest.fixture
async def office(company: Company) -> Office:
    await company.control("PATCH", "/world", {"rate_limits": False})
    organization = (await company.get("/organizations"))["organizations"][0]["id"]
    body = {"name": "Connections office", "organizationId": organization}
    team = (await company.send("POST", "/teams", body))["team"]["id"]
    return Office(company, int(team))


def using(module: str, connection: int, type: str = "openai-gpt-3", **more: Any) -> dict[str, Any]:
    """A module bound to a connection, as Make's editor saves it."""
    field = {"name": "__IMTCONN__", "type": f"account:{type}", "label": "Connection"}
    label = {"label": f"Connection {connection}", "data": {"scoped": "true", "connection": type}}
    return {
        "module": module,
        "parameters": {"__IMTCONN__": connection},
        "metadata": {
            "parameters": [field],
            "restore": {"parameters": {"__IMTCONN__": label}},
        },
        **more,
    }


@pytest.fixture
def bound() -> Any:
    """Makes a module bound to a connection."""
    return using
