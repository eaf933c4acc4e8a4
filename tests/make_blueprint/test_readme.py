"""What the README shows is true."""

import contextlib
import io
import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
from make_blueprint.cli.main import main
from make_blueprint.document import dump
from make_blueprint.lint.checking import rules

from tests.make_blueprint.generate import blueprint, module

README = Path(__file__).parents[2] / "packages" / "make-blueprint" / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_the_example_prints_what_it_says() -> None:
    code, output = (found[1] for found in re.finditer(r"```(?:python|text)\n(.*?)```", TEXT, re.S))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(README), "exec"), {})
    assert printed.getvalue() == output


def test_the_table_names_modules_that_exist() -> None:
    cells = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", TEXT, re.M)
    names = [name for cell in cells for name in re.findall(r"\w+", cell)]
    assert len(names) > 15
    for name in names:
        assert import_module(f"make_blueprint.{name}").__doc__


def test_the_rules_are_counted_right() -> None:
    counts = re.search(r"\[(\d+) rules\]\([^)]*\), (\d+) with a fix", TEXT)
    assert counts
    fixes = sum(rule.fix is not None for rule in rules().values())
    assert (int(counts[1]), int(counts[2])) == (len(rules()), fixes)


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = blueprint(module(1, "gateway:CustomWebHook", parameters={"hook": 7}))
    for name in ("orders.blueprint", "old", "new", "base", "ours", "theirs"):
        Path(f"{name}.json").write_text(dump(document))
    commands = re.findall(r"^make-blueprint (.*)$", TEXT, re.M)
    assert len(commands) > 6
    for command in commands:
        assert main(expanded(command)) == 0, command


def expanded(command: str) -> list[str]:
    """Split a command as a shell does."""
    words = shlex.split(command, comments=True)
    return [
        str(found)
        for word in words
        for found in (sorted(Path().glob(word)) if "*" in word else [word])
    ]
