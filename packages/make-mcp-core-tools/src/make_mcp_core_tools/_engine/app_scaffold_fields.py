"""Fields of Make's forms, written from the schemas of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from make_blueprint.document import as_list, as_object

from make_mcp_core_tools._engine.openapi_texts import label, line, told, usable

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.openapi_schemas import Schemas, Shape

_DEEPEST = 6
_MOST_FIELDS = 300
_MOST_OPTIONS = 200
_FORMATS = {
    "date-time": "date",
    "email": "email",
    "uri": "url",
    "url": "url",
    "password": "password",
    "binary": "buffer",
}
_SIMPLE = {"boolean": "boolean", "number": "number", "integer": "integer"}
_BOUNDS = {
    "number": (("minimum", "min"), ("maximum", "max")),
    "integer": (("minimum", "min"), ("maximum", "max")),
    "uinteger": (("minimum", "min"), ("maximum", "max")),
    "text": (("minLength", "min"), ("maxLength", "max")),
}
_LARGEST = 2**53


@dataclass(slots=True)
class Fields:
    """Writes the fields of one module.

    Attributes:
        asked: True for what people fill in, False for what comes back.
        left: Fields that may still be written.
        cut: True once some were left out.
    """

    schemas: Schemas
    asked: bool
    left: int = _MOST_FIELDS
    cut: bool = False

    def of(self, shape: Shape) -> list[JsonValue]:
        """Write the members of an object, one field each."""
        return self._members(shape, 0)

    def one(
        self, name: str, shape: Shape, *, required: bool = False, text: str = "", depth: int = 0
    ) -> JsonObject:
        """Write one field.

        Args:
            name: Name of the field.
            shape: Its schema.
            required: Whether it has to be filled in.
            text: What is said of it besides its schema.
            depth: Levels above it.
        """
        self.left -= 1
        field: JsonObject = {"name": name, **self._kind(shape, depth)}
        title = line(shape.schema.get("title"), 80)
        field["label"] = title or label(name)
        if not self.asked:
            return field
        if required:
            field["required"] = True
        if said := text or line(shape.schema.get("description")):
            field["help"] = said
        if shape.schema.get("format") == "date":
            field["help"] = f"{field.get('help', '')} Written as YYYY-MM-DD.".strip()
        return field | _default(shape, field) | _validation(shape, str(field["type"]))

    def _members(self, shape: Shape, depth: int) -> list[JsonValue]:
        fields: list[JsonValue] = []
        for name, value in shape.properties.items():
            inner = self.schemas.shape(value, shape.through)
            if self._passed_over(name, inner):
                continue
            needed = name in shape.required
            fields.append(self.one(name, inner, required=needed, depth=depth))
        return fields

    def _passed_over(self, name: str, shape: Shape) -> bool:
        if shape.schema.get("readOnly" if self.asked else "writeOnly") is True:
            return True
        if self.left > 0 and usable(name):
            return False
        self.cut = True
        return True

    def _kind(self, shape: Shape, depth: int) -> JsonObject:
        """Give type and inner structure of a field."""
        if self.asked and (options := _options(shape)):
            return {"type": "select", "options": options}
        if shape.type in _SIMPLE:
            least = shape.schema.get("minimum")
            whole = shape.type == "integer" and isinstance(least, int) and least >= 0
            return {"type": "uinteger" if whole else _SIMPLE[shape.type]}
        if shape.type == "string":
            return {"type": _FORMATS.get(str(shape.schema.get("format")), "text")}
        if shape.type == "object" and shape.properties and depth < _DEEPEST:
            spec = self._members(shape, depth + 1)
            return {"type": "collection", "spec": spec} if spec else {"type": "any"}
        if shape.type == "array" and depth < _DEEPEST:
            return self._array(shape, depth)
        return {"type": "array" if shape.type == "array" else "any"}

    def _array(self, shape: Shape, depth: int) -> JsonObject:
        inner = self.schemas.shape(shape.schema.get("items"), shape.through)
        if self.asked and (options := _options(inner)):
            return {"type": "select", "multiple": True, "options": options}
        self.left -= 1
        if inner.type == "object" and inner.properties:
            spec = self._members(inner, depth + 1)
            return {"type": "array", "spec": spec} if spec else {"type": "array"}
        kind = self._kind(inner, depth + 1)
        return {"type": "array", "spec": kind} if kind["type"] != "any" else {"type": "array"}


def _options(shape: Shape) -> list[JsonValue]:
    """Give the choices of a field; none when they are not all plain."""
    rows = as_list(shape.schema.get("enum"))
    values = [row for row in rows if row is not None]
    if not values or len(values) > _MOST_OPTIONS or shape.type not in ("string", "integer"):
        return []
    options: list[JsonValue] = []
    for value in values:
        text = str(value) if isinstance(value, str | int) else ""
        if isinstance(value, bool) or not text or not usable(text):
            return []
        options.append({"label": label(text) if isinstance(value, str) else text, "value": value})
    return options


def _default(shape: Shape, field: JsonObject) -> JsonObject:
    value = shape.schema.get("default")
    kind = field["type"]
    if kind == "select":
        values = [as_object(row).get("value") for row in as_list(field.get("options"))]
        fit = value in values and not isinstance(value, bool) and "multiple" not in field
    elif kind == "boolean":
        fit = isinstance(value, bool)
    elif kind in ("integer", "uinteger", "number"):
        fit = _is_number(value)
    else:
        fit = kind == "text" and isinstance(value, str) and told(value) == value != ""
    return {"default": value} if fit else {}


def _validation(shape: Shape, kind: str) -> JsonObject:
    bounds: JsonObject = {
        name: shape.schema[member]
        for member, name in _BOUNDS.get(kind, ())
        if _is_number(shape.schema.get(member))
    }
    return {"validate": bounds} if bounds else {}


def _is_number(value: JsonValue) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < _LARGEST
