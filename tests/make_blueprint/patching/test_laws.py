"""What holds for every patch, on random blueprints and operations, and what patches cost."""

from collections.abc import Sequence
from time import process_time

from hypothesis import given, settings
from hypothesis import strategies as st
from make_blueprint.document import Blueprint, JsonObject, JsonValue, dump
from make_blueprint.patch import apply
from make_blueprint.problem import BlueprintError
from make_blueprint.structure import errors
from make_blueprint.validate import validate
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, blueprints, chain, module, router
from tests.make_blueprint.patching.checked import GOOD_SCHEDULES, NEW, patched


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
