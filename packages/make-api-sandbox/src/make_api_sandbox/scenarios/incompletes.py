"""What becomes of an incomplete execution after a retry.

Source: Make API reference, chapter 2.16, and the help page on automatic retries.
"""

from datetime import timedelta

from make_api_sandbox.clock import milliseconds, stamp
from make_api_sandbox.engine.execution import Execution, Status
from make_api_sandbox.scenarios.order import Order
from make_api_sandbox.scenarios.results import BACK_OFF_MINUTES, error_json
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World


def after_retry(world: World, order: Order, result: Execution, imt_id: str) -> None:
    """Resolve an incomplete execution that succeeded, else plan its next retry."""
    dlq = order.incomplete
    if dlq is None:
        return
    _log(world, dlq, order, result, imt_id)
    attempts = dlq["attempts"] + 1
    if result.status is not Status.ERROR and not result.incompletes:
        world.update(
            "dlqs", dlq["id"], resolved=True, retry=False, attempts=attempts, next_retry_ms=None
        )
        return
    error = result.incompletes[0].error if result.incompletes else result.error
    wait = _next_wait(dlq, attempts)
    due = milliseconds(result.ended + timedelta(minutes=wait)) if wait else None
    world.update(
        "dlqs",
        dlq["id"],
        attempts=attempts,
        retry=wait is not None,
        next_retry_ms=due,
        reason=error.message if error else dlq["reason"],
        extra={**dlq["extra"], "error": error_json(error)},
    )


def _next_wait(dlq: Row, attempts: int) -> int | None:
    """Minutes until the next automatic retry; None when none is left."""
    extra: JsonObject = dlq["extra"]
    if not dlq["retry"]:
        return None
    if extra.get("count") is not None:
        return (extra.get("interval") or 1) if attempts < extra["count"] else None
    return BACK_OFF_MINUTES[attempts] if attempts < len(BACK_OFF_MINUTES) else None


def _log(world: World, dlq: Row, order: Order, result: Execution, imt_id: str) -> None:
    world.insert(
        "dlq_logs",
        imt_id=imt_id,
        id=result.id,
        dlq_id=dlq["id"],
        type=order.type,
        status=int(result.status),
        timestamp=stamp(result.started),
        timestamp_ms=milliseconds(result.started),
        duration=result.duration,
        operations=result.operations,
        centicredits=result.centicredits,
        transfer=result.transfer,
        author_id=order.author_id,
        instant=False,
    )
