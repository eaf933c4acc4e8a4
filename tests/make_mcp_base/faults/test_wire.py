"""Lines on standard input that no client library would send, and the server behind them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from processes import running

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}
ORDINARY = {
    "jsonrpc": "2.0",
    "method": "tools/call",
    "params": {"name": "team_list", "arguments": {"organization_id": 1}},
}


def call_line(tool: str, arguments: str) -> bytes:
    head = '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":'
    return f'{head}"{tool}","arguments":{arguments}}}}}'.encode()


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


LINES = {
    "a blueprint of 500 levels": call_line("scenario_create", f'{{"blueprint":{deep(500)}}}'),
    "arguments of 500 levels": call_line("team_get", f'{{"team_id":{deep(500)}}}'),
    "arguments of 5000 levels": call_line("team_get", f'{{"team_id":{deep(5_000)}}}'),
    "arguments behind the gateway": call_line(
        "make_core_tool_read", f'{{"tool":"team_get","arguments":{{"team_id":{deep(500)}}}}}'
    ),
    "arguments that are a list": call_line("team_get", "[1]"),
    "a name of a megabyte": call_line("t" * 1_000_000, "{}"),
    "a number of a thousand digits": call_line("team_get", f'{{"team_id":{"9" * 1_000}}}'),
    "a lone surrogate": call_line("team_create", '{"name":"\\ud800","organization_id":1}'),
    "not JSON": b"GET / HTTP/1.1",
    "bytes that are no text": b"\xff\xfe\x00",
}


class Wire:
    """One server process, spoken to line by line."""

    def __init__(self, process: Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._in = open(process.stdin.fileno(), "wb", closefd=False)  # noqa: SIM115 - its process closes it
        self._out = process.stdout
        self._asked = 100

    def send(self, line: bytes) -> None:
        self._in.write(line + b"\n")
        self._in.flush()

    def answers_until(self, wanted: int) -> dict[Any, Any]:
        """Read answers by id, up to the one that is waited for."""
        answers: dict[Any, Any] = {}
        while wanted not in answers:
            text = self._out.readline()
            assert text, "the server is gone"
            assert len(text) < 40_000
            answer = json.loads(text)
            answers[answer.get("id")] = answer
        return answers

    def after(self, line: bytes) -> dict[Any, Any]:
        """Send a strange line and an ordinary call, and give all answers to both."""
        self._asked += 1
        self.send(line)
        self.send(json.dumps(ORDINARY | {"id": self._asked}).encode())
        answers = self.answers_until(self._asked)
        assert answers[self._asked]["result"]["structuredContent"]["teams"]
        return answers


@pytest.fixture(scope="module")
def wire(seeded_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Wire]:
    tmp = tmp_path_factory.mktemp("wire")
    shutil.copy(seeded_world, tmp / "world.db")
    with running("make_mcp_core", f"--sandbox={tmp / 'world.db'}", tmp=tmp) as process:
        wire = Wire(process)
        wire.send(json.dumps(HELLO).encode())
        wire.answers_until(1)
        wire.send(json.dumps(READY).encode())
        yield wire


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_a_strange_line_leaves_the_server_answering(wire: Wire, line: bytes) -> None:
    strange = wire.after(line).get(2, {})
    assert "Traceback" not in str(strange)
    if "result" in strange:
        assert strange["result"]["isError"] is True
        assert "Internal error" not in str(strange)
