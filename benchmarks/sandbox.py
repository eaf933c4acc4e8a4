"""How long the sandbox takes to invent a company, and to show pages of its logs.

`SANDBOX_SCALE` is the scale of the company whose logs are read: 10 without it, 100 for a million
runs.
"""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from make_api_sandbox.app import create_app
from make_api_sandbox.clock import EPOCH
from make_api_sandbox.seeding import Recipe, populate
from make_api_sandbox.tokens import OWNER_TOKEN
from make_api_sandbox.world import World

SCALE = int(os.environ.get("SANDBOX_SCALE", "10"))
Timed: TypeAlias = Any
"""The fixture of pytest-benchmark, which has no types."""


def company(location: str | Path, scale: int) -> World:
    """A world with the company at one moment."""
    world = World.open(location)
    world.clock.freeze(EPOCH)
    populate(world, Recipe(scale=scale))
    world.set_setting("rateLimits", False)
    return world


def test_company(benchmark: Timed) -> None:
    """The company with 15,000 runs, in memory."""
    benchmark.pedantic(lambda: company(":memory:", 1).close(), rounds=3)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The company on a disk."""
    with company(tmp_path_factory.mktemp("large") / "world.db", SCALE) as world:
        yield world


@pytest.mark.parametrize("place", ["first", "late"])
@pytest.mark.timeout(600)
def test_page_of_logs(benchmark: Timed, large: World, place: str) -> None:
    """100 entries of the busiest scenario: its newest, and those a thousand entries further on."""
    busiest = large.value(
        "SELECT scenario_id FROM executions GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    after = large.value(
        "SELECT imt_id FROM executions WHERE scenario_id = ? AND is_check_run = 0"
        " ORDER BY timestamp_ms DESC LIMIT 1 OFFSET 1000",
        busiest,
    )
    query = {"pg[limit]": "100"} | ({"pg[last]": after} if place == "late" else {})
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(large, public_url=None)),
            base_url="http://sandbox.test/api/v2",
            headers={"Authorization": f"Token {OWNER_TOKEN}"},
        )

        def read() -> int:
            answer = runner.run(client.get(f"/scenarios/{busiest}/logs", params=query))
            return len(answer.json()["scenarioLogs"])

        assert benchmark(read) == 100
        runner.run(client.aclose())
