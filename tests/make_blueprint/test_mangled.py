"""Whatever stands where a module or list should stand, nothing but a BlueprintError is raised."""

from hypothesis import given, settings
from hypothesis import strategies as st
from make_blueprint.bindings import bindings, rebind
from make_blueprint.diff import diff
from make_blueprint.document import Blueprint, JsonObject, JsonValue, clone, clone_value, dump, load
from make_blueprint.masking import masked
from make_blueprint.outline import outline, to_text
from make_blueprint.patch import apply
from make_blueprint.problem import BlueprintError
from make_blueprint.references import references
from make_blueprint.repair import repair
from make_blueprint.validate import validate
from make_blueprint.walk import next_id

from tests.make_blueprint.generate import blueprints, branch, if_else, merge, module

_WRONG: list[JsonValue] = [
    None,
    True,
    -1,
    1.5,
    "",
    "{{",
    "{{1.x}}",
    [],
    [[]],
    [None, 7],
    {},
    {"flow": 5},
    {"flow": [{}]},
    {"": {"": []}},
]


@st.composite
def mangled(draw: st.DrawFn) -> Blueprint:
    """Draw a sound blueprint and replace some values anywhere in it by wrong ones."""
    document = clone(draw(blueprints()))
    flow = document["flow"]
    assert isinstance(flow, list)
    flow[:0] = [if_else(901, branch(module(902)), branch(module(903))), merge(904, {"name": "x"})]
    for _ in range(draw(st.integers(1, 6))):
        holder: JsonValue = document
        for _ in range(draw(st.integers(0, 9))):
            inner = list(holder.values()) if isinstance(holder, dict) else holder
            inner = [item for item in inner if isinstance(item, (dict, list)) and item]
            if not inner:
                break
            picked = draw(st.sampled_from(inner))
            assert isinstance(picked, (dict, list))
            holder = picked
        wrong = clone_value(draw(st.sampled_from(_WRONG)))
        if isinstance(holder, dict) and holder:
            holder[draw(st.sampled_from(list(holder)))] = wrong
        elif isinstance(holder, list) and holder:
            holder[draw(st.integers(0, len(holder) - 1))] = wrong
    return document


@given(mangled())
@settings(max_examples=50, deadline=None)
def test_a_mangled_blueprint_is_read_and_judged_but_breaks_nothing(document: Blueprint) -> None:
    text = dump(document)
    assert dump(load({"blueprint": document}) if "flow" in document else document) == text
    validate(document)
    references(document)
    bindings(document)
    rebind(document, {}, partial=True)
    assert len(to_text(outline(document)).split("\n")) >= 1
    repaired = repair(document).blueprint
    assert repair(repaired).blueprint == repaired
    assert not diff(document, clone(document))
    diff(document, repaired)
    masked(document)
    assert dump(document) == text


@given(mangled(), st.integers(1, 12), st.sampled_from(["start", "end"]))
@settings(max_examples=50, deadline=None)
def test_a_mangled_blueprint_is_patched_or_refused(
    document: Blueprint, number: int, place: str
) -> None:
    text = dump(document)
    sleep: JsonValue = {"module": "util:FunctionSleep"}
    assert next_id(document) > 0
    ops: list[JsonObject] = [
        {"op": "add_module", "module": sleep, "at": place},
        {"op": "add_module", "module": sleep, "after": number},
        {"op": "move_module", "module": number, "at": place},
        {"op": "remove_module", "module": number},
        {"op": "set_mapper", "module": number, "name": "a.0", "value": 1},
        {"op": "set_param", "module": number, "name": "a", "value": 1},
        {"op": "set_binding", "module": number, "kind": "hook", "value": 1, "label": "L"},
        {"op": "rename_module", "module": number, "name": "N"},
        {"op": "set_filter", "module": number, "filter": {"conditions": []}},
        {"op": "set_error_handler", "module": number, "handlers": [sleep]},
        {"op": "add_route", "router": number, "flow": [sleep]},
        {"op": "remove_route", "router": number, "route": 0},
    ]
    for op in ops:
        try:
            result = apply(document, [op])
        except BlueprintError:
            continue
        finally:
            assert dump(document) == text
        assert dump(apply(result.blueprint, result.inverse).blueprint) == text
