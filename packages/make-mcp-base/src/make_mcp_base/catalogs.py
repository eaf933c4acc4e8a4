"""`make-mcp-catalog`: bring the shipped catalogs of a source checkout up to date.

Usage: `make-mcp-catalog [--check] [BUNDLE…]`; without names, every installed bundle.
"""

from __future__ import annotations

import argparse
import sys

from make_mcp_base.definition.bundle import SERVER_BUNDLE, installed_bundles
from make_mcp_base.definition.catalog import refresh
from make_mcp_base.errors import Failure


def main(argv: list[str] | None = None) -> int:
    """Run the command; exit code 1 when `--check` finds something stale."""
    parser = argparse.ArgumentParser(prog="make-mcp-catalog", description="Write tool catalogs.")
    parser.add_argument("--check", action="store_true", help="only look, exit 1 when stale")
    parser.add_argument("bundles", nargs="*", help="names of bundles; all when none is given")
    chosen = parser.parse_args(argv)
    try:
        bundles = installed_bundles(chosen.bundles or None)
    except Failure as failure:
        sys.stderr.write(f"{failure}\n")
        return 2
    stale = {b.name: refresh(b, write_files=not chosen.check) for b in [*bundles, SERVER_BUNDLE]}
    for name, files in stale.items():
        for file in files:
            sys.stderr.write(f"{'stale' if chosen.check else 'written'}: {name} {file}\n")
    return 1 if chosen.check and any(stale.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
