"""Custom variables of organizations and teams, and the system variables every one has.

API reference, chapters 2.23 and 2.31. Read by the endpoints and by expressions (`var.team.…`).
"""

from typing import Literal

from make_api_sandbox.resources.enums import time_zone_name
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

Owner = Literal["organization", "team"]

NUMBER, TEXT = 1, 2


def listed(world: World, owner: Owner, id: int) -> list[JsonObject]:
    """The variables of an organization or team: system ones first, then custom ones by name.

    Returns:
        `{name, typeId, value, isSystem}` of each; custom ones only where the licence has them.
    """
    return [*_system(world, owner, id), *_custom(world, owner, id)]


def values(world: World, owner: Owner, id: int) -> JsonObject:
    """The same as a mapping of name to value."""
    return {one["name"]: one["value"] for one in listed(world, owner, id)}


def organization_of(world: World, owner: Owner, id: int) -> Row | None:
    """The organization that is or contains the owner."""
    team = world.get("teams", id) if owner == "team" else None
    return world.get("organizations", team["organization_id"] if team else id)


def _system(world: World, owner: Owner, id: int) -> list[JsonObject]:
    row = world.get(f"{owner}s", id)
    if row is None:
        return []
    shown = [_entry(f"{owner}Id", NUMBER, id), _entry(f"{owner}Name", TEXT, row["name"])]
    if owner == "organization":
        zone = time_zone_name(row["timezone_id"])
        shown.append(_entry("organizationTimezone", TEXT, zone))
    return shown


def _custom(world: World, owner: Owner, id: int) -> list[JsonObject]:
    organization = organization_of(world, owner, id)
    if organization is None or not organization["license"].get("customVariables"):
        return []
    rows = world.rows(
        "SELECT * FROM variables WHERE owner = ? AND owner_id = ? ORDER BY name", owner, id
    )
    return [_entry(row["name"], row["type_id"], row["value"], is_system=False) for row in rows]


def _entry(name: str, type_id: int, value: object, *, is_system: bool = True) -> JsonObject:
    return {"name": name, "typeId": type_id, "value": value, "isSystem": is_system}
