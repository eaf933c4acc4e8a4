"""People and places the tests of permissions act on, made through the sandbox's own API."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import make_mcp_core
import pytest
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

Join = Callable[..., Awaitable[int]]
Serve = Callable[..., AbstractAsyncContextManager[Server]]


@pytest.fixture
async def organization(company: Company) -> int:
    """The organization that the tests act in."""
    found: int = (await company.get("/organizations"))["organizations"][0]["id"]
    await company.control("PATCH", "/world", {"licenses": {str(found): {"apiLimit": 2000}}})
    return found


@dataclass
class Library:
    """A company and a server for all tests of a module that change nothing."""

    company: Company
    core: Server
    organization: int


@pytest.fixture(scope="module")
async def library(
    seeded_world: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Library]:
    async with company_like(seeded_world, tmp_path_factory.mktemp("library")) as company:
        first = (await company.get("/organizations"))["organizations"][0]["id"]
        await company.control("PATCH", "/world", {"rate_limits": False})
        async with server_for(company) as core:
            yield Library(company, core, first)


@pytest.fixture
async def team(company: Company, organization: int) -> int:
    """A new team; the owner is its only member."""
    body = {"name": "Test bench", "organizationId": organization}
    made: int = (await company.send("POST", "/teams", body))["team"]["id"]
    return made


@pytest.fixture
def join(company: Company, organization: int) -> Join:
    """Bring a person into the organization, and into teams as a member."""

    async def joined(name: str, *teams: int, role: int = 13) -> int:
        email = f"{name.lower().replace(' ', '.')}@example.org"
        body = {"email": email, "name": name, "usersRoleId": role, "teamsId": list(teams)}
        invited = await company.send("POST", f"/organizations/{organization}/invite", body)
        user: int = invited["user"]["id"]
        await accept(company, user)
        return user

    return joined


async def accept(company: Company, user: int) -> None:
    """Accept a person's open invitation, as that person."""
    token = (await company.control("POST", "/tokens", {"user_id": user}))["token"]
    own = {"Authorization": f"Token {token}"}
    asked = await company.http.get("/api/v2/users/me/organization-invitations", headers=own)
    mark: Any = asked.json()["userOrganizationInvitations"][0]["hash"]
    path = "/api/v2/organizations/accept-invitation"
    answer = await company.http.post(path, json={"hash": mark}, headers=own)
    answer.raise_for_status()


@pytest.fixture
def serve_as(company: Company, tmp_path: Path) -> Serve:
    """Connect to a server with a token of some scopes, told that Make is at a host."""

    @asynccontextmanager
    async def served(
        *scopes: str, host: str = "sandbox.make.local", organization_id: int | None = None
    ) -> AsyncGenerator[Server]:
        minted = await company.control("POST", "/tokens", {"scope": list(scopes)})
        scheme = "http" if host.endswith(".local") else "https"
        settings = ClientSettings(
            minted["token"], f"{scheme}://{host}/api/v2", organization_id=organization_id
        )
        client = MakeClient(settings, transport=in_process(company.mounted.app))
        setup = Setup(sandbox=str(company.world), data_dir=tmp_path / "data")
        kernel = Kernel.of(make_mcp_core.app, setup)
        kernel._api = LiveApi(client, None, host)  # pyright: ignore[reportPrivateUsage] - no other way to choose a token over a sandbox
        try:
            async with Client(build(kernel)) as mcp_client:
                yield Server(kernel, mcp_client)
        finally:
            await kernel.aclose()

    return served
