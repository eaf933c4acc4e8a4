"""Alignment: which item of a list is which item of the list it was edited into."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Hashable, Sequence


def aligned(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[int]:
    """Find for each later item the earlier one with the same key, each at most once.

    Equal keys are matched in their order, those at both ends of the lists first, so that an item
    added among equal ones leaves the others where they are.

    Returns:
        An index into `before` for each item of `after`, or -1.
    """
    found = [-1] * len(after)
    shorter = min(len(before), len(after))
    first = 0
    while first < shorter and before[first] == after[first]:
        found[first] = first
        first += 1
    last = 0
    while last < shorter - first and before[-1 - last] == after[-1 - last]:
        found[-1 - last] = len(before) - 1 - last
        last += 1
    places: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index in reversed(range(first, len(before) - last)):
        places[before[index]].append(index)
    for index in range(first, len(after) - last):
        if places[after[index]]:
            found[index] = places[after[index]].pop()
    return found


def unmoved(found: Sequence[int]) -> set[int]:
    """Give the positions of a longest rising subsequence, -1 left out: what kept its order."""
    tails: list[int] = []
    at: list[int] = []
    previous: dict[int, int] = {}
    for position, number in enumerate(found):
        if number < 0:
            continue
        length = bisect_left(tails, number)
        previous[position] = at[length - 1] if length else -1
        tails[length : length + 1] = [number]
        at[length : length + 1] = [position]
    kept: set[int] = set()
    position = at[-1] if at else -1
    while position >= 0:
        kept.add(position)
        position = previous[position]
    return kept
