"""Regular expressions whose backtracking would take for ever find the same and end."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_blueprint.iml import EvaluationError, Scope, evaluate, passes
from make_blueprint.iml.backtracking import risk, searches
from make_blueprint.iml.ecmascript import compiled, matches

CATASTROPHES = [
    ("^(a+)+$", "a" * 60 + "!"),
    ("^(a|a)*$", "a" * 60 + "!"),
    ("^(a|aa)+$", "a" * 60 + "!"),
    ("(x+x+)+y", "x" * 60),
    (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 60),
    (r"^(\w+\s?)*$", "word " * 40 + "!"),
    ("(?=(a+)+$)b", "a" * 60 + "!"),
    (r"\s+$", " " * 50_000 + "x"),
    ("^" + "a?" * 30 + "a" * 31 + "$", "a" * 30),
    ("(?:a?){40}b", "a" * 39),
]

ATOMS = st.sampled_from(
    ["a", "b", "(?:(a)|b)", ".", "[ab]", "[^a]", r"\d", r"\b", "^", "$", "(?=a)", "(?!b)"]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    times = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{2,}"])
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("|".join).map("(?:{})".format),
        inner.map("({})".format),
        st.tuples(inner, times).map(lambda parts: f"(?:{parts[0]}){parts[1]}"),
    )


PATTERNS = st.recursive(ATOMS, _grown, max_leaves=7)


@pytest.mark.parametrize(("pattern", "text"), CATASTROPHES)
def test_a_pattern_that_explodes_still_says_no(pattern: str, text: str) -> None:
    condition = {"a": text, "o": "text:pattern", "b": pattern}
    assert not passes([[condition]], Scope(bundles={}))


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^(a+)+$", "a" * 60, "a" * 60),
        (r"(\w+\s?)*$", "word " * 40, "word " * 40),
        ("(a|ab)(c|bcd)*(d*)", "abcd" * 40, "abcd"),
        (r"(x)(\w+?)+\1", "x" + "ab" * 80 + "x", "x" + "ab" * 80 + "x"),
    ],
)
def test_a_long_text_is_matched_as_by_javascript(pattern: str, text: str, found: str) -> None:
    regex = compiled(pattern)
    assert risk(regex, len(text)) > 20
    spans = searches(regex, text)(0)
    assert spans is not None
    assert text[slice(*spans[0])].startswith(found)


def test_all_replacements_of_a_risky_pattern_keep_their_groups() -> None:
    text = "key=value; " * 100
    template = '{{replace(1.t; "/(\\w+)=(\\w+)(; )*/g"; "$2:$1,")}}'
    assert evaluate(template, Scope(bundles={1: {"t": text}})) == "value:key," * 100


def test_a_search_that_needs_too_many_steps_is_an_error() -> None:
    text = "ab" * 3_000 + "!"
    condition = {"a": text, "o": "text:pattern", "b": r"^(a|b)(?:\1|b|a|ab)*$"}
    with pytest.raises(EvaluationError, match="takes more than 2,000,000 steps"):
        passes([[condition]], Scope(bundles={}))


@settings(max_examples=200, deadline=None)
@given(PATTERNS, st.text("ab1 ", max_size=7))
def test_bounded_matching_finds_what_re_finds(pattern: str, text: str) -> None:
    regex = compiled(pattern)
    expected = regex.search(text)
    spans = searches(regex, text)(0)
    assert (spans is None) == (expected is None)
    if spans is not None and expected is not None and not _has_empty_turns(pattern):
        assert spans[0] == expected.span()


def _has_empty_turns(pattern: str) -> bool:
    """Whether a repeated part may be empty, where JavaScript drops the turn and `re` keeps it."""
    return re.search(r"[*?}^$b)][?]?\)+[*+{?]|\|\)", pattern) is not None


@pytest.mark.parametrize(("sign", "digits"), [(1, 400), (-1, 400), (1, 5000)])
@pytest.mark.parametrize("operator", ["text:equal", "text:contain", "number:less", "array:equal"])
def test_a_number_beyond_all_doubles_leaks_no_overflow(
    sign: int, digits: int, operator: str
) -> None:
    number = sign * 10**digits
    for left, right in ((number, "x"), ("x", number), ({"n": number}, number)):
        condition = {"a": left, "o": operator, "b": right}
        assert not passes([[condition]], Scope(bundles={}))


def test_a_number_beyond_all_doubles_is_infinite_text() -> None:
    condition = {"a": 10**400, "o": "text:equal", "b": "Infinity"}
    assert passes([[condition]], Scope(bundles={}))


@pytest.mark.parametrize(
    ("pattern", "flags", "text"),
    [
        ("(a+)+(?<=a{2})b", "", "a" * 40 + "b"),
        (r"()(a+)+(?<=\1)b", "", "a" * 40 + "b"),
        (r"(?:(x)|a)+?\1(a+)+b", "", "a" * 40 + "b"),
        (r"(x)(\w+?)+\1", "i", "x" + "ab" * 30 + "X"),
    ],
)
def test_looks_behind_and_references_hold_in_patterns_that_explode(
    pattern: str, flags: str, text: str
) -> None:
    assert risk(compiled(pattern, flags), len(text)) > 20
    assert [(match.start, match.end) for match in matches(pattern, flags, text)] == [(0, len(text))]


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(?:(?:a?){300}){300}", "repeats too much"),
        ("(" * 400 + "a" + ")" * 400, "nested too deeply"),
    ],
)
def test_a_pattern_too_large_to_be_bounded_is_an_error(pattern: str, problem: str) -> None:
    condition = {"a": "a" * 60, "o": "text:pattern", "b": pattern}
    with pytest.raises(EvaluationError, match=problem):
        passes([[condition]], Scope(bundles={}))
