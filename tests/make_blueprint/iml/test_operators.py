from datetime import UTC, datetime, timedelta
from math import pi
from random import Random
from uuid import UUID

import pytest
from make_blueprint.iml import (
    ERASE,
    IGNORE,
    EvaluationError,
    Scope,
    Value,
    evaluate,
    evaluate_value,
)

NOW = datetime(2022, 8, 9, 10, 11, 12, 345_678, tzinfo=UTC)
EARLY = datetime(2022, 1, 1, tzinfo=UTC)
SCOPE = Scope(
    bundles={
        2: {
            "early": EARLY,
            "late": EARLY + timedelta(days=3, milliseconds=7),
            "blank": "",
            "code": "open",
            "three": 3,
            "list": [1, {"a": "b"}],
            "same": [1, {"a": "b"}],
        }
    },
    now=NOW,
    random=Random(1),
    execution_id="e-42",
)


def value(expression: str) -> Value:
    return evaluate("{{" + expression + "}}", SCOPE)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"quoted"', "quoted"),
        ("'single'", "single"),
        ('"a ""b"" c"', 'a "b" c'),
        ("'it''s'", "it's"),
        ('""""', '"'),
        (r'"tab\t"', r"tab\t"),
        ('"one;two"', "one;two"),
        ('"}}"', "}}"),
        ('"{""typ"":""x""}"', '{"typ":"x"}'),
        ("2.75", 2.75),
        ("true", True),
        ("false", False),
        ("null", None),
        ("emptystring", ""),
        ("emptyarray", []),
        ("space + tab + newline + carriagereturn + nbsp", " \t\n\r\u00a0"),
        ("executionId", "e-42"),
        ("pi", pi),
        ("timestamp", 1660039872),
        ("now", NOW.replace(microsecond=345_000)),
        ("length(uuid)", 36),
        ("random >= 0 & random < 1", True),
        ("ignore", IGNORE),
        ("erase", ERASE),
        (" \n 1 \r\n + \t 1 ", 2),
    ],
)
def test_literals_and_keywords(expression: str, expected: Value):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("20 + 3", 23),
        ("3 - 20", -17),
        ("6 * 7", 42),
        ("9 / 2", 4.5),
        ("8 / 2", 4),
        ("4000 % 3600", 400),
        ("-7 % 3", -1),
        ("9 mod 5", 4),
        ("0.1 + 0.2", 0.1 + 0.2),
        ("1 + 5 * 2", 11),
        ("(1 + 5) * 2", 12),
        ("20 - 5 - 3", 12),
        ("-2 * -3", 6),
        ("'n' + 2.three", "n3"),
        ("2.three + 'n'", "3n"),
        ("1 + 1 + 'x' + 1 + 1", "2x11"),
        ("'' + 2.early", "2022-01-01T00:00:00.000Z"),
        ("30 - '4.5'", 25.5),
        ("'5' * '5'", 25),
        ("2.late - 2.early", 3 * 86_400_000 + 7),
        ("round((2.late - 2.early) / 1000 / 60 / 60 / 24)", 3),
        ("2.early - 1", 1_640_995_199_999),
    ],
)
def test_arithmetic(expression: str, expected: Value):
    assert value(expression) == expected
    assert type(value(expression)) is type(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("4=4", True),
        ("4 == 4", True),
        ("4 === 4", True),
        ("4 != 5", True),
        ("4 !== 4", False),
        ("4 = '4'", False),
        ("1 = true", False),
        ("'a' = 'A'", False),
        ("2.code = 'open'", True),
        ("2.unheard = null", True),
        ("2.unheard = emptystring", False),
        ("2.blank = emptystring", True),
        ("2.list = 2.same", True),
        ("5 > 4", True),
        ("5 >= 6", False),
        ("5 <= 5", True),
        ("5 < 5", False),
        ("'10' < '9'", True),
        ("'10' < 9", False),
        ("2.early < 2.late", True),
        ("2.late <= '2022-01-02'", False),
        ("2.unheard < 1", False),
        ("'ten' > 1", False),
        ("true & false", False),
        ("true | false", True),
        ("true && 'x'", True),
        ("0 & 1", True),
        ("'' || 'false'", False),
        ("!false", True),
        ("!2.blank", True),
        ("1 = 1 and 2 = 2", True),
        ("1 = 2 or 2 = 2", True),
        ("true | true & false", True),
        ("1 = 1 & 1 = 2", False),
        ("false & 1 / 0", False),
        ("true | 1 / 0", True),
    ],
)
def test_comparison_and_logic(expression: str, expected: bool):
    assert value(expression) is expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'five' - 1", "'five' is not a valid number"),
        ("2.unheard + 1", "'null' is not a valid number"),
        ("true * 2", "'true' is not a valid number"),
        ("-'x'", "'x' is not a valid number"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("9" * 300 + " * " + "9" * 300, "finite"),
    ],
)
def test_operands_that_do_not_fit_are_refused(expression: str, message: str):
    with pytest.raises(EvaluationError, match=message):
        value(expression)


def test_the_same_scope_gives_the_same_random_values():
    template = "{{random}} {{uuid}} {{join(shuffle(split('abcdefgh'; '')); '')}}"
    first, second = (evaluate(template, Scope(random=Random(8))) for _ in range(2))
    assert first == second
    assert first != evaluate(template, Scope(random=Random(9)))


def test_a_uuid_is_of_version_four():
    assert UUID(str(value("uuid"))).version == 4


@pytest.mark.parametrize("keyword", ["now", "timestamp", "random", "uuid"])
def test_a_keyword_the_scope_has_no_source_for_is_refused(keyword: str):
    with pytest.raises(EvaluationError, match="the scope has no"):
        evaluate("{{" + keyword + "}}", Scope())


def test_nested_values_are_evaluated_and_their_keys_are_not():
    assert evaluate_value(
        {"{{1 + 1}}": ["{{2.three}}", 5, None, {"deep": "n={{2.three}}"}]}, SCOPE
    ) == {"{{1 + 1}}": [3, 5, None, {"deep": "n=3"}]}


def test_ignored_members_are_left_out_and_erased_ones_stay_marked():
    mapper = {"keep": "x", "skip": "{{ignore}}", "clear": "{{erase}}", "list": ["{{ignore}}", "y"]}
    assert evaluate_value(mapper, SCOPE) == {"keep": "x", "clear": ERASE, "list": ["y"]}
