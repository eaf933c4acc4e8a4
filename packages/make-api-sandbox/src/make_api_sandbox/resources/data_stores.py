"""Data stores (API reference, chapter 2.13)."""

from make_api_sandbox.http.body import boolean, identifier, integer, list_of, members, name_text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.columns import Columns
from make_api_sandbox.http.context import body_team, entity, query_team
from make_api_sandbox.http.errors import invalid_parameters, not_found, storage_full
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.records import used_bytes
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.usages import affected, invalidate, scenarios_using
from make_api_sandbox.world import World

LISTED = Columns(("id", "name", "records", "size", "maxSize", "teamId"), ("datastructureId",))
DETAIL = Columns((*LISTED.default, "datastructureId"))
PAGING = Paging({"name": "name COLLATE NOCASE"})
ONE = entity("data_stores", "dataStoreId", "Data store")
MEGABYTE = 1_048_576
BULK = members(
    ids=list_of(identifier()).optional(),
    all=boolean().optional(),
    exceptIds=list_of(identifier()).optional(),
)
LARGEST = 2_306_867_200
"""Bytes over all data stores of an organization whose licence names no limit: the highest one that
a licence may name."""


@route("GET", "/data-stores", scope="datastores:read", context=query_team)
def list_stores(call: Call) -> JsonObject:
    """The data stores of a team."""
    page = call.page(PAGING)
    rows = call.world.rows(
        "SELECT * FROM data_stores WHERE team_id = ?" + page.slice_sql(), call.team_id
    )
    stores = LISTED.pick_all([present(call.world, row) for row in rows], call.cols)
    return {"dataStores": stores, "pg": page.echo()}


@route(
    "POST",
    "/data-stores",
    scope="datastores:write",
    context=body_team,
    body=members(
        name=name_text(),
        teamId=identifier(),
        datastructureId=identifier().optional().or_null(),
        maxSizeMB=integer(1),
    ),
)
def create_store(call: Call) -> JsonObject:
    """Make a data store within the organization's number and space."""
    size = call.body["maxSizeMB"] * MEGABYTE
    _refuse_unknown_structure(call, call.body.get("datastructureId"))
    _refuse_above_count(call)
    _refuse_above_space(call, size)
    store_id = call.world.insert(
        "data_stores",
        team_id=call.team_id,
        name=call.body["name"],
        data_structure_id=call.body.get("datastructureId"),
        max_size=size,
    )
    return {"dataStore": _shown(call, store_id)}


@route("DELETE", "/data-stores", scope="datastores:write", context=query_team, body=BULK)
def delete_stores(call: Call) -> JsonObject:
    """Remove several data stores, or all but some; `all` and stores in use ask for confirmation."""
    chosen = _chosen(call)
    users = [
        one
        for store in chosen
        for one in scenarios_using(call.world, call.team_id or 0, "data_store", store)
    ]
    if users or call.body.get("all"):
        call.confirm("deleteDataStores", affected(users))
    for store in chosen:
        call.world.delete("data_stores", store)
    invalidate(call.world, users)
    return {"dataStores": chosen}


def _chosen(call: Call) -> list[int]:
    """The ids a bulk call means, all of the team in context.

    Raises:
        ApiError: 400 without `ids` or `all`, 404 for an id of no store of the team.
    """
    rows = call.world.rows("SELECT id FROM data_stores WHERE team_id = ? ORDER BY id", call.team_id)
    own = [row["id"] for row in rows]
    if call.body.get("all"):
        return [id for id in own if id not in call.body.get("exceptIds", [])]
    wanted: list[int] = call.body.get("ids", [])
    if not wanted:
        raise invalid_parameters([("ids", "One of 'ids' and 'all' is needed.")])
    if set(wanted) - set(own):
        raise not_found("Data store")
    return list(dict.fromkeys(wanted))


@route("GET", "/data-stores/{dataStoreId}", scope="datastores:read", context=ONE)
def get_store(call: Call) -> JsonObject:
    """One data store."""
    return {"dataStore": DETAIL.pick(present(call.world, call.entity), call.cols)}


@route(
    "PATCH",
    "/data-stores/{dataStoreId}",
    scope="datastores:write",
    context=ONE,
    body=members(
        name=name_text().optional(),
        datastructureId=identifier().optional().or_null(),
        maxSizeMB=integer(1).optional(),
    ),
)
def edit_store(call: Call) -> JsonObject:
    """Change name, structure or size; a store never shrinks below what it holds."""
    body, changes = call.body, dict[str, object]()
    if "name" in body:
        changes["name"] = body["name"]
    if "datastructureId" in body:
        _refuse_unknown_structure(call, body["datastructureId"])
        changes["data_structure_id"] = body["datastructureId"]
    if "maxSizeMB" in body:
        changes["max_size"] = _resized(call, body["maxSizeMB"] * MEGABYTE)
    call.world.update("data_stores", call.entity["id"], **changes)
    return {"dataStore": _shown(call, call.entity["id"])}


def _resized(call: Call, size: int) -> int:
    if size < used_bytes(call.world, call.entity["id"]):
        raise storage_full("The data store holds more than the new size.")
    _refuse_above_space(call, size - call.entity["max_size"])
    return size


@route("DELETE", "/data-stores/{dataStoreId}", scope="datastores:write", context=ONE)
def delete_store(call: Call) -> JsonObject:
    """Remove a data store with its records; one in use asks for confirmation."""
    users = scenarios_using(call.world, call.entity["team_id"], "data_store", call.entity["id"])
    if users:
        call.confirm("deleteDataStoreUsedInScenarios", affected(users))
    call.world.delete("data_stores", call.entity["id"])
    invalidate(call.world, users)
    return {"dataStore": call.entity["id"]}


def _refuse_unknown_structure(call: Call, structure_id: int | None) -> None:
    if structure_id is None:
        return
    structure = call.world.get("data_structures", structure_id)
    if structure is None or structure["team_id"] != call.team_id:
        raise not_found("Data structure")


def _refuse_above_count(call: Call) -> None:
    limit, count = call.license.get("dslimit"), _of_organization(call, "count(*)")
    if limit is not None and count >= limit:
        raise storage_full(f"The license allows {limit} data store(s); all are in use.")


def _refuse_above_space(call: Call, more: int) -> None:
    limit, taken = call.license.get("dsslimit", LARGEST), _of_organization(call, "sum(max_size)")
    if taken + more > limit:
        free = max(0, limit - taken)
        raise storage_full(f"The license allows {limit} bytes in data stores; {free} are left.")


def _of_organization(call: Call, figure: str) -> int:
    sql = (
        f"SELECT coalesce({figure}, 0) FROM data_stores WHERE team_id IN"
        " (SELECT id FROM teams WHERE organization_id = ?)"
    )
    return call.world.value(sql, call.organization_id)


def _shown(call: Call, store_id: int) -> JsonObject:
    row = call.world.rows("SELECT * FROM data_stores WHERE id = ?", store_id)[0]
    return present(call.world, row)


def present(world: World, row: Row) -> JsonObject:
    """A data store as the API shows it; sizes are texts."""
    count = "SELECT count(*) FROM data_store_records WHERE data_store_id = ?"
    return {
        "id": row["id"],
        "name": row["name"],
        "records": world.value(count, row["id"]),
        "size": str(used_bytes(world, row["id"])),
        "maxSize": str(row["max_size"]),
        "teamId": row["team_id"],
        "datastructureId": row["data_structure_id"],
    }
