"""Differences: what changed between two blueprints, in terms of modules and not of lines.

Layout, what the editor keeps for itself (`metadata.restore`, `expect`, `interface`, `parameters`)
and the order of keys are no difference. Secrets are masked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias, cast

from make_blueprint.alignment import unmoved
from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    as_object,
    check_data,
    compact,
)
from make_blueprint.masking import masked
from make_blueprint.matching import Match, Pair, content, match, renumbered
from make_blueprint.outline import describe_filter
from make_blueprint.walk import Pointer, Visit, path_text, walk

EntryKind: TypeAlias = Literal[
    "added",
    "removed",
    "moved",
    "renumbered",
    "replaced",
    "version",
    "renamed",
    "filter",
    "changed",
    "setting",
    "name",
]

_DEFAULTS: JsonObject = {
    "roundtrips": 1,
    "maxErrors": 3,
    "autoCommit": True,
    "autoCommitTriggerLast": True,
    "sequential": False,
    "slots": None,
    "confidential": False,
    "dataloss": False,
    "dlq": False,
    "freshVariables": False,
}
_MARKS = {"added": "+", "removed": "-", "moved": ">"}


@dataclass(frozen=True, slots=True)
class DiffEntry:
    """One difference.

    Attributes:
        kind: What happened. `replaced` is another module under the same id, `renumbered` the same
            module under another id, `setting` and `name` concern the scenario.
        module_id: The module, by its later id if it still exists; None for the scenario.
        path: Place in the later blueprint; of a removed module, in the earlier.
        name: The module's label or name; for settings and values the key.
        before: Value before, secrets masked; null when there was none.
        after: Value after, likewise.
    """

    kind: EntryKind
    module_id: int | None
    path: str
    name: str
    before: JsonValue
    after: JsonValue

    def to_text(self) -> str:
        """Write the entry on one line."""
        who = "" if self.module_id is None else f"module {self.module_id} "
        head = f"{_MARKS.get(self.kind, '~')} {self.kind}: {who}{self.name}"
        if self.kind in ("added", "removed"):
            return f"{head} at {self.path}"
        return f"{head}: {_shown(self.before)} -> {_shown(self.after)}"


@dataclass(frozen=True, slots=True)
class Diff:
    """All differences, the scenario's own first, then module by module, removed ones last."""

    entries: list[DiffEntry]

    def __bool__(self) -> bool:
        """Tell whether there is any difference."""
        return bool(self.entries)

    def to_text(self) -> str:
        """Write one line an entry."""
        return "\n".join(entry.to_text() for entry in self.entries) or "No differences."

    def to_markdown(self) -> str:
        """Write a table for reviews."""
        if not self.entries:
            return "No differences."
        rows = ["| Change | Module | What | Before | After |", "| --- | --- | --- | --- | --- |"]
        for entry in self.entries:
            number = "" if entry.module_id is None else str(entry.module_id)
            cells = (entry.kind, number, entry.name, _shown(entry.before), _shown(entry.after))
            rows.append("| " + " | ".join(map(_cell, cells)) + " |")
        return "\n".join(rows)

    def to_json(self) -> list[JsonObject]:
        """Give the entries as JSON objects."""
        return [cast("JsonObject", asdict(entry)) for entry in self.entries]


def diff(before: Blueprint, after: Blueprint) -> Diff:
    """Compare two blueprints.

    Modules are matched by id and name, then by likeness (renumbered ones), then by id alone.
    """
    check_data(before)
    check_data(after)
    matched = match(list(walk(before)), list(walk(after)))
    entries = list(_scenario(before, after))
    moves = _moved(matched)
    added = {id(visit): _presence("added", visit) for visit in matched.added}
    pairs = {id(pair.after): pair for pair in matched.pairs}
    numbers = matched.numbers
    for visit in _in_order(matched):
        if id(visit) in added:
            entries.append(added[id(visit)])
        else:
            entries += _module(pairs[id(visit)], numbers, id(visit) in moves)
    entries += [_presence("removed", visit) for visit in matched.removed]
    return Diff(entries)


def _in_order(matched: Match) -> list[Visit]:
    """Give all modules of the later blueprint in document order."""
    visits = [*(pair.after for pair in matched.pairs), *matched.added]
    return sorted(visits, key=_order)


def _order(visit: Visit) -> tuple[tuple[int, str | int], ...]:
    rank = {"flow": 0, "metadata": 9, "routes": 1, "branches": 2, "tools": 3, "onerror": 4}
    return tuple(
        (0, key) if isinstance(key, int) else (1, rank.get(key, 5)) for key in visit.pointer
    )


def _scenario(before: Blueprint, after: Blueprint) -> Iterator[DiffEntry]:
    """Compare the name, the settings and whatever else lies beside the flow."""
    if before.get("name") != after.get("name"):
        yield DiffEntry("name", None, "name", "name", before.get("name"), after.get("name"))
    old, new = (_settings(blueprint) for blueprint in (before, after))
    for place, was, is_ in _leaves(old, new):
        path = f"metadata.scenario.{path_text(place)}"
        yield DiffEntry("setting", None, path, path_text(place), was, is_)
    rest = [_beside(blueprint) for blueprint in (before, after)]
    shown = [as_object(masked(value)) for value in rest]
    for place, _, _ in _leaves(*rest):
        path = path_text(place)
        yield DiffEntry("changed", None, path, path, _at(shown[0], place), _at(shown[1], place))


def _settings(blueprint: Blueprint) -> JsonObject:
    return _DEFAULTS | as_object(as_object(blueprint.get("metadata")).get("scenario"))


def _beside(blueprint: Blueprint) -> JsonObject:
    """Give what is neither name, settings nor modules."""
    rest: JsonObject = {k: v for k, v in blueprint.items() if k not in ("name", "flow")}
    metadata = dict(as_object(rest.get("metadata")))
    designer = dict(as_object(metadata.get("designer")))
    metadata.pop("scenario", None)
    designer.pop("orphans", None)
    metadata["designer"] = designer
    rest["metadata"] = metadata
    return rest


def _module(pair: Pair, numbers: dict[int, int], moved: bool) -> Iterator[DiffEntry]:
    """Compare one module with its earlier self."""
    old, new = pair.before, pair.after
    name, path = new.label or new.type, new.path

    def entry(kind: EntryKind, was: JsonValue, now: JsonValue, place: str = "") -> DiffEntry:
        return DiffEntry(kind, new.id, f"{path}.{place}" if place else path, name, was, now)

    if old.type != new.type:
        yield entry("replaced", old.type, new.type, "module")
    if old.id != new.id:
        yield entry("renumbered", old.id, new.id, "id")
    if moved:
        yield entry("moved", old.path, path)
    if old.version != new.version:
        yield entry("version", old.version, new.version, "version")
    if old.label != new.label:
        yield entry("renamed", old.label or None, new.label or None, "metadata.designer.name")
    yield from _filters(pair, numbers)
    yield from _values(pair, numbers)


def _filters(pair: Pair, numbers: dict[int, int]) -> Iterator[DiffEntry]:
    old: JsonObject = {"filter": pair.before.module.get("filter")}
    was, now = renumbered(old, numbers)["filter"], pair.after.module.get("filter")
    if _same(was or None, now or None):
        return
    words = [describe_filter(masked(value)) or None for value in (was, now)]
    if words[0] == words[1]:
        words = [compact(masked(value)) for value in (was, now)]
    name = pair.after.label or pair.after.type
    path = f"{pair.after.path}.filter"
    yield DiffEntry("filter", pair.after.id, path, name, words[0], words[1])


def _values(pair: Pair, numbers: dict[int, int]) -> Iterator[DiffEntry]:
    old, new = renumbered(content(pair.before.module), numbers), content(pair.after.module)
    places = [place for place, _, _ in _leaves(old, new)]
    if not places:
        return
    hidden = [as_object(masked(visit.module)) for visit in (pair.before, pair.after)]
    shown = [renumbered(content(hidden[0]), numbers), content(hidden[1])]
    for place in places:
        path = f"{pair.after.path}.{path_text(place)}"
        name = f"{pair.after.label or pair.after.type} {path_text(place)}"
        was, now = _at(shown[0], place), _at(shown[1], place)
        yield DiffEntry("changed", pair.after.id, path, name, was, now)


def _presence(kind: EntryKind, visit: Visit) -> DiffEntry:
    what: JsonObject = {"module": visit.type, "version": visit.version}
    name = visit.label or visit.type
    before, after = (None, what) if kind == "added" else (what, None)
    return DiffEntry(kind, visit.id, visit.path, name, before, after)


def _moved(matched: Match) -> set[int]:
    """Find the modules that stand in another list, or in another order than their neighbours."""
    pair_of: dict[int, int] = {}
    for number, pair in enumerate(matched.pairs):
        pair_of[id(pair.before)] = pair_of[id(pair.after)] = number
    lists = _list_counterparts(matched.pairs, pair_of)
    moved: set[int] = set()
    together: defaultdict[tuple[object, ...], list[Pair]] = defaultdict(list)
    for pair in matched.pairs:
        place = _list_of(pair.after, pair_of)
        if lists.get(_list_of(pair.before, pair_of)) == place:
            together[place].append(pair)
        else:
            moved.add(id(pair.after))
    for pairs in together.values():
        pairs.sort(key=lambda pair: pair.before.index)
        kept = unmoved([pair.after.index for pair in pairs])
        moved |= {id(pair.after) for number, pair in enumerate(pairs) if number not in kept}
    return moved


def _list_of(visit: Visit, pair_of: dict[int, int]) -> tuple[object, ...]:
    """Name the list a module stands in, by the pair its parent belongs to."""
    parent = visit.parent
    return (None if parent is None else pair_of.get(id(parent), -1), *visit.slot)


def _list_counterparts(
    pairs: list[Pair], pair_of: dict[int, int]
) -> dict[tuple[object, ...], tuple[object, ...]]:
    """Find for each earlier list the later list of the same parent that took most of its modules.

    A route keeps its identity this way when another route is put in front of it.
    """
    votes: Counter[tuple[tuple[object, ...], tuple[object, ...]]] = Counter()
    for pair in pairs:
        old, new = _list_of(pair.before, pair_of), _list_of(pair.after, pair_of)
        if old[0] == new[0] and old[1] == new[1]:
            votes[old, new] += 1
    found: dict[tuple[object, ...], tuple[object, ...]] = {}
    taken: set[tuple[object, ...]] = set()
    for (old, new), _ in votes.most_common():
        if old not in found and new not in taken:
            found[old] = new
            taken.add(new)
    return found


def _leaves(
    before: JsonObject, after: JsonObject
) -> Iterator[tuple[Pointer, JsonValue, JsonValue]]:
    """Give the smallest values that differ; a missing one and null are the same."""
    todo: list[tuple[Pointer, JsonValue, JsonValue]] = [((), before, after)]
    while todo:
        place, old, new = todo.pop()
        if len(place) < 2:
            old, new = _filled(old, new), _filled(new, old)
        if isinstance(old, dict) and isinstance(new, dict):
            keys = list(dict.fromkeys([*old, *new]))
            todo += [((*place, key), old.get(key), new.get(key)) for key in reversed(keys)]
        elif isinstance(old, list) and isinstance(new, list):
            for index in reversed(range(max(len(old), len(new)))):
                todo.append(((*place, index), _item(old, index), _item(new, index)))
        elif not _same(old, new):
            yield place, old, new


def _filled(value: JsonValue, other: JsonValue) -> JsonValue:
    """Read a missing mapper or the like as an empty one, so that its values compare singly."""
    return {} if value is None and isinstance(other, dict) else value


def _item(items: list[JsonValue], index: int) -> JsonValue:
    return items[index] if index < len(items) else None


def _same(old: JsonValue, new: JsonValue) -> bool:
    """Compare values as JSON: 1 and true differ, 1 and 1.0 do not; key order does not count."""
    if isinstance(old, bool) != isinstance(new, bool):
        return False
    nothing: tuple[JsonValue, ...] = (None, [], {})
    return old == new or (old in nothing and new in nothing)


def _at(value: JsonValue, place: Pointer) -> JsonValue:
    for key in place:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int):
            value = _item(value, key)
        else:
            return None
    return value


def _shown(value: JsonValue) -> str:
    if value is None:
        return "nothing"
    text = compact(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
