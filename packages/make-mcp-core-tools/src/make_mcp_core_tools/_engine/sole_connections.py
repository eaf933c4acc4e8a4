"""Connections a blueprint brings that a team does not have: the only one of the type takes over.

Nothing is guessed beyond that: where several fit, they are named, and the caller decides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from make_blueprint.bindings import Target, rebind

from make_mcp_core_tools._engine.team_objects import TeamObject, team_objects

if TYPE_CHECKING:
    from make_blueprint.document import Blueprint
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.binding_checks import CheckedBinding


async def with_sole_connections(
    make: Make, team_id: int, blueprint: Blueprint, checked: list[CheckedBinding]
) -> tuple[Blueprint, list[CheckedBinding]]:
    """Bind a team's only connection of a type where a blueprint names one the team lacks.

    Args:
        make: The call's Make; each change becomes a warning.
        team_id: The team.
        blueprint: The blueprint; stays as it is.
        checked: All its bindings, as `check_bindings` found them.

    Returns:
        The blueprint to use, and the bindings that are left as they were; those that stay missing
        tell what the team has of their type.
    """
    lost = [one for one in checked if one.binding.kind == "connection" and one.status == "missing"]
    if not lost:
        return blueprint, checked
    owned = (await team_objects(make, team_id, ["connection"])).all("connection")
    chosen: dict[str, TeamObject] = {}
    for value in dict.fromkeys(str(one.binding.value) for one in lost):
        fitting = _fitting(owned, [one for one in lost if str(one.binding.value) == value])
        if len(fitting) == 1:
            chosen[value] = fitting[0]
            make.warn(
                f"Connection {value} is not in team {team_id}; its only one of type"
                f" {fitting[0].type}, {fitting[0].id} “{fitting[0].name}”, is bound instead."
            )
    left = [_told(one, owned) for one in checked if _is_left(one, chosen)]
    targets = {old: Target(one.id, one.name) for old, one in chosen.items()}
    return rebind(blueprint, {"connection": {**targets}}, partial=True), left


def _fitting(owned: list[TeamObject], uses: list[CheckedBinding]) -> list[TeamObject]:
    """Give the connections that every use of a missing one would take."""
    wanted = [types for use in uses if (types := _types(use))]
    if not wanted:
        return []
    return [one for one in owned if all(one.type in types for types in wanted)]


def _types(use: CheckedBinding) -> list[str]:
    return [name.strip() for name in use.binding.type.split(",") if name.strip()]


def _is_left(one: CheckedBinding, chosen: dict[str, TeamObject]) -> bool:
    return one.binding.kind != "connection" or str(one.binding.value) not in chosen


def _told(one: CheckedBinding, owned: list[TeamObject]) -> CheckedBinding:
    """Name what a missing connection could be replaced by."""
    if one.binding.kind != "connection" or one.status != "missing":
        return one
    rows = [f"{each.id} “{each.name}”" for each in _fitting(owned, [one])[:8]]
    return replace(one, why=f"{one.why} Of its type it has {', '.join(rows)}.") if rows else one
