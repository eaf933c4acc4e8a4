"""Mobile devices and their queues."""

from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.resources.device_queues import INCOMING, OUTGOING, enqueue
from make_api_sandbox.resources.devices import pair

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio
PHONE = {
    "os": "iOS",
    "brand": "Apple",
    "model": "iPhone",
    "osversion": "18.3",
    "appversion": "2.0.3",
}
HEX = "0123456789abcdef"


async def device(studio: "Studio", name: str = "Field phone", scope: str = "scan button") -> int:
    asked = await studio.post("/devices/request", {"name": name, "teamId": 1})
    return pair(studio.world, asked["createDeviceRequest"]["udid"], scope.split(), PHONE)


def using(device_id: int) -> dict[str, Any]:
    return {"module": "android:WatchScans", "parameters": {"device": device_id}}


def running(studio: "Studio", scenario: int) -> None:
    studio.world.insert(
        "executions",
        imt_id="1_a",
        id="a" * 32,
        scenario_id=scenario,
        team_id=1,
        organization_id=1,
        type="auto",
        state="RUNNING",
        timestamp=studio.world.clock.stamp(),
        timestamp_ms=studio.world.clock.milliseconds(),
    )


# Devices


async def test_a_requested_device_is_there_once_it_was_paired(studio: "Studio") -> None:
    body = {"name": "Field phone", "teamId": 1}
    asked = await studio.post("/devices/request", body, inspector=1)
    udid = asked["createDeviceRequest"]["udid"]
    assert asked == {"createDeviceRequest": {"udid": udid, "inspector": True}}
    assert len(udid) == 32
    assert (await studio.get("/devices", teamId=1)) == {"devices": []}
    assert (await studio.call("GET", f"/devices/{udid}")).status_code == 404
    one = pair(studio.world, udid, ["scan"], PHONE)
    shown = {
        "id": one,
        "name": "Field phone",
        "teamId": 1,
        "udid": udid,
        "scope": ["scan"],
        "info": PHONE,
        "gone": False,
        "queueCount": 0,
        "queueLimit": 667,
        "scenarioId": [],
    }
    assert await studio.get("/devices", teamId=1) == {"devices": [shown]}
    for name in (one, udid):
        assert await studio.get(f"/devices/{name}", inspector=0) == {"device": shown}
    with pytest.raises(LookupError):
        pair(studio.world, udid, ["scan"], PHONE)


async def test_devices_are_listed_by_use_and_by_what_they_can_do(studio: "Studio") -> None:
    first = await device(studio, "A", "scan")
    second = await device(studio, "B", "scan button")
    mine = studio.scenario("Scans", using(first))
    other = studio.scenario("Else")

    async def names(**query: Any) -> list[str]:
        found = await studio.get("/devices", params={"teamId": 1, "cols[]": "name"} | query)
        return [one["name"] for one in found["devices"]]

    assert await names() == ["A", "B"]
    assert await names(assigned="true") == ["A"]
    assert await names(assigned="false") == ["B"]
    assert await names(viewForScenarioId=other) == ["B"]
    assert await names(viewForScenarioId=mine) == ["A", "B"]
    assert await names(**{"scope[]": ["scan", "button"]}) == ["B"]
    used = (await studio.get(f"/devices/{first}"))["device"]
    free = (await studio.get(f"/devices/{second}"))["device"]
    assert (used["scenarioId"], free["scenarioId"]) == ([mine], [])


async def test_a_scenario_shows_the_devices_it_uses(studio: "Studio") -> None:
    one, other = await device(studio, "A"), await device(studio, "B")
    field = {"name": "phone", "type": "device:scan"}
    typed = {
        "module": "android:WatchScans",
        "parameters": {"phone": other},
        "metadata": {"parameters": [field]},
    }
    scenario = studio.scenario("Scans", using(one), typed, using(999))
    shown = [{"id": one, "scope": None}, {"id": other, "scope": "scan"}]
    assert (await studio.get(f"/scenarios/{scenario}"))["scenario"]["devices"] == shown
    plain = studio.scenario("Plain")
    listed = (await studio.get("/scenarios", teamId=1))["scenarios"]
    assert {each["id"]: each["devices"] for each in listed} == {scenario: shown, plain: []}
    await studio.call("DELETE", f"/devices/{one}", confirmed="true")
    assert (await studio.get(f"/scenarios/{scenario}"))["scenario"]["devices"] == shown[1:]


async def test_a_device_is_renamed(studio: "Studio") -> None:
    path = f"/devices/{await device(studio)}"
    answer = await studio.call("PATCH", path, {"name": "Dock phone"}, params={"cols[]": "name"})
    assert answer.json() == {"device": {"name": "Dock phone"}}
    assert (await studio.get(path))["device"]["name"] == "Dock phone"
    assert (await studio.call("PATCH", path, {"name": "x" * 129})).status_code == 400
    assert (await studio.call("GET", path, params={"cols[]": "colour"})).status_code == 400


async def test_deleting_a_device_in_use_asks_and_breaks_the_scenario(studio: "Studio") -> None:
    one = await device(studio)
    scenario = studio.scenario("Scans", using(one))
    refused = await studio.call("DELETE", f"/devices/{one}")
    assert (refused.status_code, refused.json()["code"]) == (406, "IM004")
    data = refused.json()["metadata"][0]["data"]
    assert data == [{"scenarioId": scenario, "scenarioName": "Scans"}]
    gone = await studio.call("DELETE", f"/devices/{one}", confirmed="true")
    assert gone.json() == {"device": one}
    row = studio.world.get("scenarios", scenario)
    assert row
    assert row["is_invalid"] is True


async def test_waiting_messages_ask_before_a_device_is_deleted(studio: "Studio") -> None:
    one = await device(studio)
    enqueue(studio.world, one, OUTGOING, "call", {"to": "+12025550101"})
    refused = await studio.call("DELETE", f"/devices/{one}")
    assert (refused.status_code, refused.json()["code"]) == (400, "IM405")
    assert (await studio.call("DELETE", f"/devices/{one}", confirmed="true")).is_success
    assert studio.world.value("SELECT count(*) FROM device_messages") == 0


async def test_a_device_of_a_running_scenario_cannot_be_deleted(studio: "Studio") -> None:
    one = await device(studio)
    running(studio, studio.scenario("Scans", using(one)))
    refused = await studio.call("DELETE", f"/devices/{one}", confirmed="true")
    assert (refused.status_code, refused.json()["code"]) == (400, "IM005")
    assert (await studio.get(f"/devices/{one}"))["device"]["id"] == one


async def test_a_foreign_device_is_hidden_and_roles_and_scopes_count(studio: "Studio") -> None:
    one = await device(studio)
    stranger = studio.token("*", user=2)
    watcher = studio.token("*", user=studio.join("Tom", role=13, team_role=4))
    reader = studio.token("devices:read")
    for path in (f"/devices/{one}", f"/devices/{one}/incomings", "/devices/999"):
        assert (await studio.call("GET", path, token=stranger)).status_code == 404
    for token in (watcher, reader):
        assert (await studio.call("GET", f"/devices/{one}", token=token)).is_success
        body = {"name": "Mine"}
        assert (await studio.call("PATCH", f"/devices/{one}", body, token=token)).status_code == 403


# Queues


@pytest.mark.parametrize("direction", [INCOMING, OUTGOING])
async def test_a_queue_is_listed_read_and_emptied(studio: "Studio", direction: str) -> None:
    one = await device(studio)
    path = f"/devices/{one}/{direction}s"
    first = enqueue(studio.world, one, direction, "call", {"from": "+12025550101"})
    await studio.control("POST", "/clock", {"advance": 60})
    second = enqueue(studio.world, one, direction, "scan", {"code": "é"})
    assert set(first) <= set(HEX)
    assert len(first) == 32
    page = {"sortBy": "created", "limit": 10000, "sortDir": "asc", "offset": 0}
    early, late = "2026-03-04T08:30:15.000Z", "2026-03-04T08:31:15.000Z"
    call = {"id": first, "scope": "call", "size": 23, "created": early}
    scan = {"id": second, "scope": "scan", "size": 13, "created": late}
    listed = await studio.get(path)
    assert listed == {f"{direction}s": [call, scan], "pg": {**page, "returnTotalCount": False}}
    of_scope = await studio.get(path, scope="scan")
    assert of_scope[f"{direction}s"] == [scan]
    latest = await studio.get(path, params={"pg[sortDir]": "desc", "pg[limit]": 1})
    assert latest[f"{direction}s"] == [scan]
    assert await studio.get(f"{path}/{second}") == {**scan, "data": {"code": "é"}}
    other = OUTGOING if direction == INCOMING else INCOMING
    assert (await studio.call("GET", f"/devices/{one}/{other}s/{first}")).status_code == 404
    gone = await studio.call("DELETE", path, {"ids": [first, "f" * 32]})
    assert gone.json() == {f"{direction}s": [first]}
    assert (await studio.get(path))[f"{direction}s"] == [scan]


async def test_only_incomings_count_as_the_queue(studio: "Studio") -> None:
    one = await device(studio)
    enqueue(studio.world, one, INCOMING, "call", {})
    enqueue(studio.world, one, INCOMING, "scan", {})
    enqueue(studio.world, one, OUTGOING, "scan", {})
    path = f"/devices/{one}/incomings/stats"
    stat = {"queue": 2, "limit": 667, "enabled": True}
    assert await studio.get(path) == {"incomingStat": stat}
    assert (await studio.get(path, scope="scan"))["incomingStat"]["queue"] == 1
    assert (await studio.get(f"/devices/{one}"))["device"]["queueCount"] == 2


async def test_deleting_all_asks_and_spares_what_is_named_or_in_process(studio: "Studio") -> None:
    one = await device(studio)
    ids = [enqueue(studio.world, one, INCOMING, "scan", {"n": n}) for n in range(3)]
    studio.world.update("device_messages", ids[1], processing=True)
    path, body = f"/devices/{one}/incomings", {"all": True, "exceptIds": ids[:1]}
    refused = await studio.call("DELETE", path, body)
    assert (refused.status_code, refused.json()["code"]) == (406, "IM004")
    done = await studio.call("DELETE", path, body, confirmed="true")
    text = "Some of the incoming messages could not be deleted because they are being processed"
    error = {"name": "APIError", "message": f"{text} right now."}
    assert (done.status_code, done.json()) == (200, {"incomings": ids[2:], "error": error})
    assert [each["id"] for each in (await studio.get(path))["incomings"]] == ids[:2]
    assert (await studio.call("DELETE", path, {})).status_code == 400
