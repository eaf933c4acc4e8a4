"""Values of three versions made one: per key in objects, per item in lists of equal length."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final, TypeAlias

from make_blueprint.document import JsonObject, JsonValue, as_object, whole_number
from make_blueprint.merging.tree import Side
from make_blueprint.references import renumber
from make_blueprint.walk import Pointer

_TARGET = re.compile(r"(\d+)(\..+)", re.DOTALL)
_EVALUATED = ("mapper", "filter", "flags", "outputs", "filters", "conditions")


class Absence(Enum):
    """The one value that means: there is no such key."""

    NOTHING = "nothing"


NOTHING: Final = Absence.NOTHING
Maybe: TypeAlias = "JsonValue | Absence"
Report: TypeAlias = Callable[[Pointer, Maybe, Maybe, Maybe], None]
"""Takes a conflict: the place, and the three values there."""


def same(first: Maybe, second: Maybe) -> bool:
    """Compare as JSON: true, 1 and 1.0 all differ; the order of keys does not count."""
    return first is second or repr(first) == repr(second) or _alike(first, second)


def _alike(first: Maybe, second: Maybe) -> bool:
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    return type(first) is type(second) and first == second


class Values:
    """Merges values.

    Args:
        winner: The side whose value stands where both changed it differently.
        report: Is told each such place; None keeps silent.
    """

    def __init__(self, winner: Side, report: Report | None) -> None:
        self.winner: Side = winner
        self.report = report

    def merge(self, at: Pointer, base: Maybe, ours: Maybe, theirs: Maybe) -> Maybe:
        """Give the merged value, or NOTHING when there is none.

        Args:
            at: Place of the value, for reports.
            base: The value both sides began with.
            ours: Our value.
            theirs: Their value.
        """
        if same(ours, theirs):
            return ours
        if isinstance(ours, dict) and isinstance(theirs, dict):
            return self.objects(at, base if isinstance(base, dict) else {}, ours, theirs)
        if same(base, theirs):
            return ours
        if same(base, ours):
            return theirs
        if isinstance(base, list) and isinstance(ours, list) and isinstance(theirs, list):
            if len(base) == len(ours) == len(theirs):
                return self._items(at, base, ours, theirs)
        elif _void(base) and (_void(ours) or _void(theirs)):
            return theirs if _void(ours) else ours
        return self._conflict(at, base, ours, theirs)

    def objects(
        self, at: Pointer, base: JsonObject, ours: JsonObject, theirs: JsonObject
    ) -> JsonObject:
        """Merge objects key by key, in the order of ours, then theirs."""
        made: JsonObject = {}
        for key in dict.fromkeys([*ours, *theirs]):
            value = self.merge(
                (*at, key),
                base.get(key, NOTHING),
                ours.get(key, NOTHING),
                theirs.get(key, NOTHING),
            )
            if not isinstance(value, Absence):
                made[key] = value
        return made

    def whole(self, base: JsonObject, ours: JsonObject, theirs: JsonObject) -> JsonObject:
        """Give one of three versions as it is, without looking inside."""
        if same(base, ours) and not same(ours, theirs):
            return theirs
        if same(base, theirs) or same(ours, theirs) or self.winner == "ours":
            return ours
        return theirs

    def _items(
        self, at: Pointer, base: list[JsonValue], ours: list[JsonValue], theirs: list[JsonValue]
    ) -> list[JsonValue]:
        made: list[JsonValue] = []
        for number, values in enumerate(zip(base, ours, theirs, strict=True)):
            value = self.merge((*at, number), *values)
            made.append(None if isinstance(value, Absence) else value)
        return made

    def _conflict(self, at: Pointer, base: Maybe, ours: Maybe, theirs: Maybe) -> Maybe:
        if self.report:
            self.report(at, base, ours, theirs)
        return ours if self.winner == "ours" else theirs


def translated(own: JsonObject, numbers: Mapping[int, int]) -> JsonObject:
    """Copy what a module, a branch or the scenario holds, with other module ids.

    Rewritten are expressions, an aggregator's `feeder` and `target`, and the `moduleIds` of notes.
    """
    if not numbers:
        return own
    made = dict(own)
    for key in _EVALUATED:
        if key in made:
            made[key] = _texts(made[key], numbers)
    parameters = as_object(made.get("parameters"))
    if "feeder" in parameters:
        made["parameters"] = parameters | _aggregation(parameters, numbers)
    metadata = as_object(made.get("metadata"))
    if "notes" in metadata:
        made["metadata"] = metadata | {"notes": _notes(metadata["notes"], numbers)}
    return made


def _texts(value: JsonValue, numbers: Mapping[int, int]) -> JsonValue:
    if isinstance(value, str):
        return renumber(value, numbers) if "{{" in value else value
    if isinstance(value, list):
        return [_texts(item, numbers) for item in value]
    if isinstance(value, dict):
        return {key: _texts(item, numbers) for key, item in value.items()}
    return value


def _aggregation(parameters: JsonObject, numbers: Mapping[int, int]) -> JsonObject:
    made: JsonObject = {}
    feeder, target = parameters["feeder"], parameters.get("target")
    number = whole_number(feeder)
    if number is not None and number in numbers:
        made["feeder"] = str(numbers[number]) if isinstance(feeder, str) else numbers[number]
    if isinstance(target, str) and (found := _TARGET.fullmatch(target)):
        made["target"] = f"{numbers.get(int(found[1]), int(found[1]))}{found[2]}"
    return made


def _notes(notes: JsonValue, numbers: Mapping[int, int]) -> JsonValue:
    if not isinstance(notes, list):
        return notes
    made: list[JsonValue] = []
    for note in notes:
        ids = as_object(note).get("moduleIds")
        if isinstance(ids, list):
            copy = dict(as_object(note))
            copy["moduleIds"] = [numbers.get(n, n) if type(n) is int else n for n in ids]
            made.append(copy)
        else:
            made.append(note)
    return made


def _void(value: Maybe) -> bool:
    return value is None or value is NOTHING
