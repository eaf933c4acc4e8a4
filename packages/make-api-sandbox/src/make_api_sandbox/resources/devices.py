"""Mobile devices that start scenarios or are reached by them (API reference, chapter 2.15).

Devices join a team from the mobile app, which is outside the API: a request makes the name that
the app pairs with, and the device is there once somebody paired it (`pair` in this module). Not
documented, and chosen: `scope[]` asks for devices with every scope named; a device assigned to
scenarios is hidden from `viewForScenarioId` of another.
"""

from typing import cast

from make_api_sandbox.http.access import is_team_visible
from make_api_sandbox.http.body import identifier, members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_team, enter_team, query_team
from make_api_sandbox.http.errors import not_found, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.presentation import marks
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usages import affected, invalidate, scenarios_by_use
from make_api_sandbox.world import World

DEVICE = Columns(
    (
        "id",
        "name",
        "teamId",
        "udid",
        "scope",
        "info",
        "gone",
        "queueCount",
        "queueLimit",
        "scenarioId",
    )
)
Used = dict[int, list[JsonObject]]


def one_device(call: Call) -> None:
    """The device in the path, by id or by udid; `call.entity` is its row."""
    named = call.path("deviceId")
    column = "id" if named.isascii() and named.isdigit() and len(named) < 16 else "udid"
    row = call.world.row(f"SELECT * FROM devices WHERE {column} = ?", named)
    team = call.world.get("teams", row["team_id"]) if row else None
    if row is None or team is None or not is_team_visible(call.world, call.user_id, team):
        raise not_found("Device")
    enter_team(call, team["id"])
    call.entity = row


@route("GET", "/devices", scope="devices:read", context=query_team)
def list_devices(call: Call) -> JsonObject:
    """The devices of a team by name; this list has no pages."""
    rows = call.world.rows(
        "SELECT * FROM devices WHERE team_id = ? ORDER BY name COLLATE NOCASE, id", call.team_id
    )
    used = scenarios_by_use(call.world, call.team_id or 0, "device")
    shown = [present(call, row, used) for row in rows]
    return {"devices": DEVICE.pick_all([one for one in shown if _is_wanted(call, one)], call.cols)}


def _is_wanted(call: Call, device: JsonObject) -> bool:
    scenarios, scope = cast("list[int]", device["scenarioId"]), set(call.query_list("scope"))
    if not scope <= set(cast("list[str]", device["scope"])):
        return False
    viewed, assigned = call.query_id("viewForScenarioId"), call.query_flag("assigned")
    if viewed is not None:
        return not scenarios or viewed in scenarios
    return assigned is None or assigned == bool(scenarios)


@route(
    "POST",
    "/devices/request",
    scope="devices:write",
    context=body_team,
    body=members(name=name_text(), teamId=identifier()),
)
def request_device(call: Call) -> JsonObject:
    """Ask for a device to be paired; it is listed once the mobile app has done so."""
    inspector = call.query_flag("inspector") is True
    udid = call.world.fresh_udid()
    call.world.insert(
        "device_requests",
        udid=udid,
        team_id=call.team_id,
        name=call.body["name"],
        created=call.clock.stamp(),
    )
    return {"createDeviceRequest": {"udid": udid, "inspector": inspector}}


@route("GET", "/devices/{deviceId}", scope="devices:read", context=one_device)
def get_device(call: Call) -> JsonObject:
    """One device; `inspector` changes nothing."""
    call.query_flag("inspector")
    return {"device": _shown(call)}


@route(
    "PATCH",
    "/devices/{deviceId}",
    scope="devices:write",
    context=one_device,
    body=members(name=name_text().optional()),
)
def rename_device(call: Call) -> JsonObject:
    """Rename a device."""
    call.world.update("devices", call.entity["id"], **call.body)
    call.entity |= call.body
    return {"device": _shown(call)}


@route("DELETE", "/devices/{deviceId}", scope="devices:write", context=one_device)
def delete_device(call: Call) -> JsonObject:
    """Remove a device with its messages; scenarios that use it are left invalid.

    Raises:
        ApiError: 400 `IM005` while a scenario that uses it runs; unless confirmed, 406 `IM004`
            when scenarios use it and 400 `IM405` when messages wait.
    """
    users = _users(call)
    if _is_running(call.world, [one["id"] for one in users]):
        raise refused("The device is locked by a running scenario.")
    if users:
        call.confirm("deleteDeviceUsedInScenarios", affected(users))
    if not call.confirmed and _waiting(call.world, call.entity["id"], None):
        raise refused("The queue of the device holds messages.", "IM405")
    call.world.delete("devices", call.entity["id"])
    invalidate(call.world, users)
    return {"device": call.entity["id"]}


def _users(call: Call) -> list[JsonObject]:
    used = scenarios_by_use(call.world, call.team_id or 0, "device")
    return used.get(call.entity["id"], [])


def _is_running(world: World, scenarios: list[int]) -> bool:
    sql = "SELECT 1 FROM executions WHERE state = 'RUNNING' AND scenario_id IN"
    return world.value(f"{sql} ({marks(scenarios)}) LIMIT 1", *scenarios) is not None


def _waiting(world: World, device_id: int, direction: str | None) -> int:
    """How many messages wait in a queue of a device, in both without a direction."""
    return world.value(
        "SELECT count(*) FROM device_messages WHERE device_id = ? AND (? IS NULL OR direction = ?)",
        device_id,
        direction,
        direction,
    )


def _shown(call: Call) -> JsonObject:
    users = {call.entity["id"]: _users(call)}
    return DEVICE.pick(present(call, call.entity, users), call.cols)


def present(call: Call, row: Row, used: Used) -> JsonObject:
    """A device as the API shows it; `used` gives the scenarios of every device in use."""
    return {
        "id": row["id"],
        "name": row["name"],
        "teamId": row["team_id"],
        "udid": row["udid"],
        "scope": row["scopes"],
        "info": row["info"],
        "gone": row["gone"],
        "queueCount": _waiting(call.world, row["id"], "incoming"),
        "queueLimit": call.license.get("iolimit", 0),
        "scenarioId": [one["id"] for one in used.get(row["id"], [])],
    }


def pair(world: World, udid: str, scopes: list[str], info: JsonObject) -> int:
    """Answer a request as the mobile app does, and return the id of the new device.

    Args:
        world: Where.
        udid: The name that the request was given.
        scopes: What the app offers, such as `scan` or `button`.
        info: `os`, `brand`, `model`, `osversion` and `appversion`.

    Raises:
        LookupError: Nobody asked for this device.
    """
    asked = world.row("SELECT * FROM device_requests WHERE udid = ?", udid)
    if asked is None:
        raise LookupError(f"no device was requested as {udid}")
    with world.write():
        world.execute("DELETE FROM device_requests WHERE udid = ?", udid)
        return world.insert(
            "devices",
            team_id=asked["team_id"],
            name=asked["name"],
            udid=udid,
            scopes=scopes,
            info=info,
        )
