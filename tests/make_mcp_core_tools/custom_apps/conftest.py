"""Apps to try the tools of custom apps on, made through the sandbox's own API."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness import Company, Server
from sharing import company_like, server_for

JsonObject = dict[str, Any]

BASE = """{
    // Where the service answers.
    "baseUrl": "https://stock.example.com",
    "headers": {"authorization": "Bearer {{connection.apiKey}}"}, /* every request */
}
"""


@dataclass
class Bench:
    """A company with ways to make apps behind our servers' back."""

    company: Company
    core: Server

    async def app(self, name: str = "bench-app") -> str:
        body = {"name": name, "label": "Bench", "audience": "global", "private": True}
        made = await self.company.send("POST", "/sdk/apps", body)
        return str(made["app"]["name"])

    async def code(self, path: str, text: str, media: str = "application/jsonc") -> None:
        """Put a section, byte for byte."""
        headers = {
            "Authorization": f"Token {self.company.mounted.token}",
            "Content-Type": media,
        }
        answer = await self.company.http.put(f"/api/v2{path}", headers=headers, content=text)
        answer.raise_for_status()

    async def text(self, path: str) -> str:
        """Read a section, byte for byte."""
        headers = {"Authorization": f"Token {self.company.mounted.token}"}
        answer = await self.company.http.get(f"/api/v2{path}", headers=headers)
        answer.raise_for_status()
        return answer.text

    async def whole(self) -> str:
        """An app with a component of every kind that refer to each other; its name."""
        name = await self.app()
        root = f"/sdk/apps/{name}/1"
        send = self.company.send
        connection = await send(
            "POST", f"/sdk/apps/{name}/connections", {"type": "apikey", "label": "Key"}
        )
        account = connection["appConnection"]["name"]
        hook = await send("POST", f"/sdk/apps/{name}/webhooks", {"type": "web", "label": "Moves"})
        webhook = hook["appWebhook"]["name"]
        rpc = {"name": "listPlaces", "label": "List places", "connection": account}
        await send("POST", f"{root}/rpcs", rpc)
        await send("POST", f"{root}/functions", {"name": "articleCode"})
        await send("POST", f"{root}/endpoints", {"name": "getStock", "label": "Get stock"})
        for module, number in (("findStock", 9), ("watchMoves", 10)):
            body: JsonObject = {"name": module, "typeId": number, "label": module}
            body |= {"connection": account} if number == 9 else {"webhook": webhook}
            await send("POST", f"{root}/modules", body)
        await self.code(f"{root}/base", BASE)
        await self.code(f"{root}/groups", '[{"label": "All", "modules": ["findStock"]}]')
        await self.code(f"{root}/readme", "# Bench\n\nRead me.\n", "text/markdown")
        fields = '[\n  // Where.\n  {"name": "place", "type": "select", "options": "rpc://listPlaces"}\n]'
        await self.code(f"{root}/modules/findStock/expect", fields)
        api = '{"url": "/stock/{{articleCode(parameters.family, 1)}}", "method": "GET"}'
        await self.code(f"{root}/modules/findStock/api", api)
        code = "function articleCode(family, number) {\n    return family + number;\n}\n"
        await self.code(f"{root}/functions/articleCode/code", code, "application/javascript")
        return name


@pytest.fixture(scope="module")
async def bench(
    seeded_world: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Bench]:
    """A bench for all tests of a module; each changes only apps of its own."""
    async with company_like(seeded_world, tmp_path_factory.mktemp("bench")) as company:
        world = {"rate_limits": False, "licenses": {"1": {"customFunctions": True}}}
        await company.control("PATCH", "/world", world)
        async with server_for(company) as server:
            yield Bench(company, server)
