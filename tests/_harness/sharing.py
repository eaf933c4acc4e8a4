"""A company and a server that several tests share, so that each need not start its own.

For tests that change nothing, or only what is theirs alone (a team each).
"""

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import make_mcp_core
from harness import Company, Server
from make_api_sandbox.mount import mount
from make_mcp_base.kernel import Kernel
from make_mcp_base.server.protocol import build
from make_mcp_base.setup import Setup
from mcp import Client


@asynccontextmanager
async def company_like(seeded: Path, place: Path) -> AsyncGenerator[Company]:
    """Open a copy of a seeded world that lasts longer than one test."""
    world = place / "world.db"
    shutil.copy(seeded, world)
    mounted = mount(str(world))
    transport = httpx.ASGITransport(app=mounted.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.make.local") as http:
        yield Company(world, mounted, http)
    await mounted.close()


@asynccontextmanager
async def server_for(company: Company) -> AsyncGenerator[Server]:
    """Connect a client to make-mcp-core over a company."""
    setup = Setup(sandbox=str(company.world), data_dir=company.world.parent / "data")
    kernel = Kernel.of(make_mcp_core.app, setup)
    try:
        async with Client(build(kernel)) as client:
            yield Server(kernel, client)
    finally:
        await kernel.aclose()
