"""Routers, branches, error handlers and what was put into or taken out of them."""

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object
from make_blueprint.merging.tree import Side
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, branch, if_else, module, router
from tests.make_blueprint.generate import merge as join
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


def test_an_else_branch_whose_modules_were_all_replaced_is_still_the_else_branch() -> None:
    def choice(last: JsonObject) -> Blueprint:
        first = branch(module(3), merge=False, test=TEST)
        return blueprint(module(1), if_else(2, first, last))

    last = branch(module(4), merge=False)
    ours: JsonObject = {**branch(module(9, "a:A"), merge=False), "label": "rest"}
    found = clean(choice(last), choice(ours), choice({**last, "disabled": True}))
    assert as_object(as_list(get(found, 2)["branches"])[1]) == {**ours, "disabled": True}


@pytest.mark.parametrize("favor", ["ours", "theirs"])
def test_two_modules_that_each_side_wrapped_one_of_stay_one_after_the_other(favor: Side) -> None:
    base = blueprint(module(1), module(2, "x:Y"))
    ours = blueprint(module(1), router(4, [module(2, "x:Y")]))
    theirs = blueprint(router(6, [module(1)]), module(2, "x:Y"))
    result = merged(base, ours, theirs, favor)
    assert result.conflicts == []
    assert places(result.blueprint) == {
        6: "flow[0]",
        1: "flow[0].routes[0].flow[0]",
        4: "flow[0].routes[0].flow[1]",
        2: "flow[0].routes[0].flow[1].routes[0].flow[0]",
    }


def test_a_module_between_two_removals_is_told_as_lost() -> None:
    base = blueprint(module(1), router(5, [module(10)]))
    ours = blueprint(module(1, onerror=[module(10, "a:A")]))
    theirs = blueprint(router(5, [module(10)]))
    result = merged(base, ours, theirs, "theirs")
    told = {conflict.module_id: conflict.problem for conflict in result.conflicts}
    assert told[10] == "What module 10 stood in is gone on both sides."
    assert list(walk(result.blueprint)) == []
    assert 10 in places(merged(base, ours, theirs).blueprint)


def test_new_routes_are_ordered_by_the_canvas_of_the_side_that_put_them() -> None:
    def document(*flows: JsonValue) -> Blueprint:
        return blueprint(module(1), router(2, *([flow] for flow in flows)))

    first, second, third = module(3), module(4, "a:A"), module(5, "b:B")
    ours = document(second, third, module(8, "c:C", at=(0, 600)))
    theirs = document(third, module(9, "d:D", at=(0, 900)))
    found = clean(document(first, second, third), ours, theirs)
    routes = [order(as_object(route)["flow"]) for route in as_list(get(found, 2)["routes"])]
    assert routes == [[5], [8], [9]]


@pytest.mark.parametrize("empty", [{}, {"flow": 5}])
def test_a_route_that_holds_nothing_is_the_same_route_on_both_sides(empty: JsonObject) -> None:
    base = blueprint(module(1), {**router(2, [module(3)]), "routes": [empty]})
    theirs = blueprint(module(1))
    assert clean(base, base, theirs) == theirs


def test_a_canvas_can_be_beyond_all_numbers() -> None:
    base = blueprint(module(1), router(2, [module(3)]))
    ours = blueprint(module(1), router(2, [module(3)], [module(4, "a:A", at=(10**400, 0))]))
    theirs = blueprint(module(1), router(2, [module(3)], [module(5, "b:B", at=(0, 10**400))]))
    found = clean(base, ours, theirs)
    routes = [order(as_object(route)["flow"]) for route in as_list(get(found, 2)["routes"])]
    assert routes == [[3], [4], [5]]
