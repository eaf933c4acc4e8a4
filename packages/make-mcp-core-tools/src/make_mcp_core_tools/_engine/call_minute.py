"""How many API calls a minute allows, so that work of many calls is cut to what fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

SPARE_CALLS = 10
"""Calls of a minute that are left to everything else."""


async def calls_of_minute(make: Make, team_id: int | None = None) -> int:
    """Tell the API calls a minute of an organization's licence; 0 when Make does not tell.

    Args:
        make: The call's Make.
        team_id: A team of the organization; None for the one whose calls this call spends.
    """
    account = await make.account()
    if team_id is not None:
        organization = account.organization_of(team_id)
    else:
        known = account.organizations
        organization = next((one for one in known if one.id == make.organization_id), None)
    return organization.calls_per_minute if organization else 0
