"""The seeded company: one to read, and fresh copies to change."""

from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from typing import Any

import httpx
import pytest
from holding import hold_to_contracts
from make_api_sandbox.app import create_app
from make_api_sandbox.seed.truth import truth
from make_api_sandbox.seeding import start_over
from make_api_sandbox.tokens import OWNER_TOKEN
from make_api_sandbox.world import World
from starlette.applications import Starlette

WEDNESDAY = datetime(2026, 11, 18, 14, 20, tzinfo=UTC)
Build = Callable[[datetime, int], World]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Makes the company at a time and from a seed; each is made once and then copied."""
    folder = tmp_path_factory.mktemp("worlds")
    made: dict[tuple[datetime, int], Path] = {}

    def fresh(now: datetime, seed: int) -> World:
        if (now, seed) not in made:
            path = folder / f"{len(made)}.db"
            world = World.open(path)
            world.clock.freeze(now)
            start_over(world, seed)
            world.close()
            made[now, seed] = path
        copy = folder / f"copy-{len(list(folder.iterdir()))}.db"
        copyfile(made[now, seed], copy)
        return World.open(copy)

    return fresh


@pytest.fixture(scope="session")
def company(build: Build) -> Generator[World]:
    """The company on a Wednesday afternoon, to read only."""
    world = build(WEDNESDAY, 1)
    yield world
    world.close()


@pytest.fixture(scope="session")
def wednesday() -> datetime:
    """The time of `company` and `office`."""
    return WEDNESDAY


@dataclass
class Office:
    """A company of one's own, reached over HTTP."""

    world: World
    app: Starlette
    http: httpx.AsyncClient
    ids: dict[str, int]

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"Authorization": f"Token {OWNER_TOKEN}"}
        return await self.http.request(method, f"/api/v2{path}", json=body, headers=headers)

    async def run(self, slug: str, **inputs: Any) -> Any:
        """Run a scenario and wait for its result."""
        body = {"data": inputs, "responsive": True}
        answer = await self.call("POST", f"/scenarios/{self.ids[slug]}/run", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, slug: str, body: Any) -> httpx.Response:
        """Send a request to the webhook of a scenario."""
        udid = self.world.value(
            "SELECT h.udid FROM hooks h JOIN scenarios s ON s.hook_id = h.id WHERE s.id = ?",
            self.ids[slug],
        )
        return await self.http.post(f"/hook/{udid}", json=body)

    def record(self, store: str, key: str) -> Any:
        return self.world.value(
            "SELECT r.data FROM data_store_records r JOIN data_stores d ON d.id = r.data_store_id"
            " WHERE d.name = ? AND r.key = ?",
            store,
            key,
        )


@pytest.fixture
async def office(build: Build) -> AsyncGenerator[Office]:
    world = build(WEDNESDAY, 1)
    app = hold_to_contracts(create_app(world, public_url=None))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox.test") as client:
        found: Any = truth(world)
        yield Office(world, app, client, found["scenarios"])
    await app.state.sandbox.close()
    world.close()
