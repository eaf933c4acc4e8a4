"""A check of whether what a scenario is bound to fits: types, scopes, objects in use elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_blueprint.document import whole_number
from make_mcp_base.authoring import NextCall

from make_mcp_core_tools._engine.binding_checks import (
    CheckedBinding,
    check_bindings,
    check_scopes,
)
from make_mcp_core_tools._engine.examination import Finding
from make_mcp_core_tools._engine.examined_bindings import MOST_CONNECTIONS

if TYPE_CHECKING:
    from make_blueprint.bindings import Kind

    from make_mcp_core_tools._engine.examination import Examination

_MOST_MISFITS = 5
_CHECKED_ALONE: frozenset[Kind] = frozenset({"connection", "hook", "data_store"})
"""Kinds with a check of their own, which tells when they cannot be read."""


async def check_fit(exam: Examination) -> str:
    """Find bindings of a wrong type or without a scope their module needs.

    Objects that are gone are told by the checks of their own kind.
    """
    names = exam.module_names()
    checked = await check_bindings(
        exam.make, exam.scenario.team_id, exam.stored.blueprint, exam.scenario.id
    )
    running = [one for one in checked if one.binding.module_id in names]
    lacking = await check_scopes(exam.make, exam.stored.blueprint, _to_ask(exam, running))
    told = {line for finding in exam.findings for line in finding.evidence}
    misfits = [one for one in running if _breaks_runs(one) and _place(one) not in told]
    for one in [*misfits, *lacking][:_MOST_MISFITS]:
        exam.find(_misfit(exam, one, names))
    unread = {one.binding.kind for one in running if one.status == "unverified" and one.why}
    for kind in sorted(unread - _CHECKED_ALONE):
        exam.skip("bindings", f"The team's list of objects of kind {kind} could not be read.")
    return f"{len(running)} held against the team, {len(misfits) + len(lacking)} do not fit"


def _to_ask(exam: Examination, running: list[CheckedBinding]) -> list[CheckedBinding]:
    """Choose the bindings whose connections are asked for their scopes, a request each."""
    bound = [one for one in running if one.binding.kind == "connection"]
    idents = list(dict.fromkeys(str(one.binding.value) for one in bound))
    if len(idents) > MOST_CONNECTIONS:
        rest = len(idents) - MOST_CONNECTIONS
        exam.skip("bindings", f"The scopes of {rest} more connections are not read in one call.")
    return [one for one in bound if str(one.binding.value) in idents[:MOST_CONNECTIONS]]


def _breaks_runs(one: CheckedBinding) -> bool:
    problem = one.as_problem
    return one.status == "inactive" or (problem is not None and problem.severity == "error")


def _place(one: CheckedBinding) -> str:
    """Name an object as evidence does: `connection 12`."""
    return f"{one.binding.kind.replace('_', ' ')} {one.binding.value}"


def _misfit(exam: Examination, one: CheckedBinding, names: dict[int, str]) -> Finding:
    need = one.binding
    problem = one.as_problem
    runs = exam.runs_blamed(need.module_id)
    scopes = one.status == "lacks_scope"
    return Finding(
        title=f"{problem.problem if problem else one.why}"[:240],
        module_id=need.module_id,
        module=names.get(need.module_id or 0),
        effect="fails runs",
        confidence="certain" if runs or not scopes else "likely",
        rule="The application catalogue names the scopes the module needs; Make tells those the"
        " connection carries."
        if scopes
        else "The blueprint's binding held against the team's own list of these objects.",
        evidence=[_place(one), *runs],
        fix=problem.fix if problem else "Bind another one.",
        tool_call=_repair(exam, one),
    )


def _repair(exam: Examination, one: CheckedBinding) -> NextCall:
    ident = whole_number(one.binding.value)
    if one.status == "lacks_scope" and ident is not None:
        return NextCall(
            tool="credential_request_extend",
            arguments={"connection_id": ident, "scopes": list(one.lacking)},
            why="Asks the connection's owner for the scopes it lacks.",
        )
    return NextCall(
        tool="blueprint_validate",
        arguments={"scenario_id": exam.scenario.id, "level": "live"},
        why="Names every binding that does not fit.",
    )
