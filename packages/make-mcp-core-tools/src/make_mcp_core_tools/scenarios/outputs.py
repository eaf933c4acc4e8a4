"""Parts of answers that several tools of the category give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from make_mcp_base.authoring import NextCall, Output, Timestamp

from make_mcp_core_tools._engine.schedules import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from make_blueprint.problem import Problem
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.binding_checks import CheckedBinding
    from make_mcp_core_tools._engine.scenarios import Scenario


class Fault(Output):
    severity: Literal["error", "warning", "info"]
    path: str
    module_id: int | None = None
    problem: str
    fix: str | None = None
    source: Literal["blueprint", "team"] = "blueprint"
    """`blueprint`: by its own text; `team`: held against the team's objects."""


class BindingRow(Output):
    kind: str
    value: int | str
    module_id: int | None = None
    path: str
    name: str | None = None
    type: str | None = None
    status: str | None = None
    """ok, missing, wrong_type, in_use, inactive, lacks_scope or unverified."""
    why: str | None = None


class ScenarioSaved(Output):
    scenario_id: int
    name: str
    changed: bool
    diff: list[str] = []
    new_module_ids: list[int] | None = None
    faults: list[Fault] | None = None
    """What validation says of the blueprint as it is now."""
    notes: list[str] | None = None
    last_edit: Timestamp | None = None
    """Send as `expected_last_edit` with the next edit."""
    previous_version: int | None = None
    """Version that was replaced; Make keeps versions for 60 days (`blueprint_restore`)."""
    active: bool = False
    url: str
    next_calls: list[NextCall] | None = None


class ScenarioState(Output):
    scenario_id: int
    name: str
    active: bool
    changed: bool
    schedule: str
    next_exec: Timestamp | None = None
    url: str
    next_calls: list[NextCall] | None = None


def faults_of(problems: Iterable[Problem], source: Literal["blueprint", "team"]) -> list[Fault]:
    """Write problems as rows of an answer."""
    return [
        Fault(
            severity=found.severity,
            path=found.path,
            module_id=found.module_id,
            problem=found.problem,
            fix=found.fix or None,
            source=source,
        )
        for found in problems
    ]


def binding_row(checked: CheckedBinding) -> BindingRow:
    """Write a checked binding as a row of an answer."""
    need = checked.binding
    return BindingRow(
        kind=need.kind,
        value=need.value,
        module_id=need.module_id,
        path=need.path,
        name=checked.name or need.label or None,
        type=need.type or None,
        status=checked.status,
        why=checked.why or None,
    )


def state_of(make: Make, scenario: Scenario, *, changed: bool) -> ScenarioState:
    """Tell whether a scenario is on, and when it runs next."""
    return ScenarioState(
        scenario_id=scenario.id,
        name=scenario.name,
        active=scenario.is_active,
        changed=changed,
        schedule=in_words(scenario.scheduling),
        next_exec=scenario.next_exec,
        url=make.page_url(scenario.url),
    )
