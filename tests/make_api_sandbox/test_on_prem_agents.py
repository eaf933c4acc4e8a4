"""On-premise agents and the settings of their apps."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio
UNKNOWN = "0f7d5c5e-3d0b-4a51-9a53-3c1f4c2d8f10"


async def register(studio: "Studio", name: str = "Cellar bridge") -> dict[str, Any]:
    studio.license(onPremAgent=True)
    return (await studio.post("/agent/register", {"name": name}, organizationId=1))["agent"]


async def test_an_agent_shows_its_secret_only_when_it_is_registered(studio: "Studio") -> None:
    made = await register(studio)
    secret = made.pop("clientSecret")
    assert made == {
        "id": made["id"],
        "tenantId": "tenant-1",
        "name": "Cellar bridge",
        "status": "REGISTERED",
        "alerted": False,
        "connected": False,
        "createdDate": "2026-03-04T08:30:15.000Z",
    }
    shown = {**made, "systemConnectionsCount": 0}
    one = await studio.call("GET", f"/agents/{made['id']}", organizationId=1)
    every = await studio.call("GET", "/agents", organizationId=1)
    assert (one.json(), every.json()) == ({"agent": shown}, {"agents": [shown]})
    assert secret not in one.text + every.text


async def test_an_agent_that_runs_is_connected_and_one_that_is_silent_alerts(
    studio: "Studio",
) -> None:
    made = await register(studio)
    seen = "2026-03-04T08:00:00.000Z"
    studio.world.update(
        "on_prem_agents", made["id"], status="ACTIVE", version="1.2.3", last_connection=seen
    )
    agent = (await studio.get(f"/agents/{made['id']}", organizationId=1))["agent"]
    assert (agent["connected"], agent["alerted"]) == (True, False)
    assert (agent["version"], agent["lastConnectionDate"]) == ("1.2.3", seen)
    studio.world.update("on_prem_agents", made["id"], status="NOT_RESPONDING")
    agent = (await studio.get(f"/agents/{made['id']}", organizationId=1))["agent"]
    assert (agent["connected"], agent["alerted"]) == (False, True)


async def test_an_agent_is_renamed_and_deleted(studio: "Studio") -> None:
    path = f"/agents/{(await register(studio))['id']}"
    renamed = await studio.call("PATCH", path, {"name": "Attic bridge"}, organizationId=1)
    assert renamed.json()["agent"]["name"] == "Attic bridge"
    gone = await studio.call("DELETE", path, organizationId=1)
    assert gone.json() == {"agent": path.rpartition("/")[2]}
    assert (await studio.get("/agents", organizationId=1))["agents"] == []


async def test_the_older_way_takes_an_id_of_ones_own_choice_once(studio: "Studio") -> None:
    studio.license(onPremAgent=True)
    made = await studio.post(f"/agents/{UNKNOWN}", {"name": "Old"}, organizationId=1)
    assert (made["agent"]["id"], made["agent"]["status"]) == (UNKNOWN, "REGISTERED")
    again = await studio.call("POST", f"/agents/{UNKNOWN}", {"name": "Old"}, organizationId=1)
    assert (again.status_code, again.json()["code"]) == (400, "IM005")
    for body, path in (({}, UNKNOWN[:-1] + "1"), ({"name": "Odd"}, "no-uuid")):
        refused = await studio.call("POST", f"/agents/{path}", body, organizationId=1)
        assert (refused.status_code, refused.json()["code"]) == (400, "SC400")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_unknown_or_foreign_agent_is_a_400(studio: "Studio", method: str) -> None:
    studio.license(onPremAgent=True)
    studio.world.insert(
        "on_prem_agents",
        id=UNKNOWN,
        organization_id=2,
        name="Theirs",
        status="ACTIVE",
        created=studio.world.clock.stamp(),
    )
    for agent in (UNKNOWN, UNKNOWN.replace("0", "1"), "17"):
        body = {"name": "Mine"} if method == "PATCH" else None
        answer = await studio.call(method, f"/agents/{agent}", body, organizationId=1)
        assert (answer.status_code, answer.json()["code"]) == (400, "SC400")
    assert (await studio.call("GET", "/agents", organizationId=2)).status_code == 403


async def test_agents_need_the_organization_the_licence_and_the_scope(studio: "Studio") -> None:
    refused = await studio.call("GET", "/agents", organizationId=1)
    assert (refused.status_code, refused.json()["code"]) == (402, "SC402")
    await register(studio)
    absent = await studio.call("GET", "/agents")
    assert (absent.status_code, absent.json()["suberrors"][0]["name"]) == (400, "organizationId")
    reader = studio.token("agents:read")
    query: dict[str, Any] = {"organizationId": 1, "token": reader}
    assert (await studio.call("GET", "/agents", **query)).is_success
    denied = await studio.call("POST", "/agent/register", {"name": "No"}, **query)
    assert denied.status_code == 403


async def test_a_member_looks_at_agents_and_does_not_register_them(studio: "Studio") -> None:
    await register(studio)
    mia = studio.join("Mia", role=13)
    query: dict[str, Any] = {
        "organizationId": 1,
        "token": studio.token("agents:read", "agents:write", user=mia),
    }
    assert len((await studio.get("/agents", **query))["agents"]) == 1
    denied = await studio.call("POST", "/agent/register", {"name": "No"}, **query)
    assert (denied.status_code, denied.json()["code"]) == (403, "SC403")


async def test_an_app_tells_what_it_asks_of_a_system(studio: "Studio") -> None:
    path = f"/agents/{(await register(studio))['id']}/apps"
    config = await studio.get(f"{path}/sap-agent/config", organizationId=1)
    (inputs,) = config["inputs"]
    assert (inputs["name"], inputs["label"], inputs["type"]) == ("inputs", "Inputs", "collection")
    assert [one["name"] for one in inputs["spec"]] == ["ashost", "sysnr", "client"]
    assert inputs["spec"][2]["help"] == "SAP client number"
    assert all(one["required"] for one in inputs["spec"])
    assert (await studio.get(f"{path}/http/config", organizationId=1))["inputs"][0]["spec"]
    unknown = await studio.call("GET", f"{path}/slack/config", organizationId=1)
    assert unknown.status_code == 400
