"""What goes to Make when an app is deployed: bodies, names, and what must not be overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_blueprint.document import as_list

from make_mcp_core_tools._engine.app_files import digests_of
from make_mcp_core_tools._engine.custom_apps import MODULE_TYPES, UNVERSIONED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.app_tree import AppTree, Component, Key
    from make_mcp_core_tools._engine.custom_apps import Kind

ORDER: tuple[Kind, ...] = ("connection", "webhook", "function", "rpc", "module", "endpoint")
"""Everything before what refers to it."""
_REFERENCES: dict[str, Kind] = {
    "connection": "connection",
    "altConnection": "connection",
    "webhook": "webhook",
}
_CREATED: dict[Kind, tuple[str, ...]] = {
    "connection": ("label", "type"),
    "webhook": ("label", "type", "connection"),
    "function": (),
    "rpc": ("label", "connection"),
    "module": ("label", "description", "type", "crud", "connection", "webhook"),
    "endpoint": ("label", "description", "attachedAccounts"),
}
_CHANGED: dict[Kind, tuple[str, ...]] = {
    "connection": ("label",),
    "webhook": ("label", "connection", "altConnection"),
    "function": (),
    "rpc": ("label", "connection", "altConnection"),
    "module": ("label", "description", "connection"),
    "endpoint": ("label", "description", "context", "annotations", "attachedAccounts"),
}


def create_body(one: Component, ids: Mapping[Key, str]) -> JsonObject:
    """Give the body that creates a component."""
    body = {name: _there(name, one.meta.get(name), ids) for name in _CREATED[one.kind]}
    if one.kind not in UNVERSIONED:
        body["name"] = one.name
    if one.kind == "module":
        body["typeId"] = MODULE_TYPES[str(body.pop("type"))]
        body["moduleInitMode"] = "blank"
    if one.kind != "function" and not body.get("label"):
        body["label"] = one.name
    return {name: value for name, value in body.items() if value not in (None, [])}


def update_body(one: Component, there: Component, ids: Mapping[Key, str]) -> JsonObject:
    """Give the body that changes a component to what is wanted; empty when nothing differs."""
    return {
        name: _there(name, one.meta.get(name), ids)
        for name in _CHANGED[one.kind]
        if one.meta.get(name) != there.meta.get(name)
    }


def fixed_members(one: Component, there: Component | None) -> list[str]:
    """Name the members that differ and that Make does not let anyone change."""
    if there is None:
        return []
    names = set(one.meta) | set(there.meta)
    return sorted(
        name
        for name in names - set(_CHANGED[one.kind])
        if one.meta.get(name) != there.meta.get(name)
    )


def free_name(one: Component, app: str, ids: Mapping[Key, str]) -> str:
    """Give the name that Make will give a component; connections and webhooks are named by it."""
    if one.kind not in UNVERSIONED:
        return one.name
    taken = {name for (kind, _), name in ids.items() if kind == one.kind}
    name, number = app, 2
    while name in taken:
        name, number = f"{app}{number}", number + 1
    return name


def conflicts(
    local: AppTree, remote: AppTree, pulled: Mapping[str, str], *, deleting: bool = False
) -> dict[str, str]:
    """Tell what happened in Make since an app was pulled and would be undone by deploying it.

    Args:
        local: The app of the folder.
        remote: The app in Make.
        pulled: Digests of what was pulled.
        deleting: Whether components that the folder lacks are deleted.

    Returns:
        What happened, by section (`module getStock/api`), property or component.
    """
    ours, theirs = digests_of(local), digests_of(remote)
    found = {
        key: "was changed in Make since it was pulled."
        for key, digest in theirs.items()
        if digest != pulled.get(key) and ours.get(key) != digest and key in ours
    }
    components = {one.title for one in local.components.values()}
    found |= dict.fromkeys(
        sorted(components & pulled.keys() - theirs.keys()),
        "was deleted in Make since it was pulled.",
    )
    if deleting:
        added = {one.title for one in remote.components.values()} - components - pulled.keys()
        found |= dict.fromkeys(sorted(added), "was made in Make since the app was pulled.")
    return found


def _there(member: str, value: JsonValue, ids: Mapping[Key, str]) -> JsonValue:
    """Put Make's names in place of those of the folder."""
    if member == "attachedAccounts":
        return [ids.get(("connection", str(name)), str(name)) for name in as_list(value)]
    if member == "annotations":
        return value or {}
    kind = _REFERENCES.get(member)
    if kind and isinstance(value, str):
        return ids.get((kind, value), value)
    return value
