"""Upkeep: what makes a scenario hard to understand and to change."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from make_blueprint import iml
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object
from make_blueprint.lint.credentials import is_opaque
from make_blueprint.lint.deeds import deed, writes
from make_blueprint.lint.rule import Hit, at, overall, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.masking import is_secret_name
from make_blueprint.operators import operators
from make_blueprint.walk import IF_ELSE, Visit

_DEFAULT_NAME = re.compile(r"(?:(?:New|Empty) (?:scenario|integration)|Untitled)(?: \d+)?", re.I)
_INTEGRATION = re.compile(r"Integration ([^,]+)(?:,.*)?")
_COPY = re.compile(r" \(copy(?: \d+)?\)$")
_LABELS = {
    "webhooks": "gateway",
    "tools": "util",
    "flowcontrol": "builtin",
    "textparser": "regexp",
    "gmail": "google-email",
}
_NOT_LETTER = re.compile(r"[^a-z]")
_SAME = 3
_LONG = 15
_LONGEST_FILTER_NAME = 60
_OLD_MODULES = {
    "ai-agent:RunAnAIAgent": "ai-local-agent:RunLocalAIAgent",
    "scenario-service:RunScenario": "scenario-service:CallSubscenario",
    "util:SetVariable": "util:SetVariable2",
    "util:GetVariable": "util:GetVariable2",
}
_SETTERS = ("util:SetVariable2", "util:SetVariable", "util:SetVariables")
_GETTERS = ("util:GetVariable2", "util:GetVariable", "util:GetVariables")
_TRANSFORMERS = (
    "util:ComposeTransformer",
    "util:Switcher",
    "json:ParseJSON",
    "json:CreateJSON",
    "json:TransformToJSON",
    "xml:ParseXML",
    "xml:CreateXML",
    "csv:ParseCSV",
    "regexp:Parser",
    "regexp:AdvancedParser",
    "regexp:Replace",
    "regexp:HTMLToText",
    "markdown:Compile",
)
_UNREAD = (*_SETTERS, "json:ParseJSON", "util:ComposeTransformer")
_ID_NAME = re.compile(r".*(?:Id|ID|_id)|id|channel|base|table|calendar|document|database")
_ID = re.compile(r"/?[A-Za-z0-9_-]{8,}")


@rule("M01", "default-name", "info")
def default_name(subject: Subject) -> Iterator[Hit]:
    """The scenario has the name that the editor gave it.

    In a list of many nobody can tell it from the others. Say what it does and for whom.
    """
    name = subject.blueprint.get("name")
    if isinstance(name, str) and _is_default(subject, _COPY.sub("", name.strip())):
        text = f"`{name[:60]}` is a default name."
        yield overall(text, "Say what the scenario does.", place=("name",))


def _is_default(subject: Subject, name: str) -> bool:
    """Tell whether a name is a default one: `Integration HTTP, Slack` lists the scenario's apps."""
    if _DEFAULT_NAME.fullmatch(name):
        return True
    match = _INTEGRATION.fullmatch(name)
    if match is None:
        return False
    label = _letters(match[1])
    apps = {_letters(visit.app) for visit in subject.running}
    return _letters(_LABELS.get(label, label)) in apps


def _letters(name: str) -> str:
    return _NOT_LETTER.sub("", name.lower())


@rule("M02", "unlabelled-modules", "info")
def unlabelled_modules(subject: Subject) -> Iterator[Hit]:
    """Three or more modules of one kind have no name of their own.

    On the canvas and in the history they look alike. Name each after what it does here.
    """
    found: defaultdict[str, list[Visit]] = defaultdict(list)
    for visit in subject.running:
        if visit.app not in ("builtin", "placeholder") and not visit.label:
            found[visit.type].append(visit)
    for type_, visits in found.items():
        if type_ and len(visits) >= _SAME:
            ids: list[JsonValue] = [visit.id for visit in visits]
            text = f"{len(visits)} modules {type_} have no names of their own."
            evidence: JsonObject = {"module": type_, "modules": ids}
            yield at(visits[0], text, "Name them.", evidence=evidence)


def _name_filter(subject: Subject, hit: Hit) -> None:
    filter_ = as_object(hit.module.get("filter"))
    name = _described(filter_)
    rest = {key: value for key, value in filter_.items() if key != "name"}
    filter_.clear()
    filter_.update({"name": name, **rest})


@rule("M03", "unnamed-filter", "info", fix=_name_filter)
def unnamed_filter(subject: Subject) -> Iterator[Hit]:
    """A filter has conditions but no name.

    The name is what the canvas shows; without it nobody sees what passes. The fix writes down the
    conditions where they make a short name.
    """
    for visit in subject.running:
        filter_ = as_object(visit.module.get("filter"))
        if as_list(filter_.get("conditions")) and not filter_.get("name"):
            name = _described(filter_)
            remedy = f"Call it `{name}`." if name else "Name it."
            fixable = bool(name)
            place = ("filter", "name")
            yield at(visit, "The filter has no name.", remedy, place=place, fixable=fixable)


def _described(filter_: JsonObject) -> str:
    """Put conditions into words, "" when they are too long or not understood."""
    groups: list[str] = []
    for group in as_list(filter_.get("conditions")):
        words = [_condition_words(as_object(condition)) for condition in as_list(group)]
        if not words or not all(words):
            return ""
        groups.append(" and ".join(words))
    name = " or ".join(groups)
    return name if len(name) <= _LONGEST_FILTER_NAME else ""


def _condition_words(condition: JsonObject) -> str:
    operator = condition.get("o")
    words = operators().get(operator) if isinstance(operator, str) else None
    left, right = _operand(condition.get("a")), _operand(condition.get("b"))
    if not words or not left or is_secret_name(left) or is_opaque(right):
        return ""
    if operator in ("exist", "notexist"):
        return f"{left} {words}"
    return f"{left} {words} {right}" if right else ""


def _operand(value: JsonValue) -> str:
    """Put one side of a condition into words: the last name of a reference, or a plain text."""
    text = value.strip() if isinstance(value, str) else ""
    if "{{" not in text:
        return text
    uses = iml.references(text)
    if len(uses) == 1 and text[2:-2].strip() == text[uses[0].start : uses[0].end]:
        return uses[0].fields[-1] if uses[0].fields else ""
    return ""


@rule("M04", "old-module", "info")
def old_module(subject: Subject) -> Iterator[Hit]:
    """A module has a successor.

    It goes on to work. The successor's fields have other names, so replace it by hand when the
    scenario is changed anyway.
    """
    for visit in subject.running:
        successor = _OLD_MODULES.get(visit.type)
        if visit.app == "http" and visit.version in (1, 2, 3):
            successor = "version 4 of the HTTP app"
        if successor:
            text = f"{visit.type} has a successor: {successor}."
            evidence: JsonObject = {"module": visit.type, "version": visit.version}
            yield at(
                visit, text, "Replace it when you next change the scenario.", evidence=evidence
            )


@rule("M05", "no-notes", "info")
def no_notes(subject: Subject) -> Iterator[Hit]:
    """A scenario of more than 15 modules has no notes.

    A note at the first module that says what the scenario is for saves the next person an hour.
    """
    count = len(subject.running)
    if count > _LONG and not as_list(subject.metadata.get("notes")):
        text = f"{count} modules and no note."
        place = ("metadata", "notes")
        yield overall(text, "Add one.", place=place, evidence={"modules": count})


@rule("M06", "saved-error", "warning")
def saved_error(subject: Subject) -> Iterator[Hit]:
    """The editor marked a module as faulty when the scenario was saved.

    Open the module in the editor; the message says what it lacks.
    """
    for visit in subject.running:
        designer = as_object(as_object(visit.module.get("metadata")).get("designer"))
        for number, entry in enumerate(as_list(designer.get("messages"))):
            message = as_object(entry)
            if message.get("severity") == "error":
                said = str(message.get("message") or message.get("category"))[:200]
                place = ("metadata", "designer", "messages", number)
                evidence: JsonObject = {"category": message.get("category")}
                yield at(visit, f"The editor says: {said}", place=place, evidence=evidence)


@rule("M07", "unused-result", "info")
def unused_result(subject: Subject) -> Iterator[Hit]:
    """Nothing reads what a module sets, parses or composes.

    It costs an operation each time. Remove it, or use its result.
    """
    read = _variables_read(subject)
    for visit in subject.of(*_UNREAD):
        is_last = visit.index == len(visit.container) - 1
        if subject.uses_of(visit) or visit.module.get("onerror") or visit.role == "tool":
            continue
        if visit.type not in _SETTERS:
            unused = not is_last
        else:
            names = _variables_set(visit)
            computed = any("{{" in name for name in names)
            unused = read is not None and not computed and read.isdisjoint(names)
        if unused:
            text = f"Nothing reads the result of {visit.type}."
            yield at(visit, text, "Remove it or use its result.")


def _variables_read(subject: Subject) -> set[str] | None:
    """Collect the names that Get variable modules ask for, None where one is computed."""
    names: set[str] = set()
    for visit in subject.of(*_GETTERS):
        mapper = as_object(visit.module.get("mapper"))
        for name in (mapper.get("name"), *as_list(mapper.get("variables"))):
            if isinstance(name, dict):
                name = name.get("name")
            if isinstance(name, str):
                names.add(name)
    return None if any("{{" in name for name in names) else names


def _variables_set(visit: Visit) -> set[str]:
    mapper = as_object(visit.module.get("mapper"))
    entries = [mapper, *map(as_object, as_list(mapper.get("variables")))]
    return {str(entry["name"]) for entry in entries if "name" in entry}


@rule("M08", "transformer-last", "info")
def transformer_last(subject: Subject) -> Iterator[Hit]:
    """A module that only converts something is the last of its route, so its result is lost."""
    for visit in subject.of(*_TRANSFORMERS):
        is_last = visit.index == len(visit.container) - 1
        if is_last and visit.role in ("flow", "route") and not subject.uses_of(visit):
            text = f"{visit.type} is the last module of its route; nothing uses its result."
            yield at(visit, text, "Remove it or use its result.")


def _drop_zone(subject: Subject, hit: Hit) -> None:
    subject.metadata.pop("zone", None)


@rule("M09", "other-zone", "info", fix=_drop_zone, needs=("zone",))
def other_zone(subject: Subject) -> Iterator[Hit]:
    """The blueprint was exported from another zone than it is to run in.

    The entry itself does nothing, but connections, hooks and other ids of that zone do not exist
    here. The fix takes the entry out.
    """
    zone = subject.metadata.get("zone")
    if zone is not None and zone != subject.surroundings.zone:
        text = f"It comes from {zone} and is to run in {subject.surroundings.zone}."
        evidence: JsonObject = {"zone": zone, "target": subject.surroundings.zone}
        yield overall(text, "Check its bindings.", place=("metadata", "zone"), evidence=evidence)


@rule("M10", "same-module-twice", "info")
def same_module_twice(subject: Subject) -> Iterator[Hit]:
    """Two modules on one path have the same settings.

    Usually one was copied and not changed yet, or the second reads what is known already.
    """
    first: dict[tuple[JsonValue, ...], Visit] = {}
    writing = {visit.app for visit in subject.running if writes(visit)}
    for visit in subject.running:
        fields = as_object(visit.module.get("mapper"))
        reads = deed(visit) in ("read", "search")
        if not fields or not (reads or writes(visit)):
            continue
        if reads and (visit.app in writing or subject.of("util:FunctionSleep")):
            continue  # it may look again at what has changed in the meantime
        scalars = [value for value in fields.values() if isinstance(value, (str, int, float))]
        twin = first.setdefault((visit.type, *scalars), visit)
        if twin is not visit and _is_same(twin, visit) and visit.scope.ran(twin.id or 0):
            text = f"It has the settings of module {twin.id}, which runs before it."
            yield at(visit, text, "Change or remove it.", evidence={"twin": twin.id})


def _is_same(one: Visit, other: Visit) -> bool:
    keys = ("mapper", "parameters", "version", "filter")
    return all(one.module.get(key) == other.module.get(key) for key in keys)


@rule("M11", "repeated-id", "info")
def repeated_id(subject: Subject) -> Iterator[Hit]:
    """The id of a sheet, folder, channel or the like stands in three or more modules.

    When it changes, every one of them has to be found. Keep it in one variable at the beginning,
    or in a variable of the team, and map that.
    """
    found: defaultdict[str, list[tuple[Visit, str]]] = defaultdict(list)
    for visit in subject.running:
        for name, value in as_object(visit.module.get("mapper")).items():
            if isinstance(value, str) and _ID_NAME.fullmatch(name) and _is_id(value):
                found[value].append((visit, name))
    for value, uses in found.items():
        ids: list[JsonValue] = [visit.id for visit, _ in uses]
        if len(set(map(str, ids))) >= _SAME:
            first, name = uses[0]
            text = f"{value} stands in {len(ids)} modules."
            evidence: JsonObject = {"value": value, "modules": ids}
            remedy = "Keep it in a variable."
            yield at(first, text, remedy, place=("mapper", name), evidence=evidence)


def _is_id(value: str) -> bool:
    return _ID.fullmatch(value) is not None and any(map(str.isdigit, value))


@rule("M12", "disabled-branch", "info")
def disabled_branch(subject: Subject) -> Iterator[Hit]:
    """A branch that is switched off was kept."""
    for visit in subject.of(IF_ELSE):
        for number, branch in enumerate(as_list(visit.module.get("branches"))):
            if as_object(branch).get("disabled") is True:
                evidence: JsonObject = {"branch": number, "label": as_object(branch).get("label")}
                text = f"Branch {number + 1} is switched off."
                remedy = "Remove it when it is no longer needed."
                yield at(visit, text, remedy, place=("branches", number), evidence=evidence)
