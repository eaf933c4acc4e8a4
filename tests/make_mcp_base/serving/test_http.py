"""Serving over Streamable HTTP: clients of both eras, probes, limits, auth."""

import signal
import time
from collections.abc import Generator
from pathlib import Path

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from processes import finished, free_port, running


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    tmp, port = tmp_path_factory.mktemp("http"), free_port()
    words = ("serve", "--http", "--port", str(port), f"--sandbox={tmp / 'world.db'}")
    with running("make_mcp_core", *words, tmp=tmp, port=port):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.anyio
async def test_clients_of_both_eras_list_and_call(base: str, era: str) -> None:
    async with Client(f"{base}/mcp", mode=era) as client:
        assert (await client.list_tools()).tools
        health = await client.call_tool("health_check", {})
        assert health.structured_content is not None
        assert health.structured_content["status"] == "healthy"


@pytest.mark.anyio
async def test_probes_and_metrics_answer(base: str) -> None:
    async with Client(f"{base}/mcp") as client:
        await client.call_tool("team_list", {"organization_id": 1})
    async with httpx.AsyncClient(base_url=base) as http:
        assert (await http.get("/health/live")).json() == {"status": "live"}
        assert (await http.get("/health/ready")).json() == {"status": "ready"}
        metrics = (await http.get("/metrics")).text
    assert 'make_mcp_calls_total{tool="team_list",outcome="ok"}' in metrics


def test_foreign_hosts_and_origins_are_refused(base: str) -> None:
    assert httpx.post(f"{base}/mcp", json={}, headers={"Host": "evil.example"}).status_code == 421
    evil = {"Origin": "https://evil.example", "Accept": "application/json, text/event-stream"}
    assert httpx.post(f"{base}/mcp", json={}, headers=evil).status_code == 403


def test_a_body_beyond_four_megabytes_is_refused(base: str) -> None:
    headers = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    body = b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"' + b"x" * 5_000_000 + b'"}}'
    assert httpx.post(f"{base}/mcp", content=body, headers=headers).status_code == 413
    assert httpx.get(f"{base}/health/live").status_code == 200


@pytest.mark.anyio
async def test_a_request_may_narrow_the_tools_but_not_widen_them(base: str) -> None:
    async with Client(f"{base}/mcp?categories=permissions&read-only=true") as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert "team_list" in names
        assert "team_create" not in names
        told = await client.call_tool("team_create", {"name": "x"})
        assert "read-only" in str(told.content)
    async with Client(f"{base}/mcp/x/permissions") as client:
        assert "team_create" in {tool.name for tool in (await client.list_tools()).tools}


def test_a_request_for_unknown_categories_is_refused(base: str) -> None:
    wrong = httpx.post(f"{base}/mcp?categories=nonsense", json={})
    assert wrong.status_code == 400
    assert "nonsense" in wrong.text


def test_off_loopback_it_does_not_start_without_a_token(tmp_path: Path) -> None:
    words = ("serve", "--http", "--host", "0.0.0.0", "--port", "0", "--sandbox=:memory:")
    done = finished("make_mcp_core", *words, tmp=tmp_path)
    assert done.code == 3
    assert "--new-token" in done.err


@pytest.mark.anyio
async def test_with_a_token_only_its_bearer_gets_in(tmp_path: Path) -> None:
    token = finished("make_mcp_core", "serve", "--new-token", tmp=tmp_path).out.strip()
    kept = "".join(p.read_text() for p in (tmp_path / "data").iterdir() if p.is_file())
    assert token not in kept
    port = free_port()
    words = ("serve", "--http", "--port", str(port), f"--sandbox={tmp_path / 'world.db'}")
    with running("make_mcp_core", *words, tmp=tmp_path, port=port):
        url = f"http://127.0.0.1:{port}/mcp"
        async with httpx.AsyncClient() as stranger:
            assert (await stranger.post(url, json={})).status_code == 401
            wrong = {"Authorization": f"Bearer {token}x"}
            assert (await stranger.post(url, json={}, headers=wrong)).status_code == 401
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            assert (await client.list_tools()).tools


def test_a_busy_port_is_told_in_one_sentence(base: str, tmp_path: Path) -> None:
    port = base.rsplit(":", 1)[1]
    words = ("serve", "--http", "--port", port, "--sandbox=:memory:")
    done = finished("make_mcp_core", *words, tmp=tmp_path)
    assert done.code == 3
    assert f"cannot listen on 127.0.0.1:{port}" in done.err
    assert "Traceback" not in done.err


def test_sigterm_ends_the_server_within_two_seconds(tmp_path: Path) -> None:
    port = free_port()
    words = ("serve", "--http", "--port", str(port), "--sandbox=:memory:")
    with running("make_mcp_core", *words, tmp=tmp_path, port=port) as process:
        told = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - told < 2.5
