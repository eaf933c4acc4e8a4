"""Data structures (API reference, chapter 2.14)."""

from make_api_sandbox.http.access import require_team
from make_api_sandbox.http.body import (
    anything,
    boolean,
    identifier,
    members,
    name_text,
)
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_team, entity, query_team
from make_api_sandbox.http.errors import invalid_parameters, permission_denied
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.records import spec_faults
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usages import affected, scenarios_by_use, scenarios_using

LISTED = Columns(("id", "name", "teamId", "scenarioUsages", "dataStoreUsages"), ("strict", "spec"))
DETAIL = Columns(("id", "teamId", "name", "strict", "spec"))
PAGING = Paging({"name": "name COLLATE NOCASE"}, limit=150)
ONE = entity("data_structures", "dataStructureId", "Data structure")


@route("GET", "/data-structures", scope="udts:read", context=query_team)
def list_structures(call: Call) -> JsonObject:
    """The data structures of a team and who uses them."""
    page = call.page(PAGING)
    rows = call.world.rows(
        "SELECT * FROM data_structures WHERE team_id = ?" + page.slice_sql(), call.team_id
    )
    used = scenarios_by_use(call.world, call.team_id or 0, "data_structure")
    shown = [
        present(row)
        | {"scenarioUsages": used.get(row["id"], []), "dataStoreUsages": _stores(call, row["id"])}
        for row in rows
    ]
    return {"dataStructures": LISTED.pick_all(shown, call.cols), "pg": page.echo()}


@route(
    "POST",
    "/data-structures",
    scope="udts:write",
    context=body_team,
    body=members(
        teamId=identifier(), name=name_text(), strict=boolean().optional(), spec=anything()
    ),
)
def create_structure(call: Call) -> JsonObject:
    """Make a data structure."""
    _refuse_faulty(call.body["spec"])
    structure_id = call.world.insert(
        "data_structures",
        team_id=call.team_id,
        name=call.body["name"],
        strict=call.body.get("strict", False),
        spec=call.body["spec"],
    )
    return {"dataStructure": _shown(call, structure_id)}


@route("GET", "/data-structures/{dataStructureId}", scope="udts:read", context=ONE)
def get_structure(call: Call) -> JsonObject:
    """One data structure with its fields."""
    return {"dataStructure": DETAIL.pick(present(call.entity), call.cols)}


@route(
    "PATCH",
    "/data-structures/{dataStructureId}",
    scope="udts:write",
    context=ONE,
    body=members(
        name=name_text().optional(), strict=boolean().optional(), spec=anything().optional()
    ),
)
def edit_structure(call: Call) -> JsonObject:
    """Change a data structure; a new `spec` replaces the former, records stay as they are."""
    if "spec" in call.body:
        _refuse_faulty(call.body["spec"])
    call.world.update("data_structures", call.entity["id"], **call.body)
    return {"dataStructure": _shown(call, call.entity["id"])}


@route("DELETE", "/data-structures/{dataStructureId}", scope="udts:write", context=ONE)
def delete_structure(call: Call) -> JsonObject:
    """Remove a data structure; one in use by scenarios or data stores asks for confirmation."""
    structure = call.entity["id"]
    users = scenarios_using(call.world, call.entity["team_id"], "data_structure", structure)
    stores = _stores(call, structure)
    if users or stores:
        held = [{"dataStoreId": one["id"], "dataStoreName": one["name"]} for one in stores]
        call.confirm("deleteDataStructureInUse", affected(users) + held)
    call.world.delete("data_structures", structure)
    return {"dataStructure": structure}


@route(
    "POST",
    "/data-structures/{dataStructureId}/clone",
    scope="udts:write",
    context=ONE,
    permission="udt add",
    body=members(name=name_text(), targetTeamId=identifier().optional()),
)
def clone_structure(call: Call) -> JsonObject:
    """Copy a data structure, to another team if wanted."""
    target = call.body.get("targetTeamId", call.entity["team_id"])
    team = call.world.get("teams", target)
    if team is None:
        raise permission_denied()
    require_team(call.world, call.user_id, team, call.spec.permission)
    structure_id = call.world.insert(
        "data_structures",
        team_id=target,
        name=call.body["name"],
        strict=call.entity["strict"],
        spec=call.entity["spec"],
    )
    moved = target != call.entity["team_id"]
    return {"dataStructure": _shown(call, structure_id), "differentTeam": moved}


def _refuse_faulty(spec: object) -> None:
    faults = spec_faults(spec)
    if faults:
        raise invalid_parameters(faults)


def _stores(call: Call, structure_id: int) -> list[JsonObject]:
    sql = "SELECT id, name FROM data_stores WHERE data_structure_id = ? ORDER BY id"
    return call.world.rows(sql, structure_id)


def _shown(call: Call, structure_id: int) -> JsonObject:
    sql = "SELECT * FROM data_structures WHERE id = ?"
    return present(call.world.rows(sql, structure_id)[0])


def present(row: Row) -> JsonObject:
    """A data structure as the API shows it."""
    return {
        "id": row["id"],
        "teamId": row["team_id"],
        "name": row["name"],
        "strict": row["strict"],
        "spec": row["spec"],
    }
