"""`make-blueprint`: lint, compare, merge and describe scenario blueprints."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from make_blueprint.cli import comparing, describing, linting
from make_blueprint.cli.files import CommandError
from make_blueprint.problem import BlueprintError

_EXITS = """exit codes: 0 nothing to object to, 1 findings, differences or conflicts, \
2 the command could not be done"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Args:
        arguments: Without the program's name; those of the process when None.
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (CommandError, BlueprintError) as error:
        sys.stderr.write(f"make-blueprint: {error}\n")
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not try again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make-blueprint", description=__doc__, epilog=_EXITS, allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=version("make-blueprint"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    linting.add_to(commands.add_parser)
    comparing.add_to(commands.add_parser)
    describing.add_to(commands.add_parser)
    return parser
