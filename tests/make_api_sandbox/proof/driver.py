"""A small company behind the API, for tests that are no coroutines themselves."""

import asyncio
from typing import Any

import httpx
from make_api_sandbox.app import Sandbox, create_app
from make_api_sandbox.roles import install_built_in_roles
from make_api_sandbox.seeding import smallest_company
from make_api_sandbox.tokens import OWNER_TOKEN, ensure_owner_token
from make_api_sandbox.world import World

TEAMS = (1, 2)


class Driver:
    """Calls the API of one organization with two teams, in this thread."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner()
        self.world = World.open(":memory:")
        app = create_app(self.world, public_url=None)
        self._sandbox: Sandbox = app.state.sandbox
        self._http = httpx.ASGITransport(app)

    def start_over(self) -> None:
        """Empty the world and let the company found its two teams again."""
        self.settle()
        world = self.world
        with world.write():
            world.reset()
            install_built_in_roles(world)
            smallest_company(world)
            world.insert("teams", organization_id=1, name="Second")
            world.insert("user_team_roles", user_id=1, team_id=2, role_id=1)
            ensure_owner_token(world)
            extra = {"apiLimit": 10**9, "creatingTemplates": True, "customVariables": True}
            license = world.value("SELECT license FROM organizations WHERE id = 1") | extra
            world.update("organizations", 1, license=license)

    def close(self) -> None:
        """End what still runs."""
        self._runner.run(self._sandbox.close())
        self._runner.close()
        self.world.close()

    def settle(self) -> None:
        """Let everything in the background come to its end."""
        self._runner.run(self._sandbox.background.settle())

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """Call the API; a server error is a failure of the test whatever was asked."""
        answer = self._runner.run(self._ask(method, f"/api/v2{path}", body, query))
        assert answer.status_code < 500, (method, path, body, answer.text)
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """GET that must succeed; its JSON."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, (path, query, answer.text)
        return answer.json()

    def deliver(self, udid: str, body: Any) -> httpx.Response:
        """Send a request to a webhook."""
        return self._runner.run(self._ask("POST", f"/hook/{udid}", body, {}))

    async def _ask(self, method: str, path: str, body: Any, query: Any) -> httpx.Response:
        """One request without a client around it, because thousands are made."""
        url, headers = f"http://sandbox.test{path}", {"Authorization": f"Token {OWNER_TOKEN}"}
        request = httpx.Request(method, url, params=query, headers=headers, json=body)
        answer = await self._http.handle_async_request(request)
        await answer.aread()
        return answer
