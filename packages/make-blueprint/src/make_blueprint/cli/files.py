"""Files: reading blueprints, writing answers, and saying what went wrong with either."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from make_blueprint.document import Blueprint, load
from make_blueprint.problem import BlueprintError

STDIN = "-"


class CommandError(Exception):
    """A command that cannot be done; the message is for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Source:
    """A blueprint with the text it was read from."""

    name: str
    text: str
    blueprint: Blueprint


def read(name: str) -> Source:
    """Read a blueprint from a file, or from standard input for `-`.

    Raises:
        CommandError: The file cannot be read, or holds no blueprint.
    """
    data = read_bytes(name)
    try:
        blueprint = load(data)
    except BlueprintError as error:
        raise CommandError(f"{shown(name)}: {error}") from error
    return Source(shown(name), data.decode("utf-8-sig"), blueprint)


def read_bytes(name: str) -> bytes:
    """Read a file, or standard input for `-`.

    Raises:
        CommandError: The file cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}") from error


def write(name: str | None, text: str) -> None:
    """Write to a file, or to standard output when there is no name.

    Raises:
        CommandError: The file cannot be written.
    """
    if name is None or name == STDIN:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        return
    try:
        Path(name).write_bytes(text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}") from error


def shown(name: str) -> str:
    """Write a file name as reports show it."""
    return "<stdin>" if name == STDIN else Path(name).as_posix()
