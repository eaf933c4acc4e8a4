"""The sandbox in place of Make: found by entry point, mounted in this process.

A sandbox is any package that offers a function under the entry point group `make_mcp.sandbox`. It
takes a location and gives a `Mounted`. Neither side imports the other.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Asgi = Callable[
        [MutableMapping[str, Any], Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]],
        Awaitable[None],
    ]

GROUP = "make_mcp.sandbox"
MEMORY = ":memory:"


class Mounted(Protocol):
    """A Make API in this process."""

    @property
    def app(self) -> Asgi:
        """The ASGI application."""
        ...

    @property
    def base_url(self) -> str:
        """Address of the API inside it."""
        ...

    @property
    def token(self) -> str:
        """A token that may do everything."""
        ...

    async def close(self) -> None:
        """Stop what runs in it, and let go of its world."""
        ...

    @property
    def world_path(self) -> Path | None:
        """File of its world, or None for one in memory."""
        ...


def mount(location: str | None) -> Mounted:
    """Open the sandbox's world and mount it.

    Args:
        location: File of the world, `:memory:`, or None for the one in the user's data directory.

    Raises:
        Failure: No sandbox is installed, or its world cannot be opened.
    """
    found = next(iter(entry_points(group=GROUP)), None)
    if found is None:
        raise Failure(
            "No sandbox is installed.",
            next_step="Install it (`uv pip install make-api-sandbox`), or leave `--sandbox` out.",
            code="no_sandbox",
        )
    try:
        return cast("Mounted", found.load()(location))
    except Exception as error:  # what it raises is its own; why it did is told all the same
        raise Failure(
            "The sandbox's world cannot be opened.",
            why=str(error),
            next_step="Choose another file with `--sandbox=FILE`, or start over with"
            " `make-api-sandbox reset`.",
            code="no_sandbox",
        ) from error
