"""What is installed, read from the folders of `sys.path` rather than by `importlib.metadata`.

Importing the standard library's reader takes longer than a whole handshake should. The two
questions a start asks, which bundles there are and which version the server has, are answered from
the same `*.dist-info` files; whatever lies elsewhere (a zip, an importer of its own) is left to the
standard library. Source: Python Packaging User Guide, "Recording installed projects" and "Entry
points specification".
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module


def entry_points_of(group: str) -> list[tuple[str, str]]:
    """Give the entry points of a group as pairs of name and object (`package.module:attribute`)."""
    folders = _folders(tuple(sys.path))
    if folders is None:
        from importlib.metadata import entry_points

        return [(found.name, found.value) for found in entry_points(group=group)]
    declared: list[tuple[str, str]] = []
    for folder in folders.values():
        declared += _declared(os.path.join(folder, "entry_points.txt"), group)
    return declared


def version_of(distribution: str) -> str:
    """Give the version of an installed distribution.

    Raises:
        PackageNotFoundError: It is not installed.
    """
    folder = (_folders(tuple(sys.path)) or {}).get(_normal(distribution))
    found = _version(folder) if folder else ""
    if not found:
        from importlib.metadata import version

        return version(distribution)
    return found


def loaded(value: str) -> object:
    """Import the object an entry point names."""
    module, _, attributes = value.split("[")[0].strip().partition(":")
    found: object = import_module(module.strip())
    for name in filter(None, attributes.strip().split(".")):
        found = getattr(found, name)
    return found


def places() -> list[str]:
    """Give the folders whose change may mean that something was installed or removed."""
    folders = _folders(tuple(sys.path)) or {}
    return sorted({os.path.dirname(folder) for folder in folders.values()})


@cache
def _folders(path: tuple[str, ...]) -> dict[str, str] | None:
    """Find the metadata folders by name of distribution, the first on the path winning.

    None where the path holds something other than folders, which this module cannot read.
    """
    found: dict[str, str] = {}
    for place in path:
        if os.path.isfile(place):
            return None
        try:
            names = sorted(os.listdir(place or "."))
        except OSError:
            continue
        for name in names:
            stem, dot, kind = name.rpartition(".")
            if dot and kind in {"dist-info", "egg-info"}:
                folder = os.path.join(place, name)
                found.setdefault(_normal(stem.split("-", 1)[0]), folder)
    return found


def _declared(file: str, group: str) -> list[tuple[str, str]]:
    """Read one group of an `entry_points.txt`."""
    try:
        with open(file, encoding="utf-8") as text:
            lines = [line.strip() for line in text]
    except OSError:
        return []
    rows: list[tuple[str, str]] = []
    section = ""
    for line in lines:
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section == group and "=" in line and line[0] not in "#;":
            name, _, value = line.partition("=")
            rows.append((name.strip(), value.strip()))
    return rows


def _version(folder: str) -> str:
    for name in ("METADATA", "PKG-INFO"):
        try:
            with open(os.path.join(folder, name), encoding="utf-8") as text:
                for line in text:
                    if line.lower().startswith("version:"):
                        return line.partition(":")[2].strip()
                    if not line.strip():
                        break
        except OSError:
            continue
    return ""


def _normal(name: str) -> str:
    return name.replace("-", "_").replace(".", "_").lower()
