"""What no patch does: operations that are none, forged ways back, values that are not JSON."""

import pytest
from make_blueprint.document import JsonObject, JsonValue
from make_blueprint.patch import apply, operation_names
from make_blueprint.problem import BlueprintError

from tests.make_blueprint.generate import blueprint, module, router
from tests.make_blueprint.patching.checked import NEW, get, patched, refused


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        ({"op": "set_mapper", "module": 1, "name": "", "value": 1}, "empty"),
        ({"op": "set_mapper", "module": 1, "name": "list.5", "value": 1}, "from 0 to 1"),
        ({"op": "set_mapper", "module": 1, "name": "text.a", "value": 1}, "no object or list"),
        ({"op": "set_mapper", "module": 1, "name": "to.1", "value": 1}, "Begin with index 0"),
        ({"op": "set_binding", "module": 1, "value": True}, "`value` must be id"),
        ({"op": "set_binding", "module": 1, "value": "Sales", "kind": "connection"}, "is no id"),
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
