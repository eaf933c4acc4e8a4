"""What holds for every merge, on random blueprints and edits."""

from random import Random

import pytest
from make_blueprint.document import JsonObject, as_object
from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import walk

from tests.make_blueprint.generate_edits import random_blueprint, random_edit
from tests.make_blueprint.merging.checked import canonical, clean, edited, get, merged


@pytest.mark.parametrize("seeds", [range(75), range(75, 150)])
def test_what_one_side_alone_changed_is_the_result(seeds: range) -> None:
    for seed in seeds:
        random = Random(seed)
        base = random_blueprint(random)
        changed = random_edit(random, base, random.randint(1, 8))
        for sides in ((base, changed), (changed, base), (changed, changed)):
            result = merged(base, *sides)
            assert result.blueprint == changed, seed
            assert (result.conflicts, result.renumbered, result.broken) == ([], {}, []), seed


@pytest.mark.parametrize("seeds", [range(1000, 1125), range(1125, 1250)])
def test_sides_can_be_swapped_and_sound_sides_make_a_sound_whole(seeds: range) -> None:
    quiet = 0
    for seed in seeds:
        random = Random(seed)
        base = random_blueprint(random)
        ours, theirs = (random_edit(random, base, random.randint(1, 6)) for _ in range(2))
        result, swapped = merged(base, ours, theirs), merged(base, theirs, ours)
        assert bool(result.conflicts) == bool(swapped.conflicts), seed
        if result.conflicts:
            continue
        quiet += 1
        assert canonical(result.blueprint) == canonical(swapped.blueprint), seed
        visits = list(walk(result.blueprint))
        had = {
            fault.code
            for side in (ours, theirs)
            for fault in errors(structure_problems(side, list(walk(side))))
        }
        found = errors(structure_problems(result.blueprint, visits))
        assert {fault.code for fault in found} <= had, seed
        numbers = [visit.id for visit in visits]
        assert len(numbers) == len(set(numbers)), seed
    assert len(seeds) // 4 < quiet < len(seeds)


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
