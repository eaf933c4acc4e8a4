"""The three ways a call meets a write: it may not, it plans it, it does it.

A tool says `await make.post(…)` in all three. What happens is decided here, so a dry run and a
real run cannot drift apart.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import anyio

from make_mcp_base.calls.requests import Errand, Irreversible, Request, Undo, Watch, Write, digest
from make_mcp_base.errors import Failure
from make_mcp_base.safety.policy import warnings_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from contextlib import AbstractContextManager

    from pydantic import JsonValue

    from make_mcp_base.calls.operation import Operation
    from make_mcp_base.safety.policy import Verdict

    Reversal = Undo | Irreversible
    Reverse = Callable[[JsonValue], Reversal]
    Send = Callable[[Request], Awaitable[JsonValue]]
    Look = Callable[[Watch], Awaitable[JsonValue]]
    Judge = Callable[[Write], Awaitable[list[Verdict]]]


class PlanEnds(Exception):  # noqa: N818 - control flow, not a fault
    """A plan is complete: what follows needs an answer that only a real run gets."""


class NeedsPlan(Exception):  # noqa: N818 - control flow, not a fault
    """A call asked for confirmation before its first write."""


class Writer(Protocol):
    """What carries a call's writes.

    Attributes:
        planning: True when nothing is sent.
        warnings: What policies said of the writes.
    """

    planning: bool
    warnings: list[str]

    async def write(self, write: Write, reverse: Reverse, predict: JsonValue | None) -> JsonValue:
        """Meet a write, and give the answer the call goes on with."""
        ...

    def confirm(self, reason: str) -> None:
        """Hear why a person should look before the first write."""
        ...

    def going_back(self) -> AbstractContextManager[None]:
        """Meet writes that put back what was before, which no plan could foresee."""
        ...


@dataclass(slots=True)
class Refusing:
    """For tools whose effect is `read`: a write is a fault of the tool."""

    planning: bool = False
    warnings: list[str] = field(default_factory=list[str])

    async def write(self, write: Write, reverse: Reverse, predict: JsonValue | None) -> JsonValue:
        """Refuse."""
        raise RuntimeError(f"A tool that reads tried to write: {write.says}")

    def confirm(self, reason: str) -> None:
        """Reading needs no confirmation."""

    def going_back(self) -> AbstractContextManager[None]:
        """Nothing was done, so nothing goes back."""
        return nullcontext()


@dataclass(slots=True)
class Planning:
    """Records writes and sends nothing."""

    judge: Judge
    planning: bool = True
    warnings: list[str] = field(default_factory=list[str])
    writes: list[Write] = field(default_factory=list[Write])
    reversals: list[Reversal] = field(default_factory=list["Reversal"])
    reasons: list[str] = field(default_factory=list[str])

    async def write(self, write: Write, reverse: Reverse, predict: JsonValue | None) -> JsonValue:
        """Record the write and answer as predicted.

        Raises:
            PlanEnds: Nothing was predicted.
            Failure: A policy forbids the write.
        """
        self.warnings += warnings_of(await self.judge(write))
        self.writes.append(write)
        try:
            self.reversals.append(reverse(predict))
        except (Failure, LookupError, TypeError, ValueError):  # it needs ids of the real answer
            self.reversals.append(
                Undo((), note="Which requests it takes is known once Make has given the new ids.")
            )
        if predict is None:
            raise PlanEnds
        return predict

    def confirm(self, reason: str) -> None:
        """Note why a person should look first."""
        self.reasons.append(reason)

    def going_back(self) -> AbstractContextManager[None]:
        """Plan them like any other."""
        return nullcontext()

    def fingerprints(self) -> list[str]:
        """Digest each write; one that needs an id from an earlier answer counts by its method."""
        return [f"late:{w.request.method}" if w.late else w.fingerprint() for w in self.writes]

    def fingerprint(self) -> str:
        """Digest everything the plan would send and rests on."""
        return digest(self.fingerprints())


@dataclass(slots=True)
class Applying:
    """Sends writes, each journalled before and after.

    Attributes:
        send: Sends one request.
        look: Reads the watched state after a write.
        judge: Asks the policies; gives the breaches that stop nothing, or raises.
        operation: The journal's account of this call.
        planned: Fingerprints of the confirmed plan's writes; None when none was asked for.
    """

    send: Send
    look: Look
    judge: Judge
    operation: Operation
    planned: list[str] | None = None
    planning: bool = False
    warnings: list[str] = field(default_factory=list[str])
    count: int = 0
    _goes_back: bool = False

    async def write(self, write: Write, reverse: Reverse, predict: JsonValue | None) -> JsonValue:
        """Send the write and record what became of it.

        A write under way is finished and recorded even when the caller goes away.

        Raises:
            Failure: The write is not the planned one, a policy forbids it, the journal cannot be
                written (nothing is sent then), or Make refused.
        """
        self._agree(write)
        verdicts = await self.judge(write)
        self.warnings += warnings_of(verdicts)
        self.count += 1
        answer: JsonValue = None
        with anyio.CancelScope(shield=True) as shelter:
            number = await self.operation.intend(write, verdicts)
            try:
                answer = await self._carried(write.request, shelter)
            except Failure as failure:
                await self.operation.failed(number, failure)
                raise
            except anyio.get_cancelled_exc_class():
                await self.operation.failed(number, _left(write))
                raise
            reversal = reverse(answer)
            state = await self._state(reversal)
            await self.operation.done(number, answer, reversal, state)
        return answer

    async def _carried(self, request: Request, shelter: anyio.CancelScope) -> JsonValue:
        """Send a request to its end, unless it may be left on the way."""
        shelter.shield = not (isinstance(request, Errand) and request.leaves)
        try:
            return await self.send(request)
        finally:
            shelter.shield = True

    async def _state(self, reversal: Reversal) -> JsonValue:
        if isinstance(reversal, Irreversible) or reversal.watch is None:
            return None
        try:
            return await self.look(reversal.watch)
        except Failure:  # the write stands; only its undo will have to ask
            return {"unread": True}

    def _agree(self, write: Write) -> None:
        if self.planned is None or self._goes_back:
            return
        expected = self.planned[self.count] if self.count < len(self.planned) else ""
        if expected not in {write.fingerprint(), f"late:{write.request.method}"}:
            raise Failure(
                f"Stopped before: {write.says}",
                why="This is not what the confirmed plan would do; the state in Make has moved.",
                next_step="Make a new plan by calling the tool again without `plan_id`.",
                code="plan_moved",
            )

    def confirm(self, reason: str) -> None:
        """Insist on a plan when none was confirmed."""
        if self.planned is None:
            raise NeedsPlan(reason)

    @contextmanager
    def going_back(self) -> Generator[None]:
        """Let writes through that the confirmed plan does not hold."""
        before, self._goes_back = self._goes_back, True
        try:
            yield
        finally:
            self._goes_back = before


def _left(write: Write) -> Failure:
    return Failure(
        f"The caller went away while this was under way: {write.says}",
        effect="It is not known how far it came.",
        next_step="Read the target before doing it again.",
        code="cancelled",
    )
