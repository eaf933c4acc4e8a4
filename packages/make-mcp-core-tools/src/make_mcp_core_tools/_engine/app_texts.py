"""Modules described in words, from what their manifest says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_blueprint.document import as_list, as_object

from make_mcp_core_tools._engine.form_values import name_of

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.app_manifests import AppModule

DEEPEST = 4
SHOWN_OPTIONS = 12
_KINDS = {
    "trigger": "starts the scenario by looking for something new",
    "instant": "starts the scenario by a webhook",
    "action": "does one thing for each bundle",
    "search": "gives a bundle for everything it finds",
}


def described(app: str, module: AppModule, *, full: bool) -> list[str]:
    """Describe a module in lines of Markdown.

    Args:
        app: The app's name.
        module: The module.
        full: Whether its output is described too.
    """
    kind = _KINDS.get(module.kind, "")
    told = f"{module.kind}: {kind}" if kind else module.kind
    lines = [f"## {module.label} (`{app}:{module.name}`)", "", f"{module.description} ({told})"]
    if module.credentials:
        lines += ["", f"Needs {' or '.join(module.credentials)}."]
    if module.scopes:
        lines.append(f"Scopes: {', '.join(module.scopes)}.")
    sections: list[tuple[str, list[JsonValue]]] = [
        ("Parameters (fixed)", module.form.parameters),
        ("Mapper", module.form.mapper),
    ]
    if full:
        sections.append(("Output", as_list(module.data.get("interface"))))
    for title, fields in sections:
        if rows := _rows(fields, 0):
            lines += ["", f"### {title}", "", *rows]
    return [*lines, ""]


def _rows(fields: list[JsonValue], depth: int) -> list[str]:
    lines: list[str] = []
    for entry in map(as_object, fields):
        if not name_of(entry):
            continue
        lines.append(f"{'  ' * depth}- {_row(entry)}")
        spec = entry.get("spec")
        if depth < DEEPEST:
            lines += _rows([spec] if isinstance(spec, dict) else as_list(spec), depth + 1)
    return lines


def _row(entry: JsonObject) -> str:
    name, label = entry.get("name"), entry.get("label")
    shown = f" {label}" if label not in (None, name) else ""
    needed = ", required" if entry.get("required") is True else ""
    default = entry.get("default")
    filled = f", default `{default}`" if default is not None else ""
    return f"`{name}`{shown} ({entry.get('type')}{needed}{filled}){_choices(entry)}"


def _choices(entry: JsonObject) -> str:
    options = entry.get("options")
    if isinstance(options, str):
        return f": chosen from {options}"
    values = [str(as_object(one).get("value")) for one in as_list(options)]
    return f": {', '.join(values[:SHOWN_OPTIONS])}" if values else ""
