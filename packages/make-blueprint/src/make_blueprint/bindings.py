"""Bindings: everything outside a blueprint that it needs, and moving it to other objects.

A binding is found by the type that the module's own saved schema gives a field (`account:google`,
`hook:gateway-webhook`, `keychain:apikeyauth`, `udt` …). Where no schema was saved, the well-known
field names decide; names that other apps use for other things count only for the app they belong
to (`key` is a keychain in `http` and a record key in `datastore`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from make_blueprint import iml
from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    check_data,
    clone,
    whole_number,
)
from make_blueprint.problem import BlueprintError, Problem
from make_blueprint.texts import strings, texts
from make_blueprint.walk import Pointer, Visit, path_text, walk

Kind: TypeAlias = Literal[
    "connection",
    "hook",
    "key",
    "data_store",
    "data_structure",
    "scenario",
    "agent",
    "device",
    "team_variable",
    "organization_variable",
    "function",
    "app",
]
ObjectKind: TypeAlias = Literal[
    "connection", "hook", "key", "data_store", "data_structure", "device", "scenario"
]
OBJECT_KINDS: tuple[ObjectKind, ...] = (
    "connection",
    "hook",
    "key",
    "data_store",
    "data_structure",
    "device",
    "scenario",
)

_TYPE_KINDS: dict[str, Kind] = {
    "account": "connection",
    "hook": "hook",
    "keychain": "key",
    "device": "device",
    "datastore": "data_store",
    "udt": "data_structure",
    "scenario": "scenario",
    "aiagent": "agent",
}
_NAME_KINDS: dict[str, Kind] = {
    "__IMTCONN__": "connection",
    "account": "connection",
    "makeConnectionId": "connection",
    "connection": "connection",
    "oAuthAccount": "connection",
    "hook": "hook",
    "__IMTHOOK__": "hook",
    "__IMTKEY__": "key",
    "apiKeyKeychain": "key",
    "basicAuthKeychain": "key",
    "proxyKeychain": "key",
    "datastore": "data_store",
    "bodyDataStructure": "data_structure",
    "device": "device",
}
_APP_NAME_KINDS: dict[tuple[str, str], Kind] = {
    ("http", "auth"): "key",
    ("http", "key"): "key",
    ("json", "type"): "data_structure",
    ("xml", "type"): "data_structure",
    ("scenario-service", "scenario"): "scenario",
    ("ai-agent", "agent"): "agent",
}
_PLACEHOLDER = re.compile(r"(?:PAC|TAC|SCN)_\d+")
_INPUT = re.compile(r"\{\{\s*var\.input\.[^{}]+\}\}")


@dataclass(frozen=True, slots=True)
class Binding:
    """One need of a blueprint.

    Attributes:
        kind: What kind of object is needed.
        value: Its id, or for agents, variables, functions and apps its uuid or name. A connection
            may be `{{var.input.<name>}}`, chosen per run; a scenario `SCN_<id>`.
        module_id: The module that needs it; None for declared scenario inputs.
        path: Place of the value (`flow[1].parameters.__IMTCONN__`).
        parameter: Name of the field, or "" where the value stands inside an expression.
        label: The name the editor saved for it, or "".
        type: The wanted type of connection, hook, key or device (`google`), or "".
    """

    kind: Kind
    value: int | str
    module_id: int | None
    path: str
    parameter: str
    label: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """The object to bind instead.

    Attributes:
        value: Its id; for scenarios the number, the `SCN_` prefix is kept where it stood.
        label: Its name, written where the editor shows it; None leaves the shown name alone.
    """

    value: int | str
    label: str | None = None


RebindMap: TypeAlias = Mapping[ObjectKind, Mapping[int | str, int | str | Target]]
"""New object by old id, for each kind: `{"connection": {11: 42, 12: Target(43, "Mail")}}`."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A field that binds an object, with what is needed to rewrite it."""

    kind: Kind
    holder: JsonObject
    name: str
    pointer: Pointer
    visit: Visit | None
    domain: str
    type: str

    @property
    def value(self) -> int | str | None:
        """The bound id or text, or None when the field is empty."""
        value = self.holder.get(self.name)
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            return None
        return value if value != "" else None

    @property
    def state(self) -> JsonObject:
        """What the editor saved for the field (`metadata.restore`); empty when nothing was."""
        if self.visit is None:
            return {}
        restore = as_object(as_object(self.visit.module.get("metadata")).get("restore"))
        domain = "expect" if self.domain == "mapper" else "parameters"
        return as_object(as_object(restore.get(domain)).get(self.name))


def bindings(blueprint: Blueprint) -> list[Binding]:
    """List everything outside the blueprint that it needs, in walk order.

    Orphans are included: Make checks them on import. Each app is listed once per version.
    """
    check_data(blueprint)
    found = [binding for slot in _input_slots(blueprint) if (binding := _binding(slot))]
    apps: set[tuple[str, int | None]] = set()
    for visit in walk(blueprint):
        if visit.app and visit.app != "placeholder" and (visit.app, visit.version) not in apps:
            apps.add((visit.app, visit.version))
            version = "" if visit.version is None else str(visit.version)
            found.append(
                Binding("app", visit.app, visit.id, f"{visit.path}.module", "module", type=version)
            )
        found += [binding for slot in slots(visit) if (binding := _binding(slot))]
        found += _names_in_texts(visit)
    return found


def rebind(blueprint: Blueprint, mapping: RebindMap, *, partial: bool = False) -> Blueprint:
    """Point a blueprint at other connections, hooks, keys, stores, structures and scenarios.

    Args:
        blueprint: Stays as it is; the answer is a copy.
        mapping: New object by old id, for each kind. Ids match whether written as number or text.
        partial: Leave unmapped bindings alone. Without it every binding needs an entry (which may
            map an id to itself), so that a copy cannot keep touching the original's objects.

    Raises:
        BlueprintError: Some bindings have no entry; `problems` lists every one.
    """
    check_data(blueprint)
    wanted = {
        kind: {_same(old): _target(new) for old, new in entries.items()}
        for kind, entries in mapping.items()
    }
    copy = clone(blueprint)
    missing: list[Problem] = []
    for slot in _all_slots(copy):
        if slot.kind not in OBJECT_KINDS or (value := slot.value) is None or not _is_id(slot):
            continue
        target = wanted.get(slot.kind, {}).get(_same(value))
        if target is not None:
            _write(slot, target)
        elif not partial and not _is_input(value):
            missing.append(_unmapped(slot, value))
    if missing:
        raise BlueprintError(f"{len(missing)} bindings have no counterpart.", missing)
    return copy


def slots(visit: Visit) -> Iterator[Slot]:
    """Give the fields of a module that bind something, also those that are empty."""
    for domain, schema_key in (("parameters", "parameters"), ("mapper", "expect")):
        holder = visit.module.get(domain)
        if not isinstance(holder, dict):
            continue
        types = field_types(visit.module, schema_key)
        for name in holder:
            kind = _kind(visit.app, name, domain, types.get(name))
            if kind is not None:
                pointer = (*visit.pointer, domain, name)
                wanted = _wanted_type(visit, types.get(name, ""), domain, name)
                yield Slot(kind, holder, name, pointer, visit, domain, wanted)


def field_types(module: JsonObject, schema: str) -> dict[str, str]:
    """Read the types of a module's fields from the schema it was saved with.

    Args:
        module: The module.
        schema: `parameters` or `expect` (the mapper).
    """
    fields = as_list(as_object(module.get("metadata")).get(schema))
    types: dict[str, str] = {}
    for entry in fields:
        name, type_ = as_object(entry).get("name"), as_object(entry).get("type")
        if isinstance(name, str) and isinstance(type_, str):
            types[name] = type_
    return types


def kind_of_type(type_: str) -> Kind | None:
    """Tell what a field of a type binds: `account:google` binds a connection."""
    return _TYPE_KINDS.get(type_.partition(":")[0])


def _kind(app: str, name: str, domain: str, type_: str | None) -> Kind | None:
    """Decide what a field binds: its declared type first, else its name."""
    if type_ is not None and (kind := kind_of_type(type_)):
        return kind
    if domain == "mapper":
        return "agent" if (app, name) == ("ai-agent", "agent") else None
    if type_ is not None and type_ not in ("hidden", "select", "any", "number", "uinteger"):
        return None
    return _APP_NAME_KINDS.get((app, name)) or _NAME_KINDS.get(name)


def _wanted_type(visit: Visit, type_: str, domain: str, name: str) -> str:
    kind, _, wanted = type_.partition(":")
    if wanted and kind in _TYPE_KINDS:
        return wanted
    restore = as_object(as_object(visit.module.get("metadata")).get("restore"))
    section = as_object(restore.get("expect" if domain == "mapper" else "parameters"))
    connection = as_object(as_object(section.get(name)).get("data")).get("connection")
    return connection if isinstance(connection, str) else ""


def _input_slots(blueprint: Blueprint) -> Iterator[Slot]:
    """Give declared scenario inputs whose default is an object (`account:…` inputs)."""
    lists: tuple[tuple[Pointer, JsonValue], ...] = (
        (("io", "input_spec"), as_object(blueprint.get("io")).get("input_spec")),
        (("metadata", "input_spec"), as_object(blueprint.get("metadata")).get("input_spec")),
        (("interface", "input"), as_object(blueprint.get("interface")).get("input")),
    )
    for pointer, fields in lists:
        for index, entry in enumerate(as_list(fields)):
            type_ = as_object(entry).get("type")
            kind = kind_of_type(type_) if isinstance(type_, str) else None
            if kind and isinstance(entry, dict) and "default" in entry:
                place = (*pointer, index, "default")
                wanted = str(type_).partition(":")[2]
                yield Slot(kind, entry, "default", place, None, "", wanted)


def _all_slots(blueprint: Blueprint) -> Iterator[Slot]:
    yield from _input_slots(blueprint)
    for visit in walk(blueprint):
        yield from slots(visit)


def _binding(slot: Slot) -> Binding | None:
    value = slot.value
    if value is None or not _is_id(slot):
        return None
    label = slot.state.get("label")
    return Binding(
        slot.kind,
        value,
        slot.visit.id if slot.visit else None,
        path_text(slot.pointer),
        slot.name,
        label if isinstance(label, str) else "",
        slot.type,
    )


def _is_id(slot: Slot) -> bool:
    """Tell an id from other values that a field of the same name may hold."""
    return names_object(slot.kind, slot.value)


def names_object(kind: str | None, value: int | str | None) -> bool:
    """Tell whether a value can name an object of a kind: by id, or as an input of the scenario."""
    if kind == "agent":
        return isinstance(value, str) and "{{" not in value
    if isinstance(value, int) or whole_number(value) is not None:
        return True
    return isinstance(value, str) and bool(_PLACEHOLDER.fullmatch(value) or _INPUT.search(value))


def _is_input(value: int | str) -> bool:
    return isinstance(value, str) and bool(_INPUT.search(value))


def _same(value: int | str) -> str:
    """Write an id so that 7, "7" and, for scenarios, "SCN_7" are the same."""
    return str(value).removeprefix("SCN_")


def _target(value: int | str | Target) -> Target:
    return value if isinstance(value, Target) else Target(value)


def _write(slot: Slot, target: Target) -> None:
    """Write the new id in the form of the old one, and its label where the editor shows it."""
    slot.holder[slot.name] = written_like(slot.value, target.value)
    if target.label is not None and "label" in slot.state:
        slot.state["label"] = target.label


def written_like(old: JsonValue, new: int | str) -> int | str:
    """Write a new id in the form the old one has: number, text or `SCN_` text."""
    if isinstance(old, str) and old.startswith("SCN_"):
        return f"SCN_{_same(new)}"
    number = whole_number(new)
    if isinstance(old, int) and number is not None:
        return number
    return str(new) if isinstance(old, str) and isinstance(new, int) else new


def _unmapped(slot: Slot, value: int | str) -> Problem:
    label = slot.state.get("label")
    name = f" ({label})" if isinstance(label, str) and label else ""
    return Problem(
        "unmapped-binding",
        "error",
        path_text(slot.pointer),
        slot.visit.id if slot.visit else None,
        f"No counterpart is given for {slot.kind} {value}{name}.",
        f"Add {value} to the `{slot.kind}` map, or map it to itself.",
    )


def _names_in_texts(visit: Visit) -> Iterator[Binding]:
    """Give the custom variables and custom functions that a module's expressions use."""
    seen: set[tuple[Kind, str]] = set()
    prefix = visit.path
    places = [(place, text) for place, text, _ in texts(visit)]
    places += [
        found
        for found in strings(visit.module.get("parameters"), ("parameters",))
        if "{{" in found[1]
    ]
    for place, text in places:
        for kind, name in _names(text):
            if (kind, name) not in seen:
                seen.add((kind, name))
                yield Binding(kind, name, visit.id, f"{prefix}.{path_text(place)}", "")


def _names(text: str) -> Iterator[tuple[Kind, str]]:
    for use in iml.variables(text):
        if use.kind == "team":
            yield "team_variable", use.name
        elif use.kind == "organization":
            yield "organization_variable", use.name
    for call in iml.functions(text):
        if call.name not in iml.builtin_functions():
            yield "function", call.name
