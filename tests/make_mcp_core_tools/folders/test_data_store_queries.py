"""Questions to the records of a data store."""

from typing import Any

import pytest
from harness import Server

from .conftest import Workshop

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def orders(workshop: Workshop) -> int:
    bench = workshop.shelf
    store = await bench.store(name="Orders")
    rows: list[dict[str, Any]] = [
        {"country": "CZ", "amount": 10, "at": "2026-01-05T10:00:00Z", "tags": ["new"]},
        {"country": "DE", "amount": 30, "at": "2026-01-06T09:00:00+02:00", "buyer": {"age": 40}},
        {"country": "CZ", "amount": 5.5, "at": "2026-02-01", "tags": ["new", "vip"]},
        {"country": "DE", "amount": "n/a", "at": "2026-02-02", "buyer": {"age": 7}},
        {"country": None, "amount": 20},
    ]
    for at, row in enumerate(rows):
        await bench.record(store, f"o{at}", **row)
    return store


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ({"field": "country", "value": "CZ"}, ["o0", "o2"]),
        ({"field": "country", "op": "not_equals", "value": "CZ"}, ["o1", "o3", "o4"]),
        ({"field": "amount", "op": "at_least", "value": 20}, ["o1", "o4"]),
        ({"field": "amount", "op": "less", "value": 10}, ["o2"]),
        ({"field": "at", "op": "greater", "value": "2026-01-31T23:30:00-01:00"}, ["o3"]),
        ({"field": "at", "value": "2026-01-06T07:00:00Z"}, ["o1"]),
        ({"field": "tags", "op": "contains", "value": "vip"}, ["o2"]),
        ({"field": "country", "op": "starts_with", "value": "d"}, ["o1", "o3"]),
        ({"field": "country", "op": "one_of", "value": ["DE", None]}, ["o1", "o3", "o4"]),
        ({"field": "buyer.age", "op": "at_most", "value": 7}, ["o3"]),
        ({"field": "tags.1", "value": "vip"}, ["o2"]),
        ({"field": "tags", "op": "is_empty"}, ["o1", "o3", "o4"]),
        ({"field": "at", "op": "is_present"}, ["o0", "o1", "o2", "o3"]),
        ({"field": "$key", "value": "o3"}, ["o3"]),
    ],
)
async def test_records_are_filtered(
    core: Server, orders: int, condition: dict[str, Any], keys: list[str]
) -> None:
    told = await core.call("data_store_query", data_store_id=orders, where=[condition])
    assert [row["$key"] for row in told.data["rows"]] == keys
    assert (told.data["scanned"], told.data["complete"]) == (5, True)


async def test_records_are_sorted_with_those_without_a_value_last(
    core: Server, orders: int
) -> None:
    async def keys(*sort: str) -> list[str]:
        told = await core.call(
            "data_store_query", data_store_id=orders, sort=list(sort), select=["amount"]
        )
        return [row["$key"] for row in told.data["rows"]]

    assert await keys("at") == ["o0", "o1", "o2", "o3", "o4"]
    assert await keys("-at") == ["o3", "o2", "o1", "o0", "o4"]
    assert await keys("country", "-amount") == ["o0", "o2", "o3", "o1", "o4"]


async def test_records_are_grouped_and_summed_up(core: Server, orders: int) -> None:
    told = await core.call(
        "data_store_query",
        data_store_id=orders,
        group_by=["country"],
        aggregate=[{"op": "sum", "field": "amount"}, {"op": "count"}, {"op": "max", "field": "at"}],
        sort=["-sum_amount"],
    )
    assert [(row["country"], row["sum_amount"], row["count"]) for row in told.data["rows"]] == [
        ("DE", 30, 2),
        (None, 20, 1),
        ("CZ", 15.5, 2),
    ]
    assert told.data["rows"][2]["max_at"] == "2026-02-01"
    assert told.data["warnings"] == ["1 records have no number in amount; sum leaves them out."]


async def test_an_average_of_nothing_is_null_and_a_count_of_nothing_is_zero(
    core: Server, orders: int
) -> None:
    told = await core.call(
        "data_store_query",
        data_store_id=orders,
        where=[{"field": "country", "value": "FR"}],
        aggregate=[{"op": "avg", "field": "amount"}, {"op": "count"}],
    )
    assert told.data["rows"] == [{"avg_amount": None, "count": 0}]


async def test_an_answer_from_a_part_of_the_records_says_so(core: Server, orders: int) -> None:
    told = await core.call("data_store_query", data_store_id=orders, scan_limit=2)
    assert (told.data["scanned"], told.data["complete"]) == (2, False)
    assert "2 of 5" in told.data["warnings"][0]


async def test_all_faults_of_a_question_are_told_at_once(core: Server, orders: int) -> None:
    told = await core.call(
        "data_store_query",
        data_store_id=orders,
        where=[{"field": "a", "op": "one_of", "value": 1}, {"field": "b", "op": "less"}],
        aggregate=[{"op": "sum"}],
        select=["a"],
    )
    assert [problem["path"] for problem in told.error["problems"]] == [
        "where[0].value",
        "where[1].value",
        "aggregate[0].field",
        "select",
    ]
