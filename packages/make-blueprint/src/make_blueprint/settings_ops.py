"""Operations on what one module holds, and on the schedule: values, filter, name, bindings."""

from __future__ import annotations

from typing import cast

from make_blueprint.bindings import (
    Slot,
    field_types,
    kind_of_type,
    names_object,
    slots,
    written_like,
)
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, compact
from make_blueprint.scheduling import scheduling_problems
from make_blueprint.session import Refusal, Session
from make_blueprint.structure import condition_problems
from make_blueprint.walk import Pointer, Visit


def set_param(session: Session, op: JsonObject) -> None:
    """Set or unset a static value."""
    _set_value(session, op, "parameters")


def set_mapper(session: Session, op: JsonObject) -> None:
    """Set or unset a mapped value."""
    _set_value(session, op, "mapper")


def set_filter(session: Session, op: JsonObject) -> None:
    """Set the filter in front of a module, or remove it with null."""
    visit, value = session.module(op), op.get("filter")
    if value is None:
        if visit.module.get("filter") is not None:
            session.set((*visit.pointer, "filter"), None, visit)
        return
    conditions = as_object(value).get("conditions", [])
    problems = list(condition_problems(conditions, "filter.conditions", visit.id))
    if problems:
        text = " ".join(problem.problem for problem in problems)
        fix = " ".join(dict.fromkeys(problem.fix for problem in problems if problem.fix))
        raise Refusal(problems[0].path, text, fix)
    if visit.role == "flow" and visit.index == 0:
        session.notes.append(f"Module {visit.id} starts the scenario; its filter has no effect.")
    session.set((*visit.pointer, "filter"), value, visit)


def rename_module(session: Session, op: JsonObject) -> None:
    """Set the name that the editor shows, or remove it with null."""
    visit, name = session.module(op), op.get("name")
    pointer = (*visit.pointer, "metadata", "designer")
    if name:
        session.ensure_object(pointer)
        session.set((*pointer, "name"), name, visit)
    elif "name" in as_object(session.editor.get(pointer)):
        session.editor.drop((*pointer, "name"))
        session.touch(visit.id)


def set_binding(session: Session, op: JsonObject) -> None:
    """Bind another connection, hook, key, store, structure, scenario, device or agent."""
    visit, value = session.module(op), cast("int | str", op.get("value"))
    pointer = _binding_pointer(visit, op)
    domain, name = str(pointer[0]), str(pointer[1])
    kinds = [slot.kind for slot in slots(visit) if (slot.domain, slot.name) == pointer]
    if not names_object(kinds[0] if kinds else cast("str | None", op.get("kind")), value):
        raise Refusal("value", f"`{value:.60}` is no id.", "Send the object's id.")
    session.ensure_object((*visit.pointer, domain))
    place = (*visit.pointer, *pointer)
    session.set(place, written_like(session.editor.get(place), value), visit)
    if op.get("label") is not None:
        section = "expect" if domain == "mapper" else "parameters"
        state = (*visit.pointer, "metadata", "restore", section, name)
        session.ensure_object(state)
        session.set((*state, "label"), op.get("label"), visit)


def reschedule(session: Session, op: JsonObject) -> None:
    """Set when the scenario runs: `scheduling` beside `flow`, Make's own form of it."""
    scheduling = as_object(op.get("scheduling"))
    problems = list(scheduling_problems(scheduling))
    if problems:
        text = " ".join(problem for _, problem in problems)
        raise Refusal(f"scheduling.{problems[0][0]}", text)
    session.scheduling = scheduling
    old = session.editor.get(("scheduling",))
    if old is None or compact(old) != compact(scheduling):
        session.editor.set(("scheduling",), scheduling)


def _set_value(session: Session, op: JsonObject, domain: str) -> None:
    visit, name = session.module(op), op.get("name")
    if not isinstance(name, str) or not name:
        raise Refusal("name", "The name is empty.")
    unset = op.get("unset") is True
    if unset == ("value" in op):
        raise Refusal("value", "Give either `value` or `unset: true`.")
    place, rest = _locate(visit.module.get(domain), name)
    pointer = (*visit.pointer, domain, *place)
    if unset:
        if rest:
            raise Refusal("name", f"`{name}` is not set in `{domain}`.")
        session.editor.drop(pointer)
        session.touch(visit.id)
        return
    if not isinstance(visit.module.get(domain), dict):
        session.editor.set((*visit.pointer, domain), {})
    if rest:
        pointer = (*pointer, _key(session, pointer, rest[0]))
    schema = _schema(visit, domain, rest[0]) if rest and not place else ""
    value = _nested(rest[1:], op.get("value"), schema)
    _write(session, pointer, value, visit)


def _locate(holder: JsonValue, name: str) -> tuple[Pointer, list[str]]:
    """Follow a dotted name as far as there is something; give the place and the missing rest.

    A key that itself holds dots is found first, so every existing key can be addressed.
    """
    place: list[str | int] = []
    rest = name.split(".")
    while rest:
        taken = _step(holder, rest)
        if taken is None:
            return tuple(place), rest
        key, used = taken
        place.append(key)
        rest = rest[used:]
        holder = holder[str(key)] if isinstance(holder, dict) else as_list(holder)[int(key)]
    return tuple(place), []


def _step(holder: JsonValue, rest: list[str]) -> tuple[str | int, int] | None:
    if isinstance(holder, dict):
        for used in range(len(rest), 0, -1):
            key = ".".join(rest[:used])
            if key in holder:
                return key, used
    elif isinstance(holder, list) and rest[0].isdecimal() and int(rest[0]) < len(holder):
        return int(rest[0]), 1
    return None


def _key(session: Session, pointer: Pointer, part: str) -> str | int:
    """Read the first missing part of a name as a key of what it lies in."""
    holder = session.editor.get(pointer)
    if isinstance(holder, dict) and part:
        return part
    if isinstance(holder, list):
        if part == str(len(holder)):
            return len(holder)
        fix = f"Give an index from 0 to {len(holder)}; {len(holder)} adds an item."
        raise Refusal("name", f"The list has no item `{part}`.", fix)
    raise Refusal("name", f"`{part}` lies in a value that is no object or list.")


def _nested(rest: list[str], value: JsonValue, schema: str) -> JsonValue:
    """Wrap a value for the parts of its name that do not exist yet."""
    if not rest:
        return value
    if rest[0].isdecimal():
        if schema not in ("array", "collection"):
            fix = "Set the whole field first, as a list or an object."
            raise Refusal("name", "The field is not set, so it may be a list or an object.", fix)
        if schema == "array":
            if rest[0] != "0":
                raise Refusal("name", "The list is still empty.", "Begin with index 0.")
            return [_nested(rest[1:], value, "")]
    return {rest[0]: _nested(rest[1:], value, "")}


def _schema(visit: Visit, domain: str, name: str) -> str:
    schema = "expect" if domain == "mapper" else "parameters"
    return field_types(visit.module, schema).get(name, "")


def _write(session: Session, pointer: Pointer, value: JsonValue, visit: Visit) -> None:
    holder = session.editor.get(pointer[:-1])
    if isinstance(holder, list) and pointer[-1] == len(holder):
        session.editor.insert(pointer, value)
        session.touch(visit.id)
    else:
        session.set(pointer, value, visit)


def _binding_pointer(visit: Visit, op: JsonObject) -> Pointer:
    """Find the field to bind: the named one, else the only one of the kind."""
    parameter, kind = op.get("parameter"), op.get("kind")
    found = [slot for slot in slots(visit) if kind in (None, slot.kind)]
    if isinstance(parameter, str) and parameter:
        return next(
            ((slot.domain, slot.name) for slot in found if slot.name == parameter),
            ("parameters", parameter),
        )
    places: list[Pointer] = [(slot.domain, slot.name) for slot in _likely(found)]
    places = places or _declared(visit, kind)
    if not places and kind == "connection":
        places = [("parameters", "__IMTCONN__")]
    if len(places) == 1:
        return places[0]
    names = ", ".join(f"`{place[1]}`" for place in places)
    if places:
        raise Refusal("parameter", f"Module {visit.id} binds several: {names}.", "Name one.")
    text = f"Module {visit.id} has no field that binds {kind or 'anything'}."
    raise Refusal("parameter", text, "Name the field as `parameter`.")


def _likely(found: list[Slot]) -> list[Slot]:
    """Prefer fields that are filled; empty ones count when there is no other."""
    filled = [slot for slot in found if slot.value is not None]
    return filled or found


def _declared(visit: Visit, kind: JsonValue) -> list[Pointer]:
    """Give the fields that the saved schema declares for a kind but that are not set yet."""
    fields = as_list(as_object(visit.module.get("metadata")).get("parameters"))
    names = [as_object(entry).get("name") for entry in fields]
    types = field_types(visit.module, "parameters")
    return [
        ("parameters", name)
        for name in names
        if isinstance(name, str)
        and (found := kind_of_type(types.get(name, "")))
        and kind in (None, found)
    ]
