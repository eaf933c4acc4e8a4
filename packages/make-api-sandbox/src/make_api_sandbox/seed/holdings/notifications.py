"""What the people of the company were told of the last month's troubles.

Written from the runs themselves, so a notification stands for every failed run, every warning and
every scenario that Make switched off. People go through them now and then, the last time some days
before their last login.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from make_api_sandbox.clock import parse_stamp, stamp
from make_api_sandbox.notifications import DEACTIVATION, ERROR, WARNING, choose, rows_for_team
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World

DAYS = 30
UNREAD_DAYS = 3
"""How long before their last login people last read their notifications."""

KEEN = (("emil", "operations"), ("aiko", "support"), ("lucia", "finance"))
"""Who also wants to hear of warnings."""

WEARY = (("wanda", "marketing"), ("otto", "sales"))
"""Who does not want to hear of errors."""

KINDS = {(3, "run"): ERROR, (2, "run"): WARNING, (None, "event"): DEACTIVATION}


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Note what people want, then tell them."""
    for choices, kind, enabled in ((KEEN, WARNING, True), (WEARY, ERROR, False)):
        for person, team in choices:
            choose(world, directory.people[person], directory.teams[team], kind, enabled)
    world.insert_many("notifications", list(_told(world)))


def _told(world: World) -> Iterator[dict[str, Any]]:
    seen = {
        row["id"]: stamp(parse_stamp(row["last_login"]) - timedelta(days=UNREAD_DAYS))
        for row in world.rows("SELECT * FROM users WHERE last_login IS NOT NULL")
    }
    since = stamp(world.clock.now() - timedelta(days=DAYS))
    troubles = world.rows(
        "SELECT e.timestamp AS at, e.status, e.kind, s.name, s.team_id FROM executions e"
        " JOIN scenarios s ON s.id = e.scenario_id WHERE e.timestamp >= ? AND (e.status IN (2, 3)"
        " OR e.kind = 'event' AND e.type = 'stop' AND e.author_id IS NULL) ORDER BY e.timestamp_ms",
        since,
    )
    for trouble in troubles:
        kind = KINDS[trouble["status"], trouble["kind"]]
        for row in rows_for_team(world, trouble, kind, trouble["at"]):
            reading = seen.get(row["user_id"], "")
            yield {**row, "read": reading if reading > row["created"] else None}
