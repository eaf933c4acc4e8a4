"""Manifests of custom apps, made of the code of their modules (API reference, chapter 2.30)."""

from typing import Any

from make_api_sandbox.apps.manifest import KINDS_BY_ID, LISTS
from make_api_sandbox.http.call import Call
from make_api_sandbox.resources.sdk import access, components, sections
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World

PREFIX = "app#"
CODE: dict[str, str] = {
    "parameters": "[]",
    "expect": "[]",
    "interface": "[]",
    "samples": "{}",
    "scope": "[]",
}
"""Sections that a manifest takes over, with what an empty one means."""


def card(app: Row) -> JsonObject:
    """A custom app as the list of all apps shows it."""
    return {
        "name": app["name"],
        "label": app["label"],
        "foreign": False,
        "theme": app["theme"],
        "version": app["version"],
        "isPrivate": not app["public"],
        "app": True,
        "categories": [],
        "keywords": "",
        "premiumTier": 0,
        "brand": {},
        "coming_soon": False,
    }


def custom_manifest(call: Call, name: str, version: str) -> JsonObject | None:
    """The manifest of a custom app that the caller may use; None when there is none.

    Args:
        call: Who asks.
        name: The app with `app#` in front.
        version: Major version, or `latest`.

    The author sees every module, others those that are published. Archived ones are left out.
    """
    app = _app(call.world, name.removeprefix(PREFIX), version)
    if app is None or not _may_use(call, app):
        return None
    listed: dict[str, list[JsonObject]] = {name: [] for name in LISTS.values()}
    is_own = app["author_id"] == call.user_id
    for row in components.rows_of(call.world, app, "module"):
        extra: JsonObject = row["extra"]
        if (is_own or extra.get("public")) and not extra.get("archived"):
            module = _module(call.world, app, row)
            listed[LISTS[KINDS_BY_ID[extra["typeId"]]]].append(module)
    procedures = [
        {"name": row["name"], "samples": False}
        for row in components.rows_of(call.world, app, "rpc")
    ]
    return {**card(app), **listed, "rpcs": procedures}


def _app(world: World, name: str, version: str) -> Row | None:
    if version == "latest":
        return access.newest(world, name)
    known = version.isascii() and version.isdigit() and len(version) < 6
    return access.find(world, name, int(version)) if known else None


def _may_use(call: Call, app: Row) -> bool:
    """True for authors and readers, for everybody when published, and where it is installed."""
    if app["public"] or access.may_read(call, app):
        return True
    sql = (
        "SELECT 1 FROM sdk_app_installs i JOIN user_organization_roles m"
        " ON m.organization_id = i.organization_id AND m.invitation IS NULL"
        " WHERE i.app_id = ? AND m.user_id = ?"
    )
    return call.world.row(sql, app["id"], call.user_id) is not None


def _module(world: World, app: Row, row: Row) -> JsonObject:
    extra: JsonObject = row["extra"]
    place = Place(app, row)
    code: dict[str, Any] = {
        name: sections.parsed(world, place, name, empty) for name, empty in CODE.items()
    }
    shown: JsonObject = {
        "name": row["name"],
        "label": row["label"],
        "description": extra.get("description") or "",
        "type": KINDS_BY_ID[extra["typeId"]],
        "version": app["version"],
        **code,
    }
    named = ("crud", "connection", "altConnection", "webhook")
    return shown | {name: extra[name] for name in named if extra.get(name)}
