"""Reruns of an instant scenario after a temporary failure that nothing stored.

The request that failed is back in the queue; the scenario waits longer after every failure, and
whatever arrives meanwhile waits with it. Source: Make's help page on automatic retries. Scheduled
scenarios pause for 20 minutes instead, see `results`.
"""

from datetime import timedelta

from make_api_sandbox.engine.errors import RETRIED
from make_api_sandbox.engine.execution import Execution, Status
from make_api_sandbox.scenarios.state import is_instant, set_next, stop_for_errors
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

WAITS_MINUTES = (1, 2, 5, 10, 60, 180, 720, 1440)
"""Waits before each rerun; after the last one fails the scenario is switched off."""

MEMBER = "backOff"


def backs_off(scenario: Row, result: Execution) -> bool:
    """Tell whether a run of an active scenario is to be made again."""
    unhandled = result.counts_as_error or result.status is Status.WARNING
    temporary = result.error is not None and result.error.name in RETRIED
    rolled_back = not result.trigger_done and not result.incompletes
    return temporary and unhandled and rolled_back and is_instant(scenario)


def back_off(world: World, scenario: Row, result: Execution) -> None:
    """Plan the next rerun, or switch the scenario off when there were enough."""
    failed: int = scenario["extra"].get(MEMBER, 0)
    if failed >= len(WAITS_MINUTES):
        recover(world, scenario)
        stop_for_errors(world, scenario, result.ended)
        return
    world.update("scenarios", scenario["id"], extra={**scenario["extra"], MEMBER: failed + 1})
    set_next(world, scenario["id"], result.ended + timedelta(minutes=WAITS_MINUTES[failed]))


def recover(world: World, scenario: Row) -> None:
    """Forget former failures."""
    if MEMBER in scenario["extra"]:
        rest: JsonObject = {k: v for k, v in scenario["extra"].items() if k != MEMBER}
        world.update("scenarios", scenario["id"], extra=rest)
