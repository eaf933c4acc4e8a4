"""Texts that Make accepts where a date is expected.

The forms are those of Make's type coercion page: dashes and slashes with the year first, slashes
with month/day/year, dots with day.month.year; time and zone may be missing.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from make_blueprint.iml.zones import instant, zone

_TIME = r"""
    (?: [T\s]\s* (?P<hour>\d{1,2}) : (?P<minute>\d{2})
        (?: : (?P<second>\d{2}) (?: [.,] (?P<fraction>\d{1,9}) )? )?
        (?: \s* (?P<half>[AaPp])[Mm] )?
    )?
    (?: \s* (?:GMT|UTC)? (?P<offset> Z | [-+]\d{2}:?\d{2} ) | \s* (?P<utc>GMT|UTC) )?
"""
_FORMS = [
    re.compile(rf"\s*{day}{_TIME}\s*", re.VERBOSE | re.ASCII)
    for day in (
        r"(?P<year>\d{4}) (?P<dash>[-/]) (?P<month>\d{1,2}) (?P=dash) (?P<day>\d{1,2})",
        r"(?P<month>\d{1,2}) / (?P<day>\d{1,2}) / (?P<year>\d{4})",
        r"(?P<day>\d{1,2}) \. (?P<month>\d{1,2}) \. (?P<year>\d{4})",
    )
]


def read_date(text: str, zone_name: str) -> datetime | None:
    """Read a date text.

    Args:
        text: The text.
        zone_name: Zone of a text that names none.

    Returns:
        The instant in UTC, or None when the text is no date.
    """
    if len(text) > 100:
        return None
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return _date(match.groupdict(), zone_name)
    return None


def _date(parts: dict[str, str | None], zone_name: str) -> datetime | None:
    default = zone(zone_name)
    offset = parts["offset"] or parts["utc"]
    hour = _hour(int(parts["hour"] or 0), parts["half"])
    fraction = (parts["fraction"] or "").ljust(3, "0")[:3]
    try:
        local = datetime(
            int(parts["year"] or 0),
            int(parts["month"] or 0),
            int(parts["day"] or 0),
            hour,
            int(parts["minute"] or 0),
            int(parts["second"] or 0),
            int(fraction) * 1000,
            UTC,
        )
        return instant(local, read_offset(offset) if offset else default)
    except (ValueError, OverflowError):
        return None


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    return hour % 12 + (12 if half in "pP" else 0)


def read_offset(text: str) -> timezone:
    """Read `+02:00`, `+0200` or `Z`."""
    if text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
