"""Health of many scenarios: runs and failures of each, dead connections, stuck queues."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import anyio
from make_mcp_base.authoring import (
    Failure,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Page,
    PageInput,
    TeamId,
    Timestamp,
)
from make_mcp_base.client.failures import Forbidden, RateLimited
from pydantic import Field

from make_mcp_core_tools._engine.examined_runs import Incompletes
from make_mcp_core_tools._engine.health_rounds import MOST_ENTRIES, Round, Spent
from make_mcp_core_tools._engine.moments import Moment, iso, milliseconds
from make_mcp_core_tools._engine.run_history import Brief, read_briefs
from make_mcp_core_tools.scenarios.declared import category

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_core_tools._engine.run_log import Entry

_MOST_ROWS = 60
_MOST_CAUSES = 8
_MOST_EVIDENCE = 3
_MOST_BACKLOGS = 10
_CALLS_A_TEAM = 2
_FULL_SHARE = 0.8
_FORMULAS = {
    "runs": f"ended runs in the log since `since`, at most the newest {MOST_ENTRIES} entries",
    "error_rate": "failed / runs",
    "calls": "1 a list of scenarios + 2 a team + 1 a scenario + 1 a scenario with incomplete ones",
    "stuck queue": f"requests wait at an inactive or disabled hook, or fill {_FULL_SHARE:.0%}",
    "dead connection": "`expire` is past; a connection without `expire` is not judged here",
}

# Inputs


class ReportHealth(PageInput):
    team_id: TeamId | None = None
    organization_id: OrganizationId | None = None
    """All teams of an organization, in place of one team."""
    since: Moment = Field(default="7d")
    """ISO 8601, or a span back: `24h`, `7d`."""
    format: Literal["json", "md"] = "json"
    """`md` gives the table as Markdown."""
    limit: int = Field(default=60, ge=1, le=240)
    """Scenarios asked in this call, a request each."""


# Outputs


class ScenarioHealth(Output):
    id: int
    name: str
    active: bool
    flags: list[str] | None = None
    """`stopped by errors`, `paused`, `incomplete executions: n`."""
    runs: int
    failed: int
    warnings: int
    error_rate: float | None = None
    """failed / runs; absent without runs."""
    last_failure: str | None = None
    last_failed_execution: str | None = None
    capped: bool | None = None
    """True when there were more runs than were counted."""


class CommonCause(Output):
    error: str
    runs: int
    scenario_ids: list[int]
    execution_ids: list[str]
    """The newest of these runs."""


class DeadConnection(Output):
    id: int
    name: str
    type: str
    expired: Timestamp


class StuckQueue(Output):
    hook_id: int
    name: str
    scenario_id: int | None = None
    queued: int
    limit: int
    why: str


class Backlog(Output):
    scenario_id: int
    waiting: int
    newest_id: str
    """Its newest unresolved incomplete execution."""
    reason: str


class Others(Output):
    scenarios: int
    runs: int
    failed: int
    warnings: int
    scenario_ids: list[int]


class Health(Page):
    since: str
    scenarios: list[ScenarioHealth] | None = None
    """Most failed runs first, within this page."""
    markdown: str | None = None
    others: Others | None = None
    """This page's scenarios beyond the first 60 rows, in sum."""
    causes: list[CommonCause]
    """Most frequent failures of this page's scenarios."""
    dead_connections: list[DeadConnection] | None = None
    """On the first page only, as are hook queues."""
    stuck_queues: list[StuckQueue] | None = None
    incomplete_executions: list[Backlog] | None = None
    """The fullest of this page's scenarios."""
    calls: int = 0
    """Requests to Make that this call made."""
    skipped: list[str] | None = None
    formulas: dict[str, str]
    next_calls: list[NextCall] | None = None


# Parts of answers


class Connection(Output):
    id: int
    name: str = ""
    account_name: str = ""
    expire: Timestamp | None = None


class Hook(Output):
    id: int
    name: str = ""
    enabled: bool = True
    gone: bool = False
    queue_count: int = 0
    queue_limit: int = 0
    scenario_id: int | None = None
    scenario_is_active: bool | None = None


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("generate-troubleshooting-report",),
    words=("overview", "status", "failures", "monitoring", "team health"),
    examples=[ReportHealth(team_id=5, since="24h", limit=25)],
)
async def scenario_health_report(make: Make, args: ReportHealth) -> Health:
    """Report how the scenarios of a team or organization fare: failures, causes, dead connections.

    One request a scenario, and at most nine tenths of the calls the licence allows in a minute;
    `next_cursor` goes on where the call ended. Look into one scenario with `scenario_troubleshoot`.
    """
    team_id, organization_id = await _place(make, args)
    if args.cursor is None:
        spent = await Spent.begin(make, None)
        going = await _new_round(make, args, team_id, organization_id, spent)
    else:
        going = await Round.recall(make, args.cursor)
        spent = await Spent.begin(make, args.cursor)
    report = Health(total=going.total, since=iso(going.since_ms), causes=[], formulas=_FORMULAS)
    try:
        if args.cursor is None:
            await _surroundings(make, report, sorted({b.team_id for b in going.left}), spent)
        read = await going.read(make, spent, _most(args, going, spent))
        await _fill(make, report, args.format, read, spent)
    finally:
        with anyio.CancelScope(shield=True):
            await spent.note()
    report.next_cursor = await going.keep(make)
    report.calls = spent.calls
    if len(read) < args.limit and going.left:
        make.warn(
            f"This call ended after {len(read)} scenarios, by Make's limit of calls a minute;"
            f" `next_cursor` goes on with the other {len(going.left)}."
        )
    return report


def _most(args: ReportHealth, going: Round, spent: Spent) -> int:
    """Scenarios to ask now: what the calls allow, less those that backlogs will take."""
    backlogs = sum(brief.dlq_count > 0 for brief in going.left[: args.limit])
    kept_back = min(backlogs, _MOST_BACKLOGS, spent.left // 10)
    return min(args.limit, spent.left - kept_back)


async def _new_round(
    make: Make,
    args: ReportHealth,
    team_id: int | None,
    organization_id: int | None,
    spent: Spent,
) -> Round:
    briefs = sorted(await read_briefs(make, team_id, organization_id), key=_standing)
    spent.calls += 1 + len(briefs) // 1_000
    return Round(team_id, organization_id, milliseconds(args.since), len(briefs), briefs)


async def _fill(
    make: Make,
    report: Health,
    form: str,
    read: list[tuple[Brief, list[Entry]]],
    spent: Spent,
) -> None:
    """Write down what the logs of a page tell."""
    rows = [_health(brief, log) for brief, log in read]
    rows.sort(key=lambda row: (row.failed, row.warnings, bool(row.flags)), reverse=True)
    report.scenarios = rows[:_MOST_ROWS] if form == "json" else None
    report.markdown = _markdown(rows[:_MOST_ROWS]) if form == "md" else None
    report.others = _summed(rows[_MOST_ROWS:])
    report.causes = _causes([log for _, log in read])
    report.incomplete_executions = await _backlogs(make, [b for b, _ in read], spent) or None
    report.next_calls = _worst(rows)


# Where it looks


async def _place(make: Make, args: ReportHealth) -> tuple[int | None, int | None]:
    if args.team_id is not None and args.organization_id is not None:
        raise Failure(
            "`team_id` and `organization_id` exclude each other.",
            next_step="Send one of them.",
            code="invalid_arguments",
        )
    if args.organization_id is not None:
        return None, await make.organization(args.organization_id)
    return await make.team(args.team_id), None


def _standing(brief: Brief) -> tuple[bool, bool, int]:
    """Order scenarios so that the ones in trouble come first, and pages stay the same."""
    return not brief.is_invalid, not brief.is_active, brief.id


# Scenarios


def _health(brief: Brief, log: list[Entry]) -> ScenarioHealth:
    runs = [entry for entry in log if entry.is_run]
    failed = [entry for entry in runs if entry.outcome == "error"]
    return ScenarioHealth(
        id=brief.id,
        name=brief.name,
        active=brief.is_active,
        flags=_flags(brief) or None,
        runs=len(runs),
        failed=len(failed),
        warnings=sum(entry.outcome == "warning" for entry in runs),
        error_rate=round(len(failed) / len(runs), 3) if runs else None,
        last_failure=failed[0].timestamp if failed else None,
        last_failed_execution=failed[0].id if failed else None,
        capped=True if len(log) >= MOST_ENTRIES else None,
    )


def _summed(rows: list[ScenarioHealth]) -> Others | None:
    """Sum up rows that an answer has no room for."""
    if not rows:
        return None
    return Others(
        scenarios=len(rows),
        runs=sum(row.runs for row in rows),
        failed=sum(row.failed for row in rows),
        warnings=sum(row.warnings for row in rows),
        scenario_ids=[row.id for row in rows],
    )


def _flags(brief: Brief) -> list[str]:
    flags = {
        "stopped by errors": brief.is_invalid,
        "paused": brief.is_paused,
        f"incomplete executions: {brief.dlq_count}": brief.dlq_count > 0,
    }
    return [name for name, is_set in flags.items() if is_set]


def _causes(logs: Sequence[list[Entry]]) -> list[CommonCause]:
    failed: dict[str, list[Entry]] = {}
    for entry in (entry for log in logs for entry in log):
        if entry.is_run and entry.outcome == "error":
            text = str(entry.error)[:160] if entry.error else "no error is named"
            failed.setdefault(text, []).append(entry)
    common = sorted(failed.items(), key=lambda item: len(item[1]), reverse=True)
    return [_cause(text, runs) for text, runs in common[:_MOST_CAUSES]]


def _cause(text: str, runs: list[Entry]) -> CommonCause:
    newest = sorted(runs, key=lambda run: run.imt_id, reverse=True)
    return CommonCause(
        error=text,
        runs=len(runs),
        scenario_ids=sorted({run.scenario_id or 0 for run in runs})[:20],
        execution_ids=[run.id for run in newest[:_MOST_EVIDENCE]],
    )


async def _backlogs(make: Make, briefs: list[Brief], spent: Spent) -> list[Backlog]:
    """Name the newest incomplete execution of the scenarios that have the most of them."""
    fullest = sorted((b for b in briefs if b.dlq_count), key=lambda b: b.dlq_count, reverse=True)
    room = min(_MOST_BACKLOGS, spent.left)
    spent.calls += len(fullest[:room])

    async def one(brief: Brief) -> Backlog | None:
        query = {"scenarioId": brief.id, "pg[limit]": 100}
        answer = await make.get("/dlqs", query, into=Incompletes, scope="dlqs:read")
        waiting = [row for row in answer.dlqs if not row.resolved]
        if not waiting:
            return None
        newest = max(waiting, key=lambda row: row.created)
        return Backlog(
            scenario_id=brief.id,
            waiting=max(brief.dlq_count, len(waiting)),
            newest_id=newest.id,
            reason=newest.reason[:160],
        )

    try:
        found = await make.each(fullest[:room], one)
    except (Forbidden, RateLimited) as refusal:
        make.warn(f"Incomplete executions could not be read: {refusal.why or refusal.what}")
        return []
    return [backlog for backlog in found if backlog]


def _worst(rows: list[ScenarioHealth]) -> list[NextCall] | None:
    bad = [row for row in rows if row.failed or row.flags][:2]
    return [
        NextCall(
            tool="scenario_troubleshoot",
            arguments={"scenario_id": row.id},
            why=f"{row.failed} of {row.runs} runs of “{row.name}” failed.",
        )
        for row in bad
    ] or None


def _markdown(rows: list[ScenarioHealth]) -> str:
    head = "| Scenario | On | Runs | Failed | Warnings | Error rate | Flags |"
    lines = [head, "| --- | --- | ---: | ---: | ---: | ---: | --- |"]
    for row in rows:
        rate = "" if row.error_rate is None else f"{row.error_rate:.1%}"
        name = row.name.replace("|", "\\|")
        runs = f"{row.runs}+" if row.capped else str(row.runs)
        cells = [f"{name} ({row.id})", "yes" if row.active else "no", runs]
        cells += [str(row.failed), str(row.warnings), rate, ", ".join(row.flags or [])]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


# What they live on


async def _surroundings(make: Make, report: Health, teams: list[int], spent: Spent) -> None:
    """Add dead connections and stuck queues; what the token may not list is told as skipped."""
    report.dead_connections, report.stuck_queues = [], []
    skipped: list[str] = []
    for team in teams:
        if spent.left <= _CALLS_A_TEAM:
            skipped.append(f"connections and hooks of team {team}: no calls are left for them")
            continue
        spent.calls += _CALLS_A_TEAM
        try:
            report.dead_connections += await _dead_connections(make, team)
        except (Forbidden, RateLimited) as refusal:
            skipped.append(f"connections of team {team}: {refusal.why}")
        try:
            report.stuck_queues += await _stuck_queues(make, team)
        except (Forbidden, RateLimited) as refusal:
            skipped.append(f"hooks of team {team}: {refusal.why}")
    report.skipped = skipped or None


async def _dead_connections(make: Make, team_id: int) -> list[DeadConnection]:
    found = await make.all(
        "/connections",
        {"teamId": team_id},
        key="connections",
        item=Connection,
        scope="connections:read",
    )
    now = datetime.fromtimestamp(time.time(), UTC)
    return [
        DeadConnection(id=one.id, name=one.name, type=one.account_name, expired=one.expire)
        for one in found
        if one.expire and one.expire <= now
    ]


async def _stuck_queues(make: Make, team_id: int) -> list[StuckQueue]:
    found = await make.all(
        "/hooks", {"teamId": team_id}, key="hooks", item=Hook, scope="hooks:read"
    )
    return [
        StuckQueue(
            hook_id=hook.id,
            name=hook.name,
            scenario_id=hook.scenario_id,
            queued=hook.queue_count,
            limit=hook.queue_limit,
            why=why,
        )
        for hook in found
        if (why := _stuck(hook))
    ]


def _stuck(hook: Hook) -> str:
    """Say why requests at a hook are not worked off, "" when they are or there are none."""
    if not hook.queue_count:
        return ""
    if hook.gone or not hook.enabled:
        return "the hook is disabled or its address given up"
    if hook.scenario_id is None:
        return "no scenario listens"
    if not hook.scenario_is_active:
        return "its scenario is switched off"
    if hook.queue_limit and hook.queue_count >= hook.queue_limit * _FULL_SHARE:
        return "the queue is nearly full"
    return ""
