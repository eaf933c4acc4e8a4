"""Blueprints made fit for others: without bindings, secrets and addresses of people."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_blueprint.bindings import bindings, kind_of_type, slots
from make_blueprint.document import as_list, as_object, clone
from make_blueprint.lint.credentials import credentials
from make_blueprint.walk import path_text, walk
from make_mcp_base.authoring import Problem
from make_mcp_base.safety.redaction import redact_text

from make_mcp_core_tools._engine.blueprint_secrets import emptied, protected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_blueprint.document import Blueprint, JsonObject, JsonValue
    from make_blueprint.walk import Pointer

_EMAIL = re.compile(r"[\w.+-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.IGNORECASE)
_LEFT_OUT = ("zone", "notes")
_TOP = ("scheduling", "interface")
_OF_THE_ACCOUNT = frozenset(
    {
        "spreadsheetId", "sheetId", "folderId", "channel", "base", "baseId", "table", "tableId",
        "calendar", "calendarId", "database", "databaseId", "document", "documentId",
    }
)  # fmt: skip
"""Fields that hold ids of things in the account behind a connection."""


@dataclass(slots=True)
class Cleaned:
    """A blueprint for others.

    Attributes:
        removed: What was taken out, with its place.
        account_values: Places whose values likely fit one account only.
        also_needed: What else a user of it must have: variables, custom functions, agents.
    """

    blueprint: Blueprint
    removed: list[str] = field(default_factory=list[str])
    account_values: list[str] = field(default_factory=list[str])
    also_needed: list[str] = field(default_factory=list[str])


def cleaned(blueprint: Blueprint) -> Cleaned:
    """Take out of a blueprint what belongs to one team.

    Connections, hooks, keys, stores, structures, called scenarios, agents and devices are unbound;
    secrets, hook addresses and e-mail addresses are emptied; notes, the zone and what the editor
    saved about choices go. The forms of modules stay: they tell what has to be bound.
    """
    without, secrets = emptied(protected(blueprint))
    copy = clone(without)
    found = Cleaned(copy, [f"{path}: a secret" for path in secrets])
    found.also_needed = also_needed(copy)
    for name in _TOP:
        copy.pop(name, None)
    metadata = as_object(copy.get("metadata"))
    for name in _LEFT_OUT:
        if metadata.pop(name, None) and name == "notes":
            found.removed.append("metadata.notes: notes")
    _unbind(copy, found)
    _unbind_inputs(copy, found)
    found.removed += clean_texts(copy)
    found.account_values = account_values(copy)
    return found


def findings(value: JsonObject, under: str = "") -> list[Problem]:
    """Find what must not be published: bindings, secrets, hook addresses, e-mail addresses.

    Args:
        value: A blueprint, or other documents of a template.
        under: What their paths begin with.
    """
    fix = "Clean it with `template_update`, clean=true, or edit it."
    found = [
        Problem(f"{under}{one.path}", f"It binds {one.kind} {one.value}.", fix)
        for one in bindings(value)
        if one.kind not in ("app", "team_variable", "organization_variable", "function")
    ]
    for holder, key, pointer in _texts(value):
        text = _at(holder, key)
        what = _fault(text) if isinstance(text, str) else ""
        if what:
            found.append(Problem(f"{under}{path_text(pointer)}", f"It holds {what}.", fix))
    for _, key, pointer in _private_names(value):
        text = f"The name of a member holds {_fault(key)}."
        found.append(Problem(f"{under}{path_text(pointer[:-1])}", text, fix))
    return found


def clean_texts(value: JsonObject) -> list[str]:
    """Take secrets, hook addresses and e-mail addresses out of a document in place.

    Returns:
        What was taken out, with its place.
    """
    removed: list[str] = []
    for holder, key, pointer in list(_private_names(value)):
        holder.pop(key, None)
        removed.append(f"{path_text(pointer[:-1])}: a member named with {_fault(key)}")
    for holder, key, pointer in list(_texts(value)):
        text = _at(holder, key)
        what = _fault(text) if isinstance(text, str) else ""
        if what:
            _put(holder, key, without_private(str(text)))
            removed.append(f"{path_text(pointer)}: {what}")
    return removed


def without_private(text: str) -> str:
    """Give a text without e-mail addresses; nothing of it when it holds a secret."""
    plain = _EMAIL.sub("", text)
    return "" if _fault(plain) else plain


def also_needed(blueprint: Blueprint) -> list[str]:
    """Name what a blueprint needs and no binding can give."""
    words = {
        "team_variable": "team variable",
        "organization_variable": "organization variable",
        "function": "custom function",
        "agent": "AI agent",
    }
    found = [f"{words[one.kind]} {one.value}" for one in bindings(blueprint) if one.kind in words]
    return list(dict.fromkeys(found))


def account_values(blueprint: Blueprint) -> list[str]:
    """Find fixed values that likely fit one account only, such as the id of a spreadsheet."""
    found: list[str] = []
    for visit in walk(blueprint):
        for domain in ("parameters", "mapper"):
            for name, value in as_object(visit.module.get(domain)).items():
                fixed = isinstance(value, str) and value and "{{" not in value
                if name in _OF_THE_ACCOUNT and fixed:
                    found.append(f"{visit.path}.{domain}.{name}")
    return found


# Taking out


def _unbind(copy: Blueprint, found: Cleaned) -> None:
    for visit in walk(copy):
        for slot in list(slots(visit)):
            if slot.holder.pop(slot.name, None) not in (None, ""):
                found.removed.append(f"{path_text(slot.pointer)}: {slot.kind}")
        as_object(visit.module.get("metadata")).pop("restore", None)


def _unbind_inputs(copy: Blueprint, found: Cleaned) -> None:
    """Take the defaults off declared inputs that choose an object."""
    for entry in map(as_object, as_list(as_object(copy.get("io")).get("input_spec"))):
        kind = kind_of_type(str(entry.get("type")))
        if kind and entry.pop("default", None) is not None:
            found.removed.append(f"io.input_spec {entry.get('name')}: {kind}")


def _fault(text: str) -> str:
    """Name what a text holds that others must not see; "" for nothing."""
    if credentials(text) or redact_text(text) != text:
        return "a secret"
    may_be = "@" in text or "%40" in text
    return "an e-mail address" if may_be and _EMAIL.search(text) else ""


def _private_names(value: JsonObject) -> Iterator[tuple[JsonObject, str, Pointer]]:
    """Find members whose very names hold what others must not see."""
    for holder, key, pointer in _members(value):
        if isinstance(holder, dict) and isinstance(key, str) and _fault(key):
            yield holder, key, pointer


def _texts(
    value: JsonObject,
) -> Iterator[tuple[JsonObject | list[JsonValue], str | int, Pointer]]:
    for holder, key, pointer in _members(value):
        if isinstance(_at(holder, key), str):
            yield holder, key, pointer


def _members(
    value: JsonObject,
) -> Iterator[tuple[JsonObject | list[JsonValue], str | int, Pointer]]:
    """Go through every member of a document and what is below it."""
    todo: list[tuple[JsonObject | list[JsonValue], Pointer]] = [(value, ())]
    while todo:
        holder, pointer = todo.pop()
        for key, member in list(holder.items() if isinstance(holder, dict) else enumerate(holder)):
            here = (*pointer, key)
            yield holder, key, here
            if isinstance(member, (dict, list)):
                todo.append((member, here))


def _at(holder: JsonObject | list[JsonValue], key: str | int) -> JsonValue:
    return holder[str(key)] if isinstance(holder, dict) else holder[int(key)]


def _put(holder: JsonObject | list[JsonValue], key: str | int, value: JsonValue) -> None:
    if isinstance(holder, dict):
        holder[str(key)] = value
    else:
        holder[int(key)] = value
