"""Fixtures every test shares: a company in a sandbox, and MCP clients of our servers before it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import make_mcp_core
import make_mcp_legacy
import pytest
from harness import Company, Connect, Server
from hypothesis import HealthCheck, settings
from make_api_sandbox.mount import mount
from make_api_sandbox.seeding import Recipe
from make_mcp_base.app import App
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from make_mcp_base.surface.selection import Selection
from mcp import Client
from sharing import company_like

# A busy machine makes examples slowly; that says nothing of the code under test.
settings.register_profile(
    "shared-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared-machine")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def seeded_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly seeded world, made once in each test process and copied for each test."""
    path = tmp_path_factory.mktemp("seeded") / "world.db"
    mount(str(path)).sandbox.world.close()
    return path


@pytest.fixture(scope="session")
def enterprise_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seeded world whose organizations have the Enterprise plan; a file to copy."""
    path = tmp_path_factory.mktemp("enterprise") / "world.db"
    mount(str(path), Recipe(plan="enterprise")).sandbox.world.close()
    return path


@pytest.fixture
async def company(seeded_world: Path, tmp_path: Path) -> AsyncGenerator[Company]:
    async with company_like(seeded_world, tmp_path) as found:
        yield found


@pytest.fixture
def connect(company: Company, tmp_path: Path) -> Connect:
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

    return connected


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
