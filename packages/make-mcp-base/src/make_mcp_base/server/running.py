"""`serve`: run the server until its client goes away or it is told to stop.

Standard output belongs to the protocol. The process ends within two seconds of the end of its
input, of SIGTERM, or of its parent's death; a change that is on its way to Make is given that time
to finish, and one that does not is in the journal as announced.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import anyio

from make_mcp_base.kernel import Kernel

if TYPE_CHECKING:
    import argparse

    from make_mcp_base.app import App
    from make_mcp_base.setup import Setup

GRACE_SECONDS = 1.8
_WRITES_SECONDS = 1.2
_PARENT_EVERY = 2.0


def serve(app: App, setup: Setup, chosen: argparse.Namespace) -> int:
    """Run the `serve` command."""
    from make_mcp_base.server.logs import log_to_stderr

    if chosen.new_token:
        from make_mcp_base.server.bearer import new_token

        sys.stdout.write(f"{new_token(setup.data_dir)}\n")
        return 0
    log_to_stderr(setup.environment.get("LOG_LEVEL", "warning"))
    kernel = Kernel.of(app, setup)
    if chosen.http:
        from make_mcp_base.server.http import serve_http

        return serve_http(kernel, chosen.host, _port(app, setup, chosen), chosen.allow_host)
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr.write("There is no standard input to serve. Start with `serve --http`.\n")
        return 2
    if sys.stdin.isatty():
        sys.stderr.write(_greeting(app))
    anyio.run(_serve_stdio, kernel)
    return 0


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


async def _serve_stdio(kernel: Kernel) -> None:
    from mcp.server.stdio import stdio_server

    from make_mcp_base.server.protocol import build

    server = build(kernel)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_leave_on_signal, kernel)
        tasks.start_soon(leave_with_parent, kernel)
        async with stdio_server() as (incoming, outgoing):
            send, receive = anyio.create_memory_object_stream[object](0)

            async def forward() -> None:
                async with send, incoming:
                    async for message in incoming:
                        await send.send(message)
                leave_soon()

            tasks.start_soon(forward)
            options = server.create_initialization_options()
            await server.run(receive, outgoing, options)  # pyright: ignore[reportArgumentType]
        tasks.cancel_scope.cancel()
    await finish(kernel)


async def _leave_on_signal(kernel: Kernel) -> None:
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


def _port(app: App, setup: Setup, chosen: argparse.Namespace) -> int:
    named = setup.environment.get("PORT", "")
    return chosen.port or (int(named) if named.isdigit() else app.port)


def _greeting(app: App) -> str:
    return (
        f"{app.name} {app.version}. {app.title}\n"
        "This is an MCP server; it now waits for a client on standard input, and you are at a"
        " terminal.\n"
        f"  connect a client:  {app.name} config\n"
        f"  try one tool:      {app.name} call server_info --sandbox\n"
        f"  check the set-up:  {app.name} doctor\n"
        "Stop it with Ctrl-C.\n"
    )
