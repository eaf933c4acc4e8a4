"""When and how soon a request may be sent again (Make API reference, chapter 1.8)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from make_mcp_base.client.failures import MakeFailure

REPEATABLE_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Sending these twice means the same as once (RFC 9110, section 9.2.2)."""

LONGEST_WAIT = 30.0
JITTER = 0.2


def is_repeatable(method: str, declared: bool | None) -> bool:
    """Say whether a request may be sent more than once; a declaration decides, else the method."""
    return method in REPEATABLE_METHODS if declared is None else declared


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Read `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3); None without one."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


@dataclass(frozen=True, slots=True)
class Backoff:
    """1 s × 2ⁿ, ±20 %, at most 30 s; Make's own number of seconds goes first.

    Attributes:
        retries: Repeats after the first try.
        uniform: Draws a number between two bounds.
    """

    retries: int
    uniform: Callable[[float, float], float] = field(default=random.uniform)

    def wait_before_repeat(self, failure: MakeFailure, tries: int) -> float | None:
        """Seconds to wait before the next try, None when there must be none.

        Args:
            failure: How the last try ended.
            tries: Tries made so far, at least 1.
        """
        if not failure.repeatable or tries > self.retries:
            return None
        asked = failure.asked_wait
        if asked is not None:
            return asked if asked <= LONGEST_WAIT else None
        step = min(2.0 ** (tries - 1), LONGEST_WAIT)
        return min(step * self.uniform(1 - JITTER, 1 + JITTER), LONGEST_WAIT)
