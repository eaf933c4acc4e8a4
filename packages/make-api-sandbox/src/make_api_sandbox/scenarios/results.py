"""Writes what a run did into the world: its entry, its module logs, what it left incomplete."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from make_api_sandbox.clock import milliseconds, stamp
from make_api_sandbox.engine.errors import RunError
from make_api_sandbox.engine.execution import Execution, Incomplete, ModuleRecord, Status
from make_api_sandbox.engine.plan import Settings
from make_api_sandbox.engine.values import plain, size
from make_api_sandbox.notifications import tell_of_run
from make_api_sandbox.scenarios.back_off import MEMBER, back_off, backs_off, recover
from make_api_sandbox.scenarios.events import organization_id
from make_api_sandbox.scenarios.limits import USED_UP, pause
from make_api_sandbox.scenarios.order import Order
from make_api_sandbox.scenarios.state import is_instant, set_next, stop_for_errors
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

STATES = {Status.SUCCESS: "SUCCESS", Status.WARNING: "WARNING", Status.ERROR: "ERROR"}
TEMPORARY = ("ConnectionError", "RateLimitError", "ModuleTimeoutError")
PAUSE = timedelta(minutes=20)
"""How long a scheduled scenario waits after a temporary failure."""

BACK_OFF_MINUTES = (1, 10, 10, 30, 30, 30, 180, 180)
"""Waits before automatic retries of an incomplete execution."""


def open_entry(world: World, order: Order, execution_id: str, at: datetime, owner: str) -> str:
    """Write the entry of a run that begins; returns its `imtId`."""
    kind = "dlq" if order.incomplete else "run"
    imt_id = f"{milliseconds(at)}_{execution_id}"
    if order.incomplete:
        imt_id = f"{milliseconds(at)}_dlq.{order.incomplete['id']}.{order.type}.{execution_id}"
    world.insert(
        "executions",
        imt_id=imt_id,
        id=execution_id,
        kind=kind,
        scenario_id=order.scenario["id"],
        team_id=order.scenario["team_id"],
        organization_id=organization_id(world, order.scenario),
        type=order.type,
        state="RUNNING",
        timestamp=stamp(at),
        timestamp_ms=milliseconds(at),
        instant=is_instant(order.scenario),
        author_id=order.author_id,
        replay_of=order.replay_of,
        extra={"owner": owner, **_start_of(order)},
    )
    return imt_id


def _start_of(order: Order) -> JsonObject:
    """What a replay needs; nothing for confidential scenarios."""
    if Settings.of(order.scenario["blueprint"]).confidential:
        return {}
    requests = [request.data for request in order.requests]
    return {"inputs": dict(order.inputs), "requests": requests}


def close_entry(world: World, imt_id: str, order: Order, result: Execution) -> None:
    """Write the end of a run."""
    sql = (
        "UPDATE executions SET state = ?, status = ?, duration = ?, operations = ?,"
        " centicredits = ?, transfer = ?, is_check_run = ?, execution_name = ?,"
        " error = json(?), outputs = json(?) WHERE imt_id = ?"
    )
    world.execute(
        sql,
        STATES[result.status],
        int(result.status),
        result.duration,
        result.operations,
        result.centicredits,
        result.transfer,
        int(result.check_run),
        result.name,
        _json(error_json(result.error)),
        _json(_outputs(order, result)),
        imt_id,
    )


def write_operations(
    world: World, order: Order, execution_id: str, operations: Sequence[ModuleRecord], first: int
) -> None:
    """Write operations of a run into the module logs, from the one at index `first` on.

    Whether Make shows them before the run has ended is not documented. They are shown as soon as
    the run lets time pass, so that whoever looks can tell how far it has come.
    """
    confidential = Settings.of(order.scenario["blueprint"]).confidential
    rows = [
        _module_row(order, f"{execution_id}.{number}", record, confidential)
        for number, record in enumerate(operations[first:], first + 1)
    ]
    world.insert_many("execution_modules", rows)


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def error_json(error: RunError | None) -> JsonObject | None:
    """An error as `{name, message, causeModule}`."""
    if error is None:
        return None
    shown: JsonObject = {"name": error.name, "message": error.message}
    if error.cause is not None:
        shown["causeModule"] = {"name": error.cause.name, "appName": error.cause.app_name}
    return shown


def _outputs(order: Order, result: Execution) -> JsonObject | None:
    """Outputs of the run: every declared output, null where nothing was returned."""
    interface: JsonObject = order.scenario["interface"] or {}
    declared: list[JsonObject] = interface.get("output") or []
    names = [str(field["name"]) for field in declared if "name" in field]
    if result.outputs is None and not names:
        return None
    if result.status is Status.ERROR:
        return None
    returned = result.outputs or {}
    return {name: returned.get(name) for name in names} if names else dict(returned)


def _module_row(order: Order, name: str, record: ModuleRecord, confidential: bool) -> JsonObject:
    """One operation as a row.

    Args:
        order: What was run.
        name: Id of the run and number of the operation in it, with a dot between; the form of
            the `imtId` of module logs is not documented.
        record: The operation.
        confidential: True to keep no data.
    """
    at = milliseconds(record.started)
    hidden = confidential or None
    return {
        "execution_id": name.partition(".")[0],
        "scenario_id": order.scenario["id"],
        "module_id": record.module_id,
        "imt_id": f"{at}_{name}",
        "timestamp": stamp(record.started),
        "timestamp_ms": at,
        "status": int(record.status),
        "operations": record.operations,
        "centicredits": record.centicredits,
        "transfer": record.size,
        "size": record.size,
        "bundles": 1 if record.error else record.bundles,
        "error": {"message": record.error} if record.error else None,
        "warning": {"message": record.warning} if record.warning else None,
        "input": None if hidden else plain(record.received),
        "output": None if hidden else plain(record.returned),
    }


def interrupt_lost_runs(world: World, owner: str, limit: timedelta) -> None:
    """Mark runs as interrupted that no living process can be working on any more."""
    before = milliseconds(world.clock.now() - limit)
    lost = world.rows(
        "SELECT imt_id, timestamp_ms FROM executions WHERE state = 'RUNNING'"
        " AND timestamp_ms < ? AND json_extract(extra, '$.owner') IS NOT ?",
        before,
        owner,
    )
    error = RunError("ExecutionInterruptedError", "The process that ran the scenario ended.")
    for row in lost:
        world.execute(
            "UPDATE executions SET state = 'WARNING', status = 2, duration = ?, operations = 0,"
            " centicredits = 0, transfer = 0, error = json(?) WHERE imt_id = ?",
            round(limit.total_seconds() * 1000),
            _json(error_json(error)),
            row["imt_id"],
        )


# Consequences for the scenario


def follow_up(world: World, order: Order, result: Execution) -> None:
    """Count errors, switch off, pause, store incomplete executions, and tell the team.

    A run that found the plan used up pauses the whole organization.
    """
    if _went_well(order, result):
        forget = (
            "UPDATE scenarios SET consecutive_errors = 0 WHERE id = ? AND consecutive_errors > 0"
        )
        world.execute(forget, order.scenario["id"])
        return
    scenario = world.get("scenarios", order.scenario["id"])
    if scenario is None:
        return
    was_active = scenario["is_active"]
    if result.error and result.error.name in USED_UP:
        pause(world, organization_id(world, scenario))
    _keep_incompletes(world, order, scenario, result)
    _count_errors(world, scenario, result)
    scenario = world.get("scenarios", scenario["id"]) or scenario
    switched_off = was_active and not scenario["is_active"]
    tell_of_run(world, scenario, result, switched_off=switched_off)
    scheduled = scenario["next_exec_ms"] and not is_instant(scenario)
    if result.error and result.error.name in TEMPORARY and scheduled:
        later = result.ended + PAUSE
        if scenario["next_exec_ms"] < milliseconds(later):
            set_next(world, scenario["id"], later)


def _went_well(order: Order, result: Execution) -> bool:
    """Tell whether a run leaves nothing to do but to forget former errors."""
    well = result.status is Status.SUCCESS and result.error is None and not result.incompletes
    return well and MEMBER not in order.scenario["extra"]


def _count_errors(world: World, scenario: Row, result: Execution) -> None:
    if not scenario["is_active"]:
        return
    if backs_off(scenario, result):
        back_off(world, scenario, result)
        return
    recover(world, scenario)
    if result.status is Status.SUCCESS and scenario["consecutive_errors"]:
        world.update("scenarios", scenario["id"], consecutive_errors=0)
    if not result.counts_as_error:
        return
    errors = scenario["consecutive_errors"] + 1
    world.update("scenarios", scenario["id"], consecutive_errors=errors)
    allowed = 1 if is_instant(scenario) else Settings.of(scenario["blueprint"]).max_errors
    if result.fatal or errors >= allowed:
        stop_for_errors(world, scenario, result.ended)


def _keep_incompletes(world: World, order: Order, scenario: Row, result: Execution) -> None:
    if order.incomplete is not None:
        return
    for incomplete in result.incompletes:
        bundles = _bundles(incomplete)
        if not _has_room(world, scenario, size(bundles)):
            if not Settings.of(scenario["blueprint"]).dataloss:
                stop_for_errors(world, scenario, result.ended)
            return
        _keep(world, order, incomplete, bundles, result)


def _keep(
    world: World, order: Order, incomplete: Incomplete, bundles: JsonObject, result: Execution
) -> None:
    now = result.ended
    first_wait = incomplete.interval or BACK_OFF_MINUTES[0]
    retry_at = milliseconds(now + timedelta(minutes=first_wait)) if incomplete.retry else None
    world.insert(
        "dlqs",
        id=world.fresh_hex(),
        scenario_id=order.scenario["id"],
        execution_id=result.id,
        created=stamp(now),
        reason=incomplete.error.message,
        size=size(bundles),
        retry=incomplete.retry,
        next_retry_ms=retry_at,
        failer=incomplete.module_id,
        blueprint=order.scenario["blueprint"],
        bundles=bundles,
        extra={
            "error": error_json(incomplete.error),
            "count": incomplete.count,
            "interval": incomplete.interval,
            "inputs": dict(order.inputs),
        },
    )


def _bundles(incomplete: Incomplete) -> JsonObject:
    """Stored bundles by module id; the failed module's place holds its error."""
    stored: JsonObject = {str(key): plain(each) for key, each in incomplete.bundles.items()}
    error = {"type": incomplete.error.name, "message": incomplete.error.message}
    return {**stored, str(incomplete.module_id): {"error": error}}


def _has_room(world: World, scenario: Row, more: int) -> bool:
    organization = organization_id(world, scenario)
    licence = world.value("SELECT license FROM organizations WHERE id = ?", organization)
    limit = licence.get("dlqStorage")
    taken = world.value(
        "SELECT coalesce(sum(d.size), 0) FROM dlqs d JOIN scenarios s ON s.id = d.scenario_id"
        " JOIN teams t ON t.id = s.team_id WHERE t.organization_id = ? AND d.resolved = 0",
        organization,
    )
    return limit is None or taken + more <= limit
