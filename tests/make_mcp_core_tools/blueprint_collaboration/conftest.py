"""What tests of collaboration hold on the other side: ordinary git, and edits of scenarios."""

import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Company, Server

Git = Callable[..., str]
Edit = Callable[..., Awaitable[None]]

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
