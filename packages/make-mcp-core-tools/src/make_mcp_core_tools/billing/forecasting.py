"""When credits run out: straight-line, from closed days, with every number it rests on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from make_mcp_base.authoring import Output, Timestamp

if TYPE_CHECKING:
    from make_mcp_core_tools.billing.figures import Organization, Usage

FORMULA = (
    "run_rate = credits of the last `closed_days` closed days / closed_days (days without use count"
    " as 0, today is left out); exhausted_at = as_of + left / run_rate days;"
    " used_at_reset = used + run_rate × days from as_of to the reset."
)


class Forecast(Output):
    closed_days: int
    credits_of_closed_days: float
    run_rate_credits_per_day: float
    left_credits: float
    """As Make tells it."""
    used_credits: float
    days_to_reset: float | None = None
    exhausted_at: Timestamp | None = None
    exhausted_before_reset: bool | None = None
    used_at_reset: float | None = None
    formula: str = FORMULA
    note: str | None = None
    """Why a figure is left out."""


def forecast(
    organization: Organization, usage: Usage, closed_days: int, at: datetime
) -> Forecast | str:
    """Draw the use of the last closed days on, or say why that cannot be done.

    Args:
        organization: What is left, and when it is reset.
        usage: Use by day.
        closed_days: How many closed days count.
        at: The moment of the figures.
    """
    left, used = organization.unused_centicredits, organization.centicredits_consumed
    if left is None or used is None:
        return "Make did not tell how many credits are used and left."
    last = usage.today - timedelta(days=1)
    days = usage.between(last - timedelta(days=closed_days - 1), last)
    spent = round(sum(day.credits for day in days), 2)
    rate = spent / closed_days
    told = Forecast(
        closed_days=closed_days,
        credits_of_closed_days=spent,
        run_rate_credits_per_day=round(rate, 4),
        left_credits=left / 100,
        used_credits=used / 100,
    )
    _draw_on(told, organization.next_reset, rate, at)
    return told


def _draw_on(told: Forecast, reset: datetime | None, rate: float, at: datetime) -> None:
    if reset is not None:
        told.days_to_reset = round((reset - at).total_seconds() / 86_400, 4)
        told.used_at_reset = round(told.used_credits + rate * told.days_to_reset, 2)
    if told.left_credits <= 0:
        told.note = "The credits are used up."
        return
    if rate <= 0:
        told.note = "Nothing was used on the closed days, so nothing runs out at this rate."
        return
    days = told.left_credits / rate
    if days > 36_500:
        told.note = "At this rate it lasts for more than a century."
        return
    told.exhausted_at = (at + timedelta(days=days)).replace(microsecond=0)
    if reset is None:
        told.note = "Make did not tell when the usage is reset."
    else:
        told.exhausted_before_reset = told.exhausted_at < reset
