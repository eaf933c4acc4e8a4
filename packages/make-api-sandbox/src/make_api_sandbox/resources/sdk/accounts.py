"""Connections that people make with the connections of custom apps.

The type of such a connection is the name of the app's connection (its API reference, chapter 2.30,
gives no example of one). A test of it carries out the app's `api` section, which has no base; those
of OAuth are granted in a browser, and their tests ask no service.
"""

from random import Random
from typing import Any, cast

from make_blueprint.iml import Scope

from make_api_sandbox.connection_types import ConnectionType
from make_api_sandbox.engine.errors import ModuleError
from make_api_sandbox.http.call import Call
from make_api_sandbox.resources.sdk import sections
from make_api_sandbox.resources.sdk.communication import Communication
from make_api_sandbox.resources.sdk.sections import Place
from make_api_sandbox.scenarios.outbound import send
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World


def type_named(world: World, name: str) -> ConnectionType | None:
    """The type that an app's connection makes; None when no app has one of that name."""
    place = _place(world, name)
    if place is None or place.component is None:
        return None
    kind = str(place.component["extra"]["type"])
    fields = cast("list[Any]", sections.parsed(world, place, "parameters", "[]") or [])
    asked = tuple(
        str(cast(JsonObject, field)["name"])
        for field in fields
        if isinstance(field, dict) and cast(JsonObject, field).get("required") is True
    )
    granted = kind.startswith("oauth")
    label, theme = str(place.component["label"]), str(place.app["theme"])
    if granted:
        return ConnectionType(label, "oauth", theme)
    return ConnectionType(label, "basic", theme, asked)


async def fault_of_service(call: Call, row: Row) -> str | None:
    """Ask the service of a custom app about a connection; what it says against it, or None."""
    place = _place(call.world, row["type"])
    if place is None or row["account_type"] != "basic":
        return None
    api: Any = sections.parsed(call.world, place, "api", "{}")
    if not api:
        return None
    now = call.now()
    dice = Random(f"{call.world.setting('seed')}/{now.isoformat()}")
    communication = Communication(
        scope=Scope(now=now, random=dice),
        values={
            "parameters": row["data"],
            "connection": row["data"],
            "common": sections.parsed(call.world, place, "common", "{}"),
        },
        base={},
        send=lambda request: send(call.sandbox, request),
    )
    try:
        await communication.carry_out(api)
    except ModuleError as error:
        return error.message
    return None


def _place(world: World, name: str) -> Place | None:
    found = world.row("SELECT * FROM sdk_components WHERE kind = 'connection' AND name = ?", name)
    if found is None:
        return None
    return Place(world.rows("SELECT * FROM sdk_apps WHERE id = ?", found["app_id"])[0], found)
