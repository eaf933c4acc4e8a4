"""Objects that a patch binds by name: the one of that name, never a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from make_blueprint.bindings import names_object, slots
from make_blueprint.document import whole_number
from make_blueprint.walk import Visit, walk
from make_mcp_base.authoring import Failure, Problem

from make_mcp_core_tools._engine.team_objects import PLACES, TeamObject, TeamObjects, team_objects

if TYPE_CHECKING:
    from make_blueprint.bindings import Kind
    from make_blueprint.document import Blueprint
    from make_mcp_base.authoring import Document, Make


async def with_ids(
    make: Make, team_id: int, blueprint: Blueprint, ops: list[Document]
) -> list[Document]:
    """Write ids and labels in place of names that `set_binding` operations carry.

    Args:
        make: The call's Make.
        team_id: The team of the scenario.
        blueprint: The blueprint that is patched.
        ops: The operations; stay as they are.

    Raises:
        Failure: The team has none of a name, or several; all are told.
    """
    visits = {visit.id: visit for visit in walk(blueprint)}
    named = {number: _kinds(op, visits) for number, op in enumerate(ops) if _by_name(op, visits)}
    if not named:
        return ops
    found = await team_objects(make, team_id, [kind for kinds in named.values() for kind in kinds])
    done, problems = list(ops), list[Problem]()
    for number, kinds in named.items():
        name = str(ops[number]["value"]).strip()
        alike = _alike(found, kinds, name)
        if len(alike) == 1:
            done[number] = {**ops[number], "value": alike[0].id, "label": alike[0].name}
        else:
            problems.append(_problem(f"ops[{number}].value", name, team_id, alike))
    _refuse(problems)
    return done


def _alike(found: TeamObjects, kinds: list[Kind], name: str) -> list[TeamObject]:
    every = [one for kind in kinds for one in found.all(kind)]
    return [one for one in every if one.name.casefold() == name.casefold()]


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Failure(
            "Nothing was saved: an object is not certain.",
            next_step="Call `scenario_patch` again with ids; `connection_list` and the lists of"
            " other objects show them.",
            code="unknown_name",
            problems=problems,
        )


def _by_name(op: Document, visits: dict[int | None, Visit]) -> bool:
    value = op.get("value")
    if op.get("op") != "set_binding" or not isinstance(value, str):
        return False
    return bool(_kinds(op, visits)) and not names_object(None, value)


def _kinds(op: Document, visits: dict[int | None, Visit]) -> list[Kind]:
    """Give the kinds of objects that an operation may mean, of those Make lists."""
    kind = op.get("kind")
    visit = visits.get(whole_number(op.get("module")))
    bound = [slot.kind for slot in slots(visit)] if visit else []
    wanted = [cast("Kind", kind)] if kind else list(dict.fromkeys(bound)) or ["connection"]
    return [one for one in PLACES if one in wanted]


def _problem(path: str, name: str, team_id: int, alike: list[TeamObject]) -> Problem:
    if not alike:
        return Problem(path, f"Team {team_id} has nothing named “{name}” that fits.")
    shown = ", ".join(str(one.id) for one in alike)
    return Problem(path, f"Several are named “{name}”: {shown}.", "Send one of the ids.")
