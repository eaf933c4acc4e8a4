"""`make-blueprint lint`, as a person or a pipeline calls it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from make_blueprint.cli.main import main
from make_blueprint.document import Blueprint, as_list, as_object, dump
from make_blueprint.lint.checking import rules

from tests.make_blueprint.generate import blueprint, module, router

HOOKS = Path(__file__).parents[3] / ".pre-commit-hooks.yaml"


def sound() -> Blueprint:
    return blueprint(module(1, "gateway:CustomWebHook", parameters={"hook": 7}))


def faulty() -> Blueprint:
    document = blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}, version=9),
        router(2, [module(3, "util:FunctionSleep", mapper={"duration": "1"})], else_=4),
    )
    document["oddNumber"] = 0
    return document


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sound.json").write_text(dump(sound()))
    text = json.dumps(faulty(), indent=3).replace('"oddNumber": 0', '"oddNumber":   1.50e1')
    (tmp_path / "faulty.json").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(*arguments: str) -> int:
    return main(["lint", "--select", "S", *arguments])


def test_sound_blueprints_pass(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("sound.json") == 0
    assert capsys.readouterr().out == "1 blueprint checked: nothing found.\n"


@pytest.mark.parametrize(
    ("fail_on", "only", "code"),
    [
        ("error", "S19", 1),
        ("error", "S11", 0),
        ("warning", "S11", 1),
        ("warning", "S16", 0),
        ("info", "S16", 1),
        ("never", "S19", 0),
    ],
)
def test_the_exit_code_says_how_bad_it_is(folder: Path, fail_on: str, only: str, code: int) -> None:
    assert main(["lint", "faulty.json", "--select", only, "--fail-on", fail_on]) == code


def test_a_rule_can_be_left_out_or_judged_otherwise(folder: Path) -> None:
    assert lint("faulty.json", "--ignore", "S19") == 0
    assert lint("faulty.json", "--severity", "no-such-route=info") == 0
    assert lint("sound.json", "faulty.json", "--severity", "S16=error", "--ignore", "S19") == 1


def test_settings_stand_in_a_file_and_the_command_line_wins(folder: Path) -> None:
    settings = 'select = ["S16"]\nfail-on = "info"\n[severity]\nS16 = "warning"\n'
    (folder / "make-blueprint.toml").write_text(settings)
    assert main(["lint", "faulty.json"]) == 1
    assert main(["lint", "faulty.json", "--fail-on", "error"]) == 0
    assert main(["lint", "faulty.json", "--select", "S02"]) == 0
    (folder / "other.toml").write_text('ignore = ["S"]\n')
    assert main(["lint", "faulty.json", "--select", "S19", "--config", "other.toml"]) == 0


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ("selects = []", "`selects` is none of select, ignore, severity, fail-on"),
        ("select = 5", "`select` is a list of rules"),
        ("severity = 5", "`severity` is a table"),
        ('fail-on = "maybe"', "fail-on is one of error, warning, info, never"),
        ('[severity]\nS01 = "bad"', "S01=bad: use error, warning, info"),
        ('ignore = ["S99"]', "there is no rule S99"),
        ("= 5", "make-blueprint.toml: "),
    ],
)
def test_a_wrong_setting_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], settings: str, complaint: str
) -> None:
    (folder / "make-blueprint.toml").write_text(settings)
    assert main(["lint", "sound.json"]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "name a blueprint"),
        (("missing.json",), "missing.json: No such file or directory"),
        (("broken.json",), "broken.json: This is not JSON"),
        (("sound.json", "--select", "Q1"), "there is no rule Q1"),
        (("sound.json", "-o", "no/such/folder"), "no/such/folder: "),
        (("sound.json", "--config", "missing.toml"), "missing.toml: "),
        (("-", "--fix"), "standard input cannot be mended in place"),
    ],
)
def test_what_cannot_be_done_is_said_on_one_line(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    (folder / "broken.json").write_text("{")
    monkeypatch.setattr(sys, "stdin", open(folder / "sound.json"))  # noqa: SIM115
    assert main(["lint", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("make-blueprint: ")
    assert complaint in error
    assert error.count("\n") == 1
    sys.stdin.close()


def test_mending_changes_only_what_was_wrong(folder: Path) -> None:
    before = (folder / "faulty.json").read_text()
    assert lint("faulty.json", "--fix") == 0
    after = (folder / "faulty.json").read_text()
    assert after != before
    assert '"oddNumber":   1.50e1' in after
    again = json.loads(after)
    assert as_object(as_list(again["flow"])[0])["version"] == 1
    assert [as_object(item)["id"] for item in as_list(again["flow"])] == [1, 3]


def test_mending_a_sound_blueprint_does_not_touch_the_file(folder: Path) -> None:
    stamp = (folder / "sound.json").stat().st_mtime_ns
    assert lint("sound.json", "--fix") == 0
    assert (folder / "sound.json").stat().st_mtime_ns == stamp


@pytest.mark.parametrize("format", ["json", "sarif", "junit"])
def test_reports_go_to_a_file(folder: Path, format: str) -> None:
    assert lint("faulty.json", "--format", format, "-o", "report") == 1
    assert "S19" in (folder / "report").read_text()


def test_surroundings_let_more_rules_judge(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {
        "hooks": {"8": {"name": "Other", "type": "gateway-webhook"}},
        "data_stores": {"3": {"name": "Orders", "fields": ["total"]}},
        "agents": {"0e3b": {"name": "Clerk"}},
        "functions": ["slug"],
        "plan": {"minimum_interval": 900},
        "zone": "eu1.make.com",
    }
    (folder / "account.json").write_text(json.dumps(told))
    main(["lint", "sound.json", "--format", "json"])
    without = json.loads(capsys.readouterr().out)["files"][0]
    code = main(["lint", "sound.json", "--format", "json", "--surroundings", "account.json"])
    found = json.loads(capsys.readouterr().out)["files"][0]
    assert code == 1, "the hook does not exist in the account"
    assert set(found["not_judged"]) < set(without["not_judged"])


@pytest.mark.parametrize(
    "told", ["[]", "{", '{"hook": {}}', '{"plan": {"price": 5}}', '{"hooks": {"x": {}}}']
)
def test_wrong_surroundings_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], told: str
) -> None:
    (folder / "account.json").write_text(told)
    assert main(["lint", "sound.json", "--surroundings", "account.json"]) == 2
    assert "account.json: " in capsys.readouterr().err


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(rules())
    assert "S16  info     fix  single-route: A router has a single route." in lines


def test_the_command_reads_standard_input(folder: Path) -> None:
    command = [sys.executable, "-m", "make_blueprint", "lint", "-", "--select", "S"]
    done = subprocess.run(
        command, input=dump(sound()).encode(), capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, b"1 blueprint checked: nothing found.\n")


def test_a_reader_who_has_seen_enough_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", buffering=1) as closed:
        monkeypatch.setattr(sys, "stdout", closed)
        assert main(["lint", "--rules"]) == 0


def test_the_pre_commit_hooks_call_a_command_that_exists(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = [
        line.partition(": ")[2]
        for line in HOOKS.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith("entry: ")
    ]
    assert entries
    for entry in entries:
        launcher, *arguments = shlex.split(entry)
        script = HOOKS.parent / launcher
        assert os.access(script, os.X_OK)
        assert 'exec uvx --quiet --from "$(dirname "$0")" make-blueprint "$@"' in script.read_text()
        assert (script.parent / "pyproject.toml").exists()
        assert main([*arguments, "sound.json"]) == 0
