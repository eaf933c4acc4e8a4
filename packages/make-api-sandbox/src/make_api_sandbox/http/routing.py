"""Routes: one small function each, found by looking, never registered.

To add an endpoint, write a function in any module of `resources/`, `hooks/` or `scenarios/`::

    @route("GET", "/scenarios/{scenarioId}", scope="scenarios:read",
           context=entity("scenarios", "scenarioId", "Scenario"))
    def get_scenario(call: Call) -> JsonObject:
        return {"scenario": COLUMNS.pick(present(call.world, call.entity), call.cols)}

What happens before it runs, in this order: an installed fault; credential (401); scopes (403);
`context` (membership and role: 403, or 404 for a foreign thing); the organization's rate limit
(429) unless `counted=False`; `licence` gate (402); the declared `body` (400 with every fault).

What it returns: a JSON object for a 200, or a Starlette `Response`. What it raises: `ApiError`
(module `errors`), rendered once. A plain function that is no GET runs in one transaction, so a
refusal undoes what it wrote. An `async` function looks after its own `with world.write():` and
never awaits inside one. What an endpoint changes goes into the audit log if the table
`audit.deeds` names it.

A module may also define `attach(sandbox: Sandbox) -> None`; it is called once when the app is made,
for subscribing to the clock (`sandbox.world.clock.subscribe`) or starting nothing before it is due.
"""

import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from importlib import import_module, util
from types import ModuleType
from typing import Any, TypeVar, cast

from starlette.responses import Response

from make_api_sandbox.http.access import permission_of
from make_api_sandbox.http.body import Body
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import Context, nowhere
from make_api_sandbox.shapes import JsonObject

Outcome = JsonObject | Response
Handler = Callable[[Call], Outcome] | Callable[[Call], Awaitable[Outcome]]
HandlerT = TypeVar("HandlerT", bound=Callable[[Call], Any])

HOMES = ("resources", "hooks", "scenarios")
"""Packages whose modules are searched for routes."""

MARK = "__sandbox_routes__"


@dataclass(frozen=True)
class LicenceGate:
    """A member of `organization.license` an endpoint needs, and how it refuses without it."""

    member: str
    refuse: Callable[[], Exception]


@dataclass(frozen=True)
class RouteSpec:
    """An endpoint: when it answers and what it needs."""

    method: str
    path: str
    scopes: tuple[str, ...]
    context: Context
    permission: str | None
    body: Body | None
    licence: LicenceGate | None
    counted: bool
    open: bool


@dataclass(frozen=True)
class Route:
    """An endpoint with its function."""

    spec: RouteSpec
    handler: Handler

    @property
    def order(self) -> tuple[tuple[bool, str], ...]:
        """Literal path members come before placeholders, so that `/users/me` wins over `{id}`."""
        return tuple((part.startswith("{"), part) for part in self.spec.path.split("/"))


def route(
    method: str,
    path: str,
    *,
    scope: str | tuple[str, ...] = (),
    context: Context = nowhere,
    permission: str | None = None,
    body: Body | None = None,
    licence: LicenceGate | None = None,
    counted: bool = True,
    open: bool = False,
) -> Callable[[HandlerT], HandlerT]:
    """Make a function answer an endpoint; it stays callable as it is.

    Args:
        method: HTTP method.
        path: Below `/api/v2`, with `{placeholders}`.
        scope: Scope or scopes the token must carry.
        context: Whose call it is (module `context`).
        permission: What the caller's role must grant; derived from scope and method when absent,
            `""` when any member may.
        body: The members of the body (module `body`).
        licence: Licence member that must be set.
        counted: False for endpoints outside the rate limit.
        open: True for the few endpoints that need no credential.
    """
    scopes = (scope,) if isinstance(scope, str) else scope
    needed = permission_of(method, path, scopes) if permission is None else permission or None
    spec = RouteSpec(method, path, scopes, context, needed, body, licence, counted, open)

    def mark(handler: HandlerT) -> HandlerT:
        setattr(handler, MARK, [*getattr(handler, MARK, []), spec])
        return handler

    return mark


def modules() -> Iterator[ModuleType]:
    """Every module that may hold routes, in order of name."""
    for home in HOMES:
        name = f"make_api_sandbox.{home}"
        if util.find_spec(name) is None:
            continue
        package = import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            yield import_module(found.name)


def discover() -> list[Route]:
    """Every route, literal paths first."""
    found = (
        Route(spec, cast(Handler, member))
        for module in modules()
        for _, member in inspect.getmembers(module, inspect.isfunction)
        if member.__module__ == module.__name__
        for spec in cast("list[RouteSpec]", getattr(member, MARK, []))
    )
    return sorted(found, key=lambda one: one.order)
