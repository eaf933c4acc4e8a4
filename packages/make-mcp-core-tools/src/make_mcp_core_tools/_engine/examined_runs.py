"""Checks of what a scenario did: failed runs, incomplete executions, and what changed before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from make_blueprint.diff import diff
from make_blueprint.document import as_object
from make_mcp_base.authoring import Document, Failure, NextCall, Output

from make_mcp_core_tools._engine.error_fixes import FIXES
from make_mcp_core_tools._engine.examination import Failing, Finding
from make_mcp_core_tools._engine.moments import iso, milliseconds
from make_mcp_core_tools._engine.run_log import Entry, read_entries
from make_mcp_core_tools._engine.run_modules import (
    find_cause,
    module_name,
    read_pinned,
    read_versions,
    version_at,
)
from make_mcp_core_tools._engine.run_watch import read_state
from make_mcp_core_tools._engine.scenarios import read_stored

if TYPE_CHECKING:
    from make_blueprint.diff import DiffEntry

    from make_mcp_core_tools._engine.examination import Examination
    from make_mcp_core_tools._engine.run_modules import Version

PAGE = 200
_MOST_KINDS = 3
_RUNS_BEFORE = 50
_MOST_CHANGES = 8
_RECOVERED_RUNS = 3
_RARE_SHARE = 0.05


class Incomplete(Output):
    id: str
    reason: str = ""
    created: str = ""
    resolved: bool = False
    retry: bool = False


class Incompletes(Output):
    dlqs: list[Incomplete] = []


class _Bundles(Output):
    response: Document = {}


# Failed runs


async def check_runs(exam: Examination) -> str:
    """Group failed runs by how they failed and name the module to blame for each group."""
    page = await read_entries(exam.make, exam.scenario.id, limit=PAGE, since_ms=exam.since_ms)
    exam.entries = [entry for entry in page if entry.is_run]
    if len(page) == PAGE:
        exam.notes.append(f"Only the newest {PAGE} entries of the log were read.")
    failed = [entry for entry in exam.entries if entry.outcome == "error"]
    warned = [entry for entry in exam.entries if entry.outcome == "warning"]
    exam.failing = _grouped(failed)
    for failing in exam.failing[:_MOST_KINDS]:
        await _blame(exam, failing)
        _tell_failing(exam, failing)
    if len(exam.failing) > _MOST_KINDS:
        exam.notes.append(f"{len(exam.failing) - _MOST_KINDS} rarer kinds of failure are not told.")
    _tell_warnings(exam, warned)
    counted = f"{len(exam.entries)} runs: {len(failed)} failed, {len(warned)} with a warning"
    return counted if exam.entries else "no run in this time"


def _grouped(failed: list[Entry]) -> list[Failing]:
    groups: dict[tuple[str, str], Failing] = {}
    for entry in failed:
        name = entry.error.name if entry.error else ""
        message = entry.error.message if entry.error else ""
        groups.setdefault((name, message), Failing(name, message, [])).entries.append(entry)
    return sorted(groups.values(), key=lambda group: len(group.entries), reverse=True)


async def _blame(exam: Examination, failing: Failing) -> None:
    """Find the module behind a group by its newest run; without one the group stays nameless."""
    newest = failing.entries[0]
    try:
        state = await read_state(exam.make, exam.scenario.id, newest.id)
        failing.pinned = await read_pinned(exam.make, exam.scenario.id, newest.started_ms)
    except Failure:
        return
    cause = state.error.cause_module if state.error else None
    if cause is None or not cause.name:
        return
    visit, _ = await find_cause(exam.make, failing.pinned, exam.scenario.id, newest, cause)
    if visit is not None:
        failing.cause, failing.module = visit.id, module_name(visit)


def _tell_failing(exam: Examination, failing: Failing) -> None:
    newest, count, total = failing.entries[0], len(failing.entries), len(exam.entries)
    what = f"{failing.name}: {failing.message}"[:200]
    better = [e for e in exam.entries if e.started_ms > newest.started_ms]
    if len(better) >= _RECOVERED_RUNS and count <= max(1, total * _RARE_SHARE):
        exam.notes.append(
            f"{count} of {total} runs failed with {what}, the last at {newest.timestamp};"
            f" {len(better)} runs since did not."
        )
        return
    where = f"Module {failing.cause} “{failing.module}”" if failing.cause else "The scenario"
    exam.find(
        Finding(
            title=f"{where} fails with {what}",
            module_id=failing.cause,
            module=failing.module or None,
            effect="fails runs",
            confidence="certain",
            rule=f"Make's log names this error in {count} of {total} runs since"
            f" {iso(exam.since_ms)}, last at {newest.timestamp}.",
            evidence=[f"execution {entry.id}" for entry in failing.entries[:5]],
            fix=FIXES.get(failing.name, "Read the message; it is the service's or Make's own."),
            tool_call=_look_at(exam, newest),
        ),
        "runs",
    )


def _look_at(exam: Examination, entry: Entry) -> NextCall:
    return NextCall(
        tool="scenario_execution_get",
        arguments={
            "scenario_id": exam.scenario.id,
            "execution_id": entry.id,
            "include": ["modules"],
        },
        why="Shows what each module did in the newest of these runs.",
    )


def _tell_warnings(exam: Examination, warned: list[Entry]) -> None:
    if not warned:
        return
    text = f"{len(warned)} of {len(exam.entries)} runs ended with a warning"
    latest = exam.entries[0].outcome == "warning"
    if not latest and len(warned) <= max(1, len(exam.entries) * _RARE_SHARE):
        exam.notes.append(f"{text}, the last at {warned[0].timestamp}.")
        return
    kinds = Counter(str(e.error) if e.error else "no error is named" for e in warned)
    most, _ = kinds.most_common(1)[0]
    exam.find(
        Finding(
            title=f"{text}, mostly: {most[:160]}",
            effect="loses data",
            confidence="certain",
            rule="Make's log; a run with a warning went on, but left something out or put it"
            " aside.",
            evidence=[f"execution {entry.id}" for entry in warned[:5]],
            fix="Look at the newest one: what was put aside is an incomplete execution.",
            tool_call=_look_at(exam, warned[0]),
        ),
        "warnings",
    )


# Incomplete executions


async def check_incompletes(exam: Examination) -> str:
    """Group the unresolved incomplete executions by reason."""
    if not exam.scenario.dlq_count:
        return "none"
    query: Document = {"scenarioId": exam.scenario.id, "pg[limit]": 100}
    answer = await exam.make.get("/dlqs", query, into=Incompletes, scope="dlqs:read")
    waiting = [row for row in answer.dlqs if not row.resolved]
    reasons = Counter(row.reason for row in waiting)
    for reason, _ in reasons.most_common(_MOST_KINDS):
        await _tell_waiting(exam, reason, [row for row in waiting if row.reason == reason])
    return f"{len(waiting)} unresolved"


async def _tell_waiting(exam: Examination, reason: str, alike: list[Incomplete]) -> None:
    module = await _failed_module(exam, alike[0])
    by_itself = sum(row.retry for row in alike)
    name = exam.module_names().get(module or 0)
    where = f" at module {module} “{name}”" if name else ""
    runs = [
        entry.id
        for entry in exam.entries
        if entry.outcome != "success" and entry.error and entry.error.message == reason
    ]
    exam.find(
        Finding(
            title=f"{len(alike)} incomplete executions wait{where}: {reason}"[:240],
            module_id=module if name else None,
            module=name,
            effect="loses data",
            confidence="certain",
            rule=f"Make lists them as unresolved; {by_itself} of them it will retry by itself.",
            evidence=[
                *(f"incomplete execution {row.id}" for row in alike[:5]),
                *(f"execution {ident}" for ident in runs[:3]),
            ],
            fix="Repair the cause, then retry them with `incomplete_execution_retry`. It runs"
            " the blueprint of that time; where that was wrong, correct it first with"
            " `incomplete_execution_update`.",
            tool_call=NextCall(
                tool="incomplete_execution_get",
                arguments={"dlq_id": alike[0].id, "include": ["bundle", "blueprint"]},
                why="Shows the failed module, its data, and what changed since.",
            ),
        ),
        "incompletes",
    )


async def _failed_module(exam: Examination, row: Incomplete) -> int | None:
    """Give the module at which an incomplete execution broke off: its bundle holds the error."""
    try:
        path = f"/dlqs/{row.id}/bundle"
        answer = await exam.make.get(path, into=_Bundles, scope="dlqs:read")
    except Failure:
        return None
    failed = [key for key, kept in answer.response.items() if as_object(kept).get("error")]
    return int(failed[0]) if failed and failed[0].isdigit() else None


# What changed


async def check_changes(exam: Examination) -> str:
    """Compare the version in which the most frequent failure first appeared with the one before."""
    failing = exam.failing[0] if exam.failing else await _put_aside(exam)
    if failing is None:
        return "no failure to compare"
    versions = await read_versions(exam.make, exam.scenario.id)
    suspect = version_at(versions, failing.earliest.started_ms)
    if suspect is None or (suspect is versions[-1] and suspect.version <= 1):
        return "no older version to compare with"
    before = await _runs_before(exam, suspect)
    good = [entry for entry in before if entry.outcome == "success"]
    if any(_alike(entry, failing) for entry in before):
        return f"the failure is older than version {suspect.version}"
    if not good:
        return f"no good run is known before version {suspect.version}"
    older = versions[versions.index(suspect) + 1 :]
    if not older:
        _tell_change(exam, failing, suspect, None, good, [])
        return f"version {suspect.version}; the one before it is no longer kept"
    old = await read_stored(exam.make, exam.scenario.id, older[0].version)
    new = await read_stored(exam.make, exam.scenario.id, suspect.version)
    entries = diff(old.blueprint, new.blueprint).entries
    if entries:
        _tell_change(exam, failing, suspect, older[0], good, entries)
    return f"version {suspect.version} against {older[0].version}: {len(entries)} changes"


async def _put_aside(exam: Examination) -> Failing | None:
    """Give the most frequent error of runs that ended with a warning, such as one put aside."""
    warned = [entry for entry in exam.entries if entry.outcome == "warning" and entry.error]
    groups = _grouped(warned)
    if not groups:
        return None
    await _blame(exam, groups[0])
    return groups[0]


async def _runs_before(exam: Examination, suspect: Version) -> list[Entry]:
    saved = milliseconds(suspect.created)
    entries = await read_entries(
        exam.make, exam.scenario.id, limit=_RUNS_BEFORE, until_ms=saved - 1
    )
    return [entry for entry in entries if entry.is_run]


def _alike(entry: Entry, failing: Failing) -> bool:
    if entry.outcome == "success" or entry.error is None:
        return False
    return (entry.error.name, entry.error.message) == (failing.name, failing.message)


def _tell_change(
    exam: Examination,
    failing: Failing,
    suspect: Version,
    previous: Version | None,
    good: list[Entry],
    entries: list[DiffEntry],
) -> None:
    touched = failing.cause is not None and any(e.module_id == failing.cause for e in entries)
    always = _ended_always_so(exam, failing, suspect)
    rule = (
        f"None of the {len(good)} good runs before the save, and no failed one, ended so;"
        f" {len(failing.entries)} runs after it did."
    )
    rule += " The save changed the module that fails." if touched else ""
    rule += " No run since the save ended otherwise." if always else ""
    if previous is None:
        rule += " What it changed is not known: the version before it is no longer kept."
    exam.find(
        Finding(
            title=f"Version {suspect.version}, saved at {suspect.created}, came before the first"
            f" {failing.name or 'failure'}",
            module_id=failing.cause if touched else None,
            module=failing.module or None if touched else None,
            effect="fails runs",
            confidence="likely" if touched or always else "possible",
            rule=rule,
            evidence=_change_evidence(failing, suspect, previous, good[0]),
            changes=[entry.to_text()[:200] for entry in entries[:_MOST_CHANGES]] or None,
            fix=f"Correct the change, or go back to version {previous.version}."
            if previous
            else "Look at what the module maps now.",
            tool_call=_compare(exam, failing, suspect, previous),
        )
    )


def _change_evidence(
    failing: Failing, suspect: Version, previous: Version | None, good: Entry
) -> list[str]:
    versions = [suspect.version, *([previous.version] if previous else [])]
    runs = dict.fromkeys([good.id, failing.earliest.id, failing.entries[0].id])
    return [*(f"version {each}" for each in versions), *(f"execution {each}" for each in runs)]


def _ended_always_so(exam: Examination, failing: Failing, suspect: Version) -> bool:
    """Tell whether every run since a save ended alike, and there were several."""
    since = [e for e in exam.entries if e.started_ms >= milliseconds(suspect.created)]
    return len(since) > 1 and all(_alike(entry, failing) for entry in since)


def _compare(
    exam: Examination, failing: Failing, suspect: Version, previous: Version | None
) -> NextCall | None:
    scenario: Document = {"scenario_id": exam.scenario.id}
    if previous is not None:
        versions = {"version_id": previous.version, "to_version_id": suspect.version}
        return NextCall(
            tool="blueprint_diff",
            arguments=scenario | versions,
            why="Shows the whole change; `blueprint_restore` goes back.",
        )
    if failing.cause is None:
        return None
    return NextCall(
        tool="scenario_module_get",
        arguments=scenario | {"module_id": failing.cause},
        why="Shows what the module maps, and from where.",
    )
