"""Audit logs: who changed what (API reference, chapter 2.7).

The published document names no scope; organization logs take `organizations:read`, team logs
`teams:read`, like the resources they belong to. `version` is shown as semantic versions; what it
counts is not documented, and here it counts the entries of the target, so that a creation goes
from 1.0.0 to 1.0.1 as in the documented example. Entries older than `license.auditLogsDays` days
are no longer shown.
"""

import re
from datetime import date, timedelta

from make_api_sandbox.audit.things import events
from make_api_sandbox.clock import stamp
from make_api_sandbox.http.access import may, organization_role, require_team
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import enter_organization, path_organization, path_team
from make_api_sandbox.http.errors import invalid_parameters, not_found, plan_required
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import LicenceGate, route
from make_api_sandbox.shapes import JsonObject, Row

PAGING = Paging(
    {
        "triggeredAt": "triggered",
        "createdAt": "created",
        "eventName": "event_name",
        "organization": "organization_id",
        "team": "coalesce(team_name, '')",
        "actor": "actor_name",
        "targetId": "target_id",
    },
    direction="desc",
    limit=100,
    keyset="uuid",
)
"""The size of a page is not documented; the example shows 100."""

FEATURE = LicenceGate(
    "auditLogsDays", lambda: plan_required("Audit logs are not part of the plan.")
)
ORGANIZATION_SCOPE, TEAM_SCOPE = "organizations:read", "teams:read"
ADMINISTER, MANAGE = "organization edit", "company edit"
"""What Owners and Admins of an organization, and Team Admins, may do and others may not."""

DAY_FORM = re.compile(r"\d{4}-\d{2}-\d{2}")


@route(
    "GET",
    "/audit-logs/organization/{organizationId}",
    scope=ORGANIZATION_SCOPE,
    context=path_organization,
    permission=ADMINISTER,
    licence=FEATURE,
)
def list_of_organization(call: Call) -> JsonObject:
    """What happened in an organization, the latest first."""
    return _list(call, "organization_id = ?", call.organization_id)


@route(
    "GET",
    "/audit-logs/organization/{organizationId}/filters",
    scope=ORGANIZATION_SCOPE,
    context=path_organization,
    permission=ADMINISTER,
    licence=FEATURE,
)
def filters_of_organization(call: Call) -> JsonObject:
    """What the entries of an organization can be filtered by."""
    teams = call.world.rows(
        "SELECT id, name FROM teams WHERE organization_id = ? ORDER BY name COLLATE NOCASE, id",
        call.organization_id,
    )
    users = call.world.rows(
        "SELECT u.id, u.name, u.email FROM users u JOIN user_organization_roles m"
        " ON m.user_id = u.id WHERE m.organization_id = ? ORDER BY u.name COLLATE NOCASE, u.id",
        call.organization_id,
    )
    return {"teams": teams, "users": users, "events": events(of_team=False)}


@route(
    "GET",
    "/audit-logs/team/{teamId}",
    scope=TEAM_SCOPE,
    context=path_team,
    permission=MANAGE,
    licence=FEATURE,
)
def list_of_team(call: Call) -> JsonObject:
    """What happened in a team, the latest first."""
    return _list(call, "team_id = ?", call.team_id)


@route(
    "GET",
    "/audit-logs/team/{teamId}/filters",
    scope=TEAM_SCOPE,
    context=path_team,
    permission=MANAGE,
    licence=FEATURE,
)
def filters_of_team(call: Call) -> JsonObject:
    """What the entries of a team can be filtered by."""
    users = call.world.rows(
        "SELECT u.id, u.name, u.email FROM users u JOIN user_team_roles m ON m.user_id = u.id"
        " WHERE m.team_id = ? ORDER BY u.name COLLATE NOCASE, u.id",
        call.team_id,
    )
    return {"users": users, "events": events(of_team=True)}


def _who_may_list_it(call: Call) -> None:
    """The organization in the path, for whoever may list the entry there or in its team."""
    enter_organization(call, call.path_id("organizationId"))
    row = call.world.row(
        "SELECT * FROM audit_logs WHERE uuid = ? AND organization_id = ?",
        call.path("uuid"),
        call.organization_id,
    )
    above = organization_role(call.world, call.user_id, call.organization_id or 0)
    if not may(above, ADMINISTER):
        team = call.world.get("teams", row["team_id"] or 0) if row else None
        if team is None:
            raise not_found("Audit log")
        require_team(call.world, call.user_id, team, MANAGE)
    call.entity = row or {}


@route(
    "GET",
    "/audit-logs/{organizationId}/{uuid}",
    scope=ORGANIZATION_SCOPE,
    context=_who_may_list_it,
    permission="",
    licence=FEATURE,
)
def get_entry(call: Call) -> JsonObject:
    """One entry with its details, which stand beside the other members."""
    if not call.entity or call.entity["triggered"] < _kept_since(call):
        raise not_found("Audit log")
    return {"details": call.entity["details"], **_present(call, call.entity)}


def _list(call: Call, place: str, id: int | None) -> JsonObject:
    query = dict(call.request.query_params)
    wants_total = query.pop("pg[returnTotalCount]", None) == "true"
    page = PAGING.read(query)
    condition, values = _condition(call, place, id)
    where = f"SELECT * FROM audit_logs WHERE {condition}"
    after, key = "", []
    if page.last:
        by = f"({PAGING.sort[page.sort_by]}, seq)"
        sign = "<" if page.direction == "desc" else ">"
        same = "=" if page.show_last else ""
        after = f" AND {by} {sign}{same} (SELECT {by[1:-1]} FROM audit_logs WHERE uuid = ?)"
        key = [page.last]
    rows = call.world.rows(f"{where}{after}{page.slice_sql(tie='seq')}", *values, *key)
    echo = page.echo()
    echo.pop("returnTotalCount", None)
    if wants_total:
        counted = f"SELECT count(*) FROM audit_logs WHERE {condition}"
        echo["totalCount"] = call.world.value(counted, *values)
    return {"auditLogs": [_present(call, row) for row in rows], "pg": echo}


# Filters


def _condition(call: Call, place: str, id: int | None) -> tuple[str, list[int | str | None]]:
    begins, ends = _day(call, "dateFrom"), _day(call, "dateTo")
    last = _midnight(ends + timedelta(days=1)) if ends else "9"
    first = max(_kept_since(call), _midnight(begins) if begins else "")
    parts = [place, "triggered >= ?", "triggered < ?"]
    values: list[int | str | None] = [id, first, last]
    one_of = [
        (("event_name",), call.query_list("event")),
        (("actor_id", "actor_name"), call.query_list("author")),
        (("team_id", "team_name"), call.query_list("team") if call.team_id is None else []),
    ]
    for columns, wanted in one_of:
        if wanted:
            marks = ", ".join("?" * len(wanted))
            parts.append("(" + " OR ".join(f"{c} IN ({marks})" for c in columns) + ")")
            values += [_key(column, one) for column in columns for one in wanted]
    return " AND ".join(parts), values


def _key(column: str, text: str) -> str | int:
    return int(text) if column.endswith("_id") and text.isascii() and text.isdigit() else text


def _day(call: Call, name: str) -> date | None:
    text = call.query(name)
    if text is None:
        return None
    try:
        if DAY_FORM.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise invalid_parameters([(name, f"Parameter '{name}' should be a date YYYY-MM-DD.")])


def _midnight(day: date) -> str:
    """The first moment of a day in UTC, as the API writes times."""
    return f"{day.isoformat()}T00:00:00.000Z"


def _kept_since(call: Call) -> str:
    return stamp(call.now() - timedelta(days=call.license["auditLogsDays"]))


# Showing


def _present(call: Call, row: Row) -> JsonObject:
    organization = {"id": call.organization["id"], "name": call.organization["name"]}
    team = {"id": row["team_id"], "name": row["team_name"]} if row["team_id"] else None
    return {
        "uuid": row["uuid"],
        "createdAt": row["created"],
        "triggeredAt": row["triggered"],
        "organizationId": row["organization_id"],
        "organization": organization,
        "eventName": row["event_name"],
        "team": team,
        "actor": {"id": row["actor_id"], "name": row["actor_name"], "email": row["actor_email"]},
        "targetId": row["target_id"],
        "version": {"from": f"1.0.{row['revision'] - 1}", "to": f"1.0.{row['revision']}"},
    }
