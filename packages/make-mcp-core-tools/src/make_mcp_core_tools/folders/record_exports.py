"""Records of a data store as text, in pieces that fit an answer, or whole as a resource."""

import json
from collections.abc import Sequence
from typing import Any

from make_mcp_base.authoring import (
    DataStoreId,
    Document,
    Input,
    Make,
    Output,
    PageInput,
    page_of,
)
from make_mcp_base.safety.redaction import redact
from pydantic import Field

from make_mcp_core_tools._engine.data_rows import KEY, Format, csv_line, line_of
from make_mcp_core_tools.folders.declared import category
from make_mcp_core_tools.folders.stores import (
    PAGE,
    Record,
    RecordPage,
    each_page,
    read_records,
    read_store,
)

_MOST_RESOURCE_BYTES = 5_000_000
_BESIDE_TEXT = 600
"""Characters of an answer that are not the exported text."""

# Inputs


class ExportRecords(Input):
    data_store_id: DataStoreId
    format: Format = "ndjson"
    """`ndjson`: an object a line; `csv`: nested values as JSON in their cells."""
    fields: list[str] = Field(default=[], max_length=200)
    """Only these members of each record; all without it."""
    max_bytes: int = Field(default=12_000, ge=1_000, le=60_000)
    """Longest answer, in characters."""
    cursor: str | None = None
    """`next_cursor` of the answer before."""


# Outputs


class Exported(Output):
    text: str
    """Records as lines, each with its key as `$key`; the next pieces are appended to it. In CSV the
    first piece has the header; pieces of `json` are a list each."""
    records: int
    """In this piece."""
    total: int
    """In the store."""
    hidden: int | None = None
    """Records of this piece with a member that looks like a secret and is not shown."""
    next_cursor: str | None = None
    """Send as `cursor` for the next piece; absent with the last one."""
    resource: str
    """Where all records can be read at once."""


# Tools


@category.tool(
    scope="datastores:read",
    effect="read",
    words=("download", "csv", "json", "ndjson", "dump", "backup"),
    examples=(ExportRecords(data_store_id=8, format="csv"),),
)
async def data_store_export(make: Make, args: ExportRecords) -> Exported:
    """Write the records of a data store as NDJSON, JSON or CSV, piece by piece.

    `data_store_import` reads it back. What looks like a secret is hidden, and counted in `hidden`.
    """
    store = await read_store(make, args.data_store_id)
    first = await read_records(make, store.id, 1)
    places, _ = page_of(range(first.count), PageInput(limit=1, cursor=args.cursor))
    start = places[0] if places else first.count
    _tell_unknown(make, args.fields, first)
    columns = await _columns(make, args, first, store.id) if args.format == "csv" else []
    piece = _Piece(args, columns, header=start == 0)
    while start + piece.records < first.count and not piece.is_full:
        page = await read_records(make, store.id, PAGE, start + piece.records)
        if not page.records:
            break
        piece.take(page.records)
    cut = PageInput.model_construct(limit=piece.records, cursor=args.cursor)
    _, more = page_of(range(first.count), cut)
    return Exported(
        text=piece.text,
        records=piece.records,
        hidden=piece.hidden or None,
        resource=f"make://data-store/{store.id}/records",
        **more,
    )


@category.document("make://data-store/{data_store_id}/records", scope="datastores:read")
async def data_store_records(make: Make, data_store_id: DataStoreId) -> Any:
    """All records of a data store, each with its key as $key; up to 5 MB."""
    store = await read_store(make, data_store_id)
    rows: list[Document] = []
    total, size = 0, 0
    async for page in each_page(make, store.id, max(store.records * 2, 1)):
        total = page.count
        for record in page.records:
            size += len(json.dumps(record.data))
            if size > _MOST_RESOURCE_BYTES:
                break
            rows.append({KEY: record.key, **record.data})
        if size > _MOST_RESOURCE_BYTES:
            break
    left = {"left_out": total - len(rows)} if len(rows) < total else {}
    return {"data_store": store.name, "total": total, **left, "records": rows}


# Parts


class _Piece:
    """Lines, as long as there is room for them in an answer."""

    def __init__(self, args: ExportRecords, columns: Sequence[str], *, header: bool) -> None:
        self.args = args
        self.columns = columns
        self.lines = [csv_line(columns)] if columns and header else []
        self.room = args.max_bytes - _BESIDE_TEXT - sum(map(_written, self.lines))
        self.records = 0
        self.hidden = 0
        self.is_full = False

    @property
    def text(self) -> str:
        """The piece, with the ends of its lines."""
        if self.args.format == "json":
            return "[" + ",\n".join(self.lines) + "]"
        return "".join(f"{line}\n" for line in self.lines)

    def take(self, records: Sequence[Record]) -> None:
        """Add records until the piece is full; the first one in any case."""
        for record in records:
            data = _picked(record.data, self.args.fields)
            shown: Document = redact(data)
            line = line_of(record.key, shown, self.args.format, self.columns)
            self.room -= _written(line)
            if self.room < 0 and self.records:
                self.is_full = True
                return
            self.lines.append(line)
            self.records += 1
            self.hidden += shown != data


def _written(line: str) -> int:
    """Count the characters a line takes inside the JSON of an answer, with its end."""
    return len(json.dumps(line, ensure_ascii=False)) + 2


def _picked(data: Document, fields: Sequence[str]) -> Document:
    return {name: data[name] for name in fields if name in data} if fields else data


def _tell_unknown(make: Make, fields: Sequence[str], shape: RecordPage) -> None:
    """Say which fields no record of a strict structure can have."""
    known = [str(each.get("name")) for each in shape.spec]
    strange = [name for name in fields if name not in known] if shape.strict else []
    if strange:
        make.warn(f"No field is named {', '.join(strange)}. Known: {', '.join(known)}.")


async def _columns(make: Make, args: ExportRecords, shape: RecordPage, store_id: int) -> list[str]:
    """Name the columns of CSV, the same for every piece: of the structure, else of all records."""
    if args.fields:
        return [KEY, *dict.fromkeys(args.fields)]
    names: dict[str, None] = dict.fromkeys(str(each.get("name")) for each in shape.spec)
    if not (shape.spec and shape.strict):
        async for page in each_page(make, store_id, shape.count):
            for record in page.records:
                names.update(dict.fromkeys(record.data))
    return [KEY, *names]
