"""Layout: where modules stand on the canvas. It has no influence on what a scenario does."""

from __future__ import annotations

from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, as_object
from make_blueprint.walk import Visit, walk

STEP = 300
"""Distance between neighbours on the canvas, in its own units."""

_FARTHEST = 10**15
"""Numbers from here on are no place on a canvas, and the next step beside them is not exact."""

Point = tuple[float, float]


def position(module: Module) -> Point | None:
    """Read where a module stands, or None when x or y is missing."""
    designer = as_object(as_object(module.get("metadata")).get("designer"))
    x, y = _number(designer.get("x")), _number(designer.get("y"))
    return None if x is None or y is None else (x, y)


def missing_positions(blueprint: Blueprint) -> list[tuple[Visit, Point]]:
    """Compute a place for every module that has none, next to its neighbour or below its parent."""
    known: dict[int, Point] = {}
    missing: list[tuple[Visit, Point]] = []
    for visit in walk(blueprint):
        point = position(visit.module)
        if point is None:
            point = _beside(visit, known)
            missing.append((visit, point))
        known[id(visit.module)] = point
    return missing


def place(designer: JsonObject, point: Point) -> None:
    """Write a place into `metadata.designer`, whole numbers without a fraction."""
    for key, value in zip(("x", "y"), point, strict=True):
        designer[key] = int(value) if value == int(value) else value


def _beside(visit: Visit, known: dict[int, Point]) -> Point:
    """Place a module right of the one before it, else right of its parent, a row per route."""
    if visit.index and isinstance(before := visit.container[visit.index - 1], dict):
        x, y = known.get(id(before), (0.0, 0.0))
        return x + STEP, y
    rows = [key for key in visit.slot if isinstance(key, int)]
    row = rows[0] if rows else 0
    if visit.parent is None:
        return 0.0, 0.0 if visit.role == "flow" else float(STEP * (row + 2))
    x, y = known[id(visit.parent.module)]
    return x + STEP, y + STEP * (row + 1 if visit.role == "onerror" else row)


def _number(value: JsonValue) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < _FARTHEST else None
