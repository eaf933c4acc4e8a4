"""Corners of the language: clock changes, nothing given, sizes, and odd texts."""

import re
from datetime import UTC, datetime

import pytest
from make_blueprint.iml import (
    ERASE,
    IGNORE,
    EvaluationError,
    IMLError,
    Scope,
    Value,
    evaluate,
    parse,
    references,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def value(expression: str, zone: str = "UTC", **fields: Value) -> Value:
    now = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    return evaluate("{{" + expression + "}}", Scope(bundles={1: fields}, now=now, timezone=zone))


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        # Clocks go from 02:00 to 03:00 in Prague, 2026-03-29, and back on 2026-10-25.
        ("addDays('2026-03-28 12:00'; 1)", "Europe/Prague", "2026-03-29T12:00:00+02:00"),
        ("addHours('2026-03-28 12:00'; 24)", "Europe/Prague", "2026-03-29T13:00:00+02:00"),
        ("addDays('2026-03-28 02:30'; 1)", "Europe/Prague", "2026-03-29T03:30:00+02:00"),
        ("setHour('2026-03-29 12:00'; 2)", "Europe/Prague", "2026-03-29T03:00:00+02:00"),
        ("addDays('2026-10-24 02:30'; 1)", "Europe/Prague", "2026-10-25T02:30:00+02:00"),
        (
            "addHours(addDays('2026-10-24 02:30'; 1); 1)",
            "Europe/Prague",
            "2026-10-25T02:30:00+01:00",
        ),
        (
            "setMinute(addHours('2026-10-25 02:30'; 1); 0)",
            "Europe/Prague",
            "2026-10-25T02:00:00+01:00",
        ),
        ("addMonths('2026-10-31 08:00'; 1)", "America/New_York", "2026-11-30T08:00:00-05:00"),
        ("setDate('2026-03-08 12:00'; 7)", "America/New_York", "2026-03-07T12:00:00-05:00"),
        ("setMonth('2026-07-01 00:00'; 1)", "Australia/Lord_Howe", "2026-01-01T00:00:00+11:00"),
        (
            "parseDate('2026-07-01 10:00'; 'YYYY-MM-DD HH:mm')",
            "Asia/Kathmandu",
            "2026-07-01T10:00:00+05:45",
        ),
        ("parseDate('10.4.'; 'D.M.')", "UTC", "2026-04-10T00:00:00Z"),
        ("parseDate('15:00'; 'HH:mm')", "Europe/Prague", "2026-03-29T15:00:00+02:00"),
        ("parseDate('15:00'; 'HH:mm')", "UTC", "2026-03-28T15:00:00Z"),
    ],
)
def test_calendar_steps_follow_the_clock_of_the_organization(
    expression: str, zone: str, expected: str
):
    assert value(expression, zone) == at(expected)


def test_a_date_is_shown_on_either_side_of_a_clock_change():
    format = "formatDate(1.d; 'HH:mm Z'; 'Europe/Prague')"
    assert value(format, d=at("2026-03-29T00:59:59Z")) == "01:59 +01:00"
    assert value(format, d=at("2026-03-29T01:00:00Z")) == "03:00 +02:00"
    assert value(format, d=at("2026-10-25T00:30:00Z")) == "02:30 +02:00"
    assert value(format, d=at("2026-10-25T01:30:00Z")) == "02:30 +01:00"


def test_an_unknown_zone_of_the_organization_is_refused_and_of_a_call_ignored():
    with pytest.raises(EvaluationError, match="'Mars/Olympus' is not a known time zone"):
        value("formatDate(now; 'H')", "Mars/Olympus")
    assert value("formatDate(now; 'H'; 'Mars/Olympus')", "Europe/Prague") == "0"


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        *[("1", "a"), ("3", "c"), ("-1", "c"), ("-3", "a"), ("", "a"), ("'2'", "b"), ("2.0", "b")],
        *[("0", None), ("4", None), ("-4", None), ("1.5", None), ("null", None), ("true", None)],
        *[("1 + 1", "b"), ("length(1.list)", "c"), ("1.list[1]", None), ("9999999999999999", None)],
    ],
)
def test_indexes_of_an_array(index: str, expected: Value):
    assert value(f"1.list[{index}]", list=["a", "b", "c"]) == expected


def test_an_index_into_what_is_no_array_is_null():
    assert value("1.x[1]", x="text") is None
    assert value("1.x[1]", x={"1": "member"}) is None
    assert value("1.x[]", x=[]) is None
    assert value("1.x[1][1]", x=[["deep"]]) == "deep"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("map(1.rows; 'Order No.')", [None, None]),
        ("map(1.rows; 'first name')", ["Ada", None]),
        ("map(1.rows; 'First name')", [None, None]),
        ("map(1.rows; 'home.city')", ["Brno", None]),
        ("map(1.rows; 'first name'; 'id'; '1,3')", ["Ada"]),
        ("map(1.rows; 'id'; 'first name'; '')", [2]),
        ("map(1.rows; 'id'; 'id')", []),
        ("map(1.rows[]; 'id')", [1, 2]),
        ("get(1.rows; '1.first name')", "Ada"),
        ("get(1.rows; '-1.id')", 2),
        ("get(1.rows; 'first name')", None),
        ("get(1.rows[1]; 'home.city')", "Brno"),
        ("get(1.rows; 2.5)", None),
    ],
)
def test_map_and_get_take_raw_names_and_dot_paths(expression: str, expected: Value):
    rows: list[Value] = [{"id": 1, "first name": "Ada", "home": {"city": "Brno"}}, {"id": 2}]
    assert value(expression, rows=rows) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"a;b" + \';\' + "c"', "a;b;c"),
        ("join(split('a;b'; ';'); ' ; ')", "a ; b"),
        ("if(true;\n'x' ;\t'y')", "x"),
        ("""'say "hi" and ''bye'''""", "say \"hi\" and 'bye'"),
        ('''"say ""hi"" and 'bye'"''', "say \"hi\" and 'bye'"),
        ('"`1`"', "`1`"),
        ('1.`it\'s "odd"`', "quoted"),
        ("1.`}}`", "braces"),
        ("1.`{{1.a}}`", "template"),
        ("1.`a.b`", "dotted"),
        ("1.``", "nameless"),
        ("1.`👍 ok`", "thumb"),
        ("length('👍🏽')", 4),
        ("upper('straße 👍')", "STRASSE 👍"),
        ("1.名前", "name"),
        ("length(1.long)", 10_000),
    ],
)
def test_quotes_backticks_separators_and_pictures(expression: str, expected: Value):
    names = ['it\'s "odd"', "}}", "{{1.a}}", "a.b", "", "👍 ok", "名前"]
    meant = ["quoted", "braces", "template", "dotted", "nameless", "thumb", "name"]
    fields: dict[str, Value] = {**dict(zip(names, meant, strict=True)), "long": "x" * 10_000}
    assert evaluate("{{" + expression + "}}", Scope(bundles={1: fields})) == expected


def test_a_text_of_ten_thousand_characters_is_read_whole():
    text = "é😀{ } " * 2_000 + "{{1.x}}" + "'" * 2_000
    assert len(text) > 10_000
    assert evaluate(text, Scope(bundles={1: {"x": 5}})) == text.replace("{{1.x}}", "5")
    literal = "q" * 10_000
    assert value(f"length('{literal}')") == 10_000
    assert [use.start for use in references(text)] == [text.index("1.x")]


def test_deep_parentheses_are_refused_at_the_one_too_many():
    with pytest.raises(IMLError, match="deeper than 100 levels") as raised:
        parse("{{" + "(" * 5_000 + "1" + ")" * 5_000 + "}}")
    assert raised.value.position == 102


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("base64(null)", ""),
        ("keys(null)", []),
        ("pick(null; 'a')", {}),
        ("first(null)", None),
        ("median(emptyarray)", None),
        ("median(1; 2; 3)", 2),
        ("erase = null", True),
        ("ignore = erase", True),
        ("if(ignore; 1; 2)", 2),
        ("length(erase)", 0),
        ("toBinary(ignore) = toBinary(null)", True),
        ("first(ignore)", None),
        ("keys(erase)", []),
        ("add(1.list; erase)", [1, ERASE]),
        ("toString(1.mixed)", '{"n":1,"half":0.5,"list":[1,2],"gone":null,"none":null}'),
        ("toString(9007199254740991 + 2)", "9007199254740992"),
        ("1.beyond * 1", 2.0**60),
        ("toString(1.nan)", "NaN"),
        ("toString(1.inf)", "Infinity"),
        ("toString(0 - 1.tiny)", "-1e-7"),
        ("toString(1.large)", "1.5e+300"),
        ("toString(1.round)", "100000000000000000000"),
        ("false < true", True),
        ("true <= true", True),
        ("1.list < 1.list", False),
        ("null >= null", False),
        ("'b' >= 'a'", True),
        ("now > '2026-01-01'", True),
        ("now > 'someday'", False),
        ("sort(1.kinds)", [2, 10, "B", "a", datetime(2026, 1, 1, tzinfo=UTC), False, True, None]),
        ("dateDifference", None),
    ],
)
def test_nothing_special_keywords_and_odd_numbers(expression: str, expected: Value):
    kinds: list[Value] = ["a", True, 10, None, datetime(2026, 1, 1, tzinfo=UTC), "B", False, 2]
    fields: dict[str, Value] = {
        "list": [1],
        "mixed": {"n": 1.0, "half": 0.5, "list": [1, 2.0], "gone": IGNORE, "none": float("inf")},
        "beyond": 2**60,
        "nan": float("nan"),
        "inf": float("inf"),
        "tiny": 1e-7,
        "large": 1.5e300,
        "round": 1e20,
        "kinds": kinds,
    }
    scope = Scope(
        bundles={1: fields},
        now=datetime(2026, 3, 28, tzinfo=UTC),
        extra={"dateDifference": None},
    )
    assert evaluate("{{" + expression + "}}", scope) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("addDays(now; 99999999999999999999)", "is out of range"),
        ("parseDate(1.long; 'YYYY')", "500 characters at most"),
        ("parseDate('2026'; 1.long)", "500 characters at most"),
        ("addDays(1.long; 1)", "is not a valid date"),
        ("dateDifference(now; now; 'fortnights')", "'fortnights' is not a unit of time"),
        ("flatten('text')", "'text' is not a valid array"),
        ("pick(3; 'a')", "'3' is not a valid collection"),
        ("base64(emptyarray)", "is not a valid buffer"),
        ("1.large * 1.large", "the result is not a finite number"),
        ("1 + true", "'true' is not a valid number"),
        ("null - 1", "'null' is not a valid number"),
    ],
)
def test_what_does_not_fit_is_refused(expression: str, message: str):
    scope = Scope(
        bundles={1: {"long": "2026" * 200, "large": 1e300}},
        now=datetime(2026, 1, 1, tzinfo=UTC),
        undocumented=True,
    )
    with pytest.raises(EvaluationError, match=re.escape(message)):
        evaluate("{{" + expression + "}}", scope)


def test_a_step_that_is_no_name_ends_the_reference():
    assert [use.path for use in references("{{1.a.[2]}} {{1.b. }} {{1.c.5}}")] == ["a", "b", "c"]
