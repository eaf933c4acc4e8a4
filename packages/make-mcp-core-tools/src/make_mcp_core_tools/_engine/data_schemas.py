"""JSON Schema and the fields of Make's data structures, each written as the other.

Fields: Make API reference, chapters 1.17 and 2.14. Keywords: JSON Schema, draft 2020-12.
"""

from __future__ import annotations

from typing import Any, cast

from make_mcp_base.authoring import Document, Problem

from make_mcp_core_tools._engine.data_fields import Fields, item_field

_PLAIN = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "object": "collection",
    "array": "array",
}
_SCHEMAS: dict[str, Document] = {
    "text": {"type": "string"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date-time"},
    "buffer": {"type": "string", "contentEncoding": "base64"},
}
_DEEPEST = 20
_MOST_FIELDS = 2_000

# From JSON Schema


def fields_of_schema(schema: Document, path: str = "json_schema") -> tuple[Fields, list[Problem]]:
    """Read a JSON Schema of an object as fields.

    Args:
        schema: Schema with `properties`; local references (`#/$defs/…`) are followed.
        path: Name of the argument, for problems.

    Returns:
        The fields, and everything that cannot be said in them.
    """
    reader = _Reader(schema)
    fields = reader.fields(schema, path, 0)
    return fields, reader.problems


class _Reader:
    def __init__(self, root: Document) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.count = 0

    def _refuse_endless(self, path: str) -> None:
        """Say once that a schema is too large, or refers to itself."""
        text = f"is deeper than {_DEEPEST} levels, or larger than {_MOST_FIELDS} fields."
        if not any(problem.problem == text for problem in self.problems):
            self.problems.append(Problem(path, text, "Schemas that refer to themselves have none."))

    def fields(self, schema: Document, path: str, depth: int) -> Fields:
        schema = self._resolved(schema, path)
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            self.problems.append(Problem(path, "needs `properties`."))
            return []
        self.count += len(cast("Document", properties))
        if depth > _DEEPEST or self.count > _MOST_FIELDS:
            self._refuse_endless(path)
            return []
        required = cast("list[Any]", schema.get("required") or [])
        named = cast("dict[str, Any]", properties)
        return [
            {"name": name}
            | self._field(inner, f"{path}.properties.{name}", depth)
            | ({"required": True} if name in required else {})
            for name, inner in named.items()
        ]

    def _field(self, given: object, path: str, depth: int) -> Document:
        if not isinstance(given, dict):
            self.problems.append(Problem(path, "must be a schema."))
            return {"type": "text"}
        schema = self._resolved(cast("Document", given), path)
        field: Document = {"type": self._kind(schema, path)}
        for ours, theirs in (("label", "title"), ("help", "description"), ("default", "default")):
            if schema.get(theirs) is not None:
                field[ours] = schema[theirs]
        if field["type"] == "collection":
            field["spec"] = self.fields(schema, path, depth + 1) if "properties" in schema else []
        if field["type"] == "array" and isinstance(schema.get("items"), dict):
            field["spec"] = self._field(schema["items"], f"{path}.items", depth + 1)
        return field

    def _kind(self, schema: Document, path: str) -> str:
        if schema.get("format") in {"date", "date-time"}:
            return "date"
        if schema.get("contentEncoding"):
            return "buffer"
        given = schema.get("type") or ("object" if "properties" in schema else None)
        kinds = cast("list[Any]", given if isinstance(given, list) else [given])
        wanted = [kind for kind in kinds if kind != "null"]
        if "enum" in schema and wanted in ([None], []):
            wanted = ["string"]
        if len(wanted) == 1 and wanted[0] in _PLAIN:
            return _PLAIN[str(wanted[0])]
        shown = " or ".join(map(str, wanted)) or "none"
        fix = f"Use one of {', '.join(_PLAIN)}."
        self.problems.append(Problem(f"{path}.type", f"“{shown}” cannot be a field.", fix))
        return "text"

    def _resolved(self, schema: Document, path: str) -> Document:
        """Follow a local reference, and take "this or null" for this."""
        for _ in range(_DEEPEST):
            reference = schema.get("$ref")
            if isinstance(reference, str):
                schema = self._target(reference, path) | {
                    key: value for key, value in schema.items() if key != "$ref"
                }
                continue
            choices = cast("list[Any]", schema.get("anyOf") or schema.get("oneOf") or [])
            real = [choice for choice in choices if choice != {"type": "null"}]
            if len(real) != 1 or not isinstance(real[0], dict):
                return schema
            rest = {k: v for k, v in schema.items() if k not in {"anyOf", "oneOf"}}
            schema = cast("Document", real[0]) | rest
        return schema

    def _target(self, reference: str, path: str) -> Document:
        found: Any = self.root
        for part in reference.removeprefix("#").split("/")[1:]:
            found = cast("Document", found).get(part) if isinstance(found, dict) else None
        if not reference.startswith("#") or not isinstance(found, dict):
            self.problems.append(Problem(path, f"refers to {reference}, which is not here."))
            return {"type": "string"}
        return cast("Document", found)


# To JSON Schema


def schema_of_fields(spec: Fields, *, strict: bool) -> Document:
    """Write fields as a JSON Schema of an object."""
    schema: Document = {
        "type": "object",
        "properties": {str(field.get("name")): _schema(field, strict) for field in spec},
    }
    required = [str(field.get("name")) for field in spec if field.get("required")]
    if required:
        schema["required"] = required
    if strict:
        schema["additionalProperties"] = False
    return schema


def _schema(field: Document, strict: bool) -> Document:
    kind = str(field.get("type"))
    schema = dict(_SCHEMAS.get(kind, {}))
    if kind == "collection":
        schema = schema_of_fields(field.get("spec") or [], strict=strict)
    if kind == "array":
        item = item_field(field)
        schema = {"type": "array"} | ({"items": _schema(item, strict)} if item else {})
    for theirs, ours in (("title", "label"), ("description", "help"), ("default", "default")):
        if field.get(ours) is not None:
            schema[theirs] = field[ours]
    return schema
