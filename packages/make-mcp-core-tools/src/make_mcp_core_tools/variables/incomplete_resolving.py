"""`incomplete_execution_bulk_resolve`: many incomplete executions at once, by rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from make_mcp_base.authoring import Failure, Input, Make, Output, Problem
from pydantic import Field

from make_mcp_core_tools._engine.incomplete_executions import (
    Incomplete,
    Kept,
    WhereInput,
    pattern_of,
    read_waiting,
)
from make_mcp_core_tools._engine.make_clock import now_for
from make_mcp_core_tools._engine.moments import Moment, milliseconds
from make_mcp_core_tools.variables.connection_guard import ConnectionGuard, HeldBack
from make_mcp_core_tools.variables.declared import category
from make_mcp_core_tools.variables.incomplete_deleting import (
    Exported,
    delete_some,
    export_kept,
    most_exported,
)
from make_mcp_core_tools.variables.incomplete_looks import Looks
from make_mcp_core_tools.variables.incomplete_retrying import RetryRow, follow, start_retries
from make_mcp_core_tools.variables.incompletes import tell_unread

Action = Literal["retry", "delete", "skip"]
ByScenario = dict[int, list[Incomplete]]

# Inputs


class ResolveRule(Input):
    action: Action
    """What is done with those it fits."""
    reason_contains: str | None = None
    """Text in the reason."""
    pattern: str | None = Field(default=None, pattern=r"^[0-9a-f]{12}$")
    """A cluster of `incomplete_execution_pattern_get`."""
    error_type: str | None = None
    """Kind of the error in Make's words; a request each."""
    module_id: int | None = None
    """The module that failed; a request each."""
    created_before: Moment | None = None
    """Failed before: ISO 8601, or a span back such as `24h`."""
    min_attempts: int | None = Field(default=None, ge=0)
    """Retried at least so often."""

    @property
    def needs_detail(self) -> bool:
        """True when Make's list does not tell enough."""
        return self.error_type is not None or self.module_id is not None

    def may_fit(self, row: Incomplete, now: float) -> bool:
        """Hold a row against all that the list tells; spans count back from `now`."""
        return (
            (self.reason_contains or "").casefold() in row.reason.casefold()
            and self.pattern in (None, pattern_of(row.reason))
            and row.attempts >= (self.min_attempts or 0)
            and (
                self.created_before is None
                or row.created_ms <= milliseconds(self.created_before, now)
            )
        )

    def fits(self, kept: Kept) -> bool:
        """Hold what was kept of the run against the rest."""
        return self.error_type in (None, kept.type) and self.module_id in (None, kept.module_id)


class ResolveIncompletes(WhereInput):
    rules: list[ResolveRule] = Field(min_length=1, max_length=20)
    """In order; the first that fits counts, what none fits stays. A rule without conditions fits
    all."""
    max: int = Field(default=50, ge=1, le=200)
    """Most that are retried or deleted, the oldest first; call again for more."""
    wait: float = Field(default=30, ge=0, le=600)
    """Seconds to wait for the outcome of retries."""
    export: bool = True
    """Hand out what deleted ones kept; a request each."""
    max_bytes: int | None = Field(default=None, ge=1_000, le=64_000)
    """Longest answer; the rest is behind a link."""


# Outputs


class Resolved(Output):
    changed: bool
    retried: int
    resolved: int
    failed: int
    pending: int
    deleted: int
    skipped: int
    """Left alone by a `skip` rule."""
    unmatched: int
    """Left alone because no rule fits."""
    beyond_max: int
    """Left for the next call: beyond `max`, or what a minute's API calls carry."""
    not_looked_at: int | None = None
    """Left because Make's limit of calls was reached; call again in a minute."""
    held_back: list[HeldBack] = []
    """Not retried: a connection of the failed module does not work."""
    failures: list[RetryRow] = []
    """Retries that failed again; the first 20."""
    exported: list[Exported] | None = None
    """What the deleted ones kept."""


# Tools


@category.tool(
    scope="dlqs:write",
    effect="delete",
    outside=True,
    formerly=("bulk-resolve-incomplete-executions", "create-recovery-automation-rule"),
    words=("DLQ", "recovery", "retry all", "clean up", "automation rule"),
    examples=(
        ResolveIncompletes(
            team_id=12,
            rules=[
                ResolveRule(action="skip", error_type="DataError"),
                ResolveRule(action="delete", created_before="30d", min_attempts=8),
                ResolveRule(action="retry"),
            ],
            max=100,
        ),
    ),
)
async def incomplete_execution_bulk_resolve(make: Make, args: ResolveIncompletes) -> Resolved:
    """Retry, delete or leave many incomplete executions by rules; answers with a plan first.

    A group whose connection fails its test is not retried. Make keeps no such rules: call again,
    for example from cron, to apply them to new ones.
    """
    _refuse_unclear(args)
    waiting = await read_waiting(make, args)
    tell_unread(make, waiting.unread)
    rows = [row for row in reversed(waiting.rows) if not row.resolved]
    work = await _sorted(make, args, rows)
    guard = ConnectionGuard(make)
    retry = await guard.passed(work.retry)
    work.beyond += guard.left
    _tell(make, args, work, retry, guard)
    for scenario_id, chosen in retry.items():
        await start_retries(make, scenario_id, chosen)
    doomed = [row for each in work.delete.values() for row in each]
    wanted = bool(doomed) and args.export and not make.planning
    exported = await export_kept(make, doomed) if wanted else None
    for scenario_id, chosen in work.delete.items():
        await delete_some(make, scenario_id, chosen)
    return _report(work, await follow(make, retry, args.wait), guard, exported)


# Sorting


@dataclass(slots=True)
class _Work:
    """What the rules make of the rows.

    Attributes:
        most: How many this call retries or deletes.
    """

    most: int
    retry: ByScenario = field(default_factory=ByScenario)
    delete: ByScenario = field(default_factory=ByScenario)
    skipped: int = 0
    unmatched: int = 0
    beyond: int = 0
    unseen: int = 0
    acted: int = 0

    def take(self, action: Action | None, row: Incomplete) -> None:
        """Put a row where its rule says, as long as there is room."""
        if action is None:
            self.unmatched += 1
        elif action == "skip":
            self.skipped += 1
        elif self.acted >= self.most:
            self.beyond += 1
        else:
            self.acted += 1
            group = self.retry if action == "retry" else self.delete
            group.setdefault(row.scenario_id, []).append(row)


async def _sorted(make: Make, args: ResolveIncompletes, rows: list[Incomplete]) -> _Work:
    exports = args.export and any(rule.action == "delete" for rule in args.rules)
    work = _Work(min(args.max, await most_exported(make)) if exports else args.max)
    looks = await Looks.begin(make)
    now = await now_for(make, *(rule.created_before for rule in args.rules))
    for number, row in enumerate(rows):
        if work.acted >= work.most and any(
            r.needs_detail and r.may_fit(row, now) for r in args.rules
        ):
            work.beyond += 1
            continue
        action = await _action(looks, args.rules, row, now)
        if action == "unknown":
            work.unseen = len(rows) - number
            break
        work.take(action, row)
    return work


async def _action(
    looks: Looks, rules: list[ResolveRule], row: Incomplete, now: float
) -> Action | Literal["unknown"] | None:
    """Find the first rule that fits; what was kept of the run is read only when it counts."""
    cause: Kept | None = None
    for rule in rules:
        if not rule.may_fit(row, now):
            continue
        if rule.needs_detail:
            cause = cause or await looks.cause(row)
            if cause is None:
                return "unknown"
            if not rule.fits(cause):
                continue
        return rule.action
    return None


def _refuse_unclear(args: ResolveIncompletes) -> None:
    """Refuse to delete everything by a rule that names nothing."""
    bare = ResolveRule(action="delete")
    problems = [
        Problem(
            f"rules[{n}]",
            "deletes whatever is left; a rule that deletes needs a condition.",
            "Use `incomplete_execution_delete` with `all` for a whole scenario.",
        )
        for n, rule in enumerate(args.rules)
        if rule == bare
    ]
    if problems:
        raise Failure(
            "Nothing was done: a rule would delete without any condition.",
            next_step="Add a condition and call `incomplete_execution_bulk_resolve` again.",
            code="invalid_arguments",
            problems=problems,
        )


# Telling


def _tell(
    make: Make,
    args: ResolveIncompletes,
    work: _Work,
    retry: ByScenario,
    guard: ConnectionGuard,
) -> None:
    for scenario_id, rows in retry.items():
        make.affects(f"Scenario {scenario_id}: {len(rows)} retries, each costs credits.")
    for scenario_id, rows in work.delete.items():
        make.affects(f"Scenario {scenario_id}: {len(rows)} are deleted for good.")
    for one in guard.held_back:
        make.warn(f"Scenario {one.scenario_id}: {one.count} are not retried: {one.why}")
    if work.beyond:
        make.warn(
            f"{work.beyond} more are for the next call, a minute later: beyond `max` ({args.max}),"
            " or beyond what a minute's API calls carry."
        )


def _report(
    work: _Work, rows: list[RetryRow], guard: ConnectionGuard, exported: list[Exported] | None
) -> Resolved:
    outcomes = [row.outcome for row in rows]
    deleted = sum(map(len, work.delete.values()))
    return Resolved(
        changed=bool(rows or deleted),
        retried=len(rows),
        resolved=outcomes.count("resolved"),
        failed=outcomes.count("failed"),
        pending=outcomes.count("pending"),
        deleted=deleted,
        skipped=work.skipped,
        unmatched=work.unmatched,
        beyond_max=work.beyond,
        not_looked_at=work.unseen or None,
        held_back=guard.held_back,
        failures=[row for row in rows if row.outcome == "failed"][:20],
        exported=exported,
    )
