"""MCP clients: where each keeps its servers, and how it writes an entry."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_mcp_base.setup import Setup

KEY_STAND_IN = "paste-your-make-api-token-here"
_PASSED_ON = ("MAKE_ZONE", "MAKE_BASE_URL", "MAKE_TEAM_ID", "MAKE_ORGANIZATION_ID")

Place = Literal["application", "home", "project"]


@dataclass(frozen=True, slots=True)
class Client:
    """One MCP client.

    Attributes:
        name: Its name on our command line.
        key: Member of its file that holds the servers.
        place: Whether the file lies among the application's data, at home, or in the project.
        file: Path of the file there.
        secret: How its file refers to a key kept elsewhere; "" when it cannot.
        typed: True when an entry states its transport.
        timed: True when an entry may state how long to wait, in milliseconds.
        inputs: What it is told to ask its user for.
    """

    name: str
    key: str
    place: Place
    file: str
    secret: str = ""
    typed: bool = False
    timed: bool = True
    inputs: tuple[dict[str, Any], ...] = ()

    def path(self, environment: Mapping[str, str]) -> Path:
        """Where the client keeps its servers on this system."""
        match self.place:
            case "project":
                return Path.cwd() / self.file
            case "home":
                return Path.home() / self.file
            case "application":
                return _application_data(environment) / self.file


CLIENTS = (
    Client("claude-desktop", "mcpServers", "application", "Claude/claude_desktop_config.json"),
    Client("claude-code", "mcpServers", "project", ".mcp.json", "${MAKE_API_KEY}", typed=True),
    Client("cursor", "mcpServers", "home", ".cursor/mcp.json", "${env:MAKE_API_KEY}"),
    Client(
        "vscode",
        "servers",
        "application",
        "Code/User/mcp.json",
        "${input:make-api-key}",
        typed=True,
        timed=False,
        inputs=(
            {
                "type": "promptString",
                "id": "make-api-key",
                "description": "Make API token",
                "password": True,
            },
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Launch:
    """One of the three servers a client may start."""

    slug: str
    entry: str
    command: str
    timeout_seconds: int


LAUNCHES = (
    Launch("core", "make-core-server", "make-mcp-core", 30),
    Launch("analytics", "make-analytics-server", "make-mcp-analytics", 30),
    Launch("legacy", "make-fastmcp-server-legacy", "make-mcp-legacy", 45),
)


def client_named(name: str) -> Client:
    """Find a client by its name.

    Raises:
        Failure: There is no such client; the failure names the nearest.
    """
    names = {client.name: client for client in CLIENTS}
    plain = name.strip().lower().replace(" ", "-").replace("_", "-")
    if plain in names:
        return names[plain]
    close = get_close_matches(plain, names, n=1, cutoff=0.3) or sorted(names)
    raise Failure(
        f"No client is called {name!r} here.",
        why=f"Known: {', '.join(sorted(names))}.",
        next_step=f"Did you mean `config {close[0]}`? Any client can use the printed entry.",
        code="unknown_client",
    )


def entries(client: Client, setup: Setup, only: str = "") -> dict[str, Any]:
    """Write the entries of our servers in a client's form.

    Args:
        client: The client.
        setup: Whether to use the sandbox, and the environment to pass on.
        only: Short names of the servers, separated by commas; "" for all.

    Raises:
        Failure: `only` names something else.
    """
    chosen = [word.strip() for word in only.split(",") if word.strip()]
    unknown = sorted(set(chosen) - {launch.slug for launch in LAUNCHES})
    if unknown:
        raise Failure(
            f"There is no server {', '.join(unknown)}.",
            next_step="Use core, analytics, legacy, or several separated by commas.",
            code="invalid_arguments",
        )
    wanted = [launch for launch in LAUNCHES if not chosen or launch.slug in chosen]
    return {launch.entry: _entry(client, launch, setup) for launch in wanted}


def _entry(client: Client, launch: Launch, setup: Setup) -> dict[str, Any]:
    command, *arguments = command_of(launch.command)
    entry: dict[str, Any] = {"type": "stdio"} if client.typed else {}
    entry |= {"command": command, "args": arguments, "env": _environment(client, setup)}
    if setup.sandbox is not None:
        entry["args"] = [*arguments, f"--sandbox={setup.sandbox}".removesuffix("=")]
    if client.timed:
        entry["timeout"] = launch.timeout_seconds * 1_000
    return entry


def command_of(name: str) -> list[str]:
    """Say how this machine starts one of our commands, with full paths.

    Graphical clients do not know the shell's PATH. From a source checkout the script of its
    environment is used, otherwise `uvx`, which fetches what is missing.
    """
    script = Path(sys.executable).with_name(name)
    if script.exists() and _is_editable(name):
        return [str(script)]
    uvx = shutil.which("uvx")
    if uvx:
        return [uvx, name]
    return [str(script)] if script.exists() else ["uvx", name]


def _is_editable(name: str) -> bool:
    try:
        told = distribution(name).read_text("direct_url.json")
    except PackageNotFoundError:
        return False
    return bool(told and json.loads(told).get("dir_info", {}).get("editable"))


def _environment(client: Client, setup: Setup) -> dict[str, str]:
    if setup.sandbox is not None:
        return {}
    given = {name: setup.environment[name] for name in _PASSED_ON if setup.environment.get(name)}
    key = client.secret or setup.environment.get("MAKE_API_KEY") or KEY_STAND_IN
    return {"MAKE_API_KEY": key} | given


def _application_data(environment: Mapping[str, str]) -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if os.name == "nt":
        return Path(environment.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
