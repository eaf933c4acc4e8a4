"""Our servers as processes, started as a user starts them."""

import os
import socket
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen, run

import httpx

STARTING_SECONDS = 30.0


@dataclass
class Finished:
    """A command that has run to its end."""

    code: int
    out: str
    err: str
    seconds: float


def environment(tmp: Path, **more: str) -> dict[str, str]:
    """An environment without any Make configuration but what is given."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MAKE_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"MAKE_MCP_DATA_DIR": str(tmp / "data"), "HOME": str(tmp)} | more


def command(module: str, *words: str) -> list[str]:
    """The command line that runs one of our apps."""
    return [sys.executable, "-m", module, *words]


def finished(module: str, *words: str, tmp: Path, stdin: str = "", **more: str) -> Finished:
    """Run a command to its end."""
    begun = time.monotonic()
    done = run(
        command(module, *words),
        input=stdin,
        capture_output=True,
        text=True,
        env=environment(tmp, **more),
        timeout=90,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    module: str, *words: str, tmp: Path, port: int = 0, **more: str
) -> Generator[Popen[str]]:
    """A server process; with `port`, once that port answers."""
    process = Popen(
        command(module, *words),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        text=True,
        env=environment(tmp, **more),
    )
    try:
        if port:
            wait_for(f"http://127.0.0.1:{port}/health/live", process)
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(url: str, process: Popen[str] | None = None) -> None:
    """Wait until an address answers with success."""
    deadline = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise AssertionError(f"ended with {process.returncode}: {process.communicate()[1]}")
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {STARTING_SECONDS:g} s")
