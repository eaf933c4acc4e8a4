"""An app: a server as a declaration of what it is made of."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class App(NamedTuple):
    """What one server is. A named tuple, because every start waits for its import.

    Attributes:
        name: Name of the distribution and of the command.
        slug: Short name in the gateway's tool names (`make_core_tool_search`).
        title: One line for people.
        bundles: Names of the bundles it serves; empty means every installed one.
        port: Port of `serve --http`.
        everyday: Tools that are listed by default, beside the server tools and the gateway.
        config_name: Name of its entry in a client's configuration.
        config_timeout: Seconds a client should wait for it.
        shows_everything: True when all tools are listed by default.
        launcher: Answers the command line before the ordinary commands do; None to let it pass.
        flags: The words the launcher understands, with their help (`--both`, `--core-port PORT`).
    """

    name: str
    slug: str
    title: str
    bundles: tuple[str, ...]
    port: int
    everyday: tuple[str, ...] = ()
    config_name: str = ""
    config_timeout: int = 30
    shows_everything: bool = False
    launcher: Callable[[list[str]], int | None] | None = None
    flags: tuple[tuple[str, str], ...] = ()

    @property
    def version(self) -> str:
        """Version of the installed distribution."""
        from make_mcp_base.definition.installed import version_of

        return version_of(self.name)

    def run(self) -> None:
        """Be the command: read the command line, work, and exit the process."""
        from make_mcp_base.server.opening import open_as_before

        opening = open_as_before(self, sys.argv[1:])
        if opening and opening.begun is None:
            os._exit(0)  # the client left while the front was serving it
        from make_mcp_base.cli.main import run

        run(self, opening)
