"""Remote procedures of Make's own apps: they answer from what the team has.

Make does not publish their names; these are the sandbox's. Those that list things take `teamId`,
the others the id of the thing that their module has chosen.
"""

from collections.abc import Callable
from typing import Any

from make_api_sandbox.apps.manifest import Answer, Own
from make_api_sandbox.http.call import Call, whole_number
from make_api_sandbox.http.context import enter_team
from make_api_sandbox.http.errors import ApiError, invalid_parameters, missing, not_found
from make_api_sandbox.shapes import JsonObject, Row


def _number(data: JsonObject, name: str) -> int:
    value = data.get(name)
    if value in (None, ""):
        raise invalid_parameters([missing(name)])
    return whole_number(name, str(value))


def choices(table: str, kind: str = "") -> Own:
    """A procedure that lists the rows of a table in a team, by name.

    Args:
        table: Which.
        kind: Column that the optional parameter `type` filters by.
    """

    def listed(call: Call, data: JsonObject) -> Answer:
        enter_team(call, _number(data, "teamId"))
        sql = f"SELECT * FROM {table} WHERE team_id = ? ORDER BY name COLLATE NOCASE, id"
        rows = call.world.rows(sql, call.team_id)
        wanted = str(data.get("type") or "")
        return [
            {"label": row["name"], "value": row["id"]}
            for row in rows
            if not (kind and wanted) or row[kind] in wanted.split(",")
        ]

    return listed


def _row(call: Call, table: str, data: JsonObject, name: str) -> Row:
    """The row that a parameter names, of a team the caller may look into."""
    text = str(data.get(name) or "").removeprefix("SCN_")
    row = call.world.get(table, _number({name: text}, name))
    if row is None:
        raise not_found("Object")
    try:
        enter_team(call, row["team_id"])
    except ApiError as denied:
        raise not_found("Object") from denied
    return row


def structure_fields(call: Call, data: JsonObject) -> Answer:
    """The fields of a data structure, parameter `type`."""
    return _row(call, "data_structures", data, "type")["spec"] if data.get("type") else []


def record_fields(call: Call, data: JsonObject) -> Answer:
    """The fields of a data store's records, parameter `datastore`."""
    store = _row(call, "data_stores", data, "datastore")
    structure = call.world.get("data_structures", store["data_structure_id"] or 0)
    return structure["spec"] if structure else []


def interface_fields(side: str) -> Callable[[Call, JsonObject], Answer]:
    """A procedure that gives the declared inputs or outputs of a scenario, parameter `scenario`."""

    def given(call: Call, data: JsonObject) -> Answer:
        interface: dict[str, Any] = _row(call, "scenarios", data, "scenario")["interface"] or {}
        return interface.get(side) or []

    return given
