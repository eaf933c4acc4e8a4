"""Modules added, moved, removed, replaced and renumbered by two sides."""

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object, clone
from make_blueprint.merging.tree import Side
from make_blueprint.walk import next_id, walk

from tests.make_blueprint.generate import blueprint, branch, if_else, module, router
from tests.make_blueprint.merging.checked import (
    TEST,
    clean,
    edited,
    get,
    merged,
    only,
    order,
    places,
)


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


def test_placeholders_and_ids_used_twice_survive() -> None:
    empty: JsonObject = {"id": None, "module": "placeholder:Placeholder", "metadata": {}}
    base = blueprint(module(1), empty)
    theirs = blueprint(module(1), module(5, "a:A"), empty, module(5, "b:B"))
    assert clean(base, base, theirs) == theirs
    assert merged(base, theirs, theirs).blueprint == theirs
    named = blueprint(module(1), {**empty, "id": 3})
    assert get(clean(base, base, named), 3)["module"] == "placeholder:Placeholder"
    assert next_id(named) == 4
