"""Health of many scenarios: runs and failures of each, dead connections, stuck queues."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

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
    page_of,
)
from make_mcp_base.client.failures import Forbidden, RateLimited
from pydantic import Field

from make_mcp_core_tools._engine.moments import Moment, iso, milliseconds
from make_mcp_core_tools._engine.run_history import Brief, read_briefs
from make_mcp_core_tools._engine.run_log import Entry, read_entries
from make_mcp_core_tools.scenarios.declared import category

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_ENTRIES = 500
"""Entries of a scenario's log that are counted; a scenario with more says so."""
_MOST_CAUSES = 8
_FULL_SHARE = 0.8
_FORMULAS = {
    "runs": f"ended runs in the log since `since`, at most the newest {_MOST_ENTRIES} entries",
    "error_rate": "failed / runs",
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
    limit: int = Field(default=25, ge=1, le=60)
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
    capped: bool | None = None
    """True when there were more runs than were counted."""


class CommonCause(Output):
    error: str
    runs: int
    scenario_ids: list[int]


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


class Health(Page):
    since: str
    scenarios: list[ScenarioHealth] | None = None
    """Most failed runs first, within this page."""
    markdown: str | None = None
    causes: list[CommonCause]
    """Most frequent failures of this page's scenarios."""
    dead_connections: list[DeadConnection] | None = None
    """On the first page only, as are queues."""
    stuck_queues: list[StuckQueue] | None = None
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

    One request a scenario; `cursor` goes on with the next ones. Look into one with
    `scenario_troubleshoot`.
    """
    team_id, organization_id = await _place(make, args)
    briefs = sorted(await read_briefs(make, team_id, organization_id), key=_standing)
    page, more = page_of(briefs, args)
    since_ms = milliseconds(args.since)

    logs = await _logs(make, page, since_ms)
    if len(logs) < len(page):
        more["next_cursor"] = f"c{int((args.cursor or 'c0')[1:]) + len(logs)}"
        make.warn(
            f"Make's limit of calls was reached after {len(logs)} scenarios; `next_cursor` goes on"
            " with the rest in a minute."
        )
    rows = [_health(brief, log) for brief, log in zip(page, logs, strict=False)]
    rows.sort(key=lambda row: (row.failed, row.warnings, bool(row.flags)), reverse=True)
    report = Health(
        since=iso(since_ms),
        scenarios=rows if args.format == "json" else None,
        markdown=_markdown(rows) if args.format == "md" else None,
        causes=_causes(logs),
        formulas=_FORMULAS,
        next_calls=_worst(rows),
        **more,
    )
    if args.cursor is None:
        await _surroundings(make, report, sorted({brief.team_id for brief in briefs}))
    return report


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


async def _logs(make: Make, briefs: list[Brief], since_ms: int) -> list[list[Entry]]:
    """Read the logs of scenarios; of as many as Make's limit of calls allows.

    Raises:
        RateLimited: Not even the first could be read.
    """
    refused: list[RateLimited] = []

    async def one(brief: Brief) -> list[Entry] | None:
        if refused:
            return None
        try:
            return await read_entries(make, brief.id, limit=_MOST_ENTRIES, since_ms=since_ms)
        except RateLimited as failure:
            refused.append(failure)
            return None

    logs = await make.each(briefs, one)
    read = list(takewhile(lambda log: log is not None, logs))
    if refused and not read:
        raise refused[0]
    return [log for log in read if log is not None]


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
        capped=True if len(log) >= _MOST_ENTRIES else None,
    )


def _flags(brief: Brief) -> list[str]:
    flags = {
        "stopped by errors": brief.is_invalid,
        "paused": brief.is_paused,
        f"incomplete executions: {brief.dlq_count}": brief.dlq_count > 0,
    }
    return [name for name, is_set in flags.items() if is_set]


def _causes(logs: Sequence[list[Entry]]) -> list[CommonCause]:
    counts: Counter[str] = Counter()
    where: dict[str, set[int]] = {}
    for entry in (entry for log in logs for entry in log):
        if entry.is_run and entry.outcome == "error":
            text = str(entry.error)[:160] if entry.error else "no error is named"
            counts[text] += 1
            where.setdefault(text, set()).add(entry.scenario_id or 0)
    return [
        CommonCause(error=text, runs=count, scenario_ids=sorted(where[text])[:20])
        for text, count in counts.most_common(_MOST_CAUSES)
    ]


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


async def _surroundings(make: Make, report: Health, teams: list[int]) -> None:
    """Add dead connections and stuck queues; what the token may not list is told as skipped."""
    report.dead_connections, report.stuck_queues = [], []
    skipped: list[str] = []
    for team in teams:
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
