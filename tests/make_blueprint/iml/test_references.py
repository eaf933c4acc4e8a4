from datetime import UTC, datetime
from random import Random

import pytest
from make_blueprint.iml import (
    EvaluationError,
    Reference,
    Scope,
    Value,
    evaluate,
    functions,
    references,
    variables,
)

SCOPE = Scope(
    bundles={
        4: {
            "mail": "sam@example.org",
            "order": {"Ship To": {"town": "Porto"}},
            "lines": [{"sku": "A"}, {"sku": "B"}, {"sku": "C", "tags": ["x", "y"]}],
            "which": 2,
            "0": "first column",
            "X-Request-Id": "r-9",
            "__IMTLENGTH__": 3,
            "empty": None,
        },
        9: {},
    },
    variables={
        "team": {"region": "EMEA"},
        "organization": {"TIER": 2},
        "input": {"since": "2024"},
        "scenario": {"executionId": "run-1"},
    },
    extra={"parameters": {"limit": 10}},
    now=datetime(2024, 1, 1, tzinfo=UTC),
    random=Random(5),
)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{4.mail}}", "sam@example.org"),
        ("{{4.order.`Ship To`.town}}", "Porto"),
        ("{{4.lines[1].sku}}", "A"),
        ("{{4.lines[3].sku}}", "C"),
        ("{{4.lines[-1].sku}}", "C"),
        ("{{4.lines[-3].sku}}", "A"),
        ("{{4.lines[].sku}}", "A"),
        ("{{4.lines[3].tags[2]}}", "y"),
        ("{{4.lines[4.which].sku}}", "B"),
        ("{{4.lines[4.which + 1].sku}}", "C"),
        ("{{4.`0`}}", "first column"),
        ("{{4.`X-Request-Id`}}", "r-9"),
        ("{{4.__IMTLENGTH__}}", 3),
        ("{{4.`__IMTLENGTH__`}}", 3),
        ("{{`9`}}", {}),
        ("{{`4`.which}}", 2),
        ("{{var.team.region}}", "EMEA"),
        ("{{var.organization.TIER}}", 2),
        ("{{var.input.since}}", "2024"),
        ("{{var.scenario.executionId}}", "run-1"),
        ("{{parameters.limit}}", 10),
    ],
)
def test_a_reference_gives_what_it_points_at(template: str, value: Value):
    assert evaluate(template, SCOPE) == value


@pytest.mark.parametrize(
    "reference",
    [
        "4.lines[0].sku",
        "4.lines[4]",
        "4.lines[-4]",
        "4.lines[1.5]",
        "4.lines['one']",
        "4.mail[1]",
        "4.unheard",
        "4.Mail",
        "4.empty.deeper.still",
        "4.mail.deeper",
        "9.anything",
        "77.anything",
        "`77`",
        "var.team.unheard",
    ],
)
def test_what_is_not_there_is_null(reference: str):
    assert evaluate(f"{{{{{reference}}}}}", SCOPE) is None


def test_a_number_is_no_bundle():
    assert evaluate("{{4}}", SCOPE) == 4
    assert evaluate("{{4.1}}", SCOPE) == 4.1


def test_an_unknown_bare_name_is_refused():
    with pytest.raises(EvaluationError, match="'lines' is not a keyword"):
        evaluate("{{4.order-lines}}", SCOPE)


def test_references_are_listed_with_their_place():
    text = "Dear {{4.mail}}, {{upper(12.a.`b c`[2].d)}}"
    assert references(text) == [
        Reference(4, "mail", 7, 13, ("mail",)),
        Reference(12, "a.`b c`[2].d", 25, 40, ("a", "b c", "d")),
    ]
    assert [text[use.start : use.end] for use in references(text)] == [
        "4.mail",
        "12.a.`b c`[2].d",
    ]


def test_a_reference_inside_an_index_is_listed_too():
    found = references("{{1.rows[2.at].name}}")
    assert [(use.module, use.path) for use in found] == [(1, "rows[2.at].name"), (2, "at")]


def test_a_whole_bundle_is_a_reference_without_path():
    assert references("{{`6`}}") == [Reference(6, "", 2, 5, ())]
    assert [(use.module, use.path) for use in references("{{`6`.x}}")] == [(6, "x")]


@pytest.mark.parametrize(
    "text",
    [
        "1.a outside of braces",
        '{{"1.a"}}',
        "{{'it is 1.a'}}",
        "{{x.`1`}}",
        "{{1 + 1.5}}",
        "{{ 1.a",
        "{{`not digits`}}",
    ],
)
def test_what_only_looks_like_a_reference_is_not_listed(text: str):
    assert references(text) == []


@pytest.mark.parametrize(
    "text",
    ["{{upper(3.x}}", "{{3.x 4 5}}", "{{if(3.x, 'a')}}", "{{“{{3.x}}", "{{ # 3.x ) ] }}"],
)
def test_references_are_listed_in_texts_that_do_not_parse(text: str):
    assert [(use.module, use.path) for use in references(text)] == [(3, "x")]


def test_an_index_that_is_never_closed_ends_the_reference():
    assert [use.path for use in references("{{1.a[2.b}}")] == ["a", "b"]


def test_variables_are_listed_by_kind_and_name():
    text = "{{var.team.`net price`.eur[1]}} {{var.input.since}} {{var.other.x}} {{1.var.team.x}}"
    assert [(use.kind, use.name, use.path) for use in variables(text)] == [
        ("team", "net price", "eur[1]"),
        ("input", "since", ""),
    ]
    assert [text[use.start : use.end] for use in variables(text)] == [
        "var.team.`net price`.eur[1]",
        "var.input.since",
    ]


def test_functions_are_listed_with_the_place_of_their_name():
    text = "{{a.b(1)}} {{upper (lower('trim(x)')) and (own(1)) or mod(1)}}"
    found = functions(text)
    assert [use.name for use in found] == ["upper", "lower", "own", "mod"]
    assert [text[use.start : use.end] for use in found] == ["upper", "lower", "own", "mod"]


def test_a_list_of_uses_belongs_to_the_caller():
    text = "{{upper(1.name) + var.team.region}}"
    first = (references(text), variables(text), functions(text))
    for uses in first:
        uses.clear()
    assert [len(uses) for uses in (references(text), variables(text), functions(text))] == [1, 1, 1]


def test_the_uses_of_a_text_too_long_to_be_remembered_are_listed_all_the_same():
    text = "{{upper(1.name) + var.team.region}} " * 50
    assert len(references(text)) == len(variables(text)) == len(functions(text)) == 50
    assert references(text)[-1].start == text.rindex("1.name")
