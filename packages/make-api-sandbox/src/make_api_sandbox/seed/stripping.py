"""Blueprints made fit for others: without the ids of what belongs to one team."""

from make_blueprint.bindings import slots
from make_blueprint.walk import walk

from make_api_sandbox.engine.values import Json, members
from make_api_sandbox.shapes import JsonObject


def stripped(blueprint: JsonObject, name: str) -> JsonObject:
    """A copy under another name without connections, keys, hooks and stores.

    What the editor saved about them goes as well, and so do notes and the zone.
    """
    copy: JsonObject = {**blueprint, "name": name}
    copy["flow"] = [_copied(module) for module in blueprint["flow"]]
    kept = ("instant", "version", "scenario", "designer")
    copy["metadata"] = {key: blueprint["metadata"][key] for key in kept}
    for visit in walk(copy):
        for slot in list(slots(visit)):
            slot.holder.pop(slot.name, None)
        members(visit.module.get("metadata")).pop("restore", None)
    return copy


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _copied(member) for key, member in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
