import pytest
from make_blueprint.iml import EvaluationError, Scope, Value, evaluate

SCOPE = Scope(bundles={1: {"marks": [4, 8, 6], "mixed": [5, "7", "n/a", None, [1]]}})


def value(expression: str) -> Value:
    return evaluate("{{" + expression + "}}", SCOPE)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("abs(-8.25)", 8.25),
        ("abs(8)", 8),
        ("abs(0)", 0),
        ("ceil(6.1)", 7),
        ("ceil(6)", 6),
        ("ceil(-6.1)", -6),
        ("floor(6.9)", 6),
        ("floor(6)", 6),
        ("floor(-6.1)", -7),
        ("round(6.4)", 6),
        ("round(6.5)", 7),
        ("round(-6.5)", -6),
        ("round(-6.6)", -7),
        ("round(0.49999999999999994)", 0),
        ("round('3.7')", 4),
        ("trunc(9.876)", 9),
        ("trunc(9.876; 1)", 9.8),
        ("trunc(-9.876)", -9),
        ("trunc(1.005; 3)", 1.005),
        ("sum(1; 20; 300)", 321),
        ("sum(1.marks)", 18),
        ("sum(1.marks[])", 18),
        ("sum(1.marks; 2)", 20),
        ("sum(emptyarray)", 0),
        ("sum(1.mixed)", 12),
        ("sum(0.1; 0.2; 0.3)", 0.6),
        ("average(3; 6)", 4.5),
        ("average(1.marks)", 6),
        ("average(emptyarray)", None),
        ("max(4; 12; 9)", 12),
        ("max(1.marks)", 8),
        ("max(emptyarray)", None),
        ("min(4; 12; 9)", 4),
        ("min(1.marks)", 4),
        ("median(9; 1; 5)", 5),
        ("median(1; 2; 6; 9)", 4),
        ("median(1.5; 0.5; 2.5; 9; 8)", 2.5),
        ("median(1.marks)", 6),
        ("stdevP(2; 4; 4; 4; 5; 5; 7; 9)", 2),
        ("stdevS(2; 4)", 1.4142135623730951),
        ("stdevS(3)", None),
        ("floor(0.25 * (9 - 2 + 1)) + 2", 4),
    ],
)
def test_math_functions(expression: str, expected: Value):
    assert value(expression) == expected
    assert type(value(expression)) is type(expected)


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("formatNumber(9876543; 2; ','; '.')", "9.876.543,00"),
        ("formatNumber(9876543; 2)", "9.876.543,00"),
        ("formatNumber(9876.5; 1; '.'; ',')", "9,876.5"),
        ("formatNumber(9876.5; 2; '.'; emptystring)", "9876.50"),
        ("formatNumber(9876.5; 0)", "9.877"),
        ("formatNumber(-9876.5; 0)", "-9.877"),
        ("formatNumber(-0.2; 0)", "0"),
        ("formatNumber(12; 2; null; space)", "12,00"),
        ("formatNumber(1234567; 0; ','; space)", "1 234 567"),
    ],
)
def test_numbers_are_formatted_with_separators(expression: str, text: str):
    assert value(expression) == text


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("parseNumber('12 345,67'; ',')", 12345.67),
        ("parseNumber('12.345,67'; ',')", 12345.67),
        ("parseNumber('12,345.67')", 12345.67),
        ("parseNumber('42')", 42),
        ("parseNumber('-3')", -3),
        ("parseNumber(7)", 7),
    ],
)
def test_numbers_are_parsed_without_their_separators(expression: str, number: float):
    assert value(expression) == number


@pytest.mark.parametrize(
    "expression",
    [
        "round('12 apples')",
        "round('')",
        "round(null)",
        "abs(true)",
        "parseNumber('about 5')",
        "parseNumber('1.2.3'; '.')",
        "trunc(1; 1000)",
        "formatNumber(1; -1000)",
    ],
)
def test_what_is_no_number_is_refused(expression: str):
    with pytest.raises(EvaluationError):
        value(expression)
