"""What scenarios hold under their organization's custom properties."""

from collections.abc import Sequence

from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

LICENSED = "json_extract(o.license, '$.customProperties') IS NOT NULL"
"""Without the licence the feature is off, and what was kept is not shown."""


def properties_of(world: World, scenario_ids: Sequence[int]) -> dict[int, JsonObject]:
    """Scenario id to values by name of property; scenarios without any are absent."""
    marks = ", ".join("?" * len(scenario_ids))
    rows = world.rows(
        "SELECT v.scenario_id, i.name, v.value FROM custom_property_values v"
        " JOIN custom_property_items i ON i.id = v.item_id"
        " JOIN custom_property_structures c ON c.id = i.structure_id"
        f" JOIN organizations o ON o.id = c.organization_id AND {LICENSED}"
        f" WHERE v.scenario_id IN ({marks}) ORDER BY i.id",
        *scenario_ids,
    )
    found: dict[int, JsonObject] = {}
    for row in rows:
        found.setdefault(row["scenario_id"], {})[row["name"]] = row["value"]
    return found


def are_in_use(world: World, team_ids: Sequence[int]) -> bool:
    """True when the organization of one of the teams has custom properties for scenarios."""
    marks = ", ".join("?" * len(team_ids))
    found = world.value(
        "SELECT 1 FROM custom_property_structures c"
        f" JOIN organizations o ON o.id = c.organization_id AND {LICENSED}"
        f" JOIN teams t ON t.organization_id = o.id WHERE t.id IN ({marks}) LIMIT 1",
        *team_ids,
    )
    return found is not None
