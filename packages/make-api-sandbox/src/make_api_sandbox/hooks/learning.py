"""What a hook learns from a sample request."""

from typing import Any, cast

from make_api_sandbox.shapes import JsonObject

DEPTH = 10


def learned(bundle: JsonObject) -> list[JsonObject]:
    """Fields of a bundle as `{name, type}`, with `spec` where there is more inside."""
    return _fields(bundle, DEPTH)


def _fields(bundle: JsonObject, depth: int) -> list[JsonObject]:
    return [{"name": name, **_typed(value, depth)} for name, value in bundle.items()]


def _typed(value: Any, depth: int) -> JsonObject:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        return {"type": "number"}
    if isinstance(value, dict):
        return _with_spec("collection", _fields(cast(JsonObject, value), depth - 1), depth)
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return _with_spec("array", _typed(items[0], depth - 1) if items else None, depth)
    return {"type": "any" if value is None else "text"}


def _with_spec(kind: str, spec: Any, depth: int) -> JsonObject:
    return {"type": kind, "spec": spec} if spec and depth > 0 else {"type": kind}
