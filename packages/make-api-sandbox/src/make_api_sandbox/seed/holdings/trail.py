"""The audit log of the company's past, told from what else is known of it.

Runs last, so that it sees everything with a date and an author: scenarios with their versions,
switches and functions. What has an author but no date of its own (connections, hooks) was made by
that person an hour before the first scenario that uses it. The history of variables names its
authors, and names are unique in the company.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from make_api_sandbox.audit import things
from make_api_sandbox.audit.things import Thing
from make_api_sandbox.audit.writing import Event, write
from make_api_sandbox.clock import parse_stamp, stamp
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usages import scenarios_using
from make_api_sandbox.world import World

SWITCHES = {"start": "activated", "stop": "deactivated"}
SCENARIOS = "SELECT * FROM scenarios ORDER BY id"


@dataclass(frozen=True)
class Past:
    """Something that was done; `row` has an `id`, and a `team_id` or an `organization_id`."""

    at: str
    thing: Thing
    verb: str
    row: Row
    actor_id: int
    details: JsonObject


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Write the entries in order of time."""
    told = [
        *_scenarios(world),
        *_versions(world),
        *_switches(world),
        *_connections(world),
        *_hooks(world),
        *_functions(world),
        *_variables(world),
    ]
    people = {row["id"]: row for row in world.rows("SELECT * FROM users")}
    teams = {row["id"]: row for row in world.rows("SELECT * FROM teams")}
    for past in sorted(told, key=lambda each: (each.at, each.thing.word, each.row["id"])):
        team = teams.get(past.row.get("team_id") or 0)
        event = Event(
            name=past.thing.event(past.verb),
            thing=past.thing,
            target_id=str(past.row["id"]),
            actor=people[past.actor_id],
            team=team,
            organization_id=(team or past.row)["organization_id"],
            at=past.at,
            details=past.details,
        )
        write(world, event)


def _told(world: World, thing: Thing, row: Row) -> JsonObject:
    return thing.describe(world, None, row)


def _scenarios(world: World) -> Iterator[Past]:
    for row in world.rows(SCENARIOS):
        details = _told(world, things.SCENARIO, row)
        yield Past(row["created"], things.SCENARIO, "created", row, row["created_by"], details)


def _versions(world: World) -> Iterator[Past]:
    rows = world.rows(
        "SELECT s.*, v.version AS saved, v.created AS at, v.author_id AS by FROM scenarios s"
        " JOIN scenario_versions v ON v.scenario_id = s.id WHERE v.version > 1"
    )
    for row in rows:
        old, new = row | {"version": row["saved"] - 1}, row | {"version": row["saved"]}
        details = things.SCENARIO.describe(world, old, new)
        yield Past(row["at"], things.SCENARIO, "updated", row, row["by"], details)


def _switches(world: World) -> Iterator[Past]:
    """What people switched on and off; what Make itself switched off has no actor."""
    rows = world.rows(
        "SELECT s.*, e.type AS event, e.timestamp AS at, e.author_id AS by FROM scenarios s"
        " JOIN executions e ON e.scenario_id = s.id AND e.kind = 'event'"
        " WHERE e.type IN ('start', 'stop') AND e.author_id IS NOT NULL"
    )
    for row in rows:
        on = row["event"] == "start"
        old, new = row | {"is_active": not on}, row | {"is_active": on}
        details = things.SCENARIO.describe(world, old, new)
        verb = SWITCHES[row["event"]]
        yield Past(row["at"], things.SCENARIO, verb, row, row["by"], details)


def _connections(world: World) -> Iterator[Past]:
    born = {row["id"]: row["created"] for row in world.rows(SCENARIOS)}
    for row in world.rows("SELECT * FROM connections WHERE author_id IS NOT NULL ORDER BY id"):
        users = scenarios_using(world, row["team_id"], "connection", row["id"])
        if users:
            first = parse_stamp(min(born[each["id"]] for each in users))
            at = stamp(first - timedelta(hours=1))
            details = _told(world, things.CONNECTION, row)
            yield Past(at, things.CONNECTION, "created", row, row["author_id"], details)


def _hooks(world: World) -> Iterator[Past]:
    rows = world.rows(
        "SELECT h.*, min(s.created_by) AS by FROM hooks h JOIN scenarios s ON s.hook_id = h.id"
        " GROUP BY h.id ORDER BY h.id"
    )
    for row in rows:
        details = _told(world, things.WEBHOOK, row)
        yield Past(row["created"], things.WEBHOOK, "created", row, row["by"], details)


def _functions(world: World) -> Iterator[Past]:
    for row in world.rows("SELECT * FROM custom_functions ORDER BY id"):
        details = _told(world, things.CUSTOM_FUNCTION, row)
        by = row["created_by"]
        yield Past(row["created"], things.CUSTOM_FUNCTION, "created", row, by, details)
    changed = world.rows(
        "SELECT f.*, h.previous_code AS was, h.updated AS at, h.updated_by AS by"
        " FROM custom_functions f JOIN custom_function_history h ON h.function_id = f.id"
        " ORDER BY h.id"
    )
    for row in changed:
        details = things.CUSTOM_FUNCTION.describe(world, row | {"code": row["was"]}, row)
        yield Past(row["at"], things.CUSTOM_FUNCTION, "updated", row, row["by"], details)


def _variables(world: World) -> Iterator[Past]:
    kinds = {"team": things.TEAM_VARIABLE, "organization": things.ORGANIZATION_VARIABLE}
    rows = world.rows(
        "SELECT v.*, h.changed, h.action, h.diff, u.id AS by FROM variable_history h"
        " JOIN variables v ON v.owner = h.owner AND v.owner_id = h.owner_id AND v.name = h.name"
        " JOIN users u ON u.name = h.author ORDER BY h.id"
    )
    for row in rows:
        thing, verb = kinds[row["owner"]], row["action"].rpartition("_")[2]
        old, new = (_valued(row, row["diff"].get(side)) for side in ("old", "new"))
        details = thing.describe(world, old, new or row)
        place = {f"{row['owner']}_id": row["owner_id"]}
        yield Past(row["changed"], thing, verb, row | place, row["by"], details)


def _valued(row: Row, state: JsonObject | None) -> Row | None:
    """A variable's row as it was at one side of an edit."""
    return {**row, "value": state["value"], "type_id": state["typeId"]} if state else None
