"""The API as calls use it: the Make client with caches, the account, and a shared rate budget."""

from __future__ import annotations

import base64
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio

from make_mcp_base.calls.account import FRESH_SECONDS, Account, read_account
from make_mcp_base.calls.requests import digest
from make_mcp_base.client.answer import RawBody
from make_mcp_base.errors import Failure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping

    from pydantic import JsonValue

    from make_mcp_base.calls.requests import Request
    from make_mcp_base.client.budget import LocalBudget
    from make_mcp_base.client.client import MakeClient
    from make_mcp_base.client.wire import Wire
    from make_mcp_base.store.port import Store

_REMEMBERED = 500
_LONGEST_DELIVERY = 200_000


@dataclass(slots=True)
class SharedBudget:
    """An organization's minute, counted in the store by all processes.

    Falls back to counting in this process when the store cannot be used: the limit is then kept by
    each process alone, and Make's own 429 is the last word.
    """

    store: Store
    alone: LocalBudget
    limits: dict[int, int] = field(default_factory=dict[int, int])
    longest_wait: float = 20.0

    async def take(self, organization_id: int) -> None:
        """Wait for a place.

        Raises:
            RateLimited: The wait would be longer than `longest_wait`.
        """
        limit = self.limits.get(organization_id)
        if not limit:
            await self.alone.take(organization_id)
            return
        begun = time.monotonic()
        key = f"organization:{organization_id}"
        while wait := await self.store.budget_take(key, limit, 60.0, time.time()):
            if time.monotonic() - begun + wait > self.longest_wait:
                raise _exhausted(organization_id, limit, wait)
            await anyio.sleep(wait)

    async def block(self, organization_id: int, seconds: float) -> None:
        """Hand out nothing for some seconds, in any process: Make said 429."""
        await self.store.budget_block(f"organization:{organization_id}", time.time() + seconds)

    def learn(self, account: Account) -> None:
        """Take the limits from the licences."""
        for organization in account.organizations:
            if organization.calls_per_minute:
                self.limits[organization.id] = organization.calls_per_minute


def _exhausted(organization_id: int, limit: int, wait: float) -> Failure:
    from make_mcp_base.client.failures import NOTHING_SENT, RateLimited

    return RateLimited(
        f"Organization {organization_id} has no API call left in this minute.",
        why=f"Its licence allows {limit} calls a minute, shared by everything that uses its API.",
        effect=NOTHING_SENT,
        next_step="Wait, then send the same call again.",
        retryable=True,
        wait_seconds=round(wait, 1),
    )


@dataclass(slots=True)
class LiveApi:
    """Implements `make_mcp_base.calls.make.Api` on the Make client.

    Attributes:
        client: Sends requests.
        budget: Told of the licences' limits once they are read.
        zone: Host of the zone; base of links into Make's interface.
        wire: Sends requests to an app in this process; None for the network.
        learned: Told of the account each time it was read.
    """

    client: MakeClient
    budget: SharedBudget | None
    zone: str
    wire: Wire | None = None
    learned: Callable[[Account], None] | None = None
    _known: Account | None = None
    _known_at: float = 0.0
    _memory: dict[str, tuple[float, JsonValue]] = field(
        default_factory=dict[str, tuple[float, "JsonValue"]]
    )
    _asking: anyio.Lock = field(default_factory=anyio.Lock)

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: JsonValue = None,
        scope: str = "",
        organization: int | None = None,
        max_bytes: int | None = None,
        fresh_for: float = 0,
        media_type: str = "",
    ) -> JsonValue:
        """Send one request; a write makes every remembered answer stale."""
        if method != "GET":
            self._memory.clear()
        key = f"{path}?{digest(query)}" if fresh_for else ""
        if key and (found := self._memory.get(key)) and time.monotonic() - found[0] < fresh_for:
            return found[1]
        answer = await self.client.request(
            method,
            path,
            query=query,
            body=_raw(body, media_type) if media_type else body,
            scope=scope or None,
            organization=organization,
            max_bytes=max_bytes,
        )
        if key:
            if len(self._memory) >= _REMEMBERED:
                self._memory.pop(next(iter(self._memory)))
            self._memory[key] = (time.monotonic(), answer.json)
        return answer.json

    async def read(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        scope: str = "",
        organization: int | None = None,
        max_bytes: int | None = None,
    ) -> bytes:
        """Read an answer that is no JSON, byte for byte; JSON is written out."""
        answer = await self.client.request(
            "GET",
            path,
            query=query,
            scope=scope or None,
            organization=organization,
            max_bytes=max_bytes,
        )
        if answer.json is None:
            return answer.body
        return json.dumps(answer.json, indent=4, ensure_ascii=False).encode()

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: JsonValue = None,
        scope: str = "",
        organization: int | None = None,
        patience: float | None = None,
        max_bytes: int | None = None,
    ) -> AsyncGenerator[AsyncIterable[bytes]]:
        """Send one request and read its answer while it comes."""
        self._memory.clear()
        async with self.client.stream_bytes(
            method,
            path,
            query=query,
            body=body,
            scope=scope or None,
            organization=organization,
            timeout=patience,
            max_bytes=max_bytes,
        ) as pieces:
            yield pieces

    async def account(self, *, fresh: bool = False) -> Account:
        """Tell who the token is, from memory when that is younger than five minutes."""
        async with self._asking:
            age = time.monotonic() - self._known_at
            if self._known is None or fresh or age > FRESH_SECONDS:
                self._known = await read_account(self._read)
                self._known_at = time.monotonic()
                if self.budget:
                    self.budget.learn(self._known)
                if self.learned:
                    self.learned(self._known)
        return self._known

    @property
    def known_account(self) -> Account | None:
        """The account when it has been read, without asking."""
        return self._known

    async def _read(self, path: str, query: Mapping[str, Any]) -> JsonValue:
        return await self.send("GET", path, query=query)

    async def deliver(self, request: Request) -> JsonValue:
        """Send a request to an address outside the API, once.

        Webhook addresses of the zone are reached as the API is; any other address must be public.

        Raises:
            Failure: The address may not be reached from here, or did not answer.
        """
        from make_mcp_base.client.egress import Destination, check_url, send_outside

        content = request.body if isinstance(request.body, dict) else {}
        given = content.get("headers")
        headers = {str(k): str(v) for k, v in given.items()} if isinstance(given, dict) else {}
        parts = urlsplit(request.path)
        ours = self.is_ours(parts.netloc)
        wire = self.wire if ours else None
        target = Destination(request.path, parts.hostname or "", parts.port or 0, "")
        begun = time.perf_counter()
        received = await send_outside(
            request.method,
            target if ours else await check_url(request.path),
            headers=headers,
            content=str(content.get("text", "")).encode(),
            max_bytes=_LONGEST_DELIVERY,
            wire=wire,
        )
        return {
            "status": received.status,
            "text": received.body.decode("utf-8", errors="replace"),
            "headers": dict(received.headers),
            "elapsedMs": round((time.perf_counter() - begun) * 1_000, 1),
        }

    def is_ours(self, netloc: str) -> bool:
        """Tell whether an address belongs to the configured zone or sandbox."""
        return netloc in {self.zone, f"hook.{self.zone}"} or (
            self.wire is not None and netloc.startswith("hook.")
        )

    def page_url(self, path: str) -> str:
        """Give the address of a page of Make's own interface."""
        return f"https://{self.zone}/{path.lstrip('/')}"


def _raw(body: JsonValue, media_type: str) -> RawBody:
    """Give the bytes of a body that is no JSON: text as it is, anything else from base64."""
    text = body if isinstance(body, str) else ""
    is_text = not media_type.startswith(("image/", "multipart/", "application/octet-stream"))
    return RawBody(text.encode() if is_text else base64.b64decode(text), media_type)


def zone_of(base_url: str) -> str:
    """Name the zone of an API address."""
    return urlsplit(base_url).netloc
