"""`/_sandbox/…`: steering the world from outside; needs no credential.

| Call | Does |
| --- | --- |
| `POST reset` `{seed?, scale?, plan?, company?}` | empties the world and seeds it again |
| `POST seed` with the same | seeds an empty world |
| `GET clock`, `POST clock` `{set, advance or release}` | shows and moves time (seconds) |
| `GET/POST/DELETE faults`, `DELETE faults/{id}` | see module `faults` |
| `GET world` | counts of everything |
| `PATCH world` | changes licences, rate limits, states of connections and on-prem agents, flags |
| `POST devices` `{udid, scopes, info?}` | pairs a requested device, as the mobile app does |
| `POST devices/{id}/messages` `{direction, scope, data}` | puts a message into a queue of it |
| `GET/DELETE requests` | the log of requests; `?method=&path=&limit=` |
| `GET/POST tokens`, `POST tokens/{token}/expire` | credentials |
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from make_api_sandbox import faults, seeding, steering, tokens
from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.body import (
    anything,
    boolean,
    choice,
    integer,
    list_of,
    mapping,
    members,
    text,
)
from make_api_sandbox.http.call import whole_number
from make_api_sandbox.http.errors import ApiError, invalid_parameters, not_found
from make_api_sandbox.resources.device_queues import enqueue
from make_api_sandbox.resources.devices import pair
from make_api_sandbox.seed.licences import PLANS
from make_api_sandbox.seeding import Recipe
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.world import World

Control = Callable[[World, Request], Awaitable[JsonObject]]

RECIPE = members(
    seed=integer(0).optional(),
    scale=integer(1, 1000).optional(),
    plan=choice(*PLANS).optional(),
    company=choice("default", "smallest").optional(),
)
CLOCK = members(
    set=steering.moment().optional(),
    advance=anything().optional(),
    release=boolean().optional(),
)
TOKEN = members(
    scope=list_of(text()).optional(),
    user_id=integer(1).optional(),
    label=text(128).optional(),
    expires=steering.moment().optional(),
)
DEVICE = members(
    udid=text(32, 32), scopes=list_of(text(64, 1)), info=mapping().optional().or_null()
)
MESSAGE = members(direction=choice("incoming", "outgoing"), scope=text(64, 1), data=mapping())


def routes(world: World) -> list[BaseRoute]:
    """The control routes of a world."""
    table: list[tuple[str, str, Control]] = [
        ("POST", "/reset", _reset),
        ("POST", "/seed", _seed),
        ("GET", "/clock", _show_clock),
        ("POST", "/clock", _move_clock),
        ("GET", "/faults", _list_faults),
        ("POST", "/faults", _add_fault),
        ("DELETE", "/faults", _clear_faults),
        ("DELETE", "/faults/{id}", _remove_fault),
        ("GET", "/world", _show_world),
        ("PATCH", "/world", _patch_world),
        ("POST", "/devices", _pair_device),
        ("POST", "/devices/{id}/messages", _add_message),
        ("GET", "/requests", _list_requests),
        ("DELETE", "/requests", _clear_requests),
        ("GET", "/tokens", _list_tokens),
        ("POST", "/tokens", _mint_token),
        ("POST", "/tokens/{token}/expire", _expire_token),
    ]
    return [Route(path, partial(_serve, world, do), methods=[method]) for method, path, do in table]


async def _serve(world: World, do: Control, request: Request) -> Response:
    try:
        return Json(await do(world, request))
    except ApiError as error:
        return error.response()


# The world as a whole


async def _reset(world: World, request: Request) -> JsonObject:
    wanted = RECIPE.read(await request.body())
    seeding.start_over(world, replace(Recipe.of(world), **wanted))
    return await _show_world(world, request)


async def _seed(world: World, request: Request) -> JsonObject:
    wanted = RECIPE.read(await request.body())
    if not world.is_empty:
        raise ApiError(400, "SC400", "The world is not empty; use /_sandbox/reset.")
    seeding.start_over(world, replace(Recipe.of(world), **wanted))
    return await _show_world(world, request)


async def _show_world(world: World, request: Request) -> JsonObject:
    return {
        **asdict(Recipe.of(world)),
        "path": str(world.path) if world.path else None,
        "world": steering.counts(world),
    }


async def _patch_world(world: World, request: Request) -> JsonObject:
    change = steering.CHANGE.read(await request.body())
    with world.write():
        return {"changed": steering.apply(world, change)}


# Time


async def _show_clock(world: World, request: Request) -> JsonObject:
    return {"mode": world.clock.mode, "now": world.clock.stamp()}


async def _move_clock(world: World, request: Request) -> JsonObject:
    body = CLOCK.read(await request.body())
    if "set" in body:
        await world.clock.set(parse_stamp(body["set"]))
    if "advance" in body:
        await world.clock.advance(_seconds(world, body["advance"]))
    if body.get("release"):
        world.clock.release()
    return await _show_clock(world, request)


def _seconds(world: World, value: Any) -> float:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            _ = world.clock.now() + timedelta(seconds=value)
            return float(value)
    except OverflowError:
        pass
    raise invalid_parameters([("advance", "should be seconds, 0 or more, before the year 10000")])


# Faults


async def _list_faults(world: World, request: Request) -> JsonObject:
    return {"faults": world.rows("SELECT * FROM faults ORDER BY id")}


async def _add_fault(world: World, request: Request) -> JsonObject:
    return {"fault": faults.install(world, faults.DECLARATION.read(await request.body()))}


async def _clear_faults(world: World, request: Request) -> JsonObject:
    return {"removed": world.execute("DELETE FROM faults")}


async def _remove_fault(world: World, request: Request) -> JsonObject:
    id = whole_number("id", request.path_params["id"])
    return {"removed": world.execute("DELETE FROM faults WHERE id = ?", id)}


# Devices


async def _pair_device(world: World, request: Request) -> JsonObject:
    body = DEVICE.read(await request.body())
    try:
        id = pair(world, body["udid"], body["scopes"], body.get("info") or {})
    except LookupError as error:
        raise not_found("Device request") from error
    return {"device": world.get("devices", id)}


async def _add_message(world: World, request: Request) -> JsonObject:
    device = world.get("devices", whole_number("id", request.path_params["id"]))
    body = MESSAGE.read(await request.body())
    if device is None:
        raise not_found("Device")
    id = enqueue(world, device["id"], body["direction"], body["scope"], body["data"])
    return {"message": {"id": id}}


# Requests seen


async def _list_requests(world: World, request: Request) -> JsonObject:
    query = request.query_params
    limit = query.get("limit", "1000")
    found = world.rows(
        "SELECT * FROM request_log WHERE (?1 IS NULL OR method = ?1)"
        " AND (?2 IS NULL OR path = ?2) ORDER BY id DESC LIMIT ?3",
        query.get("method"),
        query.get("path"),
        int(limit) if limit.isdigit() and len(limit) < 10 else 1000,
    )
    return {"requests": [_readable(entry) for entry in reversed(found)]}


def _readable(entry: JsonObject) -> JsonObject:
    """Show a JSON body as JSON."""
    try:
        body = json.loads(entry["body"]) if entry["body"] else None
    except ValueError:
        body = entry["body"]
    return {**entry, "body": body}


async def _clear_requests(world: World, request: Request) -> JsonObject:
    return {"removed": world.execute("DELETE FROM request_log")}


# Credentials


async def _list_tokens(world: World, request: Request) -> JsonObject:
    return {"tokens": world.rows("SELECT * FROM tokens ORDER BY created, token")}


async def _mint_token(world: World, request: Request) -> JsonObject:
    asked = TOKEN.read(await request.body())
    user_id = asked.get("user_id") or tokens.owner_id(world)
    if world.get("users", user_id) is None:
        raise not_found("User")
    token = tokens.mint(
        world,
        user_id,
        asked.get("scope", ["*"]),
        label=asked.get("label", "minted"),
        expires=asked.get("expires"),
    )
    return {"token": token, "scope": asked.get("scope", ["*"]), "user_id": user_id}


async def _expire_token(world: World, request: Request) -> JsonObject:
    now = world.clock.stamp()
    token = request.path_params["token"]
    if not world.execute("UPDATE tokens SET expires = ? WHERE token = ?", now, token):
        raise not_found("Token")
    return {"token": token, "expires": now}
