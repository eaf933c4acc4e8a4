"""Make's own TypeScript SDK takes the sandbox for Make: one script a topic, unchanged SDK."""

import re
from typing import Any

import pytest

from .conftest import Served
from .node import Node

GONE = 404


def test_organizations_teams_and_roles_are_read_and_a_team_lives_and_dies(node: Node) -> None:
    told = node.script("people")
    assert told["organizations"] == ["Harbor and Pine", "Juniper Kiln"]
    assert told["organization"]["license"]["apiLimit"] == 100_000
    assert {"Sales", "Proofreaders"} <= set(told["listed"])
    assert told["team"].keys() == {"id", "name", "organizationId", "globalAgentsEnabled"}
    assert told["team"]["name"] == "Proofreaders"
    assert told["gone"]["status"] in (403, GONE)
    assert told["me"]["name"] == "Mara Lindqvist"
    assert told["authorization"]["authUsed"] == "token"
    assert "scenarios:run" in told["authorization"]["scope"]
    assert {"Team Admin", "Team Member", "Owner", "Admin", "Member"} <= set(told["roles"])
    assert told["role"]["managementType"] == "system_locked"
    assert told["permissions"] > 20


def test_the_sdk_takes_plain_http_when_told_so(node: Node, plain_zone: str) -> None:
    told = node.script("plain", zone=plain_zone)
    assert told == {"name": "Mara Lindqvist", "protocol": "http"}


def test_reference_lists_are_read(node: Node) -> None:
    told = node.script("enums")
    assert {"id": 18, "name": "Czechia", "code1": "CZE", "code2": "cz"} in told["countries"]
    assert told["regions"]
    assert "Europe/Prague" in {zone["code"] for zone in told["timezones"]}
    assert told["systems"]


def test_a_scenario_is_built_run_and_looked_into(node: Node) -> None:
    told = node.script("scenarios")
    scenario = told["created"]["id"]
    assert told["created"]["isActive"] is False
    assert told["created"]["usedPackages"] == ["scenario-service"]
    assert [field["name"] for field in told["declared"]["input"]] == ["net", "customer"]
    assert told["interface"] == told["declared"]
    assert (told["activated"], told["deactivated"]) == (True, True)
    run = told["run"]
    assert (run["status"], run["outputs"]) == (1, {"gross": 100, "note": "for Ada"})
    assert told["incomplete"] == {
        "status": 400,
        "text": "Invalid input parameters\n - Missing value of required parameter 'customer'.",
    }
    assert [entry["id"] for entry in told["runs"]] == [run["executionId"]]
    assert (told["runs"][0]["status"], told["runs"][0]["operations"]) == (1, 2)
    assert (told["entry"]["@scenarioId"], told["entry"]["isReplayable"]) == (scenario, True)
    assert told["detail"] == {"status": "SUCCESS", "outputs": run["outputs"]}
    assert (told["renamed"], told["shown"]["name"]) == ("Gross price", "Gross price")
    assert told["shown"]["scheduling"] == {"type": "on-demand"}
    assert told["shown"]["interface"] == told["declared"]
    assert [version["version"] for version in told["versions"]] == [1]
    assert (told["inFolder"], told["everywhere"], told["incompletes"]) == (1, True, [])
    assert told["gone"]["status"] == GONE


def test_records_are_kept_to_their_structure(node: Node) -> None:
    told = node.script("data")
    assert told["read"] == told["structure"]
    assert "Guest" in told["listed"]
    assert told["copy"] == {**told["structure"], "id": told["copy"]["id"]} | {
        "name": "Visitor",
        "teamId": 2,
    }
    assert (told["store"]["records"], told["store"]["maxSize"]) == (0, "1048576")
    assert told["listedStore"]["datastructureId"] == told["structure"]["id"]
    assert told["named"] == {"key": "ada", "data": {"name": "Ada", "visits": 1}}
    assert re.fullmatch("[0-9a-f]{12}", told["unnamed"]["key"])
    assert told["twice"]["status"] == 400
    assert told["wrong"]["text"].endswith("Missing value of required parameter 'data.name'.")
    assert told["updated"] == {"key": "ada", "data": {"name": "Ada", "visits": 7}}
    replaced = {"key": told["unnamed"]["key"], "data": {"name": "Bob"}}
    assert (told["replaced"], told["records"]) == (replaced, [replaced])
    assert told["left"]["records"] == 1
    assert (told["resized"]["name"], told["resized"]["maxSize"]) == ("All guests", "2097152")
    assert told["loosened"]["strict"] is False
    assert [one["status"] for one in told["gone"]] == [GONE, GONE]


def test_a_webhook_learns_queues_and_ends(node: Node, served: Served) -> None:
    told = node.script("hooks")
    hook = told["hook"]
    assert hook["url"] == f"https://{served.zone}/hook/{hook['udid']}"
    assert told["learning"] == {
        "address": hook["url"],
        "attached": False,
        "learning": True,
        "gone": False,
        "dataStructure": None,
    }
    assert told["sample"] == told["queued"] == {"status": 200, "text": "Accepted"}
    learned = {field["name"]: field["type"] for field in told["learned"]["dataStructure"]}
    assert learned == {"order": "number", "customer": "collection", "paid": "boolean"}
    kept = [told[name]["learning"] for name in ("learned", "again", "stopped")]
    assert kept == [False, True, False]
    assert (told["waiting"], told["disabled"], told["enabled"]) == (1, False, True)
    assert (told["renamed"], told["changed"]) == ("New orders", True)
    assert told["data"]["headers"] is True
    assert hook["id"] in told["listed"]
    assert told["gone"]["status"] == GONE
    assert told["afterwards"] == {"status": 410, "text": "Webhook not found."}


def test_keys_connections_and_variables_are_kept(node: Node) -> None:
    told = node.script("secrets")
    assert told["keyRead"] == told["key"] | {"name": "Till key"}
    assert (told["rekeyed"], "Till key" in told["keys"]) == ("Till key", True)
    assert {"aes-key", "apikeyauth", "basicauth"} <= set(told["types"])
    assert (told["connection"]["name"], told["connection"]["accountName"]) == (
        "Make itself",
        "make",
    )
    assert told["connectionRead"]["scopes"] == []
    assert told["connections"] == ["Make itself"]
    assert "apiKey" in told["editable"]
    assert (told["changed"], told["verified"], told["renamed"]) == (True, True, "Make")
    assert isinstance(told["scoped"], bool)
    assert told["variable"]["teamVariable"]["value"] == "hello"
    values = {one["name"]: one["value"] for one in told["variables"]["teamVariables"]}
    assert (values["teamName"], values["greeting"]) == ("Sales", "hi")
    actions = [one["action"] for one in told["history"]["teamVariableHistory"]]
    assert actions == ["team_variable_created", "team_variable_edited"]
    assert told["unsure"] == {"status": 406, "text": "Confirmation required."}
    assert [one["status"] for one in told["gone"]] == [GONE, GONE]


def test_custom_functions_are_checked_and_kept_with_their_history(node: Node) -> None:
    told = node.script("functions")
    assert (told["made"]["name"], told["made"]["args"]) == ("half", "(number)")
    assert told["read"]["code"] == told["updated"] != told["made"]["code"]
    assert "half" in told["listed"]
    assert [one["previousCode"] for one in told["history"]] == [told["made"]["code"]]
    assert told["fine"] == {"success": True, "error": None}
    assert told["wrong"]["success"] is False
    assert "SyntaxError" in told["wrong"]["error"]
    assert (told["reserved"]["status"], told["gone"]["status"]) == (400, GONE)


def test_a_custom_app_is_written_part_by_part(node: Node) -> None:
    told = node.script("apps")
    name = told["app"]["name"]
    assert re.fullmatch("pottery-[a-z0-9]{6}", name)
    assert told["app"]["theme"] == "#aabbcc"
    assert told["read"]["label"] == "Pottery wheel"
    assert name in told["listed"]
    assert told["base"] == '{"baseUrl":"https://pottery.example.com"}'
    assert (told["common"], told["docs"]) == ({"clientId": "pots"}, "# Pottery\n")
    assert (told["bare"]["status"], told["icon"]) == (GONE, {"changed": True, "same": True})
    assert [one["name"] for one in told["connections"]] == [told["connection"]["name"]]
    assert told["connectionRead"]["type"] == "apikey"
    assert told["connectionApi"] == '{"url":"/me","headers":{}}'
    assert told["connectionCommon"] == {"clientSecret": "clay"}
    assert told["webhookRead"]["label"] == told["webhook"]["label"] == "New pot"
    assert told["webhookApi"] == '{"output":"{{body}}"}'
    module = told["module"]
    assert (module["typeId"], module["public"]) == (4, True)
    assert module["connection"] == told["connection"]["name"]
    assert told["modules"] == ["getPot"]
    assert "// one pot" in told["moduleApi"]
    assert (told["rpc"]["label"], told["rpcs"]) == ("Pots", ["listPots"])
    assert told["rpcApi"] == '{"url":"/pots"}'
    assert told["functions"] == [{"name": "glaze", "args": "(pot)"}]
    assert told["functionCode"] == told["function"]["code"]
    assert told["functionTest"].startswith('it("glazes"')
    assert told["endpoint"]["annotations"] == {"readOnlyHint": False}
    assert (told["endpoints"], told["endpointApi"]) == (
        ["fire"],
        '{"url":"/fire","method":"POST"}',
    )
    assert told["gone"]["status"] == GONE


@pytest.mark.slow
def test_templates_are_read_and_used(node: Node) -> None:
    told = node.script("templates")
    first: dict[str, Any] = told["first"]
    assert (told["limited"], told["byName"]) == (3, [first["id"]])
    assert told["read"] == first
    assert told["blueprint"]["blueprint"]["flow"]
    assert (told["template"]["usedApps"], told["template"]["public"]) == (["util"], False)
    assert told["scenario"] == {
        "name": "Wait a little",
        "scheduling": {"type": "indefinitely", "interval": 900},
    }


@pytest.mark.slow
def test_custom_properties_are_filled_and_emptied(node: Node) -> None:
    told = node.script("properties")
    assert [one["id"] for one in told["structures"]] == [told["structure"]["id"]]
    assert told["item"]["structureId"] == told["structure"]["id"]
    assert [one["name"] for one in told["items"]] == ["owner"]
    assert told["early"]["status"] == 400
    assert (told["filled"], told["updated"], told["read"]) == (
        {"owner": "Ada"},
        {"owner": "Bo"},
        {"owner": "Bo"},
    )
    assert (told["unsure"]["status"], told["emptied"]) == (406, {})


@pytest.mark.slow
def test_agents_and_the_systems_they_reach_are_kept(node: Node) -> None:
    told = node.script("agents")
    assert (told["agent"]["status"], told["renamed"]) == ("REGISTERED", "Attic")
    assert told["agent"]["clientSecret"]
    assert "clientSecret" not in told["read"]
    assert told["listed"] == ["Attic"]
    assert told["systems"] == ["Stock"]
    assert told["systemRead"]["inputs"][0]["value"] == "https://stock.example.com"
    assert (told["systemGone"], told["gone"]) == (True, True)


@pytest.mark.slow
def test_requests_for_credentials_are_read(node: Node) -> None:
    told = node.script("requests")
    assert told["read"].items() <= told["request"].items()
    assert told["detail"]["credentials"][0]["requestId"] == told["request"]["id"]
    assert "addRow" in {module["id"] for module in told["modules"]}
    assert told["devices"]
    assert {device["teamId"] for device in told["devices"]} == {1}
