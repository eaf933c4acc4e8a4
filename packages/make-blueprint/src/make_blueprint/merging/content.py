"""Contents for merging: what one module, route or scenario holds itself, of three versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from make_blueprint.document import JsonObject, JsonValue, as_list, as_object
from make_blueprint.merging.notes import Notes
from make_blueprint.merging.tree import (
    EDITOR_LAYOUT,
    EDITOR_ONLY,
    HOLDERS,
    RETURN_DATA,
    Element,
    Side,
    with_member,
)
from make_blueprint.merging.values import Maybe, Values, same
from make_blueprint.walk import Pointer

ContentKind: TypeAlias = Literal["value", "replaced"]
Tell: TypeAlias = Callable[[ContentKind, Pointer, Maybe, Maybe, Maybe], None]
"""Takes a conflict: its kind, the place, and the three values there."""

_APART = ("id", "filter", "metadata", "onerror", *HOLDERS)


class Content:
    """Merges what one element holds itself.

    Args:
        element: The element.
        favor: The side that wins at conflicts.
        fitting: The side whose editor data fit the merged module best.
        tell: Is told every conflict.
        order: Position of each module by its merged id, see `Notes`.
    """

    def __init__(
        self, element: Element, favor: Side, fitting: Side, tell: Tell, order: Mapping[int, int]
    ) -> None:
        self.element = element
        self.favor: Side = favor
        self.fitting: Side = fitting
        self.tell = tell
        self.order = order

        def report(at: Pointer, base: Maybe, ours: Maybe, theirs: Maybe) -> None:
            tell("value", at, base, ours, theirs)

        self.values = Values(favor, report)

    def merge(self, base: JsonObject, ours: JsonObject, theirs: JsonObject) -> JsonObject:
        """Merge three versions, given with merged ids."""
        if self.element.kind == "root":
            return self._root(base, ours, theirs)
        if self.element.kind == "module":
            return self._module(base, ours, theirs)
        return self.values.objects((), base, ours, theirs)

    def _root(self, base: JsonObject, ours: JsonObject, theirs: JsonObject) -> JsonObject:
        metadata = [as_object(version.get("metadata")) for version in (base, ours, theirs)]
        notes = [version.get("notes") for version in metadata]
        if isinstance(notes[1], list) and isinstance(notes[2], list):
            joined = Notes(self.values, ("metadata", "notes"), self.order)
            merged = joined.merge(as_list(notes[0]), notes[1], notes[2])
            ours, theirs = (
                with_member(version, "metadata", with_member(data, "notes", merged))
                for version, data in ((ours, metadata[1]), (theirs, metadata[2]))
            )
        return self.values.objects((), base, ours, theirs)

    def _module(self, base: JsonObject, ours: JsonObject, theirs: JsonObject) -> JsonObject:
        if self.element.base:
            ours, theirs = self._one_module(base, ours, theirs)
        said = [_without_editor(version) for version in (base, ours, theirs)]
        made = self.values.objects((), *said)
        metadata = made.get("metadata")
        if isinstance(metadata, dict):
            full = [as_object(version.get("metadata")) for version in (base, ours, theirs)]
            made["metadata"] = self._editor(metadata, *full)
        return made

    def _one_module(
        self, base: JsonObject, ours: JsonObject, theirs: JsonObject
    ) -> tuple[JsonObject, JsonObject]:
        """Take one side's settings when a side put another module here and the other changed it."""
        settings = [_settings(version) for version in (base, ours, theirs)]
        names = [version.get("module") for version in settings]
        clear = same(settings[0], settings[1]) or same(settings[0], settings[2])
        if names[1] == names[2] or clear:
            return ours, theirs
        self.tell("replaced", (), *settings)
        kept = settings[1] if self.favor == "ours" else settings[2]
        left = [{k: v for k, v in version.items() if k in _APART} for version in (ours, theirs)]
        return kept | left[0], kept | left[1]

    def _editor(
        self, said: JsonObject, base: JsonObject, ours: JsonObject, theirs: JsonObject
    ) -> JsonObject:
        """Join merged metadata with what the editor keeps for itself, in the order of ours."""
        quiet = Values(self.fitting, None)
        kept = [
            {key: version[key] for key in EDITOR_ONLY if key in version}
            for version in (base, ours, theirs)
        ]
        joined = quiet.objects((), *kept) | said
        designer = joined.get("designer")
        if isinstance(designer, dict):
            full = [as_object(version.get("designer")) for version in (base, ours, theirs)]
            layout = quiet.whole(*(_layout(version) for version in full))
            joined["designer"] = _in_order(layout | designer, *full[1:])
        return _in_order(joined, ours, theirs)


def _settings(module: JsonObject) -> JsonObject:
    return {key: value for key, value in module.items() if key not in _APART}


def _without_editor(module: JsonObject) -> JsonObject:
    metadata = module.get("metadata")
    if not isinstance(metadata, dict):
        return module
    kept = ("expect",) if module.get("module") == RETURN_DATA else ()
    said = {k: v for k, v in metadata.items() if k in kept or k not in EDITOR_ONLY}
    designer = said.get("designer")
    if isinstance(designer, dict):
        said["designer"] = {k: v for k, v in designer.items() if k not in EDITOR_LAYOUT}
    return module | {"metadata": said}


def _layout(designer: JsonObject) -> JsonObject:
    return {key: designer[key] for key in EDITOR_LAYOUT if key in designer}


def _in_order(made: JsonObject, *models: JsonObject) -> JsonObject:
    order: dict[str, JsonValue] = {key: None for model in models for key in model}
    return {key: made[key] for key in order if key in made}
