"""The HTTP library, and the only module that imports it."""

from __future__ import annotations

import logging
import zlib
from contextlib import aclosing, asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, TypeAlias

import httpx

from make_mcp_base.client.wire import Incoming, Outgoing, Progress, WireError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping

    from make_mcp_base.sandboxed import Asgi

Transport: TypeAlias = httpx.AsyncBaseTransport
"""What `MakeClient(transport=…)` takes instead of the network: an ASGI app, usually."""

CONNECT_SECONDS = 10.0
CHUNK_BYTES = 65_536

# Both log every URL at INFO, with the query string and the secret part of webhook addresses.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class HttpxWire:
    """One pooled httpx client that follows no redirects and keeps no cookies.

    Args:
        transport: Replaces the network, for an app in the same process.
        trust_env: Whether proxies of the environment are used.
    """

    def __init__(self, transport: Transport | None = None, *, trust_env: bool = True) -> None:
        self._client = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            trust_env=trust_env and transport is None,
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
            # Who asks is in the credential; a cookie would tie requests to one another.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    @asynccontextmanager
    async def open(self, outgoing: Outgoing, progress: Progress) -> AsyncGenerator[Incoming]:
        """Send a request and hold its answer open inside the context."""
        response = await self._send(outgoing, progress)
        try:
            yield HttpxIncoming(response)
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def _send(self, outgoing: Outgoing, progress: Progress) -> httpx.Response:
        try:
            return await self._client.send(self._request(outgoing, progress), stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise WireError("connect", _words(error), sent=False) from error
        except httpx.TimeoutException as error:
            raise WireError("timeout", _words(error), sent=True) from error
        except httpx.ProxyError as error:
            raise WireError("connect", _words(error), sent=False) from error
        except httpx.TransportError as error:
            raise WireError("broken", _words(error), sent=True) from error

    def _request(self, outgoing: Outgoing, progress: Progress) -> httpx.Request:
        url, headers = httpx.URL(outgoing.url), dict(outgoing.headers)
        extensions: dict[str, object] = {"trace": _tracer(progress)}
        if outgoing.pinned:
            headers["host"] = url.netloc.decode("ascii")
            # The pool knows connections by address; one checked for a name serves no other name.
            headers["connection"] = "close"
            extensions["sni_hostname"] = url.host
            url = url.copy_with(host=outgoing.pinned)
        limit = httpx.Timeout(outgoing.limit, connect=min(outgoing.limit, CONNECT_SECONDS))
        return self._client.build_request(
            outgoing.method,
            url,
            headers={"accept-encoding": "gzip", **headers},
            content=outgoing.content,
            timeout=limit,
            extensions=extensions,
        )


class HttpxIncoming:
    """An httpx response whose body is read in bounded pieces."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = {
            name.lower(): value for name, value in response.headers.items()
        }

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Read the body; gzip is unpacked here so that no piece can grow without bound."""
        encoding = self.headers.get("content-encoding", "identity").lower()
        try:
            async with aclosing(_decoded(self._response.aiter_raw(), encoding)) as pieces:
                async for piece in pieces:
                    yield piece
        except httpx.TimeoutException as error:
            raise WireError("timeout", _words(error), sent=True) from error
        except httpx.TransportError as error:
            raise WireError("broken", _words(error), sent=True) from error


async def _decoded(raw: AsyncIterator[bytes], encoding: str) -> AsyncGenerator[bytes, None]:
    if encoding in {"", "identity"}:
        async for piece in raw:
            yield piece
        return
    if encoding not in {"gzip", "x-gzip"}:
        raise WireError("unreadable", f"content encoding {encoding!r}", sent=True)
    async with aclosing(_gunzip(raw)) as pieces:
        async for piece in pieces:
            yield piece


async def _gunzip(raw: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    unpacker = zlib.decompressobj(wbits=31)
    seen = False
    try:
        async for packed in raw:
            seen = True
            rest = packed
            while rest and not unpacker.eof:
                yield unpacker.decompress(rest, CHUNK_BYTES)
                rest = unpacker.unconsumed_tail
    except zlib.error as error:
        raise WireError("unreadable", str(error), sent=True) from error
    if seen and not unpacker.eof:
        raise WireError("broken", "the compressed answer ended early", sent=True)


def _tracer(progress: Progress) -> object:
    """Follow httpcore's events, to know at a timeout whether the request had left."""

    async def trace(event: str, _details: object) -> None:
        if event.endswith("connect_tcp.started"):
            progress.sent = False
        elif event.endswith("send_request_headers.started"):
            progress.sent = True

    return trace


def _words(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__


def in_process(app: Asgi) -> Transport:
    """Make a transport that hands requests to an ASGI application in this process."""
    return httpx.ASGITransport(app=app)
