"""Keys: who uses them, their forms, and secrets that pass through without being seen."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]

SECRET = "Tr0ub4dor-and-3-horses"
BASIC = {"authUser": "reader", "authPass": SECRET}


@pytest.fixture
async def key(company: Company, team: int) -> int:
    """A key made behind the server's back."""
    body = {"teamId": team, "name": "Intranet", "typeName": "basicauth", "parameters": BASIC}
    return int((await company.send("POST", "/keys", body))["key"]["id"])


@pytest.fixture
async def user(new_scenario: Maker, blueprint: Builder, step: Builder, key: int) -> int:
    """A scenario that signs in with the key."""
    field = {"name": "basicAuthKeychain", "type": "keychain:basicauth"}
    module = step(
        1,
        "http:MakeRequest",
        version=4,
        parameters={"basicAuthKeychain": key},
        mapper={"url": "https://intranet.example/list", "method": "get"},
        metadata={"parameters": [field]},
    )
    return int((await new_scenario(blueprint(module, name="Reader")))["id"])


async def test_a_team_without_keys_has_an_empty_list(core: Server, team: int) -> None:
    told = await core.call("key_list", team_id=team)
    assert told.data["keys"] == []
    assert told.data["total"] == 0


async def test_keys_are_listed_with_how_many_scenarios_use_each(
    core: Server, company: Company, team: int, key: int, user: int
) -> None:
    spare = {"teamId": team, "name": "Spare", "typeName": "gpg-public", "parameters": {"key": "k"}}
    other = (await company.send("POST", "/keys", spare))["key"]["id"]
    rows = (await core.call("key_list", team_id=team)).data["keys"]
    assert [(row["id"], row["type"], row["used_by"]) for row in rows] == [
        (key, "basicauth", 1),
        (other, "gpg-public", 0),
    ]
    unused = (await core.call("key_list", team_id=team, unused=True)).data["keys"]
    assert [row["id"] for row in unused] == [other]
    typed = (await core.call("key_list", team_id=team, type="basicauth")).data["keys"]
    assert [row["id"] for row in typed] == [key]
    told = (await core.call("key_get", key_id=key)).data
    assert told["used_by"] == [f"Scenario “Reader” ({user}, inactive), modules 1"]
    assert SECRET not in str(told)


async def test_without_the_right_to_read_scenarios_the_list_says_so(
    core: Server, company: Company, team: int, key: int
) -> None:
    fault = {"path": "^/api/v2/scenarios", "without_scopes": ["scenarios:read"]}
    await company.control("POST", "/faults", fault)
    told = (await core.call("key_list", team_id=team)).data
    assert "used_by" not in told["keys"][0]
    assert "Who uses the keys is not told" in str(told["warnings"])
    refused = await core.call("key_list", team_id=team, unused=True)
    assert refused.error["code"] in {"missing_scope", "forbidden"}


async def test_the_form_of_a_type_names_choices_and_what_depends_on_them(core: Server) -> None:
    [told] = (await core.call("key_type_list", type="apn")).data["key_types"]
    fields = {one["name"]: one for one in told["parameters"]}
    assert fields["method"]["options"] == ["tokens", "cert"]
    assert fields["certificate"]["applies_when"] == "method=cert"
    short = (await core.call("key_type_list")).data["key_types"]
    assert len(short) > 3
    assert not any("parameters" in one for one in short)
    refused = await core.call("key_type_list", type="basic")
    assert "basicauth" in refused.text


async def test_a_key_is_made_by_its_form_and_undone(
    core: Server, company: Company, team: int, writes: Writes
) -> None:
    arguments = {"team_id": team, "type": "basicauth", "name": "New", "parameters": BASIC}
    await writes()
    dry = await core.call("key_create", **arguments, dry_run=True)
    assert SECRET not in dry.text
    assert await writes() == []
    told = (await core.call("key_create", **arguments)).data
    shown = (await company.get(f"/keys/{told['key_id']}"))["key"]
    assert (shown["name"], shown["typeName"]) == ("New", "basicauth")
    await core.apply("operation_undo", operation_id=told["operation_id"])
    assert (await company.get("/keys", teamId=team))["keys"] == []


async def test_all_wrong_parameters_are_told_at_once_and_nothing_is_sent(
    core: Server, team: int, writes: Writes
) -> None:
    await writes()
    refused = await core.call(
        "key_create",
        team_id=team,
        type="apikeyauth",
        name="X",
        parameters={"placement": "body", "colour": "red"},
    )
    found = {one["path"] for one in refused.error["problems"]}
    assert found == {"parameters.colour", "parameters.key", "parameters.placement"}
    assert await writes() == []
    unknown = await core.call("key_create", team_id=team, type="rot13", name="X", parameters={})
    assert unknown.error["code"] == "unknown_key_type"


async def test_renaming_is_done_at_once_and_undone(
    core: Server, company: Company, key: int
) -> None:
    told = (await core.call("key_update", key_id=key, name="Extranet")).data
    assert (await company.get(f"/keys/{key}"))["key"]["name"] == "Extranet"
    await core.apply("operation_undo", operation_id=told["operation_id"])
    assert (await company.get(f"/keys/{key}"))["key"]["name"] == "Intranet"
    same = (await core.call("key_update", key_id=key, name="Intranet")).data
    assert same["changed"] is False


async def test_new_parameters_ask_for_a_plan_that_names_the_users(
    core: Server, key: int, user: int
) -> None:
    arguments: dict[str, Any] = {"key_id": key, "parameters": {**BASIC, "authUser": "writer"}}
    planned = await core.call("key_update", **arguments)
    assert f"({user}, inactive)" in str(planned.data["plan"]["affects"])
    assert SECRET not in planned.text
    done = await core.call("key_update", **arguments, plan_id=planned.data["plan"]["plan_id"])
    assert done.data["changed"] is True


async def test_a_used_key_is_not_deleted_and_an_unused_one_is(
    core: Server, company: Company, team: int, key: int, user: int
) -> None:
    refused = await core.call("key_delete", key_id=key)
    assert refused.error["code"] == "in_use"
    assert f"({user}, inactive)" in refused.text
    told = (await core.apply("key_delete", key_id=key, ignore_dependents=True)).data
    assert told["deleted"] == key
    assert (await company.get("/keys", teamId=team))["keys"] == []
    assert (await core.call("key_get", key_id=key)).error["code"] == "not_found"


async def test_parameters_of_keys_are_in_no_answer_log_or_file_of_the_server(
    core: Server, team: int, key: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    new = {"team_id": team, "type": "basicauth", "name": "New", "parameters": BASIC}
    told = [await core.call("key_create", **new)]
    told += [await core.apply("key_update", key_id=key, parameters=BASIC)]
    told += [await core.call("key_create", **{**new, "type": "webpay"})]
    kept = b"".join(_written(tmp_path))
    assert b"key_update" in kept, "the journal was not found"
    assert SECRET.encode() not in kept
    assert SECRET not in caplog.text + "".join(one.text for one in told)


def _written(place: Path) -> list[bytes]:
    """What our server wrote; the sandbox's own world knows the secrets, as Make does."""
    return [
        path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not path.name.startswith("world.db")
    ]
