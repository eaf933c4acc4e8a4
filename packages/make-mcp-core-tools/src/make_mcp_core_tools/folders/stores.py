"""Data stores and their records as Make tells of them (API reference, chapter 2.13)."""

from collections.abc import AsyncIterator, Sequence
from urllib.parse import quote

from make_mcp_base.authoring import Counter, Document, Failure, Make, Output, Request, post

MEGABYTE = 1_048_576
READ = "datastores:read"
_PAGE = 1_000
_MOST_BACKED_UP = 500
_LARGEST_BACKUP_BYTES = 2_000_000


class Store(Output):
    """A data store."""

    id: int
    name: str
    team_id: int
    records: Counter = 0
    size: Counter = 0
    """Bytes in use."""
    max_size: Counter = 0
    """Bytes it may hold."""
    datastructure_id: int | None = None


class OneStore(Output):
    data_store: Store


class Record(Output):
    key: str
    data: Document = {}


class RecordPage(Output):
    """Records with the structure they follow."""

    records: list[Record]
    spec: list[Document] = []
    strict: bool = False
    count: Counter = 0


async def read_store(make: Make, store_id: int) -> Store:
    """Read a data store, and take its organization as the one whose calls are spent."""
    path = f"/data-stores/{store_id}"
    store = (await make.get(path, into=OneStore, scope=READ)).data_store
    await make.team(store.team_id)
    return store


async def read_records(make: Make, store_id: int, limit: int, offset: int = 0) -> RecordPage:
    """Read some records; the answer also tells the structure and the number of all."""
    query = {"pg[limit]": limit, "pg[offset]": offset}
    return await make.get(f"/data-stores/{store_id}/data", query, into=RecordPage, scope=READ)


async def each_page(make: Make, store_id: int, most: int) -> AsyncIterator[RecordPage]:
    """Read records page by page, up to `most` of them."""
    read = 0
    while read < most:
        page = await read_records(make, store_id, min(_PAGE, most - read), read)
        yield page
        read += len(page.records)
        if not page.records or read >= page.count:
            return


async def find_record(make: Make, store: Store, key: str) -> tuple[Record, RecordPage]:
    """Find a record by its key; Make has no endpoint for one record, so all are looked through.

    Returns:
        The record, and the page it was on (for the structure).

    Raises:
        Failure: There is no such record.
    """
    async for page in each_page(make, store.id, max(store.records * 2, _PAGE)):
        for record in page.records:
            if record.key == key:
                return record, page
    raise Failure(
        f"The data store “{store.name}” ({store.id}) has no record “{key}”.",
        next_step="See its keys with `data_store_record_list`, or add the record with"
        " `data_store_record_create`.",
        code="not_found",
    )


def record_path(store_id: int, key: str) -> str:
    """Give the path of one record; the key may hold any characters."""
    return f"/data-stores/{store_id}/data/{quote(key, safe='')}"


# Putting back what was deleted


async def most_backed_up(make: Make, team_id: int) -> int:
    """Say how many records an undo may put back: one call each, within a minute's calls."""
    organization = (await make.account()).organization_of(team_id)
    a_minute = organization.calls_per_minute if organization else 0
    return min(_MOST_BACKED_UP, max(a_minute - 10, 10)) if a_minute else _MOST_BACKED_UP


def puts_back(path: str, records: Sequence[Record]) -> tuple[Request, ...]:
    """Give the requests that add records again."""
    return tuple(post(path, {"key": record.key, "data": record.data}) for record in records)


def is_small(records: Sequence[Record]) -> bool:
    """Tell whether records are few bytes enough to be kept for an undo."""
    return sum(len(record.model_dump_json()) for record in records) <= _LARGEST_BACKUP_BYTES
