"""Checks of what a scenario is bound to: connections, its hook, its data stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from make_blueprint.bindings import bindings
from make_blueprint.document import whole_number
from make_mcp_base.authoring import Counter, Document, NextCall, Output, Timestamp
from make_mcp_base.client.failures import Invalid, NotFound, Refused, UpstreamFailed

from make_mcp_core_tools._engine.examination import Finding

if TYPE_CHECKING:
    from make_blueprint.bindings import Kind

    from make_mcp_core_tools._engine.examination import Examination, Weight

MOST_CONNECTIONS = 10
MOST_STORES = 5
_FULL_SHARE = 0.9
_STOPS: Weight = "stops everything"
_SOON = timedelta(days=7)
_ACCESS_ERRORS = frozenset({"AccountValidationError", "InvalidAccessTokenError"})


class Connection(Output):
    id: int
    name: str = ""
    account_name: str = ""
    expire: Timestamp | None = None


class Connections(Output):
    connections: list[Connection] = []


class Tested(Output):
    verified: bool = False


class Store(Output):
    id: int
    name: str = ""
    size: Counter = 0
    max_size: Counter = 0


class OneStore(Output):
    data_store: Store


class Hook(Output):
    id: int
    name: str = ""
    enabled: bool | None = None
    gone: bool | None = None
    queue_count: int = 0
    queue_limit: int = 0


class OneHook(Output):
    hook: Hook


@dataclass(frozen=True, slots=True)
class Use:
    """An object and the module that needs it first.

    Attributes:
        id: The object.
        module_id: The module, None when a scenario input names the object.
        module: Its name.
    """

    id: int
    module_id: int | None
    module: str

    def __str__(self) -> str:
        return f"module {self.module_id} “{self.module}”" if self.module_id else "the scenario"


def uses(exam: Examination, kind: Kind) -> list[Use]:
    """List the objects of a kind that modules need, each once; detached modules need nothing."""
    names = exam.module_names()
    found: dict[int, Use] = {}
    for need in bindings(exam.stored.blueprint):
        ident = whole_number(need.value)
        runs = need.module_id is None or need.module_id in names
        if need.kind == kind and ident is not None and runs:
            module = names.get(need.module_id or 0, "")
            found.setdefault(ident, Use(ident, need.module_id, module))
    return list(found.values())


# Connections


async def check_connections(exam: Examination) -> str:
    """Find connections that are gone or expired; `test_connections` proves the rest."""
    needed = uses(exam, "connection")
    if not needed:
        return "the blueprint uses none"
    query = {"teamId": exam.scenario.team_id}
    listed = await exam.make.get("/connections", query, into=Connections, scope="connections:read")
    known = {connection.id: connection for connection in listed.connections}
    for use in needed:
        connection = known.get(use.id)
        if connection is None:
            _tell_missing(exam, use, "connection", "connection_list")
        elif connection.expire and connection.expire <= datetime.now(UTC):
            _tell_refused(exam, use, connection, f"it expired at {_shown(connection.expire)}.")
        elif connection.expire and connection.expire - datetime.now(UTC) < _SOON:
            exam.notes.append(f"Connection {use.id} “{connection.name}” expires within 7 days.")
    return f"{len(needed)} looked up"


async def test_connections(exam: Examination) -> str:
    """Have Make test each connection against its service."""
    told = {line for finding in exam.findings for line in finding.evidence}
    needed = [u for u in uses(exam, "connection") if f"connection {u.id}" not in told]
    if len(needed) > MOST_CONNECTIONS:
        rest = len(needed) - MOST_CONNECTIONS
        exam.skip("connection tests", f"{rest} more connections are not tested in one call.")

    async def test(use: Use) -> str:
        return await _refusal(exam, use)

    refused = [text for text in await exam.make.each(needed[:MOST_CONNECTIONS], test) if text]
    return f"{len(needed[:MOST_CONNECTIONS])} tested, {len(refused)} refused"


async def _refusal(exam: Examination, use: Use) -> str:
    """Test one connection; gives why it does not work, "" when it does."""
    path = f"/connections/{use.id}/test"
    try:
        answer = await exam.make.ask(path, into=Tested, scope="connections:write")
    except NotFound:
        _tell_missing(exam, use, "connection", "connection_list")
        return "missing"
    except (UpstreamFailed, Invalid, Refused) as failure:
        said = failure.make_message or failure.what
    else:
        said = "" if answer.verified else "Make could not verify it."
    if said:
        _tell_refused(exam, use, Connection(id=use.id), said)
    return said


def _refused_runs(exam: Examination, use: Use) -> list[str]:
    """Give runs that failed for want of a connection, or in the module that uses this one."""
    evidence = [*exam.runs_blamed(use.module_id), *exam.runs_named(_ACCESS_ERRORS)]
    return list(dict.fromkeys(evidence))


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _tell_refused(exam: Examination, use: Use, connection: Connection, said: str) -> None:
    name = f" “{connection.name}”" if connection.name else ""
    exam.find(
        Finding(
            title=f"Connection {use.id}{name} does not work: {said}"[:240],
            module_id=use.module_id,
            module=use.module or None,
            effect="stops everything",
            confidence="certain",
            rule="A run checks its connections before its first module; Make refused this one"
            " when it was tested, or tells that it has expired.",
            evidence=[f"connection {use.id}", *_refused_runs(exam, use)],
            fix=f"Reauthorize it in Make, or bind another one to {use}.",
            tool_call=NextCall(
                tool="connection_diagnose",
                arguments={"connection_id": use.id},
                why="Says what is wrong with it and how it is renewed.",
            ),
        )
    )


def _tell_missing(exam: Examination, use: Use, kind: str, tool: str) -> None:
    exam.find(
        Finding(
            title=f"The {kind} {use.id} that {use} needs does not exist",
            module_id=use.module_id,
            module=use.module or None,
            effect="stops everything",
            confidence="certain",
            rule=f"The blueprint names it and the team has no {kind} of this id.",
            evidence=[f"{kind} {use.id}", *exam.runs_blamed(use.module_id)],
            fix="Bind another one with `scenario_patch` (set_binding).",
            tool_call=NextCall(
                tool=tool,
                arguments={"team_id": exam.scenario.team_id},
                why="Lists those there are.",
            ),
        )
    )


# Hook


async def check_hook(exam: Examination) -> str:
    """Look whether the hook takes requests, and how many wait."""
    hook_id = exam.scenario.hook_id
    if hook_id is None:
        return "the scenario has none"
    try:
        hook = (await exam.make.get(f"/hooks/{hook_id}", into=OneHook, scope="hooks:read")).hook
    except NotFound:
        _tell_missing(exam, Use(hook_id, None, ""), "hook", "hook_list")
        return "missing"
    if hook.gone or hook.enabled is False:
        why = "Make has given its address up" if hook.gone else "it is disabled"
        _tell_hook(exam, hook, f"takes no requests: {why}", _STOPS)
    elif hook.queue_limit and hook.queue_count >= hook.queue_limit * _FULL_SHARE:
        share = f"{hook.queue_count} of {hook.queue_limit} places are taken"
        if hook.queue_count >= hook.queue_limit:
            _tell_hook(exam, hook, f"refuses requests, its queue is full: {share}", _STOPS)
        else:
            _tell_hook(exam, hook, f"is about to refuse requests: {share}", "loses data")
    elif hook.queue_count and not exam.scenario.is_active:
        wait = f"holds {hook.queue_count} requests that wait for the scenario to be on"
        _tell_hook(exam, hook, wait, "loses data")
    return f"hook {hook.id}: {hook.queue_count} of {hook.queue_limit} queued"


def _tell_hook(exam: Examination, hook: Hook, what: str, effect: Weight) -> None:
    fix, call = _hook_repair(exam, hook)
    exam.find(
        Finding(
            title=f"Hook {hook.id} “{hook.name}” {what}",
            effect=effect,
            confidence="certain",
            rule="Make tells this state of the hook.",
            evidence=[f"hook {hook.id}"],
            fix=fix,
            tool_call=call,
        )
    )


def _hook_repair(exam: Examination, hook: Hook) -> tuple[str, NextCall]:
    """Say what repairs a hook, and the call that does it or shows it."""
    this: Document = {"hook_id": hook.id}
    if hook.gone:
        look = NextCall(tool="hook_get", arguments=this, why="Shows the hook.")
        return "Bind a new hook and give its address to the sender.", look
    if hook.enabled is False:
        enable = NextCall(
            tool="hook_enabled_set", arguments=this | {"enabled": True}, why="Enables it."
        )
        return "Enable it.", enable
    if not exam.scenario.is_active:
        start = NextCall(
            tool="scenario_activate",
            arguments={"scenario_id": exam.scenario.id},
            why="Switches it on; what waits is then worked off.",
        )
        return "Switch the scenario on; what waits is then worked off.", start
    look = NextCall(tool="hook_incoming_list", arguments=this, why="Shows what waits.")
    return "Run the scenario more often or with more bundles a run, or delete what waits.", look


# Data stores


async def check_stores(exam: Examination) -> str:
    """Look whether the data stores exist and have room."""
    needed = uses(exam, "data_store")
    for use in needed[:MOST_STORES]:
        path = f"/data-stores/{use.id}"
        try:
            store = (await exam.make.get(path, into=OneStore, scope="datastores:read")).data_store
        except NotFound:
            _tell_missing(exam, use, "data store", "data_store_list")
            continue
        _tell_full(exam, use, store)
    if len(needed) > MOST_STORES:
        exam.skip("data stores", f"{len(needed) - MOST_STORES} more are not read in one call.")
    return f"{len(needed[:MOST_STORES])} read" if needed else "the blueprint uses none"


def _tell_full(exam: Examination, use: Use, store: Store) -> None:
    if not store.max_size or store.size < store.max_size * _FULL_SHARE:
        return
    refused = any(failing.name == "OutOfSpaceError" for failing in exam.failing)
    exam.find(
        Finding(
            title=f"Data store {store.id} “{store.name}” is {store.size / store.max_size:.0%} full",
            module_id=use.module_id,
            module=use.module or None,
            effect="fails runs" if refused else "risk",
            confidence="certain" if refused else "likely",
            rule=f"{store.size:,} of {store.max_size:,} bytes are taken"
            + ("; runs failed with OutOfSpaceError." if refused else "; 90 % is the limit here."),
            evidence=[f"data store {store.id}", *exam.runs_blamed(use.module_id)],
            fix="Delete records, or give it more space.",
            tool_call=NextCall(
                tool="data_store_get",
                arguments={"data_store_id": store.id},
                why="Shows its size and structure.",
            ),
        )
    )
