"""Why connections are broken: tests, expiry, and failures of the very modules that use them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from make_mcp_base.authoring import (
    ConnectionId,
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    TeamId,
    Timestamp,
)
from pydantic import Field

from make_mcp_core_tools._engine.connection_uses import Bound, bound_scenarios
from make_mcp_core_tools.connections.connections import expires_within
from make_mcp_core_tools.connections.declared import category
from make_mcp_core_tools.connections.records import (
    READ_SCENARIOS,
    ConnectionRecord,
    connections_of,
    one_of,
    read_connection,
)
from make_mcp_core_tools.connections.verifying import Cause, Check, check_connection

SOON_DAYS = 14
MOST_MODULES = 40
MOST_ENTRIES = 200
UNAUTHORIZED = frozenset({"AccountValidationError", "InvalidAccessTokenError"})
"""Errors of runs that say a connection is not accepted."""

# Inputs


class DiagnoseConnection(Input):
    connection_id: ConnectionId | None = None
    all_in_team: TeamId | None = None
    """Instead: every connection of a team."""
    days: int = Field(default=7, ge=1, le=30)
    """How far back to look for failures."""


# Outputs


class ModuleFailures(Output):
    module_id: int
    failures: int
    """Failed operations, of the latest 200."""


class ScenarioFailures(Output):
    scenario_id: int
    scenario: str
    active: bool
    refused_runs: int = 0
    """Runs that ended because a connection is not authorized."""
    modules: list[ModuleFailures] = []
    """Modules with this connection that failed."""
    first: Timestamp
    last: Timestamp
    message: str
    """Of the latest failure."""
    execution_id: str | None = None


class Finding(Output):
    connection_id: int
    name: str
    type: str
    kind: Literal["broken", "expired", "expiring", "failing_modules", "unused_and_broken"]
    cause: Cause | None = None
    what: str
    service_says: str | None = None
    expires: Timestamp | None = None
    failures: list[ScenarioFailures] = []
    waiting_incomplete_executions: int | None = None
    """Incomplete executions of the scenarios that use it."""
    fix: str
    fix_call: NextCall | None = None


class Diagnosis(Output):
    findings: list[Finding]
    """Broken ones first."""
    checked: list[str]
    skipped: list[str] = []
    since: Timestamp


class LogError(Output):
    name: str = ""
    message: str = ""


class ModuleLog(Output):
    timestamp: datetime
    error: LogError | None = None
    execution_id: str | None = None


class RunLog(Output):
    id: str
    timestamp: datetime
    error: LogError | None = None


class ModuleLogs(Output):
    module_logs: list[ModuleLog] = []


class RunLogs(Output):
    scenario_logs: list[RunLog] = []


# Evidence


@dataclass(slots=True)
class _Case:
    """One connection with all that was found out about it."""

    one: ConnectionRecord
    check: Check
    users: list[Bound]
    failures: list[ScenarioFailures] = field(default_factory=list[ScenarioFailures])

    @property
    def waiting(self) -> int:
        return sum(bound.scenario.dlq_count for bound in self.users)


async def _failures(
    make: Make, bound: Bound, case: _Case, since: datetime
) -> ScenarioFailures | None:
    """Gather what failed in a scenario because of the connection, or with it."""
    modules: list[ModuleFailures] = []
    failed: list[ModuleLog] = []
    for module_id in _modules(bound, case.one.id):
        rows = await _failed_operations(make, bound.scenario.id, module_id, since)
        modules += [ModuleFailures(module_id=module_id, failures=len(rows))] if rows else []
        failed += rows
    runs = await _refused_runs(make, bound, case, since)
    failed += [ModuleLog(timestamp=r.timestamp, error=r.error, execution_id=r.id) for r in runs]
    if not failed:
        return None
    last = max(failed, key=lambda row: row.timestamp)
    return ScenarioFailures(
        scenario_id=bound.scenario.id,
        scenario=bound.scenario.name,
        active=bound.scenario.is_active,
        refused_runs=len(runs),
        modules=modules,
        first=min(row.timestamp for row in failed),
        last=last.timestamp,
        message=(last.error.message if last.error else "")[:300],
        execution_id=last.execution_id,
    )


def _modules(bound: Bound, connection_id: int) -> list[int]:
    ids = {b.module_id for b in bound.to("connection", connection_id)}
    return sorted(i for i in ids if i is not None)


async def _failed_operations(
    make: Make, scenario_id: int, module_id: int, since: datetime
) -> list[ModuleLog]:
    path = f"/scenarios/{scenario_id}/modules/{module_id}/logs"
    query = {"pg[limit]": MOST_ENTRIES}
    rows = (await make.get(path, query, into=ModuleLogs, scope=READ_SCENARIOS)).module_logs
    return [row for row in rows if row.error is not None and row.timestamp >= since]


async def _refused_runs(make: Make, bound: Bound, case: _Case, since: datetime) -> list[RunLog]:
    """List runs that ended for want of authorization, where it can only be this connection's."""
    used = {str(b.value) for b in bound.bindings if b.kind == "connection"}
    if case.check.works and used != {str(case.one.id)}:
        return []
    start = int(since.timestamp() * 1_000)
    query = {"status": 3, "from": start, "pg[limit]": MOST_ENTRIES}
    path = f"/scenarios/{bound.scenario.id}/logs"
    rows = (await make.get(path, query, into=RunLogs, scope=READ_SCENARIOS)).scenario_logs
    return [row for row in rows if row.error is not None and row.error.name in UNAUTHORIZED]


async def _examine(
    make: Make,
    one: ConnectionRecord,
    bound: list[Bound],
    since: datetime,
    skipped: list[str],
    *,
    quick: bool,
) -> _Case:
    """Find out about one connection; `quick` reads no logs where nothing points to trouble."""
    check = await _check(make, one, skipped)
    case = _Case(one, check, [b for b in bound if b.to("connection", one.id)])
    if quick and check.works and not any(user.scenario.is_troubled for user in case.users):
        return case
    modules = sum(len(_modules(user, one.id)) for user in case.users)
    if modules > MOST_MODULES:
        skipped.append(f"failures of modules of {one.id}: {modules} use it, above {MOST_MODULES}")
        return case
    found = [await _failures(make, user, case, since) for user in case.users]
    case.failures = [failures for failures in found if failures is not None]
    return case


async def _check(make: Make, one: ConnectionRecord, skipped: list[str]) -> Check:
    try:
        return await check_connection(make, one)
    except Failure as failure:
        if failure.code not in {"missing_scope", "forbidden"}:
            raise
        skipped.append(f"test of {one.id}: {failure.why or failure.what}")
        return Check(True)


# Judging


def _finding(case: _Case) -> Finding | None:
    one = case.one
    about = {"connection_id": one.id, "name": one.name, "type": one.account_name}
    rest: Document = about | {
        "expires": one.expire,
        "failures": case.failures,
        "waiting_incomplete_executions": case.waiting or None,
    }
    if not case.check.works:
        return _broken(case, rest)
    if expires_within(one, SOON_DAYS) and one.expire:
        text = f"Works, and its authorization ends on {one.expire:%Y-%m-%d}."
        return Finding(kind="expiring", what=text, fix=_renew(one), **rest)
    if case.failures:
        count = sum(f.refused_runs + sum(m.failures for m in f.modules) for f in case.failures)
        often = "once" if count == 1 else f"{count} times"
        text = f"Works by Make's test now, but what uses it failed {often}."
        fix = "Read the messages: rights or data in the app, rather than the connection."
        return Finding(kind="failing_modules", what=text, fix=fix, **rest)
    return None


def _broken(case: _Case, rest: Document) -> Finding:
    one, check = case.one, case.check
    kind = "expired" if check.cause == "expired" else "broken"
    used = f"{len(case.users)} scenarios use it."
    if not case.users:
        kind, used = "unused_and_broken", "Nothing uses it."
    if check.cause == "unreachable":
        fix = "The service did not answer: test again later with `connection_verify`."
    else:
        fix = _renew(one) if case.users else "Delete it, or renew it before use."
    return Finding(
        kind=kind,
        cause=check.cause,
        what=f"The service does not accept it. {used}",
        service_says=check.text or None,
        fix=fix,
        fix_call=_call(case),
        **rest,
    )


def _renew(one: ConnectionRecord) -> str:
    if one.is_oauth:
        return "Have its owner grant it again in Make, under Connections, “Reauthorize”."
    return "Enter its credentials again with `connection_update`."


def _call(case: _Case) -> NextCall | None:
    one = case.one
    if not case.users:
        why = "Nothing uses it."
        return NextCall(tool="connection_delete", arguments={"connection_id": one.id}, why=why)
    if one.is_oauth:
        items = [{"kind": "connection", "type": one.account_name, "scopes": one.granted}]
        why = "Ask a person for a new one, then move the scenarios with `connection_replace`."
        return NextCall(tool="credential_request_create", arguments={"items": items}, why=why)
    arguments: Document = {"connection_id": one.id, "include": ["editable"]}
    why = "See which parameters `connection_update` takes."
    return NextCall(tool="connection_get", arguments=arguments, why=why)


# The tool


@category.tool(
    scope="connections:write",
    effect="read",
    outside=True,
    formerly=("diagnose-connection-issues",),
    words=("broken connection", "expired token", "why does it fail"),
)
async def connection_diagnose(make: Make, args: DiagnoseConnection) -> Diagnosis:
    """Find out why connections fail: test, expiry, and failures of the modules that use them.

    One connection, or all of a team. Every finding carries its evidence and a way to repair it.
    """
    known = await _chosen(make, args)
    since = datetime.now(UTC) - timedelta(days=args.days)
    bound = await bound_scenarios(make, known[0].team_id) if known else []
    skipped: list[str] = []
    quick = len(known) > 1
    cases = await make.each(
        known, lambda one: _examine(make, one, bound, since, skipped, quick=quick), at_once=3
    )
    if quick:
        skipped.append("logs of scenarios without errors whose connections work; ask for one id")
    order = {"broken": 0, "expired": 1, "failing_modules": 2, "expiring": 3}
    found = [finding for case in cases if (finding := _finding(case)) is not None]
    found.sort(key=lambda finding: order.get(finding.kind, 4))
    return Diagnosis(
        findings=found, checked=_checked(known, bound, since), skipped=skipped, since=since
    )


def _checked(known: list[ConnectionRecord], bound: list[Bound], since: datetime) -> list[str]:
    count = f"{len(known)} connection{'' if len(known) == 1 else 's'}"
    return [
        f"Make's test and the expiry of {count}",
        f"blueprints of {len(bound)} scenarios for modules that use them",
        f"logs of those scenarios and modules since {since:%Y-%m-%d %H:%M} UTC",
        "incomplete executions of those scenarios",
    ]


async def _chosen(make: Make, args: DiagnoseConnection) -> list[ConnectionRecord]:
    if args.connection_id is not None:
        return [await read_connection(make, args.connection_id)]
    if args.all_in_team is None:
        raise one_of("connection_id", "all_in_team", "connection_diagnose")
    listed = await connections_of(make, await make.team(args.all_in_team))
    return await make.each(listed, lambda one: read_connection(make, one.id))
