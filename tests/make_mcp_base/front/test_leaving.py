"""Leaving while only the front runs, and while the rest is being loaded."""

import os
import signal
import time
from pathlib import Path
from subprocess import PIPE, Popen
from sys import executable

import pytest
from processes import command, environment
from talking import INITIALIZED, Talk, initialize, request, talking

AT_ONCE = 1.0


@pytest.mark.parametrize("listed", [False, True])
def test_the_end_of_input_ends_the_process_at_once(listed: bool, tmp_path: Path) -> None:
    with talking(tmp_path) as talk:
        talk.ask(initialize())
        if listed:
            talk.send(INITIALIZED)
            talk.ask(request("tools/list", 2))
        told = time.monotonic()
        assert talk.end() == 0
        assert time.monotonic() - told < 2


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("after", ["handshake", "list", "hand-over"])
def test_a_signal_ends_the_process_within_two_seconds(
    how: signal.Signals, after: str, tmp_path: Path
) -> None:
    with talking(tmp_path) as talk:
        talk.ask(initialize())
        if after != "handshake":
            talk.ask(request("tools/list", 2))
        if after == "hand-over":
            talk.send(request("prompts/list", 3))
        told = time.monotonic()
        talk.process.send_signal(how)
        assert talk.process.wait(10) == 0
        assert time.monotonic() - told < 2.5


def test_a_client_that_stops_listening_ends_the_process(tmp_path: Path) -> None:
    process = Popen(
        command("make_mcp_core"), stdin=PIPE, stdout=PIPE, env=environment(tmp_path), text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.close()
    process.stdin.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
    process.stdin.flush()
    process.stdin.close()
    assert process.wait(30) == 0


def test_the_death_of_the_parent_ends_the_process(tmp_path: Path) -> None:
    script = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    parent = Popen(
        [executable, "-c", script, *command("make_mcp_core")],
        stdin=PIPE,
        stdout=PIPE,
        env=environment(tmp_path),
    )
    talk = Talk(parent)
    talk.ask(initialize())
    talk.send(INITIALIZED)
    os.kill(parent.pid, signal.SIGKILL)
    with pytest.raises(AssertionError, match="has left"):
        talk.answer()  # our end of its input is still open; it left of its own accord
    talk.kill()
