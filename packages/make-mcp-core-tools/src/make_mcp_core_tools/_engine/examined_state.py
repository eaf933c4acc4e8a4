"""Checks of the scenario itself and of what it lives on: switches, blueprint, plan and team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_blueprint.validate import validate
from make_mcp_base.authoring import Counter, Document, NextCall, Output, Timestamp

from make_mcp_core_tools._engine.examination import Finding
from make_mcp_core_tools._engine.schedules import in_words

if TYPE_CHECKING:
    from make_mcp_core_tools._engine.examination import Examination

_MOST_FAULTS = 5
_NEARLY = 0.95
_USED_UP = frozenset({"OperationsLimitExceededError", "DataSizeLimitExceededError"})


class Organization(Output):
    id: int
    name: str = ""
    is_paused: bool = False
    license: Document = {}
    operations: Counter = 0
    operations_ext: Counter = 0
    next_reset: Timestamp | None = None


class OneOrganization(Output):
    organization: Organization


class Team(Output):
    id: int
    name: str = ""
    is_paused: bool = False
    operations_limit: Counter | None = None
    consumed_operations: Counter = 0


class OneTeam(Output):
    team: Team


# The scenario


async def check_state(exam: Examination) -> str:
    """Read the scenario's own flags (Make API reference, chapter 2.27)."""
    scenario = exam.scenario
    if scenario.isinvalid:
        _tell_state(
            exam,
            "Make switched the scenario off after errors",
            "`isinvalid` is set: a run failed too often in a row, or a binding is gone.",
            "Repair the cause found here, then switch it on.",
        )
    elif not scenario.is_active and scenario.scheduling.get("type") == "on-demand":
        exam.notes.append("The scenario is switched off; it is on demand, so a call still runs it.")
    elif not scenario.is_active:
        _tell_state(
            exam,
            "The scenario is switched off",
            "`isActive` is false; it does not run by itself.",
            "Switch it on if it should run.",
        )
    if scenario.is_paused:
        _tell_state(
            exam,
            "Make has paused the scenario",
            "`isPaused` is set: limits of the subscription.",
            "See the organization's and team's limits.",
            NextCall(
                tool="team_get",
                arguments={"team_id": scenario.team_id},
                why="Shows whether the team is paused or at its limit.",
            ),
        )
    state = "active" if scenario.is_active else "inactive"
    return f"{state}, runs {in_words(exam.stored.scheduling or scenario.scheduling)}"


def _tell_state(
    exam: Examination, title: str, rule: str, fix: str, call: NextCall | None = None
) -> None:
    exam.find(
        Finding(
            title=title,
            effect="stops everything",
            confidence="certain",
            rule=rule,
            evidence=[f"scenario {exam.scenario.id}"],
            fix=fix,
            tool_call=call
            or NextCall(
                tool="scenario_activate",
                arguments={"scenario_id": exam.scenario.id},
                why="Switches it on.",
            ),
        ),
        "state",
    )


async def check_blueprint(exam: Examination) -> str:
    """Validate the blueprint by its own text; only what breaks runs is a finding."""
    problems = validate(exam.stored.blueprint)
    errors = [problem for problem in problems if problem.severity == "error"]
    names = exam.module_names()
    for problem in errors[:_MOST_FAULTS]:
        exam.find(
            Finding(
                title=f"{problem.path}: {problem.problem}"[:240],
                module_id=problem.module_id,
                module=names.get(problem.module_id or 0),
                effect="fails runs",
                confidence="certain",
                rule=f"Blueprint rule `{problem.code}`.",
                evidence=[f"scenario {exam.scenario.id}", *exam.runs_blamed(problem.module_id)],
                fix=problem.fix or "Correct the module.",
                tool_call=NextCall(
                    tool="blueprint_validate",
                    arguments={"scenario_id": exam.scenario.id},
                    why="Lists every fault.",
                ),
            ),
            "fault",
        )
    return f"{len(errors)} errors, {len(problems) - len(errors)} warnings"


# What it lives on


async def check_organization(exam: Examination) -> str:
    """Look whether the organization is paused or its operations are used up."""
    known = (await exam.make.account()).organization_of(exam.scenario.team_id)
    if known is None:
        exam.skip("organization", "The token does not tell which organization the team is in.")
        return "unknown"
    path = f"/organizations/{known.id}"
    answer = await exam.make.get(path, into=OneOrganization, scope="organizations:read")
    found = answer.organization
    bought = found.license.get("operations")
    total = (bought if isinstance(bought, int) else 0) + found.operations_ext
    paused = f"“{found.name}” is paused"
    if found.is_paused and found.next_reset:
        paused += f" until {found.next_reset.isoformat(timespec='seconds')}"
    if total and found.operations >= total * _NEARLY:
        used = f"{found.operations:,} of {total:,} operations of the period are used"
        what = f"{used}; {paused}" if found.is_paused else used
        _tell_limit(exam, found, what, "Make counts them per period.", total)
    elif found.is_paused:
        _tell_limit(exam, found, paused, "`isPaused` is set.", 0)
    return f"{found.operations:,} of {total:,} operations used" if total else "no limit is told"


def _tell_limit(exam: Examination, found: Organization, what: str, rule: str, total: int) -> None:
    ident, stops = found.id, found.is_paused or found.operations >= total
    exam.find(
        Finding(
            title=f"Organization {ident}: {what}",
            effect="stops everything" if stops else "risk",
            confidence="certain",
            rule=rule,
            evidence=[f"organization {ident}", *exam.runs_named(_USED_UP)],
            fix="Have an owner buy credits or lift the pause, or wait for the reset.",
            tool_call=NextCall(
                tool="organization_get",
                arguments={"organization_id": ident},
                why="Shows its licence and what is used of it.",
            ),
        )
    )


async def check_team(exam: Examination) -> str:
    """Look whether the team is paused or at its own limit."""
    columns = ["id", "name", "isPaused", "operationsLimit", "consumedOperations"]
    path = f"/teams/{exam.scenario.team_id}"
    answer = await exam.make.get(path, {"cols": columns}, into=OneTeam, scope="teams:read")
    team = answer.team
    limit, used = team.operations_limit or 0, team.consumed_operations
    if team.is_paused or (limit and used >= limit):
        why = "is paused" if team.is_paused else f"has used its {limit:,} operations"
        exam.find(
            Finding(
                title=f"Team {team.id} “{team.name}” {why}",
                effect="stops everything",
                confidence="certain",
                rule="Make tells the team's limit and what it has used.",
                evidence=[f"team {team.id}", *exam.runs_named(_USED_UP)],
                fix="Raise the team's limit, or wait for the reset of the period.",
                tool_call=NextCall(
                    tool="team_get", arguments={"team_id": team.id}, why="Shows the team."
                ),
            )
        )
    return f"{used:,} of {limit:,} operations used" if limit else "no limit of its own"
