"""The sandbox as one ASGI application.

`/api/v2/…` is Make's API (how to add a route: module `http.routing`), `/hook/{udid}` and every path
under a host `hook.{zone}` are webhook addresses, `/_sandbox/…` steers the world (module `control`).

For those who build on it:

- Tables and their columns: package `schema`. Reading and writing: `World.rows`, `row`, `value`,
  `get`, `insert`, `update`, `delete`, `execute`, all inside `with world.write():` when they
  belong together. JSON columns and flags are encoded and decoded by the world.
- Time: `world.clock.now()`, `.stamp()`, `.milliseconds()`; never the machine's own. Whoever must
  act when time moves defines `attach(sandbox)` and subscribes to the clock there.
- Refusals: raise from `http.errors`. Confirmation: `call.confirm(kind, data)`.
- Work after the answer: `call.in_background(coroutine)`; it is cancelled when the sandbox closes.
- Webhook requests: `attach` sets `sandbox.receive_hook`, an async function of request and udid.
"""

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as Path

from make_api_sandbox import control
from make_api_sandbox.audit.writing import witness
from make_api_sandbox.background import Background
from make_api_sandbox.http.access import WITHHELD, credential, require_scopes
from make_api_sandbox.http.answers import Json
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError
from make_api_sandbox.http.observation import Observation
from make_api_sandbox.http.rate import count_call
from make_api_sandbox.http.routing import Outcome, Route, discover, modules
from make_api_sandbox.http.table import RouteTable
from make_api_sandbox.page.view import page_routes
from make_api_sandbox.world import World

DEFAULT_URL = "http://127.0.0.1:8555"
HOOK_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

HookReceiver = Callable[[Request, str], Awaitable[Response]]


async def _no_hooks(request: Request, udid: str) -> Response:
    """Answer of an address nobody serves."""
    return Response("Webhook not found.", 410, media_type="text/plain")


@dataclass
class Sandbox:
    """One running sandbox: a world and what serves it."""

    world: World
    public_url: str | None
    """Where callers reach the server; None when they cannot, then zone addresses are shown."""
    background: Background = field(default_factory=Background)
    receive_hook: HookReceiver = _no_hooks

    async def close(self) -> None:
        """Stop work in the background; the world stays open."""
        await self.background.close()


def create_app(
    world: World, *, public_url: str | None = DEFAULT_URL, in_process: bool = True
) -> Starlette:
    """Make the application that serves a world.

    Args:
        world: An open world.
        public_url: Base of the addresses shown to callers, without a trailing slash; None shows
            `https://hook.{zone}/…` as Make does.
        in_process: False when a real server runs it (see `Observation`).

    Returns:
        The application; `app.state.sandbox` is its `Sandbox`.
    """
    sandbox = Sandbox(world, public_url.rstrip("/") if public_url else None)
    app = Starlette(
        routes=_routes(sandbox),
        middleware=[Middleware(Observation, world=world, in_process=in_process)],
        exception_handlers={HTTPException: _no_such_route},
        lifespan=partial(_lifespan, sandbox, not in_process),
    )
    app.state.sandbox = sandbox
    for module in modules():
        attach = cast("Callable[[Sandbox], None] | None", getattr(module, "attach", None))
        if attach:
            attach(sandbox)
    return app


@asynccontextmanager
async def _lifespan(sandbox: Sandbox, served: bool, app: Starlette) -> AsyncGenerator[None]:
    """Keep time while a real server runs the application; a mounted one only answers."""
    if served:
        from make_api_sandbox.scenarios.scheduler import keep_time

        sandbox.background.start(keep_time(sandbox))
    yield
    await sandbox.close()


def _routes(sandbox: Sandbox) -> list[BaseRoute]:
    api = [
        Path(one.spec.path, partial(_endpoint, sandbox, one), methods=[one.spec.method])
        for one in discover()
    ]
    return [
        Mount("/api/v2", app=RouteTable(api)),
        Path("/hook/{udid}", partial(_hook, sandbox), methods=HOOK_METHODS),
        *page_routes(sandbox.world, sandbox.public_url),
        Mount("/_sandbox", routes=control.routes(sandbox.world)),
    ]


async def _hook(sandbox: Sandbox, request: Request) -> Response:
    return await sandbox.receive_hook(request, str(request.path_params["udid"]))


def _no_such_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    known = {404: "Route not found.", 405: "Method not allowed."}
    return Json({"message": known.get(status, "Error"), "code": f"SC{status}"}, status)


async def _endpoint(sandbox: Sandbox, route: Route, request: Request) -> Response:
    try:
        call = _admit(sandbox, route, request, await request.body())
        outcome = await _run(route, call)
    except ApiError as error:
        return error.response()
    return outcome if isinstance(outcome, Response) else Json(outcome)


def _admit(sandbox: Sandbox, route: Route, request: Request, body: bytes) -> Call:
    """Prove everything a route asks for, in the order `http.routing` states."""
    spec, world = route.spec, sandbox.world
    if spec.open:
        return Call(request, sandbox, spec, body, token={}, user={})
    token, user = credential(world, request.headers.get("authorization"))
    call = Call(request, sandbox, spec, body, token, user)
    request.state.user_id = user["id"]
    require_scopes(token, spec.scopes, withheld=getattr(request.state, WITHHELD, ()))
    spec.context(call)
    request.state.organization_id = call.organization_id
    if call.organization_id and spec.counted:
        count_call(world, call.organization_id, call.license)
    if spec.licence and not call.license.get(spec.licence.member):
        raise spec.licence.refuse()
    return call


async def _run(route: Route, call: Call) -> Outcome:
    """Check the body, then run the function; one that writes runs in a transaction.

    What it changes goes into the audit log, in the same transaction.
    """
    if route.spec.body:
        _ = call.body
    if inspect.iscoroutinefunction(route.handler):
        seen = witness(call)
        outcome = await route.handler(call)
        with call.world.write():
            seen.tell(outcome)
        return outcome
    handler = cast("Callable[[Call], Outcome]", route.handler)
    if call.request.method == "GET":
        return handler(call)
    with call.world.write():
        seen = witness(call)
        outcome = handler(call)
        seen.tell(outcome)
        return outcome
