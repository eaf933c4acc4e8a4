"""Bindings: connections, hooks, stores and other objects outside of the blueprint."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast

from make_blueprint.bindings import Kind, Slot, field_types, kind_of_type, written_like
from make_blueprint.catalogue import LABELS, is_aggregator, known_modules
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object, whole_number
from make_blueprint.lint.rule import Hit, at, rule
from make_blueprint.lint.schemas import is_empty
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.surroundings import Hook, OtherScenario, Surroundings
from make_blueprint.walk import Pointer, Visit, feeder_of

_CALL = "scenario-service:CallSubscenario"
_WAITS = "shouldWaitForExecutionEnd"
_WORDS: dict[Kind, str] = {
    "connection": "connection",
    "hook": "webhook",
    "key": "key",
    "data_store": "data store",
    "data_structure": "data structure",
    "scenario": "scenario",
    "agent": "AI agent",
    "device": "device",
}
_CERTAIN: dict[str, Kind] = {
    "account*": "connection",
    "makeConnectionId*": "connection",
    "hook*": "hook",
}
_USUAL: dict[Kind, str] = {"connection": "__IMTCONN__", "hook": "__IMTHOOK__"}


@rule("B01", "no-connection", "error")
def no_connection(subject: Subject) -> Iterator[Hit]:
    """A module has no connection although it needs one.

    Without it the scenario counts as invalid and cannot be switched on. Choose a connection, or
    make it a scenario input. Where the module's form was not saved, an empty connection field is
    only a warning: the app may do without.
    """
    for visit in subject.running:
        for place, type_, certain in _unbound(visit, "connection"):
            wanted = f" of type {type_}" if type_ else ""
            text = f"{visit.type} has no connection{wanted}."
            evidence: JsonObject = {"type": type_}
            severity = None if certain else "warning"
            remedy = "Choose a connection."
            yield at(visit, text, remedy, place=place, evidence=evidence, severity=severity)


def _to_counterpart(subject: Subject, hit: Hit) -> None:
    domain, name = map(str, hit.place)
    holder = as_object(hit.module.get(domain))
    new = hit.evidence["counterpart"]
    holder[name] = written_like(holder[name], new if isinstance(new, int) else str(new))


@rule("B02", "not-found", "error", fix=_to_counterpart)
def not_found(subject: Subject) -> Iterator[Hit]:
    """A module is bound to an object that does not exist in the team it is to run in.

    Ids differ from team to team, so a blueprint that comes from elsewhere has to be bound anew.
    Each kind of object is judged where the team's objects of that kind are known. The fix takes
    the one object of the same kind and type that has the name the editor saved with the old one.
    """
    team = _Team(subject.surroundings)
    for visit, slot in _slots(subject):
        value = _bound_id(slot)
        if value is None or not team.lacks(slot.kind, value):
            continue
        label, found = _label(slot), team.counterpart(slot)
        shown = f"{value} ({label})" if label else f"{value}"
        text = f"There is no {_WORDS[slot.kind]} {shown} in the team."
        remedy = f"Use {found}, which has the same name." if found else "Choose one that exists."
        evidence: JsonObject = {"kind": slot.kind, "id": value, "label": label}
        evidence["counterpart"] = found
        place, fixable = (slot.domain, slot.name), found is not None
        yield at(visit, text, remedy, place=place, evidence=evidence, fixable=fixable)


@rule("B03", "wrong-connection-type", "error", needs=("connections",))
def wrong_connection_type(subject: Subject) -> Iterator[Hit]:
    """A connection is of another type than the module takes.

    Connections to different services of one company are often different types: one for Gmail is
    none for Google Sheets. Choose or make a connection of the type the module asks for.
    """
    connections = subject.surroundings.connections or {}
    for visit, slot, number in _bound(subject, "connection"):
        connection = connections.get(number)
        schema = "expect" if slot.domain == "mapper" else "parameters"
        declared = field_types(visit.module, schema).get(slot.name, "")
        taken = [type_ for type_ in declared.partition(":")[2].split(",") if type_]
        if connection and connection.type and taken and connection.type not in taken:
            text = f"Connection {number} is of type {connection.type}, not {' or '.join(taken)}."
            evidence: JsonObject = {"id": number, "type": connection.type, "taken": [*taken]}
            place = (slot.domain, slot.name)
            yield at(visit, text, "Choose another one.", place=place, evidence=evidence)


@rule("B04", "scopes-missing", "warning", needs=("connections", "module_scopes"))
def scopes_missing(subject: Subject) -> Iterator[Hit]:
    """A connection was not granted the scopes that the module needs.

    The service refuses what the module asks of it. Authorize the connection again; Make then asks
    for the missing scopes.
    """
    connections = subject.surroundings.connections or {}
    needed = subject.surroundings.module_scopes or {}
    for visit, slot, number in _bound(subject, "connection"):
        connection = connections.get(number)
        if connection is None or connection.scopes is None:
            continue
        lacking = sorted({*needed.get(visit.type, ())} - {*connection.scopes})
        if lacking:
            text = f"Connection {number} lacks {', '.join(lacking)}."
            evidence: JsonObject = {"id": number, "scopes": [*lacking]}
            place = (slot.domain, slot.name)
            yield at(visit, text, "Authorize it again.", place=place, evidence=evidence)


@rule("B05", "no-webhook", "error")
def no_webhook(subject: Subject) -> Iterator[Hit]:
    """A module that is started by a webhook has none.

    It has no address that anybody could call. Choose a webhook or make one. Where the module's
    form was not saved, an empty field of an app is only a warning.
    """
    for visit in subject.running:
        for place, _, certain in _unbound(visit, "hook"):
            severity = None if certain else "warning"
            text = f"{visit.type} has no webhook."
            yield at(visit, text, "Choose a webhook.", place=place, severity=severity)


@rule("B06", "shared-webhook", "error")
def shared_webhook(subject: Subject) -> Iterator[Hit]:
    """A webhook is used by two modules, or already belongs to another scenario.

    A webhook hands each request to one scenario only. Make a webhook of its own for this one.
    """
    hooks = subject.surroundings.hooks or {}
    own = subject.surroundings.scenario_id
    first: dict[int, Visit] = {}
    for visit, slot, number in _bound(subject, "hook"):
        place = (slot.domain, slot.name)
        if number in first:
            other = first[number].id
            text = f"Webhook {number} is already used by module {other}."
            evidence: JsonObject = {"hook": number, "module": other}
            yield at(visit, text, "Make another webhook.", place=place, evidence=evidence)
            continue
        first[number] = visit
        listener = hooks[number].scenario_id if number in hooks else None
        if own is not None and listener not in (None, own):
            text = f"Webhook {number} belongs to scenario {listener}."
            evidence = {"hook": number, "scenario": listener}
            yield at(visit, text, "Make another webhook.", place=place, evidence=evidence)


def _drop_field(subject: Subject, hit: Hit) -> None:
    domain, name = map(str, hit.place)
    del as_object(hit.module.get(domain))[name]


@rule("B07", "webhook-not-an-id", "error", fix=_drop_field)
def webhook_not_an_id(subject: Subject) -> Iterator[Hit]:
    """A webhook is given as an object instead of its id.

    A blueprint cannot ask for a webhook to be made; make it first and write its id here. The fix
    removes a bare `{"type": "create"}`.
    """
    for visit, slot in _slots(subject):
        value = slot.holder.get(slot.name)
        if slot.kind == "hook" and isinstance(value, dict):
            text = f"`{slot.name}` is an object with {', '.join(value) or 'nothing in it'}."
            remedy = "Make the webhook and write its id here."
            fixable = value == {"type": "create"}
            yield at(visit, text, remedy, place=(slot.domain, slot.name), fixable=fixable)


def _label_connection(subject: Subject, hit: Hit) -> None:
    connection = (subject.surroundings.connections or {})[int(str(hit.evidence["id"]))]
    domain, name = map(str, hit.place)
    section = "expect" if domain == "mapper" else "parameters"
    state = _opened(hit.module, "metadata", "restore", section, name)
    state["label"] = connection.name
    if connection.type:
        _opened(state, "data").setdefault("connection", connection.type)


@rule("B08", "connection-without-label", "info", fix=_label_connection)
def connection_without_label(subject: Subject) -> Iterator[Hit]:
    """The name of a module's connection was not saved, so the editor shows none chosen.

    The scenario runs all the same. The fix writes the connection's name, where it is known.
    """
    connections = subject.surroundings.connections or {}
    for visit, slot, number in _bound(subject, "connection"):
        if slot.state.get("label"):
            continue
        name = connections[number].name if number in connections else ""
        section = "expect" if slot.domain == "mapper" else "parameters"
        path = ("metadata", "restore", section, slot.name)
        fixable = bool(name) and _can_open(visit.module, *path, "data")
        text = f"The editor does not know the name of connection {number}."
        remedy = "Save its name in `metadata.restore`."
        place = (slot.domain, slot.name)
        evidence: JsonObject = {"id": number}
        yield at(visit, text, remedy, place=place, evidence=evidence, fixable=fixable)


def _label_feeder(subject: Subject, hit: Hit) -> None:
    state = _opened(hit.module, "metadata", "restore", "extra", "feeder")
    state["label"] = hit.evidence["label"]


@rule("B09", "feeder-without-label", "info", fix=_label_feeder)
def feeder_without_label(subject: Subject) -> Iterator[Hit]:
    """The name of the module that an aggregator collects from was not saved.

    The scenario runs, but the editor shows no source module. The fix writes its name and id.
    """
    for visit in subject.running:
        feeder = feeder_of(visit.module)
        if feeder is None or not is_aggregator(visit.type):
            continue
        path = ("metadata", "restore", "extra", "feeder")
        value: JsonValue = visit.module
        for key in path:
            value = as_object(value).get(key)
        if as_object(value).get("label"):
            continue
        source = subject.by_id.get(feeder)
        label = f"{_shown_name(source)} [{feeder}]" if source else ""
        fixable = source is not None and _can_open(visit.module, *path)
        text = f"The editor does not know the name of the source module {feeder}."
        evidence: JsonObject = {"feeder": feeder, "label": label}
        remedy = "Save its name in `metadata.restore.extra.feeder`."
        place = ("parameters", "feeder")
        yield at(visit, text, remedy, place=place, evidence=evidence, fixable=fixable)


@rule("B10", "scenario-not-callable", "error", needs=("scenarios",))
def scenario_not_callable(subject: Subject) -> Iterator[Hit]:
    """A called scenario is switched off, or does not run on demand.

    Only an active scenario with the schedule `on-demand` can be called by another.
    """
    for visit, slot, other, number in _called(subject):
        faults = [] if other.active else ["is switched off"]
        faults += [] if other.on_demand else ["is not scheduled on demand"]
        if faults:
            text = f"Scenario {number} ({other.name}) {' and '.join(faults)}."
            evidence: JsonObject = {"scenario": number, "active": other.active}
            evidence["onDemand"] = other.on_demand
            remedy = "Switch it on and schedule it on demand."
            place = (slot.domain, slot.name)
            yield at(visit, text, remedy, place=place, evidence=evidence)


@rule("B11", "wrong-inputs", "error", needs=("scenarios",))
def wrong_inputs(subject: Subject) -> Iterator[Hit]:
    """A call passes inputs that the called scenario does not have, or leaves out required ones.

    Undeclared inputs are dropped in silence; a call without a required one is refused.
    """
    for visit, _, other, number in _called(subject):
        passed = _passed(visit)
        if other.inputs is None or passed is None:
            continue
        names, place = passed
        if place == ("mapper", "data") and "data" in other.inputs:
            continue  # both ways of passing inputs would fit
        unknown = sorted(name for name in names if name not in other.inputs)
        lacking = sorted(
            name for name, required in other.inputs.items() if required and not names.get(name)
        )
        parts = [f"has no input {', '.join(unknown)}"] if unknown else []
        parts += [f"requires {', '.join(lacking)}"] if lacking else []
        if parts:
            text = f"Scenario {number} ({other.name}) {' and '.join(parts)}."
            evidence: JsonObject = {"scenario": number, "undeclared": [*unknown]}
            evidence["missing"] = [*lacking]
            remedy = "Pass the inputs that the scenario declares."
            yield at(visit, text, remedy, place=place, evidence=evidence)


_NEEDED = (
    "ID|KEY|TOKEN|URL|SECRET|PASSWORD|CONNECTION|WEBHOOK|HOOK|DOMAIN|EMAIL|CHANNEL|SHEET|FOLDER|"
    "BASE|TABLE|HERE|NAME|API|ACCOUNT|USER|CHAT|BOT|CALENDAR|PROJECT|WORKSPACE|NUMBER"
)
_TO_FILL_IN = re.compile(
    rf"\bYOUR[_-](?:[A-Z0-9]{{1,30}}[_-]){{0,6}}(?:{_NEEDED})(?:[_-][A-Z0-9_-]{{1,60}})?(?![A-Za-z])"
    r"|\b(?:REPLACE|CHANGE|INSERT|ENTER|PASTE|FILL)_(?:ME|THIS|WITH_[A-Z0-9_]{1,60})\b"
    r"|\b(?:REPLACE|INSERT|ENTER|PASTE|PUT)_[A-Z0-9_]{1,60}_HERE\b"
)
_IN_ANGLES = re.compile(r"<(?:YOUR[_-][A-Z0-9_-]{1,60}|[A-Z][A-Z0-9_]{0,60}_(?:ID|KEY|TOKEN|URL))>")
_IN_BRACES = re.compile(r"\{\{[A-Z][A-Z0-9]{0,60}(?:_[A-Z0-9]{1,60}){1,8}\}\}")


@rule("B12", "to-fill-in", "warning")
def to_fill_in(subject: Subject) -> Iterator[Hit]:
    """A value was left to be filled in: `YOUR_API_KEY`, `<SHEET_ID>`, `REPLACE_ME`.

    Templates are written so. Put in the value that is meant, or choose the object.
    """
    bound: dict[tuple[int, Pointer], Kind] = {
        (id(visit.module), (slot.domain, slot.name)): slot.kind for visit, slot in _slots(subject)
    }
    for visit in subject.running:
        for place, text in subject.strings(visit):
            left = _left_open(text)
            if left:
                kind = bound.get((id(visit.module), place))
                what = f"the {_WORDS[kind]}" if kind else "a value"
                message = f"{left} stands where {what} belongs."
                evidence: JsonObject = {"text": left, "kind": kind}
                yield at(visit, message, "Put in what is meant.", place=place, evidence=evidence)


def _to_wanted(subject: Subject, hit: Hit) -> None:
    domain, name = map(str, hit.place)
    holder = as_object(hit.module.get(domain))
    holder[name] = written_like(holder[name], str(hit.evidence["wanted"]))


@rule("B13", "other-environment", "warning", fix=_to_wanted, needs=("environment",))
def other_environment(subject: Subject) -> Iterator[Hit]:
    """A document, folder, channel or the like is another than the one of this environment.

    A scenario that was copied from a test team to a live one must not go on writing into the test
    sheet. The fix writes the value that the environment names; the label in the editor stays.
    """
    environment = subject.surroundings.environment or {}
    for visit in subject.running:
        for domain in ("parameters", "mapper"):
            for name, value in as_object(visit.module.get(domain)).items():
                wanted = environment.get(f"{visit.app}.{name}", environment.get(name))
                if wanted is None or isinstance(value, bool) or not isinstance(value, (str, int)):
                    continue
                shown = str(value)
                if not shown or "{{" in shown or shown.lstrip("/") == wanted.lstrip("/"):
                    continue
                fixable = shown.startswith("/") == wanted.startswith("/")
                text = f"`{name}` is {shown:.60}, and {wanted:.60} in this environment."
                evidence: JsonObject = {"field": name, "value": shown, "wanted": wanted}
                remedy = f"Use {wanted:.60}."
                place = (domain, name)
                yield at(visit, text, remedy, place=place, evidence=evidence, fixable=fixable)


def _set_scope(subject: Subject, hit: Hit) -> None:
    as_object(hit.module.get("mapper"))["scope"] = "roundtrip"


@rule("B17", "variable-without-scope", "warning", fix=_set_scope)
def variable_without_scope(subject: Subject) -> Iterator[Hit]:
    """A Set variable module does not say how long the variable lasts.

    Runs are known to fail on it with `BundleValidationError`; the editor always writes it. The
    fix writes `roundtrip`, the editor's own choice: until the end of the cycle.
    """
    for visit in subject.of("util:SetVariable2"):
        mapper = visit.module.get("mapper")
        if is_empty(as_object(mapper).get("scope")):
            text = "The variable has no scope."
            remedy = "Set `scope` to `roundtrip` or `execution`."
            place = ("mapper", "scope")
            yield at(visit, text, remedy, place=place, fixable=isinstance(mapper, dict))


@rule("B18", "odd-call", "warning")
def odd_call(subject: Subject) -> Iterator[Hit]:
    """A call names its scenario without the prefix `SCN_`, or says twice whether it waits.

    The editor writes `SCN_` and the id. Whether the call waits for the end is read from the
    parameters or from the mapped values; when the two differ, nobody can tell what happens.
    """
    for visit in subject.of(_CALL):
        parameters = as_object(visit.module.get("parameters"))
        mapper = as_object(visit.module.get("mapper"))
        number = whole_number(parameters.get("scenario"))
        if number:
            text, remedy = f"The scenario is written {number}.", f"Write `SCN_{number}`."
            evidence: JsonObject = {"scenario": number}
            place = ("parameters", "scenario")
            yield at(visit, text, remedy, place=place, evidence=evidence)
        if _WAITS in parameters and _WAITS in mapper and parameters[_WAITS] != mapper[_WAITS]:
            text = f"`{_WAITS}` stands in the parameters and in the mapped values, and differs."
            yield at(visit, text, "Remove one of them.", place=("mapper", _WAITS))


def _unbound(visit: Visit, kind: Kind) -> Iterator[tuple[Pointer, str, bool]]:
    """Give the fields that should bind an object and do not: place, wanted type, whether sure."""
    declared: set[str] = set()
    metadata = as_object(visit.module.get("metadata"))
    for domain, schema in (("parameters", "parameters"), ("mapper", "expect")):
        for entry in as_list(metadata.get(schema)):
            type_ = entry.get("type") if isinstance(entry, dict) else None
            if isinstance(type_, str) and kind_of_type(type_) == kind:
                name = str(as_object(entry).get("name"))
                declared.add(name)
                if as_object(entry).get("required") is True and _lacks(visit, name):
                    yield (domain, name), type_.partition(":")[2], True
    for name in _certain(visit.type, kind):
        if name not in declared and _lacks(visit, name):
            yield ("parameters", name), "", True
    usual = _USUAL[kind]
    parameters = visit.module.get("parameters")
    here = isinstance(parameters, dict) and usual in parameters and usual not in declared
    if here and _lacks(visit, usual):
        yield ("parameters", usual), "", False


@lru_cache(maxsize=1024)
def _certain(name: str, kind: Kind) -> tuple[str, ...]:
    """Name the parameters of a module that the catalogue says must bind an object."""
    known = known_modules().get(name)
    words = known.parameters if known else ()
    return tuple(word.rstrip("*") for word in words if _CERTAIN.get(word) == kind)


def _lacks(visit: Visit, name: str) -> bool:
    values = (as_object(visit.module.get(domain)).get(name) for domain in ("parameters", "mapper"))
    return all(is_empty(value) or whole_number(value) == 0 for value in values)


def _bound_id(slot: Slot) -> int | str | None:
    """Read the id that a field binds; placeholders, expressions and 0 are none."""
    value = slot.value
    if slot.kind == "agent":
        return value if isinstance(value, str) and "{{" not in value else None
    if slot.kind == "scenario" and isinstance(value, str):
        value = value.removeprefix("SCN_")
    return whole_number(value) or None


def _slots(subject: Subject) -> Iterator[tuple[Visit, Slot]]:
    for slot in subject.slots:
        yield cast("Visit", slot.visit), slot  # those of declared inputs are not among them


def _bound(subject: Subject, kind: Kind) -> Iterator[tuple[Visit, Slot, int]]:
    for visit, slot in _slots(subject):
        number = _bound_id(slot) if slot.kind == kind else None
        if isinstance(number, int):
            yield visit, slot, number


def _called(subject: Subject) -> Iterator[tuple[Visit, Slot, OtherScenario, int]]:
    scenarios = subject.surroundings.scenarios or {}
    for visit, slot, number in _bound(subject, "scenario"):
        if visit.type == _CALL and number in scenarios:
            yield visit, slot, scenarios[number], number


def _passed(visit: Visit) -> tuple[dict[str, bool], Pointer] | None:
    """Give the names of the inputs a call passes, whether each has a value, and their place."""
    mapper = as_object(visit.module.get("mapper"))
    data = mapper.get("data")
    if isinstance(data, dict):
        return {name: not is_empty(value) for name, value in data.items()}, ("mapper", "data")
    if "data" in mapper:
        return None  # mapped as a whole
    names = {name: not is_empty(value) for name, value in mapper.items() if name != _WAITS}
    return names, ("mapper",)


class _Team:
    """The objects of the team a blueprint is to run in, as far as they are known."""

    def __init__(self, known: Surroundings) -> None:
        self._own: tuple[int | None, ...] = (None, known.scenario_id)
        held: dict[Kind, Mapping[int, object] | Mapping[str, object] | None] = {
            "connection": known.connections,
            "hook": known.hooks,
            "key": known.keys,
            "data_store": known.data_stores,
            "data_structure": known.data_structures,
            "scenario": known.scenarios,
            "agent": known.agents,
            "device": known.devices,
        }
        self._held: dict[Kind, dict[int | str, object]] = {
            kind: dict(things.items()) for kind, things in held.items() if things is not None
        }
        self._names: defaultdict[tuple[Kind, str], list[int | str]] = defaultdict(list)
        for kind, things in self._held.items():
            for number, thing in things.items():
                self._names[kind, str(getattr(thing, "name", ""))].append(number)

    def lacks(self, kind: Kind, value: int | str) -> bool:
        """Tell whether the team surely has no such object; a scenario may call itself."""
        if kind not in self._held or (kind == "scenario" and value in self._own):
            return False
        return value not in self._held[kind]

    def counterpart(self, slot: Slot) -> int | str | None:
        """Give the one object with the saved name that the field surely takes, or None."""
        label = _label(slot)
        named = self._names.get((slot.kind, label), []) if label else []
        found = [number for number in named if self._fits(slot, self._held[slot.kind][number])]
        return found[0] if len(found) == 1 else None

    def _fits(self, slot: Slot, held: object) -> bool:
        if isinstance(held, Hook) and held.scenario_id not in self._own:
            return False
        if slot.kind in ("connection", "hook", "key", "device"):
            return bool(slot.type) and getattr(held, "type", "") in slot.type.split(",")
        return True


def _label(slot: Slot) -> str:
    label = slot.state.get("label")
    return label if isinstance(label, str) else ""


def _left_open(text: str) -> str:
    """Find what somebody was to replace in a text, or ""."""
    if _IN_BRACES.fullmatch(text):
        return text
    found = _TO_FILL_IN.search(text)
    if found is None and "</" not in text and not any(map(str.isspace, text)):
        found = _IN_ANGLES.search(text)
    return found[0] if found else ""


def _shown_name(visit: Visit) -> str:
    return visit.label or LABELS.get(visit.type, visit.name)


def _can_open(holder: JsonObject, *keys: str) -> bool:
    """Tell whether objects can be nested at these keys without overwriting anything."""
    for key in keys:
        value = holder.get(key)
        if value is None:
            return True
        if not isinstance(value, dict):
            return False
        holder = value
    return True


def _opened(holder: JsonObject, *keys: str) -> JsonObject:
    """Give the object at these keys, made where it is missing."""
    for key in keys:
        value = holder.get(key)
        if not isinstance(value, dict):
            holder[key] = value = {}
        holder = value
    return holder
