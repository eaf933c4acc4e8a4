"""Never twice: what is sent again, what is not, and how often Make sees it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import anyio
import pytest
from make_mcp_base.client.failures import (
    CircuitOpen,
    MakeDown,
    MakeFailure,
    NotFound,
    RateLimited,
    TimedOut,
    Unreachable,
)

if TYPE_CHECKING:
    from .conftest import Clock, FakeMake, MakeReply, OpenClient, RawServer, WriteHttp

pytestmark = pytest.mark.anyio

ONE = "/scenarios/7"
UNSAFE = ["POST", "PATCH"]
SAFE = ["GET", "PUT", "DELETE"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("method", SAFE)
async def test_a_safe_request_is_repeated_until_make_answers(
    make: FakeMake,
    open_client: OpenClient,
    clock: Clock,
    method: str,
    status: int,
    reply: MakeReply,
) -> None:
    make.answer(f"{method} {ONE}", reply(status, {}), reply(status, {}), reply(200, {"ok": 1}))
    answer = await open_client().request(method, ONE)
    assert answer.json == {"ok": 1}
    assert (answer.tries, make.count(f"{method} {ONE}")) == (3, 3)
    assert clock.slept == [1.0, 2.0]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("method", UNSAFE)
async def test_a_request_that_may_not_be_repeated_reaches_make_once(
    make: FakeMake,
    open_client: OpenClient,
    clock: Clock,
    method: str,
    status: int,
    reply: MakeReply,
) -> None:
    make.answer(f"{method} {ONE}", reply(status, {}))
    with pytest.raises(MakeFailure):
        await open_client().request(method, ONE, body={})
    assert make.count(f"{method} {ONE}") == 1
    assert clock.slept == []


@pytest.mark.parametrize("method", UNSAFE)
async def test_a_declared_request_is_repeated_whatever_its_method(
    make: FakeMake, open_client: OpenClient, method: str, reply: MakeReply
) -> None:
    make.answer(f"{method} {ONE}", reply(503, {}), reply(200, {"ok": 1}))
    await open_client().request(method, ONE, body={}, repeatable=True)
    assert make.count(f"{method} {ONE}") == 2


async def test_a_get_declared_unrepeatable_is_sent_once(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer(f"GET {ONE}", reply(503, {}))
    with pytest.raises(MakeDown):
        await open_client().request("GET", ONE, repeatable=False)
    assert make.count(f"GET {ONE}") == 1


@pytest.mark.parametrize("status", [400, 401, 404, 406, 409, 413, 422, 424, 500])
async def test_a_refusal_is_not_repeated(
    make: FakeMake, open_client: OpenClient, status: int, reply: MakeReply
) -> None:
    make.answer(f"GET {ONE}", reply(status, {}))
    with pytest.raises(MakeFailure):
        await open_client().request("GET", ONE)
    assert make.count(f"GET {ONE}") == 1


async def test_repeats_end_after_the_settings_number_and_the_failure_says_so(
    make: FakeMake, open_client: OpenClient, clock: Clock, reply: MakeReply
) -> None:
    make.answer(f"GET {ONE}", reply(503, {"message": "Down."}))
    with pytest.raises(MakeDown, match="Tried 3 times in 3 s") as caught:
        await open_client(retries=2).request("GET", ONE)
    assert make.count(f"GET {ONE}") == 3
    assert clock.slept == [1.0, 2.0]
    assert caught.value.status == 503


async def test_back_off_doubles_up_to_thirty_seconds(
    make: FakeMake, open_client: OpenClient, clock: Clock, reply: MakeReply
) -> None:
    make.answer(f"GET {ONE}", reply(429, {}))
    with pytest.raises(RateLimited):
        await open_client(retries=7).request("GET", ONE)
    assert clock.slept == [1, 2, 4, 8, 16, 30, 30]


async def test_retry_after_decides_the_wait(
    make: FakeMake, open_client: OpenClient, clock: Clock, reply: MakeReply
) -> None:
    make.answer(f"GET {ONE}", reply(429, {}, {"retry-after": "7"}), reply(200, {}))
    await open_client().request("GET", ONE)
    assert clock.slept == [7.0]


async def test_a_long_retry_after_is_told_instead_of_waited_for(
    make: FakeMake, open_client: OpenClient, clock: Clock, reply: MakeReply
) -> None:
    make.answer(f"GET {ONE}", reply(429, {}, {"retry-after": "55"}))
    with pytest.raises(RateLimited) as caught:
        await open_client().request("GET", ONE)
    assert caught.value.wait_seconds == 55
    assert clock.slept == []


async def test_a_429_holds_back_every_call_of_that_organization(
    make: FakeMake, open_client: OpenClient, clock: Clock, reply: MakeReply
) -> None:
    make.answer("POST /hooks", reply(429, {}, {"retry-after": "12"}))
    make.answer(f"GET {ONE}", reply(200, {}))
    client = open_client()
    with pytest.raises(RateLimited):
        await client.request("POST", "/hooks", body={}, organization=5)
    await client.request("GET", ONE, organization=6)
    assert clock.slept == []
    await client.request("GET", ONE, organization=5)
    assert clock.slept == [12.0]


async def test_running_a_scenario_costs_no_call_of_the_organization(
    make: FakeMake, open_client: OpenClient, clock: Clock, reply: MakeReply
) -> None:
    make.answer("POST /hooks", reply(429, {}))
    make.answer("POST /scenarios/7/run", reply(200, {"executionId": "e"}))
    client = open_client()
    with pytest.raises(RateLimited):
        await client.request("POST", "/hooks", body={}, organization=5)
    await client.request("POST", "/scenarios/7/run", body={}, organization=5)
    assert clock.slept == []


# Connections that break


@pytest.mark.parametrize("method", UNSAFE)
async def test_a_write_whose_answer_is_lost_is_sent_once_and_may_have_happened(
    raw: RawServer, open_client: OpenClient, method: str
) -> None:
    raw.replies = [b""]
    client = open_client(raw.url, transport=None)
    with pytest.raises(Unreachable, match="may have taken effect") as caught:
        await client.request(method, ONE, body={"name": "x"})
    assert raw.methods == [method]
    assert not caught.value.retryable


@pytest.mark.parametrize("method", SAFE)
async def test_a_safe_request_whose_answer_is_lost_is_sent_again(
    raw: RawServer, open_client: OpenClient, http: WriteHttp, method: str
) -> None:
    raw.replies = [b"", http(b'{"ok":1}', length=90), http(b'{"ok":1}')]
    answer = await open_client(raw.url, transport=None).request(method, ONE)
    assert answer.json == {"ok": 1}
    assert raw.methods == [method] * 3


async def test_a_delete_that_finds_nothing_after_a_lost_answer_is_done(
    raw: RawServer, open_client: OpenClient, http: WriteHttp
) -> None:
    raw.replies = [b"", http(b'{"code":"SC404"}', "404 Not Found")]
    answer = await open_client(raw.url, transport=None).request("DELETE", ONE)
    assert (answer.status, answer.already_done, answer.tries) == (404, True, 2)
    assert "taken as done" in answer.note


async def test_a_delete_that_finds_nothing_after_a_rate_limit_is_not_done(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer(f"DELETE {ONE}", reply(429, {}), reply(404, {"code": "SC404"}))
    with pytest.raises(NotFound):
        await open_client().request("DELETE", ONE)


async def test_a_get_that_finds_nothing_after_a_lost_answer_is_not_found(
    raw: RawServer, open_client: OpenClient, http: WriteHttp
) -> None:
    raw.replies = [b"", http(b"{}", "404 Not Found")]
    with pytest.raises(NotFound):
        await open_client(raw.url, transport=None).request("GET", ONE)


async def test_no_connection_is_reported_as_nothing_sent(open_client: OpenClient) -> None:
    client = open_client("http://127.0.0.1:1", transport=None)
    with pytest.raises(Unreachable, match="Nothing was sent") as caught:
        await client.request("POST", ONE, body={})
    assert caught.value.retryable


async def test_a_lost_answer_is_not_forgotten_when_the_repeat_does_not_connect(
    raw: RawServer, open_client: OpenClient, clock: Clock
) -> None:
    raw.replies = [b""]

    async def stop_listening(seconds: float) -> None:
        raw.stop()
        await clock.sleep(seconds)

    client = open_client(raw.url, transport=None, retries=1, sleep=stop_listening)
    with pytest.raises(Unreachable, match="may have taken effect"):
        await client.request("PUT", ONE, body={})


# Time


@pytest.mark.parametrize("method", UNSAFE)
async def test_a_write_without_answer_in_time_is_sent_once_and_names_limit_and_doubt(
    raw: RawServer, open_client: OpenClient, method: str
) -> None:
    raw.replies = [b"hang"]
    client = open_client(raw.url, transport=None)
    with pytest.raises(TimedOut, match="may have taken effect") as caught:
        await client.request(method, ONE, body={}, timeout=0.25)
    assert raw.methods == [method]
    assert caught.value.limit == 0.25
    assert "0.25 s" in str(caught.value)


async def test_a_read_without_answer_in_time_is_not_repeated(
    raw: RawServer, open_client: OpenClient
) -> None:
    raw.replies = [b"hang"]
    with pytest.raises(TimedOut) as caught:
        await open_client(raw.url, transport=None).request("GET", ONE, timeout=0.25)
    assert raw.methods == ["GET"]
    assert caught.value.retryable
    assert caught.value.effect == ""


async def test_the_limit_covers_an_answer_that_drips(
    raw: RawServer, open_client: OpenClient, http: WriteHttp
) -> None:
    raw.drip = b'{"a":' + b" " * 10_000
    raw.replies = [http(b"", length=20_000)]
    with pytest.raises(TimedOut):
        await open_client(raw.url, transport=None).request("GET", ONE, timeout=0.1)


# Cancellation


async def test_a_cancelled_request_leaves_no_connection_and_is_not_swallowed(
    raw: RawServer, open_client: OpenClient
) -> None:
    raw.replies = [b"hang"]
    client = open_client(raw.url, transport=None)
    task = asyncio.create_task(client.request("GET", ONE))
    await raw.arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(raw.gone.wait(), 5)
    assert client.breaker.failures == 0
    assert raw.methods == ["GET"]


async def test_a_cancel_scope_around_a_request_ends_it_and_its_connection(
    raw: RawServer, open_client: OpenClient
) -> None:
    raw.replies = [b"hang"]
    client = open_client(raw.url, transport=None)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.request, "POST", ONE)
        await raw.arrived.wait()
        tasks.cancel_scope.cancel()
    await asyncio.wait_for(raw.gone.wait(), 5)
    assert raw.methods == ["POST"]


async def test_a_call_cancelled_while_it_waits_to_repeat_sends_nothing_more(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer(f"GET {ONE}", reply(503, {}))
    waiting = asyncio.Event()

    async def wait_for_ever(_seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(open_client(sleep=wait_for_ever).request("GET", ONE))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert make.count(f"GET {ONE}") == 1


# The breaker, from outside


async def test_a_zone_that_keeps_failing_is_left_alone_and_then_tried_with_one_request(
    make: FakeMake, open_client: OpenClient, clock: Clock, reply: MakeReply
) -> None:
    make.answer(f"GET {ONE}", *[reply(500, {})] * 5, reply(200, {"ok": 1}))
    client = open_client()
    for _ in range(5):
        with pytest.raises(MakeDown):
            await client.request("GET", ONE)
    with pytest.raises(CircuitOpen) as caught:
        await client.request("GET", ONE)
    assert make.count(f"GET {ONE}") == 5
    assert caught.value.wait_seconds == 30
    assert client.breaker.condition == "open"
    clock.now += 30
    assert (await client.request("GET", ONE)).json == {"ok": 1}
    assert client.breaker.condition == "closed"


async def test_refusals_never_open_the_breaker(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer(f"GET {ONE}", reply(400, {}))
    client = open_client()
    for _ in range(9):
        with pytest.raises(MakeFailure):
            await client.request("GET", ONE)
    assert client.breaker.condition == "closed"
