"""Records of data stores (API reference, chapter 2.13)."""

from make_api_sandbox.http.body import (
    boolean,
    list_of,
    mapping,
    members,
    open_members,
    text,
)
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import entity
from make_api_sandbox.http.errors import invalid_parameters, not_found, refused, storage_full
from make_api_sandbox.http.paging import Paging
from make_api_sandbox.http.routing import route
from make_api_sandbox.records import (
    completed,
    free_bytes,
    put,
    record_faults,
    size_of,
    structure_of,
)
from make_api_sandbox.shapes import JsonObject

STORE = entity("data_stores", "dataStoreId", "Data store")
PAGING = Paging({}, limit=10, sorts=False)
KEY_LENGTH = 12
REMOVE = members(
    keys=list_of(text()).optional(),
    all=boolean().optional(),
    exceptKeys=list_of(text()).optional(),
)


@route("GET", "/data-stores/{dataStoreId}/data", scope="datastores:read", context=STORE)
def list_records(call: Call) -> JsonObject:
    """Records in order of creation, with the total as `count`."""
    page, store_id = call.page(PAGING), call.entity["id"]
    records = call.world.rows(
        "SELECT key, data FROM data_store_records WHERE data_store_id = ? ORDER BY seq"
        " LIMIT ? OFFSET ?",
        store_id,
        page.limit,
        page.offset,
    )
    structure = structure_of(call.world, call.entity)
    count = "SELECT count(*) FROM data_store_records WHERE data_store_id = ?"
    return {
        "records": records,
        "spec": structure["spec"] if structure else [],
        "strict": structure["strict"] if structure else False,
        "count": call.world.value(count, store_id),
        "pg": page.echo(),
    }


@route(
    "POST",
    "/data-stores/{dataStoreId}/data",
    scope="datastores:write",
    context=STORE,
    body=members(key=text(256, 1).optional().or_null(), data=mapping().optional()),
)
def create_record(call: Call) -> JsonObject:
    """Add a record; without a key it gets one of 12 hexadecimal characters."""
    key = call.body.get("key") or call.world.fresh_hex(KEY_LENGTH)
    if _stored(call, key) is not None:
        raise refused(f"The key '{key}' already exists.")
    structure = structure_of(call.world, call.entity)
    data = completed(call.body.get("data", {}), structure["spec"] if structure else [])
    return _written(call, key, data)


@route(
    "PUT",
    "/data-stores/{dataStoreId}/data/{key:path}",
    scope="datastores:write",
    context=STORE,
    body=open_members(),
)
def replace_record(call: Call) -> JsonObject:
    """Replace the data of a record; the body is the data itself."""
    return _written(call, _existing(call)[0], call.body)


@route(
    "PATCH",
    "/data-stores/{dataStoreId}/data/{key:path}",
    scope="datastores:write",
    context=STORE,
    body=open_members(),
)
def change_record(call: Call) -> JsonObject:
    """Change some members of a record; the body is those members."""
    key, data = _existing(call)
    return _written(call, key, {**data, **call.body})


@route(
    "DELETE",
    "/data-stores/{dataStoreId}/data",
    scope="datastores:write",
    context=STORE,
    body=REMOVE,
)
def delete_records(call: Call) -> JsonObject:
    """Remove records by key, or all but some; `all` asks for confirmation."""
    keys = _chosen(call)
    if call.body.get("all"):
        call.confirm("deleteAllDataStoreRecords")
    for key in keys:
        call.world.execute(
            "DELETE FROM data_store_records WHERE data_store_id = ? AND key = ?",
            call.entity["id"],
            key,
        )
    return {"keys": keys}


def _chosen(call: Call) -> list[str]:
    rows = call.world.rows(
        "SELECT key FROM data_store_records WHERE data_store_id = ? ORDER BY seq",
        call.entity["id"],
    )
    stored = [row["key"] for row in rows]
    if call.body.get("all"):
        spared = set(call.body.get("exceptKeys", []))
        return [key for key in stored if key not in spared]
    wanted: list[str] = call.body.get("keys", [])
    if not wanted:
        raise invalid_parameters([("keys", "One of 'keys' and 'all' is needed.")])
    known = set(stored)
    return [key for key in dict.fromkeys(wanted) if key in known]


def _stored(call: Call, key: str) -> JsonObject | None:
    row = call.world.row(
        "SELECT data FROM data_store_records WHERE data_store_id = ? AND key = ?",
        call.entity["id"],
        key,
    )
    return row["data"] if row else None


def _existing(call: Call) -> tuple[str, JsonObject]:
    key = call.path("key")
    data = _stored(call, key)
    if data is None:
        raise not_found("Record")
    return key, data


def _written(call: Call, key: str, data: JsonObject) -> JsonObject:
    """Check a record against structure and space, and write it."""
    structure = structure_of(call.world, call.entity)
    faults = record_faults(data, structure["spec"]) if structure and structure["strict"] else []
    if faults:
        raise invalid_parameters(faults)
    former = _stored(call, key)
    more = size_of(key, data) - (size_of(key, former) if former is not None else 0)
    if more > free_bytes(call.world, call.entity):
        raise storage_full("The data store is full.")
    put(call.world, call.entity["id"], key, data)
    return {"key": key, "data": data}
