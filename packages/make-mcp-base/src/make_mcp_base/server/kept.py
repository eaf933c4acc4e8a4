"""Answers kept from one start to the next, while nothing they follow from has changed.

Reading all catalogs to list twenty tools takes longer than everything else before the first answer,
so a start leaves its answers behind for the next one with the same words and the same environment.
With them goes the state of every file they were made from: one that is newer, other in size, gone
or come makes them void, and they are made anew.

Kept in the user's cache directory (`$XDG_CACHE_HOME` or `~/.cache`, under `make-mcp`), or with the
rest of the data where `MAKE_MCP_DATA_DIR` names a place. Names of files are digests, for the
environment holds a token; the content is what any client is told.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from make_mcp_base.server.answers import Answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_DECIDING = ("HOME", "PYTHONPATH", "XDG_DATA_HOME")


class Kept:
    """The answers of one command line in one environment.

    Args:
        name: Name of the server.
        words: Its command line.
        environment: Its environment variables.
    """

    def __init__(self, name: str, words: Sequence[str], environment: Mapping[str, str]) -> None:
        from hashlib import sha256

        deciding = sorted(
            item
            for item in environment.items()
            if item[0].startswith("MAKE_") or item[0] in _DECIDING
        )
        said = json.dumps([name, *words, sys.prefix, sys.version, deciding])
        digest = sha256(said.encode(errors="surrogateescape")).hexdigest()[:32]
        self.file = os.path.join(_folder(environment), f"{digest}.answers")

    def read(self) -> Answers | None:
        """Give the answers; None when there are none, or not of what is installed now."""
        try:
            with open(self.file, "rb") as file:
                first, *lines = file.read().split(b"\n")
            seen = json.loads(first)
            same = all(_state(path) == state for path, *state in seen)
            return Answers(*lines) if same else None
        except (OSError, ValueError, TypeError):
            return None

    def write(self, answers: Answers, states: Sequence[Sequence[object]]) -> None:
        """Keep answers for the next start; without effect where nothing can be written.

        Args:
            answers: What the server says.
            states: Of the files that it follows from, as `states_of` gave them beforehand.
        """
        lines = [json.dumps(states).encode(), *answers.lines]
        part = f"{self.file}.{os.getpid()}.part"
        try:
            os.makedirs(os.path.dirname(self.file), mode=0o700, exist_ok=True)
            with open(part, "xb") as file:
                file.write(b"\n".join(lines))
            os.replace(part, self.file)
        except OSError:  # a start without kept answers is only slower
            return


def states_of(paths: Iterable[str]) -> list[list[object]]:
    """Tell the state of files and folders, present or not."""
    return [[path, *_state(path)] for path in paths]


def _state(path: str) -> list[int]:
    try:
        found = os.stat(path)
    except OSError:
        return [0, -1]
    return [found.st_mtime_ns, found.st_size]


def _folder(environment: Mapping[str, str]) -> str:
    if chosen := environment.get("MAKE_MCP_DATA_DIR"):
        return os.path.join(os.path.expanduser(chosen), "answers")
    base = environment.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "make-mcp")
