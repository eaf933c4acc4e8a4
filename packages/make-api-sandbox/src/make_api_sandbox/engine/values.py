"""Values that travel between modules, and how they look as JSON."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias, cast

from make_blueprint.iml.values import Special
from make_blueprint.iml.values import Value as Value

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""What a blueprint, an API body or a stored record is made of."""

Bundle: TypeAlias = dict[str, Value]
"""One output of one module."""

Module: TypeAlias = dict[str, Json]
"""A module as it stands in a blueprint."""


def members(value: object) -> dict[str, Json]:
    """Read a blueprint member that should be an object; anything else counts as empty."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def items(value: object) -> list[Json]:
    """Read a blueprint member that should be a list; anything else counts as empty."""
    return cast("list[Json]", value) if isinstance(value, list) else []


def whole(value: object) -> int | None:
    """Read an id or a count that may be written as text; None when it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    try:
        return int(str(value).strip())
    except ValueError:
        return None


def truth(value: object) -> bool:
    """Read a switch that may be written as text."""
    return value.strip().lower() == "true" if isinstance(value, str) else bool(value)


def stamp(moment: datetime) -> str:
    """Write a moment the way the API does: UTC with milliseconds and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(value: object) -> Json:
    """Turn a value into JSON: dates as ISO text, buffers as Make's `IMTBuffer(...)` text."""
    if value is None or isinstance(value, Special):
        return None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, bytes):
        digest = hashlib.sha1(value, usedforsecurity=False).hexdigest()
        return f"IMTBuffer({len(value)}, binary, {digest}): {value.hex()}"
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value)
        return {str(key): plain(member) for key, member in pairs.items()}
    if isinstance(value, list | tuple):
        return [plain(member) for member in cast("list[object]", value)]
    return str(value)


BUFFER = re.compile(r"IMTBuffer\(([0-9]+), binary, ([0-9a-f]{40})\): ((?:[0-9a-f]{2})*)")


def revived(value: Json) -> Value:
    """Undo `plain` for buffers, at any depth; everything else stays as it is."""
    if isinstance(value, str) and value.startswith("IMTBuffer("):
        return _buffer(value)
    if isinstance(value, list):
        return [revived(each) for each in value]
    if isinstance(value, dict):
        return {key: revived(each) for key, each in value.items()}
    return value


def _buffer(written: str) -> Value:
    match = BUFFER.fullmatch(written)
    data = bytes.fromhex(match[3]) if match else b""
    return data if match and plain(data) == written else written


def as_value(value: Json) -> Value:
    """JSON is a value too; only its type has to be told."""
    return cast("Value", value)


def as_bundle(value: Mapping[str, Json]) -> Bundle:
    """A JSON object as a bundle."""
    return cast("Bundle", dict(value))


def text(value: Value) -> str:
    """Write a value as text the way a text field receives it."""
    if value is None or isinstance(value, Special):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, list):
        return ",".join(text(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(plain(value), ensure_ascii=False)
    return str(value)


def number(value: Value) -> float | int | None:
    """Read a number, also from text; None when the value is not one."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        return int(value)
    except ValueError:
        pass
    try:
        parsed = float(value)
    except ValueError:
        return None
    return parsed if parsed == parsed and abs(parsed) != float("inf") else None


def size(value: Value) -> int:
    """Bytes of a value: buffers as they are, everything else as compact JSON."""
    if value is None:
        return 0
    if isinstance(value, bytes):
        return len(value)
    return len(json.dumps(plain(value), ensure_ascii=False, separators=(",", ":")).encode())
