"""`billing_invoice_list`: what was paid."""

from __future__ import annotations

import csv
import io
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

from make_mcp_core_tools._engine.make_clock import make_time
from make_mcp_core_tools._engine.moments import Moment, iso, milliseconds
from make_mcp_core_tools.billing.declared import category
from make_mcp_core_tools.billing.figures import Sourced, text_of

# Inputs


class ListInvoices(PageInput):
    organization_id: OrganizationId | None = None
    since: Moment | None = Field(default=None, validation_alias="from")
    """ISO 8601, or a span back: `90d`."""
    until: Moment | None = Field(default=None, validation_alias="to")
    """Latest invoice, written likewise."""
    include_links: bool = False
    """Also the addresses of the documents; whoever has one can open it."""
    format: Literal["json", "csv"] = "json"
    """`csv` gives the page as text."""


# Outputs


class Invoice(Output):
    number: str | None = None
    created: str
    amount: str
    currency: str | None = None
    status: str | None = None
    type: str | None = None
    product: str | None = None
    paid_with: str | None = None
    """Kind and last digits of the means of payment."""
    period_from: str | None = None
    period_to: str | None = None
    document_url: str | None = None


class Invoices(Sourced, Page):
    invoices: list[Invoice] | None = None
    """Newest first."""
    csv: str | None = None
    totals: dict[str, str]
    """Sum of all that match, by currency and status."""


# Make's answers


class _Payment(Output):
    invoice_number: str | None = Field(default=None, validation_alias="invoice_number")
    created: int | float | str = ""
    type_name: Json = Field(default=None, validation_alias="type_name")
    status_name: Json = Field(default=None, validation_alias="status_name")
    product_name: Json = Field(default=None, validation_alias="product_name")
    payment_method: Document | None = Field(default=None, validation_alias="payment_method")
    amount_total: str | int | float = Field(default="0", validation_alias="amount_total")
    currency_code: str | None = Field(default=None, validation_alias="currency_code")
    hosted_invoice_url: str | None = Field(default=None, validation_alias="hosted_invoice_url")
    invoice_url: str | None = Field(default=None, validation_alias="invoice_url")
    period_from: int | float | str | None = Field(default=None, validation_alias="period_from")
    period_to: int | float | str | None = Field(default=None, validation_alias="period_to")


# Tools


@category.tool(
    scope="organizations:read",
    effect="read",
    words=("payments", "bills", "receipts", "paid"),
)
async def billing_invoice_list(make: Make, args: ListInvoices) -> Invoices:
    """List the invoices of an organization, newest first, with sums by currency and status.

    Needs billing rights in Make. Links are left out unless asked for.
    """
    path = f"/organizations/{args.organization_id}/payments"
    rows = await make.all(path, key="payments", item=_Payment)
    reading = await make_time(make)
    told = [_invoice(row, links=args.include_links) for row in rows]
    told = [one for one in told if _wanted(args, one, reading.at.timestamp())]
    told.sort(key=lambda one: one.created, reverse=True)
    page, more = page_of(told, args)
    return Invoices(
        as_of=reading.at,
        as_of_clock=reading.clock,
        sources=[f"GET {path}"],
        invoices=page if args.format == "json" else None,
        csv=_csv(page) if args.format == "csv" else None,
        totals=_totals(told),
        **more,
    )


def _wanted(args: ListInvoices, one: Invoice, now: float) -> bool:
    if not one.created:
        return args.since is None and args.until is None
    at = milliseconds(one.created)
    return (args.since is None or at >= milliseconds(args.since, now)) and (
        args.until is None or at <= milliseconds(args.until, now)
    )


def _invoice(row: _Payment, *, links: bool) -> Invoice:
    return Invoice(
        number=row.invoice_number,
        created=_moment(row.created) or "",
        amount=str(row.amount_total),
        currency=row.currency_code,
        status=text_of(row.status_name),
        type=text_of(row.type_name),
        product=text_of(row.product_name),
        paid_with=_means(row.payment_method or {}),
        period_from=_moment(row.period_from),
        period_to=_moment(row.period_to),
        document_url=(row.hosted_invoice_url or row.invoice_url) if links else None,
    )


def _moment(value: float | str | None) -> str | None:
    """Write a time as ISO 8601: text stays, numbers are epoch seconds or milliseconds."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    return iso(round(value if value > 100_000_000_000 else value * 1_000))


def _means(method: Document) -> str | None:
    card = method.get("card")
    digits = card.get("last4") if isinstance(card, dict) else None  # pyright: ignore[reportUnknownMemberType,reportUnknownVariableType] - data of Make
    kind = method.get("type")
    return f"{kind} …{digits}" if kind and digits else str(kind) if kind else None


def _totals(rows: list[Invoice]) -> dict[str, str]:
    from decimal import Decimal, InvalidOperation

    sums: dict[str, Decimal] = {}
    for row in rows:
        key = f"{row.currency or 'unknown currency'} {row.status or 'unknown status'}"
        try:
            sums[key] = sums.get(key, Decimal(0)) + Decimal(row.amount)
        except InvalidOperation:
            sums.setdefault(key, Decimal(0))
    return {key: f"{value:.2f}" for key, value in sums.items()}


def _csv(rows: list[Invoice]) -> str:
    text = io.StringIO()
    names = list(Invoice.model_fields)
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(row.model_dump() for row in rows)
    return text.getvalue()
