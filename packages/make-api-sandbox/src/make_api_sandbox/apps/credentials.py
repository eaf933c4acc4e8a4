"""What the modules of an app are authorized with (API reference, chapter 2.11).

Read from the manifest of a shipped app. Modules that no manifest describes are learned from the
blueprints of the world.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from make_blueprint.bindings import slots
from make_blueprint.walk import walk

from make_api_sandbox.apps.catalogue import apps, version_number
from make_api_sandbox.apps.manifest import App
from make_api_sandbox.connection_types import TYPES
from make_api_sandbox.http.errors import ApiError
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

COMPONENTS = ("account", "keychain")


@dataclass(frozen=True)
class Needs:
    """What was found for an app.

    Args:
        version: The major version that was looked at, as the caller named it for unknown apps.
        modules: One entry for every credential that a module can take.
    """

    version: str
    modules: list[JsonObject]


def package_not_found() -> ApiError:
    """404: there is no such app, or not in this version."""
    return ApiError(404, "SC404", "Package not found.")


def needs_of(world: World, name: str, version: str) -> Needs:
    """What an app's modules are authorized with, by module name.

    Args:
        world: Where.
        name: The app; a custom one with `app#` in front.
        version: Major version, or `latest`.

    Raises:
        ApiError: 404 when nothing is known of the app or version.
    """
    app = apps().get(name)
    number = version_number(app, version) if app else None
    if app and number is None:
        raise package_not_found()
    found = list(_declared(app, number)) if app and number is not None else []
    described = {module.name for module in app.modules} if app else set[str]()
    found += _learned(world, name, described)
    if not found and app is None:
        if name not in TYPES:
            raise package_not_found()
        found = [_need("*", "*", TYPES[name].label, f"account:{name}", [])]
    text = version if number is None else str(number)
    return Needs(text, sorted(found, key=lambda one: str(one["id"])))


def _declared(app: App, version: int) -> Iterator[JsonObject]:
    for module in app.modules_of(version):
        for option, told, type_ in _credential_fields(app.module(module)["parameters"]):
            ident = f"{module.name}{option}"
            is_hook = module.kind == "instant"
            scope = list(module.scope)
            yield _need(ident, module.name, f"{module.label}{told}", type_, scope, is_hook)


def _credential_fields(fields: Sequence[JsonObject]) -> Iterator[tuple[str, str, str]]:
    """Types of the credentials among fields, and among those that options of a field bring.

    The latter are told apart by the field and the value, `:field:value`, and by the option's label.
    """
    yield from (("", "", type_) for type_ in _types(fields))
    for field in fields:
        options = field.get("options")
        for option in cast("list[JsonObject]", options if isinstance(options, list) else []):
            place, told = f":{field['name']}:{option['value']}", f" - {option['label']}"
            yield from ((place, told, type_) for type_ in _types(option.get("nested", [])))


def _types(fields: Sequence[JsonObject]) -> list[str]:
    types = [str(field["type"]) for field in fields]
    return [type_ for type_ in types if type_.partition(":")[0] in COMPONENTS]


def _learned(world: World, app: str, described: set[str]) -> list[JsonObject]:
    seen: dict[str, JsonObject] = {}
    texts = world.rows("SELECT CAST(blueprint AS TEXT) AS body FROM scenarios ORDER BY id")
    for row in texts:
        if f'"{app}:' in row["body"]:
            _learn(json.loads(row["body"]), app, described, seen)
    return list(seen.values())


def _learn(
    blueprint: JsonObject, app: str, described: set[str], seen: dict[str, JsonObject]
) -> None:
    for visit in walk(blueprint):
        name = str(visit.module.get("module", "")).partition(":")[2]
        if visit.app != app or name in seen or name in described:
            continue
        for slot in slots(visit):
            if slot.kind in ("connection", "key") and slot.type:
                component = COMPONENTS[slot.kind == "key"]
                seen[name] = _need(name, name, name, f"{component}:{slot.type}", [])


def _need(
    ident: str, name: str, label: str, type_: str, scope: list[str], hook: bool = False
) -> JsonObject:
    need: JsonObject = {"id": ident, "name": name, "label": label, "type": type_}
    if type_.startswith("account:"):
        need["scope"] = scope
    return {**need, "hook": hook}
