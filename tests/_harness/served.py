"""A company behind a real socket, for servers that are configured as for real Make."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import httpx
import make_mcp_core
from harness import Server
from make_mcp_base.app import App
from make_mcp_base.kernel import Kernel
from make_mcp_base.safety.policy import PolicyGate
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from make_mcp_base.surface.selection import Selection
from mcp import Client
from processes import free_port, wait_for


@dataclass
class Zone:
    """A Make zone on this machine: its address, its controls, and servers that use it."""

    url: str
    http: httpx.Client

    def mint(self, *scopes: str) -> str:
        """Make a token; without scopes it may do everything."""
        body = {"scope": list(scopes)} if scopes else {}
        return str(self.control("POST", "/tokens", body)["token"])

    def fault(self, path: str, **effect: Any) -> None:
        """Let requests to a path fail; see `/_sandbox/faults`."""
        self.control("POST", "/faults", {"path": path, **effect})

    def heal(self) -> None:
        """Take all faults away and forget the requests seen."""
        self.control("DELETE", "/faults")
        self.control("DELETE", "/requests")

    def seen(self, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        """Requests since the last `heal`, those of a method and a part of a path."""
        rows: list[dict[str, Any]] = self.control("GET", "/requests")["requests"]
        return [r for r in rows if method in (None, r["method"]) and path in r["path"]]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use `/_sandbox/…`."""
        answer = self.http.request(method, f"/_sandbox{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def environment(self, token: str = "", **more: str) -> dict[str, str]:
        """What a server is told to use this zone."""
        return {"MAKE_BASE_URL": self.url, "MAKE_API_KEY": token or self.mint()} | more

    @asynccontextmanager
    async def connect(
        self,
        data_dir: Path,
        token: str = "",
        *,
        app: App = make_mcp_core.app,
        selection: Selection | None = None,
        policies: PolicyGate | None = None,
        era: str = "auto",
        retries: int = 3,
        patience: float = 30,
    ) -> AsyncGenerator[Server]:
        """Connect a client to a server that is configured for this zone."""
        setup = Setup(
            selection=selection or Selection(),
            data_dir=data_dir,
            environment=self.environment(
                token, MAKE_RETRIES=str(retries), MAKE_TIMEOUT=str(patience)
            ),
        )
        kernel = Kernel.of(app, setup)
        kernel.policies = policies
        try:
            async with Client(build(kernel), mode=era) as client:
                yield Server(kernel, client)
        finally:
            await kernel.aclose()


@contextmanager
def zone_of(world: Path) -> Generator[Zone]:
    """Serve a world over HTTP in a process of its own."""
    url = f"http://127.0.0.1:{free_port()}"
    words = ["serve", "--world", str(world), "--port", url.rsplit(":", 1)[1]]
    process = Popen([sys.executable, "-m", "make_api_sandbox", *words], stdout=DEVNULL)
    try:
        wait_for(f"{url}/_sandbox/world")
        with httpx.Client(base_url=url, timeout=30) as http:
            yield Zone(url, http)
    finally:
        process.kill()
        process.wait()
