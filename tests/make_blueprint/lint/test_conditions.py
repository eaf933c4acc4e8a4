"""Rules about filter conditions: R25–R30."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue
from make_blueprint.lint.checking import Profile, lint

from tests.make_blueprint.generate import blueprint, branch, if_else, merge, module
from tests.make_blueprint.lint.judging import found, mended, places, value_at

FILTER = "flow[1].filter.conditions"
OUTPUTS: JsonObject = {
    "designer": {"x": 0, "y": 0},
    "interface": [
        {"name": "title", "type": "text"},
        {"name": "count", "type": "number"},
        {"name": "paid", "type": "boolean"},
        {"name": "rows", "type": "array", "spec": [{"name": "sku", "type": "text"}]},
        {"name": "buyer", "type": "collection", "spec": [{"name": "tags", "type": "array"}]},
        {"name": "odd", "type": 7},
    ],
}


def filtered(*groups: JsonValue) -> Blueprint:
    """A scenario whose second module has a filter."""
    start = module(1, "gateway:CustomWebHook", parameters={"hook": 7})
    start["metadata"] = OUTPUTS
    return blueprint(start, module(2, filter={"name": "Some", "conditions": [*groups]}))


def one(operator: JsonValue, a: JsonValue = "{{1.title}}", *b: JsonValue) -> Blueprint:
    """A scenario with one condition."""
    condition: JsonObject = {"a": a, "o": operator}
    if b:
        condition["b"] = b[0]
    return filtered([condition])


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("text:startswith", "text:startwith"),
        ("text:endswith:ci", "text:endwith:ci"),
        ("text:contains", "text:contain"),
        ("date:before", "date:less"),
        ("date:after", "date:greater"),
        ("numeric:greater", "number:greater"),
        ("numeric:equals", "number:equal"),
    ],
)
def test_an_operator_that_is_only_misspelt_is_written_right(told: str, meant: str) -> None:
    document = one(told, "{{1.title}}", "x")
    assert places("R25", document) == [f"{FILTER}[0][0].o"]
    condition = value_at(mended("R25", document), "flow", 1, "filter", "conditions", 0, 0)
    assert condition == {"a": "{{1.title}}", "o": meant, "b": "x"}


def test_a_test_for_emptiness_becomes_one_for_existence() -> None:
    document = one("text:isnotempty", "{{1.title}}", "")
    condition = value_at(mended("R25", document), "flow", 1, "filter", "conditions", 0, 0)
    assert condition == {"a": "{{1.title}}", "o": "exist"}


@pytest.mark.parametrize(
    ("told", "near"),
    [
        ("text:equla", "Use `text:equal`."),
        ("number:before", "Use `number:less`."),
        ("nothing like it", "Choose one in the editor."),
        (None, "Choose one in the editor."),
        (5, "Choose one in the editor."),
    ],
)
def test_an_operator_that_can_only_be_guessed_is_left_to_a_person(
    told: JsonValue, near: str
) -> None:
    (finding,) = found("R25", one(told, "{{1.title}}", "x"))
    assert (finding.severity, finding.fixable, finding.remedy) == ("warning", False, near)


def test_operators_are_judged_in_branches_and_merges_too() -> None:
    choice = if_else(
        2,
        branch(module(3), test={"a": "{{1.title}}", "o": "text:startswith", "b": "x"}),
        branch(module(4)),
    )
    joined = merge(5, {"name": "it", "mappings": ["{{3.value}}", "{{4.value}}"]})
    joined["filters"] = [{"conditions": [[{"a": "{{3.value}}", "o": "is", "b": "1"}]]}, None]
    document = blueprint(module(1), choice, joined)
    assert places("R25", document) == [
        "flow[1].branches[0].conditions[0][0].o",
        "flow[2].filters[0].conditions[0][0].o",
    ]


@pytest.mark.parametrize("operator", ["text:equal", "exist", "array:contain:ci", "semver:less"])
def test_operators_of_make_are_known(operator: str) -> None:
    assert places("R25", one(operator, "{{1.title}}", "x")) == []


@pytest.mark.parametrize(
    ("operator", "field", "type_"),
    [
        ("number:greater", "1.rows", "array"),
        ("text:contain", "1.buyer.tags", "array"),
        ("boolean:equal", "1.count", "number"),
        ("array:greater", "1.title", "text"),
        ("date:less", "1.paid", "boolean"),
        ("array:contain", "1.count", "number"),
    ],
)
def test_an_operator_of_another_type_does_not_fit(operator: str, field: str, type_: str) -> None:
    (finding,) = found("R26", one(operator, f"{{{{{field}}}}}", "1"))
    assert finding.path == f"{FILTER}[0][0].o"
    assert finding.severity == "warning"
    assert finding.evidence == {"operator": operator, "field": field, "type": type_}


@pytest.mark.parametrize(
    ("operator", "operand", "right"),
    [
        ("number:greater", "{{1.count}}", "1"),
        ("number:greater", "{{1.title}}", " -1.5e3 "),
        ("number:greater", "{{1.title}}", "{{1.count}}"),
        ("number:greater", "{{1.title}}", ""),
        ("number:greater", "{{1.title}}", 5),
        ("text:equal", "{{1.count}}", "5"),
        ("array:contain", "{{1.title}}", "x"),
        ("array:equal", "{{1.rows}}", "2"),
        ("text:equal", "{{1.rows}} in words", "x"),
        ("text:equal", "{{9.rows}}", "x"),
        ("text:equal", "{{1.odd}}", "x"),
        ("text:equal", 7, "x"),
        ("text:equals", "{{1.rows}}", "x"),
        ("exist", "{{1.rows}}", ""),
    ],
)
def test_an_operator_that_can_convert_its_operands_fits(
    operator: str, operand: JsonValue, right: JsonValue
) -> None:
    assert places("R26", one(operator, operand, right)) == []


def test_a_number_is_never_compared_with_a_word() -> None:
    (finding,) = found("R26", one("number:less", "{{1.title}}", "ten"))
    assert (finding.path, finding.evidence) == (f"{FILTER}[0][0].b", {"operator": "number:less"})


@pytest.mark.parametrize(
    ("operator", "meant"),
    [("text:equal", "notexist"), ("text:notequal:ci", "exist")],
)
@pytest.mark.parametrize("right", [(), (None,)])
def test_equal_to_nothing_becomes_a_test_for_existence(
    operator: str, meant: str, right: tuple[None, ...]
) -> None:
    document = one(operator, "{{1.title}}", *right)
    assert places("R27", document) == [f"{FILTER}[0][0]"]
    condition = value_at(mended("R27", document), "flow", 1, "filter", "conditions", 0, 0)
    assert condition == {"a": "{{1.title}}", "o": meant}


@pytest.mark.parametrize("operator", ["text:contain", "number:greater", "date:less"])
def test_a_right_side_that_nobody_can_guess_is_missed(operator: str) -> None:
    (finding,) = found("R27", one(operator))
    assert (finding.severity, finding.fixable) == ("warning", False)


def test_an_empty_right_side_is_missed_where_it_is_no_value() -> None:
    assert places("R27", one("number:equal", "{{1.count}}", "")) == [f"{FILTER}[0][0]"]
    assert places("R27", one("text:equal", "{{1.title}}", "")) == []


@pytest.mark.parametrize(
    ("operator", "right"), [("exist", ()), ("text:equal", ("x",)), ("nonsense", ())]
)
def test_a_complete_condition_misses_nothing(operator: str, right: tuple[str, ...]) -> None:
    assert places("R27", one(operator, "{{1.title}}", *right)) == []


def test_a_leftover_right_side_is_removed() -> None:
    document = one("notexist", "{{1.title}}", "draft")
    (finding,) = found("R28", document)
    assert (finding.path, finding.severity) == (f"{FILTER}[0][0].b", "info")
    condition = value_at(mended("R28", document), "flow", 1, "filter", "conditions", 0, 0)
    assert condition == {"a": "{{1.title}}", "o": "notexist"}


@pytest.mark.parametrize(("operator", "right"), [("exist", ""), ("text:equal", "x")])
def test_a_right_side_that_is_empty_or_used_stays(operator: str, right: str) -> None:
    assert places("R28", one(operator, "{{1.title}}", right)) == []


@pytest.mark.parametrize("single", [True, False])
def test_plain_conditions_become_one_list_of_lists(single: bool) -> None:
    condition: JsonObject = {"a": "{{1.title}}", "o": "exist"}
    value: JsonValue = condition if single else [condition]
    document = blueprint(module(1), module(2, filter={"conditions": value}))
    (finding,) = found("R29", document)
    assert (finding.path, finding.severity) == (FILTER, "error")
    assert value_at(mended("R29", document), "flow", 1, "filter", "conditions") == [[condition]]


def test_plain_conditions_of_a_branch_are_wrapped_where_they_stand() -> None:
    condition: JsonObject = {"a": "{{1.title}}", "o": "exist"}
    wrong: JsonObject = {"type": "condition", "conditions": [condition], "flow": [module(3)]}
    document = blueprint(module(1), if_else(2, wrong))
    assert places("R29", document) == ["flow[1].branches[0].conditions"]
    outcome = mended("R29", document)
    assert value_at(outcome, "flow", 1, "branches", 0, "conditions") == [[condition]]


@pytest.mark.parametrize("value", ["exist", 5, [["x"]], [[{"o": "exist"}], {"o": "exist"}], [{}]])
def test_conditions_of_no_known_shape_are_left_to_a_person(value: JsonValue) -> None:
    document = blueprint(module(1), module(2, filter={"conditions": value}))
    (finding,) = found("R29", document)
    assert (finding.path, finding.fixable) == (FILTER, False)


def test_a_filter_that_is_no_object_is_left_to_a_person() -> None:
    (finding,) = found("R29", blueprint(module(1), module(2, filter=[[{"o": "exist"}]])))
    assert (finding.path, finding.fixable) == ("flow[1].filter", False)


@pytest.mark.parametrize("value", [None, [], [[]], [[{"a": "{{1.x}}", "o": "exist"}]]])
def test_lists_of_lists_are_conditions(value: JsonValue) -> None:
    document = blueprint(module(1, filter=None), module(2, filter={"conditions": value}))
    assert places("R29", document) == []


@pytest.mark.parametrize(
    ("operator", "left", "right", "always"),
    [
        ("text:equal", "title", "x", False),
        ("text:equal", "{{1 = 1}}", None, None),
        ("number:equal", 1, 1, True),
        ("boolean:equal", "{{true}}", "{{false}}", False),
        ("text:contain", "order paid", "{{emptystring}}", True),
        ("text:equal", '{{"a"}}b', "ab", True),
        ("exist", "title", None, True),
        ("text:equal", 10**400, "x", False),
    ],
)
def test_fixed_values_are_compared_in_vain(
    operator: str, left: JsonValue, right: JsonValue, always: bool | None
) -> None:
    document = one(operator, left) if right is None else one(operator, left, right)
    evidence = [finding.evidence["always"] for finding in found("R30", document)]
    assert evidence == ([] if always is None else [always])


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [
        ("text:equal", "{{1.title}}", "x"),
        ("text:equal", "x", "{{1.title}}"),
        ("date:less", "{{now}}", "2030-01-01"),
        ("text:equal", "{{var.input.mode}}", "x"),
        ("text:equal", "{{1.title", "{{1."),
        ("text:equal", "{{a b}}", "x"),
        ("text:pattern", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$"),
        ("nonsense", "x", "y"),
        ("text:equal", None, "x"),
        ("text:equal", "x", ["y"]),
    ],
)
def test_conditions_that_can_change_or_cannot_be_judged_are_left_alone(
    operator: str, left: JsonValue, right: JsonValue
) -> None:
    assert places("R30", one(operator, left, right)) == []


@pytest.mark.parametrize(
    "holder", [{"conditions": [5, ["x"], [None]]}, {"conditions": {}}, [], "x", 5]
)
def test_malformed_conditions_break_no_rule(holder: JsonValue) -> None:
    wrong = module(2, filter=holder, branches=[holder, 5], filters=[holder, "x"])
    lint(blueprint(module(1), wrong), profile=Profile(frozenset("R")))
