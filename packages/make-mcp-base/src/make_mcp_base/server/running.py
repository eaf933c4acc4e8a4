"""`serve`: run the server until its client goes away or it is told to stop.

Standard output belongs to the protocol. The process ends within two seconds of the end of its
input, of SIGTERM, or of its parent's death; a change that is on its way to Make is given that time
to finish, and one that does not is in the journal as announced.

On standard input and output a client's first messages are answered by the front, so this module and
what it imports at its top stay light: a test lists the modules that are loaded by then.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

from make_mcp_base.surface.assembly import surface_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from threading import Thread
    from types import FrameType

    from make_mcp_base.app import App
    from make_mcp_base.setup import Setup
    from make_mcp_base.surface.rights import Rights
    from make_mcp_base.surface.selection import Selection

FRONT_VARIABLE = "MAKE_MCP_FRONT"


def serve(app: App, setup: Setup, chosen: argparse.Namespace) -> int:
    """Run the `serve` command."""
    if chosen.new_token:
        from make_mcp_base.server.bearer import new_token

        sys.stdout.write(f"{new_token(setup.data_dir)}\n")
        return 0
    if chosen.http:
        from make_mcp_base.kernel import Kernel
        from make_mcp_base.server.http import serve_http

        _log(setup)
        kernel = Kernel.of(app, setup)
        return serve_http(kernel, chosen.host, _port(app, setup, chosen), chosen.allow_host)
    return serve_stdio(app, setup.selection, lambda: setup)


def serve_stdio(app: App, selection: Selection, setup: Callable[[], Setup]) -> int:
    """Serve one client on standard input and output.

    Args:
        app: What the server is.
        selection: Which tools.
        setup: Reads all other choices; not called before the first answer.

    Raises:
        Failure: The choice of tools cannot be used.
    """
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr.write("There is no standard input to serve. Start with `serve --http`.\n")
        return 2
    if sys.stdin.isatty():
        sys.stderr.write(_greeting(app))
    if os.name != "posix" or os.environ.get(FRONT_VARIABLE, "").strip() == "0":
        return _serve_without_front(app, setup())
    return _serve_behind_front(app, selection, setup)


def _serve_behind_front(app: App, selection: Selection, setup: Callable[[], Setup]) -> int:
    from make_mcp_base.server.answers import Answers
    from make_mcp_base.server.front import Front
    from make_mcp_base.server.pipe import Pipe

    gc.disable()  # what is imported is never garbage, and looking takes a tenth of the time
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, _leave_at_once)
    known: list[Rights | None] = []

    def rights() -> Rights | None:
        known[:] = known or [_recalled(setup())]
        return known[0]

    loading: list[Thread] = []
    front = Front(Answers(app, surface_of(app, selection), rights), lambda: _load(loading))
    pipe = Pipe.claim()
    begun = front.serve(pipe)
    if begun is None:
        return 0
    for thread in loading:
        thread.join()
    import anyio

    from make_mcp_base.kernel import Kernel
    from make_mcp_base.server.session import serve_pipe

    gc.freeze()
    gc.enable()
    _log(setup())
    kernel = Kernel.of(app, setup())
    kernel.list_as(rights())
    anyio.run(serve_pipe, kernel, pipe, begun)
    return 0


def _serve_without_front(app: App, setup: Setup) -> int:
    import anyio

    from make_mcp_base.kernel import Kernel
    from make_mcp_base.server.session import serve_standard_streams

    _log(setup)
    kernel = Kernel.of(app, setup)
    kernel.list_as(_recalled(setup))
    anyio.run(serve_standard_streams, kernel)
    return 0


def _load(threads: list[Thread]) -> None:
    """Begin to import what the front does without."""
    from contextlib import suppress
    from importlib import import_module
    from threading import Thread

    def load() -> None:
        with suppress(Exception):  # the hand-over imports the same, and tells what is wrong
            for name in ("session", "logs"):
                import_module(f"make_mcp_base.server.{name}")

    threads.append(Thread(target=load, daemon=True))
    threads[0].start()


def _recalled(setup: Setup) -> Rights | None:
    """Give the rights the last run kept; none for the sandbox, whose token may do everything."""
    from make_mcp_base.surface.rights import recall

    file = setup.rights_file
    return recall(file) if file else None


def _leave_at_once(number: int, frame: FrameType | None) -> None:
    """Leave: before the hand-over nothing is under way."""
    os._exit(0)


def _log(setup: Setup) -> None:
    from make_mcp_base.server.logs import log_to_stderr

    log_to_stderr(setup.environment.get("LOG_LEVEL", "warning"))


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
