"""What a running call needs around it: Make's API, and somebody who hears of progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from make_mcp_base.definition.models import Output

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping
    from contextlib import AbstractAsyncContextManager

    from pydantic import JsonValue

    from make_mcp_base.calls.account import Account
    from make_mcp_base.calls.requests import Request


class Api(Protocol):
    """Where requests go."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: JsonValue = None,
        scope: str = "",
        organization: int | None = None,
        max_bytes: int | None = None,
        fresh_for: float = 0,
        media_type: str = "",
    ) -> JsonValue:
        """Send one request to Make and give the JSON of its answer."""
        ...

    async def read(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        scope: str = "",
        organization: int | None = None,
        max_bytes: int | None = None,
    ) -> bytes:
        """Read an answer that is no JSON, byte for byte; JSON is written out."""
        ...

    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: JsonValue = None,
        scope: str = "",
        organization: int | None = None,
        patience: float | None = None,
        max_bytes: int | None = None,
    ) -> AbstractAsyncContextManager[AsyncIterable[bytes]]:
        """Send one request, once, and read its answer while it comes.

        `patience` is how many seconds the head, and each piece after it, may take.
        """
        ...

    async def account(self, *, fresh: bool = False) -> Account:
        """Tell who the token is."""
        ...

    async def deliver(self, request: Request) -> JsonValue:
        """Send one request to an address outside the API."""
        ...

    def page_url(self, path: str) -> str:
        """Give the address of a page of Make's own interface."""
        ...


class Delivery(Output):
    """The answer of an address outside the API, such as a webhook's."""

    status: int
    text: str
    headers: dict[str, str] = {}
    elapsed_ms: float = 0


class Caller(Protocol):
    """Who is calling, as far as a running call may speak to them."""

    async def progress(self, done: float, total: float | None, message: str) -> None:
        """Hear how far the work has come."""
        ...
