"""Structure: the document, its modules and their ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from make_blueprint.catalogue import AMBIGUOUS_NAMES, RIGHT_NAMES, known_versions
from make_blueprint.document import JsonObject, JsonValue, as_list, as_object
from make_blueprint.layout import missing_positions, place, position
from make_blueprint.lint.rule import Hit, at, overall, rule
from make_blueprint.lint.subject import Subject
from make_blueprint.repair import DEFAULT_SETTINGS
from make_blueprint.walk import PLACEHOLDER, next_id

_TOP_KEYS = ("name", "flow", "metadata", "io", "description", "scheduling", "interface")
_LONGEST_NAME = 120
_MANY_MODULES = 30
_DEEP = 4


@rule("S01", "no-flow", "error")
def no_flow(subject: Subject) -> Iterator[Hit]:
    """The flow is not a list with at least one module.

    Everything that runs stands in `flow` and in the lists below it, and every member of such a
    list is a module object. Make refuses anything else.
    """
    yield from subject.problems("empty-flow", "bad-flow", "bad-module")


def _trim_name(subject: Subject, hit: Hit) -> None:
    subject.blueprint["name"] = str(subject.blueprint["name"])[:_LONGEST_NAME].rstrip()


@rule("S02", "bad-name", "error", fix=_trim_name)
def bad_name(subject: Subject) -> Iterator[Hit]:
    """The name is not a text of 1 to 120 characters."""
    name = subject.blueprint.get("name")
    if not isinstance(name, str) or not name:
        yield overall("The scenario has no name.", "Name it.", place=("name",), fixable=False)
    elif len(name) > _LONGEST_NAME:
        text = f"The name has {len(name)} characters; Make takes {_LONGEST_NAME}."
        yield overall(text, "Shorten it.", place=("name",), evidence={"length": len(name)})


def _set_version(subject: Subject, hit: Hit) -> None:
    _object_in(subject.blueprint, "metadata")["version"] = 1


@rule("S03", "bad-format-version", "error", fix=_set_version)
def bad_format_version(subject: Subject) -> Iterator[Hit]:
    """The version of the format, `metadata.version`, is not 1.

    There is only this one; Make's own validator asks for it.
    """
    version = subject.metadata.get("version")
    if "metadata" in subject.blueprint and (version != 1 or isinstance(version, bool)):
        text = f"The format version is {version!r}." if version is not None else "It is missing."
        fixable = isinstance(subject.blueprint["metadata"], (dict, type(None)))
        yield overall(text, "Set it to 1.", place=("metadata", "version"), fixable=fixable)


def _add_settings(subject: Subject, hit: Hit) -> None:
    _object_in(subject.blueprint, "metadata")["scenario"] = dict(DEFAULT_SETTINGS)


@rule("S04", "no-settings", "error", fix=_add_settings)
def no_settings(subject: Subject) -> Iterator[Hit]:
    """The scenario settings, `metadata.scenario`, are missing.

    Creating a scenario without them fails. The fix writes the defaults.
    """
    metadata = subject.blueprint.get("metadata")
    if not isinstance(subject.metadata.get("scenario"), dict):
        fixable = metadata is None or isinstance(metadata, dict)
        text = "The scenario settings are missing."
        hit = overall(text, "Add them.", place=("metadata", "scenario"), fixable=fixable)
        yield hit


def _add_orphans(subject: Subject, hit: Hit) -> None:
    _object_in(subject.metadata, "designer")["orphans"] = []


@rule("S05", "no-orphans-list", "warning", fix=_add_orphans)
def no_orphans_list(subject: Subject) -> Iterator[Hit]:
    """The list of detached modules, `metadata.designer.orphans`, is missing.

    The editor expects it, even when it is empty.
    """
    designer = subject.metadata.get("designer")
    place = ("metadata", "designer", "orphans")
    if not isinstance(as_object(designer).get("orphans"), list):
        fixable = isinstance(designer, (dict, type(None))) and bool(subject.metadata)
        yield overall("The list is missing.", "Add an empty one.", place=place, fixable=fixable)


@rule("S06", "unknown-key", "info")
def unknown_key(subject: Subject) -> Iterator[Hit]:
    """The document has a key that blueprints do not have.

    Make drops what it does not know. Descriptions and notes belong elsewhere.
    """
    for key in subject.blueprint:
        if key not in _TOP_KEYS:
            yield overall(f"Make does not know the key `{key}`.", place=(key,))


def _renumber(subject: Subject, hit: Hit) -> None:
    hit.module["id"] = next_id(subject.blueprint)


@rule("S07", "bad-id", "error", fix=_renumber)
def bad_id(subject: Subject) -> Iterator[Hit]:
    """A module's id is no whole number from 1 on, or is used twice.

    References go by id, so of two modules with the same id one cannot be reached. The later one
    gets the next free id, unless something refers to the number: then only a person can tell
    which of the two is meant.
    """
    first: dict[int, str] = {}
    for visit in subject.visits:
        number = visit.id
        if number is None or number < 1:
            if visit.type != PLACEHOLDER:
                text = f"The id is {visit.module.get('id')!r}, not a whole number from 1 on."
                yield at(visit, text, "Give it the next free id.", place=("id",))
        elif number in first:
            users = subject.uses_of(visit)
            text = f"The id {number} is already used at {first[number]}."
            remedy = "Give it the next free id" + (
                " and adapt what refers to it." if users else "."
            )
            yield at(
                visit,
                text,
                remedy,
                place=("id",),
                evidence={"id": number, "first": first[number], "references": len(users)},
                fixable=not users,
            )
        else:
            first[number] = visit.path


@rule("S08", "bad-module-name", "error")
def bad_module_name(subject: Subject) -> Iterator[Hit]:
    """A module's name is not of the form `<app>:<Name>`."""
    yield from subject.problems("bad-module-name", "bad-parameters", "bad-mapper", "bad-metadata")


def _rename(subject: Subject, hit: Hit) -> None:
    right = RIGHT_NAMES[hit.owner.type]
    hit.module["module"] = right
    hit.module["version"] = known_versions(right)[0]


@rule("S09", "no-such-module", "error", fix=_rename)
def no_such_module(subject: Subject) -> Iterator[Hit]:
    """A module has a name that is often invented and does not exist.

    Where exactly one module can be meant, and none of the values would be lost, the fix writes
    its name and version.
    """
    for hit in subject.problems("no-such-module"):
        wrong = hit.owner.type
        right = "" if wrong in AMBIGUOUS_NAMES else RIGHT_NAMES.get(wrong, "")
        yield replace(hit, fixable=bool(known_versions(right)))


def _known_version(subject: Subject, hit: Hit) -> None:
    hit.module["version"] = known_versions(hit.owner.type)[0]


@rule("S10", "no-version", "error", fix=_known_version)
def no_version(subject: Subject) -> Iterator[Hit]:
    """A module has no version, or one that is no whole number.

    The version is that of its app; 0 is a version, some apps are published as such.
    """
    for visit in subject.visits:
        if visit.type != PLACEHOLDER and (visit.version is None or visit.version < 0):
            text = f"The version is {visit.module.get('version')!r}, not a whole number."
            known = known_versions(visit.type)
            remedy = f"Use version {known[0]}." if known else "Give the app's major version."
            yield at(visit, text, remedy, place=("version",), fixable=bool(known))


@rule("S11", "unknown-version", "warning", fix=_known_version)
def unknown_version(subject: Subject) -> Iterator[Hit]:
    """A built-in module stands in a version that is not known."""
    for hit in subject.problems("unknown-version"):
        yield replace(hit, evidence={"version": hit.owner.version})


def _lay_out(subject: Subject, hit: Hit) -> None:
    for visit, point in missing_positions(subject.blueprint):
        if visit.module is hit.module:
            place(_object_in(_object_in(visit.module, "metadata"), "designer"), point)


@rule("S12", "no-layout", "warning", fix=_lay_out)
def no_layout(subject: Subject) -> Iterator[Hit]:
    """A module has no place on the canvas.

    Without numbers in `metadata.designer.x` and `.y` the editor piles modules up.
    """
    for visit in subject.visits:
        if position(visit.module) is None:
            metadata = visit.module.get("metadata")
            designer = as_object(metadata).get("designer")
            nothing = type(None)
            fixable = isinstance(metadata, (dict, nothing)) and isinstance(
                designer, (dict, nothing)
            )
            text = "The place on the canvas is missing."
            where = ("metadata", "designer")
            yield at(visit, text, "Give it a place.", place=where, fixable=fixable)


@rule("S13", "same-place", "info")
def same_place(subject: Subject) -> Iterator[Hit]:
    """Two modules lie on the same point of the canvas, so that one hides the other."""
    first: dict[tuple[float, float], int | None] = {}
    for visit in subject.visits:
        point = position(visit.module)
        if point is None:
            continue
        if point in first:
            text = f"Module {first[point]} lies on the same point of the canvas."
            yield at(visit, text, "Move one of them.", place=("metadata", "designer"))
        else:
            first[point] = visit.id


@rule("S14", "placeholder", "warning")
def placeholder(subject: Subject) -> Iterator[Hit]:
    """An empty slot of the editor was left in; nothing runs there."""
    yield from subject.problems("placeholder")


def _move_feeder(subject: Subject, hit: Hit) -> None:
    module = hit.module
    parameters = as_object(module.get("parameters"))
    module["parameters"] = parameters | {"feeder": module.pop("feeder")}


@rule("S26", "no-feeder", "error", fix=_move_feeder)
def no_feeder(subject: Subject) -> Iterator[Hit]:
    """An aggregator does not say whose bundles it collects.

    `parameters.feeder` is the id of the module that begins the loop: an iterator, a repeater or a
    search. The fix moves a `feeder` that was written beside the parameters.
    """
    for hit in subject.problems("no-feeder"):
        parameters = hit.module.get("parameters")
        fixable = "feeder" in hit.module and isinstance(parameters, (dict, type(None)))
        yield replace(hit, fixable=fixable)


@rule("S27", "bad-feeder", "error")
def bad_feeder(subject: Subject) -> Iterator[Hit]:
    """The module whose bundles an aggregator collects does not run before it on its path."""
    yield from subject.problems("bad-feeder")


@rule("S28", "plain-feeder", "warning")
def plain_feeder(subject: Subject) -> Iterator[Hit]:
    """An aggregator collects from a module that gives one bundle only.

    Then it always collects exactly that bundle. Usually the iterator or the search is meant.
    """
    for visit in subject.running:
        feeder = as_object(visit.module.get("parameters")).get("feeder")
        source = subject.by_id.get(feeder) if isinstance(feeder, int) else None
        if source is not None and subject.kind(source) == "action":
            text = (
                f"Module {source.id} ({source.type}) gives one bundle; there is nothing to collect."
            )
            yield at(visit, text, "Collect from the iterator.", place=("parameters", "feeder"))


@rule("S30", "trigger-not-first", "error")
def trigger_not_first(subject: Subject) -> Iterator[Hit]:
    """A trigger stands behind the first module.

    Only the first module can start a run; anywhere else a trigger is refused.
    """
    for visit in subject.running:
        if visit is not subject.first and subject.kind(visit) == "trigger":
            text = f"The trigger {visit.type} is not the first module."
            yield at(visit, text, "Make it a scenario of its own, or replace it by a search.")


@rule("S31", "response-without-webhook", "error")
def response_without_webhook(subject: Subject) -> Iterator[Hit]:
    """A webhook response stands in a scenario that no webhook starts.

    There is nobody to answer. A scenario that is called gives its results with Return data.
    """
    if not subject.is_instant:
        for visit in subject.of("gateway:WebhookRespond"):
            remedy = "Start with a webhook, or use `scenario-service:ReturnData`."
            yield at(visit, "No webhook starts this scenario.", remedy)


@rule("S32", "detached-modules", "info")
def detached_modules(subject: Subject) -> Iterator[Hit]:
    """Modules lie on the canvas without being connected; they never run."""
    ids: list[JsonValue] = [visit.id for visit in subject.visits if visit.in_orphan]
    if ids:
        text = f"{len(ids)} detached {'module' if len(ids) == 1 else 'modules'} never run."
        where = ("metadata", "designer", "orphans")
        yield overall(text, "Connect or remove them.", place=where, evidence={"modules": ids})


@rule("S33", "too-large", "info")
def too_large(subject: Subject) -> Iterator[Hit]:
    """The scenario is larger than a person can keep in mind.

    More than 30 modules, or more than four levels of routes: sub-scenarios keep both in bounds.
    """
    count = len(subject.running)
    deepest = max((visit.depth for visit in subject.running), default=0)
    if count > _MANY_MODULES or deepest > _DEEP:
        text = f"{count} modules, nested {deepest} deep."
        evidence: JsonObject = {"modules": count, "depth": deepest}
        yield overall(text, "Move parts into sub-scenarios.", evidence=evidence)


def _unlink_note(subject: Subject, hit: Hit) -> None:
    note = as_object(as_list(subject.metadata.get("notes"))[int(hit.place[2])])
    note["moduleIds"] = [
        number
        for number in as_list(note.get("moduleIds"))
        if isinstance(number, int) and number in subject.by_id
    ]


@rule("S34", "loose-note", "warning", fix=_unlink_note)
def loose_note(subject: Subject) -> Iterator[Hit]:
    """A note, or an aggregator's target, points to a module that does not exist."""
    lost: defaultdict[int, list[JsonValue]] = defaultdict(list)
    for number, note in enumerate(as_list(subject.metadata.get("notes"))):
        for module_id in as_list(as_object(note).get("moduleIds")):
            if isinstance(module_id, int) and module_id not in subject.by_id:
                lost[number].append(module_id)
    for number, ids in lost.items():
        text = f"The note is attached to {', '.join(map(str, ids))}, which does not exist."
        place = ("metadata", "notes", number, "moduleIds")
        yield overall(text, "Detach it.", place=place, evidence={"modules": ids})
    for hit in subject.problems("broken-reference"):
        if hit.path.endswith(".parameters.target"):
            yield replace(hit, fixable=False)


def _object_in(holder: JsonObject, key: str) -> JsonObject:
    """Give the object under a key, made when there is none."""
    value = holder.get(key)
    if not isinstance(value, dict):
        value = {}
        holder[key] = value
    return value
