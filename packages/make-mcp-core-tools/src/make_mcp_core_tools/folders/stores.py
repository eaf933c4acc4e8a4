"""Data stores and their records as Make tells of them (API reference, chapter 2.13)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

from make_mcp_base.authoring import Counter, Document, Failure, Make, Output

MEGABYTE = 1_048_576
READ = "datastores:read"
PAGE = 1_000
"""Records that are read at once."""


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


@dataclass(frozen=True)
class Found:
    """A record with the page it was on, which tells the structure it follows."""

    record: Record
    page: RecordPage
    is_on_first_page: bool


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
        page = await read_records(make, store_id, min(PAGE, most - read), read)
        yield page
        read += len(page.records)
        if not page.records or read >= page.count:
            return


async def find_record(make: Make, store: Store, key: str) -> Found:
    """Find a record by its key; Make has no endpoint for one record, so all are looked through.

    Raises:
        Failure: There is no such record.
    """
    is_first = True
    async for page in each_page(make, store.id, max(store.records * 2, PAGE)):
        for record in page.records:
            if record.key == key:
                return Found(record, page, is_first)
        is_first = False
    raise Failure(
        f"The data store “{store.name}” ({store.id}) has no record “{key}”.",
        next_step="See its keys with `data_store_record_list`, or add the record with"
        " `data_store_record_create`.",
        code="not_found",
    )


def record_path(store_id: int, key: str) -> str:
    """Give the path of one record; the key may hold any characters."""
    return f"/data-stores/{store_id}/data/{quote(key, safe='')}"
