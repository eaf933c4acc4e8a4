"""Modules, routes and error handlers added, moved and removed."""

import pytest
from make_blueprint.document import JsonObject, JsonValue, Module, as_object, dump
from make_blueprint.structure import errors
from make_blueprint.validate import validate
from make_blueprint.walk import find, walk

from tests.make_blueprint.generate import blueprint, branch, if_else, merge, module, router
from tests.make_blueprint.patching.checked import NEW, get, ids, patched, refused, value_of


def test_a_new_module_gets_an_id_a_version_and_a_place() -> None:
    document = blueprint(module(1), module(2), module(7))
    result = patched(document, {"op": "add_module", "after": 1, "module": NEW})
    assert ids(result.blueprint) == [1, 8, 2, 7]
    assert get(result.blueprint, 8) == {
        "id": 8,
        "module": "util:ComposeTransformer",
        "version": 1,
        "parameters": {},
        "mapper": {"value": "{{1.id}}"},
        "metadata": {"designer": {"x": 600, "y": 0}},
    }
    assert (result.new_ids, result.changed) == ([8], [])
    assert get(result.blueprint, 2)["metadata"] == {"designer": {"x": 900, "y": 0}}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"before": 1}, [5, 1, 2, 3, 4]),
        ({"at": "start"}, [5, 1, 2, 3, 4]),
        ({"before": 2}, [1, 5, 2, 3, 4]),
        ({"route_of": 2, "route": 0}, [1, 2, 3, 5, 4]),
        ({"route_of": "2", "route": "1"}, [1, 2, 3, 4, 5]),
        ({"before": 4}, [1, 2, 3, 5, 4]),
    ],
)
def test_a_new_module_stands_where_it_was_asked_for(place: JsonObject, expected: list[int]) -> None:
    document = blueprint(module(1), router(2, [module(3)], [module(4)]))
    added: JsonObject = {"module": "util:FunctionSleep", "mapper": {"duration": "3"}}
    result = patched(document, {"op": "add_module", "module": added, **place})
    assert ids(result.blueprint) == expected
    assert not errors(validate(result.blueprint))


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({}, "exactly one"),
        ({"after": 1, "at": "end"}, "exactly one"),
        ({"after": 2}, "add_route"),
        ({"at": "end"}, "`before: 2`"),
        ({"at": "middle"}, "`start` or `end`"),
        ({"after": 9}, "no module 9"),
        ({"route_of": 1, "route": 0}, "no router"),
        ({"route_of": 2, "route": 2}, "0 to 1"),
        ({"route_of": 2}, "no route None"),
    ],
)
def test_a_place_where_nothing_could_run_is_refused(place: JsonObject, reason: str) -> None:
    document = blueprint(module(1), router(2, [module(3)], [module(4)]))
    problems = refused(document, {"op": "add_module", "module": NEW, **place})
    assert len(problems) == 1
    assert reason in problems[0]


def test_nothing_gets_between_an_if_else_and_its_merge() -> None:
    document = blueprint(
        module(1),
        if_else(2, branch(module(3), test={"a": "{{1.a}}", "o": "exist"})),
        merge(4, {"name": "x", "mappings": ["{{3.x}}"]}),
    )
    for place in ("after", "before"):
        number = 2 if place == "after" else 4
        problems = refused(document, {"op": "add_module", "module": NEW, place: number})
        assert "`after: 4`" in problems[0]
    problems = refused(document, {"op": "remove_module", "module": 2})
    assert any("directly behind an if-else" in problem for problem in problems)
    in_branch: JsonObject = {"op": "add_module", "module": NEW, "route_of": 2, "route": 0}
    assert ids(patched(document, in_branch).blueprint) == [1, 2, 3, 5, 4]


@pytest.mark.parametrize(
    ("added", "reason"),
    [
        ({"module": "builtin:Sleep"}, "`util:FunctionSleep`"),
        ({"module": "builtin:BasicFilter"}, "no filter module"),
        ({"module": "acme:doIt"}, "version of `acme:doIt`"),
        ({"module": "Sleep"}, "<app>:<Name>"),
        ({"module": "google-sheets:searchRows@2"}, "google-sheets:filterRows"),
        ({"module": "util:FunctionSleep", "id": 1}, "in use"),
        ({"module": "util:FunctionSleep", "id": "x"}, "whole number"),
        ({"module": "builtin:BasicAggregator"}, "whose bundles"),
        ({}, "<app>:<Name>"),
    ],
)
def test_a_module_that_cannot_be_is_not_added(added: JsonObject, reason: str) -> None:
    problems = refused(blueprint(module(1)), {"op": "add_module", "after": 1, "module": added})
    assert reason in problems[0]


def test_new_modules_may_refer_to_each_other_by_free_ids_of_their_own() -> None:
    first: JsonObject = {"id": 50, "module": "util:ComposeTransformer"}
    second: JsonObject = {"module": "util:FunctionSleep", "mapper": {"duration": "{{50.value}}"}}
    result = patched(
        blueprint(module(1), router(2, [module(3)])),
        {"op": "add_route", "router": 2, "flow": [first, second]},
    )
    assert (result.new_ids, result.broken) == ([50, 51], [])


def test_a_route_is_added_with_its_filter_and_removed_with_its_fallback() -> None:
    document = blueprint(module(1), router(2, [module(3)], [module(4)], else_=1))
    gate: JsonValue = {"name": "Big", "conditions": [[{"a": "{{1.n}}", "o": "exist"}]]}
    added = patched(document, {"op": "add_route", "router": 2, "flow": [NEW], "filter": gate})
    assert get(added.blueprint, 5)["filter"] == gate
    assert added.changed == [2]
    removed = patched(added.blueprint, {"op": "remove_route", "router": 2, "route": 0})
    assert value_of(removed.blueprint, 2, "parameters") == {"else": 0}
    assert removed.changed == [2, 3]
    none = patched(removed.blueprint, {"op": "remove_route", "router": 2, "route": 0})
    assert value_of(none.blueprint, 2, "parameters") == {}
    last = refused(none.blueprint, {"op": "remove_route", "router": 2, "route": 0})
    assert "no routes" in last[0]


def test_removing_a_module_reports_only_the_references_that_this_breaks() -> None:
    document = blueprint(
        module(1),
        module(2),
        module(3, mapper={"value": "{{2.a}} {{9.x}}"}),
        module(4, filter={"conditions": [[{"a": "{{`2`}}", "o": "exist"}]]}),
        module(5, "builtin:BasicAggregator", parameters={"feeder": 2}),
    )
    result = patched(document, {"op": "remove_module", "module": 2})
    assert [(broken.reference.path, broken.fault) for broken in result.broken] == [
        ("flow[1].mapper.value", "missing"),
        ("flow[2].filter.conditions[0][0].a", "missing"),
        ("flow[3].parameters.feeder", "missing"),
    ]
    assert result.changed == [2]


def test_removing_a_filtered_module_says_that_the_gate_is_gone() -> None:
    gate: JsonValue = {"conditions": [[{"a": "{{1.n}}", "o": "exist"}]]}
    document = blueprint(module(1), module(2, filter=gate), module(3))
    assert "filter" in patched(document, {"op": "remove_module", "module": 2}).notes[0]
    assert patched(document, {"op": "remove_module", "module": 3}).notes == []


def test_the_only_module_of_a_route_is_not_removed_alone() -> None:
    document = blueprint(module(1), router(2, [module(3)], [module(4)]))
    problems = refused(document, {"op": "remove_module", "module": 3})
    assert "remove the route" in problems[0]


def test_the_last_handler_takes_its_error_route_along() -> None:
    document = blueprint(module(1, onerror=[module(2, "builtin:Ignore")]))
    result = patched(document, {"op": "remove_module", "module": 2})
    assert "onerror" not in get(result.blueprint, 1)


def test_a_move_reports_what_it_takes_out_of_sight() -> None:
    document = blueprint(
        module(1), module(2), router(3, [module(4, mapper={"value": "{{2.x}}"})], [module(5)])
    )
    result = patched(document, {"op": "move_module", "module": 2, "after": 5})
    assert ids(result.blueprint) == [1, 3, 4, 5, 2]
    assert [broken.fault for broken in result.broken] == ["not_upstream"]
    assert result.changed == [2]


def test_a_module_moves_with_all_it_holds_but_never_into_itself() -> None:
    inner = module(4, onerror=[module(5, "builtin:Ignore")])
    document = blueprint(module(1), router(3, [inner, module(7)], [module(6)]))
    into_itself = refused(document, {"op": "move_module", "module": 3, "before": 4})
    assert "into itself" in into_itself[0]
    result = patched(document, {"op": "move_module", "module": 4, "before": 6})
    visit = find(result.blueprint, 5)
    assert visit is not None
    assert visit.path == "flow[1].routes[1].flow[0].onerror[0]"


def test_moving_the_only_module_of_a_route_is_refused_with_the_way_out() -> None:
    document = blueprint(module(1), router(2, [module(3)], [module(4)]))
    move: JsonObject = {"op": "move_module", "module": 3, "before": 4}
    assert "remove the route" in refused(document, move)[0]
    result = patched(document, move, {"op": "remove_route", "router": 2, "route": 0})
    assert ids(result.blueprint) == [1, 2, 3, 4]


def test_moving_the_last_detached_module_removes_its_chain() -> None:
    document = blueprint(module(1))
    document["metadata"] = {"designer": {"orphans": [[module(2)], [module(3)]]}}
    result = patched(document, {"op": "move_module", "module": 2, "at": "end"})
    assert [visit.path for visit in walk(result.blueprint)] == [
        "flow[0]",
        "flow[1]",
        "metadata.designer.orphans[0][0]",
    ]


def test_modules_without_a_place_are_moved_all_the_same() -> None:
    bare: Module = {"id": 4, "module": "util:FunctionSleep", "version": 1}
    document = blueprint(module(1), module(5), router(2, [bare]))
    still = patched(document, {"op": "move_module", "module": 2, "after": 5})
    assert still.inverse == []
    moved = patched(document, {"op": "move_module", "module": 5, "after": 4})
    assert ids(moved.blueprint) == [1, 2, 4, 5]
    back = patched(moved.blueprint, {"op": "move_module", "module": 4, "before": 2})
    assert ids(back.blueprint) == [1, 4, 2, 5]
    added: JsonObject = {"op": "add_module", "module": NEW, "after": 5}
    assert get(patched(document, added).blueprint, 4) == bare
    pushed = patched(blueprint(module(1), router(2, [bare])), added | {"after": 1}).blueprint
    assert get(pushed, 2)["metadata"] == {"designer": {"x": 900, "y": 0}}
    assert get(pushed, 4) == bare
    named = patched(document, {"op": "rename_module", "module": 4, "name": "N"}).blueprint
    assert get(named, 4)["metadata"] == {"designer": {"name": "N"}}


def test_an_empty_slot_needs_no_version_and_a_router_without_routes_gets_its_first() -> None:
    slot: JsonObject = {"module": "placeholder:Placeholder"}
    result = patched(blueprint(module(1)), {"op": "add_module", "module": slot, "after": 1})
    assert list(get(result.blueprint, 2)) == ["id", "module", "metadata"]
    split = router(2)
    del split["routes"]
    op: JsonObject = {"op": "add_route", "router": 2, "flow": [NEW]}
    assert ids(patched(blueprint(module(1), split), op).blueprint) == [1, 2, 3]


def test_an_error_handler_is_set_replaced_and_removed() -> None:
    document = blueprint(module(1), module(2))
    retry: JsonObject = {"module": "builtin:Break", "mapper": {"count": "3", "interval": "15"}}
    op = {"op": "set_error_handler", "module": 2}
    added = patched(document, {**op, "handlers": [retry]})
    assert added.new_ids == [3]
    assert added.changed == [2]
    ignore: JsonObject = {"id": 3, "module": "builtin:Ignore"}
    replaced = patched(added.blueprint, {**op, "handlers": [ignore]})
    assert (replaced.new_ids, replaced.changed) == ([], [2, 3])
    removed = patched(replaced.blueprint, {**op, "handlers": None})
    assert patched(removed.blueprint, {**op, "handlers": None}).inverse == []
    assert dump(removed.blueprint) == dump(document)


def test_a_new_module_takes_no_id_that_a_mapping_a_note_or_an_orphan_still_means() -> None:
    document = blueprint(module(1), module(4, mapper={"value": "{{5.id}} {{7.id}}"}))
    as_object(document["metadata"])["notes"] = [{"moduleIds": [6, "x"]}, {"content": "loose"}]
    as_object(as_object(document["metadata"])["designer"])["orphans"] = [[module(8)], [module(2)]]
    adding: JsonObject = {"op": "add_module", "after": 1, "module": NEW}
    assert patched(document, adding, adding).new_ids == [9, 10]
    as_object(as_object(document["metadata"])["designer"])["orphans"] = []
    assert patched(document, adding, adding).new_ids == [8, 9]
