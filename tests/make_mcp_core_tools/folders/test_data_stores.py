"""Data stores and their records."""

import json
from typing import Any

import pytest
from harness import Server

from .conftest import Bench, JsonObject, numbered

pytestmark = pytest.mark.anyio


def _searches(store: int) -> dict[str, Any]:
    """A module that reads the store."""
    return {"module": "datastore:SearchRecord", "parameters": {"datastore": store}}


# Stores


async def test_stores_are_listed_with_numbers_in_bytes(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure())
    await bench.record(store, "a", sku="A-1")
    rows = (await core.call("data_store_list", team_id=bench.team)).data["data_stores"]
    assert (rows[0]["records"], rows[0]["max_size_bytes"]) == (1, 1_048_576)
    assert rows[0]["size_bytes"] == int((await bench.stores())[0]["size"])
    assert len(json.dumps(rows[0])) <= 200


async def test_a_store_is_shown_with_its_fields_and_users(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure())
    reader = await bench.scenario("Reads prices", None, _searches(store))
    await bench.scenario("Reads nothing")
    told = (await core.call("data_store_get", data_store_id=store, include=["usage"])).data
    assert told["fields"][0]["name"] == "sku"
    assert told["strict"] is True
    assert [(user["id"], user["name"]) for user in told["used_by"]] == [(reader, "Reads prices")]


async def test_usage_is_read_again_only_for_scenarios_that_changed(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    reader = await bench.scenario("Reads prices", None, _searches(store))
    await bench.scenario("Reads prices too", None, _searches(store))

    async def blueprints_read() -> int:
        await bench.company.control("DELETE", "/requests")
        await core.call("data_store_get", data_store_id=store, include=["usage"])
        log = (await bench.company.control("GET", "/requests"))["requests"]
        return sum(request["path"].endswith("/blueprint") for request in log)

    assert await blueprints_read() == 2
    assert await blueprints_read() == 0
    flow = [numbered(1, _searches(store))]
    blueprint = {"name": "Reads prices", "flow": flow, "metadata": {"version": 1}}
    body = {"blueprint": json.dumps(blueprint)}
    await bench.company.send("PATCH", f"/scenarios/{reader}", body, confirmed="true")
    assert await blueprints_read() == 1


async def test_a_store_is_created_and_undone(core: Server, bench: Bench) -> None:
    structure = await bench.structure()
    made = (
        await core.call(
            "data_store_create",
            team_id=bench.team,
            name="Price list",
            max_size_mb=2,
            data_structure_id="Articles",
        )
    ).data
    assert made["data_store"]["data_structure_id"] == structure
    assert (await bench.stores())[0]["maxSize"] == str(2 * 1_048_576)
    await core.apply("operation_undo", operation_id=made["operation_id"])
    assert await bench.stores() == []


async def test_a_new_store_is_not_undone_once_it_holds_records(core: Server, bench: Bench) -> None:
    made = (await core.call("data_store_create", team_id=bench.team, name="Price list")).data
    await bench.record(made["data_store"]["id"], "a", x=1)
    told = await core.call("operation_undo", operation_id=made["operation_id"])
    assert told.error["code"] == "moved_on"


async def test_number_space_and_structure_are_held_against_the_plan_at_once(
    own_core: Server, own_bench: Bench
) -> None:
    held = 0
    for team in (await own_bench.company.get("/teams", organizationId=own_bench.organization))[
        "teams"
    ]:
        stores = await own_bench.company.get("/data-stores", teamId=team["id"])
        held += len(stores["dataStores"])
    await own_bench.licence(dslimit=max(held, 1))
    if not held:
        await own_bench.store()
    other = await own_bench.company.send(
        "POST", "/teams", {"name": "Other", "organizationId": own_bench.organization}
    )
    body: JsonObject = {"teamId": other["team"]["id"], "name": "Elsewhere", "spec": []}
    elsewhere = await own_bench.company.send("POST", "/data-structures", body)
    await own_bench.company.control("DELETE", "/requests")
    error = (
        await own_core.call(
            "data_store_create",
            team_id=own_bench.team,
            name="Price list",
            max_size_mb=100_000,
            data_structure_id=elsewhere["dataStructure"]["id"],
        )
    ).error
    assert {p["path"] for p in error["problems"]} >= {"max_size_mb", "data_structure_id"}
    assert await own_bench.writes() == []


async def test_a_store_is_changed_and_back_and_never_below_what_it_holds(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    for at in range(12):
        await bench.record(store, f"k{at}", text="x" * 80_000)
    change = {"data_store_id": store, "name": "Prices", "max_size_mb": 3}
    done = (await core.call("data_store_update", **change)).data
    assert (done["data_store"]["name"], done["data_store"]["max_size_bytes"]) == (
        "Prices",
        3 * 1_048_576,
    )
    assert (await core.call("data_store_update", **change)).data["changed"] is False
    for at in range(12):
        await bench.record(store, f"more{at}", text="x" * 80_000)
    small = (await core.call("data_store_update", data_store_id=store, max_size_mb=1)).error
    assert small["problems"][0]["fix"] == "At least 2."
    await core.apply("operation_undo", operation_id=(await _rename_back(core, store)))
    assert (await bench.stores())[0]["name"] == "Prices"


async def _rename_back(core: Server, store: int) -> str:
    done = await core.call("data_store_update", data_store_id=store, name="For a moment")
    return str(done.data["operation_id"])


async def test_a_store_with_records_is_deleted_only_by_its_typed_name(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    await bench.record(store, "a", x=1)
    await bench.scenario("Reads prices", None, _searches(store))
    for given in ({}, {"name": "price list"}):
        error = (await core.call("data_store_delete", data_store_id=store, **given)).error
        assert error["code"] == "name_needed"
        assert "Price list" not in json.dumps(error)
    planned = (await core.call("data_store_delete", data_store_id=store, name="Price list")).data[
        "plan"
    ]
    assert any("Reads prices" in line for line in planned["affects"])
    assert len(await bench.stores()) == 1


async def test_a_deleted_store_comes_back_with_its_records(core: Server, bench: Bench) -> None:
    structure = await bench.structure()
    store = await bench.store(structure)
    await bench.record(store, "a/ü 1", sku="A-1", price=2.5, maker={"city": "Brno"})
    await bench.record(store, "b", sku="B-1", tags=["x", "y"])
    before = await bench.records(store)
    done = await core.apply("data_store_delete", data_store_id=store, name="Price list")
    assert await bench.stores() == []
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    back = (await bench.stores())[0]
    assert (back["name"], await bench.records(back["id"])) == ("Price list", before)


async def test_an_empty_store_needs_a_plan_and_no_name(core: Server, bench: Bench) -> None:
    store = await bench.store()
    await core.apply("data_store_delete", data_store_id=store)
    assert await bench.stores() == []


async def test_a_store_too_large_to_bring_back_says_so_in_its_plan(
    own_core: Server, own_bench: Bench
) -> None:
    store = await own_bench.store()
    for at in range(51):
        await own_bench.record(store, f"k{at}", x=at)
    await own_bench.company.control("PATCH", "/world", {"rate_limits": False})
    await own_bench.licence(apiLimit=60)
    planned = (
        await own_core.call("data_store_delete", data_store_id=store, name="Price list")
    ).data["plan"]
    assert planned["undo"].startswith("Not possible: 51 records")


async def test_a_plan_to_delete_a_store_is_void_once_records_came(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    await bench.record(store, "a", x=1)
    wanted = {"data_store_id": store, "name": "Price list"}
    plan_id = (await core.call("data_store_delete", **wanted)).data["plan"]["plan_id"]
    await bench.record(store, "b", x=1)
    told = await core.call("data_store_delete", **wanted, plan_id=plan_id)
    assert told.error["code"] == "plan_void"
    assert len(await bench.stores()) == 1


# Records


async def test_records_are_listed_in_pages_with_chosen_members(core: Server, bench: Bench) -> None:
    store = await bench.store()
    for at in range(30):
        await bench.record(store, f"k{at:02}", number=at, text="long")
    keys: list[str] = []
    more: dict[str, Any] = {}
    while True:
        told = await core.call(
            "data_store_record_list", data_store_id=store, limit=12, fields=["number"], **more
        )
        keys += [record["key"] for record in told.data["records"]]
        assert all(list(record["data"]) == ["number"] for record in told.data["records"])
        if "next_cursor" not in told.data:
            break
        more = {"cursor": told.data["next_cursor"]}
    assert keys == [f"k{at:02}" for at in range(30)]
    assert told.data["total"] == 30


async def test_a_record_is_added_and_undone(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure())
    made = (
        await core.call("data_store_record_create", data_store_id=store, data={"sku": "A-1"})
    ).data
    assert len(made["key"]) == 12
    assert (await bench.records(store))[made["key"]]["sku"] == "A-1"
    await core.apply("operation_undo", operation_id=made["operation_id"])
    assert await bench.records(store) == {}


async def test_every_fault_of_a_record_is_told_before_anything_is_sent(
    core: Server, bench: Bench
) -> None:
    store = await bench.store(await bench.structure())
    await bench.company.control("DELETE", "/requests")
    data = {
        "price": "2.5",
        "since": "yesterday",
        "active": "yes",
        "tags": ["a", 1],
        "maker": {"city": 7, "zip": "x"},
        "colour": "red",
    }
    error = (await core.call("data_store_record_create", data_store_id=store, data=data)).error
    problems = {problem["path"]: problem for problem in error["problems"]}
    assert set(problems) == {
        "data.sku",
        "data.price",
        "data.since",
        "data.active",
        "data.tags[1]",
        "data.maker.city",
        "data.maker.zip",
        "data.colour",
    }
    assert problems["data.price"]["fix"] == "Send 2.5 without quotes."
    assert await bench.writes() == []


async def test_what_passes_our_check_passes_makes(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure())
    data: JsonObject = {
        "sku": "A-1",
        "price": 2,
        "since": "2026-03-01T08:00:00Z",
        "active": False,
        "tags": [],
        "maker": {"city": None},
    }
    made = await core.call("data_store_record_create", data_store_id=store, key="a", data=data)
    assert made.data["data"]["price"] == 2


async def test_a_structure_that_is_not_strict_only_warns(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure(strict=False))
    made = await core.call(
        "data_store_record_create", data_store_id=store, key="a", data={"price": "2.5", "x": 1}
    )
    assert len(made.data["warnings"]) == 2
    assert (await bench.records(store))["a"]["price"] == "2.5"


async def test_some_members_of_a_record_are_changed_and_back(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure())
    await bench.record(store, "a b/c", sku="A-1", price=1)
    before = await bench.records(store)
    change = {"data_store_id": store, "key": "a b/c", "data": {"price": 2}}
    dry = (await core.call("data_store_record_update", **change, dry_run=True)).data["plan"]
    assert dry["diff"] == ["price: 1 → 2"]
    assert await bench.records(store) == before
    done = (await core.call("data_store_record_update", **change)).data
    assert ((await bench.records(store))["a b/c"]["price"], done["changed"]) == (2, True)
    assert (await core.call("data_store_record_update", **change)).data["changed"] is False
    await core.apply("operation_undo", operation_id=done["operation_id"])
    assert await bench.records(store) == before


async def test_a_change_does_not_ask_for_members_it_leaves_alone(
    core: Server, bench: Bench
) -> None:
    store = await bench.store(await bench.structure())
    await bench.record(store, "a", sku="A-1")
    told = await core.call(
        "data_store_record_update", data_store_id=store, key="a", data={"active": True}
    )
    assert told.data["data"]["sku"] == "A-1"
    emptied = await core.call(
        "data_store_record_update", data_store_id=store, key="a", data={"sku": None}
    )
    assert emptied.error["problems"][0]["path"] == "data.sku"


async def test_a_record_is_replaced_whole_and_back(core: Server, bench: Bench) -> None:
    store = await bench.store()
    await bench.record(store, "a", x=1, y=2)
    done = await core.call("data_store_record_replace", data_store_id=store, key="a", data={"z": 3})
    assert await bench.records(store) == {"a": {"z": 3}}
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert await bench.records(store) == {"a": {"x": 1, "y": 2}}


@pytest.mark.parametrize("tool", ["data_store_record_update", "data_store_record_replace"])
async def test_a_record_that_is_not_there_is_not_made(
    core: Server, bench: Bench, tool: str
) -> None:
    store = await bench.store()
    error = (await core.call(tool, data_store_id=store, key="nobody", data={"x": 1})).error
    assert (error["code"], "data_store_record_create" in error["next_step"]) == ("not_found", True)
    assert await bench.records(store) == {}


async def test_records_are_deleted_by_key_and_put_back(core: Server, bench: Bench) -> None:
    store = await bench.store()
    for key in "abc":
        await bench.record(store, key, text=key)
    before = await bench.records(store)
    wanted = {"data_store_id": store, "keys": ["a", "nobody", "c"]}
    planned = (await core.call("data_store_record_delete", **wanted)).data["plan"]
    assert planned["affects"] == ["2 of 3 records are deleted."]
    assert await bench.records(store) == before
    done = await core.call("data_store_record_delete", **wanted, plan_id=planned["plan_id"])
    assert (done.data["keys"], done.data["not_found"]) == (["a", "c"], ["nobody"])
    assert list(await bench.records(store)) == ["b"]
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert await bench.records(store) == before


async def test_all_records_but_some_are_deleted(core: Server, bench: Bench) -> None:
    store = await bench.store()
    for key in "abc":
        await bench.record(store, key, text=key)
    done = await core.apply(
        "data_store_record_delete", data_store_id=store, all=True, except_keys=["b"]
    )
    assert (done.data["deleted"], list(await bench.records(store))) == (2, ["b"])


async def test_more_records_than_an_undo_can_put_back_are_announced(
    own_core: Server, own_bench: Bench
) -> None:
    store = await own_bench.store()
    for at in range(25):
        await own_bench.record(store, f"k{at}", x=at)
    await own_bench.company.control("PATCH", "/world", {"rate_limits": False})
    await own_bench.licence(apiLimit=30)
    planned = (await own_core.call("data_store_record_delete", data_store_id=store, all=True)).data
    assert planned["plan"]["undo"].startswith("Not possible: 25 records")


async def test_deleting_keys_that_are_not_there_changes_nothing(core: Server, bench: Bench) -> None:
    store = await bench.store()
    told = await core.call("data_store_record_delete", data_store_id=store, keys=["a"])
    assert (told.data["changed"], told.data["not_found"]) == (False, ["a"])


async def test_keys_and_all_together_are_refused(core: Server, bench: Bench) -> None:
    told = await core.call(
        "data_store_record_delete", data_store_id=1, keys=["a"], except_keys=["b"], all=True
    )
    assert told.error["problems"][0]["path"] == "keys"


# Taking writes of records back


async def _written(core: Server, store: int, how: str, key: str = "a", **data: Any) -> str:
    """Write a record by one of the three tools, and give the operation."""
    tool = f"data_store_record_{how}"
    told = await core.call(tool, data_store_id=store, key=key, data=data)
    return str(told.data["operation_id"])


WAYS = ["create", "update", "replace"]


@pytest.mark.parametrize("how", WAYS)
async def test_other_records_may_change_before_a_write_is_undone(
    core: Server, bench: Bench, how: str
) -> None:
    store = await bench.store()
    if how != "create":
        await bench.record(store, "a", x=1)
    await bench.record(store, "other", x=1)
    before = await bench.records(store)
    operation = await _written(core, store, how, x=2)
    await bench.record(store, "new", text="more bytes")
    await bench.company.send("PATCH", f"/data-stores/{store}/data/other", {"x": "changed"})
    await core.apply("operation_undo", operation_id=operation)
    assert await bench.records(store) == before | {
        "other": {"x": "changed"},
        "new": {"text": "more bytes"},
    }


@pytest.mark.parametrize("how", WAYS)
async def test_a_write_is_not_undone_once_somebody_else_changed_the_record(
    core: Server, bench: Bench, how: str
) -> None:
    store = await bench.store()
    if how != "create":
        await bench.record(store, "a", x=1)
    operation = await _written(core, store, how, x=2)
    await bench.company.send("PATCH", f"/data-stores/{store}/data/a", {"x": 3})
    told = await core.call("operation_undo", operation_id=operation)
    assert told.error["code"] == "moved_on"
    assert await bench.records(store) == {"a": {"x": 3}}


@pytest.mark.parametrize(
    ("key", "value"), [("v1.2", "2"), ("a]b", "2"), ("a", "sk-abcdefghij0123456789")]
)
async def test_a_record_that_cannot_be_watched_by_itself_is_watched_with_its_store(
    core: Server, bench: Bench, key: str, value: str
) -> None:
    store = await bench.store()
    await bench.record(store, key, x="1")
    wanted: dict[str, Any] = {"data_store_id": store, "key": key, "data": {"x": value}}
    dry = (await core.call("data_store_record_update", **wanted, dry_run=True)).data["plan"]
    assert "watched as a whole" in dry["undo"]
    operation = (await core.call("data_store_record_update", **wanted)).data["operation_id"]
    assert (await bench.records(store))[key] == {"x": value}
    await bench.record(store, "new", text="more bytes")
    told = await core.call("operation_undo", operation_id=operation)
    assert told.error["code"] == "moved_on"
    await bench.company.send("DELETE", f"/data-stores/{store}/data", {"keys": ["new"]})
    await core.apply("operation_undo", operation_id=operation)
    assert await bench.records(store) == {key: {"x": "1"}}


async def test_a_secret_in_a_record_is_not_kept_for_its_undo(
    own_core: Server, own_bench: Bench
) -> None:
    store = await own_bench.store()
    await own_bench.record(store, "a", x=1)
    for how in ("update", "replace"):
        await _written(own_core, store, how, password=f"open {how}", text=f"plain {how}")
    world = own_bench.company.world
    files = [f for f in world.parent.rglob("*") if f.is_file() and f.name != world.name]
    kept = b"".join(f.read_bytes() for f in files if not f.name.startswith(f"{world.name}-"))
    assert b"plain update" in kept
    assert b"open update" not in kept
    assert b"open replace" not in kept


async def test_a_record_beyond_the_first_page_is_watched_with_its_store(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    bench.company.mounted.sandbox.world.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " INSERT INTO data_store_records (data_store_id, key, data, size)"
        " SELECT ?, 'k' || i, '{\"x\":1}', 10 FROM n",
        store,
    )

    async def undo_of(tool: str, key: str) -> str:
        wanted = {"data_store_id": store, "key": key, "data": {"x": 2}}
        return str((await core.call(tool, **wanted, dry_run=True)).data["plan"]["undo"])

    assert "whole" not in await undo_of("data_store_record_replace", "k1000")
    await bench.record(store, "last", x=1)
    assert "whole" not in await undo_of("data_store_record_replace", "k1000")
    assert "watched as a whole" in await undo_of("data_store_record_replace", "last")


async def test_deleted_records_are_not_put_back_over_ones_added_since(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    for key in ("a", "b"):
        await bench.record(store, key, x=key)
    done = await core.apply("data_store_record_delete", data_store_id=store, keys=["a", "b"])
    await bench.record(store, "b", x="new")
    told = await core.call("operation_undo", operation_id=done.data["operation_id"])
    assert told.error["code"] == "moved_on"
    assert await bench.records(store) == {"b": {"x": "new"}}


async def test_other_records_may_be_added_before_deleted_ones_are_put_back(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    await bench.record(store, "v1.2", x=1)
    await bench.record(store, "a", x=1)
    wanted = {"data_store_id": store, "all": True}
    planned = (await core.call("data_store_record_delete", **wanted)).data["plan"]
    assert "added again under its old key" in planned["undo"]
    done = await core.call("data_store_record_delete", **wanted, plan_id=planned["plan_id"])
    await bench.record(store, "new", x=1)
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert set(await bench.records(store)) == {"v1.2", "a", "new"}
