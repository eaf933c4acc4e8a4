"""`--core`, `--analytics`, `--both`, `--legacy`: which servers an old configuration starts."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from make_mcp_base.app import App

FLAGS = ("--core", "--analytics", "--both", "--legacy")
CORE_PORT, ANALYTICS_PORT = 3000, 3001


def launch(argv: list[str]) -> int | None:
    """Answer the command line when it names other servers than the all-in-one.

    Args:
        argv: Words after the command.

    Returns:
        The exit code; None when the all-in-one shall answer.

    Raises:
        Failure: Two of the flags were given.
    """
    given = [flag for flag in FLAGS if flag in argv]
    if len(given) > 1:
        raise Failure(
            f"{' and '.join(given)} cannot be used together.",
            next_step="Use --both for the two servers, or one flag alone.",
            code="invalid_arguments",
        )
    if not given or given == ["--legacy"]:
        if given:
            argv.remove("--legacy")
        return None
    rest = [word for word in argv if word != given[0]]
    if given == ["--both"]:
        return _both(rest)
    from make_mcp_base.cli.main import main

    return main(_app(given[0]), rest)


def _app(flag: str) -> App:
    if flag == "--core":
        import make_mcp_core

        return make_mcp_core.app
    import make_mcp_analytics

    return make_mcp_analytics.app


def _both(rest: list[str]) -> int:
    """Run the two servers over HTTP; further words go to both."""
    from make_mcp_base.cli.options import port
    from make_mcp_base.server.supervising import Ward, supervise

    parser = argparse.ArgumentParser(prog="make-mcp-legacy --both", add_help=False)
    parser.add_argument("--core-port", type=port, default=CORE_PORT)
    parser.add_argument("--analytics-port", type=port, default=ANALYTICS_PORT)
    ports, rest = parser.parse_known_args(rest)
    if ports.core_port == ports.analytics_port:
        parser.error(f"the two servers cannot share port {ports.core_port}")

    def ward(name: str, module: str, number: int) -> Ward:
        words = ["serve", "--http", "--port", str(number), *rest]
        return Ward(name, [sys.executable, "-m", module, *words])

    return supervise(
        [
            ward("core", "make_mcp_core", ports.core_port),
            ward("analytics", "make_mcp_analytics", ports.analytics_port),
        ]
    )
