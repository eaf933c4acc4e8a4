"""How many requests the served sandbox answers, and how soon.

    uv run poe bench-sandbox-http                    # 16 connections, 5 seconds an address
    uv run poe bench-sandbox-http --connections 1

A process of its own serves the seeded company from a file. Every connection sends its next request
as soon as it has an answer, and reads no more of an answer than it must, so that the client costs
little; it still needs a processor core of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ADDRESSES = ("/users/me", "/scenarios?teamId=1", "/teams/1", "/scenarios/1/logs")
PATIENCE_SECONDS = 60
UNCOUNTED = 2
"""Requests of each connection before any counts."""


@contextmanager
def served() -> Generator[tuple[str, str]]:
    """Serve the company while the block lasts; gives its base URL and a token."""
    with tempfile.TemporaryDirectory() as folder:
        world = str(Path(folder) / "world.db")
        words = [sys.executable, "-m", "make_api_sandbox"]
        serve = [*words, "serve", "--port", "0", "--world", world, "--clock", "driven"]
        process = subprocess.Popen(serve, stderr=subprocess.PIPE, text=True)
        try:
            base, token = told(process)
            without_limits(base)
            yield base, token
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def told(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The base URL and the token that the server prints when it is ready."""
    assert process.stderr
    found: dict[str, str] = {}
    while len(found) < 2:
        line = process.stderr.readline()
        if not line:
            raise SystemExit("the sandbox did not start")
        name, _, value = line.strip().partition("=")
        if name in ("MAKE_BASE_URL", "MAKE_API_KEY"):
            found[name] = value
    return found["MAKE_BASE_URL"], found["MAKE_API_KEY"]


def without_limits(base: str) -> None:
    """Switch the rate limits off."""
    body = json.dumps({"rate_limits": False}).encode()
    url = base.partition("/api/")[0] + "/_sandbox/world"
    with urlopen(Request(url, body, method="PATCH")) as answer:
        answer.read()


async def one_connection(host: str, port: int, request: bytes, ends: float) -> list[float]:
    """Ask again and again until a moment; seconds of every request that counts."""
    reader, writer = await asyncio.open_connection(host, port)
    times: list[float] = []
    asked = 0
    while time.perf_counter() < ends:
        begun = time.perf_counter()
        writer.write(request)
        await whole_answer(reader)
        asked += 1
        if asked > UNCOUNTED:
            times.append(time.perf_counter() - begun)
    writer.close()
    await writer.wait_closed()
    return times


async def whole_answer(reader: asyncio.StreamReader) -> None:
    """Read one answer, which must be a success."""
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(head.decode("latin-1"))
    size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(size))


async def measure(base: str, token: str, path: str, connections: int, seconds: float) -> str:
    """One line of the table."""
    address, _, prefix = base.removeprefix("http://").partition("/")
    host, _, port = address.partition(":")
    lines = (f"GET /{prefix}{path} HTTP/1.1", f"Host: {address}", f"Authorization: Token {token}")
    request = "\r\n".join((*lines, "", "")).encode()
    begun = time.perf_counter()
    ends = begun + seconds
    many = [one_connection(host, int(port), request, ends) for _ in range(connections)]
    found = [one for times in await asyncio.gather(*many) for one in times]
    passed = time.perf_counter() - begun
    cut = statistics.quantiles(found, n=100)
    figures = (len(found) / passed, 1000 * cut[49], 1000 * cut[98])
    return f"{path:24} {figures[0]:10.0f} {figures[1]:8.1f} {figures[2]:8.1f}"


def arguments() -> Any:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure the served sandbox.")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5)
    return parser.parse_args()


def main() -> None:
    """Measure every address in turn."""
    asked = arguments()
    sys.stdout.write(f"{asked.connections} connections\n")
    sys.stdout.write(f"{'GET':24} {'requests/s':>10} {'p50 ms':>8} {'p99 ms':>8}\n")
    with served() as (base, token):
        for path in ADDRESSES:
            line = measure(base, token, path, asked.connections, asked.seconds)
            sys.stdout.write(f"{asyncio.run(line)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
