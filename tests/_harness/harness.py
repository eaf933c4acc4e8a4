"""What tests hold in their hands: a company behind an API, a server with a client, an answer."""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
from make_api_sandbox.mount import MountedSandbox
from make_mcp_base.app import App
from make_mcp_base.kernel import Kernel
from make_mcp_base.surface.selection import Selection
from mcp import Client
from mcp.types import CallToolResult


@dataclass
class Company:
    """A company in a sandbox, seen from outside: its API by plain requests, and its controls."""

    world: Path
    mounted: MountedSandbox
    http: httpx.AsyncClient

    async def get(self, path: str, **query: Any) -> Any:
        """Read from the API with the token that may do everything."""
        return await self._api("GET", path, params=query)

    async def send(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Change something behind our servers' back."""
        return await self._api(method, path, json=body, params=query)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use `/_sandbox/…`: faults, clock, world, requests, tokens."""
        answer = await self.http.request(method, f"/_sandbox{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def license(self, features: Iterable[str]) -> None:
        """Switch features on in the licences of all organizations."""
        rows = (await self.get("/organizations"))["organizations"]
        switched = dict.fromkeys(features, 1)
        await self.control("PATCH", "/world", {"licenses": {str(r["id"]): switched for r in rows}})

    async def _api(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Token {self.mounted.token}"}
        answer = await self.http.request(method, f"/api/v2{path}", headers=headers, **options)
        answer.raise_for_status()
        return answer.json()


@dataclass
class Told:
    """The answer of a tool, and what is usually asked of it."""

    result: CallToolResult

    @property
    def data(self) -> dict[str, Any]:
        """Structured content of a call that worked."""
        assert not self.result.is_error, self.text
        return dict(self.result.structured_content or {})

    @property
    def text(self) -> str:
        return "\n".join(str(getattr(part, "text", "")) for part in self.result.content)

    @property
    def error(self) -> dict[str, Any]:
        """Structured content of a call that failed."""
        assert self.result.is_error, self.text
        content: dict[str, Any] = self.result.structured_content or {}
        return content["error"]


@dataclass
class Server:
    """One of our servers with a client connected."""

    kernel: Kernel
    client: Client

    async def call(self, tool: str, /, **arguments: Any) -> Told:
        """Call a tool, listed or not."""
        return Told(await self.client.call_tool(tool, arguments))

    async def apply(self, tool: str, /, **arguments: Any) -> Told:
        """Call a tool that answers with a plan first, and apply the plan."""
        planned = await self.call(tool, **arguments)
        plan_id = planned.data["plan"]["plan_id"]
        return await self.call(tool, **arguments, plan_id=plan_id)


class Connect(Protocol):
    """Connects a client to a server over the company's sandbox."""

    def __call__(
        self,
        app: App = ...,
        era: str = ...,
        selection: Selection | None = None,
        **client_options: Any,
    ) -> AbstractAsyncContextManager[Server]: ...
