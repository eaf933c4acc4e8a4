"""Sticky notes for merging: each is told by what it says and where it sticks."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from make_blueprint.document import JsonValue, as_list, as_object, compact
from make_blueprint.merging.values import NOTHING, Absence, Values, same
from make_blueprint.walk import Pointer


@dataclass(frozen=True, slots=True)
class Notes:
    """Merges the notes of a scenario, given with merged ids.

    Attributes:
        values: Merges what a note holds.
        at: Place of the notes, for reports.
        order: Position of each module in the result, by its merged id; of modules that are gone, a
            position behind these.
    """

    values: Values
    at: Pointer
    order: Mapping[int, int]

    def merge(
        self, base: list[JsonValue], ours: list[JsonValue], theirs: list[JsonValue]
    ) -> list[JsonValue]:
        """Give the notes of both: those of the base in their order, then the new ones.

        New notes stand in the order of the modules they stick to, whichever side added them; of
        equal ones there are as many as on the side that has more.
        """
        if same(base, ours) or same(ours, theirs):
            return theirs
        if same(base, theirs):
            return ours
        mine, others = _partners(base, ours), _partners(base, theirs)
        made: list[JsonValue] = []
        for number, note in enumerate(base):
            left, right = mine.pop(number, NOTHING), others.pop(number, NOTHING)
            value = self.values.merge((*self.at, len(made)), note, left, right)
            if not isinstance(value, Absence):
                made.append(value)
        lacking = (Counter(map(_print, ours)) | Counter(map(_print, theirs))) - Counter(
            map(_print, made)
        )
        added = [note for note in (*mine.values(), *others.values()) if _take(lacking, note)]
        return made + sorted(added, key=self._rank)

    def _rank(self, note: JsonValue) -> tuple[int, str, list[tuple[int, str]], str]:
        places = [self._place(number) for number in as_list(as_object(note).get("moduleIds"))]
        first = min(places, default=(len(self.order), ""))[0]
        said = {key: value for key, value in as_object(note).items() if key != "moduleIds"}
        return first, _words(note), places, _print(said)

    def _place(self, number: JsonValue) -> tuple[int, str]:
        if type(number) is int and number in self.order:
            return self.order[number], ""
        return len(self.order), compact(number)


def _partners(base: list[JsonValue], notes: list[JsonValue]) -> dict[int, JsonValue]:
    """Give the notes by the number of the base's note they continue; new ones get later numbers."""
    found: dict[int, JsonValue] = {}
    left = list(range(len(notes)))
    for trait in (compact, _place, _words):
        waiting: defaultdict[str, list[int]] = defaultdict(list)
        for index in reversed(left):
            waiting[trait(notes[index])].append(index)
        for number, note in enumerate(base):
            if number not in found and (known := waiting.get(trait(note))):
                found[number] = notes[known.pop()]
        left = sorted(index for known in waiting.values() for index in known)
    return found | {len(base) + number: notes[index] for number, index in enumerate(left)}


def _take(lacking: Counter[str], note: JsonValue) -> bool:
    """Tell whether such a note is still lacking, and count it as there."""
    told = _print(note)
    lacking[told] -= 1
    return lacking[told] >= 0


def _place(note: JsonValue) -> str:
    said = as_object(note)
    return compact([as_list(said.get("moduleIds")), bool(said.get("isFilterNote"))])


def _words(note: JsonValue) -> str:
    return compact(as_object(note).get("content")) if isinstance(note, dict) else compact(note)


def _print(note: JsonValue) -> str:
    return json.dumps(note, sort_keys=True)
