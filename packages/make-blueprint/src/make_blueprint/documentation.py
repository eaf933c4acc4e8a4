"""Documentation: a scenario as a page that a colleague can read, in Markdown with a diagram."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from make_blueprint.bindings import bindings
from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    check_data,
    compact,
)
from make_blueprint.graph import graph
from make_blueprint.outline import OutlineRow, outline
from make_blueprint.walk import Visit, walk

_DEFAULTS: JsonObject = {
    "roundtrips": 1,
    "maxErrors": 3,
    "autoCommit": True,
    "autoCommitTriggerLast": True,
    "sequential": False,
    "slots": None,
    "confidential": False,
    "dataloss": False,
    "dlq": False,
    "freshVariables": False,
}
_MEANINGS = {
    "roundtrips": "cycles in one run",
    "maxErrors": "failed runs in a row until it is switched off",
    "autoCommit": "each module commits at once",
    "autoCommitTriggerLast": "the trigger commits last",
    "sequential": "one run at a time",
    "confidential": "processed data is not kept",
    "dataloss": "goes on when incomplete executions cannot be stored",
    "dlq": "stores incomplete executions",
    "freshVariables": "reads custom variables anew for each cycle",
}
_TAG = re.compile(r"<[^<>]*>")
_SHOWN_KINDS = {
    "connection": "Connection",
    "hook": "Hook",
    "key": "Key",
    "data_store": "Data store",
    "data_structure": "Data structure",
    "scenario": "Scenario",
    "agent": "AI agent",
    "device": "Device",
    "team_variable": "Team variable",
    "organization_variable": "Organization variable",
    "function": "Custom function",
}


def document(blueprint: Blueprint) -> str:
    """Write the page: diagram, modules, inputs and outputs, what it needs, errors, settings, notes.

    Values of mappings are not shown, so no secret can be.
    """
    check_data(blueprint)
    visits = list(walk(blueprint))
    parts = [
        _head(blueprint, visits),
        f"```mermaid\n{graph(blueprint).to_mermaid()}\n```",
        _section("Modules", _modules(outline(blueprint))),
        _section("Inputs", _fields(blueprint, "input")),
        _section("Outputs", _fields(blueprint, "output")),
        _section("Needs", _needs(blueprint)),
        _section("Errors", _errors(visits)),
        _section("Settings", _settings(blueprint)),
        _section("Notes", _notes(blueprint)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(blueprint: Blueprint, visits: list[Visit]) -> str:
    name = blueprint.get("name")
    title = f"# {_line(name) if isinstance(name, str) and name else 'Scenario without a name'}"
    description = blueprint.get("description")
    said = f"\n\n{_line(description)}" if isinstance(description, str) and description else ""
    running = [visit for visit in visits if not visit.in_orphan]
    apps = list(dict.fromkeys(visit.app for visit in running if visit.app))
    start = f"Starts with {_code(running[0].type)}. " if running else ""
    count = f"{len(running)} {'module' if len(running) == 1 else 'modules'}"
    used = f" of {', '.join(_code(app) for app in apps)}" if apps else ""
    return f"{title}{said}\n\n{start}{count}{used}."


def _section(title: str, lines: Iterator[str]) -> str:
    text = "\n".join(lines)
    return f"## {title}\n\n{text}" if text else ""


def _modules(rows: list[OutlineRow]) -> Iterator[str]:
    if rows:
        yield "| Id | Module | App module | Runs |"
        yield "| --- | --- | --- | --- |"
    for row in rows:
        when = [row.branch] if row.branch else []
        when += [f"only if {row.filter}"] if row.filter else []
        indent = "— " * row.depth
        version = "" if row.version is None else f" {row.version}"
        label = row.label if row.label != row.module else row.module.rpartition(":")[2]
        cells = (str(row.id or ""), f"{indent}{label}", f"`{row.module}`{version}", "; ".join(when))
        yield f"| {' | '.join(map(_cell, cells))} |"


def _fields(blueprint: Blueprint, side: str) -> Iterator[str]:
    spellings = (
        as_object(blueprint.get("io")).get(f"{side}_spec"),
        as_object(blueprint.get("metadata")).get(f"{side}_spec"),
        as_object(blueprint.get("interface")).get(side),
    )
    fields = next((found for found in spellings if isinstance(found, list) and found), None)
    if fields:
        yield "| Name | Type | Required | Description |"
        yield "| --- | --- | --- | --- |"
    for entry in map(as_object, as_list(fields)):
        required = "yes" if entry.get("required") is True else ""
        label = entry.get("help") or entry.get("label") or ""
        cells = (_text(entry.get("name")), _text(entry.get("type")), required, _text(label))
        yield f"| {' | '.join(map(_cell, cells))} |"


def _needs(blueprint: Blueprint) -> Iterator[str]:
    rows: dict[tuple[str, str, str], list[str]] = {}
    for need in bindings(blueprint):
        if need.kind in _SHOWN_KINDS:
            key = (_SHOWN_KINDS[need.kind], str(need.value), need.label or need.type)
            rows.setdefault(key, []).append(str(need.module_id or "inputs"))
    if rows:
        yield "| What | Id or name | Known as | Used by |"
        yield "| --- | --- | --- | --- |"
    for (kind, value, label), users in rows.items():
        used = ", ".join(dict.fromkeys(users))
        yield f"| {' | '.join(map(_cell, (kind, value, label, used)))} |"


def _errors(visits: list[Visit]) -> Iterator[str]:
    for visit in visits:
        handlers = as_list(visit.module.get("onerror"))
        if handlers:
            names = [_text(as_object(handler).get("module")) for handler in handlers]
            route = " → ".join(_code(name) for name in names)
            yield f"- Module {visit.id} ({_line(visit.label or visit.type)}): {route}"


def _settings(blueprint: Blueprint) -> Iterator[str]:
    settings = as_object(as_object(blueprint.get("metadata")).get("scenario"))
    for name, value in settings.items():
        if name in _DEFAULTS and value != _DEFAULTS[name]:
            meaning = f", {_MEANINGS[name]}" if name in _MEANINGS else ""
            yield f"- `{name}`: {compact(value)} (usually {compact(_DEFAULTS[name])}{meaning})"


def _notes(blueprint: Blueprint) -> Iterator[str]:
    for note in as_list(as_object(blueprint.get("metadata")).get("notes")):
        entry = as_object(note)
        content = _line(unescape(_TAG.sub(" ", _text(entry.get("content")))))
        ids = ", ".join(str(number) for number in as_list(entry.get("moduleIds")))
        if content:
            yield f"- Module {ids}: {content}" if ids else f"- {content}"


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _line(text: str) -> str:
    """Write text on one line, so that it cannot begin a heading or a list."""
    return re.sub(r"([\\`*_<>\[\]#|])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    return f"`{' '.join(text.replace('`', ' ').split())}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
