"""Answers of modules that the sandbox does not implement.

An app module such as `google-sheets:addRow` is not performed: nothing leaves the sandbox. Its
output is a *sample*, not a call: it is built from the fields that the blueprint itself declares for
the module (`metadata.interface`, else `metadata.expect`) and is the same for every run. A field
that the mapper filled answers with that value, so that what was "written" can be read back.
"""

from collections.abc import Sequence

from make_api_sandbox.engine.registry import Operation
from make_api_sandbox.engine.values import Bundle, Json, Value, items, members, size

DEPTH = 12
"""Deepest nesting of a sample."""

BY_TYPE: dict[str, Value] = {
    "number": 1,
    "integer": 1,
    "uinteger": 1,
    "port": 443,
    "boolean": True,
    "checkbox": True,
    "date": "2026-01-15T09:00:00.000Z",
    "time": "09:00",
    "timestamp": "2026-01-15T09:00:00.000Z",
    "timezone": "UTC",
    "email": "sample@example.com",
    "url": "https://example.com/sample",
    "uuid": "00000000-0000-4000-8000-000000000001",
    "filename": "sample.txt",
    "color": "#000000",
}

VISUAL = frozenset({"banner", "markdown", "html", "separator"})


async def answer_with_samples(operation: Operation) -> Sequence[Bundle]:
    """Return one sample bundle instead of calling the service."""
    metadata = members(operation.raw.get("metadata"))
    declared = items(metadata.get("interface")) or items(metadata.get("expect"))
    bundle = sample(declared, operation.mapper)
    operation.size = size(operation.mapper) + size(bundle)
    return [bundle]


def sample(fields: Sequence[Json], known: Bundle, depth: int = DEPTH) -> Bundle:
    """Build a bundle for a list of fields, taking known values where there are some."""
    bundle: Bundle = {}
    for field in map(members, fields):
        name = str(field.get("name", ""))
        if not name or field.get("type") in VISUAL:
            continue
        value = known.get(name)
        bundle[name] = _value(field, depth) if value is None or value == "" else value
    return bundle


def _value(field: dict[str, Json], depth: int) -> Value:
    kind = str(field.get("type", "text"))
    spec = field.get("spec")
    if depth <= 0:
        return None
    if kind == "collection":
        return sample(items(spec), {}, depth - 1)
    if kind == "array":
        if isinstance(spec, list):
            return [sample(spec, {}, depth - 1)]
        return [_value(members(spec), depth - 1)] if spec else []
    if kind == "select":
        return _first_option(field)
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    return f"Sample {field.get('label') or field.get('name') or 'value'}"


def _first_option(field: dict[str, Json]) -> Value:
    options = items(field.get("options")) or items(members(field.get("options")).get("store"))
    value = members(options[0]).get("value") if options else None
    return value if isinstance(value, str | int | float | bool) else None
