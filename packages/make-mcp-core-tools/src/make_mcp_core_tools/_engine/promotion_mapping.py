"""What a promoted scenario binds in its target team in place of what it binds in its source.

Decided in this order: by the caller, by the last promotion, by what the target binds at the same
place today, by type and name. Called scenarios are matched by promotion records and by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from make_blueprint.bindings import bindings, rebind
from make_blueprint.document import whole_number
from make_mcp_base.authoring import Failure, Problem

from make_mcp_core_tools._engine.mapping_creation import create_counterpart
from make_mcp_core_tools._engine.mapping_planner import BODY_NAMES, find_counterparts
from make_mcp_core_tools._engine.promotion_records import promotions
from make_mcp_core_tools._engine.team_objects import team_objects

if TYPE_CHECKING:
    from make_blueprint.bindings import Binding, Kind, RebindMap
    from make_blueprint.document import Blueprint
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.blueprint_repository import Repository
    from make_mcp_core_tools._engine.mapping_planner import Need
    from make_mcp_core_tools._engine.promotion_records import Bound

Given = dict[str, dict[str, int | None]]


async def map_bindings(
    make: Make,
    repository: Repository,
    source: Blueprint,
    target: Blueprint | None,
    teams: tuple[int, int],
    given: Given,
    known: Bound,
    *,
    create_missing: bool,
) -> tuple[Bound, list[str], set[int]]:
    """Decide what takes the place of each object the source binds.

    Args:
        make: The call's Make.
        repository: Where promotions are kept.
        source: The blueprint to promote.
        target: What the target has now; None when it is to be created.
        teams: Source and target team.
        given: The caller's decisions.
        known: The mapping of the last promotion.
        create_missing: Whether hooks and data structures may be created.

    Returns:
        The mapping, one line for each decision, and the ids of what was created.

    Raises:
        Failure: Something has no counterpart; all is told.
    """
    decided = _merged(_by_place(source, target) if target else {}, known, given)
    needs, called = await _settled(
        make, repository, source, teams, decided, create_missing=create_missing
    )
    lines = [need.line() for need in needs]
    lines += [f"scenario {old} → {new}" for old, new in called.items()]
    made = [need for need in needs if need.to_create]
    await _create(make, made, teams[1], needs)
    return _mapped(needs, called), lines, {need.target for need in made if need.target is not None}


async def _settled(
    make: Make,
    repository: Repository,
    source: Blueprint,
    teams: tuple[int, int],
    decided: Given,
    *,
    create_missing: bool,
) -> tuple[list[Need], dict[str, int]]:
    """Settle every object and every called scenario, or refuse with all that is open."""
    objects: Given = {kind: rows for kind, rows in decided.items() if kind != "scenario"}
    needs = await find_counterparts(
        make, source, teams, objects, create_missing=create_missing, used_hooks=True
    )
    called, missing = await _called(make, repository, source, teams, decided.get("scenario", {}))
    open_needs = [need for need in needs if need.target is None and not need.to_create]
    _refuse_unmapped([*(need.problem() for need in open_needs), *missing])
    return needs, called


def _mapped(needs: list[Need], called: dict[str, int]) -> Bound:
    mapping: Bound = {"scenario": called} if called else {}
    for need in needs:
        if need.target is not None:
            mapping.setdefault(need.kind, {})[str(need.source.id)] = need.target
    return mapping


async def _create(make: Make, missing: list[Need], team: int, needs: list[Need]) -> None:
    if missing:
        make.confirm(f"It creates {len(missing)} objects in team {team}.")
    for need in missing:
        await create_counterpart(make, need, team, needs)


def _refuse_unmapped(problems: list[Problem]) -> None:
    if not problems:
        return
    raise Failure(
        f"Nothing was promoted: {len(problems)} bound objects have no counterpart.",
        next_step="Call again with `mapping` for those above, or create them in the target"
        " team first (`blueprint_promote` for called scenarios).",
        code="unmapped",
        problems=problems,
    )


def rebound(blueprint: Blueprint, mapping: Bound) -> Blueprint:
    """Bind a copy of a blueprint to the target's objects."""
    return rebind(blueprint, cast("RebindMap", mapping), partial=True)


def _merged(*layers: Given | Bound) -> Given:
    merged: Given = {}
    for layer in layers:
        for kind, rows in layer.items():
            merged.setdefault(kind, {}).update(rows)
    return merged


def _by_place(source: Blueprint, target: Blueprint) -> Bound:
    """Pair what both bind in the same field of the module with the same id."""
    there = {_place(need): need for need in bindings(target)}
    found: Bound = {}
    for need in bindings(source):
        other = there.get(_place(need))
        old, new = whole_number(need.value), whole_number(other.value) if other else None
        if old is not None and new is not None:
            found.setdefault(need.kind, {}).setdefault(str(old), new)
    kinds: set[Kind] = {*BODY_NAMES, "scenario"}
    return {kind: rows for kind, rows in found.items() if kind in kinds}


def _place(need: Binding) -> tuple[str, int | None, str]:
    return need.kind, need.module_id, need.parameter


async def _called(
    make: Make,
    repository: Repository,
    source: Blueprint,
    teams: tuple[int, int],
    decided: dict[str, int | None],
) -> tuple[dict[str, int], list[Problem]]:
    """Match the scenarios a blueprint calls."""
    values = [need.value for need in bindings(source) if need.kind == "scenario"]
    wanted = list(dict.fromkeys(filter(None, map(_scenario_id, values))))
    if not wanted:
        return {}, []
    if teams[0] == teams[1]:
        return {str(one): decided.get(str(one)) or one for one in wanted}, []
    here = await team_objects(make, teams[0], ["scenario"])
    there = await team_objects(make, teams[1], ["scenario"])
    found: dict[str, int] = {}
    missing: list[Problem] = []
    for one in wanted:
        target = decided.get(str(one))
        for record in await promotions(repository, one, teams[1]):
            target = target or record.target_id
        known = here.known.get("scenario", {}).get(one)
        name = known.name if known else ""
        alike = [row.id for row in there.all("scenario") if name and row.name == name]
        target = target or (alike[0] if len(alike) == 1 else None)
        if target is None:
            text = f"scenario {one} “{name}” is called and has no counterpart in the target team."
            missing.append(Problem(f"mapping.scenario.{one}", text, "Promote it first."))
        else:
            found[str(one)] = target
    return found, missing


def _scenario_id(value: int | str) -> int | None:
    return whole_number(str(value).removeprefix("SCN_"))
