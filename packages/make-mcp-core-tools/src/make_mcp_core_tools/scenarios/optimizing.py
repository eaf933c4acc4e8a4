"""Improving a blueprint: what rules can prove, beside what its modules really used.

Which rules count and which have one safe answer is decided by `make_blueprint.lint`; operations are
those Make has counted. What a change would save is not foretold.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from make_blueprint.lint.checking import Profile, lint, rules
from make_blueprint.lint.mending import mend
from make_blueprint.lint.surroundings import Plan, Surroundings
from make_blueprint.structure import errors
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
    Timestamp,
)
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound
from pydantic import Field

from make_mcp_core_tools._engine.blueprint_arguments import BlueprintArgument, as_blueprint
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.saving import Change, lines_of, save_blueprint
from make_mcp_core_tools._engine.scenarios import (
    Scenario,
    Stored,
    read_scenario,
    read_stored,
    refuse_stale,
)
from make_mcp_core_tools._engine.schedules import place_of
from make_mcp_core_tools.scenarios.declared import category

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_blueprint.document import Blueprint
    from make_blueprint.lint.checking import Finding

_RULES = frozenset(
    {"C", "E", "A11", "M04", "M06", "M07", "M10", "M12", "R24", "S16", "S25", "T03", "T15"}
)
"""Cost, error handling, and what stands in a blueprint without use."""
_RANK = {"error": 0, "warning": 1, "info": 2}

# Inputs


class OptimizeBlueprint(Input):
    scenario_id: ScenarioId | None = None
    """A scenario; or send `blueprint`."""
    blueprint: BlueprintArgument | None = None
    """A blueprint that is not in Make."""
    days: int = Field(default=7, ge=1, le=30)
    """Days over which operations are measured."""
    rules: list[str] | None = None
    """Only these rules, as `rule` in the answer."""
    apply: bool = False
    """Save the changes that have one safe answer, in one edit."""
    expected_last_edit: Timestamp | None = None
    """`last_edit` as you read it; refused when somebody edited since."""


# Outputs


class Suggestion(Output):
    rule: str
    name: str
    severity: Literal["error", "warning", "info"]
    module_id: int | None = None
    path: str | None = None
    problem: str
    remedy: str | None = None
    evidence: Document | None = None
    operations: int | None = None
    """Operations its module used in `days`."""
    safe_fix: bool | None = None
    """True when `apply` makes this change."""


class Used(Output):
    days: int
    operations: int
    """Of all modules, as Make counted them."""
    warnings: int
    errors: int


class Optimized(Output):
    scenario_id: int | None = None
    suggestions: list[Suggestion]
    used: Used | None = None
    diff: list[str] | None = None
    """What the safe fixes change, or have changed."""
    changed: bool = False
    not_judged: list[str] | None = None
    """Rules that would need to know more."""
    last_edit: Timestamp | None = None
    next_calls: list[NextCall] | None = None


# Make's answers


class _Row(Output):
    module_id: int
    total: int = 0
    warnings: int = 0
    errors: int = 0


class _Operations(Output):
    operations: list[_Row]


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    formerly=("optimize-blueprint",),
    words=("improve", "fewer operations", "reduce cost", "save credits", "cheaper", "cleanup"),
    examples=[OptimizeBlueprint(scenario_id=101)],
)
async def blueprint_optimize(make: Make, args: OptimizeBlueprint) -> Optimized:
    """Suggest improvements that rules prove, beside the operations each module really used.

    Nothing is saved unless apply=true; then only changes with one safe answer are.
    """
    scenario, stored, blueprint = await _chosen(make, args)
    around = await _around(make, scenario, stored)
    profile = Profile(select=_RULES if args.rules is None else frozenset(args.rules))
    report = lint(blueprint, around, profile)
    mended = mend(blueprint, around, profile)
    rows = await _operations(make, scenario, args.days) if scenario else None
    answer = Optimized(
        scenario_id=scenario.id if scenario else None,
        suggestions=_suggestions(report.findings, rows),
        used=_used(args.days, rows),
        diff=lines_of(blueprint, mended.blueprint) or None if mended.done else None,
        not_judged=[f"{rule}: {', '.join(need)}" for rule, need in report.not_judged.items()]
        or None,
        last_edit=scenario.last_edit if scenario else None,
    )
    if args.apply and scenario and stored and mended.done:
        now = await _save(make, scenario, stored, mended.blueprint, len(mended.done))
        answer.changed, answer.last_edit = True, now.last_edit
    elif mended.done and scenario:
        arguments: Document = {"scenario_id": scenario.id, "apply": True}
        answer.next_calls = [
            NextCall(tool="blueprint_optimize", arguments=arguments, why="Save the safe fixes.")
        ]
    return answer


async def _chosen(
    make: Make, args: OptimizeBlueprint
) -> tuple[Scenario | None, Stored | None, Blueprint]:
    """Give the blueprint in question, with its scenario where it has one.

    Raises:
        Failure: Neither or both were given, or the scenario was edited meanwhile.
    """
    problems: list[Problem] = []
    if (args.scenario_id is None) == (args.blueprint is None):
        problems.append(Problem("scenario_id", "Exactly one of it and `blueprint` is needed."))
    problems += _unknown_rules(args.rules or [])
    if args.apply and args.scenario_id is None:
        problems.append(Problem("apply", "Only a scenario's blueprint can be saved."))
    if problems:
        raise Failure(
            "There is nothing to look at.",
            next_step="Call `blueprint_optimize` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
    if args.scenario_id is None:
        return None, None, as_blueprint(args.blueprint or {})
    scenario = await read_scenario(make, args.scenario_id)
    refuse_stale(scenario, args.expected_last_edit)
    stored = await read_stored(make, scenario.id)
    return scenario, stored, stored.blueprint


def _unknown_rules(wanted: list[str]) -> list[Problem]:
    known = {name for rule in rules().values() for name in (rule.id, rule.name, rule.id[0])}
    return [
        Problem(
            f"rules[{at}]", f"There is no rule {name}.", "Leave `rules` out to see which apply."
        )
        for at, name in enumerate(wanted)
        if name not in known
    ]


async def _around(make: Make, scenario: Scenario | None, stored: Stored | None) -> Surroundings:
    """Tell the rules what is known of the scenario."""
    if scenario is None or stored is None:
        return Surroundings()
    place = await place_of(make, scenario.team_id)
    return Surroundings(
        scheduling=stored.scheduling,
        interface=stored.interface,
        scenario_id=scenario.id,
        plan=Plan(minimum_interval=place.minimum_minutes * 60 or None),
        now=datetime.now(UTC).isoformat(),
    )


async def _operations(make: Make, scenario: Scenario, days: int) -> dict[int, _Row] | None:
    """Read what each module used; None where this account may not ask."""
    path = f"/scenarios/{scenario.id}/modules/operations"
    try:
        answer = await make.get(path, {"days": days}, into=_Operations, scope="scenarios:read")
    except (Forbidden, LicenceGate, NotFound) as refusal:
        make.warn(f"Operations of modules could not be read: {refusal.what}")
        return None
    return {row.module_id: row for row in answer.operations}


def _used(days: int, rows: Mapping[int, _Row] | None) -> Used | None:
    if rows is None:
        return None
    return Used(
        days=days,
        operations=sum(row.total for row in rows.values()),
        warnings=sum(row.warnings for row in rows.values()),
        errors=sum(row.errors for row in rows.values()),
    )


def _suggestions(findings: list[Finding], rows: Mapping[int, _Row] | None) -> list[Suggestion]:
    """Write findings down, the worst first, and of those the ones on the busiest modules."""
    found = [_suggestion(one, rows or {}) for one in findings]
    return sorted(found, key=lambda one: (_RANK[one.severity], -(one.operations or 0)))


def _suggestion(finding: Finding, rows: Mapping[int, _Row]) -> Suggestion:
    used = rows.get(finding.module_id) if finding.module_id is not None else None
    return Suggestion(
        rule=finding.rule,
        name=finding.name,
        severity=finding.severity,
        module_id=finding.module_id,
        path=finding.path or None,
        problem=finding.message,
        remedy=finding.remedy or None,
        evidence=dict(finding.evidence) or None,
        operations=used.total if used else None,
        safe_fix=finding.fixable or None,
    )


async def _save(
    make: Make, scenario: Scenario, stored: Stored, blueprint: Blueprint, count: int
) -> Stored:
    """Save the mended blueprint; the rules' fixes never leave more faults than there were."""
    before = {(one.code, one.module_id) for one in errors(all_faults(stored.blueprint))}
    fresh = [
        one for one in errors(all_faults(blueprint)) if (one.code, one.module_id) not in before
    ]
    if fresh:
        raise Failure(
            f"Scenario {scenario.id} was not changed: the fixes would break it.",
            next_step="Make the changes one by one with `scenario_patch`.",
            code="invalid_blueprint",
            problems=[Problem(one.path, one.problem, one.fix) for one in fresh],
        )
    make.shows(*lines_of(stored.blueprint, blueprint))
    says = f"Save {count} improvements of the scenario “{scenario.name}” ({scenario.id})"
    change = Change(scenario, stored, blueprint, says, {}, "blueprint_optimize")
    return await save_blueprint(make, change)
