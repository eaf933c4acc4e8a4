"""The patterns of `replace` mean what they mean in JavaScript, or are refused."""

import re

import pytest
from make_blueprint.iml import EvaluationError, Scope, evaluate, passes


def replaced(text: str, pattern: str, replacement: str) -> object:
    scope = Scope(bundles={1: {"text": text, "pattern": pattern, "with": replacement}})
    return evaluate("{{replace(1.text; 1.pattern; 1.with)}}", scope)


@pytest.mark.parametrize(
    ("text", "pattern", "replacement", "result"),
    [
        ("a1 b٣", r"/\d/g", "#", "a# b٣"),
        ("a1é", r"/\W/g", "#", "a1#"),
        ("tea éa", r"/\ba/g", "#", "tea é#"),
        ("tea a", r"/\Ba/g", "#", "te# a"),
        ("one\ntwo", "/^t/m", "T", "one\nTwo"),
        ("one\ntwo", "/^t/", "T", "one\ntwo"),
        ("one\n", "/e$/", "E", "one\n"),
        ("one\n", "/e$/m", "E", "onE\n"),
        ("a\nb", "/a.b/", "#", "a\nb"),
        ("a\nb", "/a.b/s", "#", "#"),
        ("abab", r"/(ab)\1/", "$1", "ab"),
        ("b", r"/(?:(a)|b)\1/", "#", "#"),
        ("aXa", r"/(?:(a))X\1/", "#", "#"),
        ("xyy", r"/x(?=y)/", "#", "#yy"),
        ("xz", r"/x(?!y)/", "#", "#z"),
        ("$5", r"/(?<=\$)\d/", "9", "$9"),
        ("15", r"/(?<!\$)\d/g", "9", "99"),
        ("aaa", "/a+?/", "#", "#aa"),
        ("a{b}", "/{b}/", "#", "a#"),
        ("tab\tend", r"/\t/", " ", "tab end"),
        ("nul\0", r"/\0/", "", "nul"),
        ("a.b", r"/\./", "", "ab"),
        ("é", r"/\u00e9/", "e", "e"),
        ("A", r"/\x41/", "a", "a"),
        ("😀", r"/\u{1F600}/u", ":)", ":)"),
        ("line\nend", r"/\cJ/", " ", "line end"),
        ("cat", r"/\c/", "k", "cat"),
        (r"a\cé", r"/\cé/", "-", "a-"),
        (r"\c1", r"/[\c]/g", "", "1"),
        ("a-b_c", r"/[\w-]/g", "", ""),
        ("a-b", "/[a-]/g", "", "b"),
        ("a-b", "/[-b]/g", "", "a"),
        ("a-5", r"/[\d-x]/g", "", "a"),
        ("a-5z", r"/[+-\d]/g", "", "az"),
        ("bcd", "/[b-c]/g", "", "d"),
        ("b^", "/[b^]/g", "", ""),
        ("b^", "/[^b]/g", "", "b"),
        ("a\bb", r"/[\b]/", "", "ab"),
        ("a]b", r"/[\]]/", "", "ab"),
        ("ab", "/[^]/g", "", ""),
        ("ab", "/[]/g", "", "ab"),
        ("a\u00a0b", r"/[^\S]/", "", "ab"),
        ("abc", "//g", "-", "abc"),
        ("abc", "/|x/g", "-", "-a-b-c-"),
        ("price $$", r"/\$\$/", "$$", "price $"),
        ("ab", "/(a)(b)/", "$2$1$3", "ba$3"),
    ],
)
def test_a_pattern_replaces_as_in_javascript(
    text: str, pattern: str, replacement: str, result: str
):
    assert replaced(text, pattern, replacement) == result


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("/a**/", "nothing to repeat"),
        ("/a++/", "nothing to repeat"),
        ("/*a/", "nothing to repeat"),
        ("/(?i)a/", "invalid group"),
        ("/(?>a)/", "invalid group"),
        ("/(?P<n>a)/", "invalid group"),
        ("/(a/", "unterminated"),
        ("/[a/", "a class is not closed"),
        ("/[a\\/", "a backslash at the end"),
        ("/a\\/", "a backslash at the end"),
        (r"/\2(a)/", "there is no group 2 before the reference"),
        (r"/\k<n>/", "the named group does not exist"),
        (r"/\p{L}/u", r"\p{...} is not supported"),
        (r"/\u{FFFFFF}/u", "the code point is out of range"),
        ("/[b-a]/", "bad character range"),
        ("/(?<=a+)b/", "fixed-width"),
        ("/a/v", "the flags v and y"),
        ("/a/y", "the flags v and y"),
        ("/(?<n>a)/", "named groups cannot be used in a replacement"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused_with_the_reason(pattern: str, why: str):
    with pytest.raises(EvaluationError, match=re.escape(why)):
        replaced("aab", pattern, "")


@pytest.mark.parametrize(
    ("text", "pattern", "found"),
    [
        ("2026-2026", r"^(?<year>\d{4})-\k<year>$", True),
        ("2026-2027", r"^(?<year>\d{4})-\k<year>$", False),
        ("b-", r"^(?:(?<a>a)|b)-\k<a>$", True),
        ("abba", r"^(?<x>a)(b)\2\k<x>$", True),
    ],
)
def test_a_filter_may_name_groups(text: str, pattern: str, found: bool):
    assert passes([[{"a": text, "o": "text:pattern", "b": pattern}]], Scope()) is found
