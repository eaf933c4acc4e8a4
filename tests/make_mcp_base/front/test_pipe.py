"""Bytes as they come: in pieces, in masses, with other line ends, and into closed pipes."""

import json
import os
from pathlib import Path
from subprocess import DEVNULL, run

import pytest
from mcp import Client, StdioServerParameters
from processes import command, environment
from talking import INITIALIZED, Talk, initialize, modern, request, talking

BIG = 4_000_000


def shaken(talk: Talk) -> None:
    """Go through the handshake."""
    talk.ask(initialize())
    talk.send(INITIALIZED)


def test_a_message_in_pieces_and_two_messages_in_one_are_understood(tmp_path: Path) -> None:
    raw = json.dumps(initialize()).encode()
    with talking(tmp_path) as talk:
        for piece in (raw[:1], raw[1:40], raw[40:], b"\r", b"\n"):
            talk.send(piece)
        assert talk.answer()["result"]["serverInfo"]["name"] == "make-mcp-core"
        pings = [json.dumps(request("ping", n)).encode() for n in (2, 3)]
        talk.send(b"\n".join(pings) + b"\r\n")
        assert [talk.answer()["id"], talk.answer()["id"]] == [2, 3]


@pytest.mark.parametrize("first", [True, False])
def test_a_line_of_four_megabytes_is_answered(first: bool, tmp_path: Path) -> None:
    with talking(tmp_path) as talk:
        shaken(talk)
        if not first:
            talk.ask(request("prompts/list", 2))
        name = "x" * BIG
        answer = talk.ask(request("tools/call", 3, name=name, arguments={}))
        assert answer["error"]["code"] == -32602
        answer = talk.ask(request("ping", "é" * BIG))
        assert len(answer["id"]) == BIG


def test_a_thousand_mixed_messages_sent_before_any_answer_is_read(tmp_path: Path) -> None:
    kinds = ("ping", "tools/list", "tools/list", "prompts/list", "resources/list", "no/such")
    messages = [request("tools/list" if n < 200 else kinds[n % 6], n) for n in range(2, 1002)]
    with talking(tmp_path, "--all") as talk:
        shaken(talk)
        talk.send(*messages)
        answers = {answer["id"]: answer for answer in (talk.answer() for _ in messages)}
    assert answers.keys() == {message["id"] for message in messages}
    for message in messages:
        assert ("error" in answers[message["id"]]) == (message["method"] == "no/such")


def test_a_client_that_writes_all_before_it_reads_is_not_waited_for(tmp_path: Path) -> None:
    messages = [initialize(), *(request("tools/list", n) for n in range(2, 2000))]
    told = tmp_path / "told"
    told.write_text("".join(json.dumps(message) + "\n" for message in messages))
    server, ours = os.pipe()
    words = command("make_mcp_core", "--all")
    heard = tmp_path / "heard"
    os.close(ours)
    with told.open("rb") as source, heard.open("wb") as sink:
        done = run(
            words, stdin=source, stdout=sink, stderr=DEVNULL, env=environment(tmp_path), timeout=90
        )
    os.close(server)
    assert done.returncode == 0
    assert len(heard.read_bytes().splitlines()) == len(messages)


def test_a_last_line_without_an_end_is_answered(tmp_path: Path) -> None:
    words = command("make_mcp_core")
    told = json.dumps(initialize()).encode()
    done = run(
        words, input=told, capture_output=True, env=environment(tmp_path), timeout=90, check=True
    )
    assert json.loads(done.stdout)["id"] == 1


def test_a_file_as_input_goes_on_with_the_sdk(tmp_path: Path) -> None:
    told = tmp_path / "told"
    told.write_text(json.dumps(modern("server/discover")) + "\n" + "not JSON\n")
    with told.open("rb") as source:
        done = run(
            command("make_mcp_core"),
            stdin=source,
            capture_output=True,
            env=environment(tmp_path),
            timeout=90,
            check=True,
        )
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1]


@pytest.mark.anyio
async def test_a_tool_is_called_right_after_the_handshake(era: str, tmp_path: Path) -> None:
    python, *words = command("make_mcp_core", f"--sandbox={tmp_path / 'world.db'}")
    target = StdioServerParameters(command=python, args=words, env=environment(tmp_path))
    async with Client(target, mode=era) as client:
        told = await client.call_tool("server_info", {})
        assert not told.is_error
        listed = await client.list_tools()
        assert "server_info" in [tool.name for tool in listed.tools]


def test_what_libraries_print_goes_to_standard_error(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, threading, os, sys\n"
        "class Loud:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'anyio':\n"
        "            print('printed', flush=True)\n"
        "            os.system('echo from a child')\n"
        "sys.meta_path.insert(0, Loud())\n"
    )
    with talking(tmp_path, PYTHONPATH=str(tmp_path)) as talk:
        shaken(talk)
        assert talk.ask(request("prompts/list", 2))["id"] == 2
        assert talk.end() == 0
    printed = (tmp_path / "stderr").read_text()
    assert "printed" in printed
    assert "from a child" in printed
