"""`billing_account_get`: the plan, its limits, what is used and left of them."""

from datetime import datetime

from make_mcp_base.authoring import (
    Document,
    Input,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Timestamp,
)

from make_mcp_core_tools._engine.make_clock import Reading
from make_mcp_core_tools.billing.declared import category
from make_mcp_core_tools.billing.figures import (
    Organization,
    Sourced,
    Subscription,
    credits_of,
    missing,
    read_organization,
    read_subscription,
)

_USED = "used_percent = used / (used + left) × 100, both as Make tells them."

# Inputs


class GetAccount(Input):
    organization_id: OrganizationId | None = None


# Outputs


class Period(Output):
    start: Timestamp | None = None
    end: Timestamp | None = None
    """When the use is set back to 0."""
    length: str | None = None
    days_left: float | None = None
    """From `as_of` to `end`."""


class Budget(Output):
    limit: float | None = None
    """What the plan gives in a period."""
    bought_extra: float | None = None
    used: float | None = None
    left: float | None = None
    used_percent: float | None = None


class Limits(Output):
    """Other limits of the plan; an absent one is not limited, or not told by Make."""

    api_calls_per_minute: int | None = None
    active_scenarios: int | None = None
    minimum_interval_minutes: int | None = None
    execution_minutes: int | None = None
    execution_log_days: int | None = None
    data_stores: int | None = None
    data_store_bytes: int | None = None
    incomplete_execution_bytes: int | None = None
    overage_percent: int | None = None


class Paid(Output):
    product: str | None = None
    price: str | None = None
    currency: str | None = None
    period: str | None = None
    next_bill: Timestamp | None = None
    paused: bool | None = None


class Account(Sourced):
    organization_id: int
    organization: str
    plan: str | None = None
    is_paused: bool | None = None
    """True when Make holds its scenarios back, for example because the plan is used up."""
    period: Period
    credits: Budget
    operations: Budget
    transfer_bytes: Budget
    formula: str = _USED
    active_scenarios: int | None = None
    auto_purchasing: bool | None = None
    """True when Make buys more by itself once the plan is used up."""
    limits: Limits
    features: list[str] = []
    """What the licence switches on, in Make's spelling."""
    subscription: Paid | None = None
    next_calls: list[NextCall] = []


# Tools


@category.tool(
    scope="organizations:read",
    effect="read",
    formerly=("get-billing-account",),
    words=("plan", "limits", "credits left", "quota", "subscription", "price"),
)
async def billing_account_get(make: Make, args: GetAccount) -> Account:
    """Show the plan: credits, operations and transfer used and left, reset, limits, price.

    The price needs billing rights in Make; without them it is left out with the reason.
    """
    raw, reading = await read_organization(make, args.organization_id)
    paid = await read_subscription(make, raw.id)
    where: Document = {"organization_id": raw.id}
    told = _told(raw, paid, reading)
    told.next_calls = [
        NextCall(tool="billing_usage_get", arguments=where, why="See it by day, with a forecast."),
        NextCall(tool="billing_cost_breakdown_get", arguments=where, why="See who used it."),
    ]
    return told


def _told(raw: Organization, paid: Subscription | str, reading: Reading) -> Account:
    home = f"/organizations/{raw.id}"
    refused = paid if isinstance(paid, str) else None
    spent, left = credits_of(raw.centicredits_consumed), credits_of(raw.unused_centicredits)
    return Account(
        as_of=reading.at,
        as_of_clock=reading.clock,
        sources=[f"GET {home}", f"GET {home}/subscription"],
        missing=missing(
            credits_limit="Make tells the plan's limit in operations (1 operation = 1 credit).",
            subscription=refused,
            licence=None if raw.license else "Make tells it in the organization's own zone only.",
        ),
        organization_id=raw.id,
        organization=raw.name,
        plan=raw.service_name,
        is_paused=raw.is_paused,
        period=_period(raw, reading.at),
        credits=_budget(None, credits_of(raw.centicredits_extra), spent, left),
        operations=_budget(
            raw.license.get("operations"), raw.operations_ext, raw.operations, raw.unused_operations
        ),
        transfer_bytes=_budget(
            raw.license.get("transfer"), raw.transfer_ext, raw.transfer, raw.unused_transfer
        ),
        active_scenarios=raw.active_scenarios,
        auto_purchasing=raw.auto_purchasing_activated,
        limits=_limits(raw.license),
        features=sorted(name for name, value in raw.license.items() if value is True),
        subscription=None if isinstance(paid, str) else _paid(paid),
    )


def _period(raw: Organization, at: datetime) -> Period:
    left = None if raw.next_reset is None else (raw.next_reset - at).total_seconds() / 86_400
    return Period(
        start=raw.last_reset,
        end=raw.next_reset,
        length=raw.license.get("restartPeriod"),
        days_left=None if left is None else round(left, 2),
    )


def _budget(
    limit: float | None, extra: float | None, used: float | None, left: float | None
) -> Budget:
    share = None
    if used is not None and left is not None and used + left > 0:
        share = round(used / (used + left) * 100, 2)
    return Budget(limit=limit, bought_extra=extra, used=used, left=left, used_percent=share)


_LIMITS = {
    "api_calls_per_minute": "apiLimit",
    "active_scenarios": "scenarios",
    "minimum_interval_minutes": "interval",
    "execution_minutes": "executionTime",
    "execution_log_days": "retention",
    "data_stores": "dslimit",
    "data_store_bytes": "dsslimit",
    "incomplete_execution_bytes": "dlqStorage",
    "overage_percent": "allowOverage",
}


def _limits(license: Document) -> Limits:
    return Limits.model_validate({ours: license.get(theirs) for ours, theirs in _LIMITS.items()})


def _paid(subscription: Subscription) -> Paid:
    price = subscription.price
    return Paid(
        product=subscription.name,
        price=None if price is None or price.price is None else f"{price.price:.2f}",
        currency=price.currency_code if price else None,
        period=price.period if price else None,
        next_bill=subscription.product.next_bill if subscription.product else None,
        paused=subscription.is_subscription_paused,
    )
