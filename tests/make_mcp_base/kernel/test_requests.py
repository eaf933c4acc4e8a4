"""Requests as data: what watches a thing, and what an undo carries on from its own answers."""

from make_mcp_base.calls.requests import Watch, filled, member, post
from pydantic import JsonValue


def test_a_row_of_a_list_is_found_by_a_member() -> None:
    answer: JsonValue = {"folders": [{"id": 1, "name": "a"}, {"id": 12, "name": "b"}]}
    assert member(answer, "folders.[id=12].name") == "b"
    assert member(answer, "folders.[id=2].name") is None
    assert member(answer, "folders.0.name") == "a"


def test_a_watch_sees_a_row_that_is_gone_as_nothing() -> None:
    watch = Watch("/folders", ("folders.[id=3].name",), {"teamId": 1})
    assert watch.project({"folders": []}) == {"folders.[id=3].name": None}


def test_an_undo_fills_paths_and_bodies_from_its_own_answers() -> None:
    request = post("/scenarios/{0.scenario.id}/interface", {"folderId": "{1.folder.id}", "n": "x"})
    sent = filled(request, [{"scenario": {"id": 7}}, {"folder": {"id": 9}}])
    assert (sent.path, sent.body) == ("/scenarios/7/interface", {"folderId": 9, "n": "x"})


def test_what_no_answer_tells_stays_as_it_was_written() -> None:
    request = post("/scenarios/{0.scenario.id}", {"folderId": "{1.folder.id}"})
    assert filled(request, []) == request
