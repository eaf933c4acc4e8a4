"""What is sent and what is read: bodies, media types, byte budgets, streams."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from make_mcp_base.client.answer import RawBody
from make_mcp_base.client.failures import Invalid, NotFound, TooLarge, Unreachable

if TYPE_CHECKING:
    from .conftest import FakeMake, MakeReply, OpenClient, RawServer, WriteHttp

pytestmark = pytest.mark.anyio


async def test_a_request_carries_query_body_and_headers(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer("POST /data-stores", reply(200, {"dataStore": {"id": 3}}, {"x-request-id": "rq"}))
    answer = await open_client().request(
        "post", "/data-stores", query={"team_id": 4}, body={"name": "Přehled"}
    )
    seen = make.seen[0]
    assert (seen.method, seen.path, seen.query) == ("POST", "/data-stores", "teamId=4")
    assert json.loads(seen.body) == {"name": "Přehled"}
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["user-agent"].startswith("make-mcp-base/")
    assert (answer.json, answer.request_id) == ({"dataStore": {"id": 3}}, "rq")


async def test_an_encoded_segment_stays_one_segment_on_the_wire(
    make: FakeMake, open_client: OpenClient
) -> None:
    with pytest.raises(NotFound):
        await open_client().request("GET", "/data-stores/4/data/a%2Fb%3Fc")
    assert make.seen[0].path == "/data-stores/4/data/a%2Fb%3Fc"


async def test_raw_bodies_keep_their_bytes_and_type(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    section = b'{\n  // a comment\n  "url": "/x"\n}'
    make.answer("PUT /sdk/apps/a/1/base", reply(200, section, media_type="application/jsonc"))
    answer = await open_client().request(
        "PUT", "/sdk/apps/a/1/base", body=RawBody(section, "application/jsonc")
    )
    assert make.seen[0].body == section
    assert make.seen[0].headers["content-type"] == "application/jsonc"
    assert (answer.json, answer.text) == (None, section.decode())


async def test_an_empty_answer_is_none(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer("DELETE /ai-agents/v1/agents/a", reply(204, b"", media_type=""))
    answer = await open_client().request("DELETE", "/ai-agents/v1/agents/a")
    assert (answer.status, answer.json, answer.body) == (204, None, b"")


async def test_a_body_that_is_no_json_is_refused_before_it_is_sent(
    make: FakeMake, open_client: OpenClient
) -> None:
    with pytest.raises(Invalid):
        await open_client().request("POST", "/teams", body={"limit": float("nan")})
    assert make.seen == []


async def test_a_json_answer_above_the_budget_is_refused(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer("GET /scenarios", reply(200, {"scenarios": ["x" * 500]}))
    with pytest.raises(TooLarge, match="larger than 100 bytes"):
        await open_client().request("GET", "/scenarios", max_bytes=100)


async def test_a_text_above_the_budget_is_cut_and_says_so(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer("GET /readme", reply(200, b"word " * 99, media_type="text/markdown"))
    answer = await open_client().request("GET", "/readme", max_bytes=10)
    assert (answer.body, answer.truncated) == (b"word word ", True)


async def test_a_packed_answer_is_unpacked(
    raw: RawServer, open_client: OpenClient, http: WriteHttp
) -> None:
    packed = gzip.compress(json.dumps({"n": list(range(50_000))}).encode())
    raw.replies = [http(packed, "200 OK", "content-encoding: gzip")]
    answer = await open_client(raw.url, transport=None).request("GET", "/big")
    assert answer.json == {"n": list(range(50_000))}


async def test_a_packed_bomb_stops_at_the_budget_without_being_held(
    raw: RawServer, open_client: OpenClient, http: WriteHttp
) -> None:
    bomb = gzip.compress(b" " * 200_000_000, compresslevel=9)
    raw.replies = [http(bomb, "200 OK", "content-encoding: gzip")]
    client = open_client(raw.url, transport=None)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            await client.request("GET", "/bomb", max_bytes=1_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


async def test_a_stream_hands_out_everything_within_its_budget(
    raw: RawServer, open_client: OpenClient, http: WriteHttp
) -> None:
    raw.replies = [http(b"x" * 300_000)]
    client = open_client(raw.url, transport=None)
    async with client.stream_bytes("GET", "/log", max_bytes=300_000) as stream:
        parts = [part async for part in stream]
    assert (len(b"".join(parts)), stream.read, stream.truncated) == (300_000, 300_000, False)


async def test_a_stream_stops_at_its_budget_and_says_so(
    raw: RawServer, open_client: OpenClient, http: WriteHttp
) -> None:
    raw.replies = [http(b"x" * 300_000)]
    client = open_client(raw.url, transport=None)
    async with client.stream_bytes("GET", "/log", max_bytes=70_001) as stream:
        parts = [part async for part in stream]
    assert (len(b"".join(parts)), stream.truncated) == (70_001, True)
    await raw.gone.wait()


async def test_a_stream_that_breaks_is_reported_and_not_asked_for_again(
    raw: RawServer, open_client: OpenClient, http: WriteHttp
) -> None:
    raw.replies = [http(b"x" * 1_000, length=5_000)]
    client = open_client(raw.url, transport=None)
    async with client.stream_bytes("GET", "/log") as stream:
        with pytest.raises(Unreachable):
            [part async for part in stream]
    assert (stream.read, raw.methods) == (1_000, ["GET"])


async def test_a_stream_whose_head_fails_is_asked_for_again(
    make: FakeMake, open_client: OpenClient, reply: MakeReply
) -> None:
    make.answer("GET /log", reply(503, {}), reply(200, {"a": 1}))
    async with open_client().stream_bytes("GET", "/log") as stream:
        assert b"".join([part async for part in stream]) == b'{"a": 1}'
    assert make.count("GET /log") == 2


async def test_one_connection_serves_many_requests_and_carries_no_cookies(
    raw: RawServer, open_client: OpenClient, http: WriteHttp
) -> None:
    raw.replies = [http(b"{}", "200 OK", "connection: keep-alive", "set-cookie: sid=1; path=/")]
    client = open_client(raw.url, transport=None)
    for _ in range(3):
        await client.request("GET", "/ping")
    assert raw.connections == 1
    assert not any(b"cookie:" in head for head in raw.heads)


async def test_a_closed_client_is_not_used_again(open_client: OpenClient) -> None:
    client = open_client()
    await client.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await client.request("GET", "/teams")


def test_no_http_library_is_loaded_before_the_first_request() -> None:
    program = """
import sys
import make_mcp_base.client.client as c, make_mcp_base.client.egress, make_mcp_base.client.zones
from make_mcp_base.client.settings import ClientSettings
c.MakeClient(ClientSettings("abc", "eu1"))
print(sorted({"httpx", "httpcore", "pydantic", "mcp", "ssl"} & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.strip()
    assert "httpx" not in loaded
    assert "httpcore" not in loaded
    assert "pydantic" not in loaded
