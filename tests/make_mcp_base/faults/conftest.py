"""A zone that fails on demand, shared by the tests of a module."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from served import Zone, zone_of


@pytest.fixture(scope="module")
def _zone(seeded_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Zone]:
    world = tmp_path_factory.mktemp("zone") / "world.db"
    shutil.copy(seeded_world, world)
    with zone_of(world) as served:
        yield served


@pytest.fixture
def zone(_zone: Zone) -> Generator[Zone]:
    """The zone, well at the start of a test and at its end."""
    _zone.heal()
    yield _zone
    _zone.heal()
