from collections.abc import Sequence
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, dump
from make_blueprint.patch import Patched, apply, operation_names
from make_blueprint.problem import BlueprintError
from make_blueprint.structure import errors
from make_blueprint.validate import validate
from make_blueprint.walk import find, walk

from tests.make_blueprint.generate import (
    blueprint,
    blueprints,
    branch,
    chain,
    if_else,
    merge,
    module,
    router,
)

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


def test_values_are_set_in_place_and_reported() -> None:
    document = blueprint(module(1, parameters={"limit": 5}), module(2))
    result = patched(
        document,
        {"op": "set_param", "module": 1, "name": "limit", "value": 10},
        {"op": "set_mapper", "module": "2", "name": "subject", "value": "Order {{1.id}}"},
    )
    assert value_of(result.blueprint, 1, "parameters") == {"limit": 10}
    assert value_of(result.blueprint, 2) == {"subject": "Order {{1.id}}"}
    assert (result.changed, result.new_ids, result.broken) == ([1, 2], [], [])


def test_a_value_that_is_there_already_changes_nothing() -> None:
    document = blueprint(module(1, parameters={"limit": 5}))
    result = apply(document, [{"op": "set_param", "module": 1, "name": "limit", "value": 5}])
    assert (result.changed, result.inverse) == ([], [])
    result = apply(document, [{"op": "set_param", "module": 1, "name": "limit", "value": True}])
    assert result.changed == [1]


def test_dotted_names_reach_into_lists_and_objects() -> None:
    variables: JsonValue = [{"name": "total", "value": "1"}]
    document = blueprint(module(1, mapper={"variables": variables, "a.b": {"c": 1}}))
    op = {"op": "set_mapper", "module": 1}
    result = patched(
        document,
        {**op, "name": "variables.0.value", "value": "2"},
        {**op, "name": "variables.1", "value": {"name": "tax"}},
        {**op, "name": "a.b.c", "value": 3},
        {**op, "name": "new.deep.key", "value": None},
    )
    assert value_of(result.blueprint, 1) == {
        "variables": [{"name": "total", "value": "2"}, {"name": "tax"}],
        "a.b": {"c": 3},
        "new": {"deep": {"key": None}},
    }


def test_a_missing_list_is_made_only_where_the_schema_says_it_is_one() -> None:
    known = module(1)
    known["metadata"] = {"expect": [{"name": "to", "type": "array"}]}
    op: JsonObject = {"op": "set_mapper", "module": 1, "name": "to.0", "value": "a@example.com"}
    result = patched(blueprint(known), op)
    assert value_of(result.blueprint, 1) == {"to": ["a@example.com"]}
    assert "a list or an object" in refused(blueprint(module(1)), op)[0]


def test_a_value_can_be_unset() -> None:
    document = blueprint(module(1, mapper={"a": 1, "b": {"c": 2, "d": 3}, "e": 4}))
    op = {"op": "set_mapper", "module": 1, "unset": True}
    result = patched(document, {**op, "name": "a"}, {**op, "name": "b.c"})
    assert value_of(result.blueprint, 1) == {"b": {"d": 3}, "e": 4}
    assert "not set" in refused(document, {**op, "name": "x"})[0]


def test_a_null_mapper_takes_its_first_value() -> None:
    document = blueprint(module(1) | {"mapper": None})
    result = patched(document, {"op": "set_mapper", "module": 1, "name": "key", "value": "k"})
    assert value_of(result.blueprint, 1) == {"key": "k"}


def test_filters_are_set_removed_and_checked() -> None:
    document = blueprint(module(1), module(2, filter={"name": "old", "conditions": []}))
    good: JsonValue = {"name": "Paid", "conditions": [[{"a": "{{1.s}}", "o": "exist"}]]}
    op = {"op": "set_filter", "module": 2}
    assert get(patched(document, {**op, "filter": good}).blueprint, 2)["filter"] == good
    assert get(patched(document, {**op, "filter": None}).blueprint, 2)["filter"] is None
    assert patched(document, {**op, "module": 1, "filter": None}).inverse == []
    wrong: JsonValue = {"conditions": [[{"a": "{{1.s}}", "o": "text:startswith", "b": "x"}]]}
    assert "`text:startwith`" in refused(document, {**op, "filter": wrong})[0]
    flat: JsonValue = {"conditions": [{"a": "{{1.s}}", "o": "exist"}]}
    assert "one more list" in refused(document, {**op, "filter": flat})[0]


def test_a_module_is_renamed_and_loses_its_name() -> None:
    document = blueprint(module(1))
    named = patched(document, {"op": "rename_module", "module": 1, "name": "Find order"})
    visit = find(named.blueprint, 1)
    assert visit is not None
    assert visit.label == "Find order"
    bare = patched(named.blueprint, {"op": "rename_module", "module": 1, "name": None})
    assert dump(bare.blueprint) == dump(document)


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


def test_a_binding_and_its_label_are_written_together() -> None:
    bound = module(1, "acme:doIt", parameters={"__IMTCONN__": 11})
    restore: JsonValue = {"parameters": {"__IMTCONN__": {"mode": "chose", "label": "Old"}}}
    bound["metadata"] = {"restore": restore}
    op: JsonObject = {"op": "set_binding", "module": 1, "value": 12, "label": "New"}
    result = patched(blueprint(bound), op)
    assert get(result.blueprint, 1) == bound | {
        "parameters": {"__IMTCONN__": 12},
        "metadata": {"restore": {"parameters": {"__IMTCONN__": {"mode": "chose", "label": "New"}}}},
    }


def test_the_form_of_an_id_is_kept_and_an_ambiguous_field_is_asked_for() -> None:
    call = module(1, "scenario-service:CallSubscenario", parameters={"scenario": "SCN_5"})
    two = module(2, "http:MakeRequest", parameters={"apiKeyKeychain": 3, "proxyKeychain": 4})
    document = blueprint(call, two)
    op = {"op": "set_binding", "value": 9}
    result = patched(document, {**op, "module": 1})
    assert value_of(result.blueprint, 1, "parameters") == {"scenario": "SCN_9"}
    assert "`apiKeyKeychain`, `proxyKeychain`" in refused(document, {**op, "module": 2})[0]
    result = patched(document, {**op, "module": 2, "parameter": "proxyKeychain"})
    assert value_of(result.blueprint, 2, "parameters")["proxyKeychain"] == 9


def test_a_fresh_module_gets_its_first_connection() -> None:
    op: JsonObject = {"op": "set_binding", "module": 1, "kind": "connection", "value": 12}
    result = patched(blueprint(module(1, "acme:doIt")), op)
    assert value_of(result.blueprint, 1, "parameters") == {"__IMTCONN__": 12}
    assert "hook" in refused(blueprint(module(1, "acme:doIt")), op | {"kind": "hook"})[0]


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        ({"op": "set_mapper", "module": 1, "name": "", "value": 1}, "empty"),
        ({"op": "set_mapper", "module": 1, "name": "list.5", "value": 1}, "from 0 to 1"),
        ({"op": "set_mapper", "module": 1, "name": "text.a", "value": 1}, "no object or list"),
        ({"op": "set_mapper", "module": 1, "name": "to.1", "value": 1}, "Begin with index 0"),
        ({"op": "set_binding", "module": 1, "value": True}, "`value` must be id"),
        ({"op": "add_route", "router": 2, "flow": []}, "at least one module"),
        ({"op": "add_route", "router": 2, "flow": [5]}, "at least one module"),
        ({"op": "add_route", "router": 1, "flow": [NEW]}, "not a router"),
        (
            {"op": "add_route", "router": 2, "flow": [{**NEW, "filter": {}}], "filter": {}},
            "filter of its own",
        ),
        ({"op": "remove_route", "router": 2, "route": 9}, "Routes: 0 to 0"),
        ({"op": "add_module", "module": NEW, "route_of": 2, "route": 0}, "no list of modules"),
    ],
)
def test_what_does_not_fit_its_place_is_refused(op: JsonObject, reason: str) -> None:
    mapper: JsonObject = {"list": [1], "text": "x"}
    first = module(1, mapper=mapper)
    first["metadata"] = {"expect": [{"name": "to", "type": "array"}]}
    split = router(2)
    split["routes"] = [{}]
    assert reason in refused(blueprint(first, split), op)[0]


def test_an_item_is_replaced_and_a_numbered_key_of_a_collection_is_set() -> None:
    known = module(1, mapper={"list": [1, 2]})
    known["metadata"] = {"expect": [{"name": "to", "type": "collection"}]}
    op: JsonObject = {"op": "set_mapper", "module": 1}
    result = patched(
        blueprint(known),
        {**op, "name": "list.1", "value": 3},
        {**op, "name": "to.0", "value": "x"},
        {"op": "rename_module", "module": 1, "name": None},
    )
    assert value_of(result.blueprint, 1) == {"list": [1, 3], "to": {"0": "x"}}
    assert result.changed == [1]


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


def test_all_problems_of_all_operations_come_at_once_and_nothing_is_applied() -> None:
    document = blueprint(module(1), module(2))
    problems = refused(
        document,
        {"op": "set_parm", "module": 1},
        {"op": "set_param", "modul": 1, "name": 5},
        {"op": "set_param", "module": 1, "name": "x", "value": 1},
        {"op": "remove_module", "module": 77},
        {"op": "set_param", "module": 1, "name": "x"},
    )
    assert [problem.partition(": ")[0] for problem in problems] == [
        "ops[0].op",
        "ops[1].modul",
        "ops[1].name",
        "ops[1].module",
        "ops[3].module",
        "ops[4].value",
    ]
    assert "`set_param`" in problems[0]
    assert "`module`" in problems[1]


def test_ids_and_places_beyond_all_bounds_are_refused_or_passed_over() -> None:
    far = module(1, at=(10**400, 0))
    result = patched(blueprint(far, module(2)), {"op": "add_module", "after": 1, "module": NEW})
    assert get(result.blueprint, 3)["metadata"] == {"designer": {"x": 300, "y": 0}}
    beyond = patched(
        blueprint(module(10**4300 - 1, at=(0, 0))), {"op": "add_module", "at": "end", "module": NEW}
    )
    assert get(beyond.blueprint, 1)["module"] == NEW["module"]
    last = blueprint(module(10**15 - 1, at=(0, 0)))
    text = refused(last, {"op": "add_module", "at": "end", "module": NEW})
    assert "leaves no next one" in text[0]
    numbered: JsonObject = {"op": "add_module", "at": "end", "module": {**NEW, "id": 10**15}}
    assert "Leave it out" in refused(last, numbered)[0]


@pytest.mark.parametrize("op", ["add", None, 5, ["set_param"], {"module": 1}])
def test_what_is_no_operation_is_refused(op: JsonValue) -> None:
    with pytest.raises(BlueprintError, match=r"ops\[0\]"):
        apply(blueprint(module(1)), [op])


FORGED: list[JsonValue] = [
    ["x"],
    [["put", [], 1, 0]],
    [["drop", ["flow", 9]]],
    [["drop", ["flow", -1]]],
    [["drop", ["nothing"]]],
    [["put", ["flow"], [], 0]],
    [["put", ["flow", 2], {}, 0]],
    [["set", ["flow", 1], {}]],
    [["set", ["flow", "x"], 1]],
    [["put", ["flow", 0, "a", "b"], 1, 0]],
    [["put", ["flow", 0, "a"], 1, "0"]],
    [["drop", ["flow", None]]],
]


@pytest.mark.parametrize("edits", FORGED)
def test_a_forged_way_back_is_refused(edits: JsonValue) -> None:
    with pytest.raises(BlueprintError):
        apply(blueprint(module(1)), [{"op": "restore", "edits": edits}])


def test_values_that_are_not_json_are_refused() -> None:
    with pytest.raises(BlueprintError):
        apply(
            blueprint(module(1)),
            [{"op": "set_param", "module": 1, "name": "x", "value": float("inf")}],
        )


def test_faults_that_were_there_before_do_not_block_an_edit() -> None:
    document = blueprint(router(1), module(2))
    result = patched(document, {"op": "set_mapper", "module": 2, "name": "a", "value": 1})
    assert result.changed == [2]


def test_the_vocabulary_does_not_offer_the_internal_operation() -> None:
    assert "set_param" in operation_names()
    assert "restore" not in operation_names()


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


@pytest.mark.parametrize("scheduling", GOOD_SCHEDULES)
def test_the_schedule_beside_the_flow_is_set_replaced_and_left_alone(
    scheduling: JsonObject,
) -> None:
    op: JsonObject = {"op": "reschedule", "scheduling": scheduling}
    result = patched(blueprint(module(1)), op)
    assert list(result.blueprint) == ["name", "flow", "metadata", "scheduling"]
    assert result.blueprint["scheduling"] == scheduling == result.scheduling
    assert result.changed == []
    bundled: Blueprint = {"scheduling": {"type": "once", "x": 1}, **blueprint(module(1))}
    replaced = patched(bundled, op).blueprint
    assert (next(iter(replaced)), replaced["scheduling"]) == ("scheduling", scheduling)
    assert patched(replaced, op).inverse == []
    assert patched(bundled, {"op": "rename_module", "module": 1, "name": "N"}).scheduling is None


@pytest.mark.parametrize(
    ("scheduling", "member", "reason"),
    [
        ({}, "type", "on-demand"),
        ({"type": "hourly"}, "type", "'hourly'"),
        ({"type": ["daily"]}, "type", "yearly"),
        ({"type": "indefinitely"}, "interval", "60"),
        ({"type": "indefinitely", "interval": 59}, "interval", "60"),
        ({"type": "indefinitely", "interval": "900"}, "interval", "whole number"),
        ({"type": "indefinitely", "interval": True}, "interval", "whole number"),
        ({"type": "daily", "time": "24:00"}, "time", "08:30"),
        ({"type": "daily", "time": 8}, "time", "08:30"),
        ({"type": "daily", "time": "08:30", "interval": 900}, "interval", "takes no"),
        ({"type": "once", "date": "2026-03-01"}, "date", "offset"),
        ({"type": "once", "date": "2026-02-30T00:00:00Z"}, "date", "offset"),
        ({"type": "once", "date": 5}, "date", "offset"),
        ({"type": "weekly", "time": "08:30", "days": [7]}, "days", "Sunday"),
        ({"type": "weekly", "time": "08:30", "days": []}, "days", "Sunday"),
        ({"type": "monthly", "time": "08:30", "days": [0]}, "days", "1 to 31"),
        ({"type": "yearly", "time": "08:30", "days": [1], "months": 2}, "months", "1 to 12"),
        ({"type": "on-demand", "between": ["2026-03-01"]}, "between", "two dates"),
        ({"type": "on-demand", "restrict": {}}, "restrict", "windows"),
        ({"type": "on-demand", "restrict": [5]}, "restrict", "windows"),
        ({"type": "on-demand", "restrict": [{"time": ["9", "17:00"]}]}, "restrict", "windows"),
        ({"type": "on-demand", "maximum_runs_per_minute": 0}, "maximum_runs_per_minute", "10000"),
    ],
)
def test_a_schedule_that_make_has_not_is_refused(
    scheduling: JsonObject, member: str, reason: str
) -> None:
    op: JsonObject = {"op": "reschedule", "scheduling": scheduling}
    problems = refused(blueprint(module(1)), op)
    assert problems[0].startswith(f"ops[0].scheduling.{member}: ")
    assert reason in problems[0]


def seconds(document: Blueprint, ops: list[JsonObject]) -> float:
    started = process_time()
    apply(document, ops)
    return process_time() - started


def test_a_hundred_modules_added_to_two_thousand_cost_little_more_than_one() -> None:
    document = chain(2000)
    anchors = [*range(1, 951, 19), *range(2001, 2051)]
    ops: list[JsonObject] = [
        {"op": "add_module", "module": NEW, "after": anchor} for anchor in anchors
    ]
    one = min(seconds(document, ops[:1]) for _ in range(3))
    assert min(seconds(document, ops) for _ in range(3)) < 5 * one
    result = apply(document, ops)
    assert result.new_ids == list(range(2001, 2101))
    assert dump(apply(result.blueprint, result.inverse).blueprint) == dump(document)
    places = [visit.module["metadata"] for visit in walk(result.blueprint)]
    assert places == [{"designer": {"x": 300 * n, "y": 0}} for n in range(1, 2101)]


def test_modules_added_one_by_one_stand_where_they_stand_when_added_at_once() -> None:
    document = blueprint(module(1), router(2, [module(3), module(4)], [module(5)]))
    numbered: JsonObject = {"module": "util:FunctionSleep", "id": 20}
    split: JsonObject = {"module": "builtin:BasicRouter", "routes": [{"flow": [NEW]}]}
    ops: list[JsonObject] = [
        {"op": "add_module", "module": NEW, "before": 2},
        {"op": "add_module", "module": NEW, "before": 4},
        {"op": "add_module", "module": NEW, "after": 1},
        {"op": "add_module", "module": NEW, "route_of": 2, "route": 1},
        {"op": "add_module", "module": numbered, "before": 6},
        {"op": "add_module", "module": split, "route_of": 2, "route": 1},
        {"op": "add_module", "module": NEW, "after": 20},
        {"op": "move_module", "module": 3, "after": 4},
        {"op": "add_module", "module": NEW, "before": 1},
    ]
    one_by_one = document
    for op in ops:
        one_by_one = patched(one_by_one, op).blueprint
    assert dump(patched(document, *ops).blueprint) == dump(one_by_one)


_fresh: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"module": st.sampled_from(["util:FunctionSleep", "util:SetVariable2", "json:ParseJSON"])}
)


_fresh_lists: st.SearchStrategy[JsonValue] = st.lists(_fresh, max_size=2).map(
    lambda modules: [*modules]
)


def _fields(**fields: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[JsonObject]:
    return st.fixed_dictionaries(fields)


def _places(number: st.SearchStrategy[int]) -> st.SearchStrategy[JsonObject]:
    return st.one_of(
        _fields(after=number),
        _fields(before=number),
        _fields(route_of=number, route=st.integers(0, 2)),
        _fields(at=st.sampled_from(["start", "end"])),
    )


def _operations(known: Sequence[int]) -> st.SearchStrategy[JsonObject]:
    number = st.sampled_from(known)
    names = st.sampled_from(["value", "extra", "extra.0", "mode", "a.b", "extra.a.b"])
    values: st.SearchStrategy[JsonValue] = st.one_of(
        st.none(), st.booleans(), st.integers(), st.sampled_from(["{{1.x}}", "{{3.y}}", ""])
    )
    gate: JsonValue = {"name": "g", "conditions": [[{"a": "{{1.x}}", "o": "exist"}]]}

    def op(name: str, /, **fields: st.SearchStrategy[JsonValue]) -> st.SearchStrategy[JsonObject]:
        return st.fixed_dictionaries({"op": st.just(name), **fields})

    placed = [
        st.tuples(op("add_module", module=_fresh), _places(number)),
        st.tuples(op("move_module", module=number), _places(number)),
    ]
    return st.one_of(
        op("set_param", module=number, name=names, value=values),
        op("set_mapper", module=number, name=names, value=values),
        op("set_mapper", module=number, name=names, unset=st.just(True)),
        op("set_filter", module=number, filter=st.sampled_from([None, gate])),
        op("rename_module", module=number, name=st.sampled_from([None, "Ünïcode", ""])),
        op("set_binding", module=number, value=st.integers(1, 99), kind=st.just("connection")),
        op("remove_module", module=number),
        op("reschedule", scheduling=st.sampled_from(GOOD_SCHEDULES)),
        op("add_route", router=number, flow=_fresh_lists),
        op("remove_route", router=number, route=st.integers(0, 2)),
        op("set_error_handler", module=number, handlers=_fresh_lists),
        *(pair.map(lambda both: both[0] | both[1]) for pair in placed),
    )


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_patch_and_its_inverse_lead_back_to_the_same_bytes(data: st.DataObject) -> None:
    document = data.draw(blueprints())
    known = [visit.id for visit in walk(document) if visit.id is not None]
    if data.draw(st.booleans()):
        document["scheduling"] = {"interval": 900, "type": "indefinitely"}
    for op in data.draw(st.lists(_operations(known), min_size=1, max_size=6)):
        if not _is_accepted(document, op):
            continue
        document = patched(document, op).blueprint
        assert not [fault for fault in errors(validate(document)) if _is_shape(fault.code)]


def _is_accepted(document: Blueprint, op: JsonObject) -> bool:
    before = dump(document)
    try:
        apply(document, [op])
    except BlueprintError as error:
        if not error.problems or dump(document) != before:
            raise
        return False
    return True


def _is_shape(code: str) -> bool:
    return code in ("duplicate-id", "bad-id", "router-not-last", "empty-route", "no-version")
