"""A small company to test against, over ASGI."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from holding import hold_to_contracts
from make_api_sandbox.app import create_app
from make_api_sandbox.roles import install_built_in_roles
from make_api_sandbox.seeding import smallest_company
from make_api_sandbox.tokens import OWNER_TOKEN, ensure_owner_token, mint
from make_api_sandbox.world import World
from starlette.applications import Starlette

MORNING = datetime(2026, 3, 4, 8, 30, 15, tzinfo=UTC)


@dataclass
class Studio:
    """One owner (user 1), one organization (1), one team (1), and a stranger's (user 2, 2, 2)."""

    world: World
    app: Starlette
    http: httpx.AsyncClient

    async def call(
        self, method: str, path: str, body: Any = None, *, token: str = OWNER_TOKEN, **query: Any
    ) -> httpx.Response:
        """Call the API; query members with brackets go through `params`."""
        params = query.pop("params", {}) | query
        headers = {"Authorization": f"Token {token}"}
        return await self.http.request(
            method, f"/api/v2{path}", json=body, params=params, headers=headers
        )

    async def get(self, path: str, **query: Any) -> Any:
        """GET that must succeed; its JSON."""
        answer = await self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """POST that must succeed; its JSON."""
        answer = await self.call("POST", path, body, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """Steer the world; must succeed."""
        answer = await self.http.request(method, f"/_sandbox{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def token(self, *scopes: str, user: int = 1) -> str:
        """A token with these scopes only."""
        return mint(self.world, user, scopes, label="test")

    def join(self, name: str, *, role: int, team_role: int | None = None) -> int:
        """A new person in organization 1, in team 1 if `team_role` is given."""
        email = f"{name.lower()}@example.org"
        user = self.world.insert("users", name=name, email=email)
        self.world.insert("user_organization_roles", user_id=user, organization_id=1, role_id=role)
        if team_role:
            self.world.insert("user_team_roles", user_id=user, team_id=1, role_id=team_role)
        return user

    def license(self, **members: Any) -> None:
        """Change the licence of organization 1; None removes a member."""
        license = self.world.value("SELECT license FROM organizations WHERE id = 1") | members
        kept = {name: value for name, value in license.items() if value is not None}
        self.world.update("organizations", 1, license=kept)

    def scenario(self, name: str, *modules: dict[str, Any], **columns: Any) -> int:
        """A scenario of team 1 with these modules."""
        flow = [{"id": at, "version": 1, **module} for at, module in enumerate(modules, 1)]
        now = self.world.clock.stamp()
        values = {"team_id": 1, "scheduling": {"type": "on-demand"}} | columns
        blueprint = {"name": name, "flow": flow, "metadata": {"version": 1}}
        return self.world.insert(
            "scenarios", name=name, blueprint=blueprint, created=now, last_edit=now, **values
        )


@pytest.fixture
async def studio() -> AsyncGenerator[Studio]:
    world = World.open(":memory:")
    world.clock.freeze(MORNING)
    install_built_in_roles(world)
    smallest_company(world)
    _stranger(world)
    ensure_owner_token(world)
    app = hold_to_contracts(create_app(world, public_url=None))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as client:
        studio = Studio(world, app, client)
        studio.license(apiLimit=1000, teams=None)
        yield studio
    await app.state.sandbox.close()
    world.close()


def _stranger(world: World) -> None:
    now = world.clock.stamp()
    user = world.insert("users", name="Kim Doe", email="kim.doe@example.net")
    world.insert(
        "organizations", name="Elsewhere", license={"apiLimit": 60}, created=now, last_reset=now
    )
    world.insert("teams", organization_id=2, name="Far away")
    world.insert("user_organization_roles", user_id=user, organization_id=2, role_id=11)
    world.insert("user_team_roles", user_id=user, team_id=2, role_id=1)
