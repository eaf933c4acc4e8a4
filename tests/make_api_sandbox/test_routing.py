"""A request finds the route that trying every route in turn would find."""

import re
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from make_api_sandbox.http.routing import discover
from make_api_sandbox.http.table import RouteTable
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Match, Route

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def routes() -> list[Route]:
    """The routes of the sandbox, each answering with its name and the members of its path."""

    async def told(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"{request.method} {request.path_params}")

    return [Route(one.spec.path, told, methods=[one.spec.method]) for one in discover()]


def in_turn(every: list[Route], method: str, path: str) -> Any:
    """What trying every route finds: its path and members, else the status."""
    partly = False
    for route in every:
        match, more = route.matches({"type": "http", "method": method, "path": path})
        if match is Match.FULL:
            return route.path, more["path_params"]
        partly = partly or match is Match.PARTIAL
    return 405 if partly else 404


async def by_table(table: RouteTable, method: str, path: str) -> Any:
    scope: dict[str, Any] = {"type": "http", "method": method, "path": f"/api/v2{path}"}
    scope |= {"root_path": "/api/v2", "headers": [], "query_string": b""}

    async def nothing(message: Any = None) -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    try:
        await table(scope, nothing, nothing)
    except HTTPException as error:
        return error.status_code
    [route] = [
        one
        for one in table.routes
        if one.endpoint is scope["endpoint"]
        and method in (one.methods or ())
        and filled(one.path, scope["path_params"]) == path
    ][:1] or [None]
    return route and (route.path, scope["path_params"])


def filled(template: str, params: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)(:path)?\}", lambda found: params.get(found[1], "?"), template)


async def test_the_table_finds_what_trying_in_turn_finds() -> None:
    every, random = routes(), Random("paths")
    table = RouteTable(every)
    words = sorted({part for one in every for part in one.path.split("/") if part[:1] != "{"})
    for at, route in enumerate(every):
        path = re.sub(
            r"\{\w+(:path)?\}", lambda _: random.choice([*words[1:], "1", "ü"]), route.path
        )
        for odd in (path, f"{path}/", f"{path}/more")[: 1 if at % 5 else 3]:
            for method in (*(route.methods or ()), random.choice(METHODS)):
                assert await by_table(table, method, odd) == in_turn(every, method, odd), odd


async def test_a_slash_at_the_end_is_another_address(studio: "Studio") -> None:
    answer = await studio.call("GET", "/teams/1/")
    assert (answer.status_code, answer.json()["code"]) == (404, "SC404")
    assert (await studio.call("GET", "//teams/1")).status_code == 404
