"""What `/_sandbox/world` counts and changes."""

from collections.abc import Iterator
from typing import Any, cast

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.http.body import (
    Body,
    Member,
    boolean,
    choice,
    integer,
    mapping,
    members,
    name_text,
    text,
)
from make_api_sandbox.http.errors import ApiError, invalid_parameters
from make_api_sandbox.http.rate import SETTING as RATE_LIMITS
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import TABLE_NAMES, World

UNCOUNTED = ("settings", "rate_windows", "sqlite_sequence")
"""Tables that hold nothing of the company."""

CHANGE = members(
    licenses=mapping().optional(),
    organizations=mapping().optional(),
    connections=mapping().optional(),
    scenarios=mapping().optional(),
    hooks=mapping().optional(),
    agents=mapping().optional(),
    rate_limits=boolean().optional(),
)
"""Every member but `rate_limits` maps an id to what changes:

`licenses` `{"1": {"apiLimit": 5, "fulltext": null}}` (null removes a member), `organizations`
`{"1": {"is_paused": true}}`, `connections` `{"3": {"state": "broken"}}` (`valid`, `broken`,
`expired`), `scenarios` and `hooks` their flags, `agents` (the on-prem ones)
`{"<uuid>": {"status": "NOT_RESPONDING"}}`.
"""

ON, MOMENT = boolean().optional(), "should be a time like 2026-05-01T09:00:00Z"


def moment() -> Member:
    """A time as the API writes it."""

    def check(value: Any) -> str | None:
        try:
            parse_stamp(value)
        except (AttributeError, ValueError):
            return MOMENT
        return None

    return Member(check)


CHANGEABLE: dict[str, Body] = {
    "organizations": members(is_paused=ON, tfa_enforced=ON, service_name=name_text().optional()),
    "connections": members(
        state=choice("valid", "broken", "expired").optional(),
        expire=moment().optional().or_null(),
    ),
    "scenarios": members(
        is_active=ON,
        is_invalid=ON,
        is_locked=ON,
        is_paused=ON,
        consecutive_errors=integer(0).optional(),
    ),
    "hooks": members(enabled=ON, gone=ON, learning=ON),
    "agents": members(
        status=choice("ACTIVE", "STOPPED", "NOT_RESPONDING", "REGISTERED").optional(),
        version=text(64).optional().or_null(),
    ),
}
"""What may be changed of each, by column."""

TABLES = {"licenses": "organizations", "agents": "on_prem_agents"}
"""Where it is, unless in the table of its name."""


def counts(world: World) -> JsonObject:
    """How many rows each table holds."""
    names = [row["name"] for row in world.rows(TABLE_NAMES) if row["name"] not in UNCOUNTED]
    return {name: world.value(f"SELECT count(*) FROM {name}") for name in names}


def apply(world: World, change: JsonObject) -> JsonObject:
    """Make the changes and return how many things each member touched.

    Raises:
        ApiError: 400 that names whatever cannot be changed so, 404 for an id that does not exist.
    """
    faults = [*_faults(change)]
    if faults:
        raise invalid_parameters(faults)
    touched: JsonObject = {}
    for member, things in change.items():
        if member == "rate_limits":
            world.set_setting(RATE_LIMITS, things)
            continue
        for id, columns in things.items():
            _change(world, member, id, columns)
        touched[member] = len(things)
    return touched


def _faults(change: JsonObject) -> Iterator[tuple[str, str]]:
    for member, things in change.items():
        if member == "rate_limits":
            continue
        for id, columns in cast(JsonObject, things).items():
            at = f"{member}.{id}"
            if not isinstance(columns, dict):
                yield at, f"'{at}' should be object."
            elif member != "licenses":
                found = CHANGEABLE[member].faults(cast(JsonObject, columns))
                yield from ((f"{at}.{name}", said) for name, said in found)


def _change(world: World, member: str, id: str, columns: JsonObject) -> None:
    table = TABLES.get(member, member)
    number = id.isascii() and id.isdigit() and len(id) < 16
    row = world.get(table, int(id) if number else id)
    if row is None:
        raise ApiError(404, "SC404", f"No {id} in {table}.")
    if member == "licenses":
        merged = {**row["license"], **columns}
        columns = {"license": {name: one for name, one in merged.items() if one is not None}}
    if columns.get("status") == "ACTIVE":
        columns = {**columns, "last_connection": world.clock.stamp()}
    if columns:
        world.update(table, row["id"], **columns)
