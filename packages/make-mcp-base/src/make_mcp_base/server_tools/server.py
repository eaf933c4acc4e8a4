"""The server itself: is it well, what does it offer, what was done through it, and the way back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import Field, JsonValue, model_validator

from make_mcp_base.calls.inverse import call_back
from make_mcp_base.calls.make import Make
from make_mcp_base.calls.operation import read_undo
from make_mcp_base.calls.paging import page_of
from make_mcp_base.calls.requests import CALL, Irreversible, digest, filled
from make_mcp_base.definition.category import Category
from make_mcp_base.definition.models import Document, Input, Output, Page, PageInput, Timestamp
from make_mcp_base.errors import Failure
from make_mcp_base.safety.redaction import redact
from make_mcp_base.server_tools.checks import Check, check_configuration, check_health, verdict

if TYPE_CHECKING:
    from make_mcp_base.calls.requests import Undo
    from make_mcp_base.kernel import Kernel
    from make_mcp_base.store.port import Entry, OperationRow

category = Category("server", "The server itself: health, surface, journal and undo.")

_LONGEST_JOURNAL = 10_000

# Inputs


class Nothing(Input):
    pass


class ListOperations(PageInput):
    tool: str | None = None
    """Only calls of this tool."""
    since: Timestamp | None = None
    """Only calls from then on."""


class ReadOperation(Input):
    operation_id: str = Field(pattern=r"^op_[0-9a-f]{16}$")
    """As given by the call that wrote, or by `operation_list`."""


# Outputs


class Health(Output):
    status: Literal["healthy", "degraded", "unhealthy"]
    """Unhealthy when a needed part fails, degraded when another does."""
    checks: list[Check]


class ServerInfo(Output):
    name: str
    version: str
    python: str
    mcp: str
    zone: str | None = None
    """Host of the Make zone; the sandbox's own when it is used."""
    sandbox: bool
    read_only: bool
    bundles: dict[str, str]
    """Version of each bundle."""
    categories: dict[str, int]
    """Reachable tools of each category."""
    planned_categories: list[str] = []
    shown: int
    reachable: int
    hidden: dict[str, int] = {}
    """Tools that may not be called, counted by reason."""
    run_tools: int | None = None
    """Scenarios that are tools of their own."""
    run_tools_left_out: list[str] | None = None
    """Scenarios named for that and not offered, each with the reason."""
    find_more_with: str | None = None


class Operation(Output):
    operation_id: str
    tool: str
    at: Timestamp
    state: str
    """open, done, partial, failed, unknown or undone."""
    writes: int
    """Requests that Make confirmed."""


class Operations(Page):
    operations: list[Operation]


class Step(Output):
    says: str
    result: str
    """done, failed, unknown, or planned when its process died."""
    undo: str
    """How it is taken back, or why it cannot be."""
    request: Document = {}
    before: JsonValue = None
    policies: list[Document] | None = None
    """Policies it broke without being stopped."""


class OperationDetail(Operation):
    arguments: Document
    steps: list[Step]


class Undone(Output):
    undone: str
    """Id of the operation that was taken back."""
    steps: list[str]


class AnyAnswer(Output):
    pass


# Tools


@category.tool(
    scope="", effect="read", formerly=("health-check",), words=("status", "alive", "ping")
)
async def health_check(make: Make, args: Nothing) -> Health:
    """Check that Make, the token, the store and the background work really respond."""
    checks = await check_health(_kernel(make), make)
    return Health(status=verdict(checks), checks=checks)


@category.tool(scope="", effect="read", formerly=("server-info", "security-status"))
async def server_info(make: Make, args: Nothing) -> ServerInfo:
    """Tell what this server is and offers: version, categories, and what is hidden and why."""
    from make_mcp_base.server_tools.info import describe_server

    return ServerInfo.model_validate(await describe_server(_kernel(make)))


@category.tool(
    scope="",
    effect="read",
    formerly=("test-configuration", "validate-configuration"),
    words=("token", "zone", "setup", "doctor"),
)
async def configuration_check(make: Make, args: Nothing) -> Health:
    """Check the configuration: token, zone, scopes, defaults, licence, clock, data directory."""
    checks = await check_configuration(_kernel(make), make)
    return Health(status=verdict(checks), checks=checks)


@category.tool(scope="", effect="read", words=("journal", "history", "audit"))
async def operation_list(make: Make, args: ListOperations) -> Operations:
    """List the changes made through this server with the present token, newest first."""
    kernel = _kernel(make)
    rows = await (await kernel.store()).journal_operations(
        limit=_LONGEST_JOURNAL,
        tool=args.tool,
        since=args.since.timestamp() if args.since else None,
        account=kernel.account_key,
    )
    page, more = page_of([_operation(row) for row in rows], args)
    return Operations(operations=page, **more)


@category.tool(scope="", effect="read", words=("journal",))
async def operation_get(make: Make, args: ReadOperation) -> OperationDetail:
    """Show one change: what was sent, the state before, and how it can be taken back."""
    entries = await _entries(_kernel(make), args.operation_id)
    return _detail(entries)


@category.tool(scope="", effect="delete", words=("revert", "rollback", "restore"))
async def operation_undo(make: Make, args: ReadOperation) -> Undone:
    """Take a change back, as far as Make allows.

    Refused when the thing has been changed by somebody since, or the change cannot be reversed.
    """
    kernel = _kernel(make)
    entries = await _entries(kernel, args.operation_id)
    undos = await _open_undos(kernel, entries)
    for undo, state in undos:
        await _refuse_moved(make, undo, state)
        if undo.note:
            make.affects(undo.note)
    says: list[str] = []
    for undo, state in undos:
        says += await _play(make, undo, state)
    if not make.planning:
        await _mark_undone(kernel, entries)
    return Undone(undone=args.operation_id, steps=says)


# The journal, read


def _kernel(make: Make) -> Kernel:
    if make.kernel is None:
        raise RuntimeError("server tools run inside a server")
    return make.kernel


async def _entries(kernel: Kernel, operation_id: str) -> list[Entry]:
    entries = await (await kernel.store()).journal_operation(operation_id)
    if not entries or entries[0].account != kernel.account_key:
        raise Failure(
            f"The journal of this account has no {operation_id}.",
            next_step="Find it with `operation_list`.",
            code="not_found",
        )
    return entries


def _operation(row: OperationRow) -> Operation:
    return Operation(
        operation_id=row.operation_id,
        tool=row.tool,
        at=datetime.fromtimestamp(row.opened, UTC),
        state=row.state,
        writes=row.done,
    )


def _detail(entries: list[Entry]) -> OperationDetail:
    done = [e for e in entries if e.kind == "done"]
    return OperationDetail(
        operation_id=entries[0].operation_id,
        tool=entries[0].tool,
        at=datetime.fromtimestamp(entries[0].at, UTC),
        state=_state(entries),
        writes=len(done),
        arguments=_object(entries[0].body.get("arguments")),
        steps=[_step(e, entries) for e in entries if e.kind == "intended"],
    )


def _state(entries: list[Entry]) -> str:
    kinds = {e.kind for e in entries}
    if "undone" in kinds:
        return "undone"
    if "closed" not in kinds:
        return "open"
    if "unknown" in kinds:
        return "unknown"
    if "failed" in kinds:
        return "partial" if "done" in kinds else "failed"
    return "done"


def _step(intended: Entry, entries: list[Entry]) -> Step:
    number = intended.body.get("n")
    outcomes = [
        e for e in entries if e.kind in {"done", "failed", "unknown"} and e.body.get("n") == number
    ]
    body = outcomes[0].body if outcomes else {}
    verdicts = intended.body.get("policies")
    return Step(
        says=str(intended.body.get("says")),
        result=outcomes[0].kind if outcomes else "planned",
        undo=str(body.get("irreversible") or ("possible" if "undo" in body else "nothing to undo")),
        request=_object(intended.body.get("request")),
        before=intended.body.get("before"),
        policies=[_object(p) for p in verdicts] if isinstance(verdicts, list) else None,
    )


def _object(value: JsonValue) -> Document:
    return value if isinstance(value, dict) else {}


# Undo


async def _open_undos(kernel: Kernel, entries: list[Entry]) -> list[tuple[Undo, JsonValue]]:
    """Read how each write is taken back, the last write first."""
    if any(e.kind == "undone" for e in entries):
        raise _not_undoable(entries, "It has been undone already.")
    if any(e.kind == "unknown" for e in entries):
        raise _not_undoable(entries, "Nobody knows whether one of its requests took effect.")
    done = [e for e in entries if e.kind == "done"]
    stuck = [str(e.body["irreversible"]) for e in done if "irreversible" in e.body]
    if stuck or not done:
        raise _not_undoable(entries, " ".join(stuck) or "It changed nothing.")
    seal = await kernel.seal()
    return [(read_undo(seal.open(str(e.body["undo"]))), e.body["state"]) for e in reversed(done)]


def _not_undoable(entries: list[Entry], why: str) -> Failure:
    return Failure(
        f"{entries[0].operation_id} ({entries[0].tool}) cannot be undone.",
        why=why,
        next_step="See what it did with `operation_get`, and change back by hand what is needed.",
        code="not_undoable",
    )


async def _refuse_moved(make: Make, undo: Undo, state: JsonValue) -> None:
    if undo.watch is None:
        return
    from make_mcp_base.client.failures import NotFound

    try:
        now: JsonValue = dict(
            undo.watch.project(await make.json(undo.watch.path, undo.watch.query))
        )
    except NotFound:
        now = {"gone": True}
    shown = redact(now)
    if shown != state:
        raise Failure(
            "Not undone: the thing has been changed since.",
            why=f"{undo.watch.path}: {_difference(_object(state), shown)}.",
            next_step="Look at it, and change back by hand what you still want changed.",
            code="moved_on",
        )


def _difference(left: Document, now: Document) -> str:
    """Name the members that moved, as they were left and as they are."""
    moved = [key for key in now | left if left.get(key) != now.get(key)]
    return "; ".join(f"{key} was {left.get(key)!r}, is {now.get(key)!r}" for key in moved)


async def _play(make: Make, undo: Undo, state: JsonValue) -> list[str]:
    says: list[str] = []
    answers: list[JsonValue] = []
    for request in undo.requests:
        sent = filled(request, answers)
        says.append(f"{sent.method} {sent.path}")
        if sent.method == CALL:
            await call_back(make, _kernel(make), sent)
            answers.append(None)
            continue
        answer = await make.write(
            sent,
            into=RawAnswer,
            says=says[-1],
            undo=Irreversible("An undo is taken back by calling the first tool again."),
            before={"state": digest(state)},
            predict={},
        )
        answers.append(answer.model_dump(mode="json"))
    return says


class RawAnswer(AnyAnswer):
    """An answer kept whole, for the requests that follow it."""

    model_config = AnyAnswer.model_config | {"extra": "allow"}

    @model_validator(mode="before")
    @classmethod
    def _without_members(cls, answer: Any) -> Any:
        """Take an empty answer, or one that is a list, as one without members."""
        return cast("Document", answer) if isinstance(answer, dict) else {}


async def _mark_undone(kernel: Kernel, entries: list[Entry]) -> None:
    from make_mcp_base.store.port import NewEntry

    first = entries[0]
    entry = NewEntry(first.operation_id, "undone", first.account, first.tool, time.time(), {})
    await (await kernel.store()).journal_append(entry)
