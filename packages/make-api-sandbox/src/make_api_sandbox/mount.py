"""The sandbox inside another process: an ASGI application, its address and a token.

Found through the entry point `default` of the group `make_mcp.sandbox`.
"""

from dataclasses import dataclass
from pathlib import Path

import httpx
import platformdirs
from starlette.applications import Starlette

from make_api_sandbox.app import Sandbox, create_app
from make_api_sandbox.seeding import Recipe, populate
from make_api_sandbox.tokens import ensure_owner_token
from make_api_sandbox.world import World

HOST = "sandbox.make.local"
BASE_URL = f"http://{HOST}/api/v2"


@dataclass(frozen=True)
class MountedSandbox:
    """A sandbox in this process, reached through `client()`, `transport()` or `app` itself."""

    app: Starlette
    base_url: str
    """Base of the API, such as a client's `MAKE_BASE_URL`."""
    token: str
    """A token of the company's owner that may do everything."""
    world_path: Path | None
    """The world's file; None in memory."""

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox behind the application: its world, clock and background work."""
        return self.app.state.sandbox

    def transport(self) -> httpx.ASGITransport:
        """A transport for `httpx.AsyncClient` that reaches the sandbox without a socket."""
        return httpx.ASGITransport(self.app)

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        """A client of the API, such as `client.get("/users/me")`.

        Args:
            token: What it sends in `Authorization`; the owner's when None.
        """
        return httpx.AsyncClient(
            transport=self.transport(),
            base_url=self.base_url,
            headers={"Authorization": f"Token {token or self.token}"},
        )

    async def close(self) -> None:
        """Stop work in the background and close the world."""
        await self.sandbox.close()
        self.sandbox.world.close()


def default_world_path() -> Path:
    """The world that `--sandbox` and the command line share, in the user's data directory."""
    return Path(platformdirs.user_data_dir("make-api-sandbox", appauthor=False)) / "world.db"


def mount(location: str | None = None, recipe: Recipe | None = None) -> MountedSandbox:
    """Open a world and make the application that serves it; a new world is seeded.

    Args:
        location: A file path, `":memory:"`, or None for `default_world_path()`.
        recipe: What a new world is made from.

    Raises:
        WorldError: The file cannot be written, is no world, or is of another schema version.
    """
    world = World.open(location or default_world_path())
    populate(world, recipe)
    app = create_app(world, public_url=f"http://{HOST}", in_process=True)
    return MountedSandbox(app, BASE_URL, ensure_owner_token(world), world.path)
