"""Scenario lists and single scenarios (Make API reference, chapter 2.27)."""

from collections.abc import Sequence
from typing import Any

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import query_team
from make_api_sandbox.http.errors import invalid_parameters
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO, team_or_organization, visible_teams
from make_api_sandbox.scenarios.documents import all_modules
from make_api_sandbox.scenarios.presentation import (
    LISTED,
    PLAIN,
    marks,
    present,
    present_all,
    shown_scheduling,
    users_by_id,
)
from make_api_sandbox.shapes import JsonObject, Row

PAGING = Paging(
    {
        "proprietal": "s.id",
        "id": "s.id",
        "name": "s.name COLLATE NOCASE",
        "teamId": "s.team_id",
        "folderId": "s.folder_id",
        "isActive": "s.is_active",
        "islinked": "s.is_active",
        "isinvalid": "s.is_invalid",
        "islocked": "s.is_locked",
        "lastEdit": "s.last_edit",
        "createdByUserName": "c.name COLLATE NOCASE",
        "updatedByUserName": "u.name COLLATE NOCASE",
        "created": "s.created",
    },
    direction="desc",
)
SOURCE = (
    " FROM scenarios s LEFT JOIN users c ON c.id = s.created_by"
    " LEFT JOIN users u ON u.id = s.updated_by WHERE "
)
SHORT = (
    "s.id, s.name, s.team_id, s.hook_id, s.concept, s.description, s.folder_id, s.is_invalid,"
    " s.is_active, s.is_locked, s.is_paused, s.is_waiting, s.used_packages, s.scheduling,"
    " s.created, s.last_edit, s.created_by, s.updated_by, s.next_exec, s.type, s.version,"
    " s.module_sequence, s.extra"
)
"""All of a scenario but its documents, which take long to decode."""
AGENT_PAGING = Paging({}, limit=50, sorts=False)
AGENT_APPS = ("ai-agent", "ai-local-agent")


@route("GET", "/scenarios", scope="scenarios:read", context=team_or_organization)
def list_scenarios(call: Call) -> JsonObject:
    """Scenarios of a team or an organization, filtered, sorted and paged."""
    page = call.page(PAGING)
    conditions, values = _filters(call)
    sql = (
        f"SELECT {_columns(LISTED.asked(call.cols))}"
        + SOURCE
        + " AND ".join(conditions)
        + page.slice_sql(tie="s.id")
    )
    rows = call.world.rows(sql, *values)
    return {"scenarios": present_all(call.world, rows, call.cols), "pg": page.echo()}


def _columns(asked: Sequence[str]) -> str:
    """Of a scenario's row what the asked members are made of; decoding takes most of the time."""
    if all(name in PLAIN for name in asked):
        return ", ".join(dict.fromkeys(f"s.{PLAIN[name]}" for name in ("id", "teamId", *asked)))
    return "s.*" if "usedModules" in asked else SHORT


def _filters(call: Call) -> tuple[list[str], list[Any]]:
    teams = visible_teams(call)
    conditions: list[str] = [f"s.team_id IN ({marks(teams)})"]
    values: list[Any] = [*teams]
    active = call.query_flag("isActive")
    for column, value in (
        ("s.folder_id", call.query_id("folderId")),
        ("s.is_active", active if active is not None else call.query_flag("islinked")),
        ("s.concept", call.query_flag("concept")),
        ("s.type", _type(call)),
    ):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    ids = [int(each) for each in call.query_list("id") if each.isdigit()]
    if call.query_list("id"):
        conditions.append(f"s.id IN ({marks(ids)})")
        values += ids
    name = call.query("name")
    if name:
        conditions.append("instr(lower(s.name), lower(?)) > 0")
        values.append(name)
    return conditions, values


def _type(call: Call) -> str | None:
    kind = call.query("type")
    if kind not in (None, "scenario", "tool"):
        raise invalid_parameters([("type", "'type' should be one of: scenario, tool.")])
    return kind


@route("GET", "/scenarios/{scenarioId}", scope="scenarios:read", context=ONE_SCENARIO)
def get_scenario(call: Call) -> JsonObject:
    """One scenario."""
    return {"scenario": present(call.world, call.entity["id"], call.cols)}


@route("GET", "/scenarios/ai-agents", scope="scenarios:read", context=query_team)
def list_agent_scenarios(call: Call) -> JsonObject:
    """Scenarios with AI agent modules, the last edited first."""
    page = call.page(AGENT_PAGING)
    rows = call.world.rows(
        "SELECT * FROM scenarios WHERE team_id = ? ORDER BY last_edit DESC, id DESC", call.team_id
    )
    users = users_by_id(call.world)
    found = [_agent_scenario(row, users) for row in rows if _agents(row)]
    return {"scenarios": page.cut(found), "pg": {"limit": page.limit, "offset": page.offset}}


def _agents(row: Row) -> int:
    names = (str(module.get("module")) for module in all_modules(row["blueprint"]))
    return sum(name.partition(":")[0] in AGENT_APPS for name in names)


def _agent_scenario(row: Row, users: dict[int, JsonObject]) -> JsonObject:
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "isActive": row["is_active"],
        "teamId": row["team_id"],
        "created": row["created"],
        "lastEdit": row["last_edit"],
        "scheduling": shown_scheduling(row["scheduling"]),
        "usedPackages": row["used_packages"],
        "agentCount": _agents(row),
        "createdByUser": users.get(row["created_by"]),
    }
