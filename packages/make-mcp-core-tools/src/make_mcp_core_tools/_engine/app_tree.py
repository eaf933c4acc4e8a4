"""A custom app as a tree that is the same wherever the app lives.

Make names connections and webhooks after the app (`my-app`, `my-app2`); in a tree they are called
`connection`, `connection2`, `webhook`, so that trees of copies can be compared and deployed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import unified_diff
from typing import TYPE_CHECKING, TypeAlias

from make_blueprint.document import as_list

from make_mcp_core_tools._engine.app_code import shown_code
from make_mcp_core_tools._engine.custom_apps import KINDS, MODULE_TYPES, SECTIONS, UNVERSIONED

if TYPE_CHECKING:
    from make_blueprint.document import JsonObject, JsonValue
    from make_mcp_base.authoring import Document

    from make_mcp_core_tools._engine.app_code import Part, WholeApp
    from make_mcp_core_tools._engine.custom_apps import Kind

Key: TypeAlias = "tuple[Kind, str]"

APP_META = ("label", "description", "theme", "language")
TREE_SECTIONS = ("base", "groups", "install", "installSpec", "readme")
"""Sections of the app itself; `common` holds secrets and stays in Make."""
META: dict[Kind, tuple[str, ...]] = {
    "connection": ("label", "type"),
    "webhook": ("label", "type", "connection", "altConnection"),
    "rpc": ("label", "connection", "altConnection"),
    "function": (),
    "module": ("label", "description", "type", "crud", "connection", "altConnection", "webhook"),
    "endpoint": ("label", "description", "context", "annotations", "attachedAccounts"),
}
"""What a tree keeps of each kind, in the order of deploying them."""
_TYPES = {number: name for name, number in MODULE_TYPES.items()}
_BLANK = ("", "{}", "[]")
_MOST_LINES = 60


@dataclass(slots=True)
class Component:
    """One component of a tree; what is empty in Make is left out of `meta`."""

    kind: Kind
    name: str
    meta: JsonObject
    sections: dict[str, str]

    @property
    def title(self) -> str:
        """How texts name it."""
        return f"{self.kind} {self.name}"


@dataclass(slots=True)
class AppTree:
    """A custom app.

    Attributes:
        sections: Code of the app itself.
        ids: Make's name of each component, where the tree comes from Make.
    """

    meta: JsonObject
    sections: dict[str, str]
    components: dict[Key, Component] = field(default_factory=dict[Key, Component])
    ids: dict[Key, str] = field(default_factory=dict[Key, str])


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two trees differ.

    Attributes:
        what: `added`, `removed`, `changed`.
        place: `app`, or `module getStock`.
        part: Section or member that changed; "" for the whole.
    """

    what: str
    place: str
    part: str = ""
    lines: tuple[str, ...] = ()


def tree_of(app: WholeApp) -> AppTree:
    """Make a tree of an app as it is in Make."""
    own = app.parts[0]
    local: dict[tuple[Kind | None, str], str] = {
        (part.place.kind, part.place.name): _local(part, app.place.app)
        for part in app.parts[1:]
        if part.place.kind
    }
    tree = AppTree(
        _kept({name: own.meta.get(name) for name in APP_META}),
        {name: own.sections.get(name, "") for name in TREE_SECTIONS},
    )
    for part in app.parts[1:]:
        kind = part.place.kind
        if kind is None:
            continue
        name = local[kind, part.place.name]
        sections = {one: part.sections.get(one, "") for one in section_names(kind)}
        tree.components[kind, name] = Component(kind, name, _meta(part, local), sections)
        tree.ids[kind, name] = part.place.name
    return tree


def section_names(kind: Kind) -> tuple[str, ...]:
    """Name the sections of a kind that trees keep."""
    return tuple(name for name in SECTIONS[kind] if name != "common")


def differences(left: AppTree, right: AppTree) -> list[Difference]:
    """Tell how the right tree differs from the left one."""
    found = _meta_differences("app", left.meta, right.meta)
    found += _code_differences("app", left.sections, right.sections)
    for kind in KINDS:
        names = [name for of, name in (*left.components, *right.components) if of == kind]
        for name in dict.fromkeys(names):
            one, other = left.components.get((kind, name)), right.components.get((kind, name))
            found += _component_differences(one, other)
    return found


def _component_differences(one: Component | None, other: Component | None) -> list[Difference]:
    if one is None or other is None:
        there = one or other
        return [Difference("removed" if one else "added", there.title)] if there else []
    return [
        *_meta_differences(one.title, one.meta, other.meta),
        *_code_differences(one.title, one.sections, other.sections),
    ]


def _meta_differences(place: str, left: JsonObject, right: JsonObject) -> list[Difference]:
    return [
        Difference("changed", place, name, (f"{left.get(name)!r} → {right.get(name)!r}",))
        for name in dict.fromkeys([*left, *right])
        if left.get(name) != right.get(name)
    ]


def _code_differences(place: str, left: dict[str, str], right: dict[str, str]) -> list[Difference]:
    return [
        Difference("changed", place, name, _lines(name, left.get(name, ""), right.get(name, "")))
        for name in dict.fromkeys([*left, *right])
        if not same_section(left.get(name, ""), right.get(name, ""))
    ]


def same_section(one: str, other: str) -> bool:
    """Compare code; sections without any are the same however Make writes that."""
    return one == other or (one.strip() in _BLANK and other.strip() in _BLANK)


def _lines(section: str, left: str, right: str) -> tuple[str, ...]:
    old, new = (shown_code(section, text).splitlines() for text in (left, right))
    lines = list(unified_diff(old, new, lineterm="", n=1))[2:]
    more = len(lines) - _MOST_LINES
    return (*lines[:_MOST_LINES], *([f"… and {more} lines more"] if more > 0 else []))


def _local(part: Part, app: str) -> str:
    kind, name = part.place.kind, part.place.name
    if kind in UNVERSIONED and name.startswith(app):
        return f"{kind}{name.removeprefix(app)}"
    return name


def _meta(part: Part, local: dict[tuple[Kind | None, str], str]) -> JsonObject:
    kind = part.place.kind or "module"
    meta: Document = dict(part.meta)
    if kind == "module":
        meta["type"] = _TYPES.get(meta.get("typeId", 0), "action")
    for member in ("connection", "altConnection"):
        meta[member] = _renamed(meta.get(member), "connection", local)
    meta["webhook"] = _renamed(meta.get("webhook"), "webhook", local)
    accounts = as_list(meta.get("attachedAccounts"))
    meta["attachedAccounts"] = [_renamed(one, "connection", local) for one in accounts]
    return _kept({name: meta.get(name) for name in META[kind]})


def _renamed(name: JsonValue, kind: Kind, local: dict[tuple[Kind | None, str], str]) -> JsonValue:
    return local.get((kind, name), name) if isinstance(name, str) else None


def _kept(meta: Document) -> JsonObject:
    return {key: value for key, value in meta.items() if value not in (None, "", [], {})}
