"""Which operations of Make the sandbox serves, read off its routes."""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from make_api_sandbox.contracts.operations import Key, Operation, key, operations, pages
from make_api_sandbox.http.routing import Handler, Route, discover


class Standing(StrEnum):
    """What a caller meets; there is no other kind."""

    IMPLEMENTED = "implemented"
    REFUSED = "answers as for an ordinary user without the right"
    NOT_SERVED = "not served"


@dataclass(frozen=True)
class Coverage:
    """The list of operations beside the routes.

    Args:
        standings: What each operation does.
        strangers: Routes that no source knows, as `METHOD path`.
    """

    standings: Mapping[Operation, Standing]
    strangers: tuple[str, ...]


def coverage() -> Coverage:
    """Compare the operations of Make with the routes of the sandbox."""
    routes = {key(one.spec.method, one.spec.path): one for one in discover()}
    known = {one.key for one in operations()} | pages()
    strangers = [
        f"{one.spec.method} {one.spec.path}" for at, one in routes.items() if at not in known
    ]
    standings = {one: _standing(routes, one) for one in operations()}
    return Coverage(standings, tuple(sorted(strangers)))


def _standing(routes: Mapping[Key, Route], operation: Operation) -> Standing:
    route = routes.get(operation.key)
    if route is None:
        return Standing.NOT_SERVED
    return Standing.REFUSED if only_refuses(route.handler) else Standing.IMPLEMENTED


def only_refuses(handler: Handler) -> bool:
    """True for a function that can do nothing but raise: no `return` stands in it."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(handler)))
    return not any(isinstance(node, ast.Return | ast.Yield) for node in ast.walk(tree))
