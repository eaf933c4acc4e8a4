"""Of every tool that writes here: the plan is what is sent, and the undo restores."""

from typing import Any

import pytest
from harness import Server

from .conftest import Bench, JsonObject

pytestmark = pytest.mark.anyio

_SPEC = [{"name": "sku", "type": "text"}]


async def _state(bench: Bench) -> JsonObject:
    """All that the team holds, as Make's API tells it, ids aside."""
    stores = await bench.stores()
    return {
        "folders": sorted((await bench.folders()).values()),
        "stores": [
            [store["name"], store["maxSize"], await bench.records(store["id"])] for store in stores
        ],
        "structures": [
            [one["name"], one["spec"], one["strict"]] for one in await bench.structures()
        ],
    }


async def _given(bench: Bench) -> dict[str, int]:
    structure = await bench.structure(spec=_SPEC)
    store = await bench.store(structure)
    await bench.record(store, "a", sku="A-1")
    return {
        "folder": await bench.folder("Sales"),
        "below": await bench.folder("Sales/EU"),
        "structure": structure,
        "store": store,
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "count"),
    [
        ("folder_create", {"name": "New/One", "parent_id": "folder"}, 1),
        ("folder_update", {"folder_id": "folder", "name": "Archive"}, 2),
        ("data_store_create", {"name": "Second", "data_structure_id": "structure"}, 1),
        ("data_store_update", {"data_store_id": "store", "name": "Other", "max_size_mb": 2}, 1),
        (
            "data_store_record_create",
            {"data_store_id": "store", "key": "b", "data": {"sku": "B-1"}},
            1,
        ),
        (
            "data_store_record_update",
            {"data_store_id": "store", "key": "a", "data": {"sku": "A-2"}},
            1,
        ),
        ("data_structure_create", {"name": "Second", "spec": _SPEC}, 1),
        ("data_structure_clone", {"data_structure_id": "structure", "name": "Copy"}, 1),
    ],
)
async def test_what_a_plan_shows_is_sent_and_taken_back(
    core: Server, bench: Bench, tool: str, arguments: dict[str, Any], count: int
) -> None:
    ids = await _given(bench)
    ask = {
        name: ids.get(value, value) if isinstance(value, str) else value
        for name, value in arguments.items()
    }
    if "create" in tool and "record" not in tool:
        ask["team_id"] = bench.team
    before = await _state(bench)
    await bench.company.control("DELETE", "/requests")
    plan = (await core.call(tool, **ask, dry_run=True)).data["plan"]
    assert await bench.writes() == []
    assert await _state(bench) == before
    done = await core.call(tool, **ask)
    sent = [line.replace("/api/v2", "") for line in await bench.writes()]
    assert sent == [f"{one['method']} {one['path']}" for one in plan["requests"]]
    assert len(sent) == count
    assert await _state(bench) != before
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert await _state(bench) == before


async def test_an_empty_team_has_empty_lists(core: Server, bench: Bench) -> None:
    for tool, rows in (
        ("folder_list", "folders"),
        ("data_store_list", "data_stores"),
        ("data_structure_list", "data_structures"),
    ):
        told = (await core.call(tool, team_id=bench.team)).data
        assert (told[rows], told["total"], "next_cursor" in told) == ([], 0, False), tool
    store = await bench.store()
    for tool, rows in (("data_store_record_list", "records"), ("data_store_query", "rows")):
        told = (await core.call(tool, data_store_id=store)).data
        assert (told[rows], told["total"]) == ([], 0), tool
