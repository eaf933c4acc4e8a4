"""The client: what may be repeated is repeated, what must not happen twice never is."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

from make_mcp_base.client.answer import Answer, JsonError, media_type, read_json
from make_mcp_base.client.bodies import content_of, json_of
from make_mcp_base.client.breaker import Breaker, BreakerState
from make_mcp_base.client.budget import LocalBudget, is_counted
from make_mcp_base.client.diagnosis import Diagnosis
from make_mcp_base.client.exchange import ByteStream, Exchange
from make_mcp_base.client.failures import (
    MAY_HAVE_HAPPENED,
    BadSettings,
    MakeFailure,
    NotFound,
    RateLimited,
)
from make_mcp_base.client.query import checked_path, encode_query
from make_mcp_base.client.replies import Call, request_id_of
from make_mcp_base.client.retry import Backoff, is_repeatable
from make_mcp_base.client.wire import Outgoing, Received, Wire

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
    from types import TracebackType

    from pydantic import JsonValue

    from make_mcp_base.client.answer import RawBody
    from make_mcp_base.client.budget import Budget
    from make_mcp_base.client.query import QueryValue
    from make_mcp_base.client.settings import ClientSettings
    from make_mcp_base.client.transport import Transport

T = TypeVar("T")

MAX_BYTES = 20_000_000
"""Byte budget of an answer unless a call names its own."""


@dataclass(slots=True)
class History:
    """What happened to one call so far.

    Attributes:
        started: Clock reading at the first try.
        tries: Requests sent.
        lost: True once a request may have been carried out without its answer reaching us.
    """

    started: float
    tries: int = 0
    lost: bool = False


class MakeClient:
    """Talks to one zone of Make with one credential.

    Args:
        settings: Where, and as whom.
        transport: An httpx transport used instead of the network, for an app in this process.
        budget: Paces the calls of each organization; one of its own when None.
        breaker: Shared by all clients of a zone; one of its own when None.
        zone_finder: Finds the zone an account lives in, asked after a 403 that looks like the
            wrong zone. It may send the credential to other zones, so there is none by default.
        clock: Monotonic seconds.
        sleep: Waits some seconds.
        uniform: Draws the jitter of repeats.

    Raises:
        BadSettings: For plain http to a `.local` name without a transport.
    """

    def __init__(
        self,
        settings: ClientSettings,
        *,
        transport: Transport | None = None,
        budget: Budget | None = None,
        breaker: Breaker | None = None,
        zone_finder: Callable[[], Awaitable[str | None]] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        _refuse_network_local(settings, transport)
        self.settings = settings
        self.budget: Budget = budget or LocalBudget(clock=clock, sleep=sleep)
        self._transport = transport
        self._breaker = breaker or Breaker(settings.host, clock=clock)
        self._backoff = Backoff(settings.retries, uniform)
        self._clock = clock
        self._sleep = sleep
        self._wire: Wire | None = None
        self._closed = False
        self._exchange = Exchange(self._opened, self._breaker, settings.token, clock)
        self._diagnosis = Diagnosis(self._look, settings.host, zone_finder)

    @property
    def breaker(self) -> BreakerState:
        """The state of the zone's breaker."""
        return self._breaker.state

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: JsonValue | RawBody = None,
        organization: int | None = None,
        scope: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - it belongs to each try and is told in failures
        max_bytes: int | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """Send a request and read its answer.

        Args:
            method: HTTP method.
            path: Path under `/api/v2`, beginning with a slash; see `query.endpoint`.
            query: Query members, written Make's way; see `query.encode_query`.
            body: JSON value, or a `RawBody`; None for no body.
            organization: Organization whose rate budget pays for the call.
            scope: Scope the endpoint needs, to be named when it turns out to be missing.
            timeout: Seconds one try may take; the settings' number when None.
            max_bytes: Byte budget of the answer.
            repeatable: Whether the request may be sent more than once. None lets the method
                decide: GET, PUT and DELETE may, POST and PATCH may not.

        Raises:
            MakeFailure: One of `failures`, saying what to do next.
        """
        call = self._call(method, path, organization, scope, timeout, max_bytes, repeatable)
        outgoing = self._outgoing(call, query, body)
        history = History(self._clock())
        try:
            received = await self._repeat(
                call, history, lambda: self._exchange.receive(call, outgoing)
            )
        except NotFound as failure:
            if call.method == "DELETE" and history.lost:
                return self._already_done(failure, history)
            raise
        return self._answer(call, received, history)

    @asynccontextmanager
    async def stream_bytes(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        body: JsonValue | RawBody = None,
        organization: int | None = None,
        scope: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - it belongs to each try and is told in failures
        max_bytes: int | None = None,
    ) -> AsyncGenerator[ByteStream]:
        """Send a request whose answer may be big, and read it piece by piece.

        The stream stops cleanly at the byte budget and then says `truncated`. `timeout` bounds
        the wait for the head and for each next piece. Only the head is ever asked for again.

        Raises:
            MakeFailure: One of `failures`, also while the body is read.
        """
        call = self._call(method, path, organization, scope, timeout, max_bytes, None)
        outgoing = self._outgoing(call, query, body)
        async with AsyncExitStack() as stack:
            yield await self._repeat(
                call,
                History(self._clock()),
                lambda: stack.enter_async_context(self._exchange.stream(call, outgoing)),
            )

    async def knows(self, token: str) -> int:
        """Ask the zone once who another token is, and give the status of its answer.

        200 and 403 say that the token is one (its scopes may not reach `/users/me`), 401 that the
        zone has none such (Make API reference, chapters 1.2 and 2.33). 0 means no answer.

        Args:
            token: The token in question; it is sent to this client's own zone only.
        """
        call = self._call("GET", "/users/me", None, None, None, 1_000_000, repeatable=False)
        outgoing = self._outgoing(call, None, None)
        other = replace(self.settings, token=token).authorization
        asked = replace(outgoing, headers={**outgoing.headers, "authorization": other})
        try:
            return (await self._exchange.receive(call, asked)).status
        except MakeFailure as failure:
            return failure.status or 0

    async def aclose(self) -> None:
        """Close every connection; the client cannot be used afterwards."""
        self._closed = True
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.aclose()

    async def __aenter__(self) -> MakeClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _call(
        self,
        method: str,
        path: str,
        organization: int | None,
        scope: str | None,
        timeout: float | None,
        max_bytes: int | None,
        repeatable: bool | None,
    ) -> Call:
        verb, where = method.upper(), checked_path(path)
        return Call(
            method=verb,
            path=where,
            zone=self.settings.host,
            scope=scope,
            organization=organization if is_counted(verb, where) else None,
            repeatable=is_repeatable(verb, repeatable),
            timeout=self.settings.timeout if timeout is None else timeout,
            max_bytes=MAX_BYTES if max_bytes is None else max_bytes,
        )

    def _outgoing(
        self, call: Call, query: Mapping[str, QueryValue] | None, body: JsonValue | RawBody
    ) -> Outgoing:
        search = encode_query(query or {})
        content, kind = content_of(call, body)
        headers = {
            "accept": "application/json, */*;q=0.5",
            "authorization": self.settings.authorization,
            "user-agent": f"make-mcp-base/{version('make-mcp-base')}",
        }
        if kind:
            headers["content-type"] = kind
        url = f"{self.settings.base_url}{call.path}{'?' if search else ''}{search}"
        return Outgoing(call.method, url, headers, content, call.timeout)

    async def _repeat(self, call: Call, history: History, attempt: Callable[[], Awaitable[T]]) -> T:
        """Try until it works, must not be repeated, or has been repeated enough."""
        while True:
            await self._admit(call, history)
            history.tries += 1
            try:
                return await attempt()
            except MakeFailure as failure:
                history.lost = history.lost or failure.may_have_happened
                wait = self._wait(call, failure, history)
                await self._hold_back(call, failure, wait)
                if wait is None:
                    raise await self._told(call, failure, history) from failure.__cause__
            await self._sleep(wait)

    async def _admit(self, call: Call, history: History) -> None:
        try:
            self._breaker.check()
            if call.organization is not None:
                await self.budget.take(call.organization)
        except MakeFailure as failure:
            raise await self._told(call, failure, history) from None

    def _wait(self, call: Call, failure: MakeFailure, history: History) -> float | None:
        if not call.repeatable:
            return None
        return self._backoff.wait_before_repeat(failure, history.tries)

    async def _hold_back(self, call: Call, failure: MakeFailure, wait: float | None) -> None:
        if isinstance(failure, RateLimited) and call.organization is not None:
            seconds = (failure.wait_seconds or 0.0) if wait is None else wait
            await self.budget.block(call.organization, seconds)

    async def _told(self, call: Call, failure: MakeFailure, history: History) -> MakeFailure:
        """Complete a failure that is about to be raised with what the whole call has seen."""
        if failure.status == 403:
            failure = await self._diagnosis.explain(failure, call)
        if history.tries > 1:
            seconds = self._clock() - history.started
            failure.why = f"{failure.why} Tried {history.tries} times in {seconds:.0f} s.".strip()
        if history.lost:
            # "Nothing was sent" is true of the last try only.
            failure.effect = MAY_HAVE_HAPPENED
        return failure

    async def _look(self, path: str) -> tuple[int, JsonValue]:
        """Ask once, for a diagnosis: the status and, when it is 200, the JSON."""
        call = self._call("GET", path, None, None, None, 1_000_000, repeatable=False)
        try:
            received = await self._exchange.receive(call, self._outgoing(call, None, None))
            return received.status, read_json(received.body)
        except MakeFailure as failure:
            return failure.status or 0, None
        except JsonError:
            return 0, None

    def _answer(self, call: Call, received: Received, history: History) -> Answer:
        return Answer(
            status=received.status,
            json=json_of(call, received),
            headers=received.headers,
            elapsed_ms=self._elapsed_ms(history),
            request_id=request_id_of(received.headers),
            truncated=received.truncated,
            body=b"" if media_type(received.headers) == "application/json" else received.body,
            tries=history.tries,
        )

    def _already_done(self, failure: NotFound, history: History) -> Answer:
        return Answer(
            status=404,
            elapsed_ms=self._elapsed_ms(history),
            request_id=failure.request_id,
            tries=history.tries,
            already_done=True,
            note="The answer to the first try was lost; the repeat found nothing left to delete, "
            "so the deletion is taken as done.",
        )

    def _elapsed_ms(self, history: History) -> int:
        return round((self._clock() - history.started) * 1_000)

    def _opened(self) -> Wire:
        if self._closed:
            raise RuntimeError("the client has been closed")
        if self._wire is None:
            # httpx costs a tenth of a second; it is loaded by the first request.
            from make_mcp_base.client.transport import HttpxWire

            local = self.settings.base_url.startswith("http://")
            self._wire = HttpxWire(self._transport, trust_env=not local)
        return self._wire


def _refuse_network_local(settings: ClientSettings, transport: Transport | None) -> None:
    if transport is None and settings.in_process_only:
        raise BadSettings(
            f"{settings.base_url} is not asked over the network.",
            why="Plain http to a .local name would show the token to the network.",
            next_step="Use https://, a loopback address, or an app in this process.",
        )
