"""The first part of a session on standard input and output: the front, before all else.

This module and what it imports at its top are all that is loaded when a kept answer is given; a
test lists the modules.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

from make_mcp_base.server.front import Front
from make_mcp_base.server.kept import Kept
from make_mcp_base.server.pipe import Pipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Thread
    from types import FrameType

    from make_mcp_base.app import App
    from make_mcp_base.server.answers import Answers
    from make_mcp_base.server.front import HandOver

FRONT_VARIABLE = "MAKE_MCP_FRONT"
_HEAVY = ("make_mcp_base.server.session", "make_mcp_base.server.logs", "make_mcp_base.kernel")


class Opening:
    """A session that the front begins.

    Args:
        answers: What the front says.
        aside: Done once, when the client has been answered or has left.

    Attributes:
        pipe: The client's pipe.
        begun: Where the SDK goes on; None when the client left.
    """

    def __init__(self, answers: Answers, aside: Callable[[], None] | None = None) -> None:
        self._aside = aside
        self._loading: Thread | None = None
        gc.disable()  # what is imported is never garbage, and looking takes a tenth of the time
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, _leave_at_once)
        self.pipe = Pipe.claim()
        self.begun: HandOver | None = Front(answers, self._load).serve(self.pipe)
        self._step_aside()

    def _step_aside(self) -> None:
        aside, self._aside = self._aside, None
        if aside:
            aside()

    def finish_loading(self) -> None:
        """Wait until all that the front did without is there, if it can be had at all."""
        self._load().join()
        gc.freeze()
        gc.enable()

    def _load(self) -> Thread:
        """Begin to import what the front does without."""
        if self._loading is None:
            from threading import Thread

            self._step_aside()
            self._loading = Thread(target=_import_the_rest, daemon=True)
            self._loading.start()
        return self._loading


def fronts() -> bool:
    """Tell whether the front is used here: on Posix systems, unless it is switched off."""
    return os.name == "posix" and os.environ.get(FRONT_VARIABLE, "").strip() != "0"


def open_as_before(app: App, words: list[str]) -> Opening | None:
    """Begin a session with the answers of the last start; None when there are none to use."""
    serves = not words or words[0].startswith("-") or words[0] == "serve"
    piped = None not in (sys.stdin, sys.stdout) and not sys.stdin.isatty()
    if not (serves and piped and fronts()):
        return None
    answers = Kept(app.name, words, os.environ).read()
    return Opening(answers) if answers else None


def _import_the_rest() -> None:
    from contextlib import suppress
    from importlib import import_module

    with suppress(Exception):  # whoever needs it next imports the same, and tells what is wrong
        for name in _HEAVY:
            import_module(name)


def _leave_at_once(number: int, frame: FrameType | None) -> None:
    """Leave: before the hand-over nothing is under way."""
    os._exit(0)
