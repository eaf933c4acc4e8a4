"""Matching: which module of one blueprint is which module of another.

Ids survive editing in Make, so a module with the same id and name is the same module. What is left
is matched by likeness among modules of the same name, because tools that rebuild a blueprint tend
to renumber it; last, a module with the same id but another name is one that was replaced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, compact
from make_blueprint.references import renumber
from make_blueprint.texts import strings
from make_blueprint.walk import Pointer, Visit

_LIKE_ENOUGH = 0.5
_MAX_COMPARISONS = 10_000
_HOLDERS = ("routes", "branches", "tools")
_EDITOR_ONLY = ("restore", "expect", "interface", "parameters")
_APART = ("id", "module", "version", "filter", "onerror", "metadata", *_HOLDERS)


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One module before and after."""

    before: Visit
    after: Visit


@dataclass(frozen=True, slots=True)
class Match:
    """The modules of two blueprints side by side.

    Attributes:
        pairs: Modules in both, in the order of the later blueprint.
        removed: Modules only in the earlier one.
        added: Modules only in the later one.
    """

    pairs: list[Pair]
    removed: list[Visit]
    added: list[Visit]

    @property
    def numbers(self) -> dict[int, int]:
        """New id by old id of the modules that were renumbered."""
        return {
            pair.before.id: pair.after.id
            for pair in self.pairs
            if pair.before.id is not None
            and pair.after.id is not None
            and pair.before.id != pair.after.id
        }


def match(before: list[Visit], after: list[Visit]) -> Match:
    """Pair the modules of two blueprints, given as `walk` gives them."""
    partner: dict[int, Visit] = {}
    left, right = list(before), list(after)
    for rule in (_same_id_and_type, _same_type_and_like, _same_id):
        for old, new in rule(left, right):
            partner[id(new)] = old
        taken = {id(old) for old in partner.values()}
        left = [visit for visit in left if id(visit) not in taken]
        right = [visit for visit in right if id(visit) not in partner]
    pairs = [Pair(partner[id(new)], new) for new in after if id(new) in partner]
    return Match(pairs, left, right)


def content(module: JsonObject) -> JsonObject:
    """Give what a module holds itself: without its id, name, nested modules and editor data."""
    own: JsonObject = {key: value for key, value in module.items() if key not in _APART}
    for key in _HOLDERS:
        holders = [_without(as_object(holder), ("flow",)) for holder in as_list(module.get(key))]
        if any(holders):
            own[key] = [*holders]
    metadata = _without(as_object(module.get("metadata")), (*_EDITOR_ONLY, "designer"))
    designer = _without(as_object(as_object(module.get("metadata")).get("designer")), ("x", "y"))
    designer.pop("name", None)
    if designer:
        metadata["designer"] = designer
    if metadata:
        own["metadata"] = metadata
    return own


def renumbered(value: JsonObject, numbers: dict[int, int]) -> JsonObject:
    """Copy an object with the module ids its texts and its feeder refer to rewritten."""
    if not numbers:
        return value
    copy = _copy_texts(value, numbers)
    parameters = as_object(copy.get("parameters"))
    feeder = parameters.get("feeder")
    if isinstance(feeder, int) and feeder in numbers:
        copy["parameters"] = parameters | {"feeder": numbers[feeder]}
    return copy


def _copy_texts(value: JsonObject, numbers: dict[int, int]) -> JsonObject:
    copy: JsonObject = dict(value)
    todo: list[JsonObject | list[JsonValue]] = [copy]
    while todo:
        container = todo.pop()
        members = container.items() if isinstance(container, dict) else enumerate(container)
        for key, member in list(members):
            if isinstance(member, str):
                member = renumber(member, numbers)
            elif isinstance(member, (dict, list)):
                member = member.copy()
                todo.append(member)
            if isinstance(container, dict):
                container[str(key)] = member
            else:
                container[int(key)] = member
    return copy


def _same_id_and_type(left: list[Visit], right: list[Visit]) -> Iterator[tuple[Visit, Visit]]:
    known: dict[tuple[int, str], Visit] = {}
    for visit in left:
        if visit.id is not None:
            known.setdefault((visit.id, visit.type), visit)
    for visit in right:
        if visit.id is not None and (old := known.pop((visit.id, visit.type), None)):
            yield old, visit


def _same_id(left: list[Visit], right: list[Visit]) -> Iterator[tuple[Visit, Visit]]:
    known: dict[int, Visit] = {}
    for visit in left:
        if visit.id is not None:
            known.setdefault(visit.id, visit)
    for visit in right:
        if visit.id is not None and (old := known.pop(visit.id, None)):
            yield old, visit


def _same_type_and_like(left: list[Visit], right: list[Visit]) -> Iterator[tuple[Visit, Visit]]:
    groups: defaultdict[str, tuple[list[Visit], list[Visit]]]
    groups = defaultdict(lambda: ([], []))
    for visit in left:
        groups[visit.type][0].append(visit)
    for visit in right:
        groups[visit.type][1].append(visit)
    for old, new in groups.values():
        if old and new:
            yield from _most_alike(old, new)


def _most_alike(old: list[Visit], new: list[Visit]) -> Iterator[tuple[Visit, Visit]]:
    """Pair the most alike first; of equal ones, those whose order agrees."""
    prints_old = [_fingerprint(visit) for visit in old]
    prints_new = [_fingerprint(visit) for visit in new]
    exact = len(old) * len(new) > _MAX_COMPARISONS
    scores = _equal_prints(prints_old, prints_new) if exact else _all(prints_old, prints_new)
    used_old: set[int] = set()
    used_new: set[int] = set()
    for score, i, j in sorted(scores, key=lambda found: (-found[0], found[1], found[2])):
        if score >= _LIKE_ENOUGH and i not in used_old and j not in used_new:
            used_old.add(i)
            used_new.add(j)
            yield old[i], new[j]


def _all(
    old: list[frozenset[tuple[Pointer, str]]], new: list[frozenset[tuple[Pointer, str]]]
) -> Iterator[tuple[float, int, int]]:
    for i, first in enumerate(old):
        for j, second in enumerate(new):
            union = len(first | second)
            yield (len(first & second) / union if union else 1.0), i, j


def _equal_prints(
    old: list[frozenset[tuple[Pointer, str]]], new: list[frozenset[tuple[Pointer, str]]]
) -> Iterator[tuple[float, int, int]]:
    """Pair only equal modules, one by one: for groups too large to compare each with each."""
    places: defaultdict[frozenset[tuple[Pointer, str]], list[int]] = defaultdict(list)
    for j in reversed(range(len(new))):
        places[new[j]].append(j)
    for i, print_ in enumerate(old):
        if places[print_]:
            yield 1.0, i, places[print_].pop()


def _fingerprint(visit: Visit) -> frozenset[tuple[Pointer, str]]:
    """Give a module's own values as a set; module ids in expressions do not count."""
    own = content(visit.module) | {"filter": visit.module.get("filter"), "label": visit.label}
    texts = {(place, _without_ids(text)) for place, text in strings(own) if text}
    parameters = _without(as_object(own.get("parameters")), ("feeder",))
    others = {((key,), compact(value)) for key, value in parameters.items()}
    return frozenset(texts | others)


def _without_ids(text: str) -> str:
    if "{{" not in text:
        return text
    return renumber(text, _Zero())


class _Zero(dict[int, int]):
    """Maps every id to zero, so that texts are compared regardless of numbering."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: int) -> int:
        return 0


def _without(value: JsonObject, keys: tuple[str, ...]) -> JsonObject:
    return {key: member for key, member in value.items() if key not in keys}
