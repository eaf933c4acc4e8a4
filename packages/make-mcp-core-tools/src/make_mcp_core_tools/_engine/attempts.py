"""Attempts whose refusal is a result: tests that go on with the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from make_mcp_base.client.failures import Invalid, NotFound, Refused, UpstreamFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable

T = TypeVar("T")


async def attempted(work: Awaitable[T]) -> tuple[T | None, str]:
    """Await something; give its result, or in what words Make or the service refused it.

    Failures that would meet every other attempt as well (credentials, limits, Make down) rise.
    """
    try:
        return await work, ""
    except (Invalid, NotFound, Refused, UpstreamFailed) as refused:
        return None, refused.what
