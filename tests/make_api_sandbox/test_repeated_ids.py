"""Deleting several things at once, some of them named twice."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

STORE = {"name": "Notes", "teamId": 1, "maxSizeMB": 1}


async def test_a_record_named_twice_is_told_once(studio: "Studio") -> None:
    store = (await studio.post("/data-stores", STORE))["dataStore"]["id"]
    await studio.post(f"/data-stores/{store}/data", {"key": "a", "data": {}})
    gone = await studio.call("DELETE", f"/data-stores/{store}/data", {"keys": ["a", "b", "a"]})
    assert gone.json() == {"keys": ["a"]}


async def test_a_data_store_named_twice_is_told_once(studio: "Studio") -> None:
    store = (await studio.post("/data-stores", STORE))["dataStore"]["id"]
    gone = await studio.call("DELETE", "/data-stores", {"ids": [store, store]}, teamId=1)
    assert gone.json() == {"dataStores": [store]}
