"""`config`: the entries that connect an MCP client to our servers, merged into its file.

Never overwrites: other entries stay as they are, the file before is kept as a backup, and a file
that cannot be read as JSON is left alone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from make_mcp_base.cli.clients import CLIENTS, KEY_STAND_IN, Client, client_named, entries
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from make_mcp_base.app import App
    from make_mcp_base.setup import Setup


def config(
    app: App, setup: Setup, name: str | None, file: Path | None, only: str, *, write: bool
) -> int:
    """Run the `config` command.

    Args:
        app: The app whose command line this is.
        setup: Which Make; the sandbox becomes part of the entries.
        name: Client, or None to list them.
        file: File to use in place of the client's own.
        only: Short names of the servers to write (`core,analytics`); "" for all three.
        write: Merge into the file; otherwise print what would be there.
    """
    if name is None:
        _list(app)
        return 0
    client = client_named(name)
    path = file or client.path(setup.environment)
    wanted = entries(client, setup, only)
    if not write:
        print(json.dumps({client.key: wanted}, indent=2))  # noqa: T201
        sys.stderr.write(f"For {path}. Add --write to merge it there.\n")
        return 0
    backup = merge(path, client, wanted)
    sys.stderr.write(_report(path, backup, wanted))
    return 0


def merge(path: Path, client: Client, wanted: dict[str, Any]) -> Path | None:
    """Put entries into a client's file.

    Returns:
        The backup of the file before, or None when there was none or nothing changed.

    Raises:
        Failure: The file cannot be read as JSON, or not written; it is left as it was.
    """
    before = _read(path)
    document = cast("dict[str, Any]", json.loads(before) if before.strip() else {})
    if not isinstance(document.get(client.key, {}), dict):
        raise _unreadable(path, f"`{client.key}` is not an object.")
    servers = document.setdefault(client.key, {})
    for name, entry in wanted.items():
        servers[name] = entry | {"env": entry.get("env", {}) | _own_values(servers.get(name))}
    if client.inputs:
        _ask(document, client, path)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if before.strip() and json.loads(before) == document:
        return None
    return _replace(path, before, text)


def _ask(document: dict[str, Any], client: Client, path: Path) -> None:
    """Have the client ask its user for what its entries refer to."""
    if not isinstance(document.get("inputs", []), list):
        raise _unreadable(path, "`inputs` is not a list.")
    known = cast("list[Any]", document.get("inputs", []))
    missing = [asked for asked in client.inputs if asked["id"] not in _ids(known)]
    if missing:
        document["inputs"] = [*known, *missing]


def _own_values(entry: object) -> dict[str, Any]:
    """Keep what the person set in an entry before, but not our own stand-in for a key."""
    kept = cast("dict[str, Any]", entry).get("env") if isinstance(entry, dict) else None
    values = cast("dict[str, Any]", kept) if isinstance(kept, dict) else {}
    return {k: v for k, v in values.items() if v and v != KEY_STAND_IN}


def _ids(items: list[Any]) -> set[Any]:
    return {cast("dict[str, Any]", item).get("id") for item in items if isinstance(item, dict)}


def _read(path: Path) -> str:
    try:
        text = path.read_text("utf-8") if path.exists() else ""
        if text.strip() and not isinstance(json.loads(text), dict):
            raise _unreadable(path, "It is not a JSON object.")
    except OSError as error:
        raise _unreadable(path, f"{error}.") from error
    except ValueError as error:
        raise _unreadable(path, f"It is not plain JSON ({error}).") from error
    return text


def _replace(path: Path, before: str, text: str) -> Path | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        backup = _backup(path) if before else None
        home = path.resolve().parent
        handle, draft = tempfile.mkstemp(dir=home, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        if before:
            shutil.copymode(path, draft)
        Path(draft).replace(path.resolve())  # a link into somebody's dotfiles stays a link
    except OSError as error:
        raise Failure(
            f"{path} was not changed.",
            why=f"{error}.",
            next_step="Make it writable, or print the entries without --write and paste them.",
            code="not_written",
        ) from error
    return backup


def _backup(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    backup = path.with_name(f"{path.name}.{stamp}.bak")
    shutil.copy2(path, backup)
    return backup


def _unreadable(path: Path, why: str) -> Failure:
    return Failure(
        f"{path} was not changed.",
        why=why,
        next_step="Repair it, or print the entries without --write and paste them by hand.",
        code="not_written",
    )


def _list(app: App) -> None:
    sys.stderr.write(f"Clients; use `{app.name} config CLIENT [--write]`:\n")
    for client in CLIENTS:
        print(f"{client.name:<16}{client.path(os.environ)}")  # noqa: T201


def _report(path: Path, backup: Path | None, wanted: dict[str, Any]) -> str:
    lines = [f"{path} has {', '.join(wanted)}."]
    if backup:
        lines.append(f"The file before: {backup}.")
    if any(KEY_STAND_IN in str(entry.get("env")) for entry in wanted.values()):
        lines.append("Put your Make API token in place of the stand-in for MAKE_API_KEY.")
    if "make-fastmcp-server-legacy" in wanted and len(wanted) > 1:
        lines.append(
            "make-fastmcp-server-legacy repeats the tools of the other two under their old names:"
            " keep it for old configurations, remove it otherwise (`--only core,analytics`)."
        )
    lines.append("Restart the client.")
    return "\n".join(lines) + "\n"
