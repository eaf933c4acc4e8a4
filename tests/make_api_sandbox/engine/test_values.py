"""How mapped values are evaluated and converted."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flows import assign, blueprint, compose, fail, iterate, module, ports, run, values
from make_api_sandbox.engine.execution import Status

pytestmark = pytest.mark.anyio

Json = Any


def typed(ident: int, kind: str, value: Json, **field: Json) -> dict[str, Json]:
    """A module that declares a field of one type and answers with what it got."""
    expect = [{"name": "got", "type": kind, **field}]
    return module(ident, "acme:echo", mapper={"got": value}, metadata={"expect": expect})


async def got(kind: str, value: Json, **field: Json) -> Json:
    result = await run(blueprint(compose(1, "x"), typed(2, kind, value, **field)))
    assert result.status is Status.SUCCESS, result.error
    return result.records[-1].received["got"]


async def test_one_expression_alone_keeps_its_type() -> None:
    flow = [assign(1, n="{{1 + 1}}"), assign(2, n="{{1.n}}", t="{{1.n}} pieces")]
    result = await run(blueprint(*flow))
    assert result.records[1].returned[0] == {"n": 2, "t": "2 pieces"}


async def test_nothing_in_a_mixed_text_is_an_empty_text() -> None:
    result = await run(blueprint(compose(1, "x"), compose(2, "[{{1.missing}}]")))
    assert values(result, 2) == ["[]"]


async def test_a_reference_that_leads_nowhere_is_null_and_no_error() -> None:
    result = await run(blueprint(compose(1, "x"), assign(2, a="{{1.no.such}}", b="{{9.field}}")))
    assert result.records[1].returned[0] == {"a": None, "b": None}
    assert result.status is Status.SUCCESS


async def test_brackets_address_items_from_one_on_and_all_by_map() -> None:
    first = module(1, "json:ParseJSON", mapper={"json": '{"list":[{"x":"a"},{"x":"b"}]}'})
    second = assign(
        2, first="{{1.list[].x}}", second="{{1.list[2].x}}", all='{{join(map(1.list; "x"); "+")}}'
    )
    result = await run(blueprint(first, second))
    assert result.records[1].returned[0] == {"first": "a", "second": "b", "all": "a+b"}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("number", "12", 12),
        ("boolean", "true", True),
        ("text", "{{12}}", "12"),
        ("array", "one", ["one"]),
        ("date", "2026-03-02T09:00:00Z", datetime(2026, 3, 2, 9, tzinfo=UTC)),
    ],
)
async def test_values_are_converted_to_the_type_of_the_field(
    kind: str, value: Json, expected: Json
) -> None:
    assert await got(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "field"),
    [("number", "many", {}), ("date", "soon", {}), ("text", "", {"required": True})],
)
async def test_what_cannot_be_converted_or_is_missing_fails_validation(
    kind: str, value: Json, field: Json
) -> None:
    result = await run(blueprint(compose(1, "x"), typed(2, kind, value, **field)))
    assert result.error is not None
    assert result.error.name == "BundleValidationError"


async def test_parameters_are_static() -> None:
    parameters = {"feeder": 1, "rowSeparator": "other", "otherRowSeparator": "{{1.value}}"}
    text = module(2, "util:TextAggregator", parameters=parameters, mapper={"value": "x"})
    result = await run(blueprint(iterate(1, ["a", "b"]), text))
    assert values(result, 2) == ["x{{1.value}}x"]


async def test_erase_empties_a_field_and_nothing_leaves_it_alone() -> None:
    around = ports()
    around.stores.stores[5]["k"] = {"kept": "1", "gone": "2", "new": "3"}
    data = {"kept": "{{null}}", "gone": "{{erase}}", "new": "4"}
    mapper = {"key": "k", "upsert": False, "overwriteArrays": False, "data": data}
    update = module(1, "datastore:UpdateRecord", parameters={"datastore": 5}, mapper=mapper)
    await run(blueprint(update), around)
    found = around.stores.stores[5]["k"]
    assert (found["kept"], found.get("gone"), found["new"]) == ("1", None, "4")


async def test_an_error_route_reads_the_kind_and_the_message_of_the_error() -> None:
    seen = compose(3, "{{2.error.type}}: {{2.error.message}} ({{1.value}})")
    result = await run(blueprint(compose(1, "x"), fail(2, seen)))
    assert values(result, 3) == ["BundleValidationError: Source is not valid JSON. (x)"]


async def test_a_function_for_arrays_refuses_a_module_id_alone() -> None:
    result = await run(blueprint(compose(1, "x"), compose(2, '{{join(map(1; "x"); ",")}}')))
    assert result.error is not None
    assert "is not a valid array" in result.error.message
