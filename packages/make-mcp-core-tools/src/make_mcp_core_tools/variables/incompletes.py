"""Incomplete executions: which wait, and what each of them kept."""

from typing import Literal

from make_blueprint.document import Blueprint
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.incomplete_executions import (
    READ,
    DlqId,
    Holder,
    Incomplete,
    WhereInput,
    named_module,
    pattern_of,
    read_blueprint_of,
    read_detail,
    read_kept,
    read_waiting,
)
from make_mcp_core_tools._engine.make_clock import now_for
from make_mcp_core_tools._engine.moments import Moment, milliseconds
from make_mcp_core_tools._engine.run_log import Status
from make_mcp_core_tools._engine.saving import lines_of
from make_mcp_core_tools._engine.scenarios import read_stored
from make_mcp_core_tools.variables.declared import category

_LONGEST_REASON = 160
_STATUS: dict[int, Status] = {2: "warning", 3: "error"}

# Inputs


class ListIncompletes(WhereInput, PageInput):
    state: Literal["unresolved", "resolved", "all"] = "unresolved"
    """Which of them."""
    reason_contains: str | None = None
    """Only those with this text in their reason."""
    pattern: str | None = Field(default=None, pattern=r"^[0-9a-f]{12}$")
    """Only those of one cluster of `incomplete_execution_pattern_get`."""
    since: Moment | None = Field(default=None, validation_alias="from")
    """ISO 8601, or a span back: `24h`, `7d`."""
    until: Moment | None = Field(default=None, validation_alias="to")
    """Latest failure, written likewise."""
    with_module: bool = False
    """Also name the failed module; a request a row."""


class GetIncomplete(Input):
    dlq_id: DlqId
    """Id (`incomplete_execution_list`)."""
    include: list[Literal["bundle", "blueprint", "logs"]] = ["bundle"]
    """`bundle`: what modules gave before the failure; `blueprint`: what has changed in the scenario
    since; `logs`: attempts so far."""
    max_bytes: int | None = Field(default=None, ge=1_000, le=64_000)
    """Longest answer; the rest is behind a link."""


# Outputs


class IncompleteRow(Output):
    id: str
    scenario_id: int
    scenario: str | None = None
    created: str
    reason: str
    attempts: int
    retries_by_itself: bool | None = None
    """True while Make has automatic attempts left."""
    resolved: bool | None = None
    size_bytes: int
    module: str | None = None
    """Id and name of the module that failed."""


class Incompletes(Page):
    incomplete_executions: list[IncompleteRow]
    """Newest first."""
    next_calls: list[NextCall] = []


class Attempt(Output):
    id: str
    """Execution id of the attempt."""
    at: str
    type: str
    status: Status
    duration_ms: int
    operations: int
    credits: float | None = None


class IncompleteDetail(Output):
    id: str
    scenario_id: int
    scenario: str
    execution_id: str
    """The run that failed."""
    created: str
    resolved: bool
    attempts: int
    retries_by_itself: bool
    size_bytes: int
    reason: str | None = None
    error_type: str | None = None
    failed_module_id: int | None = None
    failed_module: str | None = None
    bundles: Document | None = None
    """By module id, as the run had them; data of others."""
    changed_since: bool | None = None
    """True when the scenario's live blueprint differs from the one a retry runs."""
    changes: list[str] | None = None
    """From the blueprint of the failure to the live one."""
    logs: list[Attempt] | None = None
    """Newest first."""
    next_calls: list[NextCall] = []
    url: str | None = None


# Make's answers


class _Log(Output):
    id: str
    timestamp: str
    type: str = ""
    status: int = 1
    duration: int = 0
    operations: int = 0
    centicredits: int | None = None


# Tools


@category.tool(
    scope="dlqs:read",
    effect="read",
    formerly=(
        "incomplete-executions_list",
        "list-incomplete-executions-with-recovery",
        "list-incomplete-executions",
    ),
    words=("DLQ", "dead letter", "failed bundles"),
)
async def incomplete_execution_list(make: Make, args: ListIncompletes) -> Incompletes:
    """List incomplete executions of a scenario, or of a whole team, newest first.

    A team's list asks each scenario that has some.
    """
    waiting = await read_waiting(make, args, resolved_too=args.state != "unresolved")
    tell_unread(make, waiting.unread)
    now = await now_for(make, args.since, args.until)
    rows = [row for row in waiting.rows if _wanted(args, row, now)]
    page, more = page_of(rows, args)
    modules = await _modules(make, page) if args.with_module else {}
    one = args.scenario_id is not None
    told = [
        IncompleteRow(
            id=row.id,
            scenario_id=row.scenario_id,
            scenario=None if one else waiting.name(row),
            created=row.created,
            reason=row.reason[:_LONGEST_REASON],
            attempts=row.attempts,
            retries_by_itself=row.retry or None,
            resolved=row.resolved or None,
            size_bytes=row.size,
            module=modules.get(row.id),
        )
        for row in page
    ]
    return Incompletes(incomplete_executions=told, next_calls=_next(args, rows), **more)


@category.tool(
    scope="dlqs:read",
    effect="read",
    formerly=(
        "incomplete-executions_get",
        "executions_list-for-incomplete-execution",
        "executions_get-for-incomplete-execution",
        "executions_list-for-incomp-exec",
        "executions_get-for-incomp-exec",
    ),
    words=("DLQ", "bundle", "attempts"),
)
async def incomplete_execution_get(make: Make, args: GetIncomplete) -> IncompleteDetail:
    """Show an incomplete execution: the failed module, its error, and the data it had.

    A retry runs the blueprint of that time, not the live one; `include` blueprint compares them,
    `incomplete_execution_update` corrects it.
    """
    detail = await read_detail(make, args.dlq_id)
    kept = await read_kept(make, detail.id)
    blueprint = await read_blueprint_of(make, detail.id)
    told = IncompleteDetail(
        id=detail.id,
        scenario_id=detail.scenario_id,
        scenario=detail.scenario_name,
        execution_id=detail.execution_id.replace("-", ""),
        created=detail.created,
        resolved=detail.resolved,
        attempts=detail.attempts,
        retries_by_itself=detail.retry,
        size_bytes=detail.size,
        reason=kept.message or None,
        error_type=kept.type or None,
        failed_module_id=kept.module_id,
        failed_module=named_module(blueprint, kept.module_id),
        bundles=kept.bundles if "bundle" in args.include else None,
        next_calls=_next_of(detail),
    )
    if detail.company_id:
        told.url = make.page_url(f"{detail.company_id}/scenarios/{detail.scenario_id}")
    if "blueprint" in args.include:
        await _compare(make, told, blueprint)
    if "logs" in args.include:
        told.logs = await attempts_of(make, detail.id)
    return told


# Listing


def _wanted(args: ListIncompletes, row: Incomplete, now: float) -> bool:
    return (
        (args.state == "all" or row.resolved == (args.state == "resolved"))
        and (args.reason_contains or "").casefold() in row.reason.casefold()
        and args.pattern in (None, pattern_of(row.reason))
        and (args.since is None or row.created_ms >= milliseconds(args.since, now))
        and (args.until is None or row.created_ms <= milliseconds(args.until, now))
    )


def tell_unread(make: Make, unread: list[Holder]) -> None:
    """Say which scenarios were left out, when Make's limit of calls was reached."""
    if unread:
        ids = ", ".join(str(one.id) for one in unread[:20])
        make.warn(
            f"Make's limit of calls was reached; {len(unread)} scenarios were not asked ({ids})."
            " Call again in a minute, or with `scenario_id`."
        )


async def _modules(make: Make, page: list[Incomplete]) -> dict[str, str]:
    """Name the failed module of each row by its id; the list of Make does not."""
    kept = await make.each(page, lambda row: read_kept(make, row.id))
    return {
        row.id: str(one.module_id)
        for row, one in zip(page, kept, strict=True)
        if one.module_id is not None
    }


def _next(args: ListIncompletes, rows: list[Incomplete]) -> list[NextCall]:
    if not rows:
        return []
    where: Document = args.model_dump(
        include={"scenario_id", "team_id", "organization_id"}, exclude_none=True
    )
    one = NextCall(
        tool="incomplete_execution_get",
        arguments={"dlq_id": rows[0].id},
        why="See the newest one: module, error, data.",
    )
    alike = NextCall(
        tool="incomplete_execution_pattern_get",
        arguments=where,
        why="See which of them failed alike.",
    )
    return [one, alike] if len(rows) > 1 else [one]


# One


def _next_of(detail: Incomplete) -> list[NextCall]:
    if detail.resolved:
        return []
    return [
        NextCall(
            tool="incomplete_execution_get",
            arguments={"dlq_id": detail.id, "include": ["blueprint", "logs"]},
            why="See what has changed in the scenario since, and the attempts so far.",
        ),
        NextCall(
            tool="incomplete_execution_retry",
            arguments={"dlq_ids": [detail.id]},
            why="Retry it as it is, once the cause is gone.",
        ),
    ]


async def _compare(make: Make, told: IncompleteDetail, blueprint: Blueprint) -> None:
    """Add how the live blueprint differs; without the right to read it, say so."""
    try:
        live = (await read_stored(make, told.scenario_id)).blueprint
    except Failure as refused:
        if refused.code not in {"missing_scope", "forbidden", "not_found"}:
            raise
        make.warn(f"The live blueprint could not be read: {refused.why or refused.what}")
        return
    told.changes = lines_of(blueprint, live)
    told.changed_since = bool(told.changes)


async def attempts_of(make: Make, ident: str, *, limit: int = 50) -> list[Attempt]:
    """Read the attempts to finish an incomplete execution, newest first."""
    answer = await make.json(f"/dlqs/{ident}/logs", {"pg[limit]": limit}, scope=READ)
    found = answer.get("dlqLogs") if isinstance(answer, dict) else None
    rows = [_Log.model_validate(row) for row in (found if isinstance(found, list) else [])]
    return [_attempt(row) for row in rows]


def _attempt(row: _Log) -> Attempt:
    spent = row.centicredits
    return Attempt(
        id=row.id,
        at=row.timestamp,
        type=row.type,
        status=_STATUS.get(row.status, "success"),
        duration_ms=row.duration,
        operations=row.operations,
        credits=None if spent is None else spent / 100,
    )
