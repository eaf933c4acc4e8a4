"""A repository that is damaged, locked, full or half edited: the way out is told, nothing lost."""

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from dulwich.repo import Repo
from harness import Server
from make_mcp_core_tools._engine.repository_writing import Author, Writing

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Edit = Callable[..., Awaitable[None]]
Git = Callable[..., str]


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> dict[str, Any]:
    return await new_scenario(blueprint(step(1), step(2)))


@pytest.fixture
async def store(core: Server, scenario: dict[str, Any], edit: Edit) -> Path:
    """The account's own repository with two commits, and the scenario edited since."""
    for number in ("1", "2"):
        told = await core.call(
            "blueprint_version_create", scenario_ids=[scenario["id"]], message=f"State {number}"
        )
        await edit(scenario["id"], f"{number}+")
    return Path(told.data["repository"])


@pytest.fixture
def mine(core: Server, git: Git) -> Path:
    """A repository with a working copy, as a person would make it."""
    place = core.kernel.place / "mine"
    place.mkdir(parents=True)
    git(place, "init", "-q", "-b", "main")
    return place


def _calls(scenario: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    ident, team = scenario["id"], scenario["teamId"]
    change = [{"op": "set_mapper", "module": 2, "name": "value", "value": "new"}]
    calls: dict[str, dict[str, Any]] = {
        "blueprint_version_create": {"scenario_ids": [ident], "message": "Again"},
        "blueprint_version_list": {"scenario_id": ident},
        "blueprint_backup": {"team_id": team},
        "blueprint_diff": {"scenario_id": ident, "ref": "main"},
        "blueprint_drift_get": {"team_id": team},
        "blueprint_restore": {"scenario_id": ident, "ref": "main"},
        "blueprint_import": {"team_id": team, "ref": "main"},
        "change_request_create": {"scenario_id": ident, "title": "Change", "ops": change},
    }
    return {name: arguments | more for name, arguments in calls.items()}


def _loose(repository: Path, ident: str) -> Path:
    return repository / "objects" / ident[:2] / ident[2:]


def overwritten(file: Path, data: bytes | None) -> None:
    file.unlink(missing_ok=True)
    if data is not None:
        file.write_bytes(data)


def removed(file: Path) -> None:
    file.unlink()


def blocked(repository: Path) -> list[Path]:
    """Put files where git makes folders for objects, so that none can be written."""
    places = [repository / "objects" / f"{number:02x}" for number in range(256)]
    free = [place for place in places if not place.exists()]
    for place in free:
        place.touch()
    return free


async def test_a_damaged_branch_is_told_and_left_as_it_is(
    core: Server, scenario: dict[str, Any], store: Path, git: Git, many_calls: None
) -> None:
    good = git(store, "rev-parse", "main").strip()
    branch = store / "refs/heads/main"
    none = [b"garbage\n", b"0" * 40, b"f" * 40, b"ref: refs/heads/main\n", b"", b"\0\0\0"]
    for content in none:
        branch.write_bytes(content)
        for tool, arguments in _calls(scenario).items():
            told = await core.call(tool, **arguments)
            assert told.error["code"] == "repository_damaged", (content, tool)
            assert "main" in told.error["what"]
            assert "git update-ref" in told.error["next_step"]
        assert branch.read_bytes() == content
    branch.write_text(good)
    call = _calls(scenario)["blueprint_version_create"]
    assert (await core.call("blueprint_version_create", **call)).data["changed"] is True
    assert git(store, "rev-list", "--count", "main").strip() == "3"


async def test_a_damaged_object_is_told_by_every_tool_that_needs_it(
    core: Server, scenario: dict[str, Any], store: Path, git: Git, many_calls: None
) -> None:
    folder = f"main:team-{scenario['teamId']}"
    before = git(store, "rev-parse", "main").strip()
    readers = {"blueprint_diff", "blueprint_restore", "blueprint_import", "blueprint_drift_get"}
    for name in ("main", "main^{tree}", folder, f"{folder}/scenario-{scenario['id']}.json"):
        broken = _loose(store, git(store, "rev-parse", name).strip())
        sound = broken.read_bytes()
        for content in (b"", b"junk", None):
            overwritten(broken, content)
            codes: dict[str, str] = {}
            for tool, arguments in _calls(scenario).items():
                told = await core.call(tool, **arguments)
                if told.result.is_error:
                    codes[tool] = told.error["code"]
            assert set(codes.values()) == {"repository_damaged"}, (name, content)
            assert readers <= codes.keys(), (name, content)
        overwritten(broken, sound)
    assert (store / "refs/heads/main").read_text().strip() == before
    assert "error" not in git(store, "fsck", "--strict", "--full", ok=False)


async def test_a_lock_somebody_left_is_named_and_waits_for_them(
    core: Server, scenario: dict[str, Any], store: Path
) -> None:
    lock = store / "refs/heads/main.lock"
    lock.touch()
    call = _calls(scenario)["blueprint_version_create"]
    told = await core.call("blueprint_version_create", **call)
    assert (told.error["code"], told.error["retryable"]) == ("repository_busy", True)
    assert str(lock) in told.error["why"]
    lock.unlink()
    assert (await core.call("blueprint_version_create", **call)).data["changed"] is True


@pytest.mark.parametrize("place", ["bare.git", "mine"])
async def test_a_repository_that_cannot_be_written_moves_no_branch_and_touches_no_file(
    core: Server, scenario: dict[str, Any], mine: Path, edit: Edit, git: Git, place: str
) -> None:
    call: dict[str, Any] = {"scenario_ids": [scenario["id"]], "repository": place}
    await core.call("blueprint_version_create", **call, message="Before")
    repository = core.kernel.place / place
    before = git(repository, "rev-parse", "main")
    await edit(scenario["id"], "next")
    in_the_way = blocked(repository / ".git" if place == "mine" else repository)
    told = await core.call("blueprint_version_create", **call, message="After")
    assert told.error["code"] == "repository_unusable"
    assert git(repository, "rev-parse", "main") == before
    assert place != "mine" or git(repository, "status", "--porcelain") == ""
    for one in in_the_way:
        removed(one)
    assert git(repository, "fsck", "--strict", "--no-dangling") == ""
    again = await core.call("blueprint_version_create", **call, message="After")
    assert again.data["changed"] is True


IN_LITTLE_ROOM = """
import resource, sys
from pathlib import Path
from dulwich.repo import Repo
from make_mcp_core_tools._engine.repository_faults import unusable
from make_mcp_core_tools._engine.repository_writing import Author, Writing

place, room, text = Path(sys.argv[1]), int(sys.argv[2]), sys.stdin.read()
with Repo(str(place)) as repo:
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        Writing({"a.json": text}, "Second", "main", "main", Author(1, "Mara")).commit(repo)
    except OSError as error:
        print(unusable(place, error).why)
"""
"""Commits in a process whose files may have `room` bytes, which is how a full disk looks."""


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize(("size", "room"), [(100_000, 2_000), (100, 20), (100, 250)])
def test_a_full_disk_moves_no_branch_and_touches_no_file(
    tmp_path: Path, git: Git, bare: bool, size: int, room: int
) -> None:
    git(tmp_path, "init", "-q", "-b", "main", *(["--bare"] if bare else []))
    text = Random(size).randbytes(size // 2).hex()
    later = Writing({"a.json": text}, "Second", "main", "main", Author(1, "Mara"))
    with Repo(str(tmp_path)) as repo:
        first = replace(later, files={"a.json": "first\n"}, message="First").commit(repo)
    script = [sys.executable, "-W", "ignore", "-c", IN_LITTLE_ROOM, str(tmp_path), str(room)]
    told = subprocess.run(script, input=text, capture_output=True, text=True, check=True)
    assert told.stdout.startswith("The disk is full")
    assert git(tmp_path, "rev-parse", "main").strip() == first
    assert bare or git(tmp_path, "status", "--porcelain") == ""
    assert git(tmp_path, "fsck", "--strict", "--no-dangling") == ""
    with Repo(str(tmp_path)) as repo:
        assert later.commit(repo)
    assert bare or (tmp_path / "a.json").read_text() == text
    assert bare or git(tmp_path, "status", "--porcelain") == ""


async def test_a_folder_below_a_file_is_told(core: Server, scenario: dict[str, Any]) -> None:
    core.kernel.place.mkdir(parents=True, exist_ok=True)
    (core.kernel.place / "blocked").write_text("a file in place of a folder")
    calls = _calls(scenario, repository="blocked/inner")
    listed = await core.call("blueprint_version_list", **calls.pop("blueprint_version_list"))
    assert [row["source"] for row in listed.data["versions"]] == ["make"]
    for tool, arguments in calls.items():
        told = await core.call(tool, **arguments)
        assert told.error["code"] in {"repository_unusable", "no_repository"}, tool


@pytest.mark.parametrize("name", ["a\0b", "~nobody-by-that-name/x", "loop/x"])
async def test_what_is_no_name_of_a_folder_is_refused(
    core: Server, scenario: dict[str, Any], name: str
) -> None:
    core.kernel.place.mkdir(parents=True, exist_ok=True)
    (core.kernel.place / "loop").symlink_to("loop")
    told = await core.call("blueprint_version_list", scenario_id=scenario["id"], repository=name)
    assert told.error["code"] in {"invalid_arguments", "repository_unusable"}


async def test_a_repository_of_another_form_is_told(
    core: Server, scenario: dict[str, Any], mine: Path, git: Git
) -> None:
    other = core.kernel.place / "sha256"
    git(core.kernel.place, "init", "-q", "--object-format=sha256", str(other))
    (mine / ".git/config").write_text("[core\nrepositoryformatversion = 0")
    for place in ("sha256", "mine"):
        for tool, arguments in _calls(scenario, repository=place).items():
            told = await core.call(tool, **arguments)
            assert told.error["code"] in {"repository_unusable", "repository_damaged"}, tool


async def test_edits_in_a_working_copy_stop_the_commit_and_stay(
    core: Server, scenario: dict[str, Any], mine: Path, edit: Edit, git: Git
) -> None:
    call: dict[str, Any] = {"scenario_ids": [scenario["id"]], "repository": "mine"}
    made = await core.call("blueprint_version_create", **call, message="First")
    (name,) = made.data["files"]
    (mine / "notes.md").write_text("mine")
    git(mine, "add", "notes.md")
    await edit(scenario["id"], "2")
    await core.call("blueprint_version_create", **call, message="Second")
    assert git(mine, "status", "--porcelain") == "A  notes.md\n"
    await edit(scenario["id"], "3")
    before = git(mine, "rev-parse", "main")
    kept = (mine / name).read_bytes()
    (mine / name).write_bytes(kept + b" ")
    git(mine, "add", name)
    (mine / name).write_bytes(kept)
    for _ in ("staged only", "removed"):
        told = await core.call("blueprint_version_create", **call, message="Third")
        assert told.error["code"] == "working_copy_changed"
        (mine / name).unlink(missing_ok=True)
        git(mine, "reset", "-q", "--", name)
    assert git(mine, "rev-parse", "main") == before
    git(mine, "restore", name)
    assert (await core.call("blueprint_version_create", **call, message="Third")).data["changed"]
    assert git(mine, "status", "--porcelain") == "A  notes.md\n"
    assert git(mine, "ls-files", "--others") == ""


async def test_a_commit_goes_past_a_detached_head_and_another_branch_that_is_checked_out(
    core: Server, scenario: dict[str, Any], mine: Path, edit: Edit, git: Git
) -> None:
    call: dict[str, Any] = {"scenario_ids": [scenario["id"]], "repository": "mine"}
    (name,) = (await core.call("blueprint_version_create", **call, message="First")).data["files"]
    for words in (("checkout", "-q", "--detach"), ("switch", "-q", "-c", "own")):
        git(mine, *words)
        (mine / name).write_text(f"edited after {words[0]}")
        head = git(mine, "rev-parse", "HEAD")
        await edit(scenario["id"], words[0])
        told = await core.call("blueprint_version_create", **call, message="On main")
        assert told.data["changed"] is True
        assert git(mine, "rev-parse", "HEAD") == head
        assert (mine / name).read_text() == f"edited after {words[0]}"
    assert git(mine, "rev-list", "--count", "main").strip() == "3"


async def test_a_branch_that_a_linked_working_copy_shows_is_left_alone(
    core: Server, scenario: dict[str, Any], store: Path, git: Git, tmp_path: Path
) -> None:
    git(store, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    call = _calls(scenario)["blueprint_version_create"]
    before = git(store, "rev-parse", "main")
    told = await core.call("blueprint_version_create", **call)
    assert told.error["code"] == "branch_checked_out"
    assert str(tmp_path / "linked") in told.error["what"]
    assert git(store, "rev-parse", "main") == before
    assert (await core.call("blueprint_version_create", **call, branch="other")).data["changed"]
    git(tmp_path / "linked", "switch", "-q", "-c", "own")
    assert (await core.call("blueprint_version_create", **call)).data["changed"] is True


async def test_after_a_force_push_the_store_goes_on_and_says_what_is_gone(
    core: Server, scenario: dict[str, Any], store: Path, git: Git, tmp_path: Path
) -> None:
    lost = git(store, "rev-parse", "main").strip()
    git(tmp_path, "clone", "-q", str(store), "other")
    other = tmp_path / "other"
    git(other, "reset", "-q", "--hard", "HEAD~1")
    git(other, "commit", "-q", "--allow-empty", "-m", "Another history")
    git(other, "push", "-q", "--force", "origin", "main")
    rows = await core.call("blueprint_version_list", scenario_id=scenario["id"])
    assert lost[:12] not in rows.text
    made = await core.call(
        "blueprint_version_create", **_calls(scenario)["blueprint_version_create"]
    )
    assert made.data["changed"] is True
    assert git(store, "log", "-1", "--format=%s", "main~1").strip() == "Another history"
    still = await core.call("blueprint_diff", scenario_id=scenario["id"], ref=lost)
    assert still.data["before"].endswith("in git")
    git(store, "-c", "gc.reflogExpire=now", "reflog", "expire", "--expire=now", "--all")
    git(store, "gc", "-q", "--prune=now")
    gone = await core.call("blueprint_diff", scenario_id=scenario["id"], ref=lost)
    assert gone.error["code"] == "unknown_revision"


@pytest.mark.parametrize(
    ("branch", "tag", "code"),
    [
        ("main/inner", None, "branch_taken"),
        ("change-requests/1", None, "branch_taken"),
        ("change-requests", None, "branch_taken"),
        ("HEAD", None, "branch_taken"),
        ("main", "taken", "tag_taken"),
        ("main", "main", "tag_taken"),
    ],
)
async def test_names_that_git_could_not_keep_or_that_mean_two_things_are_refused(
    core: Server,
    scenario: dict[str, Any],
    store: Path,
    git: Git,
    branch: str,
    tag: str | None,
    code: str,
) -> None:
    git(store, "tag", "taken", "main~1")
    before = git(store, "for-each-ref")
    call: dict[str, Any] = {"scenario_ids": [scenario["id"]], "message": "x", "branch": branch}
    told = await core.call("blueprint_version_create", **call, **({"tag": tag} if tag else {}))
    assert told.error["code"] == code
    assert git(store, "for-each-ref") == before
    assert os.listdir(store / "refs/heads") == ["main"]
