"""Build every wheel, and start each app from its own wheel in a clean environment.

Usage: `python -m scripts.wheels`. The apps are started as a user starts them, with `uvx`; only our
own packages come from the built wheels.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
APPS = ("make-mcp-core", "make-mcp-analytics", "make-mcp-legacy")


def main() -> int:
    """Run the task."""
    with tempfile.TemporaryDirectory() as folder:
        wheels = Path(folder) / "wheels"
        _run("uv", "build", "--all-packages", "--wheel", "--out-dir", str(wheels), "--quiet")
        built = sorted(path.name for path in wheels.glob("*.whl"))
        sys.stderr.write(f"built: {', '.join(built)}\n")
        for app in APPS:
            _start(app, wheels, Path(folder))
    return 0


def _start(app: str, wheels: Path, folder: Path) -> None:
    """Ask an app, started from its wheel, what it is; over a sandbox, so that the call is real."""
    data = folder / app
    words = ["call", "server_info", "--json", f"--sandbox={data / 'world.db'}"]
    asked = _run("uvx", "--isolated", "--find-links", str(wheels), "--from", app, app, *words)
    info = json.loads(asked)
    sys.stderr.write(
        f"{info['name']} {info['version']} starts from its wheel: {info['reachable']} tools\n"
    )


def _run(*words: str) -> str:
    found = shutil.which(words[0])
    if found is None:
        raise SystemExit(f"{words[0]} is not installed.")
    done = subprocess.run(
        [found, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    raise SystemExit(main())
