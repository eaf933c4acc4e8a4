"""Folders of custom apps on this machine: the same places that repositories may lie in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.app_files import MANIFEST, LayoutError, read_tree
from make_mcp_core_tools._engine.blueprint_repository import FOLDERS_VARIABLE, repository_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.app_tree import AppTree

_MOST_FILES = 5_000
_LARGEST_BYTES = 1_000_000
_SUFFIXES = (".json", ".imljson", ".js", ".md", ".jsonc")
_PASSED_OVER = frozenset({".git", "node_modules", ".secrets"})


def folder_of(make: Make, given: str) -> Path:
    """Give the folder of a call.

    Raises:
        Failure: It lies outside the folders that are allowed.
    """
    try:
        return repository_of(make, given).path
    except Failure as refused:
        if refused.code != "path_refused":
            raise
        raise Failure(
            f"The folder {given} lies outside the folders that may be used.",
            next_step="Name a folder below the server's data directory (a bare name will do), or"
            f" have the operator add the folder to {FOLDERS_VARIABLE}.",
            code="path_refused",
        ) from refused


async def read_folder(make: Make, given: str) -> tuple[AppTree, dict[str, str]]:
    """Read the app in a folder, and its files.

    Raises:
        Failure: There is no app, or its files cannot be read.
    """
    path = folder_of(make, given)
    try:
        files = await anyio.to_thread.run_sync(_read, path)
        return read_tree(files), files
    except (OSError, UnicodeDecodeError, LayoutError) as error:
        raise Failure(
            f"There is no custom app to read in {path}.",
            why=str(error),
            next_step="Make one with `custom_app_export`, or with `custom_app_scaffold`.",
            code="no_app_here",
        ) from error


async def write_folder(make: Make, given: str, files: Mapping[str, str]) -> Path:
    """Write an app into a folder; files that the app no longer has are removed.

    Raises:
        Failure: The folder holds something else, or cannot be written.
    """
    path = folder_of(make, given)
    try:
        await anyio.to_thread.run_sync(_write, path, dict(files))
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(
            f"The folder {path} cannot be written.",
            why=str(error),
            next_step="See that the folder exists and may be written, then call again.",
            code="folder_unusable",
        ) from error
    return path


async def begin_folder(make: Make, given: str, files: Mapping[str, str]) -> Path:
    """Write a new app into a folder that holds nothing yet.

    Raises:
        Failure: The folder holds an app or something else, or cannot be written.
    """
    path = folder_of(make, given)
    if await anyio.to_thread.run_sync(_holds_something, path):
        raise Failure(
            f"The folder {path} is not empty.",
            next_step="Name an empty folder, or one that does not exist yet, as `folder`.",
            code="folder_taken",
        )
    return await write_folder(make, given, files)


def _holds_something(path: Path) -> bool:
    return path.exists() and (not path.is_dir() or any(path.iterdir()))


def _read(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in sorted(path.rglob("*")):
        relative = one.relative_to(path)
        if _PASSED_OVER.intersection(relative.parts) or one.suffix not in _SUFFIXES:
            continue
        if one.is_symlink() or not one.is_file() or not one.resolve().is_relative_to(path):
            continue
        if one.stat().st_size > _LARGEST_BYTES or len(found) >= _MOST_FILES:
            raise LayoutError(f"{relative} is too large, or there are too many files.")
        found[relative.as_posix()] = one.read_bytes().decode()
    return found


def _write(path: Path, files: dict[str, str]) -> None:
    if path.exists() and any(path.iterdir()) and not (path / MANIFEST).is_file():
        raise Failure(
            f"The folder {path} holds something else than a custom app.",
            next_step="Name an empty folder, or one that does not exist yet.",
            code="folder_taken",
        )
    former = _owned(path)
    for name, text in files.items():
        target = path / name
        if target.is_symlink() or not target.resolve().is_relative_to(path):
            raise OSError(f"{name} leads out of the folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    for name in former - files.keys():
        gone = path / name
        if not gone.is_symlink() and gone.resolve().is_relative_to(path):
            gone.unlink(missing_ok=True)


def _owned(path: Path) -> set[str]:
    """Name the code files that the manifest in a folder speaks of."""
    import json
    from typing import cast

    if not (path / MANIFEST).is_file():
        return set()
    try:
        manifest = cast("object", json.loads((path / MANIFEST).read_bytes()))
    except ValueError:
        return set()
    names: set[str] = set()
    waiting: list[object] = [manifest]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            rows = cast("dict[str, object]", one)
            code = rows.get("codeFiles")
            if isinstance(code, dict):
                paths = cast("dict[str, object]", code).values()
                names |= {name for name in paths if isinstance(name, str)}
            waiting += rows.values()
    return names
