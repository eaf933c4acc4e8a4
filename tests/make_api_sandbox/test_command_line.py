"""The command line, over a real socket."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from make_api_sandbox.cli import main


@contextmanager
def serving(*options: str) -> Generator[tuple[subprocess.Popen[str], str, str]]:
    """A server in its own process, with its base URL and token."""
    command = [sys.executable, "-m", "make_api_sandbox", "serve", "--port", "0", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr
    assert process.stdout
    try:
        banner = "".join(process.stderr.readline() for _ in range(4))
        url = re.search(r"MAKE_BASE_URL=(\S+)", banner)
        token = re.search(r"MAKE_API_KEY=(\S+)", banner)
        assert url, banner
        assert token, banner
        yield process, url[1], token[1]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        process.stdout.close()


def test_a_served_world_answers_and_ends_within_two_seconds(tmp_path: Path) -> None:
    with serving("--world", str(tmp_path / "w.db"), "--clock", "driven") as (process, url, token):
        headers = {"Authorization": f"Token {token}"}
        assert httpx.get(f"{url}/users/me", headers=headers, timeout=30).status_code == 200
        assert url.endswith("/api/v2")
        control = url.removesuffix("/api/v2") + "/_sandbox"
        assert httpx.get(f"{control}/clock", timeout=30).json()["mode"] == "driven"
        httpx.post(f"{control}/faults", json={"drop": "before", "times": 1}, timeout=30)
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/users/me", headers=headers, timeout=30)
        with httpx.Client(timeout=30) as idle:
            assert idle.get(f"{url}/ping").text == "pong"
            began = time.monotonic()
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(timeout=10) == 0
            assert time.monotonic() - began < 2
        assert process.stdout
        assert process.stdout.read() == ""


def test_a_token_is_printed_alone_on_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = ["--world", str(tmp_path / "w.db")]
    assert main(["token", "--scope", "teams:read", *world]) == 0
    assert re.fullmatch(r"[0-9a-f-]{36}\n", capsys.readouterr().out)


def test_a_busy_port_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        world = str(tmp_path / "w.db")
        assert main(["serve", "--port", str(port), "--world", world]) == 1
    error = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1:{port}" in error
    assert error.count("\n") == 1


def test_an_unwritable_file_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["reset", "--world", str(tmp_path / "file" / "w.db")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("make-api-sandbox: cannot open the world at")
    assert error.count("\n") == 1


def test_serving_another_seed_of_a_world_that_is_lived_in_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = ["--world", str(tmp_path / "w.db")]
    assert main(["reset", "--seed", "7", *world]) == 0
    assert main(["serve", "--seed", "8", "--port", "0", *world]) == 1
    assert "another seed" in capsys.readouterr().err
