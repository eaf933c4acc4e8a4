"""Every answer of a sandbox under test is held to its contract."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from make_api_sandbox.contracts.book import Answer, book
from make_api_sandbox.contracts.operations import key, operations, pages
from make_api_sandbox.http.access import WITHHELD
from make_api_sandbox.scopes import ALL_SCOPES
from starlette.applications import Starlette
from starlette.datastructures import Headers, QueryParams
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

API = "/api/v2"
SCOPES = {one.key: frozenset(one.scope.split()) for one in operations()}
EVERY_SCOPE = frozenset(ALL_SCOPES).union(*SCOPES.values())


class DepartureError(AssertionError):
    """An answer is not what Make would answer; the message says where."""


def hold_to_contracts(app: Starlette) -> Starlette:
    """Let every operation of `app` fail the test when its answer departs from its contract.

    Whatever token a test uses, an operation sees no scope of it but those the operation needs:
    what works in a test works with just these. Installed faults answer before the operations do
    and are not judged.
    """
    for mount in app.routes:
        if isinstance(mount, Mount) and mount.path == API:
            for route in mount.routes:
                if isinstance(route, Route):
                    route.app = Held(route.app, route.path)
    return app


@dataclass
class _Heard:
    status: int = 0
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def note(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = Headers(raw=message["headers"])
        else:
            self.body += message.get("body", b"")


@dataclass(frozen=True)
class Held:
    """One operation, listened to."""

    app: ASGIApp
    path: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        heard = _Heard()

        async def overheard(message: MutableMapping[str, Any]) -> None:
            heard.note(message)
            await send(message)

        self.narrow(scope)
        await self.app(scope, receive, overheard)
        if key(scope["method"], self.path) not in pages():
            judge(scope["method"], self.path, scope["query_string"], heard)

    def narrow(self, scope: Scope) -> None:
        """Take from the token of this request what the operation does not need."""
        needed = SCOPES.get(key(scope["method"], self.path), EVERY_SCOPE)
        state = scope["state"]
        state[WITHHELD] = (*state.get(WITHHELD, ()), *(EVERY_SCOPE - needed))


def judge(method: str, path: str, query: bytes, heard: _Heard) -> None:
    """Raise unless the answer keeps its contract."""
    media_type = heard.headers.get("content-type", "").partition(";")[0]
    asked = QueryParams(query).multi_items()
    cols = [value for name, value in asked if name.startswith("cols[") or name == "cols"]
    answer = Answer(heard.status, media_type, heard.body, cols)
    faults = book().faults(method, path, answer)
    if faults:
        listed = "".join(f"\n  - {fault}" for fault in faults[:12])
        raise DepartureError(f"{method} {path} departs from its contract:{listed}")
