"""A small Make in this process, a raw server that breaks connections, and time to order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

import httpx
import pytest
from make_mcp_base.client.client import MakeClient
from make_mcp_base.client.settings import ClientSettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TOKEN = "3f0c2a9e-7b1d-4c55-9a86-0d4be1f27c31"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


@dataclass
class Clock:
    """Time that passes only while somebody sleeps."""

    now: float = 1_000.0
    slept: list[float] = field(default_factory=list[float])

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class Reply:
    """One answer: `body` is written as JSON unless it is bytes."""

    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    media_type: str = "application/json; charset=utf-8"

    def response(self) -> Response:
        content = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return Response(content, self.status, {"content-type": self.media_type, **self.headers})


@dataclass
class Seen:
    method: str
    host: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class FakeMake:
    """Answers each method and path with its replies in turn, the last one for ever."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._replies: dict[tuple[str, str], list[Reply]] = {}
        self._app = Starlette(routes=[Route("/{path:path}", self._serve, methods=METHODS)])

    def answer(self, where: str, *replies: Reply) -> None:
        """Set the replies for `GET /path` or, for one zone only, `GET host/path`."""
        method, _, place = where.partition(" ")
        self._replies[method, place] = list(replies)

    def count(self, where: str) -> int:
        return sum(f"{seen.method} {seen.path}" == where for seen in self.seen)

    def transport(self) -> httpx.ASGITransport:
        return httpx.ASGITransport(self._app)

    async def _serve(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode().removeprefix("/api/v2")
        host = request.headers["host"]
        body = await request.body()
        query = request.scope["query_string"].decode()
        self.seen.append(Seen(request.method, host, path, query, dict(request.headers), body))
        replies = (
            self._replies.get((request.method, f"{host}{path}"))
            or self._replies.get((request.method, path))
            or [Reply(404, {"message": "Not found", "code": "SC404"})]
        )
        return (replies.pop(0) if len(replies) > 1 else replies[0]).response()


class RawServer:
    """Reads whole requests and answers each with the next of its raw replies.

    A reply is written as it stands, `drip` follows byte by byte, then the connection is closed;
    "hang" says nothing until the other side goes.
    """

    def __init__(self) -> None:
        self.methods: list[str] = []
        self.heads: list[bytes] = []
        self.connections = 0
        self.replies: list[bytes] = []
        self.arrived = asyncio.Event()
        self.gone = asyncio.Event()
        self.drip = b""
        self.url = ""
        self.listener: asyncio.Server | None = None

    async def start(self) -> None:
        self.listener = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.listener.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        if self.listener is not None:
            self.listener.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._one(reader, writer):
                pass
        except ConnectionError:
            pass
        finally:
            self.gone.set()
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        lines = head.decode().lower().splitlines()
        length = next((line.split(":")[1] for line in lines if "content-length" in line), "0")
        await reader.readexactly(int(length))
        self.heads.append(head)
        self.methods.append(head.split(b" ", 1)[0].decode())
        self.arrived.set()
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply == b"hang":
            await reader.read()
            return False
        writer.write(reply)
        await writer.drain()
        for byte in self.drip:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.01)  # a slow sender is what this imitates
        return b"connection: keep-alive" in reply


def write_http(
    body: bytes, status: str = "200 OK", *headers: str, length: int | None = None
) -> bytes:
    """Write a raw answer; a `length` above the body's makes it one that ends early."""
    lines = [
        f"HTTP/1.1 {status}",
        "content-type: application/json",
        f"content-length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


OpenClient = Callable[..., MakeClient]
MakeReply = type[Reply]
WriteHttp = Callable[..., bytes]


def midpoint(low: float, high: float) -> float:
    return (low + high) / 2


@pytest.fixture
def reply() -> MakeReply:
    return Reply


@pytest.fixture
def http() -> WriteHttp:
    return write_http


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make() -> FakeMake:
    return FakeMake()


@pytest.fixture
async def raw() -> AsyncGenerator[RawServer]:
    server = RawServer()
    await server.start()
    yield server
    server.stop()


@pytest.fixture
async def open_client(clock: Clock, make: FakeMake) -> AsyncGenerator[OpenClient]:
    """Open clients of the fake Make, or of any `base_url` with `transport=None`."""
    opened: list[MakeClient] = []

    def open_one(base_url: str = "http://make.local", **options: object) -> MakeClient:
        names = {"timeout", "retries", "token"} & options.keys()
        values = {"token": TOKEN, **{name: options.pop(name) for name in names}}
        settings = ClientSettings(base_url=base_url, **values)  # pyright: ignore[reportArgumentType] - tests name valid options
        defaults: dict[str, object] = {
            "transport": make.transport(),
            "clock": clock,
            "sleep": clock.sleep,
            "uniform": midpoint,
        }
        client = MakeClient(settings, **{**defaults, **options})  # pyright: ignore[reportArgumentType] - tests name valid options
        opened.append(client)
        return client

    yield open_one
    for client in opened:
        await client.aclose()
