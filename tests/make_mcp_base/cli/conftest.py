"""The command line, run in this process: what it prints, and the code it ends with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import make_mcp_core
import pytest
from make_mcp_base.app import App
from make_mcp_base.cli.main import main
from processes import Finished
from served import Zone, zone_of


class Shell(Protocol):
    """Runs a command line of an app, with environment variables."""

    def __call__(self, *words: str, app: App = ..., env: Mapping[str, str] = ...) -> Finished: ...


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    for name in [name for name in os.environ if name.startswith("MAKE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("MAKE_MCP_DATA_DIR", str(tmp_path / "data"))

    def run(
        *words: str, app: App = make_mcp_core.app, env: Mapping[str, str] = MappingProxyType({})
    ) -> Finished:
        with monkeypatch.context() as context:
            for name, value in env.items():
                context.setenv(name, value)
            capsys.readouterr()
            code = main(app, list(words))
        told = capsys.readouterr()
        return Finished(code, told.out, told.err, 0.0)

    return run


@pytest.fixture
def sandbox(seeded_world: Path, tmp_path: Path) -> str:
    """The option that chooses a company of this test's own."""
    shutil.copy(seeded_world, tmp_path / "company.db")
    return f"--sandbox={tmp_path / 'company.db'}"


@pytest.fixture(scope="module")
def zone(seeded_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Zone]:
    """A zone behind a socket, shared by the tests of a module, which only read from it."""
    world = tmp_path_factory.mktemp("zone") / "world.db"
    shutil.copy(seeded_world, world)
    with zone_of(world) as served:
        yield served
