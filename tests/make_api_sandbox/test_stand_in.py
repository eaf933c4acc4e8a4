"""How the stand-in for a language model reads messages."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_api_sandbox.agents.filling import Sources, fill
from make_api_sandbox.agents.ports import Document, Tool
from make_api_sandbox.agents.stand_in import (
    Outcome,
    Situation,
    answer,
    as_fields,
    next_call,
    reply,
)
from make_api_sandbox.agents.tokens import TokenUsage, count, surcharge

Json = Any
STATES: Json = [{"value": "sent", "label": "On its way"}, {"value": "lost"}]


def value(type: str, text: str, name: str = "orderId", **field: Json) -> Json:
    return fill([{"name": name, "type": type, **field}], Sources.of([text])).get(name)


@pytest.mark.parametrize(
    ("type", "text", "expected"),
    [
        ("text", "orderId: A-17.", "A-17"),
        ("text", "the order ID is A-17, please", "A-17"),
        ("text", "order_id=A-17", "A-17"),
        ("text", "order id 17", "17"),
        ("text", 'order id "blue lamp"', "blue lamp"),
        ("text", "order id of the lamp", None),
        ("text", 'see {"order": {"order_id": "A-17"}}', "A-17"),
        ("text", 'see [1, {"orderId": ["A"]}]', '["A"]'),
        ("text", "border id: 5", None),
        ("number", "send 3 lamps", 3),
        ("number", "send 3 of 5 lamps, order id 4.5", 4.5),
        ("number", "send 3 of 5 lamps", None),
        ("integer", "order id: 4.5", None),
        ("uinteger", "order id: -4", None),
        ("boolean", "order id: yes", True),
        ("boolean", "order id is false", False),
        ("boolean", "order id: maybe", None),
        ("email", "write to ada.l@mail.example.com!", "ada.l@mail.example.com"),
        ("url", "see https://example.com/a?b=1.", "https://example.com/a?b=1"),
        ("date", "due 2026-03-04T10:00:00Z", "2026-03-04T10:00:00Z"),
        ("uuid", "6f1f5a52-8c3e-4c0e-9a64-0d3a1a5f7b10", "6f1f5a52-8c3e-4c0e-9a64-0d3a1a5f7b10"),
        ("color", "paint it #ff8800", "#ff8800"),
        ("array", '{"orderId": [1, 2]}', [1, 2]),
        ("array", "orderId: 7", ["7"]),
        ("any", '{"orderId": NaN}', None),
        ("any", '{"orderId": 1e999}', None),
        ("any", '{"orderId": "\\ud800"}', None),
    ],
)
def test_a_field_is_filled_from_a_text(type: str, text: str, expected: Json) -> None:
    assert value(type, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("it is on its way", "sent"), ("state: lost", "lost"), ("state: gone", None)],
)
def test_an_option_is_found_by_value_or_label(text: str, expected: str | None) -> None:
    assert value("select", text, "state", options=STATES) == expected


def test_a_collection_is_filled_member_by_member() -> None:
    spec = [{"name": "city", "type": "text"}, {"name": "zip", "type": "number"}]
    assert value("collection", "city: Oslo, zip: 150", "address", spec=spec) == {
        "city": "Oslo",
        "zip": 150,
    }
    assert value("collection", "nothing", "address", spec=spec) is None


def test_results_of_tools_come_before_words() -> None:
    sources = Sources.of(["status: open"], [{"status": "closed"}])
    assert fill([{"name": "status", "type": "text"}], sources) == {"status": "closed"}


def test_a_tool_is_not_called_for_a_number_alone() -> None:
    amount = {"name": "amount", "type": "number", "required": True}
    tool = Tool("1", "Refund", fields=(amount,))
    assert next_call(Situation("tell me 3 jokes", tools=[tool])) is None
    call = next_call(Situation("refund 3", tools=[tool]))
    assert call is not None
    assert call.arguments == {"amount": 3}


def test_a_named_tool_with_a_prompt_gets_the_whole_message() -> None:
    tool = Tool("1", "Search web", fields=({"name": "query", "type": "text", "required": True},))
    call = next_call(Situation("search web for lamps", tools=[tool]))
    assert call is not None
    assert call.arguments == {"query": "search web for lamps"}


def test_tokens_are_four_characters_and_cost_by_tier() -> None:
    assert count("", "a", "abcd", "abcde") == 4
    used = TokenUsage(900, 100)
    assert [surcharge(tier, used) for tier in ("small", "medium", "large")] == [40, 100, 250]
    assert surcharge("sandbox-stand-in-large", used) == 250
    assert surcharge("gpt-4o", used) == 100
    assert surcharge("small", TokenUsage(1, 0)) == 1


FIELDS: Json = [
    {"name": name, "type": type, "required": type == "text"}
    for name, type in zip("abcdefgh", ("text", "number", "email", "json"), strict=False)
]


@given(message=st.text(max_size=200), before=st.lists(st.text(max_size=50), max_size=3))
def test_any_message_is_answered_in_the_same_words(message: str, before: list[str]) -> None:
    def speak() -> tuple[str, Json]:
        tools = [Tool("1", "a b", fields=tuple(FIELDS)), Tool("2", "c")]
        now = Situation(message, before, tools, [Document("d", "some words\n" + message)])
        for _ in range(4):
            call = next_call(now)
            if call is None:
                break
            now.outcomes.append(Outcome(call, ok=True, result=call.arguments))
        assert next_call(now) is None
        text = answer(now)
        return text, as_fields(FIELDS, now, text)

    text, data = speak()
    assert (text, data) == speak()
    assert text.startswith("[Sandbox stand-in, no model] ")
    assert set(data) == {"a", "b", "c", "d"}
    json.dumps(data, allow_nan=False)


@pytest.mark.parametrize(
    "text",
    ["a" * 50_000, "order id" + " " * 50_000, "[" * 50_000, '{"a":' * 20_000, "order id" * 9000],
)
def test_long_texts_are_read_in_time(text: str) -> None:
    began = time.process_time()
    fields = [{"name": "orderId", "type": type} for type in ("text", "email", "url", "number")]
    fill(fields, Sources.of([text]))
    reply(text)
    assert time.process_time() - began < 2
