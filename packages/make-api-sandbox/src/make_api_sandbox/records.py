"""Data structures and the records that follow them (API reference, chapters 1.17 and 2.14).

Used by the data-store endpoints and by the modules that read and write data stores.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

Fault = tuple[str, str]
"""Path of a member and what is wrong with it."""

FIELD_TYPES = ("boolean", "text", "number", "date", "buffer", "collection", "array")
"""Types the documentation names for data structures."""


# Structures


def spec_faults(spec: object, path: str = "spec") -> list[Fault]:
    """What is wrong with a list of fields; empty when it may be saved."""
    if not isinstance(spec, list):
        return [(path, f"'{path}' should be array.")]
    fields = cast("list[object]", spec)
    found = [fault for at, one in enumerate(fields) for fault in field_faults(one, f"{path}[{at}]")]
    return found + list(_repeated(fields, path))


def field_faults(field: object, path: str, *, named: bool = True) -> list[Fault]:
    """What is wrong with one field, its nested fields included."""
    if not isinstance(field, dict):
        return [(path, f"'{path}' should be object.")]
    one = cast(JsonObject, field)
    faults: list[Fault] = []
    if named and not (isinstance(one.get("name"), str) and one["name"]):
        faults.append((f"{path}.name", f"Missing value of required parameter '{path}.name'."))
    if one.get("type") not in FIELD_TYPES:
        known = ", ".join(FIELD_TYPES)
        faults.append((f"{path}.type", f"'{path}.type' should be one of: {known}."))
    return faults + _nested_faults(one, f"{path}.spec")


def _nested_faults(field: JsonObject, path: str) -> list[Fault]:
    if field.get("type") == "collection" and "spec" in field:
        return spec_faults(field["spec"], path)
    if field.get("type") == "array" and "spec" in field:
        nested = field["spec"]
        if isinstance(nested, list):
            return spec_faults(cast("list[object]", nested), path)
        return field_faults(nested, path, named=False)
    return []


def _repeated(fields: Sequence[object], path: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for field in fields:
        name = str(cast(JsonObject, field).get("name", "")) if isinstance(field, dict) else ""
        if name and name in seen:
            yield path, f"Field '{name}' is given twice in '{path}'."
        seen.add(name)


# Records


def record_faults(data: object, spec: Sequence[JsonObject], *, path: str = "data") -> list[Fault]:
    """What in a record a strict structure refuses: strangers, absences and wrong types."""
    if not isinstance(data, dict):
        return [(path, f"'{path}' should be object.")]
    record = cast(JsonObject, data)
    fields = {str(field["name"]): field for field in spec}
    faults = [
        (f"{path}.{name}", f"Unknown member '{path}.{name}'.")
        for name in record
        if name not in fields
    ]
    for name, field in fields.items():
        value = record.get(name)
        if value is None and field.get("required"):
            at = f"{path}.{name}"
            faults.append((at, f"Missing value of required parameter '{at}'."))
        elif value is not None:
            faults += value_faults(value, field, f"{path}.{name}")
    return faults


def value_faults(value: Any, field: JsonObject, path: str) -> list[Fault]:
    """What is wrong with one value against its field."""
    kind = str(field["type"])
    if not _fits(value, kind):
        return [(path, f"'{path}' should be {kind}.")]
    nested = field.get("spec")
    if kind == "collection" and nested:
        return record_faults(value, nested, path=path)
    if kind == "array" and nested:
        item = _item_field(nested)
        return [
            fault
            for at, one in enumerate(cast("list[Any]", value))
            for fault in value_faults(one, item, f"{path}[{at}]")
        ]
    return []


def _item_field(spec: object) -> JsonObject:
    """The field of an array's items: given as one field, or as the fields of a collection."""
    return (
        cast(JsonObject, spec) if isinstance(spec, dict) else {"type": "collection", "spec": spec}
    )


def _fits(value: Any, kind: str) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "date":
        return isinstance(value, str) and _is_date(value)
    wanted = {"boolean": bool, "text": str, "buffer": str, "collection": dict, "array": list}
    return isinstance(value, wanted.get(kind, object))


def _is_date(text: str) -> bool:
    try:
        parse_stamp(text)
    except ValueError:
        return False
    return True


def completed(data: JsonObject, spec: Sequence[JsonObject]) -> JsonObject:
    """A new record with absent fields filled: their default, else null."""
    absent = {str(f["name"]): f.get("default") for f in spec if f["name"] not in data}
    return {**data, **absent}


def size_of(key: str, data: JsonObject) -> int:
    """Bytes a record takes: its key and its JSON."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return len(key.encode()) + len(text.encode())


# Stores


def structure_of(world: World, store: Row) -> Row | None:
    """The data structure of a store, or None."""
    return world.get("data_structures", store["data_structure_id"] or 0)


def used_bytes(world: World, store_id: int) -> int:
    """Bytes of all records of a store."""
    sql = "SELECT coalesce(sum(size), 0) FROM data_store_records WHERE data_store_id = ?"
    return world.value(sql, store_id)


def free_bytes(world: World, store: Row) -> int:
    """Bytes a store can still take."""
    return store["max_size"] - used_bytes(world, store["id"])


def put(world: World, store_id: int, key: str, data: JsonObject) -> None:
    """Write a record, replacing one of the same key; limits and structure are the caller's."""
    world.execute(
        "INSERT INTO data_store_records (data_store_id, key, data, size) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (data_store_id, key) DO UPDATE SET data = excluded.data,"
        " size = excluded.size",
        store_id,
        key,
        json.dumps(data, ensure_ascii=False),
        size_of(key, data),
    )
