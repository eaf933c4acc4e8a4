"""One bench for all tests of a module; each changes only apps of its own."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from app_bench import Bench, app_bench


@pytest.fixture(scope="module")
async def bench(
    seeded_world: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Bench]:
    async with app_bench(seeded_world, tmp_path_factory.mktemp("bench")) as opened:
        yield opened
