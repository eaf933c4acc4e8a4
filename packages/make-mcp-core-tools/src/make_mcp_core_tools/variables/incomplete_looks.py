"""Looks at what incomplete executions kept, no more of them than a minute's API calls carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_mcp_base.client.failures import RateLimited

from make_mcp_core_tools._engine.incomplete_executions import read_cause, remembered_cause
from make_mcp_core_tools.variables.incomplete_deleting import most_exported

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.incomplete_executions import Incomplete, Kept

_MINUTE_SECONDS = 60.0


@dataclass(slots=True)
class Looks:
    """Tells incomplete executions apart by what they kept.

    What was looked at is remembered, so a later call goes on behind it. The looks of a minute are
    counted over calls: a plan that is applied within it looks at nothing new, and stays the same.

    Attributes:
        make: The call's Make.
        left: Requests that may still be spent.
        spent: Those of the last minute.
    """

    make: Make
    left: int
    spent: int

    @classmethod
    async def begin(cls, make: Make) -> Looks:
        """Begin the looks of a call."""
        known = await make.kept(_note(make))
        spent = known if isinstance(known, int) else 0
        return cls(make, max(0, await most_exported(make) - spent), spent)

    async def cause(self, row: Incomplete) -> Kept | None:
        """Tell which module failed and how; None when no more may be asked in this minute."""
        found = await remembered_cause(self.make, row)
        if found is not None or not self.left:
            return found
        try:
            found = await read_cause(self.make, row)
        except RateLimited:
            self.left = 0
            return None
        self.left -= 1
        self.spent += 1
        await self.make.keep(_note(self.make), self.spent, _MINUTE_SECONDS)
        return found


def _note(make: Make) -> str:
    return f"incomplete_looks:{make.organization_id}"
