"""Merges that keep the promises of every merge, and what to ask of their results."""

import json

from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    Module,
    as_list,
    as_object,
    clone,
    dump,
    load,
)
from make_blueprint.merge import Conflict, Merged, merge
from make_blueprint.merging.tree import Side
from make_blueprint.patch import apply
from make_blueprint.references import renumber
from make_blueprint.walk import find, walk

TEST: JsonObject = {"a": "{{1.x}}", "o": "exist"}


def merged(base: Blueprint, ours: Blueprint, theirs: Blueprint, favor: Side = "ours") -> Merged:
    """Merge and hold the promises that every merge makes."""
    before = [dump(document) for document in (base, ours, theirs)]
    result = merge(base, ours, theirs, favor=favor)
    assert [dump(document) for document in (base, ours, theirs)] == before
    assert "\\u0000" not in json.dumps([result.blueprint, list(map(str, result.conflicts))])
    return result


def clean(base: Blueprint, ours: Blueprint, theirs: Blueprint) -> Blueprint:
    """Merge what must not collide, both ways round."""
    result, swapped = merged(base, ours, theirs), merged(base, theirs, ours)
    assert (result.conflicts, result.broken, result.notes) == ([], [], [])
    assert swapped.conflicts == []
    assert canonical(result.blueprint) == canonical(swapped.blueprint)
    return result.blueprint


def only(result: Merged) -> Conflict:
    assert len(result.conflicts) == 1, result.conflicts
    return result.conflicts[0]


def edited(document: Blueprint, *ops: JsonObject) -> Blueprint:
    return apply(document, ops).blueprint


def get(document: Blueprint, number: int) -> Module:
    visit = find(document, number)
    assert visit is not None
    return visit.module


def places(document: Blueprint) -> dict[int | None, str]:
    return {visit.id: visit.path for visit in walk(document)}


def order(flow: JsonValue) -> list[JsonValue]:
    return [as_object(item).get("id") for item in as_list(flow)]


def canonical(document: Blueprint) -> str:
    """Write a blueprint so that ids, key order and the editor's own data do not count."""
    made = clone(document)
    numbers: dict[int, int] = {}
    for visit in walk(made):
        if visit.id is not None:
            numbers.setdefault(visit.id, 100_000 + len(numbers))
    for visit in walk(made):
        visit.module["id"] = numbers.get(visit.id or 0)
        metadata = as_object(visit.module.get("metadata"))
        metadata.pop("restore", None)
        for key in ("x", "y"):
            as_object(metadata.get("designer")).pop(key, None)
        parameters = as_object(visit.module.get("parameters"))
        if isinstance(parameters.get("feeder"), int):
            feeder = int(str(parameters["feeder"]))
            parameters["feeder"] = numbers.get(feeder, feeder)
            number, _, rest = str(parameters.get("target")).partition(".")
            if number.isdecimal():
                parameters["target"] = f"{numbers.get(int(number), number)}.{rest}"
    for note in as_list(as_object(made["metadata"]).get("notes")):
        ids = [int(str(number)) for number in as_list(as_object(note).get("moduleIds"))]
        if isinstance(note, dict):
            note["moduleIds"] = [numbers.get(number, number) for number in ids]
    return json.dumps(load(renumber(dump(made), numbers), max_depth=1000), sort_keys=True)
