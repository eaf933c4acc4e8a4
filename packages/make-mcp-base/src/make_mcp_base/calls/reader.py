"""Make as it is read between calls: for resources, completions and the list of run tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.calls.make import Make
from make_mcp_base.calls.writers import Refusing

if TYPE_CHECKING:
    from make_mcp_base.kernel import Kernel


class Silent:
    """A caller that hears of no progress."""

    async def progress(self, done: float, total: float | None, message: str) -> None:
        """Keep it."""


async def reader(kernel: Kernel, scope: str = "") -> Make:
    """Give a Make that reads and changes nothing.

    Args:
        kernel: The server's parts.
        scope: Make's permission that is needed, named in failures.

    Raises:
        Failure: The configuration cannot be used.
    """
    api = await kernel.api()
    team, organization = kernel.defaults
    return Make(
        api=api,
        writer=Refusing(),
        caller=Silent(),
        kernel=kernel,
        scope=scope,
        team_default=team,
        organization_default=organization,
    )
