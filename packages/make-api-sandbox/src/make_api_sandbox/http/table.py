"""Finding the route of a request by walking its path, instead of trying every route in turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

ANY = "{}"
"""Key of the branch that any member of a path takes."""

REST = ":path}"
"""How a placeholder ends that may hold slashes."""


@dataclass
class _Branch:
    """What follows some members of a path."""

    branches: dict[str, "_Branch"] = field(default_factory=dict[str, "_Branch"])
    routes: list[Route] = field(default_factory=list[Route])
    open: list[Route] = field(default_factory=list[Route])
    """Those that take all that follows as one member."""

    def at(self, members: Sequence[str], depth: int = 0) -> Iterator[Route]:
        """The routes of a path; where both fit, a literal member comes before a placeholder."""
        if depth == len(members):
            yield from self.routes
            return
        for name in (members[depth], ANY):
            branch = self.branches.get(name)
            if branch and members[depth]:
                yield from branch.at(members, depth + 1)
        yield from self.open


class RouteTable:
    """An ASGI application that serves routes; mount it where they begin.

    Args:
        routes: With `{placeholders}`, each a whole member of its path; only the last may be a
            `{name:path}`, which takes all that follows.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = list(routes)
        self._root = _Branch()
        for route in routes:
            branch = self._root
            for member in route.path.split("/")[1:]:
                if member.endswith(REST):
                    branch.open.append(route)
                    break
                name = ANY if member.startswith("{") else member
                branch = branch.branches.setdefault(name, _Branch())
            else:
                branch.routes.append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request.

        Raises:
            HTTPException: 404 when no route has the path, 405 when none has the method.
        """
        members = scope["path"].removeprefix(scope["root_path"]).split("/")[1:]
        found = [*self._root.at(members)]
        if not found:
            raise HTTPException(404)
        for route in found:
            if scope["method"] in (route.methods or ()):
                scope["path_params"] = _params(route, members)
                scope["endpoint"] = route.endpoint
                await route.app(scope, receive, send)
                return
        raise HTTPException(405)


def _params(route: Route, members: Sequence[str]) -> dict[str, str]:
    """The members of the path by the names the route has for them."""
    names = route.path.split("/")[1:]
    last = len(names) - 1
    pairs = zip(names, [*members[:last], "/".join(members[last:])], strict=True)
    return {name[1:-1].partition(":")[0]: one for name, one in pairs if name.startswith("{")}
