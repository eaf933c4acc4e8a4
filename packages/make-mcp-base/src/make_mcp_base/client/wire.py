"""The narrow door between the Make client and an HTTP library.

`transport` implements it with httpx; nothing else knows which library is behind it.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from contextlib import AbstractAsyncContextManager

FaultKind = Literal["connect", "broken", "timeout", "unreadable"]


class WireError(Exception):
    """The exchange failed below HTTP.

    Args:
        kind: `connect` before anything was sent, `broken` after, `timeout`, or `unreadable` for
            bytes that are not the encoding they claim.
        detail: The library's own words.
        sent: Whether the request may have reached the other side.
    """

    def __init__(self, kind: FaultKind, detail: str, *, sent: bool) -> None:
        super().__init__(detail)
        self.kind: FaultKind = kind
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request, complete.

    Attributes:
        method: Upper-case HTTP method.
        url: Absolute URL, encoded.
        headers: All headers the client chooses, credential included.
        content: Body bytes or None.
        limit: Seconds each phase (connect, write, wait for the next bytes) may take.
        pinned: IP address to connect to instead of resolving the URL's host, or "".
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)
    limit: float = 30.0
    pinned: str = ""


class Progress:
    """Whether a request has left, readable while the exchange is under way."""

    def __init__(self) -> None:
        self.sent = True
        """Pessimistic until the library says that it is still connecting."""


class Incoming(Protocol):
    """An answer whose body has not been read."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, names in lower case."""
        ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """Read the decoded body in pieces of bounded size. Raises `WireError`."""
        ...


class Wire(Protocol):
    """Sends requests; the answer is open inside the returned context."""

    def open(self, outgoing: Outgoing, progress: Progress) -> AbstractAsyncContextManager[Incoming]:
        """Send a request. Raises `WireError`; leaving the context lets go of the connection."""
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


@dataclass(frozen=True, slots=True)
class Received:
    """An answer read up to a byte budget.

    Attributes:
        status: HTTP status.
        headers: Headers, names in lower case.
        body: At most the budget's number of bytes.
        truncated: True when there was more.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool


async def read_within(incoming: Incoming, max_bytes: int) -> Received:
    """Read an answer until it ends or the budget is used up, never holding more than that."""
    body = bytearray()
    truncated = False
    async with aclosing(incoming.chunks()) as chunks:
        async for chunk in chunks:
            room = max_bytes - len(body)
            body += chunk[:room]
            if len(chunk) > room:
                truncated = True
                break
    return Received(incoming.status, incoming.headers, bytes(body), truncated)
