"""Queries and paths as Make reads them, for any text."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_mcp_base.client.failures import Invalid
from make_mcp_base.client.query import QueryValue, checked_path, encode_query, endpoint

words = st.text(st.characters(codec="utf-8"))
names = st.from_regex(r"[a-z]{1,8}", fullmatch=True)


def decoded(query: dict[str, QueryValue]) -> list[tuple[str, str]]:
    return parse_qsl(encode_query(query), keep_blank_values=True, strict_parsing=bool(query))


def test_names_arrays_objects_and_booleans_are_written_makes_way() -> None:
    query: dict[str, QueryValue] = {
        "team_id": 5,
        "pg": {"limit": 50, "sort_by": "name", "offset": None},
        "cols": ["id", "name"],
        "is_active": True,
        "confirmed": False,
        "folder_id": None,
        "type_name": [],
        "timeframe": {"date_from": "2026-01-02"},
    }
    assert decoded(query) == [
        ("teamId", "5"), ("pg[limit]", "50"), ("pg[sortBy]", "name"), ("cols[]", "id"),
        ("cols[]", "name"), ("isActive", "true"), ("confirmed", "false"),
        ("timeframe[dateFrom]", "2026-01-02"),
    ]  # fmt: skip


def test_names_that_are_makes_already_stay() -> None:
    query: dict[str, QueryValue] = {"pg[limit]": 5, "scenarioId[]": [1, 2], "includeSpaces": True}
    assert decoded(query) == [
        ("pg[limit]", "5"), ("scenarioId[]", "1"), ("scenarioId[]", "2"), ("includeSpaces", "true")
    ]  # fmt: skip


@given(st.dictionaries(names, words))
def test_any_text_arrives_as_it_was_given(query: dict[str, str]) -> None:
    assert decoded(dict(query)) == list(query.items())


@given(names, st.lists(words, min_size=1))
def test_a_list_keeps_its_members_and_their_order(name: str, members: list[str]) -> None:
    assert decoded({name: members}) == [(f"{name}[]", member) for member in members]


@given(st.dictionaries(names, words, min_size=1))
def test_no_value_can_add_a_member_of_its_own(query: dict[str, str]) -> None:
    text = encode_query(dict(query))
    assert text.count("=") == len(query)
    assert text.isascii()
    assert not set(text) & set("# \r\n")


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_value(number: float) -> None:
    assert float(decoded({"n": number})[0][1]) == float(number)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(number: float) -> None:
    with pytest.raises(Invalid, match="finite"):
        encode_query({"limit": number})


def test_a_query_too_long_for_a_url_is_refused() -> None:
    with pytest.raises(Invalid, match="characters long"):
        encode_query({"name": "x" * 60_001})


@given(words.filter(lambda text: text not in {"", ".", ".."}))
def test_any_text_fills_exactly_one_path_segment(key: str) -> None:
    path = endpoint("/data-stores/{data_store_id}/data/{key}", data_store_id=4, key=key)
    assert checked_path(path) == path
    segments = path.split("/")
    assert len(segments) == 5
    assert unquote(segments[4]) == key


@pytest.mark.parametrize("key", ["", ".", "..", "half \ud800"])
def test_a_segment_that_would_name_something_else_is_refused(key: str) -> None:
    with pytest.raises(Invalid):
        endpoint("/data-stores/{key}", key=key)


@pytest.mark.parametrize(
    "path",
    ["teams", "", "/", "/teams/", "/teams//5", "/teams/../keys", "/teams/%2e%2E/keys", "/a?b=1",
     "/a#b", "/a b", "/a\\b", "/ä", "/a\r\nb", "//evil.example/x"],
)  # fmt: skip
def test_a_path_that_would_leave_its_endpoint_is_refused(path: str) -> None:
    with pytest.raises(Invalid):
        checked_path(path)
