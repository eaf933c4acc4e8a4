"""`serve`: run the server until its client goes away or it is told to stop.

Standard output belongs to the protocol. The process ends within two seconds of the end of its
input, of SIGTERM, or of its parent's death; a change that is on its way to Make is given that time
to finish, and one that does not is in the journal as announced.

On standard input and output the front answers a client's first messages; the SDK goes on from
there.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from make_mcp_base.server.opening import Opening, fronts

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from make_mcp_base.app import App
    from make_mcp_base.setup import Setup


def serve(
    app: App,
    setup: Setup,
    chosen: argparse.Namespace,
    words: Sequence[str],
    opening: Opening | None = None,
) -> int:
    """Run the `serve` command.

    Args:
        app: What the server is.
        setup: The process's choices.
        chosen: Options of the command.
        words: The command line they were read from.
        opening: The session, where the front has begun it already.

    Raises:
        Failure: The choices cannot be used.
    """
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
    if opening is not None:
        return _go_on(app, setup, opening)
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison]
        sys.stderr.write("There is no standard input to serve. Start with `serve --http`.\n")
        return 2
    if sys.stdin.isatty():
        sys.stderr.write(_greeting(app))
    if fronts() and not setup.run_tools:  # the front knows what is shipped, not what Make has
        return _go_on(app, setup, _open(app, setup, words))
    return _serve_all(app, setup)


def _open(app: App, setup: Setup, words: Sequence[str]) -> Opening:
    from make_mcp_base.server.describing import describe
    from make_mcp_base.server.kept import Kept, states_of

    kept = Kept(app.name, words, os.environ)
    if answers := kept.read():
        return Opening(answers)
    answers, paths = describe(app, setup)
    states = states_of(paths)
    return Opening(answers, lambda: kept.write(answers, states))


def _go_on(app: App, setup: Setup, opening: Opening) -> int:
    if opening.begun is None:
        return 0
    opening.finish_loading()
    import anyio

    from make_mcp_base.kernel import Kernel
    from make_mcp_base.server.describing import rights_now
    from make_mcp_base.server.session import serve_pipe

    _log(setup)
    kernel = Kernel.of(app, setup)
    kernel.list_as(rights_now(setup))
    anyio.run(serve_pipe, kernel, opening.pipe, opening.begun)
    return 0


def _serve_all(app: App, setup: Setup) -> int:
    """Serve without a front, by the SDK from the first message on."""
    import anyio

    from make_mcp_base.kernel import Kernel
    from make_mcp_base.server.describing import rights_now
    from make_mcp_base.server.session import serve_standard_streams

    _log(setup)
    kernel = Kernel.of(app, setup)
    kernel.list_as(rights_now(setup))
    anyio.run(serve_standard_streams, kernel)
    return 0


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
