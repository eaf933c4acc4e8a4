"""Where a custom IML function lives: Make's answer to one does not name its team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.authoring import Output
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make


class _Row(Output):
    id: int


class _Functions(Output):
    functions: list[_Row]


async def team_of_function(make: Make, function_id: int) -> int | None:
    """Find the team of a function among the account's teams; None when it is none of them."""
    for team in (await make.api.account(fresh=True)).teams:
        query = {"teamId": team.id, "cols": ["id"]}
        try:
            found = await make.get("/functions", query, into=_Functions, scope="functions:read")
        except (Forbidden, LicenceGate, NotFound):
            continue
        if any(row.id == function_id for row in found.functions):
            return team.id
    return None
