"""Incomplete executions of the past, with their automatic attempts."""

from datetime import datetime, timedelta
from typing import cast

from make_api_sandbox.clock import milliseconds, stamp
from make_api_sandbox.engine.values import Json, Value, items, members, size, whole
from make_api_sandbox.scenarios.results import BACK_OFF_MINUTES
from make_api_sandbox.seed.incidents import BROKEN, Calendar
from make_api_sandbox.seed.runs import Row, Run


def incomplete_rows(run: Run, calendar: Calendar) -> tuple[Row, list[Row]]:
    """One incomplete execution that a run left, and its attempts so far.

    What failed for a passing reason was resolved by the first attempt; what waits for the broken
    service fails again until no attempt is left.
    """
    scenario, failure = run.scenario, run.failure
    if failure is None or failure.module_id is None:
        raise ValueError("only a run in which a module failed leaves something incomplete")
    hopeless = scenario.subject.services.get(failure.module_id, ("", ""))[0] == BROKEN
    ident = f"{run.random.getrandbits(128):032x}"
    count, waits = _waits(run, failure.module_id)
    due = [run.moment + timedelta(minutes=sum(waits[: n + 1])) for n in range(len(waits))]
    made = [each for each in due if each < calendar.now][: None if hopeless else 1]
    resolved = not hopeless and bool(made)
    pending = due[len(made)] if len(made) < len(due) and not resolved else None
    bundles = _bundles(run, failure.module_id)
    row: Row = {
        "id": ident,
        "scenario_id": scenario.id,
        "execution_id": run.id,
        "created": stamp(run.moment),
        "reason": failure.message,
        "size": size(cast("Value", bundles)),
        "resolved": resolved,
        "retry": pending is not None,
        "attempts": len(made),
        "next_retry_ms": milliseconds(pending) if pending else None,
        "failer": failure.module_id,
        "blueprint": scenario.blueprint,
        "bundles": bundles,
        "extra": {
            "error": run.error_json(),
            "count": count,
            "interval": waits[0] if count else None,
            "inputs": {},
        },
    }
    return row, [_attempt(run, ident, at, resolved) for at in made]


def _waits(run: Run, module_id: int) -> tuple[int | None, list[int]]:
    """Attempts allowed by the Break directive, if there is one, and the minutes between them."""
    for module in map(members, items(run.scenario.blueprint["flow"])):
        handler = [members(each) for each in items(module.get("onerror"))]
        if module["id"] == module_id and handler and handler[-1]["module"] == "builtin:Break":
            settings = members(handler[-1]["mapper"])
            count, minutes = whole(settings["count"]) or 1, whole(settings["interval"]) or 1
            return count, [minutes] * count
    return None, list(BACK_OFF_MINUTES)


def _bundles(run: Run, failer: int) -> dict[str, Json]:
    """The trigger's bundle and, in the failed module's place, the error."""
    trigger = run.scenario.flow[0].id
    error: Json = {
        "error": {
            "type": run.failure.error if run.failure else "",
            "message": run.failure.message if run.failure else "",
        }
    }
    stored: dict[str, Json] = {} if trigger == failer else {str(trigger): run.delivery()}
    return {**stored, str(failer): error}


def _attempt(run: Run, ident: str, at: datetime, resolved: bool) -> Row:
    execution = f"{run.random.getrandbits(128):032x}"
    operations = len(run.scenario.flow) - 1 if resolved else 1
    return {
        "imt_id": f"{milliseconds(at)}_dlq.{ident}.auto.{execution}",
        "id": execution,
        "dlq_id": ident,
        "type": "auto",
        "status": 1 if resolved else 2,
        "timestamp": stamp(at),
        "timestamp_ms": milliseconds(at),
        "duration": run.random.randint(300, 9_000),
        "operations": operations,
        "centicredits": operations * 100,
        "transfer": run.random.randint(200, 4_000),
        "instant": False,
    }
