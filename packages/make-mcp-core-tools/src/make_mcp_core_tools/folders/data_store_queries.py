"""Questions to a data store. Make's API has no filter, so records are read and sifted here."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

from make_mcp_base.authoring import (
    DataStoreId,
    Document,
    Failure,
    Input,
    Json,
    Make,
    Page,
    PageInput,
    Problem,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.data_fields import is_date, is_same, moment_of
from make_mcp_core_tools._engine.data_rows import KEY
from make_mcp_core_tools.folders.declared import category
from make_mcp_core_tools.folders.stores import Record, each_page, read_store

Operator = Literal[
    "equals",
    "not_equals",
    "greater",
    "at_least",
    "less",
    "at_most",
    "contains",
    "starts_with",
    "one_of",
    "is_empty",
    "is_present",
]
Function = Literal["count", "sum", "avg", "min", "max"]

# Inputs


class Condition(Input):
    field: str
    """Name, or path such as address.city; $key for the record's key."""
    op: Operator = "equals"
    value: Json = None
    """A list for one_of; nothing for is_empty and is_present. Dates as ISO 8601."""


class Aggregate(Input):
    op: Function
    field: str | None = None
    """Not needed to count records."""


class QueryStore(PageInput):
    data_store_id: DataStoreId
    where: list[Condition] = Field(default=[], max_length=20)
    """All must hold."""
    sort: list[str] = Field(default=[], max_length=5)
    """Fields, most important first; -amount for falling order. Groups also by count, sum_amount."""
    group_by: list[str] = Field(default=[], max_length=5)
    """Fields whose equal values make a group; one row comes back for each."""
    aggregate: list[Aggregate] = Field(default=[], max_length=10)
    """What to compute for each group, or over all records without `group_by`."""
    select: list[str] = []
    """Only these fields of each record; all without it."""
    scan_limit: int = Field(default=10_000, ge=1, le=50_000)
    """Most records to read."""


# Outputs


class QueryResult(Page):
    rows: list[Document]
    """Records as {$key, fields…}, or groups with what was computed."""
    scanned: int
    """Records read."""
    complete: bool
    """False when the store holds more records than were read."""


# Tools


@category.tool(
    scope="datastores:read",
    effect="read",
    words=("filter", "search records", "sum", "count", "aggregate", "sort"),
    examples=(
        QueryStore.model_validate(
            {
                "data_store_id": 8,
                "where": [{"field": "status", "value": "open"}],
                "group_by": ["country"],
                "aggregate": [{"op": "sum", "field": "amount"}],
                "sort": ["-sum_amount"],
            }
        ),
    ),
)
async def data_store_query(make: Make, args: QueryStore) -> QueryResult:
    """Filter, sort, group and sum up the records of a data store.

    Reads up to `scan_limit` records (1,000 a call to Make); `complete` says whether that was all.
    """
    _refuse(_problems(args))
    store = await read_store(make, args.data_store_id)
    records: list[Record] = []
    count = 0
    async for page in each_page(make, store.id, args.scan_limit):
        records += page.records
        count = page.count
        await make.progress(len(records), min(count, args.scan_limit), "Reading records")
    kept = [record for record in records if all(_holds(record, each) for each in args.where)]
    rows = _summed_up(make, kept, args) if args.aggregate or args.group_by else _shown(kept, args)
    page, more = page_of(rows, args)
    if len(records) < count:
        make.warn(f"Only {len(records)} of {count} records were read; raise `scan_limit` for more.")
    return QueryResult(rows=page, scanned=len(records), complete=len(records) >= count, **more)


# What is asked for


def _problems(args: QueryStore) -> list[Problem]:
    problems: list[Problem] = []
    for at, each in enumerate(args.where):
        if each.op == "one_of" and not isinstance(each.value, list):
            problems.append(Problem(f"where[{at}].value", "must be a list for one_of."))
        if each.op in {"contains", "starts_with"} and not isinstance(each.value, str):
            problems.append(Problem(f"where[{at}].value", f"must be a text for {each.op}."))
        if each.op in _ORDERED and not isinstance(each.value, int | float | str):
            problems.append(
                Problem(f"where[{at}].value", f"must be a number, a date or a text for {each.op}.")
            )
    for at, each in enumerate(args.aggregate):
        if each.op != "count" and not each.field:
            problems.append(Problem(f"aggregate[{at}].field", f"is needed for {each.op}."))
    if args.select and (args.group_by or args.aggregate):
        problems.append(Problem("select", "goes with records, not with groups."))
    return problems


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Failure(
            "The question cannot be answered.",
            next_step="Call `data_store_query` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )


# Values


def _value(record: Record, field: str) -> Any:
    """Follow a field's name or path into a record; None where it leads nowhere."""
    if field == KEY:
        return record.key
    return record.data[field] if field in record.data else _at(record.data, field.split("."))


def _at(value: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        if isinstance(value, dict):
            value = cast("Document", value).get(part)
        elif (
            isinstance(value, list) and part.isdigit() and int(part) < len(cast("list[Any]", value))
        ):
            value = cast("list[Any]", value)[int(part)]
        else:
            return None
    return value


def _rank(value: Any) -> tuple[int, Any]:
    """Make values of any kind sortable: numbers, then moments, then texts, then the rest."""
    if isinstance(value, bool):
        return 0, int(value)
    if isinstance(value, int | float):
        return 1, value
    if isinstance(value, str):
        return (2, moment_of(value)) if is_date(value) else (3, value.casefold())
    return 4, str(value)


_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "greater": lambda a, b: a > b,
    "at_least": lambda a, b: a >= b,
    "less": lambda a, b: a < b,
    "at_most": lambda a, b: a <= b,
}


def _holds(record: Record, condition: Condition) -> bool:
    found, wanted = _value(record, condition.field), condition.value
    op = condition.op
    if op in {"is_empty", "is_present"}:
        return (found in (None, "", [], {})) == (op == "is_empty")
    if op in {"equals", "not_equals"}:
        return is_same(found, wanted) == (op == "equals")
    if op == "one_of":
        return any(is_same(found, one) for one in cast("list[Any]", wanted))
    if op in _ORDERED:
        (kind, left), (other, right) = _rank(found), _rank(wanted)
        return kind == other and _ORDERED[op](left, right)
    if op == "contains":
        return _contains(found, str(wanted))
    return isinstance(found, str) and found.casefold().startswith(str(wanted).casefold())


def _contains(found: Any, wanted: str) -> bool:
    """Look for an item in a list, or for a piece of text in anything else."""
    if isinstance(found, list):
        return wanted in cast("list[Any]", found)
    return found is not None and wanted.casefold() in str(found).casefold()


# Rows


def _shown(records: Sequence[Record], args: QueryStore) -> list[Document]:
    ordered = _sorted(list(records), args.sort, _value)
    if args.select:
        return [{KEY: r.key} | {name: _value(r, name) for name in args.select} for r in ordered]
    return [{KEY: record.key} | record.data for record in ordered]


def _sorted(rows: list[Any], sort: Sequence[str], value: Callable[[Any, str], Any]) -> list[Any]:
    """Sort by several fields; what has no value comes last in either direction."""
    for each in reversed(sort):
        name, falling = each.removeprefix("-"), each.startswith("-")
        have = [row for row in rows if value(row, name) is not None]
        lack = [row for row in rows if value(row, name) is None]
        have.sort(key=lambda row: _rank(value(row, name)), reverse=falling)
        rows = [*have, *lack]
    return rows


def _summed_up(make: Make, records: Sequence[Record], args: QueryStore) -> list[Document]:
    groups: dict[tuple[Any, ...], list[Record]] = {} if args.group_by else {(): list(records)}
    if args.group_by:
        for record in records:
            place = tuple(_rank(_value(record, name)) for name in args.group_by)
            groups.setdefault(place, []).append(record)
    wanted = args.aggregate or [Aggregate(op="count")]
    rows = [
        {name: _value(held[0], name) for name in args.group_by}
        | {_title(each): _computed(held, each) for each in wanted}
        for held in groups.values()
    ]
    for each in wanted:
        _tell_skipped(make, records, each)
    return _sorted(rows, args.sort, lambda row, name: row.get(name))


def _title(aggregate: Aggregate) -> str:
    return f"{aggregate.op}_{aggregate.field}" if aggregate.field else aggregate.op


def _computed(records: Sequence[Record], aggregate: Aggregate) -> Any:
    if aggregate.field is None:
        return len(records)
    values = [v for r in records if (v := _value(r, aggregate.field)) is not None]
    if aggregate.op == "count":
        return len(values)
    if aggregate.op in {"min", "max"}:
        if not values:
            return None
        return (min if aggregate.op == "min" else max)(values, key=_rank)
    numbers = [value for value in values if _is_number(value)]
    if aggregate.op == "sum":
        return sum(numbers)
    return sum(numbers) / len(numbers) if numbers else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _tell_skipped(make: Make, records: Sequence[Record], aggregate: Aggregate) -> None:
    if aggregate.op not in {"sum", "avg"} or aggregate.field is None:
        return
    name = aggregate.field
    skipped = sum(not _is_number(_value(record, name)) for record in records)
    if skipped:
        make.warn(f"{skipped} records have no number in {name}; {aggregate.op} leaves them out.")
