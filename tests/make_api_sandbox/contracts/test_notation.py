"""The notation of contracts, and what it catches."""

import json
import re
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_api_sandbox.contracts.book import Answer, Book, book
from make_api_sandbox.contracts.notation import Declared, NotationError, read
from make_api_sandbox.contracts.operations import key
from make_api_sandbox.contracts.shape import Atom, Either, Listed, Literal, Members, Shape

TEXT = """
thing = {
  id: id, name: text          # what people call it
  kind: "a" | "b" | null
  parent?: id
  size+: digits
}
GET /things cols (live, sdk) -> { things: [thing], pg: { limit: int } }
POST /things (docs) 201 -> { thing: { ...thing, parent: id | null } }
DELETE /things/{thingId} (docs) 204 -> nothing
GET /things/{thingId}/picture (guess) -> image/png
REFUSAL 404 -> { message: text, code: "SC404" }
REFUSAL 404 /things -> { error: text }
"""
DOCUMENT = read(TEXT, "things.contract")
BOOK = Book(
    {key(one.method, one.path): one for one in DOCUMENT.answers if one.method != "REFUSAL"},
    tuple(one for one in DOCUMENT.answers if one.method == "REFUSAL"),
)
GOOD: dict[str, Any] = {"id": 1, "name": "Sofa", "kind": "a"}


def faults(
    value: Any, method: str = "GET", path: str = "/things", status: int = 200, cols: str = ""
) -> list[str]:
    body = json.dumps(value).encode()
    return BOOK.faults(method, path, Answer(status, "application/json", body, cols.split()))


def listed(**members: Any) -> Any:
    return {"things": [GOOD | members], "pg": {"limit": 5}}


def test_a_good_answer_has_no_faults() -> None:
    assert faults(listed()) == []
    assert faults(listed(parent=2, kind=None)) == []


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"colour": "red"}, "things[0].colour is unknown here ('red')"),
        ({"size": "12"}, "things[0].size is unknown here ('12')"),
        ({"id": 0}, "things[0].id should be id, not 0"),
        ({"id": True}, "things[0].id should be id, not True"),
        ({"name": None}, "things[0].name should be text, not None"),
        ({"kind": "c"}, "things[0].kind should be 'a', not 'c'"),
        ({"parent": None}, "things[0].parent should be id, not None"),
    ],
)
def test_a_departure_is_named_with_its_place(members: dict[str, Any], said: str) -> None:
    assert faults(listed(**members)) == [said]


def test_a_missing_member_is_a_departure_unless_it_may_be_absent() -> None:
    assert faults({"things": [{"id": 1, "kind": "b"}], "pg": {"limit": 5}}) == [
        "things[0].name is missing"
    ]
    assert faults({"things": []}) == ["pg is missing"]


def test_columns_asked_for_are_there_and_no_others() -> None:
    chosen = {"things": [{"id": 1, "size": "12"}], "pg": {"limit": 5}}
    assert faults(chosen, cols="id size") == []
    assert faults(chosen, cols="id") == ["things[0].size is unknown here ('12')"]
    assert faults(chosen, cols="id size name") == ["things[0].name is missing"]
    assert faults(listed(size="12"), cols="*") == []


def test_columns_change_nothing_where_they_choose_nothing() -> None:
    made = {"thing": GOOD | {"parent": None}}
    assert faults(made, "POST", status=201, cols="id") == []


def test_later_members_replace_those_taken_over() -> None:
    assert faults({"thing": GOOD}, "POST", status=201) == ["thing.parent is missing"]


def test_status_and_media_type_are_part_of_a_contract() -> None:
    assert faults({"thing": GOOD}, "POST") == ["the status should be 201, not 200"]
    picture = Answer(200, "image/png", b"")
    assert BOOK.faults("GET", "/things/{id}/picture", picture) == []
    assert faults({}, path="/things/{id}/picture") == [
        "the media type should be image/png, not application/json"
    ]
    assert BOOK.faults("DELETE", "/things/{id}", Answer(204, "", b"")) == []
    assert len(BOOK.faults("DELETE", "/things/{id}", Answer(204, "", b"{}"))) == 1
    assert len(BOOK.faults("GET", "/things", Answer(200, "text/plain", b"hello"))) == 1


def test_the_refusal_of_the_nearest_family_counts() -> None:
    usual = {"message": "Gone.", "code": "SC404"}
    assert faults({"error": "Gone."}, path="/things/{id}", status=404) == []
    assert faults(usual, path="/others", status=404) == []
    assert len(faults(usual, path="/things", status=404)) == 3
    assert faults(usual, status=418) == ["no contract states a refusal with status 418"]


def test_an_unknown_operation_has_no_contract() -> None:
    assert faults({}, path="/nothing") == ["no contract states this operation"]


@pytest.mark.parametrize(
    "text",
    [
        "GET /a (docs) -> stranger",
        "GET /a (rumour) -> text",
        "GET /a (sdk, live) -> text",
        "a = text\na = int",
        "text = int",
        "a = { b: text c: int }",
        "a = { ...b }",
        "b = [int]\na = { ...b }",
        "a = ?",
        "a = { b: text",
    ],
)
def test_what_is_not_in_the_notation_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(NotationError, match=r"^odd\.contract:\d: "):
        read(text, "odd.contract")


# All contracts

SAMPLES: dict[str, st.SearchStrategy[Any]] = {
    "any": st.none() | st.integers() | st.text(max_size=3),
    "null": st.none(),
    "flag": st.booleans(),
    "int": st.integers(),
    "id": st.integers(min_value=1),
    "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    "text": st.text(max_size=5),
    "digits": st.integers(min_value=0).map(str),
    "decimal": st.integers(min_value=0).map(lambda amount: f"{amount}.00"),
    "hex32": st.integers(0, 16**32 - 1).map(lambda number: f"{number:032x}"),
    "udid": st.text("abcxyz0189", min_size=32, max_size=32),
    "uuid": st.uuids().map(str),
    "time": st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.000Z".rjust(24, "0")),
    "moment": st.just("2026-07-15T13:31:53.345339+00:00"),
    "date": st.just("2026-07-15"),
    "day": st.just("15-07-2026"),
    "colour": st.just("#c73a63"),
    "url": st.just("https://eu1.make.com/a"),
    "email": st.just("robin@example.com"),
}


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Answers of a shape."""
    if isinstance(shape, Atom):
        return SAMPLES[shape.word]
    if isinstance(shape, Literal):
        return st.just(shape.value)
    if isinstance(shape, Either):
        return st.one_of(*map(values, shape.shapes))
    if isinstance(shape, Listed):
        return st.lists(values(shape.item), max_size=2)
    assert isinstance(shape, Members)
    shown = {name: one for name, one in shape.named.items() if not one.on_request}
    return st.fixed_dictionaries(
        {name: values(one.shape) for name, one in shown.items() if not one.optional},
        optional={name: values(one.shape) for name, one in shown.items() if one.optional},
    )


OBJECTS: list[Declared] = [
    one
    for one in book().answers.values()
    if isinstance(one.body, Members) and one.body.others is None
]


@given(st.data())
def test_every_contract_accepts_what_it_describes_and_nothing_beside(data: st.DataObject) -> None:
    declared = data.draw(st.sampled_from(OBJECTS))
    assert isinstance(declared.body, Members)
    value = data.draw(values(declared.body))
    assert _judged(declared, value) == []
    assert len(_judged(declared, value | {"stranger": 1})) == 1
    for name in [name for name, one in declared.body.named.items() if not one.optional]:
        assert len(_judged(declared, {k: v for k, v in value.items() if k != name})) == 1


def _judged(declared: Declared, value: Any) -> list[str]:
    body = json.dumps(value).encode()
    answer = Answer(declared.status, "application/json", body)
    return book().faults(declared.method, declared.path, answer)


REASONS = {"stored", "unknown", "byKind", "document"}
"""The declarations of `shared.contract` that stand for anything, each with its reason beside it."""


def test_whatever_may_be_anything_says_why() -> None:
    folder = resources.files("make_api_sandbox.contracts")
    odd: list[str] = []
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".contract"):
            continue
        for line in file.read_text("utf-8").splitlines():
            declared, _, reason = line.partition("#")
            name = declared.partition("=")[0].strip()
            explained = file.name == "shared.contract" and name in REASONS and reason.strip()
            if re.search(r"\bany\b", declared) and not explained:
                odd.append(f"{file.name}: {line.strip()}")
    assert odd == []
