import re
from datetime import UTC, datetime

import pytest
from make_blueprint.iml import (
    EvaluationError,
    IMLError,
    Scope,
    Value,
    evaluate,
    is_expression,
    parse,
)

MOMENT = datetime(2023, 4, 5, 6, 7, 8, 90_000, tzinfo=UTC)
BUNDLE: dict[str, Value] = {
    "count": 12,
    "ready": False,
    "list": ["p", "q"],
    "rows": [{"k": 1}, {"k": 2}],
    "box": {"side": 4, "when": MOMENT},
    "when": MOMENT,
    "data": b"\x00\x01",
    "given": "Grace",
    "family": "Hopper",
    "nothing": None,
}
SCOPE = Scope(bundles={3: BUNDLE}, now=MOMENT)


@pytest.mark.parametrize("field", sorted(BUNDLE))
def test_a_text_that_is_one_expression_keeps_the_type_of_its_value(field: str):
    assert evaluate(f"{{{{3.{field}}}}}", SCOPE) == BUNDLE[field]
    assert type(evaluate(f"{{{{3.{field}}}}}", SCOPE)) is type(BUNDLE[field])


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("no braces at all", "no braces at all"),
        ("", ""),
        ("{{3.count}}{{3.count}}", "1212"),
        ("{{3.given}} {{3.family}}", "Grace Hopper"),
        (" {{3.count}}", " 12"),
        ("{{3.count}}\n", "12\n"),
        ("total {{3.count}}", "total 12"),
        ("ready: {{3.ready}}", "ready: false"),
        ("since {{3.when}}", "since 2023-04-05T06:07:08.090Z"),
        ("{{3.box}} box", '{"side":4,"when":"2023-04-05T06:07:08.090Z"} box'),
        ("{{3.rows}};", '{"k":1}, {"k":2};'),
        ("{{3.list}};", "p, q;"),
        ("<{{3.nothing}}{{3.unheard}}>", "<>"),
        ('{"n": {{3.count}}, "s": "{{3.given}}"}', '{"n": 12, "s": "Grace"}'),
        ('{"a":{"n":{{3.count}}}}', '{"a":{"n":12}}'),
        ("{{{3.count}}}", "{12}"),
        ("{{ left open", "{{ left open"),
        ("closed }} only", "closed }} only"),
        ("{ single {braces} }", "{ single {braces} }"),
        ("{{ open then {{3.count}}", "{{ open then 12"),
        ('{{"never closed}} {{3.count}}', '{{"never closed}} 12'),
        ('{{formatDate(now; "YYYY-MM")}}-01T00:00:00Z', "2023-04-01T00:00:00Z"),
        ("{{floor(3.count / 5)}} r {{3.count % 5}}", "2 r 2"),
        ("{{ignore}}{{erase}}.", "."),
    ],
)
def test_mixed_text_is_joined_from_its_parts(template: str, text: str):
    assert evaluate(template, SCOPE) == text


def test_a_buffer_that_is_no_utf_8_cannot_stand_in_mixed_text():
    with pytest.raises(EvaluationError, match="UTF-8"):
        evaluate("{{toBinary('ff'; 'hex')}}!", SCOPE)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("{{1.a}}", True),
        ("{{ 1.a }}", True),
        ('{{"}}"}}', True),
        ("{{", False),
        ("{{}}", True),
        ("", False),
        ("plain", False),
        (" {{1.a}}", False),
        ("{{1.a}} ", False),
        ("{{1.a}}{{1.b}}", False),
        ("{{{1.a}}}", False),
        ('{{"a}}', False),
    ],
)
def test_only_a_single_pair_of_braces_around_everything_is_an_expression(text: str, whole: bool):
    assert is_expression(text) is whole


@pytest.mark.parametrize(
    ("template", "position", "message"),
    [
        ("{{if(1 = 1, 2; 3)}}", 10, "write ';'"),
        ("go: {{upper('a'}}", 15, "';' or ')'"),
        ("{{2.}}", 3, "field name"),
        ("{{}}", 2, "empty"),
        ("{{  }}", 4, "empty"),
        ("{{“hi”}}", 2, "curly quotes"),
        ("{{1 + }}", 6, "a value"),
        ("{{1 2}}", 4, "an operator"),
        ("{{ [1] }}", 3, "a value"),
        ("{{ {a} }}", 3, "object literals"),
        ("{{5.list[2}}", 10, "']'"),
        ("{{1.2.name}}", 5, "backticks"),
        ("{{1.list.2}}", 9, "field name"),
        ("{{1.a # b}}", 6, "'#'"),
        ("{{" + "9" * 400 + "}}", 2, "too large"),
    ],
)
def test_a_syntax_error_says_where_and_why(template: str, position: int, message: str):
    with pytest.raises(IMLError, match=re.escape(message)) as raised:
        parse(template)
    assert raised.value.position == position
    assert raised.value.text == template
    assert not isinstance(raised.value, EvaluationError)


def test_a_failing_function_is_named_with_its_position():
    with pytest.raises(EvaluationError, match=r"round: '7 apples' is not a valid number") as raised:
        evaluate("result: {{1 + round('7 apples')}}", SCOPE)
    assert raised.value.position == 14


def test_an_unclosed_pair_of_braces_is_reported_beside_the_text_it_is():
    assert parse("a {{ b {{1.c}} {{").unclosed == (15,)
    assert parse("{{'open {{1.c}}").unclosed == (0,)


def test_equal_templates_are_read_once():
    assert parse("{{1.cached}}") is parse("{{1.cached}}")


@pytest.mark.parametrize(
    ("template", "canonical"),
    [
        ("{{ 1.a+'it''s' }}", '{{1.a + "it\'s"}}'),
        ("{{if(1.a==2&&!1.b;`odd name`.c;'x')}}", '{{if(1.a = 2 & !1.b; `odd name`.c; "x")}}'),
        ("{{(1.a or 1.b) and 1.c}}", "{{(1.a | 1.b) & 1.c}}"),
        ("{{1.a - (1.b - 1.c) - 1.d}}", "{{1.a - (1.b - 1.c) - 1.d}}"),
        ("{{`7`}} {{`7`.x}} {{7.x[ ].y[1.i]}}", "{{`7`}} {{7.x}} {{7.x[].y[1.i]}}"),
        ("{{-(1+2) mod 3}}", "{{-(1 + 2) % 3}}"),
    ],
)
def test_a_template_is_written_in_one_layout(template: str, canonical: str):
    assert str(parse(template)) == canonical
    assert parse(canonical) == parse(template)
