"""Prepare the release of one package: version, changelog, commit and tag.

Usage: `poe release PACKAGE patch|minor|major`. Pushing the tag starts the release workflow.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main(argv: list[str] | None = None) -> int:
    """Run the task."""
    parser = argparse.ArgumentParser(prog="poe release", description="Prepare a release.")
    parser.add_argument("package", help="name of the distribution, such as make-mcp-core-tools")
    parser.add_argument("level", choices=["patch", "minor", "major"])
    chosen = parser.parse_args(argv)
    folder = next(
        (p for p in ROOT.glob(f"*/{chosen.package}") if (p / "pyproject.toml").exists()), None
    )
    if folder is None:
        sys.stderr.write(f"There is no package {chosen.package}.\n")
        return 2
    if not list((folder / "changelog.d").glob("*.md")):
        sys.stderr.write(f"{chosen.package} has no changelog fragments; nothing to release.\n")
        return 1
    _run("uv", "version", "--package", chosen.package, "--bump", chosen.level)
    version = _run("uv", "version", "--package", chosen.package, "--short").strip()
    _run("towncrier", "build", "--yes", "--version", version, "--dir", str(folder))
    tag = f"{chosen.package}-v{version}"
    _run("git", "add", "--all", str(folder), "uv.lock")
    _run("git", "commit", "--message", f"chore({chosen.package}): release {version}")
    _run("git", "tag", "--annotate", tag, "--message", tag)
    sys.stderr.write(f"Tagged {tag}. Publish it with `git push --follow-tags`.\n")
    return 0


def _run(*words: str) -> str:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
