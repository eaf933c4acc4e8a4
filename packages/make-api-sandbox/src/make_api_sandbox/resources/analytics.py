"""Analytics: how the scenarios of an organization fare (API reference, chapter 2.8).

Counted from the executions themselves: runs and retries of incomplete executions that have ended,
errors among them, operations and credits. A change compares with the time of the same length just
before, in percent; it is left out where there was nothing to compare with. `imtId` begins with the
time the scenario was made, since what Make puts there is not documented.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from make_api_sandbox.clock import milliseconds, parse_stamp
from make_api_sandbox.http.access import organization_role
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.errors import invalid_parameters, permission_denied
from make_api_sandbox.http.paging import Page, Paging
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.roles import OWNER
from make_api_sandbox.shapes import JsonObject, Row

YEAR = timedelta(days=365)
STATUSES = ("active", "inactive", "invalid")
CHANGES = ("executions", "operations", "centicredits", "errors", "errorRate")
SORTED = (
    "operations",
    "name",
    "teamName",
    "status",
    "executions",
    "errors",
    "errorRate",
    "executionsChange",
    "operationsChange",
    "errorsChange",
    "errorRateChange",
)
PAGING = Paging({name: name for name in SORTED}, limit=100, keyset="imtId")
"""The size of a page is not documented; the example shows 100."""

NOTHING: Mapping[str, int] = {"executions": 0, "operations": 0, "centicredits": 0, "errors": 0}


@dataclass(frozen=True)
class Span:
    """From a moment up to another, epoch milliseconds; the second is not in it."""

    begins: int
    ends: int

    @property
    def before(self) -> "Span":
        """The time of the same length just before."""
        return Span(2 * self.begins - self.ends, self.begins)


def _owned(call: Call) -> None:
    path_organization(call)
    role = organization_role(call.world, call.user_id, call.organization_id or 0)
    if role is None or role["id"] != OWNER:
        raise permission_denied()


@route(
    "GET",
    "/analytics/{organizationId}",
    scope="analytics:read",
    context=_owned,
    licence=LicenceGate("analyticsAccess", permission_denied),
)
def get_analytics(call: Call) -> JsonObject:
    """What scenarios did in a time, and in all; for the owner of an Enterprise organization."""
    query = dict(call.request.query_params)
    counted = query.pop("pg[returnTotalCount]", None) == "true"
    page, span = PAGING.read(query), _span(call)
    now, before = _counts(call, span), _counts(call, span.before)
    scenarios = _scenarios(call)
    shown = [
        {**_about(row), **_metrics(now.get(row["id"], NOTHING), before.get(row["id"], NOTHING))}
        for row in scenarios
    ]
    ids = [row["id"] for row in scenarios]
    total = {"returnTotalCount": True, "totalCount": len(shown)} if counted else {}
    return {
        "total": _metrics(_sum(now, ids), _sum(before, ids)),
        "analytics": _cut(_sorted(shown, page), page),
        "pg": {**page.echo(), **total},
    }


# What is asked


def _span(call: Call) -> Span:
    now = call.now()
    ends = _moment(call, "dateTo") or now
    begins = _moment(call, "dateFrom") or now - YEAR
    faults: list[tuple[str, str]] = []
    if begins < now - YEAR:
        faults.append(("timeframe[dateFrom]", "'dateFrom' should not be older than a year."))
    if ends <= begins:
        faults.append(("timeframe[dateTo]", "'dateTo' should be later than 'dateFrom'."))
    if faults:
        raise invalid_parameters(faults)
    return Span(milliseconds(begins), milliseconds(ends))


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query(f"timeframe[{name}]")
    try:
        return parse_stamp(text) if text else None
    except ValueError:
        fault = f"timeframe[{name}]", f"'{name}' should match format date-time."
        raise invalid_parameters([fault]) from None


def _scenarios(call: Call) -> list[Row]:
    """The scenarios asked for, with their team's name and their status."""
    rows = call.world.rows(
        "SELECT s.id, s.name, s.team_id, s.folder_id, s.created, t.name AS team_name,"
        " CASE WHEN s.is_invalid THEN 'invalid' WHEN s.is_active THEN 'active'"
        " ELSE 'inactive' END AS status FROM scenarios s JOIN teams t ON t.id = s.team_id"
        " WHERE t.organization_id = ? ORDER BY s.id",
        call.organization_id,
    )
    teams, folders = _numbers(call, "teamId"), _numbers(call, "folderId")
    statuses = call.query_list("status")
    strangers = [one for one in statuses if one not in STATUSES]
    if strangers:
        listed = ", ".join(STATUSES)
        raise invalid_parameters([("status", f"'status' should be one of: {listed}.")])
    return [
        row
        for row in rows
        if (not teams or row["team_id"] in teams)
        and (not folders or row["folder_id"] in folders)
        and (not statuses or row["status"] in statuses)
    ]


def _numbers(call: Call, name: str) -> list[int]:
    texts = call.query_list(name)
    if not all(text.isascii() and text.isdigit() for text in texts):
        raise invalid_parameters([(name, f"Parameter '{name}' should be a positive integer.")])
    return [int(text) for text in texts]


# Counting


def _counts(call: Call, span: Span) -> dict[int, Row]:
    rows = call.world.rows(
        "SELECT scenario_id, count(*) AS executions,"
        " coalesce(sum(operations), 0) AS operations,"
        " coalesce(sum(centicredits), 0) AS centicredits, sum(status = 3) AS errors"
        " FROM executions WHERE organization_id = ? AND timestamp_ms >= ? AND timestamp_ms < ?"
        " AND status IN (1, 2, 3) GROUP BY scenario_id",
        call.organization_id,
        span.begins,
        span.ends,
    )
    return {row["scenario_id"]: row for row in rows}


def _sum(counts: Mapping[int, Mapping[str, int]], ids: Sequence[int]) -> dict[str, int]:
    return {name: sum(counts.get(id, NOTHING)[name] for id in ids) for name in NOTHING}


def _metrics(now: Mapping[str, int], before: Mapping[str, int]) -> JsonObject:
    shown, former = _values(now), _values(before)
    changes = {
        f"{name}Change": _percent(shown[name] - former[name], former[name])
        for name in CHANGES
        if former[name]
    }
    return {**shown, "centicredits": str(now["centicredits"]), **changes}


def _values(counts: Mapping[str, int]) -> dict[str, float]:
    names = ("executions", "operations", "centicredits", "errors")
    runs = counts["executions"]
    rate = _percent(counts["errors"], runs) if runs else 0
    return {**{name: counts[name] for name in names}, "errorRate": rate}


def _percent(part: float, whole: float) -> float:
    """A share in percent to two places; whole numbers stay whole."""
    share = round(100 * part / whole, 2)
    return int(share) if share == int(share) else share


# Showing


def _about(row: Row) -> JsonObject:
    return {
        "imtId": f"{milliseconds(parse_stamp(row['created']))}_{row['id']}",
        "id": row["id"],
        "name": row["name"],
        "status": row["status"],
        "teamId": row["team_id"],
        "teamName": row["team_name"],
    }


def _sorted(items: list[JsonObject], page: Page) -> list[JsonObject]:
    """In the order asked for; a change that is not known counts as the smallest."""
    text = page.sort_by in ("name", "teamName", "status")
    absent = "" if text else float("-inf")

    def key(item: JsonObject) -> tuple[str | float, int]:
        value = item.get(page.sort_by, absent)
        return (str(value).casefold() if text else value), item["id"]

    return sorted(items, key=key, reverse=page.direction == "desc")


def _cut(items: list[JsonObject], page: Page) -> list[JsonObject]:
    """The page; it begins behind the entry of `pg[last]` when that is given and known."""
    if not page.last:
        return page.cut(items)
    ids = [item["imtId"] for item in items]
    start = ids.index(page.last) + (not page.show_last) if page.last in ids else len(ids)
    return items[start : start + page.limit]
