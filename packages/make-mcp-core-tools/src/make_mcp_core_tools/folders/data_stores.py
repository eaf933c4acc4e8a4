"""Data stores: tables of records that scenarios read and write."""

from typing import Any, Literal

from make_mcp_base.authoring import (
    DataStoreId,
    DataStructureId,
    Document,
    Failure,
    Input,
    Irreversible,
    Json,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools.folders.declared import category
from make_mcp_core_tools.folders.putting_back import is_small, most_put_back, puts_back
from make_mcp_core_tools.folders.stores import (
    MEGABYTE,
    READ,
    OneStore,
    Record,
    Store,
    each_page,
    read_records,
    read_store,
)
from make_mcp_core_tools.folders.usage import User, scenarios_using_store

_COLUMNS = ["id", "name", "teamId", "records", "size", "maxSize", "datastructureId"]

# Inputs


class ListStores(PageInput):
    team_id: TeamId | None = None
    name_contains: str | None = None
    """Only stores with this text in their name."""


class GetStore(Input):
    data_store_id: DataStoreId
    include: list[Literal["usage"]] = []
    """`usage`: the scenarios that use it, read from their blueprints."""


class CreateStore(Input):
    name: str = Field(min_length=1, max_length=128)
    """Name of the new store."""
    max_size_mb: int = Field(default=1, ge=1)
    """Space it may take, in MiB, out of what the plan gives to all data stores."""
    team_id: TeamId | None = None
    data_structure_id: DataStructureId | None = None
    """Fields of its records."""


class UpdateStore(Input):
    data_store_id: DataStoreId
    name: str | None = Field(default=None, min_length=1, max_length=128)
    """New name."""
    max_size_mb: int | None = Field(default=None, ge=1)
    """New space in MiB, not below what the records take."""
    data_structure_id: DataStructureId | None = None
    """Records stay as they are; they are checked against it when they are next written."""


class DeleteStore(Input):
    data_store_id: DataStoreId
    name: str | None = None
    """The store's exact name; needed when it holds records."""


# Outputs


class StoreRow(Output):
    id: int
    name: str
    records: int
    size_bytes: int
    max_size_bytes: int
    data_structure_id: int | None = None


class Stores(Page):
    data_stores: list[StoreRow]


class StoreDetail(StoreRow):
    team_id: int
    free_bytes: int
    strict: bool
    """True when records must fit the fields exactly."""
    fields: list[Document]
    used_by: list[User] | None = None
    next_calls: list[NextCall] = []


class StoreSaved(Output):
    data_store: StoreRow
    changed: bool = True


class StoreDeleted(Output):
    data_store: int


# Make's answers


class DeletedAnswer(Output):
    data_store: int | None = None


class Owned(Output):
    team_id: int


class OneStructure(Output):
    data_structure: Owned


# Tools


@category.tool(
    scope="datastores:read",
    effect="read",
    formerly=("data-stores_list", "list-data-stores"),
    words=("database", "table"),
)
async def data_store_list(make: Make, args: ListStores) -> Stores:
    """List the data stores of a team with their size and number of records."""
    query = {"teamId": args.team_id, "cols": _COLUMNS}
    found = await make.all("/data-stores", query, key="dataStores", item=Store)
    wanted = (args.name_contains or "").casefold()
    page, more = page_of([_row(s) for s in found if wanted in s.name.casefold()], args)
    return Stores(data_stores=page, **more)


@category.tool(
    scope="datastores:read", effect="read", formerly=("data-stores_get", "get-data-store")
)
async def data_store_get(make: Make, args: GetStore) -> StoreDetail:
    """Show one data store: size, free space, fields of its records, and who uses it if asked."""
    store = await read_store(make, args.data_store_id)
    shape = await read_records(make, store.id, 1)
    users = (
        await scenarios_using_store(make, store.team_id, store.id)
        if "usage" in args.include
        else None
    )
    call = NextCall(
        tool="data_store_query", arguments={"data_store_id": store.id}, why="Look at its records."
    )
    return StoreDetail(
        **_row(store).model_dump(),
        team_id=store.team_id,
        free_bytes=max(0, store.max_size - store.size),
        strict=shape.strict,
        fields=shape.spec,
        used_by=users,
        next_calls=[call],
    )


@category.tool(
    scope="datastores:write",
    effect="create",
    formerly=("data-stores_create", "create-data-store"),
    examples=(CreateStore(team_id=34, name="Price list", max_size_mb=1, data_structure_id=9),),
)
async def data_store_create(make: Make, args: CreateStore) -> StoreSaved:
    """Create a data store, within the number and space that the plan gives."""
    team = args.team_id or 0
    problems = await _structure_problems(make, args.data_structure_id, team)
    problems += await _quota_problems(make, team, stores=1, size=args.max_size_mb * MEGABYTE)
    _refuse(problems, "data_store_create")
    body: dict[str, Json] = {"name": args.name, "teamId": team, "maxSizeMB": args.max_size_mb}
    if args.data_structure_id:
        body["datastructureId"] = args.data_structure_id
    answer = await make.write(
        post("/data-stores", body),
        into=OneStore,
        says=f"Create the data store “{args.name}” of {args.max_size_mb} MiB in team {team}",
        undo=lambda made: Undo(
            (delete(f"/data-stores/{made.data_store.id}", confirmed=True),),
            Watch(f"/data-stores/{made.data_store.id}", ("dataStore.records", "dataStore.name")),
        ),
    )
    return StoreSaved(data_store=_row(answer.data_store))


@category.tool(
    scope="datastores:write",
    effect="update",
    formerly=("data-stores_update", "update-data-store"),
    words=("rename", "resize"),
)
async def data_store_update(make: Make, args: UpdateStore) -> StoreSaved:
    """Change a data store's name, space or data structure; its records stay as they are."""
    store = await read_store(make, args.data_store_id)
    now: dict[str, Json] = {
        "name": store.name,
        "maxSizeMB": store.max_size // MEGABYTE,
        "datastructureId": store.datastructure_id,
    }
    wanted: dict[str, Json] = {
        "name": args.name,
        "maxSizeMB": args.max_size_mb,
        "datastructureId": args.data_structure_id,
    }
    changes = {k: v for k, v in wanted.items() if v is not None and v != now[k]}
    if not changes:
        return StoreSaved(data_store=_row(store), changed=False)
    _refuse(await _update_problems(make, args, store), "data_store_update")
    before = {key: now[key] for key in changes}
    make.shows(*(f"{key}: {before[key]} → {changes[key]}" for key in changes))
    path = f"/data-stores/{store.id}"
    members = {"name": "name", "maxSizeMB": "maxSize", "datastructureId": "datastructureId"}
    answer = await make.write(
        patch(path, changes),
        into=OneStore,
        says=f"Change {', '.join(changes)} of the data store “{store.name}” ({store.id})",
        before=before,
        undo=Undo(
            (patch(path, before),), Watch(path, tuple(f"dataStore.{members[k]}" for k in changes))
        ),
    )
    return StoreSaved(data_store=_row(answer.data_store))


@category.tool(
    scope="datastores:write",
    effect="delete",
    formerly=("data-stores_delete", "delete-data-store"),
)
async def data_store_delete(make: Make, args: DeleteStore) -> StoreDeleted:
    """Delete a data store with its records; the plan names the scenarios that use it.

    A store that holds records also needs its exact `name`. Small stores can be brought back by
    `operation_undo`, under a new id; the plan says whether this one can.
    """
    store = await read_store(make, args.data_store_id)
    if store.records and args.name != store.name:
        raise _name_needed(store, args.name)
    await _tell_users(make, store)
    make.affects(f"{store.records} records ({store.size:,} bytes) go with it.")
    await make.write(
        delete(f"/data-stores/{store.id}", confirmed=True),
        into=DeletedAnswer,
        says=f"Delete the data store “{store.name}” ({store.id})",
        before={"name": store.name, "records": store.records, "size": store.size},
        undo=await _way_back(make, store),
    )
    return StoreDeleted(data_store=store.id)


# Rows


def _row(store: Store) -> StoreRow:
    return StoreRow(
        id=store.id,
        name=store.name,
        records=store.records,
        size_bytes=store.size,
        max_size_bytes=store.max_size,
        data_structure_id=store.datastructure_id,
    )


# What is refused


async def _quota_problems(make: Make, team: int, *, stores: int, size: int) -> list[Problem]:
    """Hold more stores and bytes against the licence (`dslimit`, `dsslimit`, chapter 1.20)."""
    organization = (await make.account()).organization_of(team)
    if organization is None:
        return []
    teams = [each.id for each in organization.teams]
    lists = await make.each(teams, lambda each: _stores_of(make, each))
    held = [store for found in lists for store in found]
    count, space = organization.license.get("dslimit"), organization.license.get("dsslimit")
    problems: list[Problem] = []
    if count and stores and len(held) + stores > count:
        fix = "Delete one that is not used, or use another one."
        text = f"The plan allows {count} data store(s); all are in use."
        problems.append(Problem("", text, fix))
    free = space - sum(store.max_size for store in held) if space else size
    if size > free:
        fix = f"At most {max(0, free) // MEGABYTE} MiB are free; another store can be made smaller."
        problems.append(Problem("max_size_mb", "is more than the plan has left.", fix))
    return problems


async def _stores_of(make: Make, team: int) -> list[Store]:
    query = {"teamId": team, "cols": _COLUMNS}
    return await make.all("/data-stores", query, key="dataStores", item=Store, scope=READ)


async def _structure_problems(make: Make, structure: int | None, team: int) -> list[Problem]:
    """Check that the data structure is the team's, where the token may look."""
    if structure is None or not (await make.account()).has("udts:read"):
        return []
    path = f"/data-structures/{structure}"
    owned = await make.get(path, into=OneStructure, scope="udts:read")
    if owned.data_structure.team_id == team:
        return []
    fix = "Copy it with `data_structure_clone` first."
    text = f"{structure} belongs to team {owned.data_structure.team_id}, not to {team}."
    return [Problem("data_structure_id", text, fix)]


async def _update_problems(make: Make, args: UpdateStore, store: Store) -> list[Problem]:
    problems = await _structure_problems(make, args.data_structure_id, store.team_id)
    if args.max_size_mb is None:
        return problems
    size = args.max_size_mb * MEGABYTE
    if size < store.size:
        text = f"The store holds {store.size:,} bytes, more than {args.max_size_mb} MiB."
        problems.append(Problem("max_size_mb", text, f"At least {-(-store.size // MEGABYTE)}."))
    more = size - store.max_size
    if more > 0:
        problems += await _quota_problems(make, store.team_id, stores=0, size=more)
    return problems


def _refuse(problems: list[Problem], tool: str) -> None:
    if problems:
        raise Failure(
            "The data store was not saved.",
            next_step=f"Call `{tool}` again with the corrections above; `data_store_list` shows"
            " what there is.",
            code="invalid_arguments",
            problems=problems,
        )


def _name_needed(store: Store, given: str | None) -> Failure:
    return Failure(
        f"The data store {store.id} was not deleted.",
        why=f"It holds {store.records} records.",
        next_step=f"To delete them too, call `data_store_delete` with data_store_id={store.id} and"
        " `name` set to the store's exact name (`data_store_get`).",
        code="name_needed",
        problems=[Problem("name", "is not the exact name of the store.")] if given else [],
    )


# Deleting


async def _tell_users(make: Make, store: Store) -> None:
    if not (await make.account()).has("scenarios:read"):
        make.affects("Which scenarios use it is not known: the token lacks scenarios:read.")
        return
    users = await scenarios_using_store(make, store.team_id, store.id)
    if users:
        names = ", ".join(f"“{user.name}” ({user.id})" for user in users[:20])
        make.affects(f"{len(users)} scenarios use it and will fail: {names}.")
    else:
        make.affects("No scenario of the team uses it in a Data store module.")


async def _way_back(make: Make, store: Store) -> Undo | Irreversible:
    """Keep all records for an undo, or say why that is too much."""
    most = await most_put_back(make, store.team_id)
    if store.records > most:
        return Irreversible(
            f"{store.records} records are more than the {most} that an undo can put back within a"
            " minute's API calls. Read them first with `data_store_export` if they matter."
        )
    records: list[Record] = []
    async for page in each_page(make, store.id, most + 1):
        records += page.records
    if len(records) > most or not is_small(records):
        return Irreversible(
            f"{store.size:,} bytes of records are more than an undo keeps. Read them first with"
            " `data_store_export` if they matter."
        )
    body: dict[str, Any] = {
        "name": store.name,
        "teamId": store.team_id,
        "maxSizeMB": -(-store.max_size // MEGABYTE),
    }
    if store.datastructure_id:
        body["datastructureId"] = store.datastructure_id
    return Undo(
        (
            post("/data-stores", body),
            *puts_back("/data-stores/{0.dataStore.id}/data", records),
        ),
        note="The store comes back with a new id; scenarios that used it must be pointed at it.",
    )
