"""Running, replaying and stopping through the API (Make API reference, chapter 2.27)."""

import json

from starlette.responses import Response

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.execution import Execution, Status
from make_api_sandbox.engine.fields import conform
from make_api_sandbox.engine.values import plain
from make_api_sandbox.http.body import boolean, list_of, mapping, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError, invalid_parameters, not_found, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO, execution_of, refuse_when_paused
from make_api_sandbox.scenarios.documents import is_on_demand
from make_api_sandbox.scenarios.order import HookRequest, Order
from make_api_sandbox.scenarios.queue import per_run, waiting
from make_api_sandbox.scenarios.results import error_json
from make_api_sandbox.scenarios.runs import Running, Runs, is_sequential, runs_of, status_url
from make_api_sandbox.shapes import JsonObject, Row

RUN = members(
    data=mapping().optional().or_null(),
    responsive=boolean().optional(),
    callbackUrl=text(2048).optional(),
)


@route(
    "POST",
    "/scenarios/{scenarioId}/run",
    scope="scenarios:run",
    context=ONE_SCENARIO,
    permission="scenario run",
    body=RUN,
    counted=False,
)
async def run_scenario(call: Call) -> JsonObject:
    """Run a scenario now.

    A responsive call waits up to 40 seconds for the result; otherwise, or when the run takes
    longer, the answer holds only the execution's id and the run goes on.
    """
    runs = runs_of(call.sandbox)
    _refuse_run(call, runs)
    scenario = call.entity
    running = runs.begin(
        Order(
            scenario,
            type="manual",
            author_id=call.user_id,
            inputs=_inputs(call),
            requests=waiting(call.world, scenario["hook_id"], per_run(scenario)),
            callback_url=call.body.get("callbackUrl"),
        )
    )
    if not call.body.get("responsive"):
        url = status_url(call.world, scenario, running.id)
        return {"executionId": running.id, "statusUrl": url}
    if not await runs.wait(running) or running.result is None:
        return {"executionId": running.id}
    running.order.callback_url = None
    return _answer(call, running, running.result)


def _refuse_run(call: Call, runs: Runs) -> None:
    refuse_when_paused(call)
    scenario = call.entity
    if not scenario["is_active"] and not is_on_demand(scenario["scheduling"]):
        raise refused("Scenario is not activated.")
    if is_sequential(scenario) and runs.is_running(scenario["id"]):
        raise refused("Scenario is already being executed.")


def _inputs(call: Call) -> JsonObject:
    """Declared inputs with their defaults, converted to their types.

    Raises:
        ApiError: 400 listing every missing or unfit input.
    """
    interface: JsonObject = call.entity["interface"] or {}
    declared: list[JsonObject] = interface.get("input") or []
    given: JsonObject = dict(call.body.get("data") or {})
    for field in declared:
        if given.get(field["name"]) is None and field.get("default") is not None:
            given[field["name"]] = field["default"]
    try:
        converted = conform(declared, given)
    except ModuleError as error:
        raise invalid_parameters([("data", each) for each in error.suberrors]) from error
    return {name: plain(value) for name, value in converted.items()}


def _answer(call: Call, running: Running, result: Execution) -> JsonObject:
    answer: JsonObject = {"executionId": running.id, "status": int(result.status)}
    if result.status is Status.ERROR:
        return {**answer, "error": error_json(result.error)}
    outputs = call.world.value("SELECT outputs FROM executions WHERE imt_id = ?", running.imt_id)
    return answer if outputs is None else {**answer, "outputs": outputs}


@route(
    "POST",
    "/scenarios/{scenarioId}/replay",
    scope="scenarios:run",
    context=ONE_SCENARIO,
    permission="scenario run",
    body=members(executionIds=list_of(text())),
)
async def replay_execution(call: Call) -> Response:
    """Run again with the data of an earlier run; only the first id counts."""
    refuse_when_paused(call)
    asked: list[str] = call.body["executionIds"]
    source = _replayable(call, asked[0]) if asked else None
    if source is None:
        raise not_found("Execution")
    start: JsonObject = source["extra"]
    requests = tuple(HookRequest(None, each) for each in start.get("requests", []))
    runs_of(call.sandbox).begin(
        Order(
            call.entity,
            type="manual",
            author_id=call.user_id,
            inputs=start.get("inputs", {}),
            requests=requests,
            replay_of=source["id"],
        )
    )
    return Response(status_code=202)


def _replayable(call: Call, execution_id: str) -> Row | None:
    return call.world.row(
        "SELECT * FROM executions WHERE id = ? AND scenario_id = ? AND kind = 'run'"
        " AND json_extract(extra, '$.inputs') IS NOT NULL",
        execution_id,
        call.entity["id"],
    )


@route(
    "GET",
    "/scenarios/replayable-executions/{scenarioId}",
    scope="scenarios:run",
    context=ONE_SCENARIO,
    permission="scenario run",
)
def list_replayable(call: Call) -> JsonObject:
    """Runs whose data is still there, newest first."""
    rows = call.world.rows(
        "SELECT id, execution_name FROM executions WHERE scenario_id = ? AND kind = 'run'"
        " AND state <> 'RUNNING' AND json_extract(extra, '$.inputs') IS NOT NULL"
        " ORDER BY timestamp_ms DESC, seq DESC LIMIT 100",
        call.entity["id"],
    )
    shown = [{"executionName": r["execution_name"], "executionId": r["id"]} for r in rows]
    return {"replayableExecutions": shown}


@route(
    "POST",
    "/scenarios/{scenarioId}/executions/{executionId}/stop",
    scope="scenarios:run",
    context=ONE_SCENARIO,
    permission="scenario stop",
    body=members(force=boolean().optional()),
)
async def stop_execution(call: Call) -> JsonObject:
    """Ask a run to stop; it ends before its next module."""
    runs = runs_of(call.sandbox)
    row = execution_of(call)
    if row["state"] != "RUNNING" or not runs.stop(row["id"]):
        raise refused("Execution is not running.")
    return {}


@route(
    "GET",
    "/scenarios/{scenarioId}/executions/{executionId}",
    scope="scenarios:read",
    context=ONE_SCENARIO,
)
def get_execution(call: Call) -> JsonObject:
    """State of a run, with outputs or error once it has ended."""
    runs_of(call.sandbox).forget_lost()
    row = execution_of(call)
    if row["kind"] != "run":
        raise not_found("Execution")
    answer: JsonObject = {"status": row["state"] or _state(row["status"])}
    if row["outputs"] is not None:
        answer["outputs"] = row["outputs"]
    if row["error"] is not None and answer["status"] != "RUNNING":
        answer["error"] = row["error"]
    _refuse_above_size(call, answer)
    return answer


def _state(status: int | None) -> str:
    return {1: "SUCCESS", 2: "WARNING", 3: "ERROR"}.get(status or 0, "RUNNING")


def _refuse_above_size(call: Call, answer: JsonObject) -> None:
    limit = call.query("maxBytes")
    if limit and limit.isdigit() and len(json.dumps(answer).encode()) > int(limit):
        raise ApiError(413, None, f"The result is larger than {limit} bytes.")
