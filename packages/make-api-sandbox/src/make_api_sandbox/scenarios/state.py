"""Switching scenarios on and off, and when they run next."""

from datetime import datetime

from make_api_sandbox.clock import milliseconds, stamp
from make_api_sandbox.scenarios.documents import listens
from make_api_sandbox.scenarios.events import note, organization_id
from make_api_sandbox.scenarios.schedule import next_run
from make_api_sandbox.scenarios.surroundings import zone_of
from make_api_sandbox.shapes import Row
from make_api_sandbox.world import World


def plan_next(
    world: World, scenario: Row, after: datetime, *, last: datetime | None = None
) -> None:
    """Store when an active scenario runs next, strictly after a moment."""
    organization = world.get("organizations", organization_id(world, scenario)) or {}
    due = next_run(scenario["scheduling"], after, zone_of(organization), last=last)
    set_next(world, scenario["id"], due)


def set_next(world: World, scenario_id: int, due: datetime | None) -> None:
    """Store when a scenario runs next; None for not by itself."""
    world.update(
        "scenarios",
        scenario_id,
        next_exec=stamp(due) if due else None,
        next_exec_ms=milliseconds(due) if due else None,
    )


def switch_on(world: World, scenario: Row, author_id: int | None) -> None:
    """Activate a scenario and forget its former errors."""
    world.update(
        "scenarios", scenario["id"], is_active=True, is_invalid=False, consecutive_errors=0
    )
    note(world, scenario, "start", author_id)
    plan_next(world, scenario, world.clock.now())


def switch_off(
    world: World, scenario: Row, author_id: int | None, at: datetime | None = None
) -> None:
    """Deactivate a scenario."""
    world.update("scenarios", scenario["id"], is_active=False)
    set_next(world, scenario["id"], None)
    note(world, scenario, "stop", author_id, at)


def stop_for_errors(world: World, scenario: Row, at: datetime) -> None:
    """Deactivate a scenario that failed too often; it shows as invalid until started again."""
    switch_off(world, scenario, None, at)
    world.update("scenarios", scenario["id"], is_invalid=True)


def is_instant(scenario: Row) -> bool:
    """Tell whether a scenario runs at every request of its hook."""
    by_hook = scenario["hook_id"] is not None or listens(scenario["blueprint"])
    return by_hook and scenario["scheduling"].get("type") == "immediately"
