"""What `/_sandbox/world` counts and changes."""

from typing import Any

from make_api_sandbox.http.body import boolean, mapping, members
from make_api_sandbox.http.errors import ApiError, invalid_parameters
from make_api_sandbox.http.rate import SETTING as RATE_LIMITS
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

COUNTED = (
    "users",
    "organizations",
    "teams",
    "roles",
    "folders",
    "connections",
    "keys",
    "hooks",
    "hook_incomings",
    "hook_logs",
    "data_structures",
    "data_stores",
    "data_store_records",
    "scenarios",
    "scenario_versions",
    "executions",
    "execution_modules",
    "dlqs",
    "faults",
    "request_log",
)

CHANGE = members(
    licenses=mapping().optional(),
    organizations=mapping().optional(),
    connections=mapping().optional(),
    scenarios=mapping().optional(),
    hooks=mapping().optional(),
    rate_limits=boolean().optional(),
)
"""Every member but `rate_limits` maps an id to what changes:

`licenses` `{"1": {"apiLimit": 5, "fulltext": null}}` (null removes a member), `organizations`
`{"1": {"is_paused": true}}`, `connections` `{"3": {"state": "broken"}}` (`valid`, `broken`,
`expired`), `scenarios` and `hooks` their flags.
"""

CHANGEABLE: dict[str, frozenset[str]] = {
    "organizations": frozenset({"is_paused", "tfa_enforced", "service_name"}),
    "connections": frozenset({"state", "expire"}),
    "scenarios": frozenset(
        {"is_active", "is_invalid", "is_locked", "is_paused", "consecutive_errors"}
    ),
    "hooks": frozenset({"enabled", "gone", "learning"}),
}

STATES = ("valid", "broken", "expired")


def counts(world: World) -> JsonObject:
    """How many rows each table holds."""
    return {table: world.value(f"SELECT count(*) FROM {table}") for table in COUNTED}


def apply(world: World, change: JsonObject) -> JsonObject:
    """Make the changes and return how many things each member touched.

    Raises:
        ApiError: 400 for a column that cannot be changed, 404 for an id that does not exist.
    """
    touched: JsonObject = {}
    for member, things in change.items():
        if member == "rate_limits":
            world.set_setting(RATE_LIMITS, things)
            continue
        for id, columns in things.items():
            _change(world, member, int(id) if id.isdigit() else 0, columns)
        touched[member] = len(things)
    return touched


def _change(world: World, member: str, id: int, columns: Any) -> None:
    table = "organizations" if member == "licenses" else member
    row = world.get(table, id)
    if row is None:
        raise ApiError(404, "SC404", f"No {id} in {table}.")
    if member == "licenses":
        merged = {**row["license"], **columns}
        kept = {name: value for name, value in merged.items() if value is not None}
        world.update(table, id, license=kept)
        return
    _refuse_unknown(member, columns)
    world.update(table, id, **columns)


def _refuse_unknown(member: str, columns: JsonObject) -> None:
    faults = [
        (name, f"'{name}' of {member} cannot be changed here.")
        for name in columns
        if name not in CHANGEABLE[member]
    ]
    if columns.get("state", "valid") not in STATES:
        faults.append(("state", f"'state' should be one of: {', '.join(STATES)}."))
    if faults:
        raise invalid_parameters(faults)
