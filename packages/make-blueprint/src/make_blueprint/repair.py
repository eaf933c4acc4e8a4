"""Repair: put right what has exactly one right answer, and say what was done.

Nothing a person wrote is dropped: what does not belong into a blueprint is handed back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from make_blueprint.catalogue import AMBIGUOUS_NAMES, RIGHT_NAMES, is_aggregator, known_versions
from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    as_object,
    check_data,
    clone,
    whole_number,
)
from make_blueprint.layout import missing_positions, place
from make_blueprint.walk import PLACEHOLDER, Visit, walk

DEFAULT_SETTINGS: JsonObject = {
    "roundtrips": 1,
    "maxErrors": 3,
    "autoCommit": True,
    "autoCommitTriggerLast": True,
    "freshVariables": False,
}
"""The settings that Make's own tools write for a new scenario."""
_NOT_BLUEPRINT = ("scheduling", "interface")


@dataclass(frozen=True, slots=True)
class Repaired:
    """A repaired blueprint.

    Attributes:
        blueprint: A copy; equal to the original when nothing was repaired.
        changes: One sentence for each repair.
        lifted: Members that belong to the scenario and not to its blueprint (`scheduling`,
            `interface`), to be sent where they belong.
    """

    blueprint: Blueprint
    changes: list[str] = field(default_factory=list[str])
    lifted: JsonObject = field(default_factory=dict[str, JsonValue])


def repair(blueprint: Blueprint) -> Repaired:
    """Repair what can be repaired without guessing.

    Adds missing `metadata`, settings, canvas places and versions of known modules, renames modules
    whose right name is certain, turns ids and versions written as text into numbers, moves an
    aggregator's `feeder` into its parameters, and lifts out `scheduling` and `interface`.
    """
    check_data(blueprint)
    copy = clone(blueprint)
    changes: list[str] = []
    lifted = {key: copy.pop(key) for key in _NOT_BLUEPRINT if key in copy}
    changes += [f"Took `{key}` out; it belongs to the scenario." for key in lifted]
    _repair_top(copy, changes)
    for visit in walk(copy):
        _repair_module(visit, changes)
    _repair_layout(copy, changes)
    return Repaired(copy, changes, lifted)


def _repair_top(blueprint: Blueprint, changes: list[str]) -> None:
    if blueprint.get("metadata") is None:
        changes.append("Added `metadata`.")
    metadata = _object_in(blueprint, "metadata")
    if metadata is None:
        return
    if metadata.get("version") is None:
        metadata["version"] = 1
        changes.append("Set `metadata.version` to 1.")
    if metadata.get("scenario") is None:
        metadata["scenario"] = dict(DEFAULT_SETTINGS)
        changes.append("Added the default scenario settings.")
    designer = _object_in(metadata, "designer")
    if designer is not None and designer.get("orphans") is None:
        designer["orphans"] = []
        changes.append("Added the empty list of detached modules.")


def _repair_module(visit: Visit, changes: list[str]) -> None:
    where, module = visit.path, visit.module
    for key in ("id", "version"):
        number = whole_number(module.get(key))
        if isinstance(module.get(key), str) and number is not None:
            module[key] = number
            changes.append(f"{where}: wrote `{key}` as the number {number}.")
    _repair_name(visit, changes)
    if module.get("version") is None and visit.type != PLACEHOLDER and known_versions(visit.type):
        module["version"] = version = known_versions(visit.type)[0]
        changes.append(f"{where}: added version {version} of `{visit.type}`.")
    if "feeder" in module and is_aggregator(visit.type):
        parameters = _object_in(module, "parameters")
        if parameters is not None and "feeder" not in parameters:
            parameters["feeder"] = module.pop("feeder")
            changes.append(f"{where}: moved `feeder` into `parameters`.")


def _repair_name(visit: Visit, changes: list[str]) -> None:
    wrong = visit.type
    if wrong not in RIGHT_NAMES or wrong in AMBIGUOUS_NAMES:
        return
    right = RIGHT_NAMES[wrong]
    visit.module["module"] = right
    changes.append(f"{visit.path}: renamed `{wrong}` to `{right}`.")
    versions = known_versions(right)
    if versions and visit.version is not None and visit.version not in versions:
        changes.append(f"{visit.path}: version {visit.version} became {versions[0]}.")
        visit.module["version"] = versions[0]


def _repair_layout(blueprint: Blueprint, changes: list[str]) -> None:
    missing = missing_positions(blueprint)
    placed = 0
    for visit, point in missing:
        metadata = _object_in(visit.module, "metadata")
        designer = None if metadata is None else _object_in(metadata, "designer")
        if designer is not None:
            place(designer, point)
            placed += 1
    if placed:
        modules = "1 module" if placed == 1 else f"{placed} modules"
        changes.append(f"Placed {modules} on the canvas.")


def _object_in(holder: JsonObject, key: str) -> JsonObject | None:
    """Give the object under a key, made when it is missing or null; None for any other value."""
    if holder.get(key) is None:
        holder[key] = {}
    value = holder[key]
    return as_object(value) if isinstance(value, dict) else None
