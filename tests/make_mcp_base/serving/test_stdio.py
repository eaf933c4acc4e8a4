"""Serving over standard input and output, as a client's child process."""

import json
import signal
import sys
import time
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from processes import command, environment, finished, running

pytestmark = pytest.mark.anyio

APPS = ("make_mcp_core", "make_mcp_analytics", "make_mcp_legacy")
HANDSHAKE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.mark.parametrize("module", APPS)
async def test_every_app_lists_calls_and_reports_health(
    module: str, era: str, tmp_path: Path
) -> None:
    words = [f"--sandbox={tmp_path / 'world.db'}"]
    target = StdioServerParameters(
        command=sys.executable, args=["-m", module, *words], env=environment(tmp_path)
    )
    async with Client(target, mode=era) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert names == sorted(names)
        health = await client.call_tool("health_check", {})
        assert health.structured_content is not None
        assert health.structured_content["status"] == "healthy", health.structured_content
        info = await client.call_tool("server_info", {})
        assert info.structured_content is not None
        assert info.structured_content["name"] == module.replace("_", "-")


async def test_the_process_ends_with_its_input(tmp_path: Path) -> None:
    done = finished(
        "make_mcp_core",
        f"--sandbox={tmp_path / 'world.db'}",
        tmp=tmp_path,
        stdin=json.dumps(HANDSHAKE) + "\n",
    )
    assert done.code == 0, done.err
    answer = json.loads(done.out.splitlines()[0])
    assert answer["result"]["serverInfo"]["name"] == "make-mcp-core"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_within_two_seconds_of_a_signal(
    how: signal.Signals, tmp_path: Path
) -> None:
    with running("make_mcp_core", "--sandbox=:memory:", tmp=tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(HANDSHAKE) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        told = time.monotonic()
        process.send_signal(how)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - told < 2.5


async def test_nothing_but_the_protocol_is_written_to_standard_output(tmp_path: Path) -> None:
    done = finished(
        "make_mcp_core", "--sandbox=:memory:", tmp=tmp_path, stdin="this is not JSON\n{}\n[]\n"
    )
    for line in done.out.splitlines():
        assert json.loads(line)["jsonrpc"] == "2.0"


async def test_a_server_without_a_key_starts_and_says_what_is_missing(tmp_path: Path) -> None:
    target = StdioServerParameters(
        command=sys.executable, args=["-m", "make_mcp_core"], env=environment(tmp_path)
    )
    async with Client(target) as client:
        assert (await client.list_tools()).tools
        told = await client.call_tool("team_list", {"organization_id": 1})
        assert told.is_error
        assert "MAKE_API_KEY" in str(told.content)
        health = await client.call_tool("health_check", {})
        assert health.structured_content is not None
        assert health.structured_content["status"] == "unhealthy"


async def test_eight_copies_share_one_world_and_one_journal(tmp_path: Path) -> None:
    import anyio

    sandbox = f"--sandbox={tmp_path / 'world.db'}"
    assert finished("make_mcp_core", "call", "user_me", sandbox, tmp=tmp_path).code == 0

    async def one(number: int) -> None:
        words = command("make_mcp_core", "call", "folder_create", f"name=Copy {number}", sandbox)
        words.append("team_id:=1")
        done = await anyio.run_process(words, check=False, env=environment(tmp_path))
        assert done.returncode == 0, done.stderr.decode()

    async with anyio.create_task_group() as tasks:
        for number in range(8):
            tasks.start_soon(one, number)
    listed = finished("make_mcp_core", "call", "operation_list", sandbox, "--json", tmp=tmp_path)
    assert json.loads(listed.out)["total"] == 8
