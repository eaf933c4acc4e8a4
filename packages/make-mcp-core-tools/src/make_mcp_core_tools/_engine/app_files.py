"""Custom apps as files, in the layout of Make's extension for VS Code.

`makecomapp.json` is the extension's: general code, components with their files, origins with the
mapping of names. Two files are ours, since the extension has no place for them: `make-mcp.json`
holds what people see of the app, its install sections and what endpoints say of themselves;
`make-mcp.lock.json` holds digests of what was pulled, by which changes in Make are noticed.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, cast

from make_blueprint.document import as_object

from make_mcp_core_tools._engine.app_tree import (
    META,
    TREE_SECTIONS,
    AppTree,
    Component,
    section_names,
)
from make_mcp_core_tools._engine.custom_apps import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from make_blueprint.document import JsonObject, JsonValue

    from make_mcp_core_tools._engine.custom_apps import Kind

MANIFEST, OURS, LOCK = "makecomapp.json", "make-mcp.json", "make-mcp.lock.json"
FILE_VERSION = 1
GENERAL = {
    "base": "general/base.iml.json",
    "groups": "modules/groups.json",
    "readme": "README.md",
}
OWN_GENERAL = {
    "install": "general/install-directives.iml.json",
    "installSpec": "general/install-spec.iml.json",
}
CODE_FILES: dict[Kind, dict[str, tuple[str, str]]] = {
    "connection": {
        "api": ("communication", "communication.iml.json"),
        "parameters": ("params", "params.iml.json"),
        "scopes": ("scopeList", "scope-list.iml.json"),
        "scope": ("defaultScope", "default-scope.iml.json"),
        "installSpec": ("installSpec", "install-spec.iml.json"),
        "install": ("installDirectives", "install-directives.iml.json"),
    },
    "webhook": {
        "api": ("communication", "communication.iml.json"),
        "parameters": ("params", "params.iml.json"),
        "attach": ("attach", "attach.iml.json"),
        "detach": ("detach", "detach.iml.json"),
        "update": ("update", "update.iml.json"),
        "scope": ("requiredScope", "required-scope.iml.json"),
    },
    "module": {
        "api": ("communication", "communication.iml.json"),
        "epoch": ("epoch", "epoch.iml.json"),
        "parameters": ("staticParams", "static-params.iml.json"),
        "expect": ("mappableParams", "mappable-params.iml.json"),
        "interface": ("interface", "interface.iml.json"),
        "samples": ("samples", "samples.iml.json"),
        "scope": ("scope", "scope.iml.json"),
    },
    "rpc": {
        "api": ("communication", "communication.iml.json"),
        "parameters": ("params", "params.iml.json"),
    },
    "function": {"code": ("code", "code.js"), "test": ("test", "test.js")},
    "endpoint": {
        "api": ("communication", "communication.iml.json"),
        "scope": ("scope", "scope.iml.json"),
        "inputParameters": ("inputParams", "input-params.iml.json"),
        "outputParameters": ("outputParams", "output-params.iml.json"),
    },
}
"""The extension's name and file of each section; those of endpoints are ours."""
_MEMBERS: dict[Kind, dict[str, str]] = {
    "connection": {"type": "connectionType"},
    "webhook": {"type": "webhookType"},
    "module": {"type": "moduleType", "crud": "actionCrud"},
}
_ONLY_OURS = ("context", "annotations", "attachedAccounts")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class LayoutError(ValueError):
    """The files are no custom app; the message says which one and why."""


def files_of(
    tree: AppTree, origin: JsonObject | None, digests: Mapping[str, str]
) -> dict[str, str]:
    """Write an app as files.

    Args:
        tree: The app.
        origin: Where it comes from: `{label, baseUrl, appId, appVersion, apikeyFile}`; None for
            one that is not in Make yet, which has no lock file either.
        digests: What was pulled, as `digests_of` gives it.

    Returns:
        Content by path below the folder.
    """
    files = {path: tree.sections[name] for name, path in (GENERAL | OWN_GENERAL).items()}
    components: dict[str, JsonObject] = {kind: {} for kind in KINDS}
    only_ours: JsonObject = {}
    for (kind, name), one in tree.components.items():
        paths = _free_paths(one, files)
        files |= {path: one.sections[section] for section, (_, path) in paths.items()}
        row: JsonObject = {_MEMBERS.get(kind, {}).get(k, k): v for k, v in one.meta.items()}
        more = {key: row.pop(key) for key in _ONLY_OURS if key in row}
        if more:
            only_ours[name] = more
        row["codeFiles"] = cast("JsonObject", dict(paths.values()))
        components[kind][name] = row
    manifest = {
        "fileVersion": FILE_VERSION,
        "generalCodeFiles": {**GENERAL, "common": None},
        "components": components,
        "origins": [{**origin, "idMapping": _mapping(tree)}] if origin else [],
    }
    ours = {"app": tree.meta, "generalCodeFiles": OWN_GENERAL, "endpoint": only_ours}
    files[MANIFEST] = _json(manifest)
    files[OURS] = _json(ours)
    if origin:
        version = origin.get("appVersion")
        number = version if isinstance(version, int) else 1
        files[LOCK] = lock_text(str(origin.get("appId")), number, digests)
    return files


def lock_text(app: str, version: int, digests: Mapping[str, str]) -> str:
    """Write the file that says what Make held when both were the same."""
    return _json({"appId": app, "appVersion": version, "pulled": dict(digests)})


def _mapping(tree: AppTree) -> dict[str, list[dict[str, str]]]:
    """Pair the names of the files with Make's, by kind."""
    return {
        kind: [{"local": name, "remote": tree.ids[of, name]} for of, name in tree.ids if of == kind]
        for kind in KINDS
    }


def digests_of(tree: AppTree) -> dict[str, str]:
    """Digest every section and property of an app, by `module getStock/api` and `… label`."""
    found = _digests("app", tree.meta, tree.sections)
    for one in tree.components.values():
        found |= _digests(one.title, one.meta, one.sections) | {one.title: ""}
    return found


def _digests(title: str, meta: JsonObject, sections: Mapping[str, str]) -> dict[str, str]:
    told = {f"{title} {name}": _digest(json.dumps(value)) for name, value in meta.items()}
    return told | {f"{title}/{name}": _digest(text) for name, text in sections.items()}


def read_tree(files: Mapping[str, str]) -> AppTree:
    """Read an app from its files; those of the extension alone suffice.

    Raises:
        LayoutError: The manifest is missing or wrong, or names a file that is not there.
    """
    manifest = _object(files, MANIFEST)
    ours = _object(files, OURS) if OURS in files else {}
    general = as_object(manifest.get("generalCodeFiles")) | as_object(ours.get("generalCodeFiles"))
    tree = AppTree(
        as_object(ours.get("app")),
        {name: _file(files, general.get(name)) for name in TREE_SECTIONS},
    )
    for kind in KINDS:
        rows = as_object(as_object(manifest.get("components")).get(kind))
        for name, row in rows.items():
            more = as_object(as_object(ours.get(kind)).get(name))
            tree.components[kind, name] = _component(kind, name, as_object(row), more, files)
    return tree


def pulled_digests(files: Mapping[str, str]) -> tuple[str, int, dict[str, str]] | None:
    """Give app, version and digests of what was pulled; None without a lock file."""
    if LOCK not in files:
        return None
    lock = _object(files, LOCK)
    version = lock.get("appVersion")
    pulled = {key: str(value) for key, value in as_object(lock.get("pulled")).items()}
    return str(lock.get("appId")), version if isinstance(version, int) else 1, pulled


def _component(
    kind: Kind, name: str, row: JsonObject, more: JsonObject, files: Mapping[str, str]
) -> Component:
    theirs = {v: k for k, v in _MEMBERS.get(kind, {}).items()}
    named = {theirs.get(key, key): value for key, value in (row | more).items()}
    meta = {key: named[key] for key in META[kind] if named.get(key) not in (None, "", [], {})}
    code = as_object(row.get("codeFiles"))
    sections = {
        section: _file(files, code.get(title)) if section in section_names(kind) else ""
        for section, (title, _) in CODE_FILES[kind].items()
    }
    return Component(kind, name, meta, sections)


def _free_paths(one: Component, files: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Give the paths of a component; names that differ only in case get folders of their own."""
    plain, number = _HUMP.sub("-", one.name).lower(), 2
    paths = _paths(one, plain)
    while any(path in files for _, path in paths.values()):
        paths, number = _paths(one, f"{plain}-{number}"), number + 1
    return paths


def _paths(one: Component, plain: str) -> dict[str, tuple[str, str]]:
    """Give the extension's name and the path of the file of each section."""
    folder = f"{one.kind}s/{plain}"
    return {
        section: (title, f"{folder}/{plain}.{ending}")
        for section, (title, ending) in CODE_FILES[one.kind].items()
    }


def _file(files: Mapping[str, str], path: JsonValue) -> str:
    if path is None:
        return ""
    if not isinstance(path, str) or path not in files:
        raise LayoutError(f"{MANIFEST} names the file {path!r}, which is not there.")
    return files[path]


def _object(files: Mapping[str, str], name: str) -> JsonObject:
    if name not in files:
        raise LayoutError(f"There is no {name}.")
    try:
        value: JsonValue = json.loads(files[name])
    except (ValueError, RecursionError) as error:
        raise LayoutError(f"{name} is no JSON: {error}.") from error
    if not isinstance(value, dict):
        raise LayoutError(f"{name} is no object.")
    return value


def _json(value: object) -> str:
    return json.dumps(value, indent=4, ensure_ascii=False) + "\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
