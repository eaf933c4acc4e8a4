"""`make-blueprint diff` and `merge`, on their own and as git's merge driver."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from make_blueprint.cli.main import main
from make_blueprint.document import Blueprint, as_list, as_object

from tests.make_blueprint.generate import blueprint, module


def scenario(value: str = "a", *more: int) -> Blueprint:
    return blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}),
        module(2, mapper={"value": value}),
        *(module(number, "util:FunctionSleep", mapper={"duration": "1"}) for number in more),
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def save(name: str, document: Blueprint) -> None:
    Path(name).write_text(json.dumps(document, indent=2) + "\n")


def value_of(name: str) -> object:
    data = json.loads(Path(name).read_text())
    return as_object(as_object(as_list(data["flow"])[1])["mapper"])["value"]


@pytest.mark.parametrize("format", ["text", "markdown", "json"])
def test_a_diff_tells_what_changed(
    folder: Path, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    save("old.json", scenario("a"))
    save("new.json", scenario("b"))
    assert main(["diff", "old.json", "new.json", "--format", format]) == 0
    assert "mapper.value" in capsys.readouterr().out


def test_a_diff_can_say_by_its_exit_code_whether_there_is_one(folder: Path) -> None:
    save("old.json", scenario("a"))
    save("new.json", scenario("b"))
    assert main(["diff", "old.json", "old.json", "--exit-code"]) == 0
    assert main(["diff", "old.json", "new.json", "--exit-code"]) == 1


def test_two_changes_come_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save("base.json", scenario("a"))
    save("ours.json", scenario("b"))
    save("theirs.json", scenario("a", 3))
    assert main(["merge", "base.json", "ours.json", "theirs.json", "-o", "merged.json"]) == 0
    assert value_of("merged.json") == "b"
    assert len(json.loads(Path("merged.json").read_text())["flow"]) == 3
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("favor", "kept"), [("ours", "b"), ("theirs", "c")])
def test_a_conflict_is_listed_and_one_side_kept(
    folder: Path, capsys: pytest.CaptureFixture[str], favor: str, kept: str
) -> None:
    save("base.json", scenario("a"))
    save("ours.json", scenario("b"))
    save("theirs.json", scenario("c"))
    arguments = ["merge", "base.json", "ours.json", "theirs.json", "--favor", favor]
    assert main([*arguments, "-o", "merged.json"]) == 1
    assert value_of("merged.json") == kept
    assert capsys.readouterr().err.startswith("conflict at flow[1].mapper.value: ")


def git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    identity = ["-c", "user.name=Robin", "-c", "user.email=robin@example.com"]
    return subprocess.run(
        ["git", *identity, *arguments], capture_output=True, check=False, timeout=60
    )


@pytest.mark.parametrize(("theirs", "clean"), [(scenario("a", 3), True), (scenario("c"), False)])
def test_git_merges_blueprints_module_by_module(
    folder: Path, theirs: Blueprint, clean: bool
) -> None:
    driver = f"{sys.executable} -m make_blueprint merge --driver %O %A %B"
    git("init", "--initial-branch=main")
    git("config", "merge.make-blueprint.driver", driver)
    Path(".gitattributes").write_text("*.blueprint.json merge=make-blueprint\n")
    name = "orders.blueprint.json"
    for branch, document in (("main", scenario("a")), ("theirs", theirs), ("main", scenario("b"))):
        git("checkout", branch) if git("rev-parse", "--verify", branch).returncode == 0 else git(
            "checkout", "-b", branch
        )
        save(name, document)
        git("add", ".")
        git("commit", "--message", f"{branch} changes it")
    merged = git("merge", "theirs")
    assert (merged.returncode == 0) is clean, merged.stdout + merged.stderr
    assert value_of(name) == "b"
    assert len(json.loads(Path(name).read_text())["flow"]) == (3 if clean else 2)
    if not clean:
        assert b"conflict at flow[1].mapper.value" in merged.stderr + merged.stdout
        assert b"UU " in git("status", "--porcelain").stdout
