import gc
import json

import pytest
from hypothesis import given
from make_blueprint.document import Blueprint, JsonValue, clone, dump, load, whole_number
from make_blueprint.problem import BlueprintError

from tests.make_blueprint.generate import blueprint, blueprints, few, module

PLAIN = blueprint(module(1, "gateway:CustomWebHook"))


@pytest.mark.parametrize(
    "source",
    [
        PLAIN,
        json.dumps(PLAIN),
        json.dumps(PLAIN).encode(),
        json.dumps(json.dumps(PLAIN)),
        {"blueprint": PLAIN},
        {"blueprint": json.dumps(PLAIN)},
        {"code": "OK", "response": {"blueprint": PLAIN, "idSequence": 2}},
        json.dumps({"code": "OK", "response": {"blueprint": PLAIN}}),
        "\ufeff" + json.dumps(PLAIN),
    ],
)
def test_a_blueprint_is_read_from_every_form_it_comes_in(
    source: str | bytes | dict[str, JsonValue],
) -> None:
    assert load(source) == PLAIN


def test_unknown_keys_nulls_and_order_survive() -> None:
    text = '{"zz":null,"flow":[{"listener":true,"id":1,"mapper":null,"é":1.5}],"name":"\\u0000 ✓"}'
    assert dump(load(text)) == text


@given(blueprints())
@few
def test_writing_and_reading_gives_the_same_text(document: Blueprint) -> None:
    text = dump(document)
    assert dump(load(text)) == text


def test_half_a_surrogate_pair_survives_as_an_escape() -> None:
    assert dump(load('{"flow":["\\ud83d"]}')) == '{"flow":["\\ud83d"]}'
    dump(load('{"flow":["\\ud83d"]}')).encode()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('{"flow": [NaN]}', "NaN"),
        ('{"flow": [-Infinity]}', "Infinity"),
        ('{"flow": [1e999]}', "1e999"),
        ('{"flow": [], "flow": []}', "more than once"),
        ('{"flow": [{"id": 1, "id": 2}]}', "'id'"),
        (b'{"flow": "\xff"}', "UTF-8"),
        ('{"flow": [', "line 1"),
        ("[]", "a list"),
        ("null", "null"),
        ("12", "number"),
        ({5}, "type set"),
        ({"flow": [10**4300]}, "4,300 digits"),
        ('{"blueprint": null}', "null"),
        ({"flow": [float("nan")]}, "nan"),
        ({"flow": [{1, 2}]}, "set"),
        ({"flow": [{7: 1}]}, "not text"),
        ("9" * 5000, "4,300 digits"),
    ],
)
def test_what_is_no_blueprint_is_refused_with_the_reason(source: str, reason: str) -> None:
    with pytest.raises(BlueprintError, match=reason):
        load(source)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_a_hundred_thousand_levels_are_refused_and_not_followed(opening: str) -> None:
    with pytest.raises(BlueprintError, match="deeper than 200"):
        load('{"flow":' + opening * 100_000)


def test_what_is_wrapped_again_and_again_is_refused() -> None:
    text = "{}"
    for _ in range(12):
        text = json.dumps({"blueprint": text})
    with pytest.raises(BlueprintError, match="too many times"):
        load(text)


@pytest.mark.parametrize("levels", [150, 500, 50_000])
def test_nesting_is_judged_by_the_limit(levels: int) -> None:
    text = f'{{"flow":{"[" * levels}{"]" * levels}}}'
    if levels < 200:
        assert dump(load(text)) == text
        return
    with pytest.raises(BlueprintError, match="deeper than 200"):
        load(text)


def test_true_is_no_number() -> None:
    assert [whole_number(value) for value in (True, 7, "7", "x", 1.0)] == [None, 7, 7, None, None]


def test_deep_data_is_refused_and_not_followed() -> None:
    deep: JsonValue = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(BlueprintError, match="deeper than 200"):
        load({"flow": deep})


def test_data_that_contains_itself_is_refused() -> None:
    loop: dict[str, JsonValue] = {}
    loop["flow"] = [loop]
    with pytest.raises(BlueprintError, match="deeper"):
        load(loop)


def test_brackets_inside_strings_are_no_nesting() -> None:
    text = json.dumps(blueprint(module(1, mapper={"value": "[{" * 5000 + '\\"'})))
    assert dump(load(text)) == dump(json.loads(text))


def test_an_unfinished_text_of_many_quotes_is_refused_quickly() -> None:
    with pytest.raises(BlueprintError, match="not JSON"):
        load('{"flow": "' + '\\"' * 500_000)


@pytest.mark.parametrize(
    "source",
    ['{"flow":"' + "é" * 600 + '"}', b'{"flow":"' + b"x" * 1200 + b'"}', {"a": "x" * 1200}],
)
def test_size_is_limited_in_bytes(source: str | bytes | dict[str, JsonValue]) -> None:
    with pytest.raises(BlueprintError, match="1,000 bytes"):
        load(source, max_bytes=1000)


def test_a_copy_shares_nothing() -> None:
    document = blueprint(module(1, mapper={"list": [{"a": 1}]}))
    text = dump(document)
    copy = clone(document)
    flow = copy["flow"]
    assert isinstance(flow, list)
    flow.clear()
    assert dump(document) == text


def test_reading_leaves_a_collector_that_is_off_off() -> None:
    gc.disable()
    try:
        load(json.dumps(PLAIN))
        assert not gc.isenabled()
    finally:
        gc.enable()
    load(json.dumps(PLAIN))
    assert gc.isenabled()
