from datetime import UTC, datetime

import pytest
from make_blueprint.iml import OPERATORS, EvaluationError, NotEvaluated, Scope, Value, passes

ITEM: dict[str, Value] = {
    "text": "Invoice 2024.PDF",
    "blank": "",
    "null": None,
    "zero": 0,
    "no": False,
    "none": [],
    "amount": 250,
    "digits": "1200",
    "ok": True,
    "due": datetime(2024, 5, 6, 12, tzinfo=UTC),
    "at": "8:05:30",
    "version": "2.10.1",
    "tags": ["new", "Urgent", 7],
}
SCOPE = Scope(bundles={1: ITEM}, now=datetime(2024, 6, 1, tzinfo=UTC), timezone="Europe/Prague")


def holds(field: str, operator: str, right: Value) -> bool:
    return passes([[{"a": f"{{{{1.{field}}}}}", "o": operator, "b": right}]], SCOPE)


@pytest.mark.parametrize(
    ("field", "exists"),
    [
        ("text", True),
        ("unheard", False),
        ("null", False),
        ("blank", False),
        ("zero", True),
        ("no", True),
        ("none", True),
    ],
)
def test_what_is_filled_in_exists(field: str, exists: bool):
    operand = f"{{{{1.{field}}}}}"
    assert passes([[{"a": operand, "o": "exist"}]], SCOPE) is exists
    assert passes([[{"a": operand, "o": "notexist"}]], SCOPE) is not exists


@pytest.mark.parametrize(
    ("field", "test", "right", "plain", "ignoring_case"),
    [
        ("text", "equal", "Invoice 2024.PDF", True, True),
        ("text", "equal", "invoice 2024.pdf", False, True),
        ("text", "equal", "Invoice", False, False),
        ("text", "contain", "2024", True, True),
        ("text", "contain", "INVOICE", False, True),
        ("text", "startwith", "Inv", True, True),
        ("text", "startwith", "inv", False, True),
        ("text", "startwith", "2024", False, False),
        ("text", "endwith", ".PDF", True, True),
        ("text", "endwith", ".pdf", False, True),
        ("text", "pattern", r"^Invoice \d{4}\.PDF$", True, True),
        ("text", "pattern", r"\.pdf$", False, True),
        ("text", "pattern", r"^\d", False, False),
        ("amount", "equal", "250", True, True),
        ("ok", "equal", "true", True, True),
        ("unheard", "equal", "", True, True),
        ("due", "startwith", "2024-05-06T12", True, True),
        ("tags", "equal", "new, Urgent, 7", True, True),
    ],
)
def test_text_operators_and_their_negations(
    field: str, test: str, right: str, plain: bool, ignoring_case: bool
):
    assert holds(field, f"text:{test}", right) is plain
    assert holds(field, f"text:not{test}", right) is not plain
    assert holds(field, f"text:{test}:ci", right) is ignoring_case
    assert holds(field, f"text:not{test}:ci", right) is not ignoring_case


@pytest.mark.parametrize(
    ("group", "field", "smaller", "same", "greater"),
    [
        ("number", "amount", "99.5", "250.0", "1000"),
        ("number", "digits", 1199, 1200, 1201),
        ("number", "zero", -1, "0", "1e-3"),
        ("date", "due", "2024-05-06T11:59:59Z", "2024-05-06T12:00:00.000Z", "{{now}}"),
        ("date", "due", "2024-05-06 13:59", "2024-05-06 14:00", "05/06/2024 2:01 PM"),
        ("time", "at", "07:59:59", "08:05:30", "10:00"),
        ("time", "due", "13:00", "2:00 PM", "14:00:01"),
        ("semver", "version", "2.9.9", "v2.10.1", "2.10.2"),
        ("semver", "version", "2.10.1-rc.1", "2.10.1+build.5", "3"),
        ("array", "tags", "2", "3", 4),
        ("array", "none", -1, "0", "1"),
        ("array", "unheard", "-1", "0", "1"),
    ],
)
def test_relations_of_each_type(
    group: str, field: str, smaller: Value, same: Value, greater: Value
):
    def results(right: Value) -> list[str]:
        names = ("equal", "notequal", "greater", "less", "greaterorequal", "lessorequal")
        return [name for name in names if holds(field, f"{group}:{name}", right)]

    assert results(smaller) == ["notequal", "greater", "greaterorequal"]
    assert results(same) == ["equal", "greaterorequal", "lessorequal"]
    assert results(greater) == ["notequal", "less", "lessorequal"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1.0.0-alpha", "1.0.0-alpha.1"),
        ("1.0.0-alpha.1", "1.0.0-alpha.beta"),
        ("1.0.0-alpha.beta", "1.0.0-beta"),
        ("1.0.0-beta.2", "1.0.0-beta.11"),
        ("1.0.0-rc.1", "1.0.0"),
    ],
)
def test_versions_follow_the_precedence_of_semantic_versioning(left: str, right: str):
    assert passes([[{"a": left, "o": "semver:less", "b": right}]], SCOPE)
    assert passes([[{"a": right, "o": "semver:greater", "b": left}]], SCOPE)


@pytest.mark.parametrize(
    ("operator", "field", "right"),
    [
        ("number:equal", "text", "1"),
        ("number:notequal", "text", "1"),
        ("number:less", "unheard", "1"),
        ("date:greater", "text", "2020-01-01"),
        ("date:less", "due", "someday"),
        ("time:equal", "text", "10:00"),
        ("semver:equal", "text", "1.0.0"),
        ("array:equal", "tags", "three"),
    ],
)
def test_operands_that_cannot_be_converted_fail_the_condition(
    operator: str, field: str, right: str
):
    assert not holds(field, operator, right)


@pytest.mark.parametrize(
    ("field", "right", "plain", "ignoring_case"),
    [
        ("tags", "new", True, True),
        ("tags", "urgent", False, True),
        ("tags", "7", True, True),
        ("tags", "ne", False, False),
        ("unheard", "x", False, False),
        ("text", "Invoice 2024.PDF", True, True),
    ],
)
def test_membership_of_an_array(field: str, right: str, plain: bool, ignoring_case: bool):
    assert holds(field, "array:contain", right) is plain
    assert holds(field, "array:notcontain", right) is not plain
    assert holds(field, "array:contain:ci", right) is ignoring_case
    assert holds(field, "array:notcontain:ci", right) is not ignoring_case


@pytest.mark.parametrize(
    ("field", "right", "equal"),
    [
        ("ok", "true", True),
        ("ok", "{{true}}", True),
        ("ok", True, True),
        ("ok", "false", False),
        ("no", "false", True),
        ("unheard", "false", True),
        ("zero", "true", True),
    ],
)
def test_boolean_operators(field: str, right: Value, equal: bool):
    assert holds(field, "boolean:equal", right) is equal
    assert holds(field, "boolean:notequal", right) is not equal


GROUPINGS: list[tuple[list[list[int]], bool]] = [
    ([[1, 1]], True),
    ([[1, 0]], False),
    ([[0], [1]], True),
    ([[0], [0]], False),
    ([[1, 0], [1]], True),
    ([[0, 1], [0]], False),
    ([], True),
    ([[]], True),
]


@pytest.mark.parametrize(("groups", "expected"), GROUPINGS)
def test_one_group_must_hold_wholly(groups: list[list[int]], expected: bool):
    conditions = [
        [{"a": str(truth), "o": "text:equal", "b": "1"} for truth in group] for group in groups
    ]
    assert passes(conditions, SCOPE) is expected


def test_no_conditions_let_everything_pass():
    assert passes(None, SCOPE)


def test_there_are_58_operators():
    assert len(OPERATORS) == 58


@pytest.mark.parametrize(
    "operator",
    ["text:startswith", "date:before", "text:isempty", "number:less:equal", "equal", "", None, 5],
)
def test_an_unknown_operator_is_refused(operator: Value):
    with pytest.raises(EvaluationError, match="is not a filter operator"):
        passes([[{"a": "x", "o": operator, "b": "y"}]], SCOPE)


def test_a_condition_without_operator_is_refused():
    with pytest.raises(EvaluationError):
        passes([[{"a": "x"}]], SCOPE)


def test_a_failing_operand_is_not_taken_for_a_condition_that_does_not_hold():
    with pytest.raises(EvaluationError):
        holds("text", "text:equal", "{{1 / 0}}")
    with pytest.raises(NotEvaluated):
        holds("text", "text:equal", "{{nosuch(1)}}")
    with pytest.raises(EvaluationError, match="regular expression"):
        holds("text", "text:pattern", "(")
