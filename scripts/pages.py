"""Write every generated page and table of the repository.

Usage: `python -m scripts.pages [--check] [--only NAME] [--root DIR]`

Each module of `PAGES` has a function `wanted_files(root)`: what should be where; None for a file
that should be gone. With `--check` nothing is written, and the exit code is 1 when one is stale.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = (
    "tool_pages",
    "expression_pages",
    "rule_pages",
    "sandbox_coverage",
    "sandbox_modules",
    "failure_table",
)


def main(argv: list[str] | None = None) -> int:
    """Write the pages, or with `--check` only compare them."""
    parser = argparse.ArgumentParser(description="Write the generated pages and tables.")
    parser.add_argument("--check", action="store_true", help="only look, exit 1 when one is stale")
    parser.add_argument("--only", choices=PAGES, action="append", help="only these")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository to write in")
    given = parser.parse_args(argv)
    found = False
    for name in given.only or PAGES:
        try:
            wanted: dict[Path, str | None] = import_module(f"scripts.{name}").wanted_files(
                given.root
            )
        except LookupError as fault:
            sys.stderr.write(f"{fault}\n")
            return 1
        for path, text in wanted.items():
            if _present(path) != text:
                found = True
                word = "stale" if given.check else "written" if text is not None else "removed"
                sys.stderr.write(f"{word}: {path.relative_to(given.root)}\n")
                if not given.check:
                    _put(path, text)
    return int(given.check and found)


def _present(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def _put(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
