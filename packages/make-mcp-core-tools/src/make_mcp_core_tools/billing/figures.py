"""Figures that say where they come from, and what Make tells of plan, use and price.

Make API reference, chapters 1.12 (counters), 1.18 (usage), 1.20 (licence) and 2.23 (billing).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from make_mcp_base.authoring import Counter, Document, Json, Output, Timestamp
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound

from make_mcp_core_tools._engine.make_clock import Clock, Reading, read_dated

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

READ = "organizations:read"
KEPT_DAYS = 30
"""Days of usage that Make tells (chapter 1.18)."""
_DAY = 86_400.0


class Sourced(Output):
    """An answer of figures."""

    as_of: Timestamp
    """When they were read."""
    as_of_clock: Clock
    """Whose: `make`, by the Date of its answer; `machine`, this one's, where it sent none."""
    sources: list[str]
    """The endpoints they were read from."""
    missing: dict[str, str] | None = None
    """Figures that are left out, each with the reason."""


class Organization(Output):
    """An organization, as far as billing goes."""

    id: int
    name: str
    service_name: str | None = None
    timezone_id: int | None = None
    license: Document = {}
    is_paused: bool | None = None
    active_scenarios: Counter | None = None
    auto_purchasing_activated: bool | None = None
    operations: Counter | None = None
    operations_ext: Counter | None = None
    unused_operations: Counter | None = None
    centicredits_consumed: Counter | None = None
    centicredits_extra: Counter | None = None
    unused_centicredits: Counter | None = None
    transfer: Counter | None = None
    transfer_ext: Counter | None = None
    unused_transfer: Counter | None = None
    last_reset: Timestamp | None = None
    next_reset: Timestamp | None = None


class _OneOrganization(Output):
    organization: Organization


class SubscribedPrice(Output):
    id: int | None = None
    price: Decimal | None = None
    currency_code: str | None = None
    period: str | None = None


class _Product(Output):
    id: int | None = None
    name: Json = None
    next_bill: Timestamp | None = None
    price: SubscribedPrice | None = None


class Subscription(Output):
    """What an organization pays for."""

    product: _Product | None = None
    is_subscription_paused: bool | None = None

    @property
    def name(self) -> str | None:
        """Name of the product; English where there are several."""
        return text_of(self.product.name) if self.product else None

    @property
    def price(self) -> SubscribedPrice | None:
        """What it costs."""
        return self.product.price if self.product else None


class UsageDay(Output):
    date: date
    operations: int
    credits: float
    transfer_bytes: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage by day.

    Attributes:
        days: Oldest first; days without use are absent.
        zone: Whose days they are.
        today: The day that goes on; all before it are closed.
    """

    days: list[UsageDay]
    zone: str
    today: date

    @property
    def first(self) -> date:
        """The earliest day that Make tells."""
        return self.today - timedelta(days=KEPT_DAYS - 1)

    def between(self, first: date, last: date) -> list[UsageDay]:
        """The days of a span, both ends included."""
        return [day for day in self.days if first <= day.date <= last]


async def read_organization(
    make: Make, organization_id: int | None
) -> tuple[Organization, Reading]:
    """Read plan, limits and use of an organization, and when that was by Make's clock.

    Raises:
        Failure: As for any request.
    """
    path = f"/organizations/{organization_id}"
    found, reading = await read_dated(make, path, into=_OneOrganization, scope=READ)
    return found.organization, reading


async def read_subscription(make: Make, organization_id: int) -> Subscription | str:
    """Read what is paid for; the reason when the token's user may not see it."""
    path = f"/organizations/{organization_id}/subscription"
    try:
        return await make.get(path, into=Subscription, scope=READ)
    except (Forbidden, NotFound, LicenceGate) as refused:
        return (
            "Make shows the subscription only to people with billing rights in the organization:"
            f" {refused.why or refused.what}"
        )


async def read_usage(make: Make, path: str, zone: str, scope: str, at: datetime) -> Usage:
    """Read usage by day, in the days of the organization's time zone.

    Args:
        make: The call's Make.
        path: Of the organization, team or scenario.
        zone: Name of the organization's zone.
        scope: Make's permission it needs.
        at: The moment, by Make's clock; it decides which day goes on.
    """
    query: Document = {"organizationTimezone": True} if zone != "UTC" else {}
    answer = await make.json(f"{path}/usage", query, scope=scope)
    found = answer.get("data") if isinstance(answer, dict) else None
    rows = [cast("Document", row) for row in (found if isinstance(found, list) else [])]
    days = sorted((_day(row) for row in rows), key=lambda day: day.date)
    return Usage(days, zone, at.astimezone(ZoneInfo(zone)).date())


async def zone_of(make: Make, organization: Organization) -> str:
    """Name the organization's time zone; UTC, with a warning, when it cannot be found out."""
    answer = await make.json("/enums/timezones", fresh_for=_DAY)
    found = answer.get("timezones") if isinstance(answer, dict) else None
    for row in found if isinstance(found, list) else []:
        if isinstance(row, dict) and row.get("id") == organization.timezone_id:
            code = str(row.get("code"))
            try:
                return ZoneInfo(code).key
            except (LookupError, ValueError, OSError):
                break
    make.warn("The organization's time zone could not be found out; days are those of UTC.")
    return "UTC"


def credits_of(centicredits: int | None) -> float | None:
    """Credits, which Make counts in hundredths."""
    return None if centicredits is None else centicredits / 100


def text_of(name: Json) -> str | None:
    """Read a name that is text here and an object of languages there."""
    if isinstance(name, dict):
        chosen = name.get("en") or next(iter(name.values()), None)
        return str(chosen) if chosen else None
    return str(name) if name else None


def missing(**reasons: str | None) -> dict[str, str] | None:
    """Keep the figures that are missing for a reason."""
    found = {name: reason for name, reason in reasons.items() if reason}
    return found or None


def _day(row: Document) -> UsageDay:
    return UsageDay(
        date=_date(str(row.get("date"))),
        operations=int(row.get("operations") or 0),
        credits=int(row.get("centicredits") or 0) / 100,
        transfer_bytes=int(row.get("dataTransfer") or 0),
    )


def _date(text: str) -> date:
    """Read a day: `DD-MM-YYYY` as live servers write it, `YYYY-MM-DD` as documented."""
    form = "%d-%m-%Y" if text[2:3] == "-" else "%Y-%m-%d"
    return datetime.strptime(text[:10], form).replace(tzinfo=UTC).date()
