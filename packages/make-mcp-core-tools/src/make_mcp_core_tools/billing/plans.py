"""`billing_plan_list`: what Make sells, and which of it would be enough."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from make_mcp_base.authoring import (
    Document,
    Json,
    Make,
    OrganizationId,
    Output,
    Page,
    PageInput,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools.billing.declared import category
from make_mcp_core_tools.billing.figures import (
    Organization,
    Sourced,
    Usage,
    read_organization,
    read_usage,
    text_of,
    zone_of,
)

_FORMULA = (
    "fits: operations of the price ≥ credits and operations used in the last 30 days, its transfer"
    " ≥ the bytes of these days (a price for 1 year has 365/30 of them to cover), and the limit of"
    " active scenarios ≥ the active ones. Make tells no more than 30 days."
)
_DAYS = {"1 month": 1.0, "1 year": 365 / 30}

# Inputs


class ListPlans(PageInput):
    organization_id: OrganizationId | None = None
    type: Literal["PLAN", "EXTRA"] = "PLAN"
    """Plans, or what is bought on top."""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """Only prices in it, such as USD."""


# Outputs


class Plan(Output):
    product: str
    product_id: int
    price_id: int
    price: str
    currency: str | None = None
    period: str | None = None
    operations: int | None = None
    transfer_bytes: int | None = None
    active_scenarios: int | None = None
    """Absent when not limited."""
    minimum_interval_minutes: int | None = None
    fits: bool | None = None
    too_small: list[str] | None = None
    """Where it would not be enough."""
    current: bool | None = None
    """True when the organization's plan has this name."""


class Used(Output):
    days: int
    credits: float
    operations: int
    transfer_bytes: int
    active_scenarios: int | None = None


class Plans(Sourced, Page):
    plans: list[Plan]
    used: Used
    cheapest_that_fits: list[int] = []
    """Price ids, one for each currency and period."""
    formula: str = _FORMULA


# Make's answers


class _Price(Output):
    id: int
    price: Decimal
    config: Document = {}
    period: str | None = None
    currency_code: str | None = None
    visible: bool = True


class _Product(Output):
    id: int
    name: Json = None
    config: Document = {}
    prices: list[_Price] = []
    visible: bool = True


class _Products(Output):
    products: list[_Product] = []


# Tools


@category.tool(
    scope="organizations:read", effect="read", words=("prices", "upgrade", "buy", "extras", "shop")
)
async def billing_plan_list(make: Make, args: ListPlans) -> Plans:
    """List the plans or extras Make sells, cheapest first, and which would be enough.

    Compared with the use of the last 30 days. Buying happens on Make's own page.
    """
    organization, reading = await read_organization(make, args.organization_id)
    path = f"/organizations/{organization.id}"
    zone = await zone_of(make, organization)
    usage = await read_usage(make, path, zone, "organizations:read", reading.at)
    query: Document = {"type": args.type, "organizationId": organization.id}
    products = (await make.get("/cashier/products", query, into=_Products)).products
    used = _used(organization, usage)
    plans = [
        _plan(product, price, used, organization, fit=args.type == "PLAN")
        for product in products
        for price in product.prices
        if args.currency in (None, price.currency_code)
    ]
    plans.sort(key=lambda one: (Decimal(one.price), one.price_id))
    page, more = page_of(plans, args)
    return Plans(
        as_of=reading.at,
        as_of_clock=reading.clock,
        sources=[f"GET /cashier/products?type={args.type}", f"GET {path}/usage", f"GET {path}"],
        plans=page,
        used=used,
        cheapest_that_fits=_cheapest(plans),
        **more,
    )


def _used(organization: Organization, usage: Usage) -> Used:
    return Used(
        days=30,
        credits=round(sum(day.credits for day in usage.days), 2),
        operations=sum(day.operations for day in usage.days),
        transfer_bytes=sum(day.transfer_bytes for day in usage.days),
        active_scenarios=organization.active_scenarios,
    )


def _plan(
    product: _Product, price: _Price, used: Used, organization: Organization, *, fit: bool
) -> Plan:
    config = {**product.config, **price.config}
    name = text_of(product.name) or f"product {product.id}"
    lacking = _too_small(config, used) if fit else None
    return Plan(
        product=name,
        product_id=product.id,
        price_id=price.id,
        price=f"{price.price:.2f}",
        currency=price.currency_code,
        period=config.get("restartPeriod") or price.period,
        operations=config.get("operations"),
        transfer_bytes=config.get("transfer"),
        active_scenarios=config.get("scenarios"),
        minimum_interval_minutes=config.get("interval"),
        fits=None if lacking is None else not lacking,
        too_small=lacking or None,
        current=True if name == organization.service_name else None,
    )


def _too_small(config: Document, used: Used) -> list[str]:
    """Say where a plan would not have been enough for the last 30 days."""
    times = _DAYS.get(str(config.get("restartPeriod")), 1.0)
    needs: list[tuple[str, float | None, float]] = [
        ("operations", config.get("operations"), max(used.credits, used.operations) * times),
        ("transfer", config.get("transfer"), used.transfer_bytes * times),
        ("active scenarios", config.get("scenarios"), used.active_scenarios or 0),
    ]
    return [
        f"{name}: {limit:,} < {need:,.0f}"
        for name, limit, need in needs
        if limit is not None and limit < need
    ]


def _cheapest(plans: list[Plan]) -> list[int]:
    best: dict[tuple[str | None, str | None], Plan] = {}
    for plan in plans:
        if plan.fits:
            best.setdefault((plan.currency, plan.period), plan)
    return [plan.price_id for plan in best.values()]
