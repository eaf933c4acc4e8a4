"""Both servers side by side: each falls alone, and both go with their launcher."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen

import anyio
import pytest
from mcp import Client
from processes import command, environment, finished, free_port, wait_for

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
CALLS = 200


@dataclass
class Launched:
    """The launcher with its two servers, and everything it has logged."""

    process: Popen[str]
    core: int
    analytics: int
    lines: list[str] = field(default_factory=list[str])

    def pid_of(self, port: int) -> int:
        """Find the server process that was told to listen on a port."""
        for folder in Path("/proc").iterdir():
            child = folder.name.isdigit() and _parent(folder) == self.process.pid
            if child and str(port) in _words(folder):
                return int(folder.name)
        raise AssertionError(f"nothing listens on {port}")

    def said(self, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in self.lines)

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/mcp"


def _words(folder: Path) -> list[str]:
    try:
        return (folder / "cmdline").read_text().split("\0")
    except OSError:
        return []


def _parent(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0]
    return state == "Z"


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def launched(tmp: Path, world: Path) -> Generator[Launched]:
    core, analytics = free_port(), free_port()
    ports = ("--core-port", str(core), f"--analytics-port={analytics}")
    process = Popen(
        command("make_mcp_legacy", "--both", *ports, f"--sandbox={world}"),
        stdin=PIPE,
        stderr=PIPE,
        text=True,
        env=environment(tmp),
    )
    running = Launched(process, core, analytics)

    reader = threading.Thread(target=_collect, args=(process, running.lines), daemon=True)
    reader.start()
    try:
        for port in (core, analytics):
            wait_for(f"http://127.0.0.1:{port}/health/live")
        yield running
    finally:
        process.terminate()
        process.wait(timeout=10)
        reader.join(timeout=5)
        for stream in (process.stdin, process.stderr):
            assert stream is not None
            stream.close()


def _collect(process: Popen[str], lines: list[str]) -> None:
    assert process.stderr is not None
    lines.extend(line.rstrip("\n") for line in iter(process.stderr.readline, ""))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
@pytest.mark.anyio
async def test_core_answers_every_call_while_analytics_is_killed_and_comes_back(
    tmp_path: Path, seeded_world: Path
) -> None:
    world = tmp_path / "world.db"
    shutil.copy(seeded_world, world)
    with launched(tmp_path, world) as both:
        victim = both.pid_of(both.analytics)
        failed: list[str] = []
        done, warm = 0, anyio.Event()

        async def hammer() -> None:
            nonlocal done
            async with Client(both.url(both.core)) as client:
                while done < CALLS:
                    done += 1
                    if done > CALLS // 10:
                        warm.set()
                    told = await client.call_tool("team_list", {"organization_id": 1})
                    if told.is_error:
                        failed.append(str(told.content))

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(hammer)
            await warm.wait()
            os.kill(victim, signal.SIGKILL)
        assert failed == []
        assert done >= CALLS
        assert eventually(lambda: both.said(r"^\[analytics\] ended with code -9; starting again"))
        wait_for(f"http://127.0.0.1:{both.analytics}/health/live")
        assert both.pid_of(both.analytics) != victim
        async with Client(both.url(both.analytics)) as client:
            told = await client.call_tool("server_info", {})
        assert told.structured_content is not None
        assert told.structured_content["name"] == "make-mcp-analytics"
    assert all(line.startswith(("[core] ", "[analytics] ")) for line in both.lines), both.lines
    assert both.said(r"^\[core\] .*listens on")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_both_servers_go_with_their_launcher(
    tmp_path: Path, seeded_world: Path, how: signal.Signals
) -> None:
    world = tmp_path / "world.db"
    shutil.copy(seeded_world, world)
    with launched(tmp_path, world) as both:
        servers = [both.pid_of(both.core), both.pid_of(both.analytics)]
        told = time.monotonic()
        both.process.send_signal(how)
        code = both.process.wait(timeout=10)
        if how is signal.SIGTERM:
            assert code == 0
            assert time.monotonic() - told < 3.5
            assert all(gone(pid) for pid in servers)
        assert eventually(lambda: all(gone(pid) for pid in servers), 6)


@pytest.mark.parametrize(
    "flags", [("--core", "--analytics"), ("--both", "--legacy"), ("--core", "--both")]
)
def test_two_flags_together_are_refused(tmp_path: Path, flags: tuple[str, str]) -> None:
    done = finished("make_mcp_legacy", *flags, tmp=tmp_path)
    assert done.code == 2
    assert "together" in done.err
    assert done.out == ""
