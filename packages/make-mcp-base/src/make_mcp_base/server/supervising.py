"""Two servers side by side, each a process of its own: when one falls, the other goes on.

Their logs come out on standard error with a prefix. A server that ends is started again, after a
pause that doubles while it keeps falling.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
from anyio.abc import Process
from anyio.streams.text import TextReceiveStream

if TYPE_CHECKING:
    from collections.abc import Sequence

SUPERVISED = "MAKE_MCP_SUPERVISED"
"""Environment variable by which a server knows to leave with its supervisor."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 30.0
"""A server that ran this long starts again without delay."""
_STOP_SECONDS = 2.5


@dataclass(slots=True)
class Ward:
    """One server under supervision.

    Attributes:
        name: Prefix of its log lines.
        command: How it is started.
        process: The running process, or None between two.
        starts: How often it was started.
    """

    name: str
    command: list[str]
    process: Process | None = None
    starts: int = 0


def supervise(wards: Sequence[Ward]) -> int:
    """Run servers until told to stop by SIGINT or SIGTERM."""
    anyio.run(_supervise, wards)
    return 0


async def _supervise(wards: Sequence[Ward]) -> None:
    async with anyio.create_task_group() as tasks:
        for ward in wards:
            tasks.start_soon(_keep_running, ward)
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for _ in signals:
                break
        tasks.cancel_scope.cancel()
    await _stop(wards)


async def _keep_running(ward: Ward) -> None:
    pause = FIRST_PAUSE
    while True:
        begun = time.monotonic()
        code = await _run_once(ward)
        if time.monotonic() - begun >= STEADY_SECONDS:
            pause = FIRST_PAUSE
        _say(ward.name, f"ended with code {code}; starting again in {pause:g} s")
        await anyio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _run_once(ward: Ward) -> int:
    ward.starts += 1
    environment = os.environ | {SUPERVISED: "1"}
    process = await anyio.open_process(ward.command, stdin=None, stdout=None, env=environment)
    ward.process = process
    if process.stderr is not None:
        rest = ""
        async for text in TextReceiveStream(process.stderr, errors="replace"):
            *lines, rest = (rest + text).split("\n")
            for line in lines:
                _say(ward.name, line)
        if rest:
            _say(ward.name, rest)
    return await process.wait()


async def _stop(wards: Sequence[Ward]) -> None:
    running = [w.process for w in wards if w.process and w.process.returncode is None]
    for process in running:
        with contextlib.suppress(ProcessLookupError):  # it fell by itself this very moment
            process.terminate()
    with anyio.move_on_after(_STOP_SECONDS):
        for process in running:
            await process.wait()
        return
    for process in running:
        if process.returncode is None:
            process.kill()


def _say(name: str, line: str) -> None:
    sys.stderr.write(f"[{name}] {line}\n")
    sys.stderr.flush()
