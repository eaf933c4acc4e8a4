"""What every test shares: a company in a sandbox, and MCP clients of our servers in front of it."""

import shutil
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import make_mcp_core
import make_mcp_legacy
import pytest
from make_api_sandbox.mount import MountedSandbox, mount
from make_mcp_base.app import App
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from make_mcp_base.surface.selection import Selection
from mcp import Client
from mcp.types import CallToolResult


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def seeded_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly seeded world, made once in each test process and copied for each test."""
    path = tmp_path_factory.mktemp("seeded") / "world.db"
    mount(str(path)).sandbox.world.close()
    return path


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

    async def _api(self, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Token {self.mounted.token}"}
        answer = await self.http.request(method, f"/api/v2{path}", headers=headers, **options)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture
async def company(seeded_world: Path, tmp_path: Path) -> AsyncGenerator[Company]:
    world = tmp_path / "world.db"
    shutil.copy(seeded_world, world)
    mounted = mount(str(world))
    transport = httpx.ASGITransport(app=mounted.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.make.local") as http:
        yield Company(world, mounted, http)
    await mounted.close()


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
        return dict((self.result.structured_content or {})["error"])


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


Connect = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture
def connect(company: Company, tmp_path: Path) -> Generator[Connect]:
    """Connect a client of either protocol era to a server over the company's sandbox."""

    @asynccontextmanager
    async def connected(
        app: App = make_mcp_core.app,
        era: str = "auto",
        selection: Selection | None = None,
        **client_options: Any,
    ) -> AsyncGenerator[Server]:
        setup = Setup(sandbox=str(company.world), data_dir=tmp_path / "data")
        kernel = Kernel.of(app, replace(setup, selection=selection or Selection()))
        try:
            async with Client(build(kernel), mode=era, **client_options) as client:
                yield Server(kernel, client)
        finally:
            await kernel.aclose()

    yield connected


@pytest.fixture(params=["auto", "legacy"])
def era(request: pytest.FixtureRequest) -> str:
    """Both protocol eras: 2026-07-28 and 2025-11-25."""
    return str(request.param)


@pytest.fixture
async def core(connect: Connect) -> AsyncGenerator[Server]:
    """make-mcp-core with a client of the newest era."""
    async with connect() as server:
        yield server


@pytest.fixture
def everything() -> App:
    """The all-in-one server."""
    return make_mcp_legacy.app
