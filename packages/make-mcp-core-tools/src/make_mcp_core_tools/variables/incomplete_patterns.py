"""`incomplete_execution_pattern_get`: which incomplete executions failed alike."""

from __future__ import annotations

from collections import Counter

from make_mcp_base.authoring import Document, Make, NextCall, Output, Page, PageInput, page_of
from pydantic import Field

from make_mcp_core_tools._engine.error_fixes import FIXES
from make_mcp_core_tools._engine.incomplete_executions import (
    Incomplete,
    Waiting,
    WhereInput,
    named_module,
    normalized,
    pattern_of,
    read_blueprint_of,
    read_kept,
    read_waiting,
)
from make_mcp_core_tools._engine.make_clock import now_for
from make_mcp_core_tools._engine.moments import Moment, iso, milliseconds
from make_mcp_core_tools.variables.declared import category
from make_mcp_core_tools.variables.incompletes import tell_unread

_MOST_SAMPLES = 3
_MOST_SCENARIOS = 10
_RULE = (
    "Alike are those whose error text is the same once addresses, ids, dates, numbers and quoted"
    " data are taken out; the module is that of one sample a scenario."
)

# Inputs


class GetPatterns(WhereInput, PageInput):
    limit: int = Field(default=10, ge=1, le=50)
    """Clusters to return."""
    since: Moment = "30d"
    """Earliest failure: ISO 8601, or a span back such as `7d`."""
    include_resolved: bool = False
    """Also count those that are resolved."""


# Outputs


class InScenario(Output):
    id: int
    name: str
    count: int
    module: str | None = None
    """Module that failed, of one sample; of the first three scenarios."""


class Cluster(Output):
    pattern: str
    """Name of the cluster, for `incomplete_execution_list` and `…_bulk_resolve`."""
    reason: str
    """Error text, what differs taken out."""
    count: int
    unresolved: int
    retries_by_itself: int
    """How many of them Make will still retry."""
    first: str
    last: str
    scenarios: list[InScenario]
    error_type: str | None = None
    """Of the samples; Make's word."""
    usual_repair: str | None = None
    """What usually repairs that type; not a finding about these."""
    sample_ids: list[str]
    """Newest first."""


class Patterns(Page):
    since: str
    counted: int
    clusters: list[Cluster]
    """Largest first."""
    rule: str = _RULE
    next_calls: list[NextCall] = []


# Tools


@category.tool(
    scope="dlqs:read",
    effect="read",
    formerly=("analyze-execution-failure-patterns",),
    words=("cluster", "group", "common cause", "DLQ"),
)
async def incomplete_execution_pattern_get(make: Make, args: GetPatterns) -> Patterns:
    """Group the incomplete executions of a scenario, team or organization by what failed alike.

    Each cluster tells count, first and last time, scenarios, module and samples.
    """
    waiting = await read_waiting(make, args, resolved_too=args.include_resolved)
    tell_unread(make, waiting.unread)
    earliest = milliseconds(args.since, await now_for(make, args.since))
    rows = [
        row
        for row in waiting.rows
        if row.created_ms >= earliest and (args.include_resolved or not row.resolved)
    ]
    groups: dict[str, list[Incomplete]] = {}
    for row in rows:
        groups.setdefault(pattern_of(row.reason), []).append(row)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    page, more = page_of(ordered, args)
    clusters = await make.each(page, lambda group: _cluster(make, waiting, *group))
    return Patterns(
        since=iso(earliest),
        counted=len(rows),
        clusters=clusters,
        next_calls=_next(args, clusters),
        **more,
    )


async def _cluster(make: Make, waiting: Waiting, name: str, rows: list[Incomplete]) -> Cluster:
    counts = Counter(row.scenario_id for row in rows).most_common(_MOST_SCENARIOS)
    scenarios = [
        InScenario(id=ident, name=waiting.holders[ident].name, count=count)
        for ident, count in counts
    ]
    types: list[str] = []
    for one in scenarios[:_MOST_SAMPLES]:
        sample = next(row for row in rows if row.scenario_id == one.id)
        kept = await read_kept(make, sample.id)
        one.module = named_module(await read_blueprint_of(make, sample.id), kept.module_id)
        types += [kept.type] if kept.type else []
    kind = types[0] if len(set(types)) == 1 else None
    return Cluster(
        pattern=name,
        reason=normalized(rows[0].reason),
        count=len(rows),
        unresolved=sum(not row.resolved for row in rows),
        retries_by_itself=sum(row.retry for row in rows),
        first=rows[-1].created,
        last=rows[0].created,
        scenarios=scenarios,
        error_type=kind,
        usual_repair=FIXES.get(kind or ""),
        sample_ids=[row.id for row in rows[:3]],
    )


def _next(args: GetPatterns, clusters: list[Cluster]) -> list[NextCall]:
    if not clusters:
        return []
    where: Document = args.model_dump(
        include={"scenario_id", "team_id", "organization_id"}, exclude_none=True
    )
    rule = {"action": "retry", "pattern": clusters[0].pattern}
    return [
        NextCall(
            tool="incomplete_execution_get",
            arguments={
                "dlq_id": clusters[0].sample_ids[0],
                "include": ["bundle", "blueprint"],
            },
            why="Look at one of the largest cluster.",
        ),
        NextCall(
            tool="incomplete_execution_bulk_resolve",
            arguments=where | {"rules": [rule]},
            why="Retry all of it, once its cause is repaired.",
        ),
    ]
