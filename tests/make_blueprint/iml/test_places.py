"""Errors say where they stand, and unknown functions are never guessed."""

import pytest
from make_blueprint.iml import EvaluationError, IMLError, NotEvaluated, Scope, evaluate, parse

SCOPE = Scope(bundles={1: {"name": "Ada", "deep": {"n": "x"}}})


@pytest.mark.parametrize(
    ("text", "offset", "line", "column", "place"),
    [
        ("{{1 + }}", 6, 1, 7, "at character 7"),
        ("Hello\n  {{1 + }}", 14, 2, 9, "at line 2, character 9"),
        ("a\r\nb\r\n{{upper(1.name}}", 20, 3, 15, "at line 3, character 15"),
        ("{{if(1.name = 1;\n  2;\n  3,\n  4)}}", 25, 3, 4, "at line 3, character 4"),
        ("a\rb {{}}", 6, 2, 5, "at line 2, character 5"),
        ("😀\n{{#}}", 4, 2, 3, "at line 2, character 3"),
    ],
)
def test_a_syntax_error_has_an_offset_a_line_and_a_column(
    text: str, offset: int, line: int, column: int, place: str
):
    with pytest.raises(IMLError) as raised:
        parse(text)
    error = raised.value
    assert (error.position, error.line, error.column) == (offset, line, column)
    assert error.place == place
    assert str(error) == f"{error.message} ({place})"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("Total:\n{{1.name * 2}}", 2, 10),
        ("{{upper(\n  round(1.name)\n)}}", 2, 3),
        ("{{if(true;\n  1 / 0;\n  2)}}", 2, 5),
        ("{{\n-1.name}}", 2, 1),
        ("x\n{{unheard}}", 2, 3),
        ("x\n\n{{toBinary('ff'; 'hex')}}", 3, 1),
    ],
)
def test_an_error_of_values_names_the_innermost_place(text: str, line: int, column: int):
    with pytest.raises(EvaluationError) as raised:
        evaluate(text, SCOPE)
    assert (raised.value.line, raised.value.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "name", "line", "column"),
    [
        ("{{myDiscount(1.name)}}", "myDiscount", 1, 3),
        ("a\n{{upper(\n  netPrice(1))}}", "netPrice", 3, 3),
        ("{{ifempty(1.unheard; orElse())}}", "orElse", 1, 22),
        ("{{1.deep[pick2()].n}}", "pick2", 1, 10),
    ],
)
def test_an_unknown_function_is_not_evaluated_and_has_a_place(
    text: str, name: str, line: int, column: int
):
    with pytest.raises(NotEvaluated) as raised:
        evaluate(text, SCOPE)
    error = raised.value
    assert (error.name, error.line, error.column, error.text) == (name, line, column, text)
    assert text[error.position :].startswith(name)


def test_an_unknown_function_beside_the_path_taken_does_not_matter():
    assert evaluate("{{if(1.name = 'Ada'; 1; nosuch())}}", SCOPE) == 1
    assert evaluate("{{true | nosuch()}}", SCOPE) is True
    assert evaluate("{{1.unheard[nosuch()]}}", SCOPE) is None


def test_an_unknown_function_fails_the_whole_text_and_is_no_empty_text():
    with pytest.raises(NotEvaluated):
        evaluate("Dear {{1.name}}, {{nosuch(1)}}", SCOPE)
