"""Every example of the handbook gives the result it shows, and nothing is without one."""

import pytest
from make_blueprint.iml import (
    OPERATORS,
    IMLError,
    Value,
    builtin_functions,
    evaluate,
    functions,
    parse,
    passes,
)
from make_blueprint.iml.evaluation import KEYWORDS
from make_blueprint.iml.examples import filters, syntax
from make_blueprint.iml.examples.functions import FAMILIES
from make_blueprint.iml.examples.sample import Example, scope
from make_blueprint.iml.examples.syntax import Shown
from make_blueprint.iml.filters import Condition

OF_FUNCTIONS = {name: examples for family in FAMILIES.values() for name, examples in family.items()}
SHOWN = [
    *syntax.TEMPLATES,
    *syntax.REFERENCES,
    *syntax.LITERALS,
    *syntax.KEYWORDS.values(),
    *(shown for family in syntax.OPERATORS.values() for shown in family),
]


@pytest.mark.parametrize("name", sorted(OF_FUNCTIONS))
def test_the_examples_of_a_function_call_it_and_give_what_they_show(name: str):
    for example in OF_FUNCTIONS[name]:
        text = "{{" + example.expression + "}}"
        assert name in [use.name for use in functions(text)]
        assert_same(evaluate(text, scope()), example.result)


@pytest.mark.parametrize("shown", SHOWN, ids=[shown.text for shown in SHOWN])
def test_the_examples_of_the_syntax_give_what_they_show(shown: Shown):
    assert_same(evaluate(shown.text, scope()), shown.result)


@pytest.mark.parametrize("code", sorted(OPERATORS))
def test_the_condition_shown_for_a_filter_operator_holds(code: str):
    left, right = filters.CONDITIONS[code]
    condition: Condition = {"a": left, "o": code, "b": right}
    assert passes([[condition]], scope())
    assert (right is None) is (code in ("exist", "notexist"))


@pytest.mark.parametrize(("text", "message"), syntax.NOT_EXPRESSIONS)
def test_the_texts_shown_as_refused_are(text: str, message: str):
    with pytest.raises(IMLError) as raised:
        parse(text)
    assert message in raised.value.message


def test_nothing_of_the_language_is_without_an_example():
    assert set(OF_FUNCTIONS) == set(builtin_functions())
    assert set(syntax.KEYWORDS) == set(KEYWORDS)
    assert set(filters.CONDITIONS) == OPERATORS


@pytest.mark.parametrize("spellings", list(syntax.OPERATORS))
def test_every_spelling_of_an_operator_is_in_an_example(spellings: str):
    texts = [shown.text for shown in syntax.OPERATORS[spellings]]
    for spelling in spellings.split():
        wanted = spelling if spelling in "()!" else f" {spelling} "
        assert any(wanted in text for text in texts), spelling


def test_no_example_is_shown_twice():
    of_functions: list[Example] = [one for examples in OF_FUNCTIONS.values() for one in examples]
    texts = [example.expression for example in of_functions]
    assert len(set(texts)) == len(texts)


def assert_same(found: Value, shown: Value) -> None:
    assert found == shown
    assert isinstance(found, bool) is isinstance(shown, bool)
