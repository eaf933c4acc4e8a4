"""`make-blueprint diff | merge`: what changed, and bringing two changes together."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from make_blueprint.cli.files import read, write
from make_blueprint.diff import diff
from make_blueprint.document import compact
from make_blueprint.merge import Conflict, merge
from make_blueprint.source import rewrite

_DRIVER = """As a git merge driver, so that git merges exported blueprints module by module:

  git config merge.make-blueprint.name "Make blueprints"
  git config merge.make-blueprint.driver "make-blueprint merge --driver %O %A %B"
  echo "*.blueprint.json merge=make-blueprint" >> .gitattributes

Where both sides changed the same thing, OURS stays in the file, the conflicts are listed, and git
marks the file as conflicted."""


def add_to(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the two commands."""
    compare = add_parser("diff", help="say what changed between two blueprints")
    compare.add_argument("before", metavar="OLD")
    compare.add_argument("after", metavar="NEW")
    compare.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    compare.add_argument(
        "--exit-code", action="store_true", help="exit with 1 when there are differences"
    )
    compare.set_defaults(run=_diff)
    combine = add_parser(
        "merge",
        help="merge two changed blueprints with their common origin",
        epilog=_DRIVER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    combine.add_argument("base", metavar="BASE", help="what both began from")
    combine.add_argument("ours", metavar="OURS")
    combine.add_argument("theirs", metavar="THEIRS")
    combine.add_argument("--favor", choices=("ours", "theirs"), default="ours")
    combine.add_argument("--driver", action="store_true", help="write the outcome to OURS")
    combine.set_defaults(run=_merge)
    for command in (compare, combine):
        command.add_argument("-o", "--output", metavar="FILE", help="write here instead")


def _diff(options: argparse.Namespace) -> int:
    found = diff(read(options.before).blueprint, read(options.after).blueprint)
    formats = {
        "text": found.to_text,
        "markdown": found.to_markdown,
        "json": lambda: compact([*found.to_json()]),
    }
    write(options.output, formats[options.format]())
    return 1 if options.exit_code and found.entries else 0


def _merge(options: argparse.Namespace) -> int:
    base, ours, theirs = map(read, (options.base, options.ours, options.theirs))
    merged = merge(base.blueprint, ours.blueprint, theirs.blueprint, favor=options.favor)
    output = options.ours if options.driver else options.output
    write(output, rewrite(ours.text, merged.blueprint))
    for conflict in merged.conflicts:
        sys.stderr.write(f"{_line(conflict)}\n")
    return 1 if merged.conflicts else 0


def _line(conflict: Conflict) -> str:
    return f"conflict at {conflict.path or 'the scenario'}: {conflict.problem}"
