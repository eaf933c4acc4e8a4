"""JavaScript functions as scenarios call them."""

from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from make_api_sandbox.javascript import ScriptError, Surroundings, call

EVENING = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


def result(code: str, *arguments: Any, timezone: str = "Europe/Prague") -> Any:
    at = Surroundings(datetime(2026, 3, 4, 8, 30, 15, tzinfo=UTC), timezone, Random(1))
    return call(f"function f(...given) {{ const [a, b] = given; {code} }}", "f", arguments, at)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0.5,
        "text with \u2028 and \\",
        [1, [2, {"a": None}]],
        {"@date": 5, "x": {"@object": [1]}},
        EVENING,
        b"\x00\xff\x10\x80ab",
        b"",
    ],
)
def test_a_value_comes_back_as_it_went_in(value: Any) -> None:
    assert result("return a;", value) == value


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("return undefined;", None),
        ("return new Date(NaN);", None),
        ("return () => 1;", None),
        ("return 2n ** 40n;", 2**40),
        ("return new Map([['a', new Set([1])]]);", {"a": [1]}),
    ],
)
def test_what_make_does_not_know_becomes_what_it_knows(code: str, value: Any) -> None:
    assert result(code) == value


@pytest.mark.parametrize(
    ("timezone", "hours", "offset"),
    [("UTC", 22, 0), ("Europe/Prague", 0, -120), ("America/New_York", 18, 240)],
)
def test_dates_are_those_of_the_organization(timezone: str, hours: int, offset: int) -> None:
    code = "return [a.getHours(), a.getTimezoneOffset(), a instanceof Date];"
    assert result(code, EVENING, timezone=timezone) == [hours, offset, True]


def test_a_local_day_keeps_its_place_over_the_change_of_the_clock() -> None:
    code = "const d = new Date(2026, 2, 28, 12); d.setDate(d.getDate() + 1); return d;"
    assert result(code) == datetime(2026, 3, 29, 10, tzinfo=UTC)
    code = "return [new Date('2026-01-05T10:00'), new Date('2026-01-05'), new Date(), Date.now()];"
    ten, midnight, now, stamp = result(code)
    assert (ten, midnight) == (
        datetime(2026, 1, 5, 9, tzinfo=UTC),
        datetime(2026, 1, 5, tzinfo=UTC),
    )
    assert (now, stamp) == (datetime(2026, 3, 4, 8, 30, 15, tzinfo=UTC), 1772613015000)


def test_chance_can_be_repeated_and_survives_built_in_calls() -> None:
    first, second = result("const r = Math.random(); iml.length('x'); return [r, Math.random()];")
    assert 0 <= first < 1
    assert first != second
    assert result("return Math.random();") == first


def test_built_in_functions_answer_in_the_midst_of_code() -> None:
    code = "let sum = 0; for (let i = 0; i < 40; i++) sum += iml.round(i + 0.4); return sum;"
    assert result(code) == 780
    assert result("return iml.formatDate(a, 'DD.MM. HH:mm');", EVENING) == "02.07. 00:30"
    assert result("return iml.first(iml.split(a, ','));", "x,y") == "x"
    caught = result("try { return iml.parseNumber(a); } catch (e) { return e.message; }", "x")
    assert "not a valid number" in caught


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("while (true) {}", "took longer than 300 ms"),
        ("try { while (true) {} } catch (e) { return 1; }", "took longer than 300 ms"),
        ("return f();", "Maximum call stack size exceeded"),
        ("return 'x'.repeat(1e9);", "out of memory"),
        ("throw new TypeError('no list');", "TypeError: no list"),
        ("throw 'plain';", "plain"),
        ("return fetch('http://127.0.0.1');", "fetch is not defined"),
        ("while (true) iml.length('x');", "More than 250 calls"),
        ("return new Date(8.64e15);", "no calendar holds"),
    ],
)
def test_code_that_goes_wrong_is_stopped(code: str, said: str) -> None:
    with pytest.raises(ScriptError, match=said):
        result(code)
