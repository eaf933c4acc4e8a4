"""Upgrades of scenarios to newer versions of apps."""

import json
from typing import Any

import pytest
from app_bench import Bench

pytestmark = pytest.mark.anyio

URL = "https://stock.example.com/items"
REQUEST: dict[str, Any] = {
    "id": 1,
    "module": "http:ActionSendData",
    "version": 3,
    "parameters": {"handleErrors": True},
    "mapper": {
        "url": URL,
        "method": "get",
        "qs": [{"name": "page", "value": "1"}],
        "serializeUrl": False,
        "parseResponse": True,
        "shareCookies": False,
    },
    "metadata": {"designer": {"x": 0, "y": 0}},
}


@pytest.fixture
async def team(bench: Bench) -> int:
    """A team of the test's own."""
    body = {"name": "Upgrades", "organizationId": 1}
    return int((await bench.company.send("POST", "/teams", body))["team"]["id"])


async def saved(bench: Bench, team: int, *modules: dict[str, Any]) -> int:
    blueprint: dict[str, Any] = {
        "name": "Old calls",
        "flow": list(modules),
        "metadata": {"version": 1, "scenario": {}, "designer": {"orphans": []}},
    }
    body = {
        "teamId": team,
        "blueprint": json.dumps(blueprint),
        "scheduling": json.dumps({"type": "on-demand"}),
    }
    made = await bench.company.send("POST", "/scenarios", body, confirmed="true")
    return int(made["scenario"]["id"])


async def stored(bench: Bench, scenario: int) -> dict[str, Any]:
    answer = await bench.company.get(f"/scenarios/{scenario}/blueprint")
    found: dict[str, Any] = answer["response"]["blueprint"]
    return found


async def test_a_team_on_new_versions_has_nothing_to_upgrade(bench: Bench, team: int) -> None:
    told = (await bench.core.call("sdk_app_upgrade_plan", team_id=team)).data
    assert (told["scenarios"], told["apps"], told["total"]) == ([], {}, 0)
    done = (await bench.core.call("sdk_app_upgrade_apply", team_id=team, app="http")).data
    assert (done["changed"], done["scenarios"]) == (False, [])


async def test_the_plan_names_every_field_that_moves_and_what_is_lost(
    bench: Bench, team: int
) -> None:
    scenario = await saved(bench, team, REQUEST)
    told = (await bench.core.call("sdk_app_upgrade_plan", team_id=team)).data
    assert told["apps"] == {"http": "3 → 4"}
    (row,) = told["scenarios"]
    (module,) = row["modules"]
    assert (row["scenario_id"], module["old"], module["new"]) == (
        scenario,
        "http:ActionSendData 3",
        "http:MakeRequest 4",
    )
    assert "mapper.qs → mapper.queryParameters" in module["moves"]
    assert "parameters.handleErrors → mapper.stopOnHttpError" in module["moves"]
    assert not any("mapper.url" in line for line in module["moves"])
    assert any(line.startswith("mapper.serializeUrl has no place") for line in module["breaking"])
    assert (await stored(bench, scenario))["flow"][0]["version"] == 3


BODIES: list[tuple[dict[str, Any], list[str], dict[str, Any]]] = [
    (
        {"bodyType": "raw", "contentType": "application/json", "data": '{"a": 1}'},
        [
            "mapper.bodyType → mapper.contentType: json",
            "mapper.contentType → mapper.contentType: json",
            "mapper.data → mapper.jsonStringBodyContent",
        ],
        {"contentType": "json", "inputMethod": "jsonString", "jsonStringBodyContent": '{"a": 1}'},
    ),
    (
        {"bodyType": "raw", "contentType": "text/csv", "data": "a;b"},
        [
            "mapper.bodyType → mapper.contentType: custom",
            "mapper.contentType → mapper.contentTypeValue",
            "mapper.data → mapper.rawBodyContent",
        ],
        {"contentType": "custom", "contentTypeValue": "text/csv", "rawBodyContent": "a;b"},
    ),
    (
        {"bodyType": "x_www_form_urlencoded", "formFields": [{"key": "a", "value": "{{1.b}}"}]},
        [
            "mapper.bodyType → mapper.contentType: urlEncoded",
            "mapper.formFields → mapper.urlEncodedBodyContent",
        ],
        {
            "contentType": "urlEncoded",
            "urlEncodedBodyContent": [{"name": "a", "value": "{{1.b}}"}],
        },
    ),
]


@pytest.mark.parametrize(("body", "moves", "after"), BODIES)
async def test_bodies_of_http_requests_move_field_by_field(
    bench: Bench, team: int, body: dict[str, Any], moves: list[str], after: dict[str, Any]
) -> None:
    sending = {**REQUEST, "mapper": {**REQUEST["mapper"], "method": "post", **body}}
    scenario = await saved(bench, team, sending)
    told = (await bench.core.call("sdk_app_upgrade_plan", team_id=team, app="http")).data
    (module,) = told["scenarios"][0]["modules"]
    assert [one for one in module["moves"] if any(f".{key} " in one for key in body)] == moves
    arguments = {"team_id": team, "app": "http", "accept_breaking": True}
    await bench.core.apply("sdk_app_upgrade_apply", **arguments)
    found = (await stored(bench, scenario))["flow"][0]
    assert {key: found["mapper"].get(key) for key in after} == after
    assert found["parameters"]["authenticationType"] == "noAuth"
    assert not {"bodyType", "data", "formFields"} & set(found["mapper"])


KEYED = [
    ("ActionSendDataAPIKeyAuth", "auth", "apiKeyKeychain", "apiKey", "apikeyauth"),
    ("ActionSendDataBasicAuth", "key", "basicAuthKeychain", "basicAuth", "basicauth"),
]


@pytest.mark.parametrize(("name", "old", "new", "how", "kind"), KEYED)
async def test_keys_of_old_http_modules_stay_the_keys_of_the_new_one(
    bench: Bench, team: int, name: str, old: str, new: str, how: str, kind: str
) -> None:
    body: dict[str, Any] = {"typeName": kind, "name": "Ours", "teamId": team}
    values = {"key": "k1", "placement": "header", "name": "x"} if kind == "apikeyauth" else {}
    values |= {"authUser": "me", "authPass": "w"} if kind == "basicauth" else {}
    made = await bench.company.send("POST", "/keys", body | {"parameters": values})
    sending = {**REQUEST, "module": f"http:{name}", "parameters": {old: made["key"]["id"]}}
    scenario = await saved(bench, team, sending)
    told = (await bench.core.call("sdk_app_upgrade_plan", team_id=team, app="http")).data
    (module,) = told["scenarios"][0]["modules"]
    assert module["new"] == "http:MakeRequest 4"
    assert f"parameters.{old} → parameters.{new}" in module["moves"]
    arguments = {"team_id": team, "app": "http", "accept_breaking": True}
    await bench.core.apply("sdk_app_upgrade_apply", **arguments)
    found = (await stored(bench, scenario))["flow"][0]["parameters"]
    assert (found[new], found["authenticationType"]) == (made["key"]["id"], how)


async def test_an_upgrade_waits_until_everything_breaking_is_decided(
    bench: Bench, team: int
) -> None:
    scenario = await saved(bench, team, REQUEST)
    told = await bench.core.call("sdk_app_upgrade_apply", team_id=team, app="http")
    assert told.error["code"] == "breaking_upgrade"
    assert {p["path"] for p in told.error["problems"]} == {f"scenario {scenario} module 1"}


async def test_an_upgrade_is_planned_applied_and_undone(bench: Bench, team: int) -> None:
    handler = {"id": 3, **{k: v for k, v in REQUEST.items() if k != "id"}}
    first = {**REQUEST, "onerror": [handler]}
    scenario = await saved(bench, team, first)
    before = await stored(bench, scenario)
    arguments: dict[str, Any] = {
        "team_id": team,
        "app": "http",
        "values": {"http:MakeRequest": {"timeout": 40}},
        "renames": {"http:MakeRequest": {"qs": "queryParameters"}},
        "accept_breaking": True,
    }
    plan = (await bench.core.call("sdk_app_upgrade_apply", **arguments)).data["plan"]
    assert plan["steps"] == ["Upgrade 2 modules of “Old calls”"]
    assert await stored(bench, scenario) == before
    done = (await bench.core.apply("sdk_app_upgrade_apply", **arguments)).data
    after = await stored(bench, scenario)
    module = after["flow"][0]
    assert (module["module"], module["version"]) == ("http:MakeRequest", 4)
    assert module["mapper"]["url"] == URL
    assert module["mapper"]["queryParameters"] == REQUEST["mapper"]["qs"]
    assert (module["mapper"]["timeout"], "qs" in module["mapper"]) == (40, False)
    assert module["onerror"][0]["module"] == "http:MakeRequest"
    assert done["changed"]
    again = (await bench.core.call("sdk_app_upgrade_apply", **arguments)).data
    assert again["changed"] is False
    await bench.core.apply("operation_undo", operation_id=done["operation_id"])
    assert await stored(bench, scenario) == before


async def test_an_output_that_later_modules_map_and_that_goes_away_is_named(
    bench: Bench, team: int
) -> None:
    mapper = {"name": "size", "scope": "roundtrip", "value": "{{1.fileSize}}"}
    later = {"id": 2, "module": "util:SetVariable2", "version": 1, "mapper": mapper}
    await saved(bench, team, REQUEST, later)
    told = (await bench.core.call("sdk_app_upgrade_plan", team_id=team, app="http")).data
    breaking = told["scenarios"][0]["modules"][0]["breaking"]
    assert any(line.startswith("The output `fileSize` is mapped") for line in breaking)


async def test_a_required_field_of_the_next_version_of_a_custom_app_needs_a_value(
    bench: Bench, team: int
) -> None:
    app = await bench.whole()
    me = (await bench.company.get("/users/me"))["authUser"]["id"]
    bench.company.mounted.sandbox.world.update("users", me, features={"allow_apps": True})
    await bench.company.send("POST", f"/sdk/apps/{app}/1/clone-major")
    fields = [{"name": "place", "type": "text"}, {"name": "row", "type": "text", "required": True}]
    await bench.code(f"/sdk/apps/{app}/2/modules/findStock/expect", json.dumps(fields))
    module = {"id": 1, "module": f"app#{app}:findStock", "version": 1, "mapper": {"place": "Oslo"}}
    scenario = await saved(bench, team, module)
    own = {"team_id": team, "app": f"app#{app}"}
    told = (await bench.core.call("sdk_app_upgrade_plan", **own)).data
    assert told["scenarios"][0]["modules"][0]["breaking"] == [
        "mapper.place was of type select, mapper.place is text.",
        "mapper.row is required and has no value.",
    ]
    refused = await bench.core.call("sdk_app_upgrade_apply", **own, accept_breaking=True)
    assert refused.error["code"] == "breaking_upgrade"
    values = {f"app#{app}:findStock": {"row": "3"}}
    await bench.core.apply("sdk_app_upgrade_apply", **own, accept_breaking=True, values=values)
    after = (await stored(bench, scenario))["flow"][0]
    assert (after["version"], after["mapper"]) == (2, {"place": "Oslo", "row": "3"})


async def test_an_app_that_is_not_there_is_refused(bench: Bench, team: int) -> None:
    told = await bench.core.call("sdk_app_upgrade_plan", team_id=team, app="htttp")
    assert told.error["code"] == "unknown_app"


async def test_scenarios_that_need_no_upgrade_are_named(bench: Bench, team: int) -> None:
    current = {**REQUEST, "module": "http:MakeRequest", "version": 4}
    new = await saved(bench, team, current)
    arguments: dict[str, Any] = {"team_id": team, "app": "http", "scenario_ids": [new, 999_999]}
    told = await bench.core.call("sdk_app_upgrade_apply", **arguments)
    assert told.data["changed"] is False
    assert [str(new) in told.data["warnings"][0], "999999" in told.data["warnings"][1]] == [
        True
    ] * 2


async def test_an_app_that_is_nearly_named_is_answered_with_the_one_meant(
    bench: Bench, team: int
) -> None:
    told = await bench.core.call("sdk_app_upgrade_plan", team_id=team, app="htp")
    assert told.error["why"] == "Most like it: http."
