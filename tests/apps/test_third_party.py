"""A bundle of somebody else's, installed beside ours, comes in through the same door."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from processes import environment

SOURCE = Path(__file__).parent.parent / "acme-make-tools"
SHARES = "import site; site.addsitedir({!r})\n"

pytestmark = [
    pytest.mark.skipif(shutil.which("uv") is None, reason="installing needs uv"),
    pytest.mark.skipif(os.name == "nt", reason="paths of a virtual environment are POSIX here"),
]


@dataclass
class Installed:
    """An environment of its own, with the bundle installed from source."""

    folder: Path
    world: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the all-in-one server's command line there."""
        return self.python("-m", "make_mcp_legacy", *words)

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.folder / "bin" / "python"), *words],
            capture_output=True,
            text=True,
            env=environment(self.folder.parent),
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(seeded_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    tmp = tmp_path_factory.mktemp("acme")
    shutil.copytree(SOURCE, tmp / "source", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(seeded_world, tmp / "world.db")
    _uv("venv", "--python", sys.executable, str(tmp / "venv"))
    library = next((tmp / "venv" / "lib").glob("python*")) / "site-packages"
    # What is installed here is shared, so that nothing has to be downloaded.
    shared = SHARES.format(sysconfig.get_path("purelib"))
    (library / "shared.pth").write_text(shared)
    there = ("--python", str(tmp / "venv" / "bin" / "python"))
    _uv("pip", "install", "--no-deps", *there, str(tmp / "source"))
    return Installed(tmp / "venv", tmp / "world.db")


def _uv(*words: str) -> None:
    kept = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    done = subprocess.run(
        ["uv", "--quiet", *words], capture_output=True, text=True, env=kept, check=False
    )
    assert done.returncode == 0, done.stderr


def test_its_tools_are_listed_beside_ours(installed: Installed) -> None:
    done = installed.run("tools", "--json")
    names = {tool["name"] for tool in json.loads(done.stdout)}
    assert {"packing_list_get", "packing_label_create", "team_list"} <= names


def test_its_category_can_be_chosen(installed: Installed) -> None:
    done = installed.run("tools", "--json", "--categories", "packing")
    listed: list[dict[str, Any]] = json.loads(done.stdout)
    names = {tool["name"] for tool in listed}
    assert {"packing_list_get", "packing_label_create"} <= names
    assert "team_list" not in names


def test_its_tools_are_called_planned_and_undone_as_ours_are(installed: Installed) -> None:
    sandbox = f"--sandbox={installed.world}"
    counted = installed.run("call", "packing_list_get", "team_id=1", sandbox)
    assert counted.returncode == 0, counted.stderr
    assert json.loads(counted.stdout)["scenarios"] > 0
    words = ("call", "packing_label_create", "team_id=1", "label=Boxes", sandbox)
    planned = json.loads(installed.run(*words, "dry_run=true").stdout)["plan"]
    assert planned["steps"] == ["Create the folder “Boxes”"]
    made = json.loads(installed.run(*words).stdout)
    assert made["scenario_folder"]["name"] == "Boxes"
    undo = ("call", "operation_undo", f"operation_id={made['operation_id']}", sandbox)
    plan = json.loads(installed.run(*undo).stdout)["plan"]["plan_id"]
    assert installed.run(*undo, f"plan_id={plan}").returncode == 0


def test_read_only_holds_for_it_too(installed: Installed) -> None:
    sandbox = f"--sandbox={installed.world}"
    words = ("call", "packing_label_create", "team_id=1", "label=Boxes", "--read-only", sandbox)
    done = installed.run(*words)
    assert done.returncode == 1
    assert "read-only" in done.stderr


def test_server_info_names_it_with_its_version(installed: Installed) -> None:
    done = installed.run("call", "server_info", f"--sandbox={installed.world}")
    assert json.loads(done.stdout)["bundles"]["acme"] == "0.3.0"


def test_core_does_not_serve_what_it_does_not_declare(installed: Installed) -> None:
    done = installed.python("-m", "make_mcp_core", "tools", "--json", "--all")
    assert "packing_list_get" not in done.stdout
    assert "team_list" in done.stdout
