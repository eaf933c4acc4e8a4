"""`make-blueprint bindings`, `graph` and `doc`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from make_blueprint.cli.main import main
from make_blueprint.document import dump

from tests.make_blueprint.generate import blueprint, module


@pytest.fixture
def file(tmp_path: Path) -> str:
    document = blueprint(module(1, "gateway:CustomWebHook", parameters={"hook": 7}), module(2))
    path = tmp_path / "orders.json"
    path.write_text(dump(document))
    return str(path)


def test_bindings_are_a_table_for_people(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bindings", file]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "KIND  VALUE    TYPE  LABEL  PLACE",
        "app   gateway  1            flow[0].module",
        "hook  7                     flow[0].parameters.hook",
        "app   util     1            flow[1].module",
    ]


def test_bindings_are_json_for_programs(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bindings", file, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["kind"] for each in found] == ["app", "hook", "app"]


@pytest.mark.parametrize(
    ("format", "begins"),
    [("mermaid", "flowchart LR\n"), ("dot", "digraph scenario {\n"), ("json", '{"nodes":[')],
)
def test_a_scenario_is_drawn(
    file: str, capsys: pytest.CaptureFixture[str], format: str, begins: str
) -> None:
    assert main(["graph", file, "--format", format]) == 0
    assert capsys.readouterr().out.startswith(begins)


def test_a_page_goes_to_a_file(file: str, tmp_path: Path) -> None:
    page = tmp_path / "orders.md"
    assert main(["doc", file, "-o", str(page)]) == 0
    assert page.read_text().startswith("# Orders to ledger\n")


def test_help_and_version_answer(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["--version"], ["merge", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
    assert "git merge driver" in capsys.readouterr().out
