"""Patches that keep the promises of every patch, and what to ask of their results."""

import pytest
from make_blueprint.document import Blueprint, JsonObject, Module, dump
from make_blueprint.patch import Patched, apply
from make_blueprint.problem import BlueprintError
from make_blueprint.walk import find, walk

NEW: JsonObject = {"module": "util:ComposeTransformer", "mapper": {"value": "{{1.id}}"}}


def patched(document: Blueprint, *ops: JsonObject) -> Patched:
    """Apply operations and hold the promises that every patch makes."""
    before = dump(document)
    result = apply(document, ops)
    assert dump(document) == before
    back = apply(result.blueprint, result.inverse)
    assert dump(back.blueprint) == before
    assert dump(apply(back.blueprint, back.inverse).blueprint) == dump(result.blueprint)
    return result


def refused(document: Blueprint, *ops: JsonObject) -> list[str]:
    before = dump(document)
    with pytest.raises(BlueprintError) as caught:
        apply(document, ops)
    assert dump(document) == before
    return [str(problem) for problem in caught.value.problems]


def get(document: Blueprint, number: int) -> Module:
    visit = find(document, number)
    assert visit is not None
    return visit.module


def ids(document: Blueprint) -> list[int | None]:
    return [visit.id for visit in walk(document)]


def value_of(document: Blueprint, number: int, domain: str = "mapper") -> JsonObject:
    value = get(document, number)[domain]
    assert isinstance(value, dict)
    return value


GOOD_SCHEDULES: list[JsonObject] = [
    {"type": "immediately", "maximum_runs_per_minute": None},
    {"type": "on-demand"},
    {"type": "indefinitely", "interval": 900},
    {
        "type": "indefinitely",
        "interval": 60,
        "between": ["2026-03-01T08:00:00.000Z", "2026-04-01"],
        "restrict": [{"days": [1, 5], "months": [12], "time": ["09:00", "17:00"]}, {}],
        "maximum_runs_per_minute": 10,
    },
    {"type": "once", "date": "2026-03-01T08:00:00+02:00"},
    {"type": "daily", "time": "08:30:15"},
    {"type": "weekly", "time": "23:59", "days": [0, 6]},
    {"type": "monthly", "time": "00:00", "days": [1, 31]},
    {"type": "yearly", "time": "08:30", "days": [1], "months": [2]},
]
