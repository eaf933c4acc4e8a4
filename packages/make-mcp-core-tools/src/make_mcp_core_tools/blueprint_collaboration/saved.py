"""What every tool of the category says of a scenario it saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_blueprint.structure import errors
from make_mcp_base.authoring import Failure, NextCall, Output, Problem, Timestamp

from make_mcp_core_tools._engine.binding_checks import check_bindings
from make_mcp_core_tools._engine.blueprint_arguments import told
from make_mcp_core_tools._engine.blueprint_faults import all_faults

if TYPE_CHECKING:
    from collections.abc import Collection

    from make_blueprint.document import Blueprint
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.scenarios import Scenario


class BlueprintSaved(Output):
    scenario_id: int
    name: str
    changed: bool
    diff: list[str] = []
    last_edit: Timestamp | None = None
    """Send as `expected_last_edit` with the next edit."""
    active: bool = False
    url: str
    next_calls: list[NextCall] | None = None


def saved(
    make: Make,
    scenario: Scenario,
    diff: list[str] | None,
    next_calls: list[NextCall] | None = None,
) -> BlueprintSaved:
    """Tell what became of a scenario.

    Args:
        make: The call's Make.
        scenario: As it is now.
        diff: What changed; None when nothing did.
        next_calls: What to do next, when something changed.
    """
    return BlueprintSaved(
        scenario_id=scenario.id,
        name=scenario.name,
        changed=diff is not None,
        diff=diff or [],
        last_edit=scenario.last_edit,
        active=scenario.is_active,
        url=make.page_url(scenario.url),
        next_calls=next_calls if diff is not None else None,
    )


async def refuse_unfit(
    make: Make,
    team: int,
    scenario_id: int | None,
    blueprint: Blueprint,
    what: str,
    new: Collection[int] = (),
) -> None:
    """Refuse a blueprint that does not fit what the team has today.

    Args:
        make: The call's Make.
        team: The team.
        scenario_id: The scenario that is written; None for a new one.
        blueprint: What it is to become.
        what: What the blueprint is, for the refusal.
        new: Ids of objects that the same call creates.

    Raises:
        Failure: It has faults, or binds what is not there; all are told.
    """
    problems: list[Problem] = told(errors(all_faults(blueprint)))
    checked = await check_bindings(make, team, blueprint, scenario_id)
    checked = [each for each in checked if each.binding.value not in new]
    problems += told(errors(one for each in checked if (one := each.as_problem)))
    if problems:
        raise Failure(
            f"{what} does not fit what the team has; nothing was saved.",
            next_step="Create what is missing or bind other objects first; `scenario_patch` brings"
            " single settings over, `blueprint_diff` shows them.",
            code="invalid_blueprint",
            problems=problems,
        )
