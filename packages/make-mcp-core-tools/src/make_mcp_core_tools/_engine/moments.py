"""Moments as callers write them: ISO 8601, or how long ago (`24h`, `7d`).

Log filters of Make take epoch milliseconds (Make API reference, chapter 1.12).
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

_AGO = re.compile(r"(\d{1,6})\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def milliseconds(text: str, now: float | None = None) -> int:
    """Read a moment.

    Args:
        text: `2026-10-05T08:00:00Z`, a date, or a span back from now: `30m`, `24h`, `7d`, `2w`.
            Without a zone it is UTC.
        now: Epoch seconds that spans count from; the machine's clock when None.

    Returns:
        Epoch milliseconds.

    Raises:
        ValueError: It is neither.
    """
    span = _AGO.fullmatch(text.strip().lower())
    if span:
        begun = time.time() if now is None else now
        return int((begun - int(span[1]) * _SECONDS[span[2]]) * 1_000)
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(
            f"`{text[:40]}` is neither ISO 8601 nor a span such as 24h or 7d"
        ) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000)


def is_span(text: str) -> bool:
    """Tell whether a moment is given as a span back from now."""
    return _AGO.fullmatch(text.strip().lower()) is not None


def iso(moment_ms: int) -> str:
    """Write epoch milliseconds as Make does: UTC with milliseconds and `Z`."""
    moment = datetime.fromtimestamp(moment_ms / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _checked(text: str) -> str:
    milliseconds(text)
    return text


Moment = Annotated[str, AfterValidator(_checked)]
"""A moment given by a caller; `milliseconds` reads it."""
