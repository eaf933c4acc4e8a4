"""What devices have sent and what waits to be sent to them (API reference, chapter 2.15).

Both queues answer alike. Messages come and go with the mobile app and with running scenarios;
`enqueue` puts one in.
"""

import json

from make_api_sandbox.http.body import boolean, list_of, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, not_found
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.resources.devices import one_device
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

READ, WRITE = "devices:read", "devices:write"
INCOMINGS, OUTGOINGS = "/devices/{deviceId}/incomings", "/devices/{deviceId}/outgoings"
INCOMING, OUTGOING = "incoming", "outgoing"
PAGING = Paging({"created": "created"})
BULK = members(
    ids=list_of(text()).optional(),
    all=boolean().optional(),
    exceptIds=list_of(text()).optional(),
)
OF_SCOPE = "device_id = ? AND direction = ? AND (? IS NULL OR scope = ?)"


@route("GET", INCOMINGS, scope=READ, context=one_device)
def list_incomings(call: Call) -> JsonObject:
    """What the device has sent, the oldest first."""
    return _listed(call, INCOMING)


@route("GET", OUTGOINGS, scope=READ, context=one_device)
def list_outgoings(call: Call) -> JsonObject:
    """What waits to be sent to the device, the oldest first."""
    return _listed(call, OUTGOING)


@route("GET", f"{INCOMINGS}/stats", scope=READ, context=one_device)
def count_incomings(call: Call) -> JsonObject:
    """How full the queue is; that of a device that is gone is not enabled."""
    waiting = call.world.value(
        f"SELECT count(*) FROM device_messages WHERE {OF_SCOPE}", *_scope(call, INCOMING)
    )
    limit, enabled = call.license.get("iolimit", 0), not call.entity["gone"]
    return {"incomingStat": {"queue": waiting, "limit": limit, "enabled": enabled}}


@route("GET", f"{INCOMINGS}/{{incomingId}}", scope=READ, context=one_device)
def get_incoming(call: Call) -> JsonObject:
    """One message from the device with its data."""
    return _one(call, INCOMING, call.path("incomingId"))


@route("GET", f"{OUTGOINGS}/{{outgoingId}}", scope=READ, context=one_device)
def get_outgoing(call: Call) -> JsonObject:
    """One message to the device with its data."""
    return _one(call, OUTGOING, call.path("outgoingId"))


@route("DELETE", INCOMINGS, scope=WRITE, context=one_device, body=BULK)
def delete_incomings(call: Call) -> JsonObject:
    """Drop messages from the device."""
    return _deleted(call, INCOMING)


@route("DELETE", OUTGOINGS, scope=WRITE, context=one_device, body=BULK)
def delete_outgoings(call: Call) -> JsonObject:
    """Drop messages to the device."""
    return _deleted(call, OUTGOING)


def enqueue(
    world: World,
    device_id: int,
    direction: str,
    scope: str,
    data: JsonObject,
    *,
    created: str | None = None,
) -> str:
    """Put a message into a queue of a device and return its id.

    Args:
        world: Where.
        device_id: Whose queue.
        direction: `incoming` or `outgoing`.
        scope: What it is about, such as `call`.
        data: Its content; `size` is the number of bytes of its JSON.
        created: When it came, an API time; now without it.
    """
    message_id = world.fresh_hex()
    world.insert(
        "device_messages",
        id=message_id,
        device_id=device_id,
        direction=direction,
        scope=scope,
        size=len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()),
        created=created or world.clock.stamp(),
        data=data,
    )
    return message_id


def _scope(call: Call, direction: str) -> tuple[object, ...]:
    """The values of `OF_SCOPE`."""
    return call.entity["id"], direction, call.query("scope"), call.query("scope")


def _listed(call: Call, direction: str) -> JsonObject:
    page = call.page(PAGING)
    rows = call.world.rows(
        f"SELECT * FROM device_messages WHERE {OF_SCOPE}" + page.slice_sql(tie="seq"),
        *_scope(call, direction),
    )
    return {f"{direction}s": [_present(row) for row in rows], "pg": page.echo()}


def _one(call: Call, direction: str, message_id: str) -> JsonObject:
    row = call.world.row(
        "SELECT * FROM device_messages WHERE device_id = ? AND direction = ? AND id = ?",
        call.entity["id"],
        direction,
        message_id,
    )
    if row is None:
        raise not_found("Message")
    return _present(row) | {"data": row["data"]}


def _deleted(call: Call, direction: str) -> JsonObject:
    """Remove the chosen messages; `all` asks for confirmation, messages in process stay."""
    chosen = _chosen(call, direction)
    if call.body.get("all"):
        call.confirm(f"deleteAll{direction.capitalize()}s")
    gone = [row["id"] for row in chosen if not row["processing"]]
    for message_id in gone:
        call.world.delete("device_messages", message_id)
    if len(gone) == len(chosen):
        return {f"{direction}s": gone}
    text = f"Some of the {direction} messages could not be deleted because they are being"
    error = {"name": "APIError", "message": f"{text} processed right now."}
    return {f"{direction}s": gone, "error": error}


def _chosen(call: Call, direction: str) -> list[Row]:
    rows = call.world.rows(
        "SELECT id, processing FROM device_messages WHERE device_id = ? AND direction = ?"
        " ORDER BY seq",
        call.entity["id"],
        direction,
    )
    if call.body.get("all"):
        spared = set(call.body.get("exceptIds", []))
        return [row for row in rows if row["id"] not in spared]
    wanted = set(call.body.get("ids", []))
    if not wanted:
        raise invalid_parameters([("ids", "One of 'ids' and 'all' is needed.")])
    return [row for row in rows if row["id"] in wanted]


def _present(row: Row) -> JsonObject:
    return {name: row[name] for name in ("id", "scope", "size", "created")}
