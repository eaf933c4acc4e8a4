"""The order of logs, also of what happened in the same millisecond."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio


def compose(ident: int, value: str) -> dict[str, Any]:
    return {
        "id": ident,
        "module": "util:ComposeTransformer",
        "version": 1,
        "parameters": {},
        "mapper": {"value": value},
    }


def iterate(ident: int, count: int) -> dict[str, Any]:
    return {
        "id": ident,
        "module": "builtin:BasicFeeder",
        "version": 1,
        "parameters": {},
        "mapper": {"array": list(range(count))},
    }


async def pages(shop: "Shop", path: str, member: str, **query: Any) -> list[str]:
    """The `imtId`s of all pages of two entries."""
    found: list[str] = []
    while True:
        last = {"pg[last]": found[-1]} if found else {}
        page = (await shop.get(path, params={"pg[limit]": 2, **last, **query}))[member]
        if not page:
            return found
        found += [entry["imtId"] for entry in page]


async def test_runs_of_one_millisecond_stand_in_the_order_they_began(shop: "Shop") -> None:
    ident = await shop.create(compose(1, "x"))
    begun = [(await shop.run(ident))["executionId"] for _ in range(12)]
    logs = await shop.runs(ident)
    assert len({entry["timestamp"] for entry in logs}) == 1
    assert [entry["id"] for entry in logs] == begun[::-1]
    turned = await shop.get(f"/scenarios/{ident}/logs", params={"pg[sortDir]": "asc"})
    assert [each["id"] for each in turned["scenarioLogs"] if "status" in each] == begun


async def test_pages_after_a_key_neither_repeat_nor_skip_a_run(shop: "Shop") -> None:
    ident = await shop.create(compose(1, "x"))
    for _ in range(7):
        await shop.run(ident)
    whole = [entry["imtId"] for entry in await shop.logs(ident)]
    path = f"/scenarios/{ident}/logs"
    assert await pages(shop, path, "scenarioLogs") == whole
    ascending = await pages(shop, path, "scenarioLogs", **{"pg[sortDir]": "asc"})
    assert ascending == whole[::-1]


async def test_operations_of_one_millisecond_are_told_apart(shop: "Shop") -> None:
    ident = await shop.create(iterate(1, 7), compose(2, "{{1.value}}"))
    await shop.run(ident)
    path = f"/scenarios/{ident}/modules/2/logs"
    keys = await pages(shop, path, "moduleLogs")
    assert len(keys) == len(set(keys)) == 7


async def test_a_key_that_is_gone_stands_for_its_millisecond(shop: "Shop") -> None:
    ident = await shop.create(compose(1, "x"))
    await shop.run(ident)
    await shop.advance(60)
    gone = f"{shop.world.clock.milliseconds()}_ffff"
    await shop.advance(60)
    await shop.run(ident)
    logs = await shop.get(f"/scenarios/{ident}/logs", params={"pg[last]": gone})
    assert len(logs["scenarioLogs"]) == 1
