"""Which scenarios use a connection, hook, key, data store or data structure.

Read from the scenarios' blueprints, which is the only place where use by scenarios is decided.
Connections are also used by AI agents: for their language model, and for their MCP servers.
"""

import json
from functools import lru_cache

from make_blueprint.bindings import ObjectKind, bindings
from make_blueprint.problem import BlueprintError

from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

Use = tuple[str, str]
"""Kind and id of an object that a blueprint needs."""


def scenarios_using(world: World, team_id: int, kind: ObjectKind, id: int) -> list[JsonObject]:
    """The scenarios of a team whose current blueprint needs the object.

    Returns:
        `{"id", "name"}` of each, by id.
    """
    return [
        {"id": row["id"], "name": row["name"]}
        for row in _scenarios(world, team_id)
        if (kind, str(id)) in needs(row["blueprint_text"])
    ]


def scenarios_by_use(world: World, team_id: int, kind: ObjectKind) -> dict[int, list[JsonObject]]:
    """All uses of one kind in a team: object id to `{"id", "name"}` of scenarios."""
    found: dict[int, list[JsonObject]] = {}
    for row in _scenarios(world, team_id):
        for used_kind, value in needs(row["blueprint_text"]):
            if used_kind == kind and value.isdigit():
                scenario = {"id": row["id"], "name": row["name"]}
                found.setdefault(int(value), []).append(scenario)
    return found


def agents_using(world: World, connection_id: object) -> list[JsonObject]:
    """The AI agents that need a connection.

    Returns:
        `{"id", "name"}` of each, by name.
    """
    return world.rows(
        "SELECT id, name FROM ai_agents WHERE connection_id = ?1 OR EXISTS (SELECT 1 FROM"
        " json_each(mcp_configs) WHERE json_extract(value, '$.mcpConnectionId') = ?1)"
        " ORDER BY name, id",
        connection_id,
    )


def affected(scenarios: list[JsonObject]) -> list[JsonObject]:
    """Scenarios as the `data` of a confirmation."""
    return [{"scenarioId": one["id"], "scenarioName": one["name"]} for one in scenarios]


def _scenarios(world: World, team_id: int) -> list[JsonObject]:
    return world.rows(
        "SELECT id, name, CAST(blueprint AS TEXT) AS blueprint_text FROM scenarios"
        " WHERE team_id = ? ORDER BY id",
        team_id,
    )


@lru_cache(maxsize=4096)
def needs(blueprint_text: str) -> frozenset[Use]:
    """What a blueprint needs; nothing when it cannot be read as one."""
    try:
        found = bindings(json.loads(blueprint_text))
    except (BlueprintError, ValueError):
        return frozenset()
    return frozenset((one.kind, str(one.value)) for one in found)


def invalidate(world: World, scenarios: list[JsonObject]) -> None:
    """Mark scenarios as holding errors, after something they need was removed."""
    for scenario in scenarios:
        world.update("scenarios", scenario["id"], is_invalid=True)
