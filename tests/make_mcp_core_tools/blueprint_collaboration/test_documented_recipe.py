"""The commands of the page on blueprints in git do what the page says."""

import os
import re
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Server

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parents[3] / "docs" / "blueprints-in-git.md"
REMOTE_ADD, PUSH, FETCH, MERGE = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Edit = Callable[..., Awaitable[None]]
Git = Callable[..., str]


def shell(commands: str, folder: Path, **variables: str) -> int:
    identity = {"GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder)}
    for who in ("AUTHOR", "COMMITTER"):
        identity |= {f"GIT_{who}_NAME": "Óli", f"GIT_{who}_EMAIL": "oli@example.org"}
    words = ["sh", "-euc", commands]
    return subprocess.run(
        words, cwd=folder, env=os.environ | identity | variables, check=False
    ).returncode


async def test_the_store_is_pushed_and_takes_in_the_commits_of_others(
    core: Server,
    new_scenario: Maker,
    blueprint: Builder,
    step: Builder,
    edit: Edit,
    git: Git,
    tmp_path: Path,
) -> None:
    one = (await new_scenario(blueprint(step(1))))["id"]
    told = await core.call("blueprint_version_create", scenario_ids=[one], message="A", tag="v1")
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    store, remote = told.data["repository"], str(tmp_path / "remote.git")
    variables = {"STORE": store, "REMOTE": remote}
    assert shell(REMOTE_ADD + PUSH, tmp_path, **variables) == 0
    assert git(remote, "rev-parse", "main", "v1") == git(store, "rev-parse", "main", "v1")

    git(tmp_path, "clone", "-q", remote, "other")
    other = tmp_path / "other"
    (other / "README.md").write_text("About")
    git(other, "add", "README.md")
    git(other, "commit", "-qm", "B")
    git(other, "push", "-q", "origin", "main")
    assert shell(FETCH, tmp_path, **variables) == 0
    assert git(store, "log", "--format=%s", "main") == "B\nA\n"

    await edit(one, "2")
    await core.call("blueprint_version_create", scenario_ids=[one], message="C")
    (other / "README.md").write_text("More")
    git(other, "commit", "-qam", "D")
    git(other, "push", "-q", "origin", "main")
    before = git(store, "rev-parse", "main")
    assert shell(FETCH, tmp_path, **variables) != 0
    assert git(store, "rev-parse", "main") == before
    assert shell(MERGE + PUSH, tmp_path, **variables) == 0
    assert set(git(store, "log", "--no-merges", "--format=%s", "main").split()) == set("ABCD")
    assert git(remote, "rev-parse", "main") == git(store, "rev-parse", "main")
    assert git(store, "fsck", "--strict", "--no-dangling") == ""
    listed = await core.call("blueprint_version_list", scenario_id=one)
    rows = [row["message"] for row in listed.data["versions"] if row["source"] == "git"]
    assert rows == ["C", "A"]
