"""Entries of a scenario's history that are no runs: started, stopped, modified.

Source: Make API reference, chapter 1.16.
"""

from datetime import datetime
from typing import Literal

from make_api_sandbox.clock import milliseconds, stamp
from make_api_sandbox.shapes import Row
from make_api_sandbox.world import World

Event = Literal["start", "stop", "modify"]


def note(
    world: World, scenario: Row, event: Event, author_id: int | None, at: datetime | None = None
) -> None:
    """Write an entry into the history of a scenario.

    Args:
        world: Where.
        scenario: Row of the scenario.
        event: What happened.
        author_id: Who did it; None for Make itself.
        at: When; now if absent.
    """
    moment = at or world.clock.now()
    number = (world.setting("events") or 10_000_000) + 1
    world.set_setting("events", number)
    world.insert(
        "executions",
        imt_id=f"{milliseconds(moment)}_{number}",
        id=str(number),
        kind="event",
        scenario_id=scenario["id"],
        team_id=scenario["team_id"],
        organization_id=organization_id(world, scenario),
        type=event,
        timestamp=stamp(moment),
        timestamp_ms=milliseconds(moment),
        author_id=author_id,
    )


def organization_id(world: World, scenario: Row) -> int:
    """The organization of a scenario's team."""
    return world.value("SELECT organization_id FROM teams WHERE id = ?", scenario["team_id"])
