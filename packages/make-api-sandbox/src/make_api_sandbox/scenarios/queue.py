"""Requests waiting at a hook, and the runs that work them off.

Source: Make API reference, chapter 1.19.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from make_api_sandbox.clock import from_milliseconds, milliseconds
from make_api_sandbox.engine.plan import Settings
from make_api_sandbox.engine.values import members, whole
from make_api_sandbox.scenarios.documents import first_module
from make_api_sandbox.scenarios.limits import is_paused
from make_api_sandbox.scenarios.order import HookRequest, Order
from make_api_sandbox.scenarios.state import is_instant, set_next
from make_api_sandbox.shapes import Row
from make_api_sandbox.world import World

DEFAULT_RESULTS = 2
"""Requests of one cycle when the trigger does not say (`maxResults`)."""

AT_ONCE = 50
"""Most runs begun together when a long queue is worked off; each end begins more."""

MINUTE_MS = 60_000


def waiting(world: World, hook_id: int | None, limit: int) -> tuple[HookRequest, ...]:
    """The oldest requests that nobody works on."""
    rows = world.rows(
        "SELECT id, data FROM hook_incomings WHERE hook_id = ? AND processing = 0"
        " ORDER BY seq LIMIT ?",
        hook_id or 0,
        limit,
    )
    return tuple(HookRequest(row["id"], row["data"]) for row in rows)


def take(world: World, requests: Iterable[HookRequest]) -> None:
    """Mark requests as being worked on."""
    for request in requests:
        world.execute("UPDATE hook_incomings SET processing = 1 WHERE id = ?", request.id)


def settle(world: World, requests: Iterable[HookRequest], *, done: bool) -> None:
    """Remove requests that were worked off, or put them back."""
    for request in requests:
        if done:
            world.execute("DELETE FROM hook_incomings WHERE id = ?", request.id)
        else:
            world.execute("UPDATE hook_incomings SET processing = 0 WHERE id = ?", request.id)


def per_run(scenario: Row) -> int:
    """How many requests a scheduled run works off: `maxResults` in each of its cycles."""
    parameters = members(first_module(scenario["blueprint"]).get("parameters"))
    results = whole(parameters.get("maxResults")) or DEFAULT_RESULTS
    return max(1, results) * Settings.of(scenario["blueprint"]).roundtrips


def next_orders(world: World, scenario_id: int, is_running: bool, at: datetime) -> Iterator[Order]:
    """Runs that an active instant scenario owes to its waiting requests, one request each.

    A sequential scenario works off one request after the other, and none while it holds
    unresolved incomplete executions. A paused one and one that backs off from a failure begin
    none, and one with a rate limit no more than the limit leaves.
    """
    scenario = world.get("scenarios", scenario_id)
    if scenario is None or not scenario["is_active"] or not is_instant(scenario):
        return
    if scenario["next_exec_ms"] is not None or is_paused(world, scenario_id):
        return
    sequential = Settings.of(scenario["blueprint"]).sequential
    if sequential and (is_running or has_unresolved(world, scenario_id)):
        return
    free = free_runs(world, scenario, at)
    for request in waiting(world, scenario["hook_id"], min(free, 1 if sequential else AT_ONCE)):
        yield Order(scenario, requests=(request,))
    hold(world, scenario, at)


def free_runs(world: World, scenario: Row, at: datetime) -> int:
    """How many runs the rate limit of a scenario leaves for the minute that ends at `at`."""
    limit = _rate_limit(scenario)
    if limit is None:
        return AT_ONCE
    sql = "SELECT count(*) FROM executions" + OF_LAST_MINUTE
    now = milliseconds(at)
    return max(0, limit - world.value(sql, scenario["id"], now - MINUTE_MS, now))


def hold(world: World, scenario: Row, at: datetime) -> None:
    """Let waiting requests go on as soon as the rate limit of their scenario leaves room."""
    limit = _rate_limit(scenario)
    if limit is None or not waiting(world, scenario["hook_id"], 1):
        return
    sql = f"SELECT timestamp_ms FROM executions{OF_LAST_MINUTE} ORDER BY timestamp_ms DESC LIMIT 1"
    now = milliseconds(at)
    last = world.value(f"{sql} OFFSET {limit - 1}", scenario["id"], now - MINUTE_MS, now)
    if last is not None:
        set_next(world, scenario["id"], from_milliseconds(last + MINUTE_MS))


OF_LAST_MINUTE = (
    " WHERE scenario_id = ? AND timestamp_ms > ? AND timestamp_ms <= ? AND kind = 'run'"
)


def _rate_limit(scenario: Row) -> int | None:
    """`maximum_runs_per_minute`, which holds for instant scenarios."""
    limit = whole(scenario["scheduling"].get("maximum_runs_per_minute"))
    return limit if limit and limit > 0 else None


def has_unresolved(world: World, scenario_id: int) -> bool:
    """Tell whether a scenario holds unresolved incomplete executions."""
    sql = "SELECT 1 FROM dlqs WHERE scenario_id = ? AND resolved = 0 LIMIT 1"
    return world.row(sql, scenario_id) is not None
