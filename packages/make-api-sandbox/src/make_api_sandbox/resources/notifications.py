"""Notifications of the caller (API reference, chapter 2.22)."""

from make_api_sandbox.http.body import list_of, members, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import invalid_parameters, missing, not_found
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.reference_lists import ZONES
from make_api_sandbox.shapes import JsonObject, Row

PAGING = Paging({"id": "n.id"}, direction="desc")
READ, WRITE = "notifications:read", "notifications:write"
MINE = (
    " FROM notifications n JOIN organizations o ON o.id = n.organization_id"
    " WHERE n.user_id = ? AND (? IS NULL OR o.zone = ?)"
)


@route("GET", "/notifications", scope=READ)
def list_notifications(call: Call) -> JsonObject:
    """The caller's notifications, the latest first."""
    page, unread = call.page(PAGING), call.query_flag("unreadOnly") is True
    sql = f"SELECT n.*{MINE} AND (? = 0 OR n.read IS NULL){page.slice_sql(tie='n.id')}"
    rows = call.world.rows(sql, *_mine(call), unread)
    waiting = _waiting(call)
    return {
        "notifications": [_present(row) for row in rows],
        "userUnreadNotifications": sum(waiting.values()),
        "userZoneNotifications": [
            {"imtZoneId": zone, "unreadNotifications": count} for zone, count in waiting.items()
        ],
        "pg": page.echo(),
    }


@route("GET", "/notifications/{notificationId}", scope=READ)
def get_notification(call: Call) -> JsonObject:
    """One notification with its text; it stays unread."""
    id = call.path_id("notificationId")
    row = call.world.row(f"SELECT n.*{MINE} AND n.id = ?", *_mine(call), id)
    if row is None:
        raise not_found("Notification")
    return {"notification": {**_present(row), "body": row["body"]}}


@route("POST", "/notifications/mark-as-read", scope=WRITE)
def mark_as_read(call: Call) -> JsonObject:
    """Mark everything unread as read; `ids=all` is the only choice there is."""
    asked = call.query("ids")
    if asked is None:
        raise invalid_parameters([missing("ids")])
    if asked != "all":
        raise invalid_parameters([("ids", "Parameter 'ids' should be one of: all.")])
    sql = f"SELECT n.id{MINE} AND n.read IS NULL ORDER BY n.id"
    ids = [row["id"] for row in call.world.rows(sql, *_mine(call))]
    for id in ids:
        call.world.update("notifications", id, read=call.clock.stamp())
    return _ids(ids)


@route("DELETE", "/notifications", scope=WRITE, body=members(ids=list_of(text(20, 1))))
def delete_notifications(call: Call) -> JsonObject:
    """Remove notifications; those that are not the caller's are passed over."""
    own = {row["id"] for row in call.world.rows(f"SELECT n.id{MINE}", *_mine(call))}
    ids = [id for text in call.body["ids"] if text.isdigit() and (id := int(text)) in own]
    for id in ids:
        call.world.delete("notifications", id)
    return _ids(ids)


@route("GET", "/users/unread-notifications", scope="user:read")
def count_unread(call: Call) -> JsonObject:
    """How many notifications wait, in all and by zone."""
    waiting = _waiting(call)
    zones = [{"zoneId": zone, "unreadNotifications": count} for zone, count in waiting.items()]
    total = sum(waiting.values())
    return {"userUnreadNotifications": total, "userZoneUnreadNotifications": zones}


def _mine(call: Call) -> tuple[int, str | None, str | None]:
    """The values of `MINE`: the caller and the zone asked for; an unknown zone holds nothing."""
    zone_id = call.query_id("imtZoneId")
    zone = None if zone_id is None else {n: domain for n, domain, _ in ZONES}.get(zone_id, "")
    return call.user_id, zone, zone


def _waiting(call: Call) -> dict[int, int]:
    """Unread notifications by zone, for every zone in which the caller has an organization."""
    rows = call.world.rows(
        "SELECT o.zone, count(n.id) AS unread FROM user_organization_roles m"
        " JOIN organizations o ON o.id = m.organization_id"
        " LEFT JOIN notifications n ON n.organization_id = o.id AND n.user_id = m.user_id"
        " AND n.read IS NULL WHERE m.user_id = ? GROUP BY o.zone",
        call.user_id,
    )
    unread = {row["zone"]: row["unread"] for row in rows}
    return {id: unread[domain] for id, domain, _ in ZONES if domain in unread}


def _ids(ids: list[int]) -> JsonObject:
    return {"notifications": [{"id": str(id)} for id in ids]}


def _present(row: Row) -> JsonObject:
    return {
        "id": str(row["id"]),
        "subject": row["subject"],
        "read": row["read"],
        "created": row["created"],
        "type": row["type"],
    }
