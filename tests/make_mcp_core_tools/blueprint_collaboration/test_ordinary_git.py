"""The store is a plain repository: ordinary git reads, clones, pushes it, and brings commits in."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from dulwich.repo import Repo
from harness import Company, Server
from make_mcp_core_tools._engine.repository_writing import Author, Writing

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Edit = Callable[..., Awaitable[None]]
Git = Callable[..., str]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> dict[str, Any]:
    return await new_scenario(blueprint(step(1), step(2), name="Größe 📦 <b>\n“x”"))


async def _kept(core: Server, scenario: dict[str, Any], message: str, **more: Any) -> str:
    told = await core.call(
        "blueprint_version_create", scenario_ids=[scenario["id"]], message=message, **more
    )
    assert told.data["changed"] is True
    return str(core.kernel.place / (more.get("repository") or "blueprints.git"))


def sound(git: Git, repository: Path | str) -> bool:
    return git(repository, "fsck", "--strict", "--full", "--no-dangling") == ""


ODD = [
    "Größe 📦 – Prüfung",
    "one line\r\n\r\nbody with <angles> & “quotes”\ttab",
    "\x00nul\x07bell\x1b[31mred",
    "  \n\t ",
    "#looks like a comment\n-----\n+++ diff",
    "x" * 1_000,
]


async def test_whatever_a_message_or_a_name_holds_git_finds_no_fault(
    core: Server, scenario: dict[str, Any], edit: Edit, git: Git, company: Company
) -> None:
    names = ["Zoë 🚀", "a <b> c", "new\nline", "  ", "é" * 300, "\x00\x01", "Dr. <x@y.z>", ".,;"]
    me = (await company.get("/users/me"))["authUser"]
    store = ""
    for number, message in enumerate(ODD):
        await edit(scenario["id"], message or "empty")
        store = await _kept(core, scenario, message, branch="main")
        author = git(store, "log", "-1", "--format=%an|%ae|%cn|%ad|%e", "--date=iso").strip()
        name, address, committer, when, encoding = author.split("|")
        assert (name, committer) == (me["name"], me["name"])
        assert address == f"{me['id']}@users.make.invalid"
        assert when.endswith("+0000")
        assert encoding == ""
        assert number + 1 == int(git(store, "rev-list", "--count", "main"))
    assert sound(git, store)
    said = git(store, "log", "--format=%B%x00").split("\0")
    assert "Größe 📦 – Prüfung" in said[5]
    assert said[4].strip() == "one line\n\nbody with <angles> & “quotes”\ttab"
    assert said[2].strip() == "No message"
    for name in names:
        line = Author(7, name).identity.decode()
        assert (line.count("<"), line.count(">"), line.isprintable()) == (1, 1, True)
        with Repo(store) as repo:
            Writing({"a": name}, name, "names", "main", Author(7, name)).commit(repo)
    assert sound(git, store)
    authors = git(store, "log", "--format=%an", f"--max-count={len(names)}", "names").splitlines()
    assert authors[::-1] == [
        "Zoë 🚀",
        "a b c",
        "new line",
        "unknown",
        "é" * 300,
        "unknown",
        "Dr. x@y.z",
        ".,;",
    ]


async def test_a_diff_of_git_shows_what_changed_and_nothing_else(
    core: Server, scenario: dict[str, Any], edit: Edit, git: Git
) -> None:
    store = await _kept(core, scenario, "First")
    await edit(scenario["id"], "Ärger 🚧", module=2)
    await _kept(core, scenario, "Second")
    name = f"team-{scenario['teamId']}/scenario-{scenario['id']}.json"
    assert git(store, "ls-tree", "-r", "--name-only", "main") == f"{name}\n"
    changed = git(store, "diff", "-U0", "main~1", "main").splitlines()
    lines = [line for line in changed if line[0] in "+-" and line[:3] not in ("+++", "---")]
    assert [line.strip() for line in lines] == [
        '-          "value": "1"',
        '+          "value": "Ärger 🚧"',
    ]
    shown = json.loads(git(store, "show", f"main:{name}"))
    assert shown["name"] == scenario["name"]


async def test_the_store_is_pushed_to_a_remote_and_cloned_from_there(
    core: Server, scenario: dict[str, Any], edit: Edit, git: Git, tmp_path: Path
) -> None:
    store = await _kept(core, scenario, "First", tag="v1")
    change = [{"op": "set_mapper", "module": 1, "name": "value", "value": "9"}]
    await core.call("change_request_create", scenario_id=scenario["id"], title="Nine", ops=change)
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    git(store, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(store, "push", "-q", "origin", "--all")
    git(store, "push", "-q", "origin", "--tags")
    await edit(scenario["id"], "2")
    await _kept(core, scenario, "Second")
    git(store, "push", "-q", "origin", "main")
    git(tmp_path, "clone", "-q", "remote.git", "copy")
    copy = tmp_path / "copy"
    assert git(copy, "log", "--format=%s") == "Second\nFirst\n"
    assert git(copy, "describe", "--tags", "main~1").strip() == "v1"
    assert len(git(copy, "branch", "-r").splitlines()) == 3
    assert sound(git, copy)
    assert sound(git, tmp_path / "remote.git")


def edited_by_hand(git: Git, store: str, folder: Path, name: str) -> Path:
    """Edit a file in a clone, tag and merge it, and push it all, as somebody else may."""
    git(folder, "clone", "-q", store, "other")
    other = folder / "other"
    kept = json.loads((other / name).read_text())
    kept["blueprint"]["flow"][0]["mapper"]["value"] = "by hand"
    text = json.dumps(kept, indent=1).replace("\n", "\r\n")
    (other / name).write_bytes(text.encode("utf-8-sig"))
    (folder / "message").write_bytes("Von Hand geändert".encode("iso-8859-1"))
    latin = ("-c", "i18n.commitEncoding=ISO-8859-1")
    message = ("-F", str(folder / "message"))
    git(other, *latin, "commit", "-qa", *message, GIT_AUTHOR_NAME="Oli <ops>")
    git(other, "tag", "-a", "reviewed", "-m", "Looks good")
    git(other, "switch", "-q", "-c", "side", "HEAD~1")
    (other / "README.md").write_text("About")
    git(other, "add", "README.md")
    git(other, "commit", "-qm", "A page")
    git(other, "switch", "-q", "main")
    git(other, "merge", "-q", "--no-ff", "-m", "Merge", "side")
    git(other, "push", "-q", "origin", "main", "side", "reviewed")
    return other


async def test_commits_of_others_are_pulled_and_read_by_every_tool(
    core: Server, scenario: dict[str, Any], edit: Edit, git: Git, tmp_path: Path
) -> None:
    store = await _kept(core, scenario, "Ours")
    name = f"team-{scenario['teamId']}/scenario-{scenario['id']}.json"
    other = edited_by_hand(git, store, tmp_path, name)
    listed = await core.call("blueprint_version_list", scenario_id=scenario["id"])
    rows = [row for row in listed.data["versions"] if row["source"] == "git"]
    assert [row["message"] for row in rows] == ["Von Hand geändert", "Ours"]
    assert rows[0]["author"] == "Oli ops"
    for ref in ("main", "reviewed", rows[0]["ref"], "main~1"):
        told = await core.call("blueprint_diff", scenario_id=scenario["id"], ref=ref)
        assert told.data["change_count"] == 1, ref
    drift = await core.call("blueprint_drift_get", team_id=scenario["teamId"])
    assert [row["state"] for row in drift.data["drifted"]] == ["changed"]
    done = await core.apply("blueprint_restore", scenario_id=scenario["id"], ref="reviewed")
    assert "by hand" in done.data["diff"][0]
    await edit(scenario["id"], "3")
    await _kept(core, scenario, "Ours again")
    assert git(store, "log", "--first-parent", "--format=%s").split("\n")[:2] == [
        "Ours again",
        "Merge",
    ]
    git(other, "pull", "-q", "--ff-only")
    assert (other / "README.md").exists()
    assert sound(git, store)


async def test_a_push_that_lost_the_race_is_refused_by_git_and_rebased(
    core: Server, scenario: dict[str, Any], edit: Edit, git: Git, tmp_path: Path
) -> None:
    store = await _kept(core, scenario, "First")
    git(tmp_path, "clone", "-q", store, "other")
    other = tmp_path / "other"
    (other / "README.md").write_text("About")
    git(other, "add", "README.md")
    git(other, "commit", "-qm", "A page")
    await edit(scenario["id"], "2")
    await _kept(core, scenario, "Second")
    assert "rejected" in git(other, "push", "origin", "main", ok=False)
    git(other, "pull", "-q", "--rebase")
    git(other, "push", "-q", "origin", "main")
    assert git(store, "log", "--format=%s", "main") == "A page\nSecond\nFirst\n"


async def test_packed_shallow_and_mirrored_repositories_are_read_and_written(
    core: Server, scenario: dict[str, Any], edit: Edit, git: Git
) -> None:
    home = core.kernel.place
    store = await _kept(core, scenario, "First", tag="v1")
    await edit(scenario["id"], "2")
    await _kept(core, scenario, "Second")
    git(store, "gc", "-q", "--aggressive", "--prune=now")
    git(home, "clone", "-q", "--depth=1", f"file://{store}", "shallow")
    git(home, "clone", "-q", "--mirror", store, "mirror.git")
    for place in ("blueprints.git", "shallow", "mirror.git"):
        await edit(scenario["id"], place)
        folder = await _kept(core, scenario, f"Into {place}", repository=place)
        listed = await core.call(
            "blueprint_version_list", scenario_id=scenario["id"], repository=place
        )
        rows = [row for row in listed.data["versions"] if row["source"] == "git"]
        assert rows[0]["message"] == f"Into {place}"
        assert len(rows) == (2 if place == "shallow" else 3)
        assert sound(git, folder)
    older = await core.call(
        "blueprint_diff", scenario_id=scenario["id"], ref="main~2", repository="shallow"
    )
    assert older.error["code"] == "unknown_revision"


WRITER = """
import sys
from dulwich.repo import Repo
from make_mcp_core_tools._engine.repository_writing import Author, Writing

who = int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(15):
    add = lambda kept: (kept or b"").decode() + f"{who}.{number}\\n"
    files = {"shared.txt": add, f"own/{who}-{number}.txt": "x"}
    with Repo(sys.argv[1]) as repo:
        Writing(files, f"{who}.{number}", "main", "main", Author(who, "W")).commit(repo)
"""
"""Adds a line to a file that another process adds lines to at the same time."""


@pytest.mark.parametrize("bare", [True, False])
def test_two_processes_that_write_at_once_lose_nothing(
    tmp_path: Path, git: Git, bare: bool
) -> None:
    git(tmp_path, "init", "-q", "-b", "main", *(["--bare"] if bare else []))
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(who)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in (1, 2)
    ]
    for one in started:
        assert one.stdout
        assert one.stdout.readline() == "ready\n"
    for one in started:
        one.communicate("go\n", timeout=60)
        assert one.returncode == 0
    lines = git(tmp_path, "show", "main:shared.txt").splitlines()
    assert sorted(lines) == sorted(f"{who}.{number}" for who in (1, 2) for number in range(15))
    assert git(tmp_path, "rev-list", "--count", "main").strip() == "30"
    assert len(git(tmp_path, "ls-tree", "main:own").splitlines()) == 30
    assert sound(git, tmp_path)
    assert bare or git(tmp_path, "status", "--porcelain") == ""
