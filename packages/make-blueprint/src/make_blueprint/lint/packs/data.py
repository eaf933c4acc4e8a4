"""Data: records and rows that are lost, doubled or overwritten."""

from __future__ import annotations

import re
from collections.abc import Iterator

from make_blueprint import iml
from make_blueprint.bindings import field_types
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, whole_number
from make_blueprint.iml.nodes import Bundle, Chain, Expression, Path
from make_blueprint.lint.deeds import deed, writes
from make_blueprint.lint.rule import Hit, at, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.texts import strings
from make_blueprint.walk import Pointer, Visit

_ADD, _UPDATE = "datastore:AddRecord", "datastore:UpdateRecord"
_LOOK_UP = ("datastore:ExistRecord", "datastore:GetRecord")
_RECORD_KEYS = frozenset({"key", "data", "overwrite", "upsert", "overwriteArrays"})
_ROW_WRITERS = ("google-sheets:addRow", "google-sheets:updateRow")
_COLUMN = re.compile(r"[A-Z]{1,2}")
_DATA_TYPES = frozenset(
    {"text", "email", "url", "number", "uinteger", "integer", "date", "any", "path", "filename"}
)


def _move_fields(subject: Subject, hit: Hit) -> None:
    mapper = as_object(hit.module.get("mapper"))
    data = as_object(mapper.get("data"))
    for key in _stray_fields(hit.owner):
        data[key] = mapper.pop(key)
    mapper["data"] = data


@rule("D08", "fields-outside-record", "error", fix=_move_fields)
def fields_outside_record(subject: Subject) -> Iterator[Hit]:
    """Fields of a data store record stand beside `data` instead of inside it.

    Make drops them without an error: the run is green and the record empty. The fix moves them
    into `data`.
    """
    for visit in subject.of(_ADD, _UPDATE):
        stray = _stray_fields(visit)
        if stray:
            data = as_object(visit.module.get("mapper")).get("data")
            fixable = data is None or (isinstance(data, dict) and not set(stray) & set(data))
            text = f"{', '.join(stray)} would be dropped."
            evidence: JsonObject = {"fields": [*stray]}
            remedy = "Move them into `data`."
            yield at(visit, text, remedy, place=("mapper",), evidence=evidence, fixable=fixable)


def _stray_fields(visit: Visit) -> list[str]:
    declared = field_types(visit.module, "expect")
    mapper = as_object(visit.module.get("mapper"))
    return [key for key in mapper if key not in _RECORD_KEYS and key not in declared]


@rule("D09", "field-not-in-structure", "error", needs=("data_stores",))
def field_not_in_structure(subject: Subject) -> Iterator[Hit]:
    """A record is written with a field that the data store's structure does not have.

    Make drops the field without an error. Add it to the data structure, or correct its name.
    """
    stores = subject.surroundings.data_stores or {}
    for visit in subject.of(_ADD, _UPDATE):
        store = stores.get(_store_of(visit) or 0)
        if store is None or store.fields is None:
            continue
        right = {name.casefold(): name for name in store.fields}
        for key in as_object(as_object(visit.module.get("mapper")).get("data")):
            if key not in store.fields:
                near = right.get(key.casefold())
                text = f"The data store {store.name or _store_of(visit)} has no field {key}."
                remedy = f"Write `{near}`." if near else "Add it to the data structure."
                evidence: JsonObject = {"field": key, "near": near}
                yield at(visit, text, remedy, place=("mapper", "data", key), evidence=evidence)


def _store_of(visit: Visit) -> int | None:
    return whole_number(as_object(visit.module.get("parameters")).get("datastore"))


def _key_of(visit: Visit) -> str:
    key = as_object(visit.module.get("mapper")).get("key")
    return "".join(key.split()) if isinstance(key, str) else ""


@rule("D10", "duplicate-keys", "warning")
def duplicate_keys(subject: Subject) -> Iterator[Hit]:
    """A scenario started by a hook adds records under a given key and may not overwrite them.

    Callers repeat themselves: the second delivery of the same message fails with "Duplicate key".
    Allow overwriting, look the key up first, or handle the error.
    """
    if not subject.is_instant:
        return
    looked_up = {
        _store_of(visit)
        for visit in subject.running
        if visit.app == "datastore" and deed(visit) in ("read", "search")
    }
    for visit in subject.of(_ADD):
        forbids = as_object(visit.module.get("mapper")).get("overwrite") in (False, "false")
        handled = visit.module.get("onerror") or _store_of(visit) in looked_up
        if forbids and _key_of(visit) and not handled:
            text = "A repeated message fails with a duplicate key."
            remedy = "Allow overwriting, or give it an error route."
            yield at(visit, text, remedy, place=("mapper", "overwrite"))


@rule("D11", "marked-too-early", "warning")
def marked_too_early(subject: Subject) -> Iterator[Hit]:
    """An item is recorded as done before it is processed.

    The scenario looks a key up, goes on when it is new, writes it down, and only then does the
    work. When the work fails, the next run takes the item for done, and it is lost. Write the
    record last.
    """
    if subject.settings.get("autoCommit") is False:
        return  # then the record is taken back with the rest
    looked_up = {
        (_store_of(visit), _key_of(visit)): visit
        for visit in subject.of(*_LOOK_UP)
        if _key_of(visit)
    }
    for visit in subject.of(_ADD):
        source = looked_up.get((_store_of(visit), _key_of(visit)))
        if source is None or not subject.is_tested(source, visit):
            continue
        later = list(subject.after(visit))
        updated = any(
            other.app == "datastore" and writes(other) and _store_of(other) == _store_of(visit)
            for other in later
        )
        work: list[JsonValue] = [
            other.id for other in later if writes(other) and other.role != "onerror"
        ]
        if work and not updated:
            what = "module" if len(work) == 1 else "modules"
            text = f"The record is written before {what} {', '.join(map(str, work))} did the work."
            evidence: JsonObject = {"lookup": source.id, "work": work}
            yield at(visit, text, "Move it to the end.", evidence=evidence)


@rule("D12", "racing-counter", "warning")
def racing_counter(subject: Subject) -> Iterator[Hit]:
    """A counter in a data store is read, changed and written while runs may overlap.

    Two runs at the same time read the same number, and one of the two steps is lost. Process the
    runs one after the other ("Sequential processing").
    """
    first = subject.first
    called = first is not None and first.type == "scenario-service:StartSubscenario"
    if subject.settings.get("sequential") is True or not (subject.is_instant or called):
        return
    for visit in subject.of(_ADD, _UPDATE):
        for place, text, _ in subject.texts(visit):
            if place[:2] == ("mapper", "data") and _counts_up(subject, visit, text):
                message = "Overlapping runs would lose a step of this counter."
                yield at(visit, message, "Turn on sequential processing.", place=place)


def _counts_up(subject: Subject, visit: Visit, text: str) -> bool:
    """Tell whether a text adds to or subtracts from a field of the record being written."""
    for number in {reference.module for reference in iml.references(text)}:
        source = subject.by_id.get(number)
        if source is None or source.type != "datastore:GetRecord":
            continue
        same = _store_of(source) == _store_of(visit) and _key_of(source) == _key_of(visit)
        if same and _adds_to(text, number):
            return True
    return False


def _adds_to(text: str, number: int) -> bool:
    try:
        parts = iml.parse(text).parts
    except iml.IMLError:
        return False
    for part in parts:
        if isinstance(part, Expression) and isinstance(part.node, Chain):
            operators = {operator for operator, _ in part.node.rest}
            operands = [part.node.first, *(operand for _, operand in part.node.rest)]
            roots = [operand.root for operand in operands if isinstance(operand, Path)]
            if operators <= {"+", "-"} and Bundle(number) in roots:
                return True
    return False


@rule("D13", "unguarded-deletion", "warning")
def unguarded_deletion(subject: Subject) -> Iterator[Hit]:
    """Something is deleted, or changed item by item, and no filter stands in front.

    One wrong search or one empty value, and it is done to everything. Put a filter in front that
    states what must hold.
    """
    guarded = _guarded(subject)
    for visit in subject.running:
        kind = deed(visit)
        method = as_object(visit.module.get("mapper")).get("method") if visit.app == "http" else ""
        changes = isinstance(method, str) and method.lower() in ("put", "patch")
        many = bool(subject.loops(visit))
        everything = kind == "delete" and "all" in _words(visit.type)
        if not (everything or (kind == "delete" and (many or method)) or (changes and many)):
            continue
        if id(visit.module) not in guarded:
            what = "Everything is" if everything else "Every item is" if many else "The item is"
            done = "changed" if changes else "deleted"
            text = f"{what} {done} without a condition."
            yield at(visit, text, "Put a filter in front.", evidence={"module": visit.type})


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+", name)]


def _guarded(subject: Subject) -> set[int]:
    """Find the modules, by identity, that a condition stands in front of."""
    found: set[int] = set()
    ends: dict[int, bool] = {}
    for visit in subject.running:
        before = ends.get(id(visit.container))
        if before is None:
            before = visit.role == "branch" or (
                visit.parent is not None and id(visit.parent.module) in found
            )
        conditions = as_object(visit.module.get("filter")).get("conditions")
        ends[id(visit.container)] = before or bool(as_list(conditions))
        if ends[id(visit.container)]:
            found.add(id(visit.module))
    return found


def _drop_field(subject: Subject, hit: Hit) -> None:
    holder: JsonValue = hit.module
    for key in hit.place[:-1]:
        holder = as_object(holder)[str(key)]
    del as_object(holder)[str(hit.place[-1])]


@rule("D14", "emptied-field", "warning", fix=_drop_field)
def emptied_field(subject: Subject) -> Iterator[Hit]:
    """An update writes an empty text into a field.

    To leave a field as it is, leave it out; to clear it, map the keyword `erase`. The fix takes
    the field out.
    """
    for visit in subject.running:
        if deed(visit) != "update":
            continue
        types = field_types(visit.module, "expect")
        for place, text in strings(visit.module.get("mapper"), ("mapper",)):
            if text or len(place) < 2 or not all(isinstance(key, str) for key in place):
                continue
            if len(place) > 2 or types.get(str(place[1]), "text") in _DATA_TYPES:
                message = f"The update empties {place[-1]}."
                yield at(visit, message, "Leave the field out.", place=place)


def _as_entered(subject: Subject, hit: Hit) -> None:
    as_object(hit.module.get("mapper"))["valueInputOption"] = "USER_ENTERED"


@rule("D15", "no-value-input-option", "error", fix=_as_entered)
def no_value_input_option(subject: Subject) -> Iterator[Hit]:
    """A row is written to Google Sheets without saying how values are to be read.

    Without `valueInputOption` the request is refused. The fix sets `USER_ENTERED`, which is what
    the editor offers first.
    """
    for visit in subject.of(*_ROW_WRITERS):
        mapper = as_object(visit.module.get("mapper"))
        given = mapper.get("valueInputOption") or as_object(visit.module.get("parameters")).get(
            "valueInputOption"
        )
        if "values" in mapper and not given:
            place = ("mapper", "valueInputOption")
            yield at(visit, "The option is missing.", "Set `USER_ENTERED`.", place=place)


def _by_position(subject: Subject, hit: Hit) -> None:
    mapper = as_object(hit.module.get("mapper"))
    values = as_object(mapper.get("values"))
    mapper["values"] = {str(_position(key)): value for key, value in values.items()}


@rule("D16", "columns-by-letter", "error", fix=_by_position)
def columns_by_letter(subject: Subject) -> Iterator[Hit]:
    """Values of a row in Google Sheets are keyed by column letters.

    The module counts columns from 0: `"0"` is column A. Under letters nothing is written. The fix
    writes the positions.
    """
    for visit in subject.of(*_ROW_WRITERS):
        mapper = as_object(visit.module.get("mapper"))
        values = as_object(mapper.get("values"))
        by_header = mapper.get("useColumnHeaders") in (True, "true")
        if values and not by_header and all(map(_COLUMN.fullmatch, values)):
            text = f"{', '.join(values)} are letters, not positions."
            evidence: JsonObject = {"keys": [*values]}
            place: Pointer = ("mapper", "values")
            yield at(visit, text, "Count the columns from 0.", place=place, evidence=evidence)


def _position(letters: str) -> int:
    """Give the position of a column, A being 0."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
