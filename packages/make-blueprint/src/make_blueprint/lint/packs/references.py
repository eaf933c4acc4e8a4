"""References: which module maps whose output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from make_blueprint import iml
from make_blueprint.document import JsonObject, as_list, as_object
from make_blueprint.iml.nodes import Bundle, Call, Field, Node, Path
from make_blueprint.iml.nodes import Text as Plain
from make_blueprint.lint.rule import Hit, at, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.lint.written import whole_field
from make_blueprint.outputs import output_field, output_type
from make_blueprint.problem import Severity
from make_blueprint.references import BrokenReference, Reference
from make_blueprint.walk import MERGE, Visit, feeder_of

_FAR = 300
_BODIES = {
    "http": frozenset({"data", "jsonStringBodyContent", "rawBodyContent"}),
    "gateway": frozenset({"body"}),
    "json": frozenset({"json"}),
}
_JSON = re.compile(r"\s*[{\[]\s*(?:\{\s*)?\"[^\"]*\"\s*:")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_CLEAN_WORDS = frozenset(
    {"id", "ids", "uuid", "key", "date", "at", "on", "time", "timestamp", "year", "month", "day"}
    | {"email", "mail", "url", "uri", "link", "phone", "number", "no", "amount", "total", "sum"}
    | {"price", "count", "quantity", "qty", "length", "index", "status", "state", "type", "code"}
    | {"currency", "country", "locale", "language", "sku", "token", "hash", "version", "tier"}
)
_CLEAN_TYPES = frozenset(
    {"number", "integer", "uinteger", "boolean", "date", "time", "timestamp", "email", "url"}
    | {"uuid", "port", "array", "collection"}
)
_PASSING = ("ifempty", "trim")
_SINGLE = frozenset(
    {"number", "integer", "uinteger", "port", "boolean", "date", "time", "timestamp", "email"}
    | {"url", "uuid", "filename"}
)
_TEXTS = ("text", "password", "path")
_RECORD_FIELDS = frozenset({"key", "data", "error", "__IMTLENGTH__", "__IMTINDEX__"})
_GETTERS = ("util:GetVariable2", "util:GetVariable", "util:GetVariables")
_SETTERS = ("util:SetVariable2", "util:SetVariable", "util:SetVariables")


def _shown(use: Reference) -> str:
    return f"{{{{{use.module}.{use.field:.80}}}}}" if use.field else f"{{{{`{use.module}`}}}}"


def _used(
    subject: Subject,
    use: Reference,
    message: str,
    remedy: str,
    evidence: JsonObject | None = None,
) -> Hit:
    """Make a hit on the text of a reference; a detached module is only worth knowing."""
    severity: Severity | None = "info" if use.in_orphan else None
    found: JsonObject = {"module": use.module, "field": use.field[:80], **(evidence or {})}
    visit = subject.module_at(use.path)
    return Hit(visit, (), use.path, message, remedy, found, fixable=False, severity=severity)


def _broken(subject: Subject, fault: str) -> Iterator[Reference]:
    """Give the broken references of a kind; those of aggregators belong to the structure."""
    for broken in subject.broken:
        if broken.fault == fault and not _is_setting(broken):
            yield broken.reference


def _is_setting(broken: BrokenReference) -> bool:
    return broken.reference.path.endswith((".parameters.feeder", ".parameters.target"))


@rule("R01", "no-such-source", "error")
def no_such_source(subject: Subject) -> Iterator[Hit]:
    """An expression maps the output of a module that does not exist.

    It stays empty, and nothing tells so at run time. The module was probably deleted or got
    another id.
    """
    for use in _broken(subject, "missing"):
        text = f"There is no module {use.module}; `{_shown(use)}` stays empty."
        yield _used(subject, use, text, "Map a module that exists.")


@rule("R02", "source-not-before", "error")
def source_not_before(subject: Subject) -> Iterator[Hit]:
    """An expression maps the output of a module that does not run before it on its path.

    The module runs later, on another route, or is the very one that maps. The value stays empty.
    What is to pass from one route to the next goes through a variable or a data store.
    """
    for use in _broken(subject, "not_upstream"):
        if _merge_between(subject, use) is None:
            source = subject.by_id[use.module]
            text = f"Module {use.module} does not run before this one; `{_shown(use)}` stays empty."
            if use.module == use.module_id:
                text = f"The module maps its own output; `{_shown(use)}` stays empty."
            evidence: JsonObject = {"source": source.path}
            remedy = "Map a module that runs before it on the same path."
            yield _used(subject, use, text, remedy, evidence)


@rule("R03", "source-collected", "error")
def source_collected(subject: Subject) -> Iterator[Hit]:
    """An expression maps a module whose bundles an aggregator has already collected.

    Behind an aggregator, the modules from the start of its loop on are out of reach; only what it
    collected is left.
    """
    for use in _broken(subject, "consumed"):
        aggregator = _collector(subject, use)
        evidence: JsonObject = {"aggregator": aggregator}
        text = f"An aggregator took the bundles of module {use.module}; `{_shown(use)}` is empty."
        remedy = "Collect the field in the aggregator and map its output."
        if aggregator is not None:
            remedy = f"Collect the field in module {aggregator} and map its output."
        yield _used(subject, use, text, remedy, evidence)


def _collector(subject: Subject, use: Reference) -> int | None:
    """Name the aggregator that closed the loop a module stands in."""
    user, met = subject.module_at(use.path), dict[int, int | None]()
    before = subject.before(user) if user else iter(())
    inside = False
    for visit in islice(before, _FAR):
        if (feeder := feeder_of(visit.module)) is not None:
            met[feeder] = visit.id
        inside = inside or visit.id == use.module
        if inside and visit.id in met:
            return met[visit.id]
    return None


@rule("R04", "source-merged", "error")
def source_merged(subject: Subject) -> Iterator[Hit]:
    """An expression behind a merge maps a module of one of the merged branches.

    Only one of the branches ran. What they have in common is an output of the merge, with one
    value for each branch.
    """
    for use in _broken(subject, "not_upstream"):
        merge = _merge_between(subject, use)
        if merge is not None:
            text = f"Module {use.module} stands in a branch that ends at merge {merge}."
            remedy = f"Add an output to module {merge} and map that."
            yield _used(subject, use, text, remedy, {"merge": merge})


def _merge_between(subject: Subject, use: Reference) -> int | None:
    """Give the merge that ends the branch a module stands in, before the one that maps it."""
    user = subject.module_at(use.path)
    lists: dict[int, int] = {}
    while user is not None:
        lists[id(user.container)] = user.index
        user = user.parent
    source: Visit | None = subject.by_id[use.module]
    while source is not None:
        choice = source.parent if source.role == "branch" else None
        if choice is not None and lists.get(id(choice.container), -1) > choice.index + 1:
            merge = as_object(choice.container[choice.index + 1])
            number = merge.get("id")
            if merge.get("module") == MERGE and isinstance(number, int):
                return number
        source = source.parent
    return None


@rule("R05", "output-of-failed", "warning")
def output_of_failed(subject: Subject) -> Iterator[Hit]:
    """An error route maps the normal output of the module that failed.

    A module that failed gave none. On its error route there are only `error.type` and
    `error.message`, beside what ran before.
    """
    for visit in subject.running:
        if not as_list(visit.module.get("onerror")) or visit.id is None:
            continue
        prefix = f"{visit.path}.onerror["
        for use in subject.uses_of(visit):
            name = re.split(r"[.\[]", use.field, maxsplit=1)[0].strip("`")
            if use.path.startswith(prefix) and name not in ("", "error"):
                text = f"Module {use.module} failed and gave no `{name:.80}`."
                remedy = f"Map `{use.module}.error.message`, or a module before it."
                yield _used(subject, use, text, remedy)


@rule("R20", "raw-text-in-json", "warning")
def raw_text_in_json(subject: Subject) -> Iterator[Hit]:
    """A text is mapped as it is into a JSON text written by hand.

    A quotation mark or a line break in it makes the JSON invalid. Build the text with Create JSON
    or Transform to JSON, which escape what needs it. Fields whose names or types promise neither
    (ids, dates, numbers, addresses) are not reported.
    """
    for visit in subject.running:
        fields = _BODIES.get(visit.app)
        for text in subject.texts(visit) if fields else ():
            if len(text.pointer) == 2 and text.pointer[1] in (fields or ()):
                names = _raw_names(subject, text.text)
                if names:
                    listed = ", ".join(f"`{name}`" for name in names[:3])
                    message = f"{listed} can hold quotation marks and line breaks."
                    remedy = "Build the body with `json:CreateJSON` or `json:TransformToJSON`."
                    evidence: JsonObject = {"fields": [*names]}
                    yield at(visit, message, remedy, place=text.pointer, evidence=evidence)


def _raw_names(subject: Subject, text: str) -> list[str]:
    """Name the fields that stand raw inside the quotation marks of a JSON text."""
    if not _JSON.match(text):
        return []
    try:
        parts = iml.parse(text).parts
    except iml.IMLError:
        return []
    quoted, found = False, dict[str, None]()
    for part in parts:
        if isinstance(part, Plain):
            bare = part.value.replace("\\\\", "").replace('\\"', "")
            quoted ^= bare.count('"') % 2 == 1
        elif quoted and (name := _raw_name(subject, part.node)):
            found[name] = None
    return [*found]


def _raw_name(subject: Subject, node: Node) -> str:
    """Name the field that a node gives unchanged, "" when it cannot spoil a JSON text."""
    if isinstance(node, Call) and node.name in _PASSING and node.arguments:
        return _raw_name(subject, node.arguments[0])
    module, names = _field(node)
    words = _WORD.findall(names[-1]) if names else []
    if module is None or not words or words[-1].lower() in _CLEAN_WORDS:
        return ""
    source = subject.by_id.get(module)
    if source is not None and output_type(source, names) in _CLEAN_TYPES:
        return ""
    return f"{module}.{'.'.join(names)}"


def _field(node: Node | None) -> tuple[int | None, list[str]]:
    """Read a node that is a field of a module's output: the module, and the names."""
    if not isinstance(node, Path) or not isinstance(node.root, Bundle):
        return None, []
    return node.root.module, [step.name for step in node.steps if isinstance(step, Field)]


@rule("R21", "empty-search-result", "warning")
def empty_search_result(subject: Subject) -> Iterator[Hit]:
    """A search goes on without a result, and what follows uses the result without asking.

    With "continue even if there are no results" an empty bundle comes out. A filter on the
    result, or on its length, keeps that from doing harm.
    """
    searches = {
        visit.id: visit
        for visit in subject.running
        if as_object(visit.module.get("parameters")).get("continueWhenNoRes") is True
        and visit.id is not None
    }
    guards = _guards(subject, frozenset(searches)) if searches else {}
    told: set[tuple[int, int | None]] = set()
    for number, search in searches.items():
        for use in subject.uses_of(search):
            user = subject.module_at(use.path)
            if user is None or number in guards[id(user.module)] or _asks(use):
                continue
            if (number, user.id) not in told:
                told.add((number, user.id))
                text = f"Module {number} goes on without a result, which nothing asks about."
                yield _used(subject, use, text, f"Add a filter on the result of {number}.")


def _asks(use: Reference) -> bool:
    """Tell whether a use copes with an empty result."""
    return not use.field or "__IMT" in use.field or "if(" in use.text or "ifempty(" in use.text


def _guards(subject: Subject, searches: frozenset[int]) -> dict[int, frozenset[int]]:
    """Give for each module the searches that a condition on the way to it looks at."""
    known: dict[int, frozenset[int]] = {}
    ends: dict[int, frozenset[int]] = {}
    for visit in subject.running:
        inherited = ends.get(id(visit.container))
        if inherited is None:
            parent = visit.parent
            inherited = frozenset[int]() if parent is None else known[id(parent.module)]
        asked = {
            use.module
            for text in subject.texts(visit)
            if text.pointer[0] in ("filter", "branches", "filters")
            for use in iml.references(text.text)
        }
        guarded = inherited | (asked & searches)
        known[id(visit.module)] = ends[id(visit.container)] = guarded
    return known


@rule("R22", "record-field-at-top", "error")
def record_field_at_top(subject: Subject) -> Iterator[Hit]:
    """A field of a found record is mapped without `data`.

    Search records gives each record as its key and its `data`; anything else at the top is empty,
    and nothing tells so.
    """
    for search in subject.of("datastore:SearchRecord"):
        for use in subject.uses_of(search):
            names = re.split(r"[.\[]", use.field)
            name = names[0].strip("`")
            if name and name not in _RECORD_FIELDS and not output_field(search, [name]):
                text = f"A record found by module {use.module} has its `{name:.80}` under `data`."
                yield _used(subject, use, text, f"Map `{use.module}.data.{use.field:.80}`.")


@rule("R23", "list-in-single-field", "warning")
def list_in_single_field(subject: Subject) -> Iterator[Hit]:
    """A list is mapped into a field that takes one value.

    The run stops there, or the field gets the JSON of the whole list. Iterate over the list,
    join it, or take its `first()` item.
    """
    for saved in subject.saved_fields:
        if saved.type not in _SINGLE and saved.type not in _TEXTS:
            continue
        field = whole_field(saved.value)
        source = subject.by_id.get(field[0]) if field else None
        if field is None or source is None:
            continue
        declared = output_field(source, field[1])
        collections = isinstance(declared.get("spec"), list)
        if declared.get("type") == "array" and (collections or saved.type in _SINGLE):
            text = f"`{field[0]}.{'.'.join(field[1])}` is a list; `{saved.name}` takes one value."
            evidence: JsonObject = {"field": saved.name, "type": saved.type}
            remedy = "Iterate over it, or take one item with `first()`."
            yield at(saved.visit, text, remedy, place=saved.place, evidence=evidence)


@rule("R24", "variable-never-set", "warning")
def variable_never_set(subject: Subject) -> Iterator[Hit]:
    """A variable is read that no module sets.

    It is empty then. Names are case-sensitive. Variables live for one cycle, or for one run; those
    of the team are mapped as `var.team.<name>` instead.
    """
    set_names = [name for visit in subject.of(*_SETTERS) for name in _variable_names(visit)]
    if any("{{" in name for name in set_names):
        return
    by_case = {name.lower(): name for name in set_names}
    for visit in subject.of(*_GETTERS):
        for name in _variable_names(visit):
            if name and "{{" not in name and name not in set_names:
                near = by_case.get(name.lower())
                text = f"No module sets the variable `{name:.60}`."
                remedy = f"Use `{near:.60}`." if near else "Set it before, or correct the name."
                evidence: JsonObject = {"variable": name[:60]}
                yield at(visit, text, remedy, place=("mapper",), evidence=evidence)


def _variable_names(visit: Visit) -> Iterator[str]:
    mapper = as_object(visit.module.get("mapper"))
    entries = [{"name": mapper.get("name")}, *as_list(mapper.get("variables"))]
    values = [
        entry if isinstance(entry, str) else as_object(entry).get("name") for entry in entries
    ]
    yield from (value for value in values if isinstance(value, str))


@rule("R31", "collected-twice", "warning")
def collected_twice(subject: Subject) -> Iterator[Hit]:
    """Two aggregators on one path collect the bundles of the same module.

    The first one takes them all, so the second gets nothing. Let the second collect from the
    first, or put both behind a router.
    """
    for hit in subject.problems("feeder-consumed"):
        feeder = feeder_of(hit.module)
        others = islice(subject.before(hit.owner), _FAR)
        first = next((other.id for other in others if feeder_of(other.module) == feeder), None)
        evidence: JsonObject = {"feeder": feeder, "first": first, "second": hit.owner.id}
        remedy = "Collect from another module, or put both aggregators on routes of their own."
        yield at(hit.owner, hit.message, remedy, place=("parameters", "feeder"), evidence=evidence)
