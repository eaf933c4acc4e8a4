"""A server whose token may do only some things."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

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


@asynccontextmanager
async def server_with(
    company: Company, data_dir: Path, *scopes: str, user_id: int | None = None
) -> AsyncGenerator[Server]:
    """Connect to make-mcp-core, its token minted with these scopes, for the owner or a user."""
    host = "sandbox.make.local"
    asked = {"scope": list(scopes)} | ({"user_id": user_id} if user_id else {})
    minted = await company.control("POST", "/tokens", asked)
    settings = ClientSettings(minted["token"], f"http://{host}/api/v2")
    client = MakeClient(settings, transport=in_process(company.mounted.app))
    kernel = Kernel.of(make_mcp_core.app, Setup(sandbox=str(company.world), data_dir=data_dir))
    kernel._api = LiveApi(client, None, host)  # pyright: ignore[reportPrivateUsage] - no other way to choose a token over a sandbox
    try:
        async with Client(build(kernel)) as mcp_client:
            yield Server(kernel, mcp_client)
    finally:
        await kernel.aclose()
