"""What the Dockerfile says, done without Docker."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from make_api_sandbox.app import create_app
from make_api_sandbox.seeding import Recipe, populate
from make_api_sandbox.serving import in_a_thread, listen, url_of
from make_api_sandbox.world import World

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "packages/make-api-sandbox/Dockerfile").read_text(encoding="utf-8")
LINES = TEXT.replace("\\\n", " ").splitlines()


def said(word: str) -> list[str]:
    """What follows an instruction, each time it is given."""
    return [line.split(None, 1)[1] for line in LINES if line.startswith(f"{word} ")]


def in_exec_form(word: str) -> list[str]:
    return json.loads(re.sub(r"^.*?\[", "[", said(word)[0]))


def test_what_is_copied_exists_and_nobody_is_root() -> None:
    copied = [words.split() for words in said("COPY") if not words.startswith("--from")]
    assert len(copied) == 2
    assert all((ROOT / source / "pyproject.toml").is_file() for source, _ in copied)
    assert said("USER") == ["make"]
    assert LINES.index("USER make") < LINES.index("VOLUME /world")


def test_the_command_it_starts_is_one_we_know(tmp_path: Path) -> None:
    program, *words = in_exec_form("ENTRYPOINT")
    assert program == "make-api-sandbox"
    assert words[words.index("--port") + 1] == said("EXPOSE")[0] == "8555"
    assert words[words.index("--world") + 1].startswith(f"{said('VOLUME')[0]}/")
    done = subprocess.run(
        [sys.executable, "-m", "make_api_sandbox", *words, "--help"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0


def test_the_health_check_passes_before_a_server_and_fails_without(tmp_path: Path) -> None:
    _, *words = in_exec_form("HEALTHCHECK")
    world = World.open(tmp_path / "world.db")
    populate(world, Recipe(company="smallest"))
    listener = listen("127.0.0.1", 0)
    port = url_of(listener).rpartition(":")[2]
    check = [sys.executable, *(word.replace("8555", port) for word in words)]
    app = create_app(world, public_url=None, in_process=False)
    with in_a_thread(app, listener):
        assert subprocess.run(check, check=False).returncode == 0
    world.close()
    failed = subprocess.run(check, capture_output=True, check=False)
    assert failed.returncode != 0


@pytest.mark.slow
def test_what_it_installs_serves_the_page_and_everything_else(tmp_path: Path) -> None:
    """Needs a package index, as the build does."""
    for words in said("COPY"):
        if not words.startswith("--from"):
            source, target = words.split()
            shutil.copytree(ROOT / source, tmp_path / target)
    install = said("RUN")[0].replace("/venv", str(tmp_path / "venv"))
    for command in install.split("&&"):
        subprocess.run(shlex.split(command), cwd=tmp_path, check=True)
    program = tmp_path / "venv/bin/make-api-sandbox"
    found = subprocess.run(
        [program, "truth", "--json", "--world", ":memory:"], capture_output=True, check=True
    )
    assert json.loads(found.stdout)["regression"]["version"] == 2
    listed = "from importlib.resources import files; import sys;"
    listed += " sys.stdout.write(files('make_api_sandbox.page').joinpath('page.js').read_text())"
    python = tmp_path / "venv/bin/python"
    script = subprocess.run([python, "-c", listed], capture_output=True, check=True)
    assert b"use strict" in script.stdout
