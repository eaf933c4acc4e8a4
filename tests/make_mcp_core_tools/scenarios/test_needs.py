"""Everything a blueprint needs from outside, however deep it stands, held against a hand list."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Connector = Callable[..., Awaitable[int]]
AGENT = "3f0b0c1e-0000-4000-8000-000000000001"

HAND_LIST = {
    ("hook", "71", 2, "flow[0].parameters.hook"),
    ("connection", "11", 5, "flow[1].parameters.__IMTCONN__"),
    ("team_variable", "Region", 5, "flow[1].mapper.text"),
    ("organization_variable", "Limit", 9, "flow[2].branches[0].conditions[0][0].a"),
    ("connection", "12", 10, "flow[2].branches[0].flow[0].parameters.__IMTCONN__"),
    ("connection", "13", 11, "flow[2].branches[0].flow[0].onerror[0].parameters.__IMTCONN__"),
    (
        "data_store",
        "21",
        12,
        "flow[2].branches[0].flow[0].onerror[0].onerror[0].parameters.datastore",
    ),
    ("key", "31", 13, "flow[2].branches[1].flow[0].parameters.apiKeyKeychain"),
    ("function", "myTax", 14, "flow[3].outputs[0].mappings[0]"),
    ("data_structure", "41", 20, "flow[4].parameters.type"),
    ("connection", "14", 22, "flow[5].parameters.makeConnectionId"),
    ("scenario", "SCN_51", 23, "flow[5].tools[0].flow[0].parameters.scenario"),
    ("connection", "15", 24, "flow[5].tools[0].flow[1].parameters.__IMTCONN__"),
    ("device", "61", 25, "flow[5].tools[1].flow[0].parameters.device"),
    ("agent", AGENT, 31, "flow[6].routes[0].flow[0].mapper.agent"),
    (
        "team_variable",
        "Second",
        31,
        "flow[6].routes[0].flow[0].filter.conditions[0][0].a",
    ),
    ("function", "other", 31, "flow[6].routes[0].flow[0].filter.conditions[0][0].a"),
    ("key", "32", 33, "flow[6].routes[1].flow[0].routes[0].flow[0].parameters.auth"),
    ("data_store", "22", 90, "metadata.designer.orphans[0][0].parameters.datastore"),
    ("data_structure", "42", 91, "metadata.designer.orphans[0][1].parameters.type"),
}


@pytest.fixture
def document(blueprint: Builder, step: Builder) -> dict[str, Any]:
    """Router in router, if-else with handlers of handlers, two agent tools, orphans."""

    def bound(number: int, name: str, mapper: Any = None, **parameters: Any) -> dict[str, Any]:
        return step(number, name, parameters=parameters, mapper=mapper or {})

    record = bound(12, "datastore:AddRecord", datastore=21)
    airtable = bound(11, "airtable:ActionCreateRecord", __IMTCONN__=13) | {"onerror": [record]}
    sheet = bound(10, "google-sheets:addRow", __IMTCONN__="12") | {"onerror": [airtable]}
    low = [[{"a": "{{var.organization.Limit}}", "o": "number:less", "b": "3"}]]
    fork = step(9, "builtin:BasicIfElse", mapper=None)
    fork["branches"] = [
        {"type": "condition", "merge": True, "conditions": low, "flow": [sheet]},
        {
            "type": "else",
            "merge": True,
            "flow": [bound(13, "http:MakeRequest", apiKeyKeychain=31)],
        },
    ]
    merge = step(14, "builtin:BasicMerge", mapper=None)
    merge["outputs"] = [{"name": "z", "mappings": ["{{myTax(10.a)}}", "{{13.b}}"]}]
    call = bound(23, "scenario-service:CallSubscenario", scenario="SCN_51")
    own = bound(24, "app#my-own:send", __IMTCONN__=15)
    agent = bound(22, "ai-local-agent:RunLocalAIAgent", makeConnectionId=14)
    agent["tools"] = [
        {"name": "A", "flow": [call, own]},
        {"name": "B", "flow": [bound(25, "android:sendPush", device=61)]},
    ]
    asked = bound(31, "ai-agent:RunAnAgent", {"agent": AGENT})
    asked["filter"] = {"conditions": [[{"a": "{{other(var.team.Second)}}", "o": "exist"}]]}
    inner = step(32, "builtin:BasicRouter", mapper=None)
    inner["routes"] = [{"flow": [bound(33, "http:ActionSendDataBasicAuth", auth=32)]}]
    outer = step(30, "builtin:BasicRouter", mapper=None)
    outer["routes"] = [{"flow": [asked]}, {"flow": [inner]}]
    made = blueprint(
        bound(2, "gateway:CustomWebHook", hook=71),
        bound(5, "slack:CreateMessage", {"text": "{{var.team.Region}} {{2.a}}"}, __IMTCONN__=11),
        fork,
        merge,
        bound(20, "json:ParseJSON", {"json": "{{14.z}}"}, type=41),
        agent,
        outer,
    )
    orphans = [bound(90, "datastore:SearchRecord", datastore="22")]
    orphans.append(bound(91, "xml:CreateXML", type=42))
    made["metadata"]["designer"]["orphans"] = [orphans]
    return made


async def test_every_binding_of_a_deep_blueprint_is_found_where_a_hand_list_has_it(
    core: Server, document: dict[str, Any], team: int
) -> None:
    told = await core.call("blueprint_component_list", blueprint=document, target_team_id=team)
    rows = [row for row in told.data["components"] if row["kind"] != "app"]
    assert {(r["kind"], str(r["value"]), r["module_id"], r["path"]) for r in rows} == HAND_LIST
    assert len(rows) == len(HAND_LIST)
    objects = [row for row in rows if row["kind"] not in ("function", "agent")]
    assert {row["status"] for row in objects} == {"missing"}


async def test_variables_functions_and_agents_are_held_against_those_there_are(
    core: Server, company: Company, document: dict[str, Any], team: int, connection: Connector
) -> None:
    await company.license(["customVariables", "customFunctions"])
    variable = {"name": "Region", "typeId": 2, "value": "EU"}
    await company.send("POST", f"/teams/{team}/variables", variable)
    code = {"name": "myTax", "description": "", "code": "function myTax(a) { return a; }"}
    await company.send("POST", "/functions", code, teamId=team)
    body = {
        "name": "Helper",
        "teamId": team,
        "makeConnectionId": await connection("AI", "ai-provider"),
        "defaultModel": "large",
        "systemPrompt": "Help.",
    }
    made = await company.send("POST", "/ai-agents/v1/agents", body, teamId=team)
    asked = document["flow"][6]["routes"][0]["flow"][0]
    asked["mapper"]["agent"] = made["agentId"]
    told = await core.call("blueprint_component_list", blueprint=document, target_team_id=team)
    states = {str(row["value"]): row["status"] for row in told.data["components"]}
    assert {name: states[name] for name in ("Region", "Second", "Limit", "myTax", "other")} == {
        "Region": "ok",
        "Second": "missing",
        "Limit": "missing",
        "myTax": "ok",
        "other": "missing",
    }
    assert states[made["agentId"]] == "ok"
    checked = await core.call("blueprint_validate", blueprint=document, target_team_id=team)
    doubtful = [row["problem"] for row in checked.data["faults"] if row["severity"] == "warning"]
    assert any("Team variable Second" in problem for problem in doubtful)
    assert not any("Region" in problem for problem in doubtful)


async def test_functions_that_the_plan_does_not_let_be_listed_are_not_called_missing(
    core: Server, document: dict[str, Any], company: Company, team: int
) -> None:
    ids = [one["id"] for one in (await company.get("/organizations"))["organizations"]]
    without = {str(ident): {"customFunctions": 0} for ident in ids}
    await company.control("PATCH", "/world", {"licenses": without})
    told = await core.call("blueprint_validate", blueprint=document, target_team_id=team)
    assert not any("function" in row["problem"] for row in told.data["faults"])
    assert [line.partition(":")[0] for line in told.data["not_checked"]] == ["functions"]
