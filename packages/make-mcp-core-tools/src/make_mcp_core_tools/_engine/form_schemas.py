"""JSON Schema of a module's form, and a module to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from make_blueprint.document import as_list, as_object

from make_mcp_core_tools._engine import form_options as options
from make_mcp_core_tools._engine import form_values as values

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.forms import Domain, Form

EXPRESSION: JsonObject = {"type": "string", "pattern": "\\{\\{"}
"""Text with an expression: it stands for a value of any type in the mapper."""

_TYPES: dict[str, JsonObject] = {
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "uinteger": {"type": "integer", "minimum": 0},
    "port": {"type": "integer", "minimum": 0, "maximum": 65_535},
    "boolean": {"type": "boolean"},
    "checkbox": {"type": "boolean"},
    "any": {},
    "json": {},
    "collection": {"type": "object"},
    "dynamicCollection": {"type": "object"},
    "array": {"type": "array"},
    "filestorage": {"type": "array"},
    "udtspec": {"type": "array"},
    "udttype": {},
    "filter": {
        "type": "array",
        "items": {"type": "array", "items": {"type": "object", "required": ["a", "o"]}},
    },
}
_BOUNDS = (("min", "minimum", "minLength"), ("max", "maximum", "maxLength"))


def schema_of(form: Form) -> JsonObject:
    """Write a form as JSON Schema (draft 2020-12) of an object with `parameters` and `mapper`.

    What has to be asked for carries the address as `x-options`. Fields that an option brings stand
    under `if`/`then`; those a procedure brings cannot be told here.
    """
    domains = {
        name: _object(fields, mapped=name == "mapper")
        for name, fields in (("parameters", form.parameters), ("mapper", form.mapper))
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": cast("JsonObject", domains),
        "required": [name for name, one in domains.items() if one.get("required")],
    }


def _object(fields: list[JsonValue], *, mapped: bool) -> JsonObject:
    named = {name: field for field in map(as_object, fields) if (name := values.name_of(field))}
    schema: JsonObject = {"type": "object"}
    schema["properties"] = {name: _field(field, mapped) for name, field in named.items()}
    if required := [name for name, field in named.items() if field.get("required") is True]:
        schema["required"] = list(required)
    conditions = [rule for name, field in named.items() for rule in _rules(name, field, mapped)]
    if conditions:
        schema["allOf"] = cast("list[JsonValue]", conditions)
    return schema


def _field(field: JsonObject, mapped: bool) -> JsonObject:
    plain = _plain(field, mapped)
    mappable = mapped and field.get("mappable") is not False
    shown: JsonObject = {}
    for name, member in (("title", "label"), ("description", "help"), ("default", "default")):
        if field.get(member) not in (None, ""):
            shown[name] = field[member]
    if plain and mappable:
        return {**shown, "anyOf": [plain, EXPRESSION]}
    return {**shown, **plain}


def _plain(field: JsonObject, mapped: bool) -> JsonObject:
    kind = values.base(field)
    if kind in values.REFERENCES:
        is_id = values.REFERENCES[kind] == "number"
        schema: JsonObject = {"type": "integer" if is_id else "string"}
        return {**schema, "x-options": values.reference_address(field)}
    if kind in ("select", "radio", "list"):
        schema = _choice(field)
    else:
        schema = {**_TYPES.get(kind, {"type": "string"}), **_bounds(field, kind)}
    if kind in ("collection", "dynamicCollection", "array"):
        schema |= _inside(field, kind, mapped)
    if field.get("multiple") is True:
        return {"type": "array", **({"items": schema} if schema else {})}
    return schema


def _choice(field: JsonObject) -> JsonObject:
    given = field.get("options")
    store = as_object(given).get("store") if isinstance(given, dict) else given
    if isinstance(store, str):
        return {"x-options": store}
    listed = options.listed(field, lambda _: None)
    rows = listed.rows if listed else []
    if not listed or not rows or field.get("editable"):
        return {}
    return {"enum": [row.get(listed.value) for row in rows]}


def _inside(field: JsonObject, kind: str, mapped: bool) -> JsonObject:
    spec = options.spec_of(field)
    if isinstance(spec, str):
        return {"x-options": spec}
    if not spec:
        return {}
    if kind != "array":
        inner = _object(spec, mapped=mapped)
        return {name: inner[name] for name in ("properties", "required", "allOf") if name in inner}
    first = as_object(spec[0])
    if len(spec) == 1 and "name" not in first:
        return {"items": _field(first, mapped)}
    return {"items": _object(spec, mapped=mapped)}


def _bounds(field: JsonObject, kind: str) -> JsonObject:
    rules = as_object(field.get("validate"))
    number = kind in ("number", "integer", "uinteger", "port")
    found: JsonObject = {
        (of_number if number else of_text): rules[name]
        for name, of_number, of_text in _BOUNDS
        if isinstance(rules.get(name), (int, float)) and kind != "array"
    }
    for name in ("minItems", "maxItems", "enum"):
        if name in rules:
            found[name] = rules[name]
    if isinstance(rules.get("pattern"), str):
        found["pattern"] = rules["pattern"]
    return found


def _rules(name: str, field: JsonObject, mapped: bool) -> list[JsonObject]:
    """Write, for each option that brings fields, when they are there and which they are."""
    given = field.get("options")
    store = as_object(given).get("store") if isinstance(given, dict) else given
    found: list[JsonObject] = []
    for option in map(as_object, as_list(store)):
        nested, domain = options.nested_fields(option.get("nested"))
        if not domain and any(isinstance(one, dict) for one in nested):
            chosen: JsonObject = {"properties": {name: {"const": option.get("value")}}}
            chosen["required"] = [name]
            then = _object(nested, mapped=mapped)
            then.pop("type")
            found.append({"if": chosen, "then": then})
    return found


# A module to begin with


def skeleton(
    name: str, module: JsonObject, form: Form, *, saved: bool
) -> tuple[JsonObject, list[str]]:
    """Make a module with its defaults.

    Args:
        name: `app:Module`.
        module: The module's manifest.
        form: Its form.
        saved: Whether form and output are saved beside it, as the editor does.

    Returns:
        The module for a blueprint, with id 1, and the required fields that are still empty.
    """
    parameters, missing = _defaults(form.parameters, "parameters")
    mapper, more = _defaults(form.mapper, "mapper")
    metadata: JsonObject = {"designer": {"x": 0, "y": 0}}
    for member, fields in (("parameters", form.parameters), ("expect", form.mapper)):
        if fields and saved:
            metadata[member] = fields
    if saved and (interface := as_list(module.get("interface"))):
        metadata["interface"] = interface
    made: JsonObject = {
        "id": 1,
        "module": name,
        "version": module.get("version"),
        "parameters": parameters,
        "mapper": mapper,
        "metadata": metadata,
    }
    ways, empty = _ways(name)
    return made | ways, [*missing, *more, *empty]


def _ways(name: str) -> tuple[JsonObject, list[str]]:
    """Give the ways on from a module that parts a flow, and what has to be filled in there."""
    if name == "builtin:BasicRouter":
        return {"mapper": None, "routes": [{"flow": []}]}, ["routes[0].flow"]
    if name == "builtin:BasicIfElse":
        first: JsonObject = {"type": "condition", "merge": False, "conditions": [], "flow": []}
        ways: list[JsonValue] = [first, {"type": "else", "merge": False, "flow": []}]
        filled = ["branches[0].conditions", "branches[0].flow"]
        return {"mapper": None, "branches": ways}, filled
    return {"mapper": None} if name == "builtin:BasicMerge" else {}, []


def fill_defaults(form: Form, given: dict[Domain, JsonObject]) -> None:
    """Put the defaults of a form where nothing is given, in place."""
    pairs = ((form.parameters, given["parameters"]), (form.mapper, given["mapper"]))
    for fields, holder in pairs:
        for name, value in _defaults(fields, "")[0].items():
            if values.is_empty(holder.get(name)):
                holder[name] = value


def _defaults(fields: list[JsonValue], domain: str) -> tuple[JsonObject, list[str]]:
    given: JsonObject = {}
    missing: list[str] = []
    for field in map(as_object, fields):
        name = values.name_of(field)
        if name and field.get("default") is not None:
            given[name] = field["default"]
        elif name and field.get("required") is True and values.base(field) != "hidden":
            missing.append(f"{domain}.{name}")
    return given, missing
