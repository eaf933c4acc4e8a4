"""Which scenarios an operator's words name: `12`, `folder:7`, `team:1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.client.failures import Forbidden, NotFound

from make_mcp_core_tools._engine.blueprint_index import team_scenarios
from make_mcp_core_tools._engine.scenarios import read_scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.scenarios import Scenario

_PLACES = {"folder": "folderId", "team": "teamId"}


async def chosen_scenarios(make: Make, named: Sequence[str]) -> tuple[list[Scenario], list[str]]:
    """Find the scenarios that some words name.

    Returns:
        The scenarios a call may start, by name, each once; and what was left out, with the reason.
    """
    found: dict[int, Scenario] = {}
    left_out: list[str] = []
    for word in named:
        kind, _, ident = word.rpartition(":")
        if not ident.isdecimal() or kind not in {"", *_PLACES}:
            left_out.append(f"`{word}`: name a scenario's id, folder:ID or team:ID.")
            continue
        rows = await _of_place(make, kind, int(ident)) if kind else await _one(make, int(ident))
        if not rows:
            what = f"{kind} {ident} has no active scenario on demand" if kind else "not found"
            left_out.append(f"`{word}`: {what}.")
        for row in rows:
            if row.hook_id is not None:
                left_out.append(f"Scenario {row.id}: it starts by webhook, not by a call.")
            elif row.isinvalid:
                left_out.append(f"Scenario {row.id}: its blueprint is invalid.")
            else:
                found[row.id] = row
    return sorted(found.values(), key=lambda row: (row.name.casefold(), row.id)), left_out


async def _one(make: Make, scenario_id: int) -> list[Scenario]:
    try:
        return [await read_scenario(make, scenario_id)]
    except (NotFound, Forbidden):
        return []


async def _of_place(make: Make, kind: str, ident: int) -> list[Scenario]:
    """List the active scenarios on demand of a folder or team."""
    if kind == "team":
        rows = await team_scenarios(make, {"teamId": ident})
    else:
        account = await make.account()
        places = [{"organizationId": one.id, "folderId": ident} for one in account.organizations]
        found = await make.each(places, lambda place: team_scenarios(make, place))
        rows = [row for rows in found for row in rows]
    return [row for row in rows if row.is_active and row.scheduling.get("type") == "on-demand"]
