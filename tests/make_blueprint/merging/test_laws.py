"""What holds for every merge, on random blueprints and edits."""

from itertools import count
from random import Random

import pytest
from make_blueprint.document import Blueprint, JsonObject, as_object, dump
from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import walk

from tests.make_blueprint.generate_edits import random_blueprint, random_edit
from tests.make_blueprint.merging.checked import canonical, clean, edited, get, merged

PARTS = range(5)
CASES = 200
"""Distinct cases of each law in each part, every day; no two parts have one in common."""


def drawn(random: Random, edits: int) -> tuple[Blueprint, Blueprint, Blueprint]:
    """Draw a base, mostly a small one, and two versions of it that differ from it."""
    base = random_blueprint(random, random.choice((0, 0, 0, 1, 1, 1, 2)))
    ours, theirs = base, base
    while ours == base:
        ours = random_edit(random, base, random.randint(1, edits))
    while theirs == base:
        theirs = random_edit(random, base, random.randint(1, edits))
    return base, ours, theirs


@pytest.mark.parametrize("part", PARTS)
def test_what_one_side_alone_changed_is_the_result(part: int) -> None:
    cases: set[str] = set()
    for seed in count(part * 10 * CASES):
        base, changed, _ = drawn(Random(seed), 8)
        cases.add(f"{dump(base)} {dump(changed)}")
        for sides in ((base, changed), (changed, base), (changed, changed)):
            result = merged(base, *sides)
            assert result.blueprint == changed, seed
            assert (result.conflicts, result.renumbered, result.broken) == ([], {}, []), seed
        if len(cases) == CASES:
            return


@pytest.mark.parametrize("part", PARTS)
def test_sides_can_be_swapped_and_sound_sides_make_a_sound_whole(part: int) -> None:
    cases: set[str] = set()
    for seed in count(first := 100_000 + part * 10 * CASES):
        base, ours, theirs = drawn(Random(seed), 5)
        result, swapped = merged(base, ours, theirs), merged(base, theirs, ours)
        assert bool(result.conflicts) == bool(swapped.conflicts), seed
        if not result.conflicts:
            cases.add(f"{dump(base)} {dump(ours)} {dump(theirs)}")
            assert canonical(result.blueprint) == canonical(swapped.blueprint), seed
            check_soundness(result.blueprint, ours, theirs)
        if len(cases) == CASES:
            assert CASES < seed - first < 4 * CASES
            return


def check_soundness(result: Blueprint, *sides: Blueprint) -> None:
    visits = list(walk(result))
    had = {
        fault.code for side in sides for fault in errors(structure_problems(side, list(walk(side))))
    }
    found = errors(structure_problems(result, visits))
    assert {fault.code for fault in found} <= had
    numbers = [visit.id for visit in visits]
    assert len(numbers) == len(set(numbers))


def test_edits_of_different_modules_never_collide() -> None:
    for seed in range(40):
        random = Random(seed)
        base = random_blueprint(random)
        numbers = [v.id for v in walk(base) if v.id is not None and "routes" not in v.module]
        random.shuffle(numbers)
        half = len(numbers) // 2
        keys = {number: f"k{random.randint(0, 2)}" for number in numbers}
        ops: list[JsonObject] = [
            {"op": "set_param", "module": number, "name": keys[number], "value": number}
            for number in numbers
        ]
        found = clean(base, edited(base, *ops[:half]), edited(base, *ops[half:]))
        for number in numbers:
            assert as_object(get(found, number)["parameters"])[keys[number]] == number
        assert canonical(found) == canonical(edited(base, *ops))
