"""Sending a test payload to a webhook and following the run it starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

import anyio
from make_mcp_base.authoring import (
    Delivery,
    Document,
    Failure,
    HookId,
    Input,
    Json,
    Make,
    NextCall,
    Output,
)
from pydantic import Field

from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.hooks import refuse_closed
from make_mcp_core_tools.connections.records import HookRecord, read_hook
from make_mcp_core_tools.connections.runs import AFTER, BEFORE, Run, latest_runs

LONGEST_BODY = 5_242_880
"""Make's limit of a payload in bytes (API reference, 1.19)."""

HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
"""A token (RFC 9110, section 5.6.2)."""
HeaderValue = Annotated[str, Field(pattern=r"^[\t\x20-\x7e]*$")]
"""What every server reads alike: visible ASCII, spaces and tabs (RFC 9110, section 5.5)."""

# Inputs


class SendTest(Input):
    hook_id: HookId
    body: Json = None
    """JSON value, or text."""
    headers: dict[HeaderName, HeaderValue] = {}
    """HTTP headers; the content type follows the body."""
    method: Literal["POST", "PUT", "PATCH", "GET", "DELETE"] = "POST"
    """HTTP method."""
    wait_seconds: int = Field(default=20, ge=0, le=300)
    """How long to wait for the run to end."""


# Outputs


class RunTold(Output):
    execution_id: str
    status: str
    started: datetime
    duration_ms: int | None = None
    operations: int | None = None
    credits: float | None = None
    error: Document | None = None


class TestSent(Output):
    hook_id: int
    http_status: int
    answer: str
    """What the hook answered, cut at 2,000 characters."""
    elapsed_ms: float
    accepted: bool
    execution: RunTold | None = None
    """The run that took this payload."""
    proven_by: str | None = None
    """Why it is this run."""
    candidates: list[str] = []
    """Runs that may have taken it, when several fit."""
    note: str | None = None
    next_calls: list[NextCall] = []


# Make's answers


class LogHead(Output):
    id: str
    logged_at: datetime


class LogHeads(Output):
    hook_logs: list[LogHead]


class LogRequest(Output):
    body: str | None = None
    method: str = ""


class LogData(Output):
    request: LogRequest | None = None


class LogDetail(LogHead):
    data: LogData | None = None


class OneLog(Output):
    hook_log: LogDetail


# The tool


@category.tool(
    scope="hooks:read",
    effect="run",
    words=("try webhook", "test payload", "end to end"),
    examples=[SendTest(hook_id=12, body={"order": "A-1"})],
)
async def hook_send_test(make: Make, args: SendTest) -> TestSent:
    """Send a payload to a webhook and give the run that processed it.

    The scenario must be active to run at once; otherwise the message waits in the queue. The run is
    a real one and uses credits.
    """
    one = await read_hook(make, args.hook_id)
    _refuse_unfit(one, args)
    before = await _look(make, one)
    content, headers = _content(args)
    sent = await make.deliver(
        args.method,
        one.url,
        says=f"Send a test to the hook “{one.name}” ({one.id})",
        body=content,
        headers=headers,
    )
    told = TestSent(
        hook_id=one.id,
        http_status=sent.status,
        answer=sent.text[:2_000],
        elapsed_ms=sent.elapsed_ms,
        accepted=sent.status < 400,
    )
    if not told.accepted or one.scenario_id is None or not one.scenario_is_active:
        told.note, told.next_calls = _unstarted(one, sent)
        return told
    return await _follow(make, one, args, told, before)


def _refuse_unfit(one: HookRecord, args: SendTest) -> None:
    if one.type != "web":
        raise Failure(
            f"“{one.name}” ({one.id}) is a mailhook.",
            next_step=f"Send it a mail; `hook_get` hook_id={one.id} include=[url] tells where.",
            code="not_a_webhook",
        )
    refuse_closed(one)
    if len(_content(args)[0].encode()) > LONGEST_BODY:
        raise Failure(
            "The payload is larger than 5 MB, which is Make's limit; nothing was sent.",
            next_step="Send less.",
            code="too_large",
        )


def _content(args: SendTest) -> tuple[str, dict[str, str]]:
    """Write the body, with the content type it has unless the caller names one."""
    headers = {name.lower(): value for name, value in args.headers.items()}
    if args.body is None:
        return "", headers
    if isinstance(args.body, str):
        return args.body, {"content-type": "text/plain; charset=utf-8"} | headers
    text = json.dumps(args.body, ensure_ascii=False)
    return text, {"content-type": "application/json"} | headers


def _unstarted(one: HookRecord, sent: Delivery) -> tuple[str, list[NextCall]]:
    if sent.status >= 400:
        call = NextCall(
            tool="hook_get",
            arguments={"hook_id": one.id, "include": ["queue", "log"]},
            why="See its state and its queue.",
        )
        return "The hook did not take it; no run was started.", [call]
    if one.scenario_id is None:
        return "No scenario listens to this hook; the message waits in its queue.", []
    call = NextCall(
        tool="scenario_activate",
        arguments={"scenario_id": one.scenario_id},
        why="An active scenario processes the queue.",
    )
    text = f"Scenario {one.scenario_id} is not active; the message waits in the queue."
    return text, [call]


# Following


@dataclass(frozen=True, slots=True)
class _Before:
    """What Make's logs held before the request was sent.

    Times of Make are compared with times of Make only; this machine's clock may be wrong.
    """

    runs: frozenset[str] = frozenset()
    deliveries: frozenset[str] = frozenset()


async def _look(make: Make, one: HookRecord) -> _Before:
    if one.scenario_id is None or make.planning:
        return _Before()
    runs = await latest_runs(make, one.scenario_id)
    heads = await _deliveries(make, one)
    return _Before(frozenset(run.id for run in runs), frozenset(head.id for head in heads))


async def _deliveries(make: Make, one: HookRecord) -> list[LogHead]:
    path, query = f"/hooks/{one.id}/logs", {"pg[limit]": 50}
    return (await make.get(path, query, into=LogHeads)).hook_logs


@dataclass(frozen=True, slots=True)
class _Traces:
    """What Make's logs hold of the request by now.

    Attributes:
        ours: Its entry in the hook's log; None where the log does not tell.
        rivals: Requests that reached the hook together with it, itself included.
        runs: Ended runs that may have taken it.
    """

    ours: LogHead | None
    rivals: int
    runs: list[Run]

    @property
    def proven(self) -> bool:
        """True when no other run and no other request comes into question."""
        return len(self.runs) == 1 and self.rivals <= 1


async def _follow(
    make: Make, one: HookRecord, args: SendTest, told: TestSent, before: _Before
) -> TestSent:
    """Wait for the run that took the payload, and say why it is this one."""
    begun, pause = anyio.current_time(), 0.25
    took = timedelta(milliseconds=told.elapsed_ms)
    while True:
        traces = await _traces(make, one, _content(args)[0], before, took)
        waited = anyio.current_time() - begun
        left = args.wait_seconds - waited
        if traces.runs or left <= 0:
            return _conclude(one, told, traces)
        await make.progress(waited, args.wait_seconds, "Delivered; waiting for the run to end")
        await anyio.sleep(min(pause, left))
        pause = min(pause * 2, 5)


async def _traces(
    make: Make, one: HookRecord, content: str, before: _Before, took: timedelta
) -> _Traces:
    runs = await latest_runs(make, one.scenario_id or 0)
    new = [run for run in runs if run.id not in before.runs and run.status != "running"]
    heads = [head for head in await _deliveries(make, one) if head.id not in before.deliveries]
    ours = await _our_delivery(make, one, content, heads)
    if ours is None:
        return _Traces(None, len(heads), new)
    near = [head for head in heads if abs(head.logged_at - ours.logged_at) < AFTER]
    return _Traces(ours, len(near), [run for run in new if _fits(run, ours, took)])


def _fits(run: Run, ours: LogHead, took: timedelta) -> bool:
    """Tell whether a run began while the delivery was under way, or right after it."""
    return ours.logged_at - took - BEFORE <= run.started <= ours.logged_at + AFTER


async def _our_delivery(
    make: Make, one: HookRecord, content: str, heads: list[LogHead]
) -> LogHead | None:
    """Find our request in the hook's log by its body."""

    async def is_ours(head: LogHead) -> bool:
        detail = await make.get(f"/hooks/{one.id}/logs/{head.id}", into=OneLog)
        request = detail.hook_log.data.request if detail.hook_log.data else None
        return request is not None and (request.body or "") == content

    same = await make.each(heads, is_ours)
    found = [head for head, mine in zip(heads, same, strict=True) if mine]
    return found[0] if len(found) == 1 else None


def _conclude(one: HookRecord, told: TestSent, traces: _Traces) -> TestSent:
    if not traces.runs:
        told.note = "Delivered, but its run has not ended yet; the scenario is working or waiting."
        told.next_calls = [_list_runs(one)]
    elif traces.proven:
        run = traces.runs[0]
        told.execution, told.proven_by = _run_told(run), _proof(traces.ours)
        told.next_calls = [_inspect(one, told.execution)] if run.status == "error" else []
    else:
        told.candidates = [run.id for run in traces.runs]
        told.note = (
            f"{traces.rivals} requests reached the hook at the same moment, and Make does not tell"
            " which run took which; one of these is yours."
        )
    return told


def _proof(ours: LogHead | None) -> str:
    if ours is None:
        return "It is the only run that began after the request."
    return (
        f"The hook's log holds this very body, taken at {ours.logged_at:%H:%M:%S} UTC, no other"
        " request near it, and this is the only run that began then."
    )


def _run_told(run: Run) -> RunTold:
    centicredits = run.row.centicredits
    return RunTold(
        execution_id=run.id,
        status=run.status,
        started=run.started,
        duration_ms=run.row.duration,
        operations=run.row.operations,
        credits=None if centicredits is None else centicredits / 100,
        error=run.row.error,
    )


def _list_runs(one: HookRecord) -> NextCall:
    return NextCall(
        tool="scenario_execution_list",
        arguments={"scenario_id": one.scenario_id},
        why="See the run once it has ended.",
    )


def _inspect(one: HookRecord, run: RunTold) -> NextCall:
    return NextCall(
        tool="scenario_execution_get",
        arguments={"scenario_id": one.scenario_id, "execution_id": run.execution_id},
        why="See which module failed.",
    )
