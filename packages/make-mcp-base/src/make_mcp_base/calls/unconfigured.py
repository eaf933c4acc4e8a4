"""The API of a server that was not told which account to use: every request says what to set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Mapping
    from contextlib import AbstractAsyncContextManager

    from pydantic import JsonValue

    from make_mcp_base.calls.account import Account
    from make_mcp_base.calls.requests import Request
    from make_mcp_base.errors import Failure


@dataclass(frozen=True, slots=True)
class Unconfigured:
    """Raises the configuration's failure at every use.

    Attributes:
        failure: What is missing.
    """

    failure: Failure

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
        """Raise."""
        raise self.failure

    async def read(
        self,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        scope: str = "",
        organization: int | None = None,
        max_bytes: int | None = None,
    ) -> bytes:
        """Raise."""
        raise self.failure

    def stream(
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
    ) -> AbstractAsyncContextManager[AsyncIterable[bytes]]:
        """Raise."""
        raise self.failure

    async def account(self, *, fresh: bool = False) -> Account:
        """Raise."""
        raise self.failure

    async def deliver(self, request: Request) -> JsonValue:
        """Raise."""
        raise self.failure

    def page_url(self, path: str) -> str:
        """Raise."""
        raise self.failure
