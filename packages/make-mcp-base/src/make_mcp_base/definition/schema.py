"""JSON Schemas as clients can take them: object roots, no references, no titles, few bytes.

Some model APIs refuse a whole tool list for one root `anyOf`, and some clients lose all tools for
one output schema without `type: object`; the shape given here is the common ground.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from pydantic import BaseModel

Schema = dict[str, Any]

_EVERYWHERE = frozenset({"next_calls", "operation_id", "plan"})
"""Members that any writing tool may answer with; listing them with each would say nothing."""


def input_schema(model: type[BaseModel]) -> Schema:
    """Give the schema of a tool's arguments."""
    schema = _tidy(model.model_json_schema(by_alias=False))
    schema.pop("description", None)
    schema.setdefault("properties", {})
    return schema


def output_schema(model: type[BaseModel], *, writes: bool) -> Schema:
    """Give the schema of a tool's answer.

    Nulls are left out of answers, so members that may be null are not required. A tool that writes
    may answer with its plan in place of a result, so none of its members is required.
    """
    schema = _tidy(model.model_json_schema(mode="serialization", by_alias=False))
    schema.pop("description", None)
    properties = cast("dict[str, Schema]", schema.setdefault("properties", {}))
    required = [name for name in schema.pop("required", []) if not _optional(model, name)]
    if writes:
        properties["plan"] = {"type": "object"}
        properties["operation_id"] = {"type": "string"}
    elif required:
        schema["required"] = required
    return schema


def listed(schema: Schema) -> Schema:
    """Shorten an output schema for `tools/list`: the members that are always there, and types.

    What is left out is allowed all the same; the whole schema is in the catalog and the manual.
    """
    properties = cast("dict[str, Schema]", schema.get("properties", {}))
    required = cast("list[str]", schema.get("required", []))
    short = {
        name: {"type": properties[name]["type"]} if "type" in properties[name] else {}
        for name in required or [name for name in properties if name not in _EVERYWHERE]
    }
    return {"type": "object", "properties": short} | ({"required": required} if required else {})


def unwrapped(text: str) -> str:
    """Join the lines of each paragraph: where a docstring broke them means nothing."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _optional(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and not field.is_required()


def _tidy(schema: Schema) -> Schema:
    definitions = cast("dict[str, Schema]", schema.pop("$defs", {}))
    tidy = cast("Schema", _walk(schema, definitions, ()))
    tidy["type"] = "object"
    return tidy


def _walk(node: Any, definitions: dict[str, Schema], within: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_walk(item, definitions, within) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    schema = dict(cast("Schema", node))
    if "$ref" in schema:
        name = str(schema.pop("$ref")).rsplit("/", 1)[-1]
        if name in within:  # a recursive model: one turn is shown, deeper turns are any object
            return {"type": "object"} | schema
        return _walk(definitions[name] | schema, definitions, (*within, name))
    schema.pop("title", None)
    if isinstance(schema.get("description"), str):
        schema["description"] = unwrapped(schema["description"])
    if "properties" in schema:
        members = cast("dict[str, Any]", schema["properties"])
        schema["properties"] = {k: _walk(v, definitions, within) for k, v in members.items()}
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
    for key in ("items", "prefixItems", "anyOf", "allOf", "oneOf", "additionalProperties"):
        if key in schema:
            schema[key] = _walk(schema[key], definitions, within)
    if schema.get("additionalProperties") is True:
        del schema["additionalProperties"]
    return _without_null(schema)


def _without_null(schema: Schema) -> Schema:
    """Collapse "a value or null": leaving the member out says the same."""
    if schema.get("default", ...) is None:
        del schema["default"]
    choices = [c for c in cast("list[Schema]", schema.get("anyOf", [])) if c != {"type": "null"}]
    if not choices:
        return schema
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(choices) == 1:
        return choices[0] | rest
    return {"anyOf": choices} | rest
