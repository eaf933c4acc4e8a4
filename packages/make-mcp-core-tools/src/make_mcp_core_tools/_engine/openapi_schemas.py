"""Schemas of an OpenAPI document, references followed and combinations joined.

OpenAPI Specification 3.0.3 and 3.1.0, chapters 4.7.23 and 4.8.24. Documents of strangers refer in
circles and in thousands; every walk here is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_blueprint.document import as_list, as_object

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

_MOST_HOPS = 30
_MOST_STEPS = 60_000
_DEEPEST = 12
_TYPES = ("string", "integer", "number", "boolean", "array", "object")


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema as far as it can be told without its children.

    Attributes:
        type: One of JSON Schema's types, or "" for anything.
        schema: Its members, those of joined schemas included.
        through: References that led here; one of them again below is a circle.
    """

    type: str
    schema: JsonObject
    through: frozenset[str] = frozenset()

    @property
    def properties(self) -> JsonObject:
        """Schemas of the members of an object."""
        return as_object(self.schema.get("properties"))

    @property
    def required(self) -> frozenset[str]:
        """Names of the members an object has to have."""
        names = as_list(self.schema.get("required"))
        return frozenset(name for name in names if isinstance(name, str))


@dataclass(slots=True)
class Schemas:
    """The schemas of one document.

    Attributes:
        unresolved: References that lead nowhere or outside the document.
        steps: Schemas that may still be looked at.
    """

    document: JsonObject
    unresolved: dict[str, None] = field(default_factory=dict[str, None])
    steps: int = _MOST_STEPS

    def resolved(self, value: JsonValue) -> JsonObject:
        """Follow references, as parameters, bodies and answers have them too."""
        return self._followed(value)[0]

    def shape(self, value: JsonValue, within: frozenset[str] = frozenset()) -> Shape:
        """Tell the shape of a schema.

        Args:
            value: The schema.
            within: References it is reached through; a circle is anything.
        """
        schema, refs = self._joined(value, within, 0)
        return Shape(_type(schema), schema, refs)

    def _followed(self, value: JsonValue) -> tuple[JsonObject, frozenset[str]]:
        found = as_object(value)
        refs: set[str] = set()
        for _ in range(_MOST_HOPS):
            ref = found.get("$ref")
            if not isinstance(ref, str):
                return found, frozenset(refs)
            if ref in refs:
                break
            refs.add(ref)
            beside = {name: told for name, told in found.items() if name != "$ref"}
            found = as_object(self._at(ref)) | beside
        return {}, frozenset(refs)

    def _at(self, ref: str) -> JsonValue:
        """Find what a reference within the document names (RFC 6901)."""
        found: JsonValue = self.document if ref.startswith("#/") else None
        for part in ref[2:].split("/") if found else ():
            name = _unescaped(part)
            if isinstance(found, dict):
                found = found.get(name)
            elif isinstance(found, list) and name.isdecimal() and len(name) < 6:
                found = found[int(name)] if int(name) < len(found) else None
            else:
                found = None
        if not isinstance(found, dict):
            self.unresolved[ref[:200]] = None
        return found

    def _joined(
        self, value: JsonValue, within: frozenset[str], depth: int
    ) -> tuple[JsonObject, frozenset[str]]:
        """Join a schema with what it is all of, and with the one choice beside null."""
        self.steps -= 1
        schema, refs = self._followed(value)
        if refs & within or depth > _DEEPEST or self.steps < 0:
            return {}, within | refs
        through = within | refs
        merged: JsonObject = {}
        for part in [*as_list(schema.get("allOf")), *self._only_choice(schema)]:
            below, refs = self._joined(part, through, depth + 1)
            merged = _merge(merged, below)
            through |= refs
        own = {key: told for key, told in schema.items() if key not in ("allOf", "oneOf", "anyOf")}
        return _merge(merged, own), through

    def _only_choice(self, schema: JsonObject) -> list[JsonValue]:
        rows = [*as_list(schema.get("oneOf")), *as_list(schema.get("anyOf"))]
        some = [row for row in rows if as_object(row).get("type") != "null"]
        return some if len(some) == 1 else []


def _merge(first: JsonObject, second: JsonObject) -> JsonObject:
    merged = first | second
    if "properties" in first and "properties" in second:
        merged["properties"] = as_object(first["properties"]) | as_object(second["properties"])
    if "required" in first and "required" in second:
        merged["required"] = [*as_list(first["required"]), *as_list(second["required"])]
    return merged


def _type(schema: JsonObject) -> str:
    told = schema.get("type")
    names = told if isinstance(told, list) else [told]
    types = [name for name in names if isinstance(name, str) and name != "null"]
    if types:
        return types[0] if len(types) == 1 and types[0] in _TYPES else ""
    if isinstance(schema.get("properties"), dict):
        return "object"
    if isinstance(schema.get("items"), dict):
        return "array"
    values = as_list(schema.get("enum"))
    return "string" if values and all(isinstance(one, str) for one in values) else ""


def _unescaped(part: str) -> str:
    from urllib.parse import unquote

    return unquote(part).replace("~1", "/").replace("~0", "~")
