"""Loops: which modules repeat the ones behind them, and where an aggregator ends that."""

from __future__ import annotations

from collections.abc import Iterable

from make_blueprint.document import JsonValue
from make_blueprint.lint.deeds import repeats
from make_blueprint.walk import Visit, feeder_of


def open_loops(visits: Iterable[Visit]) -> dict[int, tuple[Visit, ...]]:
    """Find the modules that each module is repeated by, the outermost first.

    A trigger is not counted: what it gives are the occasions to run.

    Args:
        visits: The running modules in walk order.

    Returns:
        The repeating modules, by the identity of the module object.
    """
    before: dict[int, tuple[Visit, ...]] = {}
    behind: dict[int, tuple[Visit, ...]] = {}
    ends: dict[int, tuple[Visit, ...]] = {}
    for visit in visits:
        inside = ends.get(id(visit.container))
        if inside is None:
            inside = _at_start(visit, before, behind)
        before[id(visit.module)] = inside
        behind[id(visit.module)] = _after(visit, inside)
        ends[id(visit.container)] = behind[id(visit.module)]
    return before


def _at_start(
    visit: Visit, before: dict[int, tuple[Visit, ...]], behind: dict[int, tuple[Visit, ...]]
) -> tuple[Visit, ...]:
    """Give the loops a list of modules begins in: on an error route its module gave nothing."""
    if visit.parent is None:
        return ()
    known = before if visit.role == "onerror" else behind
    return known[id(visit.parent.module)]


def _after(visit: Visit, inside: tuple[Visit, ...]) -> tuple[Visit, ...]:
    feeder: JsonValue = feeder_of(visit.module)
    if feeder is not None:
        # An aggregator ends its loop and those begun inside; without any it collects a trigger's.
        found = [index for index, loop in enumerate(inside) if loop.id == feeder]
        return inside[: found[0]] if found else ()
    return (*inside, visit) if repeats(visit) else inside
