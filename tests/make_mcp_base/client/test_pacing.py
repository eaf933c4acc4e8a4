"""The breaker and the budget, on a clock of their own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_mcp_base.client.breaker import Breaker
from make_mcp_base.client.budget import LocalBudget
from make_mcp_base.client.failures import (
    CircuitOpen,
    LicenceGate,
    MakeDown,
    NotFound,
    RateLimited,
)
from make_mcp_base.client.retry import Backoff, retry_after

if TYPE_CHECKING:
    from .conftest import Clock

pytestmark = pytest.mark.anyio


def fail(breaker: Breaker) -> None:
    with pytest.raises(MakeDown), breaker.watch():
        raise MakeDown("down", next_step="wait", status=503)


def opened(clock: Clock) -> Breaker:
    breaker = Breaker("eu1.make.com", threshold=2, rest=30, clock=clock)
    fail(breaker)
    fail(breaker)
    return breaker


def test_a_success_in_between_keeps_the_breaker_closed(clock: Clock) -> None:
    breaker = Breaker("eu1.make.com", threshold=2, clock=clock)
    fail(breaker)
    with pytest.raises(NotFound), breaker.watch():
        raise NotFound("gone", next_step="list")
    fail(breaker)
    assert (breaker.state.condition, breaker.state.failures) == ("closed", 1)


def test_an_open_breaker_shows_why_and_for_how_long(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now += 10
    state = breaker.state
    assert (state.condition, state.retry_in_seconds) == ("open", 20)
    assert state.last_failure == "make_down 503"
    with pytest.raises(CircuitOpen, match=r"eu1\.make\.com"), breaker.watch():
        pytest.fail("nothing may pass")


def test_after_the_rest_only_one_request_passes(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now += 30
    with breaker.watch():
        assert breaker.state.condition == "half_open"
        with pytest.raises(CircuitOpen), breaker.watch():
            pytest.fail("a second probe may not pass")
    assert breaker.state.condition == "closed"


def test_a_failed_probe_opens_the_breaker_again(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now += 30
    fail(breaker)
    assert breaker.state.retry_in_seconds == 30


def test_a_cancelled_probe_leaves_room_for_the_next(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now += 30
    with pytest.raises(asyncio.CancelledError), breaker.watch():
        raise asyncio.CancelledError
    assert breaker.state.condition == "half_open"
    with breaker.watch():
        pass
    assert breaker.state.condition == "closed"


@given(
    limit=st.integers(1, 6),
    pauses=st.lists(st.floats(0, 40, allow_nan=False), min_size=1, max_size=40),
)
async def test_no_minute_ever_holds_more_calls_than_the_limit(
    limit: int, pauses: list[float]
) -> None:
    now = [0.0]

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    budget = LocalBudget(limit, longest_wait=61, clock=lambda: now[0], sleep=sleep)
    taken: list[float] = []
    for pause in pauses:
        now[0] += pause
        await budget.take(1)
        taken.append(now[0])
    for first, last in zip(taken, taken[limit:], strict=False):
        assert last - first >= 60 - 1e-6


async def test_a_wait_beyond_the_bound_is_told_instead(clock: Clock) -> None:
    budget = LocalBudget(2, clock=clock, sleep=clock.sleep)
    await budget.take(1)
    await budget.take(1)
    with pytest.raises(RateLimited, match="Nothing was sent") as caught:
        await budget.take(1)
    assert caught.value.wait_seconds == 60
    await budget.take(2)
    assert clock.slept == []


async def test_a_limit_from_the_licence_replaces_the_assumed_one(clock: Clock) -> None:
    budget = LocalBudget(1, clock=clock, sleep=clock.sleep)
    budget.set_limit(1, 240)
    for _ in range(240):
        await budget.take(1)
    with pytest.raises(RateLimited):
        await budget.take(1)
    budget.set_limit(1, 0)
    with pytest.raises(LicenceGate, match="apiLimit"):
        await budget.take(1)


async def test_a_block_reaches_those_already_waiting() -> None:
    now = [0.0]
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds
        if len(slept) == 1:
            await budget.block(1, 8)

    budget = LocalBudget(1, clock=lambda: now[0], sleep=sleep)
    await budget.take(1)
    now[0] = 50
    await budget.take(1)
    assert slept == [10, 8]


async def test_a_cancelled_wait_gives_its_place_back(clock: Clock) -> None:
    waiting = asyncio.Event()

    async def wait_for_ever(_seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    budget = LocalBudget(1, clock=clock, sleep=wait_for_ever)
    await budget.take(1)
    clock.now += 55
    task = asyncio.create_task(budget.take(1))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    clock.now += 5
    await asyncio.wait_for(budget.take(1), 5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12.0), ("0", 0.0), ("Thu, 01 Jan 1970 00:00:01 GMT", 0.0), ("soon", None), ("", None)],
)
def test_retry_after_is_read_as_seconds_or_date(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}) == seconds


def test_jitter_stays_within_a_fifth_and_never_passes_the_cap() -> None:
    failure = RateLimited("slow", next_step="wait")
    high = Backoff(9, lambda _low, high: high)
    low = Backoff(9, lambda low, _high: low)
    assert [high.wait_before_repeat(failure, n) for n in (1, 2, 6)] == [1.2, 2.4, 30]
    assert [low.wait_before_repeat(failure, n) for n in (1, 2, 6)] == [0.8, 1.6, 24]
    assert high.wait_before_repeat(failure, 10) is None
