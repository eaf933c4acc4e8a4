"""Leaving within two seconds of the end of input, of a signal, or of the parent's death."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from make_mcp_base.kernel import Kernel

GRACE_SECONDS = 1.8
_WRITES_SECONDS = 1.2
_PARENT_EVERY = 2.0


def leave_soon(code: int = 0) -> None:
    """See to it that the process is gone in time, whatever still runs."""
    timer = threading.Timer(GRACE_SECONDS, os._exit, (code,))
    timer.daemon = True
    timer.start()


async def finish(kernel: Kernel) -> None:
    """Let changes under way arrive, then close everything."""
    with anyio.CancelScope(shield=True):
        with anyio.move_on_after(_WRITES_SECONDS):
            while kernel.counters.writing:  # noqa: ASYNC110 - bounded, at most 60 looks
                await anyio.sleep(0.02)
        await kernel.aclose()


async def leave_on_signal(kernel: Kernel) -> None:
    """Leave when told to by SIGTERM or SIGINT."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            await _leave(kernel)


async def leave_with_parent(kernel: Kernel) -> None:
    """Leave when the process that started this one is gone without closing our input."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - the kernel sends no event for this
        await anyio.sleep(_PARENT_EVERY)
    await _leave(kernel)


async def _leave(kernel: Kernel) -> None:
    leave_soon()
    await finish(kernel)
    os._exit(0)  # a reader of standard input may be blocked in a thread that cannot be stopped
