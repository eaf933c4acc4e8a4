"""A clone's blueprint: the same modules with the objects of the target team."""

import json
from collections.abc import Mapping
from typing import Any

from make_blueprint.bindings import Slot, slots
from make_blueprint.walk import walk

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError
from make_api_sandbox.shapes import JsonObject, Row

MAPS = {
    "connection": "account",
    "key": "key",
    "hook": "hook",
    "device": "device",
    "data_structure": "udt",
    "data_store": "datastore",
}
"""Kind of object → member of the body that maps its ids (Make API reference, chapter 2.27)."""


def remapped(call: Call, source: Row, team_id: int) -> JsonObject:
    """Copy a blueprint with every object replaced as the body says; null leaves the field empty.

    Inside one team everything but hooks may stay as it is, because a hook serves one scenario
    only. `notAnalyze=true` accepts missing entries: what cannot be shared is left empty.

    Raises:
        ApiError: 400 listing every object without an entry.
    """
    copy: JsonObject = json.loads(json.dumps(source["blueprint"]))
    same_team = source["team_id"] == team_id
    missing: list[str] = []
    for visit in walk(copy):
        for slot in slots(visit):
            kept = same_team and slot.kind != "hook"
            if (
                slot.kind in MAPS
                and slot.value is not None
                and not _replace(call, slot)
                and not kept
            ):
                missing.append(f"{MAPS[slot.kind]} {slot.value}")
                slot.holder[slot.name] = None
    if missing and call.query_flag("notAnalyze") is not True:
        texts = [f"No mapping for {each}." for each in dict.fromkeys(missing)]
        suberrors = [{"message": each} for each in texts]
        raise ApiError(400, "IM005", texts[0], detail=texts, suberrors=suberrors)
    return copy


def _replace(call: Call, slot: Slot) -> bool:
    """Write the new id into a field; False when the body has no entry for the old one."""
    entries: Mapping[str, Any] = call.body.get(MAPS[slot.kind]) or {}
    if str(slot.value) not in entries:
        return False
    slot.holder[slot.name] = entries[str(slot.value)]
    return True
