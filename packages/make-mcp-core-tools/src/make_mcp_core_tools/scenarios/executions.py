"""Executions: the runs of scenarios, their outputs, their modules, and stopping them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from make_blueprint.document import as_object
from make_mcp_base.authoring import (
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Page,
    PageInput,
    ScenarioId,
    TeamId,
    post,
)
from make_mcp_base.client.failures import Invalid, NotFound
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.execution_ids import ExecutionRef, normal, repaired
from make_mcp_core_tools._engine.moments import Moment
from make_mcp_core_tools._engine.open_runs import end_was_told
from make_mcp_core_tools._engine.run_bundles import KeptBundle, kept_bundle
from make_mcp_core_tools._engine.run_detail import HiddenError, ModuleRow, read_module_runs
from make_mcp_core_tools._engine.run_history import History, fan_out, runs_of
from make_mcp_core_tools._engine.run_log import Entry, Status, read_entries, read_entry
from make_mcp_core_tools._engine.run_modules import module_name, read_operations, read_pinned
from make_mcp_core_tools._engine.run_preflight import Runnable, read_runnable
from make_mcp_core_tools._engine.run_report import (
    RunError,
    credits_of,
    execution_path,
    outputs_note,
    resource_uri,
    run_error,
    written_entry,
)
from make_mcp_core_tools._engine.run_watch import (
    INGESTION_SECONDS,
    MOST_RESOURCE_BYTES,
    State,
    read_state,
    watch,
)
from make_mcp_core_tools.scenarios.declared import category

if TYPE_CHECKING:
    from make_mcp_core_tools._engine.run_modules import Operation

_NO_CONTENT = (
    "Make's API tells status, number and size of bundles, not their content; `url` shows it."
)
_NO_OPERATION = (
    "The module's log names no operation of this run: it did nothing, or its log is kept no longer."
)
_MOST_OPERATIONS = 50

# Inputs


class ListExecutions(PageInput):
    scenario_id: ScenarioId | None = None
    team_id: TeamId | None = None
    """All scenarios of a team, in place of one scenario."""
    organization_id: OrganizationId | None = None
    status: list[Status] = []
    """Only runs that ended so."""
    since: Moment | None = Field(default=None, validation_alias="from")
    """ISO 8601, or a span back: `24h`, `7d`."""
    until: Moment | None = Field(default=None, validation_alias="to")
    """Latest start, written likewise."""
    type: Literal["auto", "manual"] | None = None
    """Started by schedule or hook, or by a person or call."""
    include_events: bool = False
    """Also edits and switches, apart from the runs."""
    detail: bool = False
    """Adds messages, credits, names, replays."""


class GetExecution(Input):
    scenario_id: ScenarioId
    execution_id: ExecutionRef
    wait: float = Field(0, ge=0, le=600)
    """Seconds to wait for the end of a run that goes on."""
    include: list[Literal["modules", "outputs"]] = ["outputs"]
    """`modules`: what each module did, a request each."""
    max_bytes: int | None = Field(default=None, ge=1_000, le=64_000)
    """Longest answer; the rest is behind a link."""


class GetExecutionModule(Input):
    scenario_id: ScenarioId
    execution_id: ExecutionRef
    module_id: int = Field(ge=1)
    """Id in the blueprint (`scenario_get`)."""
    max_bytes: int | None = Field(default=None, ge=1_000, le=64_000)
    """Longest answer; the rest is behind a link."""


class StopExecution(Input):
    scenario_id: ScenarioId
    execution_id: ExecutionRef
    force: bool = False
    """Also when it does not react to a plain stop."""


# Outputs


class RunRow(Output):
    id: str
    scenario_id: int | None = None
    status: Status
    started: str
    duration_ms: int | None = None
    operations: int | None = None
    transfer_bytes: int | None = None
    type: str | None = None
    error: str | None = None
    """Kind of failure; with `detail` its message too."""
    credits: float | None = None
    name: str | None = None
    replay_of: str | None = None
    started_by: str | None = None


class EventRow(Output):
    at: str
    scenario_id: int | None = None
    event: str
    """`start` and `stop` are switches, `modify` an edit."""
    by: str | None = None


class Executions(Page):
    executions: list[RunRow]
    events: list[EventRow] | None = None
    url: str | None = None


class ExecutionDetail(Output):
    status: Literal["running", "success", "warning", "error"]
    execution_id: str
    progress: str | None = None
    """Modules done so far, of a run that was waited for."""
    started: str | None = None
    duration_ms: int | None = None
    operations: int | None = None
    credits: float | None = None
    transfer_bytes: int | None = None
    type: str | None = None
    replay_of: str | None = None
    blueprint_version: int | None = None
    """Version of the blueprint it ran with."""
    error: RunError | None = None
    hidden_errors: list[HiddenError] | None = None
    """Errors that handlers kept out of the result."""
    modules: list[ModuleRow] | None = None
    outputs: Json = None
    outputs_note: str | None = None
    resource_uri: str | None = None
    """The whole run as a resource."""
    url: str
    next_calls: list[NextCall] | None = None


class OperationRow(Output):
    at: str
    status: Status
    bundles: int
    size_bytes: int
    message: str | None = None


class ExecutionModule(Output):
    execution_id: str
    module_id: int
    module: str
    blueprint_version: int | None = None
    operations: list[OperationRow]
    operation_count: int
    data: KeptBundle | None = None
    """Its bundle as an incomplete execution kept it."""
    content_note: str
    url: str


class ExecutionStopped(Output):
    execution_id: str
    status: str
    changed: bool
    note: str | None = None


class Nothing(RootModel[Json]):
    """An answer whose body says nothing."""


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("executions_list", "scenario_executions_list", "list-executions"),
    words=("runs", "history", "logs", "failed"),
    examples=[ListExecutions(scenario_id=12, status=["error"], since="7d", limit=10)],
)
async def scenario_execution_list(make: Make, args: ListExecutions) -> Executions:
    """List ended runs, newest first, of one scenario or of a whole team.

    Runs that go on are not in Make's log. A team's list asks scenario by scenario.
    """
    history = History(
        since=args.since,
        until=args.until,
        status=tuple(args.status),
        kind=args.type,
        events=args.include_events,
        limit=args.limit,
        after=_after(args.cursor),
    )
    if args.scenario_id is not None:
        scenario = await read_runnable(make, args.scenario_id)
        found = await runs_of(make, scenario.id, history)
        url: str | None = make.page_url(execution_path(scenario, None))
    else:
        found = await fan_out(make, args.team_id, args.organization_id, history)
        url = None
    one = args.scenario_id is not None
    return Executions(
        executions=[_row(entry, one=one, detail=args.detail) for entry in found.runs],
        events=[_event(entry, one=one) for entry in found.events] if args.include_events else None,
        next_cursor=f"k{found.last}" if found.more and found.last else None,
        url=url,
    )


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=(
        "executions_get",
        "executions_get-detail",
        "executions_get_detail",
        "scenario_execution_inspect",
        "get-execution",
    ),
    words=("result", "outputs", "wait", "resume", "why failed"),
)
async def scenario_execution_get(make: Make, args: GetExecution) -> ExecutionDetail:
    """Tell one run: status, outputs, cost, the module that failed, errors handlers kept quiet.

    With `wait` it follows a run that goes on, such as one `scenario_run` left `pending`.
    """
    execution_id = repaired(make, args.execution_id)
    scenario = await read_runnable(make, args.scenario_id)
    seen = await watch(make, scenario.id, execution_id, args.wait, look_first=True)
    if seen.state is None:
        raise _unseen(scenario, execution_id, seen.trouble)
    if not seen.ended:
        return _going_on(make, scenario, execution_id, seen.come)
    await end_was_told(make, scenario.id, execution_id)
    return await _in_depth(make, scenario, execution_id, seen.state, args.include)


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("executions_module_get",),
    words=("bundles", "operations", "step"),
)
async def scenario_execution_module_get(make: Make, args: GetExecutionModule) -> ExecutionModule:
    """Tell what one module did in one run, operation by operation.

    Where the run left an incomplete execution, the bundle it kept for the module is shown.
    """
    execution_id = repaired(make, args.execution_id)
    scenario = await read_runnable(make, args.scenario_id)
    entry = await _ended_entry(make, scenario, execution_id)
    pinned = await read_pinned(make, scenario.id, entry.started_ms)
    visit = next((v for v in pinned.modules if v.id == args.module_id), None)
    if visit is None:
        raise _no_module(scenario, args.module_id, [(v.id, module_name(v)) for v in pinned.modules])
    rows = await read_operations(make, scenario.id, args.module_id, execution_id, entry)
    kept = await kept_bundle(make, scenario.id, entry, args.module_id)
    return ExecutionModule(
        execution_id=execution_id,
        module_id=args.module_id,
        module=module_name(visit),
        blueprint_version=pinned.version,
        operations=[_operation(row) for row in rows[:_MOST_OPERATIONS]],
        operation_count=len(rows),
        data=kept,
        content_note=_NO_CONTENT if rows else _NO_OPERATION,
        url=make.page_url(execution_path(scenario, execution_id)),
    )


@category.tool(
    scope="scenarios:run",
    effect="delete",
    formerly=("executions_stop", "stop-execution"),
    words=("abort", "cancel", "kill"),
)
async def scenario_execution_stop(make: Make, args: StopExecution) -> ExecutionStopped:
    """Stop a run that goes on; one that has ended stays as it is."""
    execution_id = repaired(make, args.execution_id)
    scenario = await read_runnable(make, args.scenario_id)
    state = await _known_state(make, scenario, execution_id)
    if state.ended:
        note = "The run had ended already."
        return ExecutionStopped(
            execution_id=execution_id, status=state.outcome, changed=False, note=note
        )
    make.affects("Modules that have run keep their effects; those after them do not run.")
    make.affects("An interrupted run ends with a warning and leaves no incomplete execution.")
    make.affects("A module at work may finish first.")
    changed = await _stop(make, scenario, execution_id, force=args.force)
    seen = await watch(make, scenario.id, execution_id, _STOPPING_SECONDS, look_first=True)
    return ExecutionStopped(
        execution_id=execution_id,
        status=seen.state.outcome if seen.state else "unknown",
        changed=changed,
        note=None if seen.ended else "It has been told to stop and ends with its next module.",
    )


# Resources


async def ids_of_runs(make: Make, known: dict[str, str]) -> list[str]:
    """Give the ids of the latest runs of a scenario."""
    scenario = known.get("scenario_id", "")
    found = await read_entries(make, int(scenario), limit=100) if scenario.isdecimal() else []
    return [entry.id for entry in found]


@category.document(
    "make://execution/{scenario_id}/{execution_id}",
    scope="scenarios:read",
    completers={"execution_id": ids_of_runs},
)
async def execution(make: Make, scenario_id: ScenarioId, execution_id: str) -> Any:
    """A run whole: status, outputs up to 20 MB, error, and what each module did."""
    found = normal(execution_id)
    if found is None:
        raise Failure(
            f"`{execution_id[:80]}` is no execution id.",
            next_step=f"Call `scenario_execution_list` with scenario_id={scenario_id}.",
            code="invalid_arguments",
        )
    scenario = await read_runnable(make, scenario_id)
    state = await read_state(make, scenario_id, found, MOST_RESOURCE_BYTES)
    if not state.ended:
        detail = _going_on(make, scenario, found)
    else:
        detail = await _in_depth(make, scenario, found, state, ["modules", "outputs"])
    return detail.model_dump(mode="json", exclude_none=True, by_alias=False)


# Lists


def _after(cursor: str | None) -> str | None:
    """Read a cursor of this tool: the key in the log to go on behind.

    Raises:
        Failure: It is another tool's, or made up.
    """
    if cursor is None:
        return None
    if not re.fullmatch(r"k\d{1,16}_[\w.]{1,120}", cursor):
        raise Failure(
            f"`{cursor[:40]}` is not a cursor of this tool.",
            next_step="Leave `cursor` out for the first page, or send `next_cursor` unchanged.",
            code="invalid_arguments",
        )
    return cursor[1:]


def _row(entry: Entry, *, one: bool, detail: bool) -> RunRow:
    row = RunRow(
        id=entry.id,
        scenario_id=None if one else entry.scenario_id,
        status=entry.outcome,
        started=entry.timestamp,
        duration_ms=entry.duration,
        operations=entry.operations,
        transfer_bytes=entry.transfer,
        type=entry.type or None,
        error=entry.error.name or "error" if entry.error else None,
    )
    if detail:
        row.error = str(entry.error)[:400] if entry.error else None
        row.credits = credits_of(entry)
        row.name = entry.execution_name
        row.replay_of = entry.replay_of_execution_id
        row.started_by = entry.author_name
    return row


def _event(entry: Entry, *, one: bool) -> EventRow:
    author = as_object((entry.detail or {}).get("author"))
    return EventRow(
        at=entry.timestamp,
        scenario_id=None if one else entry.scenario_id,
        event=entry.type,
        by=str(entry.author_name or author.get("name") or "") or None,
    )


# One run


async def _in_depth(
    make: Make, scenario: Runnable, execution_id: str, state: State, include: list[Any]
) -> ExecutionDetail:
    entry = await written_entry(make, scenario.id, execution_id)
    detail = ExecutionDetail(
        status=state.outcome,
        execution_id=execution_id,
        outputs=state.outputs if "outputs" in include else None,
        outputs_note=outputs_note(state),
        resource_uri=resource_uri(scenario.id, execution_id) if state.outputs_too_large else None,
        url=make.page_url(execution_path(scenario, execution_id)),
    )
    if entry is None:
        make.warn("The run has ended, but its line in the log is not written yet.")
        detail.error = await run_error(make, scenario.id, None, state)
        return detail
    _fill(detail, entry)
    pinned = await read_pinned(make, scenario.id, entry.started_ms)
    detail.blueprint_version = pinned.version
    detail.error = await run_error(make, scenario.id, entry, state, pinned)
    everything = "modules" in include
    runs = await read_module_runs(make, scenario.id, pinned, entry, handled_only=not everything)
    detail.modules = [run.row() for run in runs] if everything else None
    if everything and not runs and entry.operations:
        make.warn("Make keeps no module logs of this run, so what its modules did is not known.")
    hidden = [found for run in runs if (found := run.hidden())]
    failed = detail.error.module_id if detail.error else None
    detail.hidden_errors = [h for h in hidden if h.module_id != failed] or None
    detail.next_calls = _next(scenario.id, detail)
    return detail


def _fill(detail: ExecutionDetail, entry: Entry) -> None:
    detail.started = entry.timestamp
    detail.duration_ms = entry.duration
    detail.operations = entry.operations
    detail.credits = credits_of(entry)
    detail.transfer_bytes = entry.transfer
    detail.type = entry.type or None
    detail.replay_of = entry.replay_of_execution_id


def _next(scenario_id: int, detail: ExecutionDetail) -> list[NextCall] | None:
    if detail.error is None:
        return None
    calls = [
        NextCall(
            tool="scenario_troubleshoot",
            arguments={"scenario_id": scenario_id},
            why="Finds the cause: connections, data, what changed before it failed.",
        )
    ]
    if detail.error.module_id:
        run = {"scenario_id": scenario_id, "execution_id": detail.execution_id}
        calls.append(
            NextCall(
                tool="scenario_execution_module_get",
                arguments=run | {"module_id": detail.error.module_id},
                why="Shows what the failed module did.",
            )
        )
    return calls


def _going_on(make: Make, scenario: Runnable, execution_id: str, come: str = "") -> ExecutionDetail:
    arguments = {"scenario_id": scenario.id, "execution_id": execution_id, "wait": 60}
    follow = NextCall(
        tool="scenario_execution_get", arguments=arguments, why="Waits for the end of this run."
    )
    return ExecutionDetail(
        status="running",
        execution_id=execution_id,
        progress=come or None,
        url=make.page_url(execution_path(scenario, execution_id)),
        next_calls=[follow],
    )


def _unseen(scenario: Runnable, execution_id: str, trouble: Failure | None) -> Failure:
    if trouble is not None and not isinstance(trouble, NotFound):
        return trouble
    return Failure(
        f"“{scenario.name}” ({scenario.id}) has no run {execution_id}.",
        why=f"A run that began within the last {INGESTION_SECONDS:.0f} s may not be stored yet;"
        " otherwise it belongs to another scenario or is older than Make keeps logs.",
        next_step="If it has just begun, call again with wait=30; else call"
        f" `scenario_execution_list` with scenario_id={scenario.id}.",
        code="not_found",
    )


async def _known_state(make: Make, scenario: Runnable, execution_id: str) -> State:
    try:
        return await read_state(make, scenario.id, execution_id)
    except NotFound as absent:
        raise _unseen(scenario, execution_id, absent) from absent


async def _ended_entry(make: Make, scenario: Runnable, execution_id: str) -> Entry:
    entry = await read_entry(make, scenario.id, execution_id)
    if entry is not None:
        return entry
    state = await _known_state(make, scenario, execution_id)
    if state.ended:
        raise _unseen(scenario, execution_id, None)
    raise Failure(
        f"Run {execution_id} goes on; Make tells its modules when it has ended.",
        next_step=f"Call `scenario_execution_get` with scenario_id={scenario.id},"
        f" execution_id={execution_id} and wait=60 first.",
        code="still_running",
        retryable=True,
    )


# One module


def _operation(row: Operation) -> OperationRow:
    return OperationRow(
        at=row.timestamp,
        status=row.outcome,
        bundles=row.bundles,
        size_bytes=row.size,
        message=row.trouble or None,
    )


def _no_module(
    scenario: Runnable, module_id: int, modules: list[tuple[int | None, str]]
) -> Failure:
    listed = ", ".join(f"{ident} {name}" for ident, name in modules[:30])
    return Failure(
        f"The blueprint that ran in “{scenario.name}” ({scenario.id}) has no module {module_id}.",
        why=f"Its modules: {listed}.",
        next_step="Call again with one of these ids.",
        code="not_found",
    )


# Stopping

_STOPPING_SECONDS = 5.0
"""How long the end of a run that was told to stop is waited for."""


async def _stop(make: Make, scenario: Runnable, execution_id: str, *, force: bool) -> bool:
    """Tell a run to stop; False when it had ended by then."""
    try:
        await make.write(
            post(f"/scenarios/{scenario.id}/executions/{execution_id}/stop", {"force": force}),
            into=Nothing,
            says=f"Stop run {execution_id} of “{scenario.name}” ({scenario.id})",
            before={"status": "RUNNING"},
            undo=Irreversible("A stopped run does not go on; `scenario_replay` starts it anew."),
        )
    except Invalid:
        if (await read_state(make, scenario.id, execution_id)).ended:
            return False
        raise
    return True
