"""Rules about routers, if-else, merges and error routes: S15–S25, S29."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object

from tests.make_blueprint.generate import blueprint, branch, if_else, merge, module, router
from tests.make_blueprint.lint.judging import found, having, mended, places, value_at

START = module(1, "gateway:CustomWebHook", parameters={"hook": 7})
TEST: JsonObject = {"a": "{{1.paid}}", "o": "boolean:equal", "b": "true"}


def sleep(number: int) -> JsonObject:
    return module(number, "util:FunctionSleep", mapper={"duration": "1"})


def with_router(*flows: list[JsonValue], **parameters: JsonValue) -> Blueprint:
    return blueprint(START, router(2, *flows, **parameters))


SOUND = with_router([sleep(3)], [sleep(4)], else_=1)
SOUND_BRANCHES = blueprint(
    START,
    if_else(2, branch(sleep(3), test=TEST), branch(sleep(4))),
    merge(5, {"name": "text", "mappings": ["a", "b"]}),
    sleep(6),
)


@pytest.mark.parametrize(
    ("rule", "faulty", "path"),
    [
        ("S15", with_router(), "flow[1].routes"),
        ("S15", with_router([sleep(3)], []), "flow[1].routes[1]"),
        ("S16", with_router([sleep(3)]), "flow[1]"),
        ("S17", blueprint(START, having(router(2, [sleep(3)]), mapper={"x": 1})), "flow[1].mapper"),
        ("S18", blueprint(START, router(2, [sleep(3)]), sleep(4)), "flow[1]"),
        ("S19", with_router([sleep(3)], else_=1), "flow[1].parameters.else"),
        ("S20", blueprint(START, if_else(2)), "flow[1].branches"),
        (
            "S20",
            blueprint(START, if_else(2, branch(sleep(3)), branch(sleep(4)))),
            "flow[1].branches",
        ),
        (
            "S20",
            blueprint(
                START,
                if_else(2, branch(sleep(3), merge=False), branch(sleep(4), merge=False, test=TEST)),
            ),
            "flow[1].branches[0]",
        ),
        (
            "S21",
            blueprint(START, if_else(2, {"type": "condition", "merge": False, "flow": [sleep(3)]})),
            "flow[1].branches[0]",
        ),
        ("S22", blueprint(START, if_else(2, branch(sleep(3), test=TEST))), "flow[1]"),
        ("S23", blueprint(START, merge(2)), "flow[1]"),
        (
            "S23",
            blueprint(
                START,
                if_else(2, branch(sleep(3), test=TEST), branch(sleep(4))),
                merge(5, {"name": "text", "mappings": ["a"]}),
            ),
            "flow[2].outputs[0].mappings",
        ),
        (
            "S24",
            blueprint(START, if_else(2, branch(router(3, [sleep(4)]), test=TEST, merge=False))),
            "flow[1].branches[0].flow[0]",
        ),
        (
            "S25",
            blueprint(START, if_else(2, branch(sleep(3), test=TEST, merge=False)), sleep(4)),
            "flow[1]",
        ),
        (
            "S29",
            blueprint(START, having(router(2, [sleep(3)]), onerror=[module(4, "builtin:Ignore")])),
            "flow[1].onerror",
        ),
    ],
)
def test_a_rule_finds_its_fault_where_it_is(rule: str, faulty: Blueprint, path: str) -> None:
    assert places(rule, SOUND) == []
    assert places(rule, SOUND_BRANCHES) == []
    assert path in places(rule, faulty)


def test_a_branch_that_is_off_on_purpose_is_left_alone() -> None:
    off: JsonObject = {"type": "condition", "merge": False, "disabled": True, "flow": []}
    assert places("S21", blueprint(START, if_else(2, off))) == []


@pytest.mark.parametrize(
    ("fallback", "left"), [(0, None), (1, {"else": 0}), (2, {"else": 1}), (None, None)]
)
def test_dropping_an_empty_route_keeps_the_fallback(
    fallback: int | None, left: JsonObject | None
) -> None:
    parameters: dict[str, JsonValue] = {} if fallback is None else {"else_": fallback}
    document = with_router([], [sleep(3)], [sleep(4)], **parameters)
    again = mended("S15", document)
    assert len(as_list(value_at(again, "flow", 1, "routes"))) == 2
    changed = as_object(value_at(again, "flow", 1))
    assert (changed.get("parameters") or None) == left


def test_the_last_route_is_not_dropped() -> None:
    assert [each.fixable for each in found("S15", with_router([]))] == [False]


def test_a_single_route_takes_the_place_of_its_router() -> None:
    again = mended("S16", with_router([sleep(3), sleep(4)]))
    assert value_at(again, "flow") == [START, sleep(3), sleep(4)]


def test_a_router_with_a_filter_of_its_own_is_not_inlined() -> None:
    gate: JsonObject = {"name": "Paid", "conditions": [[TEST]]}
    document = blueprint(START, having(router(2, [sleep(3)]), filter=gate))
    assert [each.fixable for each in found("S16", document)] == [False]


def test_values_mapped_on_a_router_go() -> None:
    document = blueprint(START, having(router(2, [sleep(3)], [sleep(4)]), mapper={"x": 1}))
    assert value_at(mended("S17", document), "flow", 1, "mapper") is None


def test_a_fallback_that_does_not_exist_goes() -> None:
    document = with_router([sleep(3)], [sleep(4)], else_=7)
    assert value_at(mended("S19", document), "flow", 1, "parameters") == {}


def test_an_else_moves_behind_the_conditions_unless_a_merge_counts_on_its_place() -> None:
    ends = [branch(sleep(3), merge=False), branch(sleep(4), merge=False, test=TEST)]
    again = mended("S20", blueprint(START, if_else(2, *ends)))
    assert value_at(again, "flow", 1, "branches", 1, "type") == "else"
    goes_on = [branch(sleep(3)), branch(sleep(4), test=TEST)]
    document = blueprint(START, if_else(2, *goes_on), merge(5))
    assert [each.fixable for each in found("S20", document)] == [False]


def test_branches_end_where_they_are_when_nothing_follows() -> None:
    ends = branch(sleep(4), merge=False)
    again = mended("S22", blueprint(START, if_else(2, branch(sleep(3), test=TEST), ends)))
    assert value_at(again, "flow", 1, "branches", 0, "merge") is False
    assert value_at(again, "flow", 1, "branches", 1) == ends
    followed = blueprint(START, if_else(2, branch(sleep(3), test=TEST)), sleep(4))
    assert [each.fixable for each in found("S22", followed)] == [False]


def test_missing_entries_of_a_merge_are_filled_with_nothing() -> None:
    document = blueprint(
        START,
        if_else(2, branch(sleep(3), test=TEST), branch(sleep(4))),
        having(merge(5, {"name": "text", "mappings": ["a"]}), filters=[]),
    )
    again = mended("S23", document)
    assert value_at(again, "flow", 2, "outputs", 0, "mappings") == ["a", None]
    assert value_at(again, "flow", 2, "filters") == [None, None]


def test_a_merge_without_filters_gets_none() -> None:
    document = blueprint(
        START,
        if_else(2, branch(sleep(3), test=TEST), branch(sleep(4))),
        merge(5, {"name": "text", "mappings": ["a"]}),
    )
    assert "filters" not in as_object(value_at(mended("S23", document), "flow", 2))


def test_too_many_entries_of_a_merge_are_left_to_a_person() -> None:
    document = blueprint(
        START,
        if_else(2, branch(sleep(3), test=TEST)),
        merge(5, {"name": "text", "mappings": ["a", "b"]}),
    )
    assert [each.fixable for each in found("S23", document)] == [False]


def test_an_error_route_of_directives_goes_and_one_with_work_in_it_stays() -> None:
    only = having(router(2, [sleep(3)]), onerror=[module(4, "builtin:Ignore")])
    again = mended("S29", blueprint(START, only))
    assert "onerror" not in as_object(value_at(again, "flow", 1))
    work = having(router(2, [sleep(3)]), onerror=[sleep(4), module(5, "builtin:Ignore")])
    assert [each.fixable for each in found("S29", blueprint(START, work))] == [False]
