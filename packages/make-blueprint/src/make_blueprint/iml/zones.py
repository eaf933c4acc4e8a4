"""Time zones by name, and local clock times."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from make_blueprint.iml.errors import Refused

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=512)
def known_zone(name: str) -> tzinfo | None:
    """The zone with a TZ database name, or None when there is none."""
    if name in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None


def zone(name: str) -> tzinfo:
    """The zone with a TZ database name.

    Raises:
        Refused: There is no such zone.
    """
    found = known_zone(name)
    if found is None:
        raise Refused(f"'{name}' is not a known time zone")
    return found


def instant(local: datetime, at: tzinfo) -> datetime:
    """The instant, in UTC, at which clocks in a zone show a local time.

    The zone that `local` carries, if any, is not looked at.

    A time skipped by a clock change moves forward; of one that occurs twice the first is meant
    unless `local.fold` says otherwise.
    """
    return local.replace(tzinfo=at).astimezone(UTC)


def aware(date: datetime) -> datetime:
    """The date itself, or as UTC when it has no zone."""
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def milliseconds(date: datetime) -> int:
    """Whole milliseconds from 1970-01-01 UTC to a date."""
    elapsed = aware(date) - EPOCH
    return (elapsed.days * 86_400 + elapsed.seconds) * 1000 + elapsed.microseconds // 1000
