"""A company with custom apps to try tools on, made through the sandbox's own API."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import make_mcp_core
from harness import Company, Server
from make_mcp_base.calls.live import LiveApi
from make_mcp_base.client.client import MakeClient
from make_mcp_base.client.settings import ClientSettings
from make_mcp_base.client.transport import in_process
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client
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

    async def scenario(self, *modules: str, version: int = 1) -> int:
        """A scenario of the first team that holds modules; its id."""
        team = (await self.company.get("/teams", organizationId=1))["teams"][0]["id"]
        flow: list[JsonObject] = [
            {"id": at, "module": module, "version": version, "mapper": {}}
            for at, module in enumerate(modules, 1)
        ]
        blueprint: JsonObject = {"name": "Uses apps", "flow": flow, "metadata": {"version": 1}}
        body = {
            "teamId": team,
            "blueprint": json.dumps(blueprint),
            "scheduling": json.dumps({"type": "on-demand"}),
        }
        made = await self.company.send("POST", "/scenarios", body, confirmed="true")
        return int(made["scenario"]["id"])


@asynccontextmanager
async def app_bench(seeded: Path, place: Path) -> AsyncGenerator[Bench]:
    """Open a bench over a copy of a seeded world, with the licence for custom functions."""
    async with company_like(seeded, place) as company:
        world = {"rate_limits": False, "licenses": {"1": {"customFunctions": True}}}
        await company.control("PATCH", "/world", world)
        async with server_for(company) as server:
            yield Bench(company, server)


@asynccontextmanager
async def service(answer: Any) -> AsyncGenerator[str]:
    """A service of this machine that answers every request with the same JSON; its address."""
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@asynccontextmanager
async def server_with(company: Company, *scopes: str) -> AsyncGenerator[Server]:
    """Connect to a server whose token has only some scopes."""
    minted = await company.control("POST", "/tokens", {"scope": list(scopes)})
    host = "sandbox.make.local"
    client = MakeClient(
        ClientSettings(minted["token"], f"http://{host}/api/v2"),
        transport=in_process(company.mounted.app),
    )
    setup = Setup(sandbox=str(company.world), data_dir=company.world.parent / "limited")
    kernel = Kernel.of(make_mcp_core.app, setup)
    kernel._api = LiveApi(client, None, host)  # pyright: ignore[reportPrivateUsage] - no other way to choose a token over a sandbox
    try:
        async with Client(build(kernel)) as mcp_client:
            yield Server(kernel, mcp_client)
    finally:
        await kernel.aclose()
