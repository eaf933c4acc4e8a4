"""Systems behind on-premise agents, and connections through them."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio
SAP = {"ashost": "erp.example.com", "sysnr": "00", "client": "100"}
ORGANIZATION: dict[str, Any] = {"organizationId": 1}


async def agent(studio: "Studio", status: str = "ACTIVE") -> str:
    studio.license(onPremAgent=True)
    made = await studio.post("/agent/register", {"name": "Bridge"}, **ORGANIZATION)
    studio.world.update("on_prem_agents", made["agent"]["id"], status=status)
    return made["agent"]["id"]


async def system(studio: "Studio", agent_id: str, name: str = "ERP") -> dict[str, Any]:
    body = {"name": name, "agentId": agent_id, "appName": "sap-agent", "inputs": SAP}
    return (await studio.post("/connected-systems", body, **ORGANIZATION))["connectedSystem"]


async def connection(studio: "Studio", system_id: str) -> dict[str, Any]:
    body = {
        "accountName": "ERP",
        "accountType": "make",
        "apiKey": "k",
        "url": "https://example.com",
        "connectedSystemId": system_id,
    }
    return (await studio.post("/connections", body, teamId=1))["connection"]


async def test_inputs_are_written_as_an_object_and_read_as_a_list(studio: "Studio") -> None:
    bridge = await agent(studio)
    made = await system(studio, bridge)
    assert made == {
        "id": made["id"],
        "name": "ERP",
        "agentId": bridge,
        "appName": "sap-agent",
        "inputs": [{"name": name, "value": value} for name, value in SAP.items()],
    }
    path = f"/connected-systems/{made['id']}"
    assert (await studio.get(path, **ORGANIZATION)) == {"connectedSystem": made}
    one = (await studio.get(f"/agents/{bridge}", **ORGANIZATION))["agent"]
    assert one["systemConnectionsCount"] == 1


async def test_a_list_can_be_of_one_agent_only(studio: "Studio") -> None:
    first, second = await agent(studio), await agent(studio)
    mine, other = await system(studio, first, "Mine"), await system(studio, second, "Other")
    every = await studio.get("/connected-systems", **ORGANIZATION)
    assert every == {"connectedSystems": [mine, other]}
    some = await studio.get("/connected-systems", **ORGANIZATION, agentId=second)
    assert some == {"connectedSystems": [other]}


async def test_a_change_answers_without_inputs_and_replaces_them(studio: "Studio") -> None:
    bridge = await agent(studio)
    path = f"/connected-systems/{(await system(studio, bridge))['id']}"
    body = {"name": "Test ERP", "inputs": {**SAP, "client": "200"}}
    changed = (await studio.call("PATCH", path, body, **ORGANIZATION)).json()["connectedSystem"]
    assert changed == {
        "id": path.rpartition("/")[2],
        "name": "Test ERP",
        "agentId": bridge,
        "appName": "sap-agent",
    }
    shown = (await studio.get(path, **ORGANIZATION))["connectedSystem"]
    assert shown["inputs"][2] == {"name": "client", "value": "200"}
    misfit = await studio.call("PATCH", path, {"appName": "http"}, **ORGANIZATION)
    assert misfit.status_code == 400


async def test_every_wrong_input_is_named(studio: "Studio") -> None:
    inputs = {"ashost": "erp", "sysnr": "", "port": 1}
    body = {"name": "E", "agentId": await agent(studio), "appName": "sap-agent", "inputs": inputs}
    answer = await studio.call("POST", "/connected-systems", body, **ORGANIZATION)
    names = [one["name"] for one in answer.json()["suberrors"]]
    assert (answer.status_code, names) == (400, ["inputs.sysnr", "inputs.client", "inputs.port"])
    for wrong in ({"appName": "slack"}, {"agentId": "0f7d5c5e-3d0b-4a51-9a53-3c1f4c2d8f10"}):
        refused = await studio.call(
            "POST", "/connected-systems", body | {"inputs": SAP} | wrong, **ORGANIZATION
        )
        assert refused.status_code == 400


async def test_an_unknown_or_foreign_system_is_a_400(studio: "Studio") -> None:
    made = await system(studio, await agent(studio))
    studio.world.execute("UPDATE on_prem_agents SET organization_id = 2")
    for id in (made["id"], "12"):
        answer = await studio.call("GET", f"/connected-systems/{id}", **ORGANIZATION)
        assert (answer.status_code, answer.json()["code"]) == (400, "SC400")
    assert (await studio.get("/connected-systems", **ORGANIZATION)) == {"connectedSystems": []}


async def test_systems_need_the_licence_the_scope_and_a_role(studio: "Studio") -> None:
    answer = await studio.call("GET", "/connected-systems", **ORGANIZATION)
    assert (answer.status_code, answer.json()["code"]) == (402, "SC402")
    path = f"/connected-systems/{(await system(studio, await agent(studio)))['id']}"
    mia = studio.join("Mia", role=13)
    for token in (studio.token("agents:read"), studio.token("agents:write", user=mia)):
        denied = await studio.call("DELETE", path, **ORGANIZATION, token=token)
        assert denied.status_code == 403


async def test_a_connection_works_while_the_agent_of_its_system_does(studio: "Studio") -> None:
    bridge = await agent(studio, "STOPPED")
    through = await connection(studio, (await system(studio, bridge))["id"])
    shown = (await studio.get(f"/connections/{through['id']}"))["connection"]
    listed = (await studio.get("/agents", **ORGANIZATION))["agents"]
    assert (shown["connectedSystemId"], listed[0]["id"]) == (through["connectedSystemId"], bridge)
    path = f"/connections/{through['id']}/test"
    fault = await studio.call("POST", path)
    assert (fault.status_code, fault.json()["message"]) == (
        424,
        "The on-prem agent 'Bridge' is not connected.",
    )
    studio.world.update("on_prem_agents", bridge, status="ACTIVE")
    assert (await studio.post(path))["verified"] is True


@pytest.mark.parametrize("removed", ["system", "agent"])
async def test_a_connection_breaks_when_its_system_goes(studio: "Studio", removed: str) -> None:
    bridge = await agent(studio)
    behind = (await system(studio, bridge))["id"]
    through = (await connection(studio, behind))["id"]
    path = f"/connected-systems/{behind}" if removed == "system" else f"/agents/{bridge}"
    gone = await studio.call("DELETE", path, **ORGANIZATION)
    key = "connectedSystem" if removed == "system" else "agent"
    assert gone.json() == {key: path.rpartition("/")[2]}
    assert (await studio.get("/connected-systems", **ORGANIZATION)) == {"connectedSystems": []}
    shown = (await studio.get(f"/connections/{through}"))["connection"]
    assert shown["connectedSystemId"] is None
    assert (await studio.call("POST", f"/connections/{through}/test")).status_code == 424


async def test_a_connection_cannot_name_a_system_of_another_organization(
    studio: "Studio",
) -> None:
    made = await system(studio, await agent(studio))
    studio.world.execute("UPDATE on_prem_agents SET organization_id = 2")
    body = {"accountName": "E", "accountType": "slack", "connectedSystemId": made["id"]}
    answer = await studio.call("POST", "/connections", body, teamId=1)
    assert answer.status_code == 400
    assert (await studio.get("/connections", teamId=1))["connections"] == []


async def test_a_run_through_a_silent_agent_fails_with_a_connection_error(studio: "Studio") -> None:
    bridge = await agent(studio)
    made = await connection(studio, (await system(studio, bridge))["id"])
    module = {"module": "acme:read", "parameters": {"__IMTCONN__": made["id"]}, "mapper": {}}
    first = {"module": "util:ComposeTransformer", "parameters": {}, "mapper": {"value": "x"}}
    ident = studio.scenario("Through the bridge", first, module)
    path = f"/scenarios/{ident}/run"
    assert (await studio.post(path, {"responsive": True}))["status"] == 1
    studio.world.update("on_prem_agents", bridge, status="NOT_RESPONDING")
    answer = await studio.post(path, {"responsive": True})
    assert answer["error"]["name"] == "ConnectionError"
