"""Operations, credits and transfer, added up from executions (API reference, chapter 1.18).

What a deleted scenario used stays used: `former_usage` keeps it.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from make_api_sandbox.clock import milliseconds, parse_stamp
from make_api_sandbox.resources.enums import time_zone_name
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

DAYS = 30
DAY_MS = 86_400_000
KEPT_IN = ("executions", "former_usage")
"""Tables with `operations`, `centicredits` and `transfer` by owner and time."""

OWNERS = ("organization_id", "team_id", "scenario_id")


TOTAL = (
    "SELECT coalesce(sum(operations), 0) AS operations,"
    " coalesce(sum(centicredits), 0) AS centicredits, coalesce(sum(transfer), 0) AS transfer"
)


def consumed(world: World, owner: str, id: int, since_ms: int) -> Row:
    """What an owner used since a time.

    Args:
        world: Where.
        owner: `organization_id`, `team_id` or `scenario_id`.
        id: Its id.
        since_ms: From here on, epoch milliseconds.

    Returns:
        `operations`, `centicredits` and `transfer` (bytes).
    """
    _require_owner(owner)
    now, former = (
        world.rows(f"{TOTAL} FROM {table} WHERE {owner} = ? AND timestamp_ms >= ?", id, since_ms)[0]
        for table in KEPT_IN
    )
    return {name: now[name] + former[name] for name in now}


def period_start_ms(organization: Row) -> int:
    """When the organization's usage was last reset."""
    return milliseconds(parse_stamp(organization["last_reset"]))


def daily(world: World, owner: str, id: int, zone: tzinfo | None = None) -> list[JsonObject]:
    """Usage by day over the last 30 days; days without use are absent.

    Args:
        world: Where.
        owner: `organization_id`, `team_id` or `scenario_id`.
        id: Its id.
        zone: Whose days; UTC without it.

    Returns:
        `{date, operations, dataTransfer, centicredits}`, oldest first; `date` is `DD-MM-YYYY`, as
        live servers answer.
    """
    _require_owner(owner)
    days: dict[str, JsonObject] = {}
    since = milliseconds(_first_day(world.clock.now(), zone or UTC))
    of_each = (
        f"SELECT timestamp_ms, operations, centicredits, transfer FROM {table}"
        f" WHERE {owner} = :owner AND timestamp_ms >= :since AND operations > 0"
        for table in KEPT_IN
    )
    sql = " UNION ALL ".join(of_each) + " ORDER BY timestamp_ms"
    rows = world.rows_by_name(sql, {"owner": id, "since": since})
    for row in rows:
        _add(days, row, zone or UTC)
    return list(days.values())


def _first_day(now: datetime, zone: tzinfo) -> datetime:
    local = now.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=DAYS - 1)


def _add(days: dict[str, JsonObject], row: Row, zone: tzinfo) -> None:
    day = datetime.fromtimestamp(row["timestamp_ms"] / 1000, zone).strftime("%d-%m-%Y")
    empty = {"date": day, "operations": 0, "dataTransfer": 0, "centicredits": 0}
    entry = days.setdefault(day, empty)
    entry["operations"] += row["operations"]
    entry["dataTransfer"] += row["transfer"] or 0
    entry["centicredits"] += row["centicredits"] or 0


def organization_zone(organization: Row) -> tzinfo | None:
    """The organization's time zone, None when the machine does not know it."""
    name = time_zone_name(organization["timezone_id"])
    try:
        return ZoneInfo(name) if name else None
    except ZoneInfoNotFoundError:
        return None


def _require_owner(owner: str) -> None:
    if owner not in OWNERS:
        raise ValueError(f"usage is kept by {', '.join(OWNERS)}, not by {owner}")
