"""Hooks that no scenario uses: after 120 hours Make switches them off.

Source: Make API reference, chapter 1.19. How the API then shows such a hook is not documented; it
stays as it was. One that comes into a scenario, or that somebody enables, takes requests again.
"""

from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.shapes import Row
from make_api_sandbox.world import World

PATIENCE = timedelta(hours=120)
SINCE = "SELECT since FROM hook_absences WHERE hook_id = ?"


def begin_absence(world: World, hook_id: int | None) -> None:
    """Count from now how long a hook is in no scenario.

    For a scenario that takes another hook the database does so itself.
    """
    if hook_id is None:
        return
    sql = (
        "INSERT INTO hook_absences (hook_id, since) SELECT id, ? FROM hooks WHERE id = ?"
        " ON CONFLICT DO UPDATE SET since = excluded.since"
    )
    world.execute(sql, world.clock.stamp(), hook_id)


def is_given_up(world: World, hook: Row) -> bool:
    """Tell whether a hook has been in no scenario for more than 120 hours."""
    if world.row("SELECT 1 FROM scenarios WHERE hook_id = ?", hook["id"]) is not None:
        return False
    since = world.value(SINCE, hook["id"]) or hook["created"]
    return since < stamp(world.clock.now() - PATIENCE)
