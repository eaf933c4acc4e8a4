"""What tests of collaboration hold: ordinary git on the other side, edits, and other people."""

import os
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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

Git = Callable[..., str]
Edit = Callable[..., Awaitable[None]]
Serving = Callable[[str], AbstractAsyncContextManager[Server]]
Join = Callable[[str], Awaitable[str]]

NOBODY_ELSE = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Óli Þór <ops>",
    "GIT_AUTHOR_EMAIL": "oli@example.org",
    "GIT_COMMITTER_NAME": "Óli",
    "GIT_COMMITTER_EMAIL": "oli@example.org",
}
"""A person with a git of their own, whatever the machine's configuration says."""


@pytest.fixture
def git() -> Git:
    """Runs ordinary git, which shares no code with the server; `ok=False` allows it to fail."""

    def run(folder: Path | str, *words: str, ok: bool = True, **more: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            check=False,
            env=os.environ | NOBODY_ELSE | more,
        )
        said = done.stderr.decode()
        assert done.returncode == 0 or not ok, (words, said)
        return done.stdout.decode() + ("" if ok else said)

    return run


@pytest.fixture
def edit(core: Server) -> Edit:
    """Gives the variable of a module another value, through our own server."""

    async def change(scenario_id: int, value: str, module: int = 1) -> None:
        op = {"op": "set_mapper", "module": module, "name": "value", "value": value}
        told = await core.call("scenario_patch", scenario_id=scenario_id, ops=[op])
        assert told.data["changed"] is True

    return change


@pytest.fixture
async def many_calls(company: Company) -> None:
    """Lifts the licence's limit of calls a minute, for tests that ask much."""
    rows: list[dict[str, Any]] = (await company.get("/organizations"))["organizations"]
    limits = {str(row["id"]): {"apiLimit": 100_000} for row in rows}
    await company.control("PATCH", "/world", {"licenses": limits})


@pytest.fixture
def serving(company: Company, tmp_path: Path) -> Serving:
    """Connects a client to a server that acts with a token, over the same store."""

    @asynccontextmanager
    async def served(token: str) -> AsyncGenerator[Server]:
        host = "sandbox.make.local"
        settings = ClientSettings(token, f"http://{host}/api/v2")
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


@pytest.fixture
def join(company: Company, team: int) -> Join:
    """Brings a person into the team, and gives the token of that person."""

    async def invited(name: str) -> str:
        organization = (await company.get(f"/teams/{team}"))["team"]["organizationId"]
        email = f"{name.partition(' ')[0].lower()}@example.org"
        body = {"email": email, "name": name, "usersRoleId": 13, "teamsId": [team]}
        user = (await company.send("POST", f"/organizations/{organization}/invite", body))["user"]
        token = (await company.control("POST", "/tokens", {"user_id": user["id"]}))["token"]
        own = {"Authorization": f"Token {token}"}
        path = "/api/v2/users/me/organization-invitations"
        asked = (await company.http.get(path, headers=own)).json()
        mark = {"hash": asked["userOrganizationInvitations"][0]["hash"]}
        path = "/api/v2/organizations/accept-invitation"
        (await company.http.post(path, json=mark, headers=own)).raise_for_status()
        return str(token)

    return invited


@pytest.fixture
async def colleague(serving: Serving, join: Join) -> AsyncGenerator[Server]:
    """A server that acts as another person of the team."""
    async with serving(await join("Ada Lund")) as server:
        yield server
