import json
import time
from random import Random

import pytest
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
from make_blueprint.merging_tree import Side
from make_blueprint.patch import apply
from make_blueprint.references import renumber
from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import find, next_id, walk

from tests.make_blueprint.generate import (
    blueprint,
    branch,
    chain,
    if_else,
    module,
    router,
)
from tests.make_blueprint.generate import merge as join
from tests.make_blueprint.generate_edits import random_blueprint, random_edit

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


# Laws


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


# Written cases


def test_a_hotfix_in_production_joins_new_modules_from_staging() -> None:
    base = blueprint(module(1), module(2, mapper={"to": "a", "n": 1}), router(3, [module(4)]))
    production = edited(base, {"op": "set_mapper", "module": 2, "name": "to", "value": "b"})
    new: JsonObject = {"module": "json:ParseJSON", "mapper": {"json": "{{2.body}}"}}
    staging = edited(
        base,
        {"op": "add_module", "after": 1, "module": new},
        {"op": "add_module", "after": 4, "module": new},
        {"op": "add_route", "router": 3, "flow": [{"module": "util:FunctionSleep"}]},
        {"op": "set_mapper", "module": 2, "name": "cc", "value": "c"},
    )
    found = clean(base, production, staging)
    assert get(found, 2)["mapper"] == {"to": "b", "n": 1, "cc": "c"}
    assert places(found) == places(staging)


def test_a_colliding_id_is_renumbered_with_everything_that_refers_to_it() -> None:
    base = blueprint(module(1), module(2), router(3, [module(4)], [module(5)]))
    ours = edited(
        base, {"op": "add_module", "after": 1, "module": {"module": "util:FunctionSleep"}}
    )
    theirs = clone(base)
    gate: JsonValue = {"conditions": [[{"a": "{{6.x}}", "o": "exist"}]]}
    feeder: JsonObject = {"feeder": 6, "target": "7.items"}
    text: JsonObject = {"feeder": "6", "target": 5}
    flow = as_list(as_object(as_list(get(theirs, 3)["routes"])[1])["flow"])
    flow += [
        module(6, "builtin:BasicFeeder", mapper={"array": "{{5.rows}}"}),
        module(7, "builtin:BasicAggregator", parameters=feeder, mapper={"v": ["{{6.v}}", 1]}),
        module(8, "builtin:TextAggregator", parameters=text, mapper={"v": "{{7.array}}"}),
        module(9, mapper={"v": "6 is {{6.v}} and {{5.v}}"}, filter=gate),
    ]
    note: JsonValue = {"moduleIds": [6, 5], "content": "why", "isFilterNote": False}
    as_object(theirs["metadata"])["notes"] = [note, {"content": "free"}]
    result = merged(base, ours, theirs)
    found = result.blueprint
    assert (result.conflicts, result.renumbered) == ([], {6: 10})
    assert get(found, 6)["module"] == "util:FunctionSleep"
    assert get(found, 7)["parameters"] == {"feeder": 10, "target": "7.items"}
    assert get(found, 7)["mapper"] == {"v": ["{{10.v}}", 1]}
    assert get(found, 8)["parameters"] == {"feeder": "10", "target": 5}
    assert get(found, 9)["mapper"] == {"v": "6 is {{10.v}} and {{5.v}}"}
    assert get(found, 9)["filter"] == {"conditions": [[{"a": "{{10.x}}", "o": "exist"}]]}
    notes = as_list(as_object(found["metadata"])["notes"])
    assert [as_object(note).get("moduleIds") for note in notes] == [[10, 5], None]


def test_a_module_renumbered_by_one_side_is_found_by_the_others_references() -> None:
    base = blueprint(module(1, mapper={"a": "b"}), module(2, "x:Y", mapper={"v": "{{1.v}}"}))
    theirs = blueprint(module(8, mapper={"a": "b"}), module(2, "x:Y", mapper={"v": "{{8.v}}"}))
    added: JsonObject = {"module": "z:Z", "version": 1, "mapper": {"v": "{{1.w}}"}}
    found = clean(base, edited(base, {"op": "add_module", "after": 2, "module": added}), theirs)
    assert order(found["flow"]) == [8, 2, 3]
    assert get(found, 3)["mapper"] == {"v": "{{8.w}}"}


def test_a_renumbering_that_collides_with_an_added_module_gives_way() -> None:
    base = blueprint(module(1, mapper={"a": "b"}), module(2, "x:Y"))
    theirs = blueprint(module(3, mapper={"a": "b"}), module(2, "x:Y", mapper={"v": "{{3.v}}"}))
    result = merged(base, blueprint(*as_list(base["flow"]), module(3, "z:Z")), theirs)
    assert order(result.blueprint["flow"]) == [4, 2, 3]
    assert get(result.blueprint, 2)["mapper"] == {"v": "{{4.v}}"}
    assert (result.conflicts, result.renumbered) == ([], {})


def test_a_module_moved_by_one_side_and_edited_by_the_other_is_both() -> None:
    base = blueprint(module(1), module(2), module(3), router(4, [module(5)], [module(6)]))
    ours = edited(base, {"op": "move_module", "module": 2, "after": 5})
    theirs = edited(base, {"op": "set_mapper", "module": 2, "name": "a", "value": 1})
    found = clean(base, ours, theirs)
    assert get(found, 2)["mapper"] == {"a": 1}
    assert places(found) == places(ours)


def test_moves_within_a_list_are_followed() -> None:
    base = blueprint(*(module(number) for number in range(1, 8)))
    ours = edited(base, {"op": "move_module", "module": 2, "after": 6})
    theirs = edited(base, {"op": "move_module", "module": 5, "after": 1})
    assert order(clean(base, ours, theirs)["flow"]) == [1, 5, 3, 4, 6, 2, 7]
    assert order(clean(base, ours, ours)["flow"]) == [1, 3, 4, 5, 6, 2, 7]


@pytest.mark.parametrize(("favor", "place"), [("ours", 1), ("theirs", 4)])
def test_a_module_moved_to_two_places_is_a_conflict(favor: Side, place: int) -> None:
    base = blueprint(*(module(number) for number in range(1, 8)))
    ours = edited(base, {"op": "move_module", "module": 7, "after": 1})
    theirs = edited(base, {"op": "move_module", "module": 7, "after": 4})
    result = merged(base, ours, theirs, favor)
    assert (only(result).kind, only(result).path) == ("moved-twice", f"flow[{place}]")
    rest = blueprint(module(1), router(2, [module(3)], [module(4)]), module(5, "x:Y"))
    base = blueprint(module(1), module(5, "x:Y"), router(2, [module(3)], [module(4)]))
    ours, theirs = (
        edited(base, {"op": "move_module", "module": 5, "after": number}) for number in (3, 4)
    )
    result = merged(base, ours, theirs, favor)
    assert len(list(walk(rest))) == len(list(walk(result.blueprint)))
    assert only(result).kind == "moved-twice"
    assert only(result).path == f"flow[1].routes[{int(favor == 'theirs')}].flow[1]"


def test_two_modules_moved_in_opposite_orders_are_a_conflict() -> None:
    base = blueprint(module(1), module(2), module(3), router(4, [module(5)], [module(6)]))

    def moved(*numbers: int) -> Blueprint:
        ops: list[JsonObject] = [
            {"op": "move_module", "module": number, "after": 5} for number in reversed(numbers)
        ]
        return edited(base, *ops)

    orders: tuple[tuple[Side, list[int]], ...] = (("ours", [5, 2, 3]), ("theirs", [5, 3, 2]))
    for favor, wanted in orders:
        result = merged(base, moved(2, 3), moved(3, 2), favor)
        route = as_object(as_list(get(result.blueprint, 4)["routes"])[0])
        assert (only(result).kind, order(route["flow"])) == ("order", wanted)


def test_two_things_moved_into_each_other_are_a_conflict() -> None:
    def nested(outer: int, inner: int) -> Blueprint:
        leaf = branch(module(inner + 1), merge=False, test=TEST)
        held = if_else(inner, leaf)
        return blueprint(
            module(1), if_else(outer, branch(module(outer + 1), held, merge=False, test=TEST))
        )

    first, second = (
        if_else(number, branch(module(number + 1), merge=False, test=TEST)) for number in (2, 4)
    )
    base = blueprint(module(1), first, second)
    tops: tuple[tuple[Side, int], ...] = (("ours", 2), ("theirs", 4))
    for favor, top in tops:
        result = merged(base, nested(2, 4), nested(4, 2), favor)
        assert only(result).kind == "moved-twice"
        assert order(result.blueprint["flow"]) == [1, top]
        assert len(list(walk(result.blueprint))) == 5


@pytest.mark.parametrize("favor", ["ours", "theirs"])
def test_a_module_removed_by_one_side_and_changed_by_the_other_is_a_conflict(favor: Side) -> None:
    base = blueprint(module(1), module(2), module(3))
    ours = edited(base, {"op": "remove_module", "module": 2})
    theirs = edited(base, {"op": "set_mapper", "module": 2, "name": "a", "value": 1})
    result = merged(base, ours, theirs, favor)
    conflict = only(result)
    assert (conflict.kind, conflict.path, conflict.module_id) == (
        "removed-and-changed",
        "flow[1]",
        2,
    )
    assert (conflict.ours, as_object(conflict.theirs)["mapper"]) == (None, {"a": 1})
    assert conflict.problem == "Ours removed module 2, theirs changed it."
    assert order(result.blueprint["flow"]) == ([1, 3] if favor == "ours" else [1, 2, 3])


def test_a_module_removed_by_one_side_and_moved_by_the_other_is_a_conflict() -> None:
    base = blueprint(module(1), module(2), module(3), module(4))
    theirs = edited(base, {"op": "move_module", "module": 2, "after": 4})
    result = merged(base, theirs, edited(base, {"op": "remove_module", "module": 2}))
    assert only(result).problem == "Theirs removed module 2, ours moved it."
    assert order(result.blueprint["flow"]) == [1, 3, 4, 2]


def test_a_new_reference_to_a_removed_module_is_reported() -> None:
    base = blueprint(module(1), module(2), module(3, mapper={"old": "{{9.x}}"}))
    ours = edited(base, {"op": "remove_module", "module": 2})
    theirs = edited(base, {"op": "set_mapper", "module": 3, "name": "a", "value": "{{2.x}}"})
    as_object(theirs["metadata"])["notes"] = [{"moduleIds": [2, 8], "content": "why"}]
    result = merged(base, ours, theirs)
    assert result.conflicts == []
    assert [(b.reference.path, b.fault) for b in result.broken] == [("flow[1].mapper.a", "missing")]
    assert result.notes == ["A note sticks to module 2, which was removed."]


@pytest.mark.parametrize("favor", ["ours", "theirs"])
def test_what_is_put_into_a_removed_router_is_a_conflict(favor: Side) -> None:
    base = blueprint(module(1), module(6), router(2, [module(3)], [module(4)]))
    ours = edited(base, {"op": "remove_module", "module": 2})
    theirs = edited(
        base,
        {"op": "add_module", "after": 4, "module": {"module": "util:FunctionSleep"}},
        {"op": "move_module", "module": 6, "after": 3},
    )
    result = merged(base, ours, theirs, favor)
    assert {c.kind for c in result.conflicts} == {"removed-and-changed"}
    assert [c.problem for c in result.conflicts] == [
        f"Ours removed route {number} of module 2, theirs put something into it."
        for number in (0, 1)
    ]
    found = places(result.blueprint)
    assert found == (places(ours) if favor == "ours" else places(theirs))


def test_the_rest_of_a_removed_router_comes_back_with_what_was_changed_in_it() -> None:
    base = blueprint(module(1), router(2, [module(3), module(5)], [module(4)]))
    ours = edited(base, {"op": "remove_module", "module": 2})
    theirs = edited(base, {"op": "set_mapper", "module": 5, "name": "a", "value": 1})
    result = merged(base, ours, theirs, "theirs")
    assert only(result).module_id == 5
    assert result.blueprint == theirs


def test_one_value_set_differently_is_one_conflict() -> None:
    base = blueprint(module(1), module(2, mapper={"a": 1, "l": [{"k": 1}, 2], "m": [1]}))
    ours = blueprint(module(1), module(2, mapper={"a": 2, "l": [{"k": 3}, 2], "m": [1, 2]}))
    theirs = blueprint(module(1), module(2, mapper={"l": [{"k": 4, "n": 5}, 6], "m": [1, 3]}))
    result = merged(base, ours, theirs)
    assert [(c.path, c.base, c.ours, c.theirs) for c in result.conflicts] == [
        ("flow[1].mapper.a", 1, 2, None),
        ("flow[1].mapper.l[0].k", 1, 3, 4),
        ("flow[1].mapper.m", [1], [1, 2], [1, 3]),
    ]
    assert {(c.kind, c.module_id) for c in result.conflicts} == {("value", 2)}
    assert result.conflicts[0].problem == "Both sides changed `mapper.a` of module 2."
    wanted: JsonObject = {"a": 2, "l": [{"k": 3, "n": 5}, 6], "m": [1, 2]}
    assert get(result.blueprint, 2)["mapper"] == wanted
    result = merged(base, ours, theirs, "theirs")
    assert get(result.blueprint, 2)["mapper"] == {"l": [{"k": 4, "n": 5}, 6], "m": [1, 3]}


def test_a_missing_value_and_null_are_the_same_nothing() -> None:
    base = blueprint(module(1, filter=None))
    ours, theirs = blueprint(module(1)), blueprint(module(1, filter={"name": "Gate"}))
    assert get(clean(base, ours, theirs), 1)["filter"] == {"name": "Gate"}
    found = merged(blueprint(module(1, filter="x")), ours, base).conflicts
    assert [c.path for c in found] == ["flow[0].filter"]


def test_true_and_one_are_different_values() -> None:
    base = blueprint(module(1, mapper={"a": [1, {"b": 1}], "n": 1}))
    theirs = blueprint(module(1, mapper={"n": 1, "a": [True, {"b": 1}]}))
    found = as_object(get(clean(base, base, theirs), 1)["mapper"])
    assert as_list(found["a"])[0] is True


def test_replacing_a_module_that_the_other_side_configured_is_a_conflict() -> None:
    base = blueprint(module(1), module(2, "slack:Post", mapper={"to": "a"}))
    ours = blueprint(module(1), module(2, "slack:Post", mapper={"to": "a", "cc": "b"}))
    theirs = blueprint(module(1), module(2, "email:Send", mapper={"url": "c"}))
    result = merged(base, ours, theirs)
    assert (only(result).kind, only(result).path) == ("replaced", "flow[1]")
    assert get(result.blueprint, 2)["mapper"] == {"to": "a", "cc": "b"}
    found = merged(base, ours, theirs, "theirs").blueprint
    assert (get(found, 2)["module"], get(found, 2)["mapper"]) == ("email:Send", {"url": "c"})
    assert get(clean(base, base, theirs), 2)["module"] == "email:Send"


@pytest.mark.parametrize("favor", ["ours", "theirs"])
def test_modules_added_at_one_place_are_kept_in_an_order_to_be_confirmed(favor: Side) -> None:
    base = blueprint(module(1), module(2))
    ours, theirs = (blueprint(module(1), module(3, n), module(2)) for n in ("a:A", "b:B"))
    result = merged(base, ours, theirs, favor)
    assert only(result).kind == "order"
    assert order(result.blueprint["flow"]) == ([1, 3, 4, 2] if favor == "ours" else [1, 4, 3, 2])
    assert result.renumbered == {3: 4}


def test_an_identical_module_added_at_one_place_by_both_is_added_once() -> None:
    base = blueprint(module(1), router(2, [module(3)]))
    new = module(5, "a:A", onerror=[module(6, "builtin:Ignore")])
    ours = blueprint(module(1), new, router(2, [module(3)]))
    theirs = blueprint(module(1), new, module(7), router(2, [module(3)]))
    assert order(clean(base, ours, theirs)["flow"]) == [1, 5, 7, 2]
    elsewhere = blueprint(module(1), router(2, [module(3), new]))
    result = merged(base, ours, elsewhere)
    assert result.renumbered == {5: 7, 6: 8}


def test_routes_added_by_both_are_kept_and_the_fallback_stays_with_its_route() -> None:
    base = blueprint(module(1), router(2, [module(3)], [module(4)], else_=1))
    ours = blueprint(module(1), router(2, [module(9)], [module(3)], [module(4)], else_=2))
    theirs = blueprint(module(1), router(2, [module(3)], [module(4)], [module(9)], [module(8)]))
    get(theirs, 2)["parameters"] = {"else": 3}
    found = clean(base, ours, theirs)
    routes = [order(as_object(route)["flow"]) for route in as_list(get(found, 2)["routes"])]
    assert routes == [[9], [3], [4], [10], [8]]
    assert get(found, 2)["parameters"] == {"else": 4}
    both = edited(base, {"op": "add_route", "router": 2, "flow": [{"module": "json:ParseJSON"}]})
    found = clean(base, both, edited(base, {"op": "add_route", "router": 2, "flow": [module(7)]}))
    assert len(as_list(get(found, 2)["routes"])) == 4


def test_a_fallback_route_that_the_other_side_removed_is_a_conflict() -> None:
    base = blueprint(module(1), router(2, [module(3)], [module(4)], [module(5)], more=1))
    ours = blueprint(module(1), router(2, [module(3)], [module(4)], more=1))
    theirs = blueprint(module(1), router(2, [module(3)], [module(4)], [module(5)], more=1, else_=2))
    conflict = only(merged(base, ours, theirs))
    assert (conflict.kind, conflict.path) == ("removed-and-changed", "flow[1].parameters.else")
    assert (conflict.base, conflict.ours, conflict.theirs) == (None, None, 2)
    other = blueprint(module(1), router(2, [module(3)], [module(4)], [module(5)], more=1, else_=0))
    conflict = only(merged(base, other, theirs))
    assert (conflict.kind, conflict.ours, conflict.theirs) == ("value", 0, 2)


def test_an_error_handler_added_by_one_side_and_changed_by_another() -> None:
    base = blueprint(module(1), module(2, onerror=[module(3), module(4, "builtin:Ignore")]))
    retry: JsonObject = {"module": "builtin:Break", "version": 1}
    ours = edited(base, {"op": "set_error_handler", "module": 1, "handlers": [retry]})
    theirs = edited(base, {"op": "set_mapper", "module": 3, "name": "a", "value": 1})
    found = clean(base, ours, theirs)
    assert [len(as_list(get(found, number)["onerror"])) for number in (1, 2)] == [1, 2]
    first, second = (edited(base, {"op": "remove_module", "module": n}) for n in (3, 4))
    assert "onerror" not in get(clean(base, first, second), 2)
    result = merged(
        base, edited(base, {"op": "set_error_handler", "module": 2, "handlers": None}), theirs
    )
    assert only(result).module_id == 3


def test_modules_added_behind_what_the_other_side_put_into_a_router_go_with_it() -> None:
    base = blueprint(module(1), module(2), module(3), module(4))
    wrapped = blueprint(module(1), module(2), router(8, [module(3), module(4)], [module(9)]))
    new = module(5, "x:Y", mapper={"v": "{{4.x}}"})
    behind = blueprint(module(1), module(2), module(3), module(4), new)
    assert places(clean(base, wrapped, behind))[5] == "flow[2].routes[0].flow[2]"
    between = blueprint(module(1), module(2), module(3), module(5), module(4))
    assert places(clean(base, wrapped, between))[5] == "flow[2].routes[0].flow[1]"
    before = blueprint(module(1), module(2), module(5), module(3), module(4))
    assert order(clean(base, wrapped, before)["flow"]) == [1, 2, 5, 8]


def test_modules_added_in_a_route_that_the_other_side_took_apart_go_with_it() -> None:
    base = blueprint(module(1), router(2, [module(3), module(4)], [module(5)]))
    flat = blueprint(module(1), module(3), module(4))
    theirs = blueprint(
        module(1), router(2, [module(7), module(3), module(4), module(8)], [module(5)])
    )
    assert order(clean(base, flat, theirs)["flow"]) == [1, 7, 3, 4, 8]
    result = merged(base, blueprint(module(1), module(3), module(4), module(9, "x:Y")), theirs)
    assert order(result.blueprint["flow"]) == [1, 7, 3, 4, 8, 9]
    assert only(result).kind == "order"


def test_a_module_before_an_if_else_that_took_its_neighbour_stands_before_it() -> None:
    base = blueprint(module(1), module(2))
    ours = blueprint(module(1), if_else(3, branch(module(2), test=TEST)), join(4))
    theirs = blueprint(module(1), module(5), module(2))
    assert order(clean(base, ours, theirs)["flow"]) == [1, 5, 3, 4]


def test_a_router_and_a_module_added_at_the_end_fit_in_one_way() -> None:
    base = blueprint(module(1))
    ours, theirs = blueprint(module(1), router(2, [module(3)])), blueprint(module(1), module(4))
    assert order(clean(base, ours, theirs)["flow"]) == [1, 4, 2]


def test_an_else_branch_stays_last_and_branches_are_told_apart() -> None:
    def choice(*branches: JsonValue) -> Blueprint:
        return blueprint(module(1), if_else(2, *branches))

    one, two, other = (
        branch(module(n), merge=False, test=None if n == 5 else {**TEST, "b": n}) for n in (3, 4, 5)
    )
    found = clean(choice(one), choice(one, two), choice(one, other))
    kinds = [as_object(item)["type"] for item in as_list(get(found, 2)["branches"])]
    assert kinds == ["condition", "condition", "else"]
    labelled: JsonObject = {**one, "label": "first"}
    renamed: JsonObject = {**one, "label": "second"}
    conflict = only(merged(choice(one), choice(labelled), choice(renamed)))
    assert (conflict.path, conflict.module_id) == ("flow[1].branches[0].label", 2)
    assert conflict.problem == "Both sides changed `label` of branch 0 of module 2."
    emptied: JsonObject = {**other, "flow": [module(9, "q:Q")]}
    assert places(clean(choice(one, other), choice(other), choice(one, other)))[5]
    found = merged(choice(one, other), choice(one, emptied), choice(one, other)).blueprint
    assert order(as_object(as_list(get(found, 2)["branches"])[1])["flow"]) == [9]


def test_editor_data_follow_who_changed_the_module_and_never_collide() -> None:
    def document(value: int, x: int, label: str) -> Blueprint:
        made = module(1, mapper={"a": value}, at=(x, 0))
        as_object(made["metadata"])["restore"] = {"expect": {"a": {"label": label}}}
        return blueprint(made)

    base, ours, theirs = document(1, 0, "a"), document(1, 5, "b"), document(2, 7, "c")
    assert clean(base, ours, theirs) == theirs
    assert clean(base, theirs, ours) == theirs
    moved = merged(base, ours, document(1, 7, "c"))
    assert (moved.conflicts, moved.blueprint) == ([], ours)
    assert merged(base, ours, document(1, 7, "c"), "theirs").blueprint == document(1, 7, "c")


def test_the_fields_a_return_sends_are_no_mere_editor_data() -> None:
    def document(*names: str) -> Blueprint:
        made = module(1, "scenario-service:ReturnData")
        as_object(made["metadata"])["expect"] = [{"name": name} for name in names]
        return blueprint(made)

    conflict = only(merged(document("a"), document("a", "b"), document("a", "c")))
    assert conflict.path == "flow[0].metadata.expect"


def test_settings_name_and_unknown_keys_merge_key_by_key() -> None:
    base = blueprint(module(1), extra={"a": 1})
    ours, theirs = clone(base), clone(base)
    ours["name"], theirs["later"] = "New name", {"b": None}
    as_object(as_object(ours["metadata"])["scenario"])["dlq"] = True
    as_object(as_object(theirs["metadata"])["scenario"]).pop("autoCommit")
    as_object(theirs["metadata"])["instant"] = True
    as_object(theirs["extra"])["c"] = [1]
    found = clean(base, ours, theirs)
    assert list(found) == ["name", "flow", "metadata", "extra", "later"]
    assert (found["name"], found["extra"]) == ("New name", {"a": 1, "c": [1]})
    scenario = as_object(as_object(found["metadata"])["scenario"])
    assert scenario == {"roundtrips": 1, "maxErrors": 3, "dlq": True}
    theirs["name"] = "Other name"
    conflict = only(merged(base, ours, theirs))
    assert (conflict.path, conflict.module_id) == ("name", None)
    assert conflict.problem == "Both sides changed `name` of the scenario."


def test_notes_of_both_are_kept_and_told_apart_by_what_they_say() -> None:
    def document(*notes: JsonValue) -> Blueprint:
        made = blueprint(module(1), module(2))
        as_object(made["metadata"])["notes"] = [*notes]
        return made

    def note(text: str, number: int) -> JsonObject:
        return {"moduleIds": [number], "content": text, "isFilterNote": False}

    base = document(note("a", 1), note("b", 2), note("gone", 1))
    ours = document(note("a!", 1), note("b", 2), note("new", 2), note("both", 1))
    theirs = document(note("a", 1), note("b", 1), note("gone", 1), note("both", 1), note("x", 1))
    found = as_object(clean(base, ours, theirs)["metadata"])["notes"]
    texts = ["a!", "b", "both", "x", "new"]
    assert [as_object(one)["content"] for one in as_list(found)] == texts
    assert as_object(as_list(found)[1])["moduleIds"] == [1]
    conflict = only(merged(base, ours, document(note("a?", 1), note("b", 2), note("gone", 1))))
    assert conflict.path == "metadata.notes[0].content"
    odd = document("free text", note("b", 2))
    assert clean(base, base, odd) == odd
    plain = blueprint(module(1), module(2))
    as_object(plain["metadata"])["notes"] = "none"
    assert merged(plain, blueprint(module(2), module(1)), plain).blueprint["name"]


def test_detached_modules_are_merged_too() -> None:
    def document(*orphans: JsonValue) -> Blueprint:
        made = blueprint(module(1))
        as_object(made["metadata"])["designer"] = {"orphans": [*orphans]}
        return made

    base = document([module(2), module(3)], module(4))
    ours = document([module(3)], module(4), [module(5, "a:A", at=(0, 900))])
    theirs = document([module(2)], module(4), [module(5, "b:B", at=(0, 600))], 7)
    found = clean(base, ours, theirs)
    orphans = as_list(as_object(as_object(found["metadata"])["designer"])["orphans"])
    shown = [order(item) if isinstance(item, list) else item for item in orphans]
    assert shown[-3:] == [[6], 7, [5]]
    bare = blueprint(module(1))
    bare["metadata"] = {"version": 1, "scenario": {}}
    assert clean(bare, bare, document([module(2)])) == document([module(2)])
    changed = document([module(2, mapper={"a": 1})])
    conflict = only(merged(document([module(2)]), bare, changed, "theirs"))
    assert conflict.path == "metadata.designer.orphans[0][0]"


def test_what_is_sound_apart_and_unsound_together_is_a_conflict() -> None:
    base = blueprint(module(1), router(2, [module(3), module(4)], [module(5)]))
    ours, theirs = (edited(base, {"op": "remove_module", "module": n}) for n in (3, 4))
    conflict = only(merged(base, ours, theirs))
    assert (conflict.kind, conflict.path, conflict.module_id) == (
        "structure",
        "flow[1].routes[0]",
        2,
    )
    broken = blueprint(module(1, "not a name"))
    assert merged(broken, broken, broken).conflicts == []


@pytest.mark.parametrize("odd", [None, "text", 5, [5, "x"], [None], {}])
def test_lists_of_the_wrong_shape_survive(odd: JsonValue) -> None:
    base = blueprint(module(1), router(2, [module(3)]))
    theirs = clone(base)
    get(theirs, 2)["routes"] = odd
    theirs["odd"] = odd
    assert clean(base, base, theirs) == theirs
    assert clean(base, theirs, base) == theirs
    assert clean(theirs, theirs, base) == base
    changed = edited(base, {"op": "set_mapper", "module": 3, "name": "a", "value": 1})
    assert merged(base, changed, theirs).conflicts
    assert merged(base, changed, theirs, "theirs").conflicts


def test_placeholders_and_ids_used_twice_survive() -> None:
    empty: JsonObject = {"id": None, "module": "placeholder:Placeholder", "metadata": {}}
    base = blueprint(module(1), empty)
    theirs = blueprint(module(1), module(5, "a:A"), empty, module(5, "b:B"))
    assert clean(base, base, theirs) == theirs
    assert merged(base, theirs, theirs).blueprint == theirs
    named = blueprint(module(1), {**empty, "id": 3})
    assert get(clean(base, base, named), 3)["module"] == "placeholder:Placeholder"
    assert next_id(named) == 4


def test_a_list_against_another_shape_is_a_conflict_of_values() -> None:
    base, theirs = (blueprint(module(1, onerror=text)) for text in ("x", "y"))
    conflict = only(merged(base, blueprint(module(1, onerror=[])), theirs))
    assert (conflict.path, conflict.ours, conflict.theirs) == ("flow[0].onerror", [], "y")


def test_modules_without_metadata_are_merged() -> None:
    def document(value: int, version: int) -> Blueprint:
        made = module(1, mapper={"a": value}, version=version)
        return blueprint({**made, "metadata": None})

    assert clean(document(1, 1), document(2, 1), document(1, 2)) == document(2, 2)


def test_an_else_branch_whose_modules_were_all_replaced_is_still_the_else_branch() -> None:
    def choice(last: JsonObject) -> Blueprint:
        first = branch(module(3), merge=False, test=TEST)
        return blueprint(module(1), if_else(2, first, last))

    last = branch(module(4), merge=False)
    ours: JsonObject = {**branch(module(9, "a:A"), merge=False), "label": "rest"}
    found = clean(choice(last), choice(ours), choice({**last, "disabled": True}))
    assert as_object(as_list(get(found, 2)["branches"])[1]) == {**ours, "disabled": True}


# Size


def test_three_hundred_modules_are_merged_quickly() -> None:
    base = chain(300)
    added: JsonObject = {
        "op": "add_module",
        "after": 20,
        "module": {"module": "util:FunctionSleep"},
    }
    ours = edited(base, {"op": "set_mapper", "module": 9, "name": "a", "value": 1}, added)
    theirs = edited(base, {**added, "after": 40}, {"op": "remove_module", "module": 80})
    start = time.perf_counter()
    result = merged(base, ours, theirs)
    assert time.perf_counter() - start < 2
    assert (result.conflicts, result.renumbered) == ([], {301: 302})


def test_deep_and_long_blueprints_are_merged() -> None:
    flow: list[JsonValue] = [module(1)]
    for number in range(2, 82, 2):
        flow = [module(number), router(number + 1, flow)]
    for base in (blueprint(*flow), chain(500)):
        ours, theirs = clone(base), clone(base)
        as_object(get(theirs, 1)["mapper"])["a"] = 1
        as_object(get(ours, 1)["mapper"])["b"] = 2
        assert get(clean(base, ours, theirs), 1)["mapper"] == {
            **as_object(get(base, 1)["mapper"]),
            "a": 1,
            "b": 2,
        }
    renumbered = clone(chain(2000))
    for visit in walk(renumbered):
        visit.module["id"] = (visit.id or 0) + 5000
    assert merged(chain(2000), chain(2000), renumbered).conflicts == []


def test_a_stray_key_named_like_the_list_of_detached_modules_is_kept() -> None:
    base = blueprint(module(1))
    stray = blueprint(module(1), orphans="a word")
    assert merge(base, base, stray).blueprint == stray
    assert merge(base, stray, base).blueprint == stray
