"""What is loaded when the first answers are out."""

from pathlib import Path
from subprocess import run

import pytest
from processes import command, environment
from talking import INITIALIZED, initialize, modern, request

HEAVY = {
    *("anyio", "asyncio", "httpx", "httpx2", "mcp", "mcp_types", "pydantic", "sqlite3", "ssl"),
    *("sqlalchemy", "starlette", "structlog", "uvicorn", "importlib.metadata"),
}
NEEDLESS = {"argparse", "dataclasses", "inspect", "pathlib", "platformdirs", "threading"}


def loaded(tmp: Path, messages: list[dict[str, object]], *words: str) -> set[str]:
    """Names of the modules a server imports that is told all it ever will be at once."""
    import json

    python, *rest = command("make_mcp_core", *words)
    told = "".join(json.dumps(message) + "\n" for message in messages)
    done = run(
        [python, "-X", "importtime", *rest],
        input=told.encode(),
        capture_output=True,
        env=environment(tmp, MAKE_API_KEY="11111111-2222-4333-8444-555555555555"),
        timeout=90,
        check=True,
    )
    assert len(done.stdout.splitlines()) == sum("id" in m for m in messages)
    lines = done.stderr.decode().splitlines()
    return {line.rsplit("|", 1)[1].strip() for line in lines if line.startswith("import time:")}


@pytest.mark.parametrize(
    "messages",
    [
        [initialize(), INITIALIZED, request("tools/list", 2)],
        [modern("server/discover"), modern("tools/list", 2)],
    ],
)
def test_nothing_heavy_is_imported_for_handshake_and_list(
    messages: list[dict[str, object]], tmp_path: Path
) -> None:
    assert not loaded(tmp_path, messages) & HEAVY


@pytest.mark.parametrize("words", [(), ("serve",), ("--sandbox=:memory:", "--all")])
def test_a_later_start_reads_no_catalog_and_parses_no_options(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    messages = [initialize(), request("tools/list", 2)]
    loaded_by_first = loaded(tmp_path, messages, *words)
    loaded_by_second = loaded(tmp_path, messages, *words)
    assert "make_mcp_base.definition.catalog" in loaded_by_first
    assert not loaded_by_second & (HEAVY | NEEDLESS)
    assert "make_mcp_base.definition.catalog" not in loaded_by_second
