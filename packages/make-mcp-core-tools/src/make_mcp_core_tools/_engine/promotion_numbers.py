"""Module ids of a promoted scenario: the same module keeps its id in the target, every time.

Where production had added a module under the id that development gave to another one, the first
promotion gives the latter a new id there. That is recorded, and later promotions are held against
the target under the target's ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_blueprint.document import as_list, as_object, clone
from make_blueprint.merging.tree import HOLDERS
from make_blueprint.merging.values import translated
from make_blueprint.walk import walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_blueprint.document import Blueprint

Numbers = dict[int, int]
"""Id in the target by id in the source, where they differ."""


def aligned(known: Mapping[int, int], *versions: Blueprint) -> Numbers:
    """Give the target's ids for versions of a source, the recorded ones and no id twice.

    Args:
        known: As recorded by the last promotion.
        versions: The source as it is, and as it was promoted last.
    """
    ids = {visit.id for one in versions for visit in walk(one) if visit.id is not None}
    numbers = {old: new for old, new in known.items() if old in ids}
    taken = set(numbers.values())
    free = max(ids | taken, default=0) + 1
    for old in sorted(ids - numbers.keys()):
        if old in taken:
            numbers[old] = free
            free += 1
    return numbers


def numbered(blueprint: Blueprint, numbers: Mapping[int, int]) -> Blueprint:
    """Copy a blueprint with other module ids, and everything that refers to them."""
    copy = clone(blueprint)
    if not numbers:
        return copy
    for visit in list(walk(copy)):
        visit.module.update(translated(visit.module, numbers))
        for branch in (one for key in HOLDERS for one in as_list(visit.module.get(key))):
            inner = as_object(branch)
            inner.update(translated(inner, numbers))
        if visit.id is not None and visit.id in numbers:
            visit.module["id"] = numbers[visit.id]
    copy.update(translated(copy, numbers))
    return copy


def after_merge(source: Blueprint, before: Numbers, renumbered: Mapping[int, int]) -> Numbers:
    """Give the target's ids once a merge has renumbered what collided there."""
    final: Numbers = {}
    for visit in walk(source):
        if visit.id is not None:
            between = before.get(visit.id, visit.id)
            final[visit.id] = renumbered.get(between, between)
    return {old: new for old, new in final.items() if old != new}
