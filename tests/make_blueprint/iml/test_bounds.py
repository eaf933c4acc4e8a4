import subprocess
import sys

import pytest
from make_blueprint.iml import (
    EvaluationError,
    IMLError,
    Scope,
    Value,
    evaluate,
    evaluate_value,
    functions,
    is_expression,
    parse,
    references,
    variables,
)


def test_importing_the_package_loads_nothing_but_its_table_of_names():
    code = (
        "import sys, make_blueprint.iml as iml\n"
        "loaded = [name for name in sys.modules if name.startswith('make_blueprint.iml.')]\n"
        "assert not loaded, loaded\n"
        "iml.references('{{1.a}}'), iml.parse('{{1.a}}')\n"
        "heavy = {'zoneinfo', 'hashlib', 'lark', 'decimal', 'json'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_nesting_is_bounded_in_every_form():
    for opening, closing in (("(", ")"), ("upper(", ")"), ("1.a[", "]"), ("-", ""), ("!", "")):
        shallow = "{{" + opening * 90 + "1" + closing * 90 + "}}"
        assert parse(shallow).is_expression
        with pytest.raises(IMLError, match="deeper than 100 levels"):
            parse("{{" + opening * 200 + "1" + closing * 200 + "}}")


@pytest.mark.timeout(20)
def test_a_long_chain_is_not_deep():
    assert evaluate("{{" + "1 + " * 20_000 + "1}}", Scope()) == 20_001
    assert evaluate("{{1" + ".a" * 20_000 + "}}", Scope()) is None


def test_a_template_longer_than_the_bound_is_refused_and_plain_text_is_not():
    text = "x" * 1_000_001
    assert evaluate(text, Scope()) == text
    with pytest.raises(IMLError, match="longer than"):
        parse(text + "{{1.a}}")


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 200_000,
        '{{"' * 150_000,
        "{{`" * 100_000,
        "{{'" * 50_000 + '"}}',
        "{{1.a[" * 50_000 + "}}",
        "{{" + "1.a[" * 30_000 + "]" * 30_000 + "}}",
        "{{" + "and " * 50_000 + "}}",
        "{{" + '"' * 200_001 + "}}",
    ],
)
@pytest.mark.timeout(30)
def test_hostile_texts_are_scanned_in_linear_time(text: str):  # else it takes hours
    references(text)
    variables(text)
    functions(text)
    is_expression(text)


@pytest.mark.parametrize(
    "expression",
    [
        "replace(1.long; 'a'; 1.long)",
        "replace(1.wide; '/a/g'; 1.wide)",
        "join(split(1.wide; ''); 1.wide)",
        "1.huge + 1.huge",
        "replaceEmojiCharacters(1.long; 1.long)",
    ],
)
def test_growth_is_refused_before_the_memory_is_taken(expression: str):
    texts: dict[str, Value] = {
        "long": "a" * 1_000_000,
        "wide": "a" * 100_000,
        "huge": "a" * 6_000_000,
    }
    with pytest.raises(EvaluationError, match="longer than 10,000,000 characters"):
        evaluate("{{" + expression + "}}", Scope(bundles={1: texts}))


def test_mixed_text_is_bounded():
    scope = Scope(bundles={1: {"huge": "a" * 6_000_000}})
    with pytest.raises(EvaluationError, match="longer than"):
        evaluate("{{1.huge}} {{1.huge}}", scope)


def test_arrays_are_bounded():
    items: list[Value] = [None] * 600_000
    with pytest.raises(EvaluationError, match="more than 1,000,000 items"):
        evaluate("{{merge(1.a; 1.a)}}", Scope(bundles={1: {"a": items}}))


def test_regular_expressions_search_bounded_texts():
    scope = Scope(bundles={1: {"t": "a" * 300_000, "p": "/" + "a?" * 2_000 + "/"}})
    with pytest.raises(EvaluationError, match="may search 200,000 characters"):
        evaluate("{{replace(1.t; '/b/'; '')}}", scope)
    with pytest.raises(EvaluationError, match="longer than 2,000 characters"):
        evaluate("{{replace('a'; 1.p; '')}}", scope)


def test_values_that_nest_too_deeply_are_refused():
    deep: Value = []
    for _ in range(100_000):
        deep = [deep]
    scope = Scope(bundles={1: {"deep": deep}})
    for expression in ("{{toString(1.deep)}}", "{{1.deep = 1.deep}}", "{{1.deep}}!"):
        with pytest.raises(EvaluationError, match="too deeply"):
            evaluate(expression, scope)
    with pytest.raises(EvaluationError, match="too deeply"):
        evaluate_value(deep, scope)


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 10**400])
def test_numbers_that_are_not_finite_are_refused(number: float):
    scope = Scope(bundles={1: {"n": number}})
    for expression in ("1.n + 1", "round(1.n)", "formatNumber(1.n; 2)", "addDays(1.n; 1)"):
        with pytest.raises(EvaluationError):
            evaluate("{{" + expression + "}}", scope)
