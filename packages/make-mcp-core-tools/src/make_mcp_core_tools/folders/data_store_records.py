"""Records of data stores, checked against the data structure before they are sent."""

import json

from make_mcp_base.authoring import (
    DataStoreId,
    Document,
    Failure,
    Input,
    Irreversible,
    Make,
    Output,
    Page,
    PageInput,
    Problem,
    Undo,
    delete,
    page_of,
    patch,
    post,
    put,
)
from pydantic import Field

from make_mcp_core_tools._engine.data_fields import record_problems
from make_mcp_core_tools.folders.declared import category
from make_mcp_core_tools.folders.putting_back import is_small, most_put_back, puts_back
from make_mcp_core_tools.folders.record_watches import puts_all_back, takes_back
from make_mcp_core_tools.folders.stores import (
    PAGE,
    Record,
    RecordPage,
    Store,
    each_page,
    find_record,
    read_records,
    read_store,
    record_path,
)

_MOST_KEYS = 500

# Inputs


class ListRecords(PageInput):
    data_store_id: DataStoreId
    fields: list[str] = []
    """Only these members of each record; all without it."""


class CreateRecord(Input):
    data_store_id: DataStoreId
    data: Document
    """The record's members, by the names of its fields."""
    key: str | None = Field(default=None, min_length=1, max_length=256)
    """Left out, Make invents one."""


class ChangeRecord(Input):
    data_store_id: DataStoreId
    key: str = Field(min_length=1, max_length=256)
    """Key of the record."""
    data: Document
    """The members to change; the others stay."""


class ReplaceRecord(Input):
    data_store_id: DataStoreId
    key: str = Field(min_length=1, max_length=256)
    """Key of the record."""
    data: Document
    """The whole record; members left out are gone."""


class DeleteRecords(Input):
    data_store_id: DataStoreId
    keys: list[str] = Field(default=[], max_length=_MOST_KEYS)
    """Keys of the records; or `all`."""
    all: bool = False
    """Every record, but for `except_keys`."""
    except_keys: list[str] = Field(default=[], max_length=_MOST_KEYS)
    """Records that stay, with `all`."""


# Outputs


class RecordRow(Output):
    key: str
    data: Document


class Records(Page):
    records: list[RecordRow]


class RecordSaved(Output):
    key: str
    data: Document
    changed: bool = True


class RecordsDeleted(Output):
    deleted: int
    keys: list[str] | None = None
    """Keys of the deleted records; left out when all were."""
    not_found: list[str] | None = None
    changed: bool


# Make's answers


class DeletedKeys(Output):
    keys: list[str] = []


# Tools


@category.tool(
    scope="datastores:read",
    effect="read",
    formerly=("data-store-records_list", "list-data-store-records"),
    words=("rows",),
)
async def data_store_record_list(make: Make, args: ListRecords) -> Records:
    """List the records of a data store in the order they were added.

    To filter, sort or sum up, use `data_store_query`.
    """
    await read_store(make, args.data_store_id)
    # Only the page that is shown is read; `page_of` decides where it begins and ends.
    first = await read_records(make, args.data_store_id, 1)
    places, more = page_of(range(first.count), args)
    page = await read_records(make, args.data_store_id, len(places), places[0]) if places else first
    rows = [
        RecordRow(key=record.key, data=_picked(record.data, args.fields))
        for record in (page.records if places else [])
    ]
    return Records(records=rows, **more)


@category.tool(
    scope="datastores:write",
    effect="create",
    formerly=("data-store-records_create",),
    examples=(CreateRecord(data_store_id=8, key="DE-19", data={"rate": 0.19}),),
)
async def data_store_record_create(make: Make, args: CreateRecord) -> RecordSaved:
    """Add a record to a data store; every fault against its data structure is told at once."""
    store = await read_store(make, args.data_store_id)
    shape = await read_records(make, store.id, 1)
    _check(make, args.data, shape, store, tool="data_store_record_create", partial=False)
    body: Document = {"data": args.data} | ({"key": args.key} if args.key else {})
    path = f"/data-stores/{store.id}/data"
    return await make.write(
        post(path, body),
        into=RecordSaved,
        says=f"Add {_called(args.key)} to the data store “{store.name}” ({store.id})",
        undo=lambda made: takes_back(
            delete(path, {"keys": [made.key]}),
            store,
            made.key,
            made.data,
            is_on_first_page=shape.count < PAGE,
        ),
    )


@category.tool(
    scope="datastores:write",
    effect="update",
    formerly=("data-store-records_update",),
    words=("patch",),
)
async def data_store_record_update(make: Make, args: ChangeRecord) -> RecordSaved:
    """Change some members of a record; the others stay."""
    store = await read_store(make, args.data_store_id)
    found = await find_record(make, store, args.key)
    former = found.record
    _check(make, args.data, found.page, store, tool="data_store_record_update", partial=True)
    if all(name in former.data and former.data[name] == v for name, v in args.data.items()):
        return RecordSaved(key=args.key, data=former.data, changed=False)
    new = former.data | args.data
    make.shows(*_difference(former.data, new))
    path = record_path(store.id, args.key)
    return await make.write(
        patch(path, args.data),
        into=RecordSaved,
        says=f"Change {_called(args.key)} of the data store “{store.name}” ({store.id})",
        before={"data": former.data},
        undo=takes_back(
            put(path, former.data),
            store,
            args.key,
            new,
            is_on_first_page=found.is_on_first_page,
        ),
    )


@category.tool(scope="datastores:write", effect="update", formerly=("data-store-records_replace",))
async def data_store_record_replace(make: Make, args: ReplaceRecord) -> RecordSaved:
    """Replace the whole data of a record; members left out are gone."""
    store = await read_store(make, args.data_store_id)
    found = await find_record(make, store, args.key)
    former = found.record
    _check(make, args.data, found.page, store, tool="data_store_record_replace", partial=False)
    if former.data == args.data:
        return RecordSaved(key=args.key, data=former.data, changed=False)
    make.shows(*_difference(former.data, args.data))
    path = record_path(store.id, args.key)
    return await make.write(
        put(path, args.data),
        into=RecordSaved,
        says=f"Replace {_called(args.key)} of the data store “{store.name}” ({store.id})",
        before={"data": former.data},
        undo=takes_back(
            put(path, former.data),
            store,
            args.key,
            args.data,
            is_on_first_page=found.is_on_first_page,
        ),
    )


@category.tool(
    scope="datastores:write",
    effect="delete",
    formerly=("data-store-records_delete",),
    words=("clear", "empty", "purge"),
)
async def data_store_record_delete(make: Make, args: DeleteRecords) -> RecordsDeleted:
    """Delete records of a data store: some by key, or all but some.

    The plan counts them, and says whether an undo can put them back.
    """
    _refuse_unclear(args)
    store = await read_store(make, args.data_store_id)
    most = await most_put_back(make, store.team_id)
    doomed, total = await _doomed(make, args, store, most)
    if not total:
        return RecordsDeleted(deleted=0, keys=[], not_found=args.keys or None, changed=False)
    keys = [record.key for record in doomed]
    body: Document = {"all": True, "exceptKeys": args.except_keys} if args.all else {"keys": keys}
    before: Document = {"records": store.records, "size": store.size, "keys": keys[:_MOST_KEYS]}
    path = f"/data-stores/{store.id}/data"
    make.affects(f"{total} of {store.records} records are deleted.")
    answer = await make.write(
        delete(path, body, confirmed=True) if args.all else delete(path, body),
        into=DeletedKeys,
        says=f"Delete {total} records of the data store “{store.name}” ({store.id})",
        before=before,
        undo=_way_back(store, doomed, total, most),
    )
    return RecordsDeleted(
        deleted=len(answer.keys) or total,
        keys=None if args.all else keys,
        not_found=[key for key in args.keys if key not in keys] or None,
        changed=True,
    )


# Parts


def _picked(data: Document, fields: list[str]) -> Document:
    return {name: data[name] for name in fields if name in data} if fields else data


def _called(key: str | None) -> str:
    return f"the record “{key}”" if key else "a record"


def _difference(old: Document, new: Document) -> list[str]:
    return [
        f"{name}: {_short(old, name)} → {_short(new, name)}"
        for name in dict.fromkeys([*old, *new])
        if old.get(name) != new.get(name) or (name in old) != (name in new)
    ]


def _short(data: Document, name: str) -> str:
    if name not in data:
        return "absent"
    text = json.dumps(data[name], ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:120]}…"


def _check(
    make: Make, data: Document, shape: RecordPage, store: Store, *, tool: str, partial: bool
) -> None:
    """Hold a record against structure and space.

    Raises:
        Failure: It does not fit a strict structure, or the store is full; with every fault. What
            a structure that is not strict would let pass is only a warning.
    """
    found = record_problems(data, shape.spec, strangers=shape.strict, partial=partial)
    if not shape.strict:
        for problem in found:
            make.warn(f"{problem} The data structure is not strict, so it was sent as it is.")
        found = []
    size = len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())
    if size > store.max_size:
        text = f"is {size:,} bytes, more than the whole store may hold ({store.max_size:,})."
        found.append(Problem("data", text, "Make room with `data_store_update` max_size_mb."))
    if found:
        raise Failure(
            f"Nothing was written to the data store “{store.name}” ({store.id}).",
            why="The record does not fit its data structure." if shape.strict else "",
            next_step=f"Call `{tool}` again with the corrections above.",
            code="invalid_record",
            problems=found,
        )


# Deleting


def _refuse_unclear(args: DeleteRecords) -> None:
    problems: list[Problem] = []
    if args.all == bool(args.keys):
        problems.append(Problem("keys", "exactly one of it and `all` is needed."))
    if args.except_keys and not args.all:
        problems.append(Problem("except_keys", "goes with `all` only."))
    if problems:
        raise Failure(
            "No record was deleted.",
            next_step="Call `data_store_record_delete` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )


async def _doomed(
    make: Make, args: DeleteRecords, store: Store, most: int
) -> tuple[list[Record], int]:
    """Read the records to be deleted, unless they are more than an undo could put back.

    Returns:
        The records, and how many they are in all.
    """
    if args.all and store.records > most + len(args.except_keys):
        return [], store.records - len(args.except_keys)
    spared, wanted = set(args.except_keys), set(args.keys)
    found: list[Record] = []
    async for page in each_page(make, store.id, max(store.records * 2, 1)):
        found += [
            record
            for record in page.records
            if (record.key not in spared if args.all else record.key in wanted)
        ]
        if not args.all and len(found) == len(wanted):
            break
    return found, len(found)


def _way_back(store: Store, doomed: list[Record], total: int, most: int) -> Undo | Irreversible:
    if total > min(most, len(doomed)) or not is_small(doomed):
        return Irreversible(
            f"{total} records are more than an undo can put back within a minute's API calls."
            " Read them first with `data_store_export` if they matter."
        )
    requests = puts_back(f"/data-stores/{store.id}/data", doomed)
    return puts_all_back(requests, store, [record.key for record in doomed])
