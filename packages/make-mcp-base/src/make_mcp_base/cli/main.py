"""From the command line to an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from make_mcp_base.cli.options import read_words, setup_of
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    import argparse

    from make_mcp_base.app import App
    from make_mcp_base.server.opening import Opening
    from make_mcp_base.setup import Setup

FAILED, USAGE, CONFIGURATION, UNREACHABLE, UNCONFIRMED, INTERRUPTED = 1, 2, 3, 4, 5, 130

_CODES = {
    "bad_settings": CONFIGURATION,
    "busy_port": CONFIGURATION,
    "circuit_open": UNREACHABLE,
    "invalid_arguments": USAGE,
    "make_down": UNREACHABLE,
    "missing_argument": USAGE,
    "no_sandbox": CONFIGURATION,
    "not_authorized": CONFIGURATION,
    "refused_to_start": CONFIGURATION,
    "timed_out": UNREACHABLE,
    "unknown_client": USAGE,
    "unknown_selection": USAGE,
    "unknown_tool": USAGE,
    "unreachable": UNREACHABLE,
    "wrong_zone": CONFIGURATION,
}


def run(app: App, opening: Opening | None = None) -> None:
    """Run an app's command line and leave the process with its exit code."""
    code = main(app, sys.argv[1:], opening)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # tearing the interpreter down would take a tenth of a second for nothing


def main(app: App, argv: list[str], opening: Opening | None = None) -> int:
    """Run an app's command line.

    Args:
        app: What the server is.
        argv: The words after the command.
        opening: The session with a client, where the front has begun it already.

    Returns:
        The exit code, as `--help` lists them.
    """
    words = list(argv)
    try:
        if app.launcher is not None and (code := app.launcher(argv)) is not None:
            return code
        chosen = read_words(app, argv)
        setup = setup_of(chosen, os.environ)
        return _command(app, chosen, setup, words, opening)
    except Failure as failure:
        sys.stderr.write(f"{failure}\n")
        return exit_code(failure)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else USAGE
    except Exception as unexpected:
        return _report(app, unexpected)


def exit_code(failure: Failure) -> int:
    """Give the exit code of a failure."""
    return _CODES.get(failure.code, FAILED)


def _report(app: App, unexpected: Exception) -> int:
    """Say in one sentence that the command broke; the trace is for those who ask for it."""
    import traceback

    from make_mcp_base.safety.redaction import redact_text

    trace = redact_text("".join(traceback.format_exception(unexpected)))
    if os.environ.get("LOG_LEVEL", "").strip().lower() == "debug":
        sys.stderr.write(trace)
    else:
        sys.stderr.write(
            f"{app.name} met a fault of its own ({type(unexpected).__name__})."
            " Run the same command with LOG_LEVEL=debug for the details, and report them.\n"
        )
    return FAILED


def _command(
    app: App,
    chosen: argparse.Namespace,
    setup: Setup,
    words: list[str],
    opening: Opening | None,
) -> int:
    """Import and run one command; the others cost nothing."""
    match chosen.command:
        case "tools":
            from make_mcp_base.cli.listing import tools

            return tools(app, setup, " ".join(chosen.query), as_json=chosen.json)
        case "call":
            from make_mcp_base.cli.calling import call

            return call(app, setup, chosen)
        case "doctor":
            from make_mcp_base.cli.doctor import doctor

            return doctor(app, setup, as_json=chosen.json, fix=chosen.fix)
        case "config":
            from make_mcp_base.cli.config import config

            return config(app, setup, chosen.client, chosen.file, chosen.only, write=chosen.write)
        case "cost":
            from make_mcp_base.cli.cost import cost

            return cost(app, setup, as_json=chosen.json)
        case _:
            from make_mcp_base.server.running import serve

            return serve(app, setup, chosen, words, opening)
