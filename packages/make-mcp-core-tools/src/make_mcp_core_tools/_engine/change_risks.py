"""What of a difference deserves a second look, by fixed rules.

Told are: another trigger; modules that are removed or replaced; other connections, hooks, stores or
scenarios; changed filters and error handlers; references that lead nowhere now; another schedule;
inputs that are gone or newly required.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from make_blueprint.bindings import OBJECT_KINDS, bindings
from make_blueprint.document import as_list, as_object
from make_blueprint.references import broken_references

from make_mcp_core_tools._engine.saving import same

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_blueprint.diff import DiffEntry
    from make_blueprint.document import Blueprint, JsonObject, JsonValue

_LONGEST = 120


def risks_of(before: Blueprint, after: Blueprint, entries: Sequence[DiffEntry]) -> list[str]:
    """Tell which changes of a blueprint deserve a second look.

    Args:
        before: The earlier blueprint.
        after: The later one.
        entries: The differences between them.
    """
    found = [line for entry in entries if (line := _risk(entry))]
    return list(dict.fromkeys([*found, *_rebound(before, after), *_broken(before, after)]))


def setting_changes(before: JsonObject, after: JsonObject) -> tuple[list[str], list[str]]:
    """Compare schedules, inputs and outputs.

    Args:
        before: `scheduling` and `interface` of the earlier side, as far as they are known.
        after: The same of the later side.

    Returns:
        The differences, and those of them that deserve a second look.
    """
    lines: list[str] = []
    risks: list[str] = []
    both = before.keys() & after.keys()
    if "scheduling" in both and not same(before["scheduling"], after["scheduling"]):
        pair = (_short(before["scheduling"]), _short(after["scheduling"]))
        lines.append(f"~ schedule: {pair[0]} -> {pair[1]}")
        risks.append("schedule: it runs at other times")
    if "interface" in both:
        old, new = as_object(before["interface"]), as_object(after["interface"])
        for side in ("input", "output"):
            changed, risky = _fields(side, _by_name(old.get(side)), _by_name(new.get(side)))
            lines += changed
            risks += risky
    return lines, risks


def _risk(entry: DiffEntry) -> str:
    number = f"module {entry.module_id}"
    if entry.path == "flow[0]" and entry.kind in ("added", "removed", "moved", "replaced"):
        return f"trigger: {number} {entry.name} ({entry.kind})"
    if entry.kind in ("removed", "replaced"):
        return f"{entry.kind}: {number} {entry.name}"
    if entry.kind == "filter":
        return f"filter: {number}"
    if ".onerror" in entry.path:
        return f"error handling: {number} ({entry.kind})"
    return ""


def _rebound(before: Blueprint, after: Blueprint) -> list[str]:
    old, new = _bound(before), _bound(after)
    return [
        f"binding: module {place[0]} {place[1]} {old[place]} -> {value}"
        for place, value in new.items()
        if place in old and old[place] != value
    ]


def _bound(blueprint: Blueprint) -> dict[tuple[int | None, str, str], str]:
    return {
        (one.module_id, one.kind, one.parameter): str(one.value)
        for one in bindings(blueprint)
        if one.kind in OBJECT_KINDS
    }


def _broken(before: Blueprint, after: Blueprint) -> list[str]:
    known = {(one.reference.module_id, one.reference.text) for one in broken_references(before)}
    return [
        f"reference: module {one.reference.module_id}: {one.problem}"
        for one in broken_references(after)
        if (one.reference.module_id, one.reference.text) not in known
    ]


def _by_name(fields: JsonValue) -> dict[str, JsonObject]:
    return {str(one.get("name")): one for one in map(as_object, as_list(fields))}


def _fields(
    side: str, old: dict[str, JsonObject], new: dict[str, JsonObject]
) -> tuple[list[str], list[str]]:
    gone = [f"- {side} {name}" for name in old if name not in new]
    added = [f"+ {side} {name}" for name in new if name not in old]
    changed = [f"~ {side} {name}" for name in new if name in old and not same(old[name], new[name])]
    required = [
        f"input {name} is required now"
        for name, one in new.items()
        if side == "input" and one.get("required") and not old.get(name, {}).get("required")
    ]
    return [*added, *changed, *gone], [*(f"{line[2:]} is gone" for line in gone), *required]


def _short(value: JsonValue) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
