"""Folders, connections, keys, data structures, data stores and records."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio


def conn(id: int) -> dict[str, Any]:
    return {"module": "slack:CreateMessage", "parameters": {"__IMTCONN__": id}}


def store_module(id: int) -> dict[str, Any]:
    return {"module": "datastore:AddRecord", "parameters": {"datastore": id}}


async def imap(studio: "Studio", name: str = "Office mail") -> dict[str, Any]:
    body = {
        "accountName": name,
        "accountType": "imap",
        "host": "mail.example.com",
        "port": 993,
        "username": "box@example.com",
        "password": "hidden words",
    }
    return (await studio.post("/connections", body, teamId=1))["connection"]


# Folders


async def test_deleting_a_folder_keeps_its_scenarios(studio: "Studio") -> None:
    made = await studio.post("/scenarios-folders", {"name": "Billing", "teamId": 1})
    folder = made["scenarioFolder"]["id"]
    scenario = studio.scenario("Invoices", folder_id=folder)
    listed = await studio.get("/scenarios-folders", teamId=1)
    [shown] = listed["scenariosFolders"]
    assert (shown["id"], shown["name"], shown["scenariosTotal"]) == (folder, "Billing", 1)
    assert (await studio.call("DELETE", f"/scenarios-folders/{folder}")).json() == {
        "scenarioFolder": folder
    }
    row = studio.world.get("scenarios", scenario)
    assert row
    assert row["folder_id"] is None


async def test_a_folder_name_above_100_characters_is_refused(studio: "Studio") -> None:
    body = {"name": "x" * 101, "teamId": 1}
    assert (await studio.call("POST", "/scenarios-folders", body)).status_code == 400


# Connections


async def test_creation_swaps_the_two_names(studio: "Studio") -> None:
    made = await imap(studio)
    assert (made["name"], made["accountName"]) == ("Office mail", "imap")
    assert (made["accountType"], made["editable"]) == ("basic", True)
    assert made["metadata"] == {"value": "box@example.com", "type": "email"}


async def test_credentials_are_never_shown(studio: "Studio") -> None:
    made = await imap(studio)
    texts = [
        (await studio.call("GET", path, teamId=1)).text
        for path in ("/connections", f"/connections/{made['id']}")
    ]
    assert not any("hidden words" in text for text in texts)


async def test_an_unknown_connection_type_and_absent_parameters_are_refused(
    studio: "Studio",
) -> None:
    body = {"accountName": "Odd", "accountType": "no-such-app"}
    unknown = await studio.call("POST", "/connections", body, teamId=1)
    assert unknown.json()["message"] == "Invalid connection type"
    body = {"accountName": "Half", "accountType": "make", "apiKey": "k"}
    absent = await studio.call("POST", "/connections", body, teamId=1)
    assert [one["name"] for one in absent.json()["suberrors"]] == ["url"]


async def test_connections_are_filtered_by_type_and_checked_for_scopes(studio: "Studio") -> None:
    await imap(studio)
    body = {"accountName": "Drive", "accountType": "google", "scopes": ["files", "mail"]}
    google = (await studio.post("/connections", body, teamId=1))["connection"]["id"]
    listed = await studio.get(
        "/connections", params={"teamId": 1, "type[]": "google", "google[]": ["files", "sheets"]}
    )
    assert [(one["id"], one["scoped"]) for one in listed["connections"]] == [(google, False)]
    path = f"/connections/{google}/scoped"
    assert (await studio.post(path, {"scope": ["mail"]}))["connection"] == {"scoped": True}
    await studio.http.get(f"/api/v2/oauth/extend/{google}", params={"scopes[]": "sheets"})
    assert (await studio.post(path, {"scope": ["sheets"]}))["connection"] == {"scoped": True}


async def test_an_oauth_connection_works_once_somebody_granted_it(studio: "Studio") -> None:
    body = {"accountName": "Drive", "accountType": "google"}
    google = (await studio.post("/connections", body, teamId=1))["connection"]["id"]
    assert (await studio.call("POST", f"/connections/{google}/test")).status_code == 424
    assert (await studio.http.get(f"/api/v2/oauth/auth/{google}")).status_code == 200
    assert (await studio.post(f"/connections/{google}/test"))["verified"] is True


async def test_a_connection_fails_its_test_when_it_expires(studio: "Studio") -> None:
    made = await imap(studio)
    studio.world.update("connections", made["id"], expire="2026-03-04T10:00:00.000Z")
    assert (await studio.post(f"/connections/{made['id']}/test"))["verified"] is True
    await studio.control("POST", "/clock", {"set": "2026-03-04T10:00:00Z"})
    answer = await studio.call("POST", f"/connections/{made['id']}/test")
    assert answer.status_code == 424
    assert "expired" in answer.json()["message"]


async def test_setting_data_replaces_all_of_it(studio: "Studio") -> None:
    made = await imap(studio)
    path = f"/connections/{made['id']}"
    schema = await studio.get(f"{path}/editable-data-schema")
    assert schema == {"editableParameters": ["host", "port", "username", "password"]}
    assert await studio.post(f"{path}/set-data", {"password": "new"}) == {"changed": True}
    assert studio.world.value("SELECT data FROM connections") == {
        "host": None,
        "port": None,
        "username": None,
        "password": "new",
    }
    assert (await studio.call("POST", f"{path}/test")).status_code == 424


async def test_oauth_connections_cannot_be_edited(studio: "Studio") -> None:
    body = {"accountName": "Drive", "accountType": "google"}
    google = (await studio.post("/connections", body, teamId=1))["connection"]["id"]
    answer = await studio.call("GET", f"/connections/{google}/editable-data-schema")
    assert answer.json()["message"] == "Cannot edit this connection"


async def test_deleting_a_connection_in_use_asks_and_then_breaks_the_scenario(
    studio: "Studio",
) -> None:
    made = await imap(studio)
    scenario = studio.scenario("Notify", conn(made["id"]))
    shown = await studio.get(f"/connections/{made['id']}", params={"cols[]": "scenarioUsages"})
    assert shown["connection"]["scenarioUsages"] == [{"id": scenario, "name": "Notify"}]
    path = f"/connections/{made['id']}"
    for query in ({}, {"confirmed": "false"}):
        refused = await studio.call("DELETE", path, **query)
        assert (refused.status_code, refused.json()["code"]) == (406, "IM004")
        data = refused.json()["metadata"][0]["data"]
        assert data == [{"scenarioId": scenario, "scenarioName": "Notify"}]
    assert (await studio.get(path))["connection"]["id"] == made["id"]
    assert (await studio.call("DELETE", path, confirmed="true")).is_success
    row = studio.world.get("scenarios", scenario)
    assert row
    assert row["is_invalid"] is True


async def test_an_unused_connection_is_deleted_at_once(studio: "Studio") -> None:
    made = await imap(studio)
    studio.scenario("Other", conn(made["id"] + 1))
    answer = await studio.call("DELETE", f"/connections/{made['id']}")
    assert answer.json() == {"connection": made["id"]}


# Keys


async def test_a_key_is_stored_by_type_and_its_secret_never_returned(studio: "Studio") -> None:
    body = {
        "teamId": 1,
        "name": "Shop",
        "typeName": "apikeyauth",
        "parameters": {"key": "very secret", "placement": "header"},
    }
    made = await studio.call("POST", "/keys", body)
    assert made.is_success
    assert "secret" not in made.text
    key = made.json()["key"]
    assert (await studio.get("/keys", teamId=1, typeName="basicauth"))["keys"] == []
    assert (await studio.get("/keys", teamId=1))["keys"] == [key]


@pytest.mark.parametrize(
    ("type_name", "parameters", "named"),
    [
        ("apikeyauth", {"key": "k"}, ["parameters.placement"]),
        ("aes-key", {"key": "k", "keyEncoding": "hex", "x": 1}, ["parameters.x"]),
        (
            "apn",
            {"privateKey": "k", "production": False, "method": "tokens"},
            ["parameters.keyId", "parameters.teamId"],
        ),
    ],
)
async def test_wrong_key_parameters_are_all_named(
    studio: "Studio", type_name: str, parameters: dict[str, Any], named: list[str]
) -> None:
    body = {"teamId": 1, "name": "K", "typeName": type_name, "parameters": parameters}
    answer = await studio.call("POST", "/keys", body)
    assert answer.status_code == 400
    assert [one["name"] for one in answer.json()["suberrors"]] == named


async def test_deleting_a_key_always_asks(studio: "Studio") -> None:
    body = {"teamId": 1, "name": "K", "typeName": "basicauth", "parameters": {"authUser": "u"}}
    key = (await studio.post("/keys", body))["key"]["id"]
    assert (await studio.call("DELETE", f"/keys/{key}")).status_code == 406
    assert (await studio.call("DELETE", f"/keys/{key}", confirmed="true")).json() == {"key": key}


# Data structures

PERSON = [
    {"name": "email", "type": "text", "required": True},
    {"name": "age", "type": "number"},
    {"name": "tags", "type": "array", "spec": {"type": "text"}},
    {
        "name": "address",
        "type": "collection",
        "spec": [{"name": "city", "type": "text", "required": True}],
    },
]


async def structure(studio: "Studio", *, strict: bool = True) -> int:
    body = {"teamId": 1, "name": "Person", "strict": strict, "spec": PERSON}
    return (await studio.post("/data-structures", body))["dataStructure"]["id"]


async def test_every_fault_of_a_spec_is_named_with_its_place(studio: "Studio") -> None:
    spec = [
        {"type": "text"},
        {"name": "a", "type": "texts"},
        {"name": "a", "type": "collection", "spec": [{"name": "b"}]},
        {"name": "c", "type": "array", "spec": {"type": "picture"}},
    ]
    body = {"teamId": 1, "name": "Odd", "spec": spec}
    answer = await studio.call("POST", "/data-structures", body)
    assert answer.status_code == 400
    assert [one["name"] for one in answer.json()["suberrors"]] == [
        "spec[0].name",
        "spec[1].type",
        "spec[2].spec[0].type",
        "spec[3].spec.type",
        "spec",
    ]


async def test_a_structure_is_cloned_only_into_a_team_of_ones_own(studio: "Studio") -> None:
    original = await structure(studio)
    path = f"/data-structures/{original}/clone"
    copied = await studio.post(path, {"name": "Copy"})
    assert copied["differentTeam"] is False
    assert copied["dataStructure"]["spec"] == PERSON
    refused = await studio.call("POST", path, {"name": "Copy", "targetTeamId": 2})
    assert refused.status_code == 403
    team = (await studio.post("/teams", {"name": "B", "organizationId": 1}))["team"]["id"]
    moved = await studio.post(path, {"name": "Copy", "targetTeamId": team})
    assert (moved["differentTeam"], moved["dataStructure"]["teamId"]) == (True, team)


async def test_a_structure_used_by_a_store_asks_before_deletion(studio: "Studio") -> None:
    one = await structure(studio)
    body = {"name": "People", "teamId": 1, "datastructureId": one, "maxSizeMB": 1}
    store = (await studio.post("/data-stores", body))["dataStore"]["id"]
    listed = (await studio.get("/data-structures", teamId=1))["dataStructures"][0]
    assert listed["dataStoreUsages"] == [{"id": store, "name": "People"}]
    assert (await studio.call("DELETE", f"/data-structures/{one}")).status_code == 406
    answer = await studio.call("DELETE", f"/data-structures/{one}", confirmed="true")
    assert answer.json() == {"dataStructure": one}
    left = (await studio.get(f"/data-stores/{store}"))["dataStore"]
    assert left["datastructureId"] is None


# Data stores and records


async def store(studio: "Studio", **more: Any) -> int:
    body = {"name": "People", "teamId": 1, "maxSizeMB": 1} | more
    return (await studio.post("/data-stores", body))["dataStore"]["id"]


async def test_a_store_counts_its_records_and_bytes(studio: "Studio") -> None:
    one = await store(studio)
    await studio.post(f"/data-stores/{one}/data", {"key": "é", "data": {"a": 1}})
    shown = (await studio.get(f"/data-stores/{one}"))["dataStore"]
    assert (shown["records"], shown["size"], shown["maxSize"]) == (1, "9", "1048576")


@pytest.mark.parametrize("limit", [3 * 1_048_576, None])
@pytest.mark.parametrize("size", [2_201, 2**53 - 1])
async def test_a_size_beyond_what_any_licence_holds_is_refused(
    studio: "Studio", limit: int | None, size: int
) -> None:
    studio.license(dsslimit=limit)
    body = {"name": "Huge", "teamId": 1, "maxSizeMB": size}
    answer = await studio.call("POST", "/data-stores", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "IM003")
    unreadable = await studio.call("POST", "/data-stores", body | {"maxSizeMB": 2**70})
    assert unreadable.json()["suberrors"][0]["name"] == "maxSizeMB"


async def test_stores_stay_within_the_licensed_number_and_space(studio: "Studio") -> None:
    studio.license(dslimit=2, dsslimit=3 * 1_048_576)
    await store(studio)
    body = {"name": "Big", "teamId": 1, "maxSizeMB": 3}
    big = await studio.call("POST", "/data-stores", body)
    assert (big.status_code, big.json()["code"]) == (400, "IM003")
    second = await store(studio)
    grown = await studio.call("PATCH", f"/data-stores/{second}", {"maxSizeMB": 3})
    assert grown.json()["code"] == "IM003"
    third = await studio.call("POST", "/data-stores", {**body, "maxSizeMB": 1})
    assert third.json()["code"] == "IM003"


async def test_a_record_that_does_not_fit_is_refused(studio: "Studio") -> None:
    one = await store(studio)
    path = f"/data-stores/{one}/data"
    await studio.post(path, {"key": "a", "data": {"text": "x" * 900_000}})
    answer = await studio.call("POST", path, {"key": "b", "data": {"text": "x" * 200_000}})
    assert (answer.status_code, answer.json()["code"]) == (400, "IM003")
    replaced = await studio.call("PUT", f"{path}/a", {"text": "x" * 1_000_000})
    assert replaced.is_success


async def test_a_store_never_shrinks_below_what_it_holds(studio: "Studio") -> None:
    one = await store(studio, maxSizeMB=2)
    data = {"text": "x" * 1_200_000}
    await studio.post(f"/data-stores/{one}/data", {"data": data})
    answer = await studio.call("PATCH", f"/data-stores/{one}", {"maxSizeMB": 1})
    assert answer.json()["code"] == "IM003"


async def test_records_are_created_replaced_changed_and_deleted(studio: "Studio") -> None:
    one = await store(studio)
    path = f"/data-stores/{one}/data"
    generated = await studio.post(path, {"data": {"n": 1}})
    assert len(generated["key"]) == 12
    await studio.post(path, {"key": "a/b c", "data": {"n": 2, "m": 3}})
    assert (await studio.call("POST", path, {"key": "a/b c", "data": {}})).json()["code"] == "IM005"
    changed = await studio.call("PATCH", f"{path}/a%2Fb%20c", {"n": 5})
    assert changed.json() == {"key": "a/b c", "data": {"n": 5, "m": 3}}
    replaced = await studio.call("PUT", f"{path}/a%2Fb%20c", {"z": None})
    assert replaced.json() == {"key": "a/b c", "data": {"z": None}}
    assert (await studio.call("PATCH", f"{path}/none", {"n": 1})).status_code == 404
    page = await studio.get(path, params={"pg[limit]": 1, "pg[offset]": 1})
    assert page == {
        "records": [{"key": "a/b c", "data": {"z": None}}],
        "spec": [],
        "strict": False,
        "count": 2,
        "pg": {"limit": 1, "offset": 1},
    }
    gone = await studio.call("DELETE", path, {"keys": ["a/b c", "none"]})
    assert gone.json() == {"keys": ["a/b c"]}


async def test_deleting_all_records_asks_and_spares_the_excepted(studio: "Studio") -> None:
    one = await store(studio)
    path = f"/data-stores/{one}/data"
    for key in ("a", "b", "c"):
        await studio.post(path, {"key": key, "data": {}})
    body = {"all": True, "exceptKeys": ["b"]}
    assert (await studio.call("DELETE", path, body)).status_code == 406
    assert (await studio.get(path))["count"] == 3
    assert (await studio.call("DELETE", path, body, confirmed="true")).json() == {
        "keys": ["a", "c"]
    }


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"email": "a@example.com", "age": 3, "tags": ["x"], "address": {"city": "Brno"}}, []),
        ({"age": "3"}, ["data.email", "data.age"]),
        ({"email": "x", "extra": 1}, ["data.extra"]),
        ({"email": "x", "tags": ["a", 2]}, ["data.tags[1]"]),
        ({"email": "x", "address": {"street": "y"}}, ["data.address.street", "data.address.city"]),
        ({"email": "x", "age": True}, ["data.age"]),
    ],
)
async def test_a_strict_structure_names_every_misfit(
    studio: "Studio", data: dict[str, Any], named: list[str]
) -> None:
    one = await store(studio, datastructureId=await structure(studio))
    answer = await studio.call("POST", f"/data-stores/{one}/data", {"data": data})
    faults = [one["name"] for one in answer.json().get("suberrors", [])]
    assert sorted(faults) == sorted(named)
    assert answer.is_success is not bool(named)


async def test_a_loose_structure_lets_strangers_pass_and_fills_absences(studio: "Studio") -> None:
    one = await store(studio, datastructureId=await structure(studio, strict=False))
    made = await studio.post(f"/data-stores/{one}/data", {"data": {"extra": [1]}})
    assert made["data"] == {
        "extra": [1],
        "email": None,
        "age": None,
        "tags": None,
        "address": None,
    }


async def test_bulk_deletion_of_used_stores_asks(studio: "Studio") -> None:
    used, free = await store(studio), await store(studio)
    studio.scenario("Writer", store_module(used))
    body = {"ids": [used, free]}
    refused = await studio.call("DELETE", "/data-stores", body, teamId=1)
    assert refused.status_code == 406
    assert len((await studio.get("/data-stores", teamId=1))["dataStores"]) == 2
    done = await studio.call("DELETE", "/data-stores", body, teamId=1, confirmed="true")
    assert done.json() == {"dataStores": [used, free]}
