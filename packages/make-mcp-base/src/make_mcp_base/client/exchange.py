"""One try of one request: send, read, and name what went wrong."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from make_mcp_base.client.failures import (
    MAY_HAVE_HAPPENED,
    NOTHING_SENT,
    BadAnswer,
    MakeFailure,
    TimedOut,
    Unreachable,
)
from make_mcp_base.client.replies import Call, after_doubt, failure_of, request_id_of
from make_mcp_base.client.retry import retry_after
from make_mcp_base.client.wire import Progress, Received, Wire, WireError, read_within

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Mapping

    from make_mcp_base.client.breaker import Breaker
    from make_mcp_base.client.wire import Incoming, Outgoing

ERROR_BYTES = 1_000_000
"""Byte budget of an error answer."""


class ByteStream:
    """A big answer, read piece by piece up to a byte budget.

    Attributes:
        status: HTTP status.
        headers: Headers, names in lower case.
        request_id: Make's id of the request, when it sent one.
        read: Bytes handed out so far.
        truncated: True once the budget has cut the answer; nothing more is read then.
    """

    def __init__(self, incoming: Incoming, call: Call, max_bytes: int) -> None:
        self.status = incoming.status
        self.headers: Mapping[str, str] = incoming.headers
        self.request_id = request_id_of(incoming.headers)
        self.read = 0
        self.truncated = False
        self._incoming = incoming
        self._call = call
        self._max_bytes = max_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Hand out the body. Raises `Unreachable` or `TimedOut` when it stops coming."""
        try:
            async with aclosing(self._incoming.chunks()) as chunks:
                async for chunk in chunks:
                    piece = chunk[: self._max_bytes - self.read]
                    self.read += len(piece)
                    self.truncated = len(piece) < len(chunk)
                    if piece:
                        yield piece
                    if self.truncated:
                        return
        except WireError as fault:
            raise failure_of_fault(fault, self._call, self._call.timeout) from fault


class Exchange:
    """Sends single requests to one zone under its breaker.

    Args:
        wire: Opens the wire at the first request.
        breaker: The zone's breaker.
        secret: The credential, blotted out of every error answer before it is read.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        wire: Callable[[], Wire],
        breaker: Breaker,
        secret: str,
        clock: Callable[[], float],
    ) -> None:
        self._wire = wire
        self._breaker = breaker
        self._secret = secret.encode()
        self._clock = clock

    async def receive(self, call: Call, outgoing: Outgoing) -> Received:
        """Send a request and read its answer within the byte budget. Raises `MakeFailure`."""
        # Loading the library is not Make's time, so it happens before the limit starts.
        progress, wire = Progress(), self._wire()
        with self._breaker.watch(), self._named(call, progress):
            async with asyncio.timeout(call.timeout):
                async with wire.open(outgoing, progress) as incoming:
                    good = 200 <= incoming.status < 300
                    received = await read_within(incoming, call.max_bytes if good else ERROR_BYTES)
            return received if good else self._refuse(received, call)

    @asynccontextmanager
    async def stream(self, call: Call, outgoing: Outgoing) -> AsyncGenerator[ByteStream]:
        """Send a request and leave the body of its answer to the caller. Raises `MakeFailure`."""
        async with AsyncExitStack() as stack:
            with self._breaker.watch():
                incoming = await self._head(call, outgoing, stack)
            yield ByteStream(incoming, call, call.max_bytes)

    async def _head(self, call: Call, outgoing: Outgoing, stack: AsyncExitStack) -> Incoming:
        progress, wire = Progress(), self._wire()
        with self._named(call, progress):
            async with asyncio.timeout(call.timeout):
                incoming = await stack.enter_async_context(wire.open(outgoing, progress))
                if not 200 <= incoming.status < 300:
                    self._refuse(await read_within(incoming, ERROR_BYTES), call)
                return incoming

    def _refuse(self, received: Received, call: Call) -> Received:
        clean = Received(
            received.status,
            {name: self._blot(value) for name, value in received.headers.items()},
            received.body.replace(self._secret, b"[credential]"),
            received.truncated,
        )
        raise failure_of(clean, call, retry_after(received.headers))

    def _blot(self, text: str) -> str:
        return text.replace(self._secret.decode(), "[credential]")

    @contextmanager
    def _named(self, call: Call, progress: Progress) -> Generator[None]:
        started = self._clock()
        try:
            yield
        except WireError as fault:
            raise failure_of_fault(fault, call, self._clock() - started) from fault
        except TimeoutError as error:
            raise _timed_out(call, self._clock() - started, sent=progress.sent) from error


def failure_of_fault(fault: WireError, call: Call, elapsed: float) -> MakeFailure:
    """Name a fault below HTTP.

    Args:
        fault: What the wire reported.
        call: The request.
        elapsed: Seconds since it was started.
    """
    if fault.kind == "timeout":
        return _timed_out(call, elapsed, sent=fault.sent)
    if fault.kind == "connect":
        return _no_connection(call, str(fault))
    failure = BadAnswer if fault.kind == "unreadable" else Unreachable
    broken = failure(
        f"The answer of {call.zone} to {call.name} was lost.",
        why=f"The connection broke or its bytes cannot be read: {str(fault).rstrip('.')}.",
        effect=MAY_HAVE_HAPPENED if call.writes else "",
        next_step=after_doubt(call),
        retryable=call.repeatable,
    )
    broken.may_have_happened = call.writes
    return broken


def _no_connection(call: Call, detail: str) -> Unreachable:
    return Unreachable(
        f"No connection to {call.zone} for {call.name}.",
        why=f"{detail.rstrip('.')}.",
        effect=NOTHING_SENT,
        next_step="Check the network, proxy and MAKE_ZONE of the machine this server runs on, "
        "then call again.",
        retryable=True,
    )


def _timed_out(call: Call, elapsed: float, *, sent: bool) -> TimedOut:
    doubt = sent and call.writes
    advice = "Ask for less (fewer columns, a shorter range), or raise MAKE_TIMEOUT."
    failure = TimedOut(
        f"{call.zone} did not finish answering {call.name} in time.",
        call.timeout,
        elapsed,
        effect=MAY_HAVE_HAPPENED if doubt else "" if sent else NOTHING_SENT,
        next_step=after_doubt(call) if doubt else advice,
        retryable=call.repeatable or not sent,
    )
    failure.may_have_happened = doubt
    return failure
