"""Which devices scenarios use, read from their blueprints."""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from make_blueprint.bindings import bindings
from make_blueprint.problem import BlueprintError

from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

Use = tuple[int, str | None]
"""A device and the scope that the field of the module asks for, if it says so."""


def devices_of(world: World, scenario_ids: Sequence[int]) -> dict[int, list[JsonObject]]:
    """Scenario id to the devices it uses, as `{id, scope}`; scenarios without any are absent."""
    marks = ", ".join("?" * len(scenario_ids))
    rows = world.rows(
        "SELECT id, team_id, CAST(blueprint AS TEXT) AS blueprint_text FROM scenarios"
        f" WHERE id IN ({marks}) AND instr(blueprint, '\"device') > 0",
        *scenario_ids,
    )
    return {row["id"]: used for row in rows if (used := [*_known(world, row)])}


def _known(world: World, scenario: JsonObject) -> Iterator[JsonObject]:
    for device_id, scope in _uses(scenario["blueprint_text"]):
        device = world.get("devices", device_id)
        if device and device["team_id"] == scenario["team_id"]:
            yield {"id": device_id, "scope": scope}


@lru_cache(maxsize=4096)
def _uses(blueprint_text: str) -> tuple[Use, ...]:
    try:
        found = bindings(json.loads(blueprint_text))
    except (BlueprintError, ValueError):
        return ()
    uses = (
        (int(one.value), one.type or None)
        for one in found
        if one.kind == "device" and _is_id(str(one.value))
    )
    return tuple(dict.fromkeys(uses))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
