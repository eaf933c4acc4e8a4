"""Inputs and outputs of a scenario: Make's fields, JSON Schema, and the way between them.

Fields: Make API reference, chapter 1.17.
"""

from __future__ import annotations

from typing import Any, cast

from make_mcp_base.authoring import Document, Problem

Fields = list[Document]

_SCHEMA_TYPES: dict[str, Document] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "uinteger": {"type": "integer", "minimum": 0},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date-time"},
    "timestamp": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
    "uuid": {"type": "string", "format": "uuid"},
    "any": {},
    "json": {"type": "string"},
    "select": {"type": "string"},
}
_FORMATS = {"date-time": "date", "date": "date", "email": "email", "uri": "url", "uuid": "uuid"}
_TYPES = frozenset(
    {
        "text", "number", "boolean", "date", "array", "collection", "select", "any", "url",
        "email", "password", "buffer", "json", "uinteger", "integer", "filename", "folder",
        "file", "hidden", "time", "timestamp", "uuid", "cert", "pkey", "udt", "datastore",
        "filter", "banner",
    }
)  # fmt: skip
_PLAIN: dict[str, str] = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "array": "array",
    "object": "collection",
}


def fields_of(given: list[Document] | Document, side: str) -> tuple[Fields, list[Problem]]:
    """Read inputs or outputs, given as Make's fields or as a JSON Schema of an object.

    Args:
        given: A list of fields, or a schema with `properties`.
        side: Name of the argument, for problems.

    Returns:
        Make's fields, and everything that is wrong with them.
    """
    if isinstance(given, dict):
        if not isinstance(given.get("properties"), dict):
            fix = "Send a list of fields, or `{type: object, properties: {…}}`."
            return [], [Problem(side, "This is neither a list of fields nor a JSON Schema.", fix)]
        fields = _from_object(given)
    else:
        fields = [_tidy(field) for field in given]
    return fields, _faults(fields, side)


def json_schema(fields: Fields) -> Document:
    """Write fields as a JSON Schema of an object."""
    named = [field for field in fields if field.get("name")]
    schema: Document = {
        "type": "object",
        "properties": {str(field["name"]): _schema(field) for field in named},
    }
    if required := [str(field["name"]) for field in named if field.get("required") is True]:
        schema["required"] = required
    return schema


def required_names(fields: Fields) -> list[str]:
    """Name the fields a caller must fill in."""
    return [str(field.get("name")) for field in fields if field.get("required") is True]


def _tidy(field: Document) -> Document:
    """Leave out empty texts, which Make refuses."""
    return {key: value for key, value in field.items() if not (key == "help" and value == "")}


def _schema(field: Document) -> Document:
    kind = str(field.get("type") or "any")
    spec = field.get("spec")
    if kind == "array":
        schema: Document = {"type": "array", "items": _items(spec)}
    elif kind == "collection":
        schema = json_schema(cast("Fields", spec)) if isinstance(spec, list) else {"type": "object"}
    else:
        schema = dict(_SCHEMA_TYPES.get(kind, {"type": "string"}))
    if isinstance(options := field.get("options"), list):
        schema["enum"] = [option.get("value") for option in cast("Fields", options)]
    for source, target in (("label", "title"), ("help", "description"), ("default", "default")):
        if field.get(source) not in (None, ""):
            schema[target] = field[source]
    return schema


def _items(spec: object) -> Document:
    if isinstance(spec, list):
        return json_schema(cast("Fields", spec))
    return _schema(cast("Document", spec)) if isinstance(spec, dict) else {}


def _from_object(schema: Document) -> Fields:
    required = cast("list[Any]", schema.get("required") or [])
    properties = cast("dict[str, Document]", schema["properties"])
    return [
        {"name": name, **_field(member), **({"required": True} if name in required else {})}
        for name, member in properties.items()
    ]


def _field(schema: Document) -> Document:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in cast("list[Any]", kind) if one != "null"), None)
    field: Document = {"type": _PLAIN.get(str(kind), "any")}
    if kind == "string" and schema.get("format") in _FORMATS:
        field["type"] = _FORMATS[str(schema["format"])]
    if isinstance(values := schema.get("enum"), list):
        field["type"] = "select"
        field["options"] = [{"label": str(v), "value": v} for v in cast("list[Any]", values)]
    if kind == "array" and isinstance(items := schema.get("items"), dict):
        field["spec"] = _array_spec(cast("Document", items))
    if kind == "object" and isinstance(schema.get("properties"), dict):
        field["spec"] = _from_object(schema)
    for source, target in (("title", "label"), ("description", "help"), ("default", "default")):
        if schema.get(source) not in (None, ""):
            field[target] = schema[source]
    return field


def _array_spec(items: Document) -> Fields | Document:
    """Give the spec of a list: of objects a flat list of fields, of anything else one field."""
    if isinstance(items.get("properties"), dict):
        return _from_object(items)
    return _field(items)


def _faults(fields: Fields, path: str) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[str] = set()
    for number, field in enumerate(fields):
        place = f"{path}[{number}]"
        name, kind = field.get("name"), field.get("type")
        if not isinstance(name, str) or not name:
            problems.append(Problem(f"{place}.name", "The field has no name."))
        elif name in seen:
            problems.append(Problem(f"{place}.name", f"`{name}` is there twice."))
        seen.add(str(name))
        if not isinstance(kind, str) or kind.partition(":")[0] not in _TYPES | {"account", "hook"}:
            fix = "Use text, number, boolean, date, array, collection, select or any."
            problems.append(Problem(f"{place}.type", f"There is no field type {kind!r}.", fix))
        if kind == "collection" and isinstance(spec := field.get("spec"), list):
            problems += _faults(cast("Fields", spec), f"{place}.spec")
    return problems
