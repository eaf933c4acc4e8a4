"""What the modules of an app are authorized with (API reference, chapter 2.11).

The sandbox holds no app manifests; it learns the types from the blueprints of its world.
"""

import json

from make_blueprint.bindings import slots
from make_blueprint.catalogue import known_modules
from make_blueprint.walk import walk
from starlette.responses import Response

from make_api_sandbox.connection_types import TYPES
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError
from make_api_sandbox.http.routing import route
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World


@route(
    "GET",
    "/credential-requests/apps/{appName}/{appVersion}/modules-with-credentials",
    scope="apps:read",
)
def list_modules_with_credentials(call: Call) -> Response:
    """The modules of an app that need a connection or a key."""
    name = call.path("appName")
    found = modules_of(call.world, name)
    headers = {"x-imt-package-name": name, "x-imt-package-version": call.path("appVersion")}
    return Json({"appModules": found}, headers=headers)


def modules_of(world: World, app: str) -> list[JsonObject]:
    """What an app's modules are authorized with, learned from the blueprints of the world.

    Raises:
        ApiError: 404 when no module of the app is known.
    """
    seen: dict[str, JsonObject] = {}
    texts = world.rows("SELECT CAST(blueprint AS TEXT) AS body FROM scenarios ORDER BY id")
    for row in texts:
        if f'"{app}:' in row["body"]:
            _learn(json.loads(row["body"]), app, seen)
    builtin = any(name.partition(":")[0] == app for name in known_modules())
    if not seen and not builtin and app not in TYPES:
        raise ApiError(404, "SC404", "Package not found.")
    if not seen and app in TYPES:
        seen["*"] = _module("*", TYPES[app].label, f"account:{app}")
    return [seen[name] for name in sorted(seen)]


def _learn(blueprint: JsonObject, app: str, seen: dict[str, JsonObject]) -> None:
    for visit in walk(blueprint):
        name = str(visit.module.get("module", "")).partition(":")[2]
        if visit.app != app or name in seen:
            continue
        for slot in slots(visit):
            if slot.kind in ("connection", "key") and slot.type:
                component = "account" if slot.kind == "connection" else "keychain"
                seen[name] = _module(name, name, f"{component}:{slot.type}")


def _module(name: str, label: str, type_: str) -> JsonObject:
    return {
        "id": name,
        "name": name,
        "label": label,
        "type": type_,
        "scope": [],
        "hook": False,
    }
