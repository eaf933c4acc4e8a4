"""Rows into a data store: compared with what it holds, shown as a plan, sent at Make's pace."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from make_mcp_base.authoring import (
    DataStoreId,
    Document,
    Failure,
    Input,
    Irreversible,
    Make,
    Output,
    Problem,
    Request,
    Undo,
    delete,
    patch,
    post,
    put,
)
from make_mcp_base.client.failures import RateLimited
from make_mcp_base.safety.redaction import HIDDEN
from pydantic import Field

from make_mcp_core_tools._engine.attempts import attempted
from make_mcp_core_tools._engine.call_minute import calls_of_minute
from make_mcp_core_tools._engine.data_fields import is_same, record_problems
from make_mcp_core_tools._engine.data_rows import (
    KEY,
    Format,
    Row,
    Rows,
    form_of,
    rows_of_objects,
    rows_of_text,
    with_keys,
)
from make_mcp_core_tools.folders.declared import category
from make_mcp_core_tools.folders.putting_back import is_small, most_put_back, puts_back
from make_mcp_core_tools.folders.record_watches import puts_all_back, takes_back
from make_mcp_core_tools.folders.stores import (
    PAGE,
    Record,
    RecordPage,
    Store,
    each_page,
    read_store,
    record_path,
)

_MOST_ROWS = 20_000
_LONGEST_TEXT = 5_000_000
_MOST_KEYS = 500
_WATCHED = 10
"""Up to so many changes, an undo looks first whether each record is still as it was left."""
_MOST_TOLD = 50
_MOST_REFUSED = 20
_UNSEEN = "Records of these keys that were changed again since are taken back as well."

Mode = Literal["insert", "upsert", "replace"]

# Inputs


class ImportRecords(Input):
    data_store_id: DataStoreId
    rows: list[Document] = Field(default=[], max_length=_MOST_ROWS)
    """Records as {$key, members…} or {key, data}; or `text`."""
    text: str | None = Field(default=None, max_length=_LONGEST_TEXT)
    """NDJSON, a JSON list, or CSV with a header line; its cells get the types of the data
    structure, an empty one is left out."""
    format: Format | None = None
    """Of `text`; without it told from how the text begins."""
    mode: Mode = "upsert"
    """`insert`: new keys only. `upsert`: add, or change the members given. `replace`: the store
    holds these rows afterwards and nothing else."""
    key_field: str = Field(default=KEY, min_length=1)
    """Member with the record's key; another one than $key also stays in the data. With `insert`
    rows may have no key: it is then made of what they hold."""
    skip_bad: bool = False
    """Leave bad rows out; without it one bad row and nothing is sent."""


# Outputs


class BadRow(Output):
    line: int
    """Line of the text; rows of a list count from 1."""
    problem: str


class Imported(Output):
    added: int
    updated: int
    deleted: int
    """Records that `replace` took away."""
    unchanged: int
    """Rows the store held already."""
    bad: int
    bad_rows: list[BadRow] = []
    """The first 50."""
    left: int
    """Rows for the next call: send the same once more, what is there is skipped."""
    changed: bool


# Make's answers


class Anything(Output):
    pass


class Saved(Output):
    key: str
    data: Document = {}


# Tools


@category.tool(
    scope="datastores:write",
    effect="update",
    confirm=True,
    words=("upload", "csv", "json", "ndjson", "load", "bulk", "fill"),
    examples=(
        ImportRecords(data_store_id=8, rows=[{"$key": "DE-19", "rate": 0.19}]),
        ImportRecords(data_store_id=8, text="sku,price\nA-1,9.5\n", key_field="sku"),
    ),
)
async def data_store_import(make: Make, args: ImportRecords) -> Imported:
    """Put many rows into a data store; answers with a plan first, bad rows named by line.

    A call sends what three quarters of a minute's API calls carry, at most 500 rows; send the same
    again a minute later for the rest, since rows that are in are skipped.
    """
    _refuse_unclear(args)
    store = await read_store(make, args.data_store_id)
    work = await _understood(make, args, store)
    _refuse_bad(work, args)
    _tell(make, work)
    await _send(make, store, work, skip=args.skip_bad)
    is_through = not work.left and (args.skip_bad or not work.bad)
    doomed = work.doomed if is_through else []
    await _remove(make, store, doomed, work.most - work.updated)
    return Imported(
        added=work.added,
        updated=work.updated,
        deleted=len(doomed),
        unchanged=work.unchanged,
        bad=len(work.bad),
        bad_rows=[BadRow(line=line, problem=text) for line, text in sorted(work.bad)[:_MOST_TOLD]],
        left=work.left,
        changed=bool(work.added or work.updated or doomed),
    )


# What is asked for


@dataclass
class _Work:
    """What an import comes to.

    Attributes:
        mode: As it was asked for.
        held: What the store holds, by key.
        shape: A page of it, which tells the structure.
        most: How many rows this call may send.
        todo: Rows that change something.
        bad: Line and reason of rows that cannot be sent.
        doubts: What a structure that is not strict lets pass.
        doomed: Records that `replace` takes away.
        unchanged: Rows the store holds already.
        left: Rows that are for the next call.
        added: Records that were added.
        updated: Records that were changed.
        refused: Rows that Make refused.
    """

    mode: Mode
    held: dict[str, Document]
    shape: RecordPage
    most: int
    todo: list[Row] = field(default_factory=list[Row])
    bad: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    doubts: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    doomed: list[Record] = field(default_factory=list[Record])
    unchanged: int = 0
    left: int = 0
    added: int = 0
    updated: int = 0
    refused: int = 0

    @property
    def sent(self) -> list[Row]:
        """Rows that this call sends."""
        return self.todo[: self.most]


def _refuse_unclear(args: ImportRecords) -> None:
    if bool(args.rows) == (args.text is not None):
        raise _refusal([Problem("rows", "exactly one of `rows` and `text` is needed.")])


async def _understood(make: Make, args: ImportRecords, store: Store) -> _Work:
    pages = [page async for page in each_page(make, store.id, max(store.records * 2, 1))]
    held = {record.key: record.data for page in pages for record in page.records}
    room = await _room(make, store) - 2 * len(pages)
    work = _Work(args.mode, held, pages[0], max(room, 1))
    rows = _read(args, pages[0])
    work.bad = rows.bad
    named = with_keys(rows.good) if args.mode == "insert" else rows.good
    lines: dict[str, int] = {}
    for row in named:
        _place(work, row, lines, args.key_field)
    if args.mode == "replace":
        work.doomed = [Record(key=key, data=held[key]) for key in held if key not in lines]
    _check_space(store, work)
    work.left = max(0, len(work.todo) - work.most)
    return work


async def _room(make: Make, store: Store) -> int:
    """Say how many rows a call sends: three quarters of a minute's calls, and what can go back."""
    most = await most_put_back(make, store.team_id)
    a_minute = await calls_of_minute(make, store.team_id)
    return min(most, a_minute * 3 // 4) if a_minute else most


def _read(args: ImportRecords, shape: RecordPage) -> Rows:
    if args.text is None:
        return rows_of_objects(args.rows, args.key_field)
    form = args.format or form_of(args.text)
    try:
        return rows_of_text(args.text, form, args.key_field, shape.spec)
    except ValueError as wrong:
        raise _refusal([Problem("text", f"cannot be read as {form}: {wrong}.")]) from None


def _place(work: _Work, row: Row, lines: dict[str, int], key_field: str) -> None:
    """Say what becomes of a row: it is sent, it is there already, or it is bad."""
    key = row.key
    if key is None:
        fix = "name the member that holds it in `key_field`"
        work.bad.append((row.line, f"has no {key_field}, which is its key; {fix}."))
        return
    if key in lines:
        work.bad.append((row.line, f"has the key “{key}” of line {lines[key]}."))
        return
    lines[key] = row.line
    former = work.held.get(key)
    faults = _faults(work, row)
    if faults:
        work.bad.append((row.line, " ".join(faults)))
    elif former is not None and _is_there(row.data, former, whole=work.mode == "replace"):
        work.unchanged += 1
    elif former is not None and work.mode == "insert":
        work.bad.append((row.line, f"the store has another record “{key}” already."))
    else:
        work.todo.append(row)


def _faults(work: _Work, row: Row) -> list[str]:
    shape, partial = work.shape, work.mode == "upsert" and row.key in work.held
    if HIDDEN in json.dumps(row.data):
        return [f"holds `{HIDDEN}`, which stands for a secret that is not shown."]
    found = record_problems(row.data, shape.spec, strangers=shape.strict, partial=partial, path="")
    texts = [f"{p.path.removeprefix('.')} {p.problem}" for p in found]
    if not shape.strict:
        work.doubts += [(row.line, text) for text in texts]
        return []
    return texts


def _is_there(data: Document, former: Document, *, whole: bool) -> bool:
    """Tell whether a record holds what a row says; an absent member is as good as null."""
    names = data.keys() | former.keys() if whole else data.keys()
    return all(is_same(former.get(name), data.get(name)) for name in names)


def _check_space(store: Store, work: _Work) -> None:
    """Refuse rows that the store has no room for, as far as their JSON tells."""
    after = {key: _size(data) for key, data in work.held.items()}
    for row in work.todo:
        former = work.held.get(row.key or "", {}) if work.mode == "upsert" else {}
        after[row.key or ""] = _size(former | row.data)
    needed = sum(after.values())
    if needed > store.max_size and needed > sum(map(_size, work.held.values())):
        fix = f"Make room with `data_store_update` max_size_mb={-(-needed // 1_048_576)}."
        text = f"need {needed:,} bytes with what is there; the store has {store.max_size:,}."
        raise _refusal([Problem("rows", text, fix)])


def _size(data: Document) -> int:
    return len(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


def _refuse_bad(work: _Work, args: ImportRecords) -> None:
    if not work.bad or args.skip_bad:
        return
    shown = sorted(work.bad)[:_MOST_TOLD]
    raise _refusal(
        [Problem(f"line {line}", text) for line, text in shown],
        f"Bad rows: {len(work.bad)}."
        + (f" The first {len(shown)} are named." if len(shown) < len(work.bad) else ""),
    )


def _refusal(problems: Sequence[Problem], why: str = "") -> Failure:
    return Failure(
        "Nothing was sent to the data store.",
        why=why,
        next_step="Call `data_store_import` again with the corrections above, or with"
        " skip_bad=true to leave bad rows out.",
        code="invalid_record" if why else "invalid_arguments",
        problems=problems,
    )


def _tell(make: Make, work: _Work) -> None:
    fresh = sum(row.key not in work.held for row in work.sent)
    changed = len(work.sent) - fresh
    make.affects(f"Records added: {fresh}; changed: {changed}; as they are: {work.unchanged}.")
    if work.left:
        make.warn(
            f"{work.left} more rows are for the next calls: send the same once more, a minute"
            " later; rows that are in are skipped."
        )
    if work.bad:
        make.affects(f"Bad rows left out: {len(work.bad)}. {_some(work.bad)}")
    if work.doubts:
        make.warn(
            "The data structure is not strict, so what does not fit it is sent as it is"
            f" ({len(work.doubts)}): {_some(work.doubts)}"
        )
    if work.doomed and work.left:
        make.warn(f"{len(work.doomed)} other records stay until all rows are in.")


def _some(found: Sequence[tuple[int, str]]) -> str:
    return "; ".join(f"line {line}: {text}" for line, text in sorted(found)[:5])


# Doing it


async def _send(make: Make, store: Store, work: _Work, *, skip: bool) -> None:
    """Send the rows that this call may send; what Make refuses joins the bad ones."""
    sent = work.sent
    undos = _undos(store, work)
    for at, row in enumerate(sent):
        try:
            fault = (await attempted(_put(make, store, work, row, undos[at])))[1]
        except RateLimited:
            work.left += len(sent) - at
            make.warn("Make's limit of calls was reached; send the same once more in a minute.")
            return
        if fault:
            work.refused += 1
            work.bad.append((row.line, f"Make refused it: {fault}"))
        if fault and (not skip or work.refused >= _MOST_REFUSED):
            work.left += len(sent) - at - 1
            return
        await make.progress(at + 1, len(sent), "Rows sent")


async def _put(make: Make, store: Store, work: _Work, row: Row, undo: Undo) -> None:
    key = row.key or ""
    former = work.held.get(key)
    path, where = record_path(store.id, key), f"the data store “{store.name}” ({store.id})"
    if former is None:
        request = post(f"/data-stores/{store.id}/data", {"key": key, "data": row.data})
        says = f"Add the record “{key}” to {where}"
    else:
        request = (put if work.mode == "replace" else patch)(path, row.data)
        says = f"Change the record “{key}” of {where}"
    predict: Document = {"key": key, "data": row.data}
    await make.write(request, into=Saved, says=says, before=former, predict=predict, undo=undo)
    work.added += former is None
    work.updated += former is not None


def _undos(store: Store, work: _Work) -> list[Undo]:
    """Say how each row is taken back: few with a look first, many with as few calls as can be."""
    added = [row.key or "" for row in work.sent if row.key not in work.held]
    path, first = f"/data-stores/{store.id}/data", True
    undos: list[Undo] = []
    for row in work.sent:
        key, former = row.key or "", work.held.get(row.key or "")
        back = delete(path, {"keys": [key]}) if former is None else _back(store, key, former)
        if len(work.sent) <= _WATCHED:
            undos.append(_looked_at(store, work, row, back))
        elif former is not None:
            undos.append(Undo((back,), note=_UNSEEN))
        else:
            undos.append(Undo((delete(path, {"keys": added}),) if first else (), note=_UNSEEN))
            first = False
    return undos


def _back(store: Store, key: str, former: Document) -> Request:
    return put(record_path(store.id, key), former)


def _looked_at(store: Store, work: _Work, row: Row, back: Request) -> Undo:
    key = row.key or ""
    former = work.held.get(key, {})
    return takes_back(
        back,
        store,
        key,
        row.data if work.mode == "replace" else former | row.data,
        is_on_first_page=len(work.held) + len(work.sent) <= PAGE,
    )


async def _remove(make: Make, store: Store, doomed: list[Record], most: int) -> None:
    """Delete what `replace` takes away, some hundred records a request."""
    if doomed:
        make.affects(f"{len(doomed)} of {store.records} records are deleted: not among the rows.")
    for start in range(0, len(doomed), _MOST_KEYS):
        some = doomed[start : start + _MOST_KEYS]
        keys = [record.key for record in some]
        path = f"/data-stores/{store.id}/data"
        comes_back = len(doomed) <= most and is_small(doomed)
        await make.write(
            delete(path, {"keys": keys}),
            into=Anything,
            says=f"Delete {len(keys)} records of the data store “{store.name}” ({store.id})",
            before=list(keys),
            predict={},
            undo=puts_all_back(puts_back(path, some), store, keys)
            if comes_back
            else Irreversible(
                f"{len(doomed)} deleted records are more than an undo can put back. Read them"
                " first with `data_store_export` if they matter."
            ),
        )
