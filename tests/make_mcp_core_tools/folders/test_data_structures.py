"""Data structures: fields, JSON Schema, samples, and changes that records do not fit."""

import json
from typing import Any

import pytest
from harness import Server

from .conftest import FIELDS, Bench

pytestmark = pytest.mark.anyio


async def test_structures_are_listed_with_their_users(core: Server, bench: Bench) -> None:
    used = await bench.structure()
    await bench.store(used)
    unused = await bench.structure()
    told = (await core.call("data_structure_list", team_id=bench.team)).data["data_structures"]
    assert {row["id"]: row["used_by_data_stores"] for row in told} == {used: 1, unused: 0}
    free = (await core.call("data_structure_list", team_id=bench.team, unused=True)).data
    assert [row["id"] for row in free["data_structures"]] == [unused]


async def test_a_structure_is_shown_as_fields_and_as_json_schema(
    core: Server, bench: Bench
) -> None:
    structure = await bench.structure()
    store = await bench.store(structure)
    told = (
        await core.call("data_structure_get", data_structure_id=structure, include=["json_schema"])
    ).data
    assert told["spec"] == FIELDS
    assert [one["id"] for one in told["data_stores"]] == [store]
    schema = told["json_schema"]
    assert (schema["required"], schema["additionalProperties"]) == (["sku"], False)
    assert schema["properties"]["tags"] == {"type": "array", "items": {"type": "string"}}
    assert schema["properties"]["since"]["format"] == "date-time"


async def test_a_json_schema_comes_back_as_it_was_given(core: Server, bench: Bench) -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "Name"},
            "born": {"type": ["string", "null"], "format": "date"},
            "size": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 1},
            "home": {"$ref": "#/$defs/place"},
            "trips": {"type": "array", "items": {"$ref": "#/$defs/place"}},
        },
        "required": ["name"],
        "$defs": {"place": {"type": "object", "properties": {"city": {"type": "string"}}}},
    }
    made = (
        await core.call(
            "data_structure_create", team_id=bench.team, name="Traveller", json_schema=schema
        )
    ).data["data_structure"]
    place = [{"name": "city", "type": "text"}]
    assert made["spec"] == [
        {"name": "name", "type": "text", "label": "Name", "required": True},
        {"name": "born", "type": "date"},
        {"name": "size", "type": "number", "default": 1},
        {"name": "home", "type": "collection", "spec": place},
        {"name": "trips", "type": "array", "spec": {"type": "collection", "spec": place}},
    ]
    told = await core.call(
        "data_structure_get", data_structure_id=made["id"], include=["json_schema"]
    )
    again = await core.call("data_structure_generate", json_schema=told.data["json_schema"])
    assert again.data["spec"] == made["spec"]


async def test_a_schema_that_refers_to_itself_is_refused_once(core: Server) -> None:
    node = {"type": "object", "properties": {"a": {"$ref": "#"}, "b": {"$ref": "#"}}}
    error = (await core.call("data_structure_generate", json_schema=node)).error
    assert len(error["problems"]) == 1
    loop = {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}}
    loop["$defs"] = {"x": {"$ref": "#/$defs/x"}}
    assert (await core.call("data_structure_generate", json_schema=loop)).error["problems"]


async def test_all_faults_of_fields_are_told_at_once(core: Server, bench: Bench) -> None:
    spec = [
        {"name": "a", "type": "string"},
        {"type": "text"},
        {"name": "c", "type": "collection", "spec": [{"name": "d", "type": "planet"}]},
        {"name": "a", "type": "array", "spec": {"type": "integer"}},
    ]
    error = (
        await core.call("data_structure_create", team_id=bench.team, name="Bad", spec=spec)
    ).error
    problems = {problem["path"]: problem["fix"] for problem in error["problems"]}
    assert problems["spec[0].type"] == "Did you mean `text`?"
    assert problems["spec[3].spec.type"] == "Did you mean `number`?"
    assert set(problems) == {
        "spec",
        "spec[0].type",
        "spec[1].name",
        "spec[2].spec[0].type",
        "spec[3].spec.type",
    }
    assert await bench.structures() == []


async def test_a_structure_needs_fields_in_one_form(core: Server, bench: Bench) -> None:
    none = await core.call("data_structure_create", team_id=bench.team, name="Empty")
    assert none.error["problems"][0]["path"] == "spec"
    both = await core.call(
        "data_structure_create", team_id=bench.team, name="Both", spec=[], json_schema={}
    )
    assert both.error["problems"][0]["path"] == "json_schema"


async def test_a_new_structure_is_undone(core: Server, bench: Bench) -> None:
    made = await core.call("data_structure_create", team_id=bench.team, name="New", spec=FIELDS)
    assert [one["spec"] for one in await bench.structures()] == [FIELDS]
    await core.apply("operation_undo", operation_id=made.data["operation_id"])
    assert await bench.structures() == []


async def test_a_narrowed_field_lists_the_stores_at_risk_and_waits_for_its_plan(
    core: Server, bench: Bench
) -> None:
    structure = await bench.structure()
    store = await bench.store(structure)
    await bench.record(store, "a", sku="A-1", tags=["x"])
    await bench.record(store, "b", sku="B-1")
    spec: list[dict[str, Any]] = [
        {**field, "spec": {"type": "number"}} if field["name"] == "tags" else field
        for field in FIELDS
        if field["name"] != "maker"
    ]
    wanted = {"data_structure_id": structure, "spec": spec}
    planned = (await core.call("data_structure_update", **wanted)).data["plan"]
    assert planned["diff"] == ["tags[] was of type text and becomes number.", "maker is gone."]
    assert planned["affects"] == [
        f"Data store “Price list” ({store}): 2 of the 2 records looked at would no longer fit."
    ]
    assert (await bench.structures())[0]["spec"] == FIELDS
    done = await core.call("data_structure_update", **wanted, plan_id=planned["plan_id"])
    assert done.data["breaking"] == planned["diff"]
    assert (await bench.structures())[0]["spec"] == spec
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    assert (await bench.structures())[0]["spec"] == FIELDS


async def test_a_widening_is_done_at_once(core: Server, bench: Bench) -> None:
    structure = await bench.structure()
    await bench.store(structure)
    spec = [*FIELDS, {"name": "note", "type": "text"}]
    told = await core.call("data_structure_update", data_structure_id=structure, spec=spec)
    assert told.data["breaking"] == []
    assert (await bench.structures())[0]["spec"] == spec
    again = await core.call("data_structure_update", data_structure_id=structure, spec=spec)
    assert again.data["changed"] is False


async def test_what_breaks_depends_on_strictness(core: Server, bench: Bench) -> None:
    loose = await bench.structure(strict=False)
    await bench.store(loose)
    gone = await core.call("data_structure_update", data_structure_id=loose, spec=FIELDS[:2])
    assert gone.data["breaking"] == []
    strict = await core.call("data_structure_update", data_structure_id=loose, strict=True)
    assert "refused from now on" in strict.data["plan"]["diff"][0]


async def test_deleting_a_structure_names_its_users_and_can_be_undone(
    core: Server, bench: Bench
) -> None:
    structure = await bench.structure()
    await bench.store(structure)
    planned = (await core.call("data_structure_delete", data_structure_id=structure)).data["plan"]
    assert "Price list" in planned["affects"][0]
    assert len(await bench.structures()) == 1
    done = await core.call(
        "data_structure_delete", data_structure_id=structure, plan_id=planned["plan_id"]
    )
    assert await bench.structures() == []
    await core.apply("operation_undo", operation_id=done.data["operation_id"])
    back = (await bench.structures())[0]
    assert (back["name"], back["spec"], back["strict"]) == ("Articles", FIELDS, True)


async def test_a_structure_is_copied_to_another_team_and_undone(core: Server, bench: Bench) -> None:
    structure = await bench.structure()
    other = await bench.company.send(
        "POST", "/teams", {"name": "Other", "organizationId": bench.organization}
    )
    target = other["team"]["id"]
    done = (
        await core.call("data_structure_clone", data_structure_id=structure, target_team_id=target)
    ).data
    copy = done["data_structure"]
    assert (copy["team_id"], copy["name"], copy["spec"]) == (target, "Articles", FIELDS)
    await core.apply("operation_undo", operation_id=done["operation_id"])
    left = await bench.company.get("/data-structures", teamId=target)
    assert left["dataStructures"] == []


async def test_samples_are_merged_into_fields_that_all_of_them_fit(
    core: Server, bench: Bench
) -> None:
    samples: list[dict[str, Any]] = [
        {"id": 1, "at": "2026-01-02", "lines": [{"sku": "A", "n": 2}], "note": None},
        {"id": 2, "at": "2026-01-02T10:00:00Z", "lines": [{"sku": "B", "gift": True}], "code": 1},
        {"id": 3, "at": "2026-03-04T10:00:00+01:00", "lines": [], "code": "x"},
    ]
    told = (await core.call("data_structure_generate", samples=samples)).data
    assert told["records_read"] == 3
    fields = {field["name"]: field for field in told["spec"]}
    assert {n: f["type"] for n, f in fields.items()} == {
        "id": "number",
        "at": "date",
        "lines": "array",
        "note": "text",
        "code": "text",
    }
    assert [n for n, f in fields.items() if f.get("required")] == ["id", "at", "lines"]
    inner = {field["name"]: field for field in fields["lines"]["spec"]["spec"]}
    assert (inner["sku"]["required"], "required" in inner["n"]) == (True, False)
    assert len(told["warnings"]) == 2
    made = await core.call(
        "data_structure_create", team_id=bench.team, name="Orders", spec=told["spec"], strict=True
    )
    store = await bench.store(made.data["data_structure"]["id"])
    for sample in (samples[0], samples[2]):
        written = await core.call("data_store_record_create", data_store_id=store, data=sample)
        assert written.data["changed"] is True


async def test_samples_are_taken_as_texts_and_as_one_object(core: Server) -> None:
    one = (await core.call("data_structure_generate", samples={"a": 1})).data["spec"]
    text = (await core.call("data_structure_generate", samples=[json.dumps({"a": 1})])).data["spec"]
    assert one == text == [{"name": "a", "type": "number"}]


async def test_csv_is_read_by_columns(core: Server) -> None:
    text = 'zip;amount;paid;day;"a ""b"""\n04109;1;TRUE;2026-01-01;x\n10115;-2.50;false;;\n'
    told = (await core.call("data_structure_generate", csv=text)).data
    assert {field["name"]: field["type"] for field in told["spec"]} == {
        "zip": "text",
        "amount": "number",
        "paid": "boolean",
        "day": "date",
        'a "b"': "text",
    }


NO_SAMPLES: list[dict[str, Any]] = [
    {},
    {"samples": [{"a": 1}], "csv": "a\n1"},
    {"samples": [1]},
    {"samples": [[]]},
    {"csv": ""},
    {"csv": "a,a\n1,2"},
    {"csv": "a,b\n1,2,3"},
    {"json_schema": {"type": "string"}},
    {"json_schema": {"type": "object", "properties": {"a": {"type": "planet"}}}},
]


@pytest.mark.parametrize("arguments", NO_SAMPLES)
async def test_what_is_no_sample_is_refused_with_its_place(
    core: Server, arguments: dict[str, Any]
) -> None:
    error = (await core.call("data_structure_generate", **arguments)).error
    assert error["code"] == "invalid_arguments"
    assert all(problem["path"] for problem in error["problems"])
