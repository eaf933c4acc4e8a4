"""Records of data stores written out as text, and rows brought in."""

import csv
import io
import json
from random import Random
from typing import Any

import pytest
from harness import Connect, Server, Told
from mcp.types import TextResourceContents

from .conftest import Bench, JsonObject

pytestmark = pytest.mark.anyio

FLAT: list[JsonObject] = [
    {"name": "sku", "type": "text", "required": True},
    {"name": "price", "type": "number"},
    {"name": "tags", "type": "array", "spec": {"type": "text"}},
]


async def _pieces(core: Server, store: int, **arguments: Any) -> tuple[list[str], Told]:
    """Export a store whole, and give the pieces with the last answer."""
    pieces: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        told = await core.call("data_store_export", data_store_id=store, **arguments, **cursor)
        assert len(json.dumps(told.data, ensure_ascii=False)) <= arguments.get("max_bytes", 12_000)
        assert "truncated" not in told.data
        pieces.append(told.data["text"])
        if "next_cursor" not in told.data:
            return pieces, told
        cursor = {"cursor": told.data["next_cursor"]}


async def _fill(bench: Bench, store: int, count: int) -> None:
    random = Random(count)
    for at in range(count):
        words = [random.choice(["Löffel", 'a "b"', "x,y", "1\n2"]) for _ in range(3)]
        await bench.record(store, f"k-{at}", sku=" ".join(words), price=at / 4, tags=words)


# Export


async def test_pieces_of_an_export_hold_every_record_once(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure(spec=FLAT))
    await _fill(bench, store, 130)
    kept = await bench.records(store)
    pieces, last = await _pieces(core, store, max_bytes=4_000)
    rows = [json.loads(line) for line in "".join(pieces).splitlines()]
    assert len(pieces) > 3
    assert {row.pop("$key"): row for row in rows} == kept
    assert (len(rows), last.data["total"]) == (130, 130)


async def test_csv_and_json_tell_the_same_as_ndjson(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure(spec=FLAT))
    await _fill(bench, store, 40)
    kept = await bench.records(store)
    lists, _ = await _pieces(core, store, format="json", max_bytes=3_000)
    rows = [row for text in lists for row in json.loads(text)]
    assert {row.pop("$key"): row for row in rows} == kept
    texts, _ = await _pieces(core, store, format="csv", max_bytes=3_000)
    cells = list(csv.DictReader(io.StringIO("".join(texts), newline="")))
    assert [row["$key"] for row in cells] == list(kept)
    assert [(row["sku"], float(row["price"]), json.loads(row["tags"])) for row in cells] == [
        (data["sku"], data["price"], data["tags"]) for data in kept.values()
    ]


async def test_an_empty_store_is_exported_as_nothing_but_its_header(
    core: Server, bench: Bench
) -> None:
    store = await bench.store(await bench.structure(spec=FLAT))
    told = await core.call("data_store_export", data_store_id=store, format="csv")
    assert (told.data["text"], told.data["records"], told.data["total"]) == (
        "$key,sku,price,tags\n",
        0,
        0,
    )


async def test_members_outside_a_structure_get_columns_too(core: Server, bench: Bench) -> None:
    store = await bench.store()
    await bench.record(store, "a", one=1)
    await bench.record(store, "b", two={"x": [1]})
    told = await core.call("data_store_export", data_store_id=store, format="csv")
    assert told.data["text"] == '$key,one,two\na,1,\nb,,"{""x"":[1]}"\n'
    only = await core.call("data_store_export", data_store_id=store, fields=["one"])
    assert only.data["text"] == '{"$key":"a","one":1}\n{"$key":"b"}\n'


async def test_what_an_export_hides_is_counted_and_never_imported(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    await bench.record(store, "a", api_key="s3cr3t-0123456789", note="kept")
    await bench.record(store, "b", note="kept")
    told = await core.call("data_store_export", data_store_id=store)
    assert "s3cr3t" not in told.text
    assert told.data["hidden"] == 1
    error = (
        await core.call("data_store_import", data_store_id=store, text=told.data["text"])
    ).error
    assert [problem["path"] for problem in error["problems"]] == ["line 1"]
    assert (await bench.records(store))["a"]["api_key"] == "s3cr3t-0123456789"


async def test_all_records_can_be_read_as_a_resource(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure(spec=FLAT))
    await _fill(bench, store, 60)
    told = await core.call("data_store_export", data_store_id=store, max_bytes=1_000)
    found = (await core.client.read_resource(told.data["resource"])).contents[0]
    assert isinstance(found, TextResourceContents)
    whole = json.loads(found.text)
    assert {row.pop("$key"): row for row in whole["records"]} == await bench.records(store)
    assert whole["total"] == 60


# Import


def _rows(count: int) -> list[JsonObject]:
    return [{"$key": f"r{at}", "sku": f"S-{at}", "price": at} for at in range(count)]


async def test_five_thousand_rows_twice_are_there_once(core: Server, bench: Bench) -> None:
    store = await bench.store(await bench.structure(spec=FLAT))
    rows = _rows(5_000)
    world = bench.company.mounted.sandbox.world
    for row in rows[:4_900]:  # what calls before have sent
        data = json.dumps({"sku": row["sku"], "price": row["price"], "tags": None})
        statement = (
            "INSERT INTO data_store_records (data_store_id, key, data, size) VALUES (?, ?, ?, ?)"
        )
        world.execute(statement, store, row["$key"], data, 40)
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    told = (await core.apply("data_store_import", data_store_id=store, text=text)).data
    assert (told["added"], told["unchanged"], told["left"]) == (100, 4_900, 0)
    await bench.company.control("DELETE", "/requests")
    again = (await core.call("data_store_import", data_store_id=store, text=text)).data
    assert (again["changed"], again["unchanged"], again["left"]) == (False, 5_000, 0)
    assert await bench.writes() == []
    assert (await bench.stores())[0]["records"] == 5_000


async def test_an_import_keeps_to_the_minute_and_another_server_goes_on(
    own_bench: Bench, connect: Connect
) -> None:
    await own_bench.licence(apiLimit=60)
    store = await own_bench.store()
    rows = _rows(110)
    await own_bench.company.control("DELETE", "/requests")
    async with connect() as first:
        told = (await first.apply("data_store_import", data_store_id=store, rows=rows)).data
    log = (await own_bench.company.control("GET", "/requests"))["requests"]
    assert {request["status"] for request in log} == {200}
    assert len(log) <= 60
    assert told["added"] == 43  # three quarters of 60, less two calls to read a page
    await own_bench.licence(apiLimit=2_000)
    async with connect() as second:
        rest = (await second.apply("data_store_import", data_store_id=store, rows=rows)).data
    assert (rest["unchanged"], rest["added"], rest["left"]) == (told["added"], told["left"], 0)
    assert len(await own_bench.records(store)) == 110


async def test_a_limit_met_midway_is_told_and_leaves_what_was_sent_known(
    own_core: Server, own_bench: Bench
) -> None:
    store = await own_bench.store()
    fault = {
        "method": "POST",
        "path": f"/api/v2/data-stores/{store}/data",
        "status": 429,
        "retry_after": 300,
        "after": 12,
    }
    await own_bench.company.control("POST", "/faults", fault)
    told = await own_core.apply("data_store_import", data_store_id=store, rows=_rows(20))
    assert (told.data["added"], told.data["left"]) == (12, 8)
    detail = await own_core.call("operation_get", operation_id=told.data["operation_id"])
    assert (detail.data["state"], detail.data["writes"]) == ("partial", 12)


async def test_the_plan_of_an_import_is_what_is_sent_and_undo_restores(
    core: Server, bench: Bench
) -> None:
    for mode, count in (("upsert", 8), ("upsert", 30), ("replace", 8), ("replace", 30)):
        store = await bench.store(await bench.structure(spec=FLAT))
        for at in range(0, count * 2, 2):
            await bench.record(store, f"r{at}", sku="old", price=at)
        before = await bench.records(store)
        rows = _rows(count)
        planned = await core.call("data_store_import", data_store_id=store, rows=rows, mode=mode)
        plan = planned.data["plan"]
        await bench.company.control("DELETE", "/requests")
        done = await core.call(
            "data_store_import",
            data_store_id=store,
            rows=rows,
            mode=mode,
            plan_id=plan["plan_id"],
        )
        sent = [line.removeprefix("/api/v2") for line in await bench.writes()]
        asked = [f"{one['method']} {one['path']}" for one in plan["requests"]]
        assert [line.replace("/api/v2", "") for line in sent] == asked
        after = await bench.records(store)
        assert all(after[row["$key"]]["sku"] == row["sku"] for row in rows)
        assert (set(after) == {row["$key"] for row in rows}) == (mode == "replace")
        assert done.data["deleted"] == len(before.keys() - after.keys())
        await core.apply("operation_undo", operation_id=done.data["operation_id"])
        assert await bench.records(store) == before


async def test_every_bad_row_is_told_by_its_line_and_nothing_is_sent(
    core: Server, bench: Bench
) -> None:
    store = await bench.store(await bench.structure(spec=FLAT))
    await bench.record(store, "A-0", sku="A-0", price=1)
    lines = [
        "sku,price,tags,color",
        "A-1,9.5,,",
        "A-2,cheap,,",
        'A-3,1,"[""x"",",',
        "A-1,3,,",
        ",4,,",
        "A-4,1,,red",
        "A-5,1,,,,",
        '"A-6",2,"[""x""]",',
    ]
    text = "\n".join(lines)
    arguments: JsonObject = {"data_store_id": store, "text": text, "key_field": "sku"}
    await bench.company.control("DELETE", "/requests")
    error = (await core.call("data_store_import", **arguments)).error
    told = {problem["path"]: problem["problem"] for problem in error["problems"]}
    assert set(told) == {f"line {at}" for at in (3, 4, 5, 6, 7, 8)}
    assert "number" in told["line 3"]
    assert "line 2" in told["line 5"]
    assert "color" in told["line 7"]
    assert await bench.writes() == []
    done = (await core.apply("data_store_import", **arguments, skip_bad=True)).data
    assert (done["added"], done["bad"]) == (2, 6)
    assert [row["line"] for row in done["bad_rows"]] == [3, 4, 5, 6, 7, 8]
    assert (await bench.records(store))["A-6"] == {"sku": "A-6", "price": 2, "tags": ["x"]}


async def test_an_insert_takes_no_key_that_is_there_and_makes_those_that_lack(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    await bench.record(store, "a", x=1)
    rows = [{"$key": "a", "x": 2}, {"$key": "b", "x": 2}]
    error = (
        await core.call("data_store_import", data_store_id=store, rows=rows, mode="insert")
    ).error
    assert [problem["path"] for problem in error["problems"]] == ["line 1"]
    loose = [{"x": 1}, {"x": 1}, {"x": 3}]
    for added in (3, 0):
        told = await core.call("data_store_import", data_store_id=store, rows=loose, mode="insert")
        if added:
            plan = told.data["plan"]["plan_id"]
            told = await core.call(
                "data_store_import", data_store_id=store, rows=loose, mode="insert", plan_id=plan
            )
        assert told.data["added"] == added
        assert sorted(data["x"] for data in (await bench.records(store)).values()) == [1, 1, 1, 3]
    keyless = await core.call("data_store_import", data_store_id=store, rows=loose)
    assert len(keyless.error["problems"]) == 3


async def test_an_exported_store_is_imported_equal_in_every_form(
    core: Server, bench: Bench
) -> None:
    shape = await bench.structure(spec=FLAT)
    store = await bench.store(shape)
    await _fill(bench, store, 25)
    kept = await bench.records(store)
    for form in ("ndjson", "json", "csv"):
        told = await core.call("data_store_export", data_store_id=store, format=form)
        copy = await bench.store(shape, f"Copy as {form}")
        text = told.data["text"]
        await core.apply("data_store_import", data_store_id=copy, text=text, mode="replace")
        assert await bench.records(copy) == kept


async def test_what_the_lists_of_records_and_answers_tell_is_imported_as_it_is(
    core: Server, bench: Bench
) -> None:
    shape = await bench.structure(spec=FLAT)
    store = await bench.store(shape)
    await _fill(bench, store, 12)
    listed = (await core.call("data_store_record_list", data_store_id=store)).data
    asked = (await core.call("data_store_query", data_store_id=store)).data
    pretty = json.dumps(listed, indent=2, ensure_ascii=False)
    for number, given in enumerate(
        ({"text": pretty}, {"rows": listed["records"]}, {"rows": asked["rows"]})
    ):
        copy = await bench.store(shape, f"From answer {number}")
        await core.apply("data_store_import", data_store_id=copy, **given)
        assert await bench.records(copy) == await bench.records(store)


async def test_a_csv_with_semicolons_and_quoted_line_ends_names_the_right_lines(
    core: Server, bench: Bench
) -> None:
    store = await bench.store(await bench.structure(spec=FLAT))
    text = '\ufeff$key;sku;price\r\na;"one\r\ntwo";1\r\n\r\nb;x;dear\r\nc;"y;z";2.5\r\n'
    error = (await core.call("data_store_import", data_store_id=store, text=text)).error
    assert [problem["path"] for problem in error["problems"]] == ["line 5"]
    await core.apply("data_store_import", data_store_id=store, text=text, skip_bad=True)
    kept = await bench.records(store)
    assert (kept["a"]["sku"], kept["c"]["sku"], kept["c"]["price"]) == ("one\r\ntwo", "y;z", 2.5)


async def test_a_record_that_was_changed_since_keeps_an_import_from_being_undone(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    await bench.record(store, "a", x=1)
    rows = [{"$key": "a", "x": 2}, {"$key": "b", "x": 3}]
    done = (await core.apply("data_store_import", data_store_id=store, rows=rows)).data
    await bench.company.send("PATCH", f"/data-stores/{store}/data/a", {"x": 9})
    told = await core.call("operation_undo", operation_id=done["operation_id"])
    assert told.error["code"] == "moved_on"
    assert await bench.records(store) == {"a": {"x": 9}, "b": {"x": 3}}


async def test_a_plan_to_import_is_void_once_one_of_its_keys_is_there(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    ask: JsonObject = {"data_store_id": store, "rows": _rows(3)}
    plan = (await core.call("data_store_import", **ask)).data["plan"]["plan_id"]
    await bench.record(store, "r1", sku="theirs")
    told = await core.call("data_store_import", **ask, plan_id=plan)
    assert told.error["code"] == "plan_void"
    assert await bench.records(store) == {"r1": {"sku": "theirs"}}


async def test_a_row_that_make_refuses_stops_an_import_and_can_be_left_out(
    own_core: Server, own_bench: Bench
) -> None:
    store = await own_bench.store()
    rows = _rows(5)
    for skip, added, left in ((False, 2, 2), (True, 2, 0)):
        fault = {
            "method": "POST",
            "path": f"/api/v2/data-stores/{store}/data",
            "status": 400,
            "after": 2 if not skip else 0,
            "times": 1,
        }
        await own_bench.company.control("POST", "/faults", fault)
        told = await own_core.apply(
            "data_store_import", data_store_id=store, rows=rows, skip_bad=skip
        )
        assert (told.data["added"], told.data["left"], told.data["bad"]) == (added, left, 1)


async def test_rows_beyond_the_space_of_a_store_are_refused_beforehand(
    core: Server, bench: Bench
) -> None:
    store = await bench.store()
    rows = [{"$key": f"r{at}", "text": "x" * 100_000} for at in range(12)]
    error = (await core.call("data_store_import", data_store_id=store, rows=rows)).error
    assert "max_size_mb=2" in error["problems"][0]["fix"]


async def test_texts_that_are_no_rows_are_refused(core: Server, bench: Bench) -> None:
    store = await bench.store()
    for arguments in (
        {"text": "[1"},
        {"text": "a,a\n1,2"},
        {"text": "", "format": "csv"},
        {"text": "7", "format": "json"},
        {"rows": [{"$key": "a"}], "text": "x"},
        {},
    ):
        told = await core.call("data_store_import", data_store_id=store, **arguments)
        assert told.error["code"] == "invalid_arguments", arguments
    lost = await core.call("data_store_export", data_store_id=987_654)
    assert lost.error["code"] == "not_found"
