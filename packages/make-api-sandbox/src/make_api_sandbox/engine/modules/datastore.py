"""The Data store app: reads and writes the organization's own data stores."""

import hashlib
from collections.abc import Sequence

from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.engine.expressions import let_through, scope
from make_api_sandbox.engine.fields import conform, required
from make_api_sandbox.engine.modules.flow import numbered
from make_api_sandbox.engine.registry import Operation, module
from make_api_sandbox.engine.values import (
    Bundle,
    Json,
    Value,
    members,
    number,
    plain,
    size,
    text,
    truth,
    whole,
)


@module("datastore:AddRecord")
async def add_record(operation: Operation) -> Sequence[Bundle]:
    """Add a record, or replace one when `overwrite` is set."""
    store = _store(operation)
    key = text(operation.mapper.get("key")) or _generated_key(operation)
    former = operation.run.transaction.get(store, key)
    if former is not None and not truth(operation.mapper.get("overwrite")):
        raise ModuleError("DuplicateDataError", f"Duplicate key '{key}'.")
    record = _record(operation, store)
    return [{"key": key, **_write(operation, store, key, record)}]


@module("datastore:UpdateRecord")
async def update_record(operation: Operation) -> Sequence[Bundle]:
    """Change the mapped fields of a record; `upsert` inserts a missing one.

    Fields that are null leave the record as it is, those that are erased become null.
    """
    store = _store(operation)
    required(operation.mapper, "key")
    key = text(operation.mapper["key"])
    former = operation.run.transaction.get(store, key)
    if former is None and not truth(operation.mapper.get("upsert")):
        raise ModuleError("DataError", f"The record with key '{key}' does not exist.")
    extend = not truth(operation.mapper.get("overwriteArrays", True))
    merged = _merged(former or {}, _given(operation, store), extend)
    for name in merged:
        if f"data.{name}" in operation.erased:
            merged[name] = None
    return [{"key": key, **_write(operation, store, key, merged)}]


def _merged(former: Bundle, changes: Bundle, extend_arrays: bool) -> Bundle:
    merged = dict(former)
    for name, value in changes.items():
        old = merged.get(name)
        if value is None:
            continue
        if extend_arrays and isinstance(old, list) and isinstance(value, list):
            merged[name] = old + value
        else:
            merged[name] = value
    return merged


@module("datastore:GetRecord")
async def get_record(operation: Operation) -> Sequence[Bundle]:
    """Read a record; a missing one gives a bundle with empty fields."""
    store = _store(operation)
    required(operation.mapper, "key")
    key = text(operation.mapper["key"])
    found = operation.run.transaction.get(store, key)
    record = found if found is not None else dict.fromkeys(_names(operation, store))
    operation.size = size(found)
    if truth(operation.mapper.get("returnWrapped")):
        return [{"key": key, "data": record if found is not None else None}]
    return [dict(record)]


@module("datastore:SearchRecord")
async def search_records(operation: Operation) -> Sequence[Bundle]:
    """Find records by conditions on field names, sorted and limited."""
    store = _store(operation)
    found = [
        (key, record)
        for key, record in operation.run.transaction.records(store)
        if _meets(operation, key, record)
    ]
    for rule in reversed([r for r in _rows(operation.mapper.get("sort")) if isinstance(r, dict)]):
        path = text(rule.get("field", rule.get("name")))
        descending = text(rule.get("order")).lower() in ("desc", "descending", "-1")
        found.sort(key=lambda row, path=path: _rank(_at(row[0], row[1], path)), reverse=descending)
    limit = whole(operation.mapper.get("mappAbleLimit")) or whole(operation.mapper.get("limit"))
    limit = limit or whole(operation.parameters.get("limit"))
    rows: list[Value] = [{"key": key, "data": record} for key, record in found[: limit or None]]
    operation.size = sum(size(record) for _, record in found[: limit or None])
    if not rows and truth(_setting(operation, "continueWhenNoRes")):
        return [{"__IMTLENGTH__": 0}]
    return numbered(rows)


@module("datastore:ExistRecord")
async def exist_record(operation: Operation) -> Sequence[Bundle]:
    """Tell whether a record exists."""
    store = _store(operation)
    required(operation.mapper, "key")
    found = operation.run.transaction.get(store, text(operation.mapper["key"]))
    return [{"exist": found is not None}]


@module("datastore:DeleteRecord")
async def delete_record(operation: Operation) -> Sequence[Bundle]:
    """Delete a record; a missing one is an error."""
    store = _store(operation)
    required(operation.mapper, "key")
    key = text(operation.mapper["key"])
    if operation.run.transaction.get(store, key) is None:
        raise ModuleError("DataError", f"The record with key '{key}' does not exist.")
    operation.run.transaction.delete(store, key)
    return [{"key": key}]


@module("datastore:DeleteAllRecords")
async def delete_all_records(operation: Operation) -> Sequence[Bundle]:
    """Delete every record of a store."""
    store = _store(operation)
    for key, _ in list(operation.run.transaction.records(store)):
        operation.run.transaction.delete(store, key)
    return [{}]


@module("datastore:CountRecords")
async def count_records(operation: Operation) -> Sequence[Bundle]:
    """Count the records of a store."""
    return [{"count": len(operation.run.transaction.records(_store(operation)))}]


def _store(operation: Operation) -> int:
    ident = whole(_setting(operation, "datastore"))
    if ident is None or not operation.run.transaction.exists(ident):
        raise ModuleError("InvalidConfigurationError", f"Data store {ident} does not exist.")
    return ident


def _setting(operation: Operation, name: str) -> object:
    return operation.parameters.get(name, operation.mapper.get(name))


def _generated_key(operation: Operation) -> str:
    """Twelve hexadecimal characters, as Make generates them."""
    seed = f"{operation.run.start.execution_id}:{operation.module_id}:{operation.run.steps}"
    return hashlib.sha256(seed.encode()).hexdigest()[:12]


def _names(operation: Operation, store: int) -> list[str]:
    fields = operation.run.transaction.fields(store) or []
    return [str(field.get("name")) for field in map(members, fields)]


def _given(operation: Operation, store: int) -> Bundle:
    """Mapped fields of the record; fields the structure does not know are dropped."""
    data = operation.mapper.get("data")
    given = data if isinstance(data, dict) else {}
    fields = operation.run.transaction.fields(store)
    if fields is None:
        return given
    names = _names(operation, store)
    return {name: value for name, value in given.items() if name in names}


def _record(operation: Operation, store: int) -> Bundle:
    fields = operation.run.transaction.fields(store) or []
    return conform(fields, _given(operation, store))


def _write(operation: Operation, store: int, key: str, record: Bundle) -> Bundle:
    stored: Bundle = {name: plain(value) for name, value in record.items()}  # type: ignore[misc]
    operation.size = size(stored)
    operation.run.transaction.put(store, key, stored)
    return stored


def _rows(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


def _meets(operation: Operation, key: str, record: Bundle) -> bool:
    """Test the conditions, whose left side is the name of a field and not an expression.

    Both sides are handed over as outputs of made-up modules, so braces in stored data stay data.
    """
    left: Bundle = {}
    right: Bundle = {}
    groups: list[Json] = []
    for group in _groups(operation.mapper.get("filter")):
        tests: list[Json] = []
        for condition in group:
            at = f"c{len(left)}"
            left[at] = _at(key, record, text(condition.get("a")))
            right[at] = condition.get("b")
            test: dict[str, Json] = {"a": f"{{{{1.{at}}}}}", "o": text(condition.get("o"))}
            if "b" in condition:
                test["b"] = f"{{{{2.{at}}}}}"
            tests.append(test)
        groups.append(tests)
    within = scope(operation.run.surroundings, {1: left, 2: right}, operation.run.now())
    return let_through(groups, within)


def _groups(value: Value) -> list[list[Bundle]]:
    rows = _rows(value)
    groups = rows if any(isinstance(row, list) for row in rows) else [rows] if rows else []
    return [[each for each in _rows(group) if isinstance(each, dict)] for group in groups]


def _at(key: str, record: Bundle, path: str) -> Value:
    if path in ("key", "__KEY__"):
        return key
    value: Value = record
    for part in path.removeprefix("data.").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _rank(value: Value) -> tuple[int, float, str]:
    """Order values of mixed types: empty ones first, then numbers, then texts."""
    if value is None:
        return (0, 0, "")
    if not isinstance(value, str) and (parsed := number(value)) is not None:
        return (1, parsed, "")
    return (2, 0, text(value))
