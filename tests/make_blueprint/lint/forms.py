"""Modules with what the editor saves of their forms."""

from __future__ import annotations

from make_blueprint.document import JsonObject, JsonValue, Module, as_object


def formed(
    made: Module,
    *,
    parameters: list[JsonValue] | None = None,
    expect: list[JsonValue] | None = None,
    restore: JsonObject | None = None,
) -> Module:
    """Give a module saved forms; those not given stay unsaved."""
    metadata = as_object(made["metadata"])
    saved: dict[str, JsonValue] = {"parameters": parameters, "expect": expect, "restore": restore}
    metadata |= {key: value for key, value in saved.items() if value is not None}
    return made


def field(
    name: str, type_: str = "text", *, required: bool = False, **more: JsonValue
) -> JsonObject:
    """Make a field of a form."""
    made: JsonObject = {"name": name, "type": type_, "label": name.title()}
    if required:
        made["required"] = True
    return made | more
