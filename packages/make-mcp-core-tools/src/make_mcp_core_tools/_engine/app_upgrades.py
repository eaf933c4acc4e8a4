"""What becomes of a module when its app is used in a newer version, field by field.

Make has no endpoint that upgrades: the old and the new manifest are compared here. A field goes
where it is known to have gone, keeps its name, or is recognized by its label or by a very similar
name and the same type; whatever is not recognized is told, never dropped in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, cast

from make_blueprint.document import as_list, as_object

from make_mcp_core_tools._engine.app_successors import Succession, succession, successor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.app_manifests import AppModule, Manifest

PARTS = ("parameters", "mapper")
ALIKE = 0.75
"""Least likeness of two names, by `difflib`, for one to be taken for the other."""
_VISUAL = frozenset({"banner", "markdown", "html", "separator"})
_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form.

    Attributes:
        part: Where blueprints keep its value: `parameters` or `mapper`.
    """

    part: str
    name: str
    label: str
    type: str
    required: bool
    default: JsonValue

    @property
    def kind(self) -> str:
        """Type without what follows the colon."""
        return self.type.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Move:
    """Where the value of an old field goes; `new` is None when it goes nowhere.

    Attributes:
        absorbed: How its meaning lives on in other fields, where it does.
    """

    old: Field
    new: Field | None
    absorbed: str = ""

    @property
    def is_plain(self) -> bool:
        """True when nothing changes."""
        new = self.new
        return new is not None and (new.part, new.name) == (self.old.part, self.old.name)

    def to_text(self) -> str:
        """Write it in one line."""
        if self.absorbed:
            return self.absorbed
        old = f"{self.old.part}.{self.old.name}"
        return f"{old} → {f'{self.new.part}.{self.new.name}' if self.new else 'nowhere'}"


@dataclass(slots=True)
class Upgrade:
    """One module on its way to another version.

    Attributes:
        moves: Every value the module has, with its new place.
        breaking: What a person has to decide or mend.
        after: The module as it would be; the old one where there is no counterpart.
        missing: Required fields without a value.
        lost: Outputs that the newer version does not have.
    """

    module_id: int | None
    label: str
    old_type: str
    old_version: int
    new_type: str | None
    new_version: int
    after: JsonObject
    moves: list[Move] = field(default_factory=list[Move])
    breaking: list[str] = field(default_factory=list[str])
    missing: list[Field] = field(default_factory=list[Field])
    lost: set[str] = field(default_factory=set[str])


def counterpart(old: AppModule | None, name: str, new: Manifest) -> AppModule | None:
    """Find the module of a newer manifest that does the work of an old one.

    The one known to have taken over, else by name, by the same label and kind, or by the most
    similar name.
    """
    modules = new.modules
    known = successor(new.name, name)
    found = next((one for one in modules if one.name == known), None)
    found = found or next((one for one in modules if one.name == name), None)
    if found is None and old is not None:
        wanted = old.label.casefold()
        found = next((one for one in modules if one.label.casefold() == wanted), None)
    if found is None:
        ranked = sorted(modules, key=lambda one: _likeness(one.name, name), reverse=True)
        found = next((one for one in ranked[:1] if _likeness(one.name, name) >= ALIKE), None)
    return found


def upgrade(
    module: JsonObject,
    old: AppModule | None,
    new: AppModule | None,
    app: str,
    version: int,
    values: Mapping[str, JsonValue] | None = None,
    renames: Mapping[str, str] | None = None,
) -> Upgrade:
    """Work out the upgrade of one module.

    Args:
        module: As the blueprint has it; it stays as it is.
        old: The same in the manifest of its version, when there is one.
        new: Its counterpart in the newer manifest.
        app: Name of the app as in blueprints.
        version: The newer version.
        values: Values for fields of the new version, by name; they win.
        renames: New names of fields by their old ones; they win over what is recognized.
    """
    number, held = module.get("id"), module.get("version")
    work = Upgrade(
        module_id=number if isinstance(number, int) else None,
        label=_label(module),
        old_type=str(module.get("module")),
        old_version=held if isinstance(held, int) else 1,
        new_type=f"{app}:{new.name}" if new else None,
        new_version=version,
        after=module,
    )
    if new is None:
        work.breaking.append(f"{app} {version} has no module like `{work.old_type}`.")
        return work
    fields = list(fields_of(new))
    facts = succession(module, app) if new.name == successor(app, _name(module)) else Succession()
    work.moves = _moves(module, list(fields_of(old)) if old else [], fields, facts, renames or {})
    work.breaking += _breaking(work.moves)
    work.after = _rebuilt(module, work, new, facts)
    _fill(work, fields, _meant(facts, fields) | dict(values or {}))
    return work


def _meant(facts: Succession, fields: list[Field]) -> JsonObject:
    """Give the values that old settings mean in fields that are there."""
    names = {one.name for one in fields}
    return {name: value for name, value in facts.values.items() if name in names}


def _name(module: JsonObject) -> str:
    return str(module.get("module")).partition(":")[2]


def fields_of(module: AppModule) -> Iterator[Field]:
    """Give the fields of a module, those nested in others and in options included."""
    for part, rows in (("parameters", module.form.parameters), ("mapper", module.form.mapper)):
        yield from _fields(part, rows, 0)


def lost_outputs(old: AppModule | None, new: AppModule | None) -> set[str]:
    """Name the outputs that later modules may map and that the newer version does not have."""
    if old is None or new is None:
        return set()
    before, after = (
        {str(as_object(row).get("name")) for row in as_list(one.data.get("interface"))}
        for one in (old, new)
    )
    return before - after


def _fields(part: str, rows: list[JsonValue], depth: int) -> Iterator[Field]:
    for row in map(as_object, rows):
        kind = str(row.get("type") or "")
        if row.get("name") and kind not in _VISUAL:
            yield Field(
                part,
                str(row["name"]),
                str(row.get("label") or "").strip().casefold(),
                kind,
                row.get("required") is True and depth == 0,
                row.get("default"),
            )
        for inner in _nested(row):
            yield from _fields(part, inner, depth + 1)


def _nested(row: JsonObject) -> Iterator[list[JsonValue]]:
    yield as_list(row.get("nested"))
    options = row.get("options")
    chosen = as_list(options) or as_list(as_object(options).get("store"))
    for option in map(as_object, chosen):
        yield as_list(option.get("nested"))


def _moves(
    module: JsonObject,
    old: list[Field],
    new: list[Field],
    facts: Succession,
    renames: Mapping[str, str],
) -> list[Move]:
    """Give every value of the module a place, exact names before likely ones."""
    held = [
        next((f for f in old if (f.part, f.name) == (part, name)), _unknown(part, name))
        for part in PARTS
        for name, value in as_object(module.get(part)).items()
        if value not in _EMPTY
    ]
    taken = {(f.part, f.name) for f in new if facts.absorbed and f.name in facts.values}
    places: dict[tuple[str, str], Field | None] = {}

    def told(one: Field, free: list[Field]) -> Field | None:
        return next((f for f in free if f.name == renames.get(one.name)), None)

    def fact(one: Field, free: list[Field]) -> Field | None:
        return next((f for f in free if f.name == facts.renames.get(one.name)), None)

    for find in (told, fact, _same, _moved, _labelled, _similar):
        for one in held:
            if (one.part, one.name) in places or one.name in facts.absorbed:
                continue
            free = [f for f in new if (f.part, f.name) not in taken]
            if found := find(one, free):
                taken.add((found.part, found.name))
                places[one.part, one.name] = found
    return [
        Move(one, places.get((one.part, one.name)), facts.absorbed.get(one.name, ""))
        for one in held
    ]


def _unknown(part: str, name: str) -> Field:
    return Field(part, name, "", "", False, None)


def _same(one: Field, new: list[Field]) -> Field | None:
    return next((f for f in new if (f.part, f.name) == (one.part, one.name)), None)


def _moved(one: Field, new: list[Field]) -> Field | None:
    return next((f for f in new if f.name == one.name), None)


def _labelled(one: Field, new: list[Field]) -> Field | None:
    return next((f for f in new if one.label and f.label == one.label and _fits(one, f)), None)


def _similar(one: Field, new: list[Field]) -> Field | None:
    likely = [f for f in new if one.type and _fits(one, f)]
    best = max(likely, key=lambda f: _likeness(f.name, one.name), default=None)
    return best if best and _likeness(best.name, one.name) >= ALIKE else None


def _fits(one: Field, other: Field) -> bool:
    return one.kind == other.kind


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.casefold(), other.casefold()).ratio()


def _breaking(moves: list[Move]) -> list[str]:
    lines: list[str] = []
    for move in moves:
        old, new = move.old, move.new
        place = f"{old.part}.{old.name}"
        if move.absorbed:
            continue
        if new is None:
            lines.append(f"{place} has no place in the new version; its value would be lost.")
        elif old.type and new.type != old.type:
            lines.append(f"{place} was of type {old.type}, {new.part}.{new.name} is {new.type}.")
    return lines


def _rebuilt(module: JsonObject, work: Upgrade, new: AppModule, facts: Succession) -> JsonObject:
    after = dict(module)  # what is nested in it stays the same lists, which others hold too
    after["module"], after["version"] = work.new_type, work.new_version
    parts: dict[str, JsonObject] = {part: {} for part in PARTS}
    restored: dict[str, JsonObject] = {part: {} for part in PARTS}
    metadata = dict(as_object(after.get("metadata")))
    restore = as_object(metadata.get("restore"))
    for move in work.moves:
        if move.new is None:
            continue
        value = as_object(module.get(move.old.part))[move.old.name]
        value = facts.reshaped.get(move.old.name, value)
        parts[move.new.part][move.new.name] = value
        shown = as_object(restore.get(_restored(move.old.part))).get(move.old.name)
        if shown is not None:
            restored[move.new.part][move.new.name] = shown
    after["parameters"], after["mapper"] = parts["parameters"], parts["mapper"]
    metadata |= {"parameters": new.form.parameters, "expect": new.form.mapper}
    if "interface" in metadata:
        metadata["interface"] = as_list(new.data.get("interface"))
    if "restore" in metadata:
        keep = {k: v for k, v in restore.items() if k not in ("parameters", "expect")}
        named = {_restored(part): rows for part, rows in restored.items() if rows}
        metadata["restore"] = cast("JsonObject", keep | named)
    after["metadata"] = metadata
    return after


def _restored(part: str) -> str:
    """Name the member of `metadata.restore` for a part."""
    return "expect" if part == "mapper" else part


def _fill(work: Upgrade, fields: list[Field], values: Mapping[str, JsonValue]) -> None:
    """Put in given values and defaults; required fields that stay empty are breaking."""
    for one in fields:
        held = as_object(work.after[one.part])
        if one.name in values:
            held[one.name] = values[one.name]
        elif held.get(one.name) in (None, "") and one.required:
            if one.default is not None:
                held[one.name] = one.default
            else:
                work.missing.append(one)
                work.breaking.append(f"{one.part}.{one.name} is required and has no value.")
    known = {one.name for one in fields}
    work.breaking += [f"`{name}` is no field of it." for name in values if name not in known]


def _label(module: JsonObject) -> str:
    designer = as_object(as_object(module.get("metadata")).get("designer"))
    return str(designer.get("name") or "")
