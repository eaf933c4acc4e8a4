"""Scenarios of the finance team."""

from make_api_sandbox.engine.values import Module
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.blueprints import (
    app,
    call,
    collect,
    give,
    http,
    ignore,
    iterate,
    on_error,
    only_if,
    polling,
    retry_later,
    router,
    start,
    store_get,
    store_put,
    store_search,
    total,
    webhook,
    write_row,
)
from make_api_sandbox.seed.plan import (
    Earlier,
    Plan,
    by_hook,
    daily,
    every,
    monthly,
    on_demand,
    weekly,
)

OPEN, PAID = ("1Invoices2026", "Open"), ("1Invoices2026", "Paid")
INVOICE = "id reference customer email:email amount:number currency due:date"


def _convert(at: Assets) -> list[Module]:
    return [
        start(1, "amount:number currency"),
        store_get(2, at.stores["rates"], "{{upper(1.currency)}}"),
        give(
            3,
            "euros:number rate:number",
            {"euros": "{{round(1.amount * 100 / 2.rate) / 100}}", "rate": "{{2.rate}}"},
        ),
    ]


def _expense_claim(at: Assets) -> list[Module]:
    inputs = {"amount": "{{1.amount}}", "currency": "{{1.currency}}"}
    row = ("{{1.employee}}", "{{2.euros}}", "{{1.purpose}}")
    ask = {"channel": "#approvals", "text": "{{1.employee}} claims {{2.euros}} EUR"}
    high = ("{{2.euros}}", "number:greater", "250")
    slack, sheets = at.connections["slack-finance"], at.connections["sheets-finance"]
    post = only_if(app(5, "slack:CreateMessage", slack, {**ask}), "Needs approval", high)
    return [
        webhook(1, at.hooks["expense"], "employee! amount:number! currency purpose"),
        call(2, at.scenarios["finance.convert"], {**inputs}, "euros rate"),
        router(
            3,
            [write_row(4, "google-sheets:addRow", sheets, OPEN, *row)],
            [on_error(post, ignore(6))],
        ),
    ]


def _payment_events(at: Assets) -> list[Module]:
    record = {"invoice": "{{1.id}}", "customer": "{{1.customer}}", "amount": "{{1.amount / 100}}"}
    refund = {"channel": "#refunds", "text": "Refund {{1.id}}: {{1.amount / 100}} {{1.currency}}"}
    paid = ("{{1.type}}", "text:equal", "charge.succeeded")
    refunded = ("{{1.type}}", "text:equal", "charge.refunded")
    slack = at.connections["slack-finance"]
    post = only_if(app(4, "slack:CreateMessage", slack, {**refund}), "Refund", refunded)
    keep = store_put(3, at.stores["ledger"], "{{1.id}}", {**record})
    return [
        webhook(1, at.hooks["payments"], "id! type amount:number currency customer"),
        router(2, [on_error(only_if(keep, "Paid", paid), ignore(6))], [on_error(post, ignore(5))]),
    ]


def _invoice(at: Assets, reference: str) -> list[Module]:
    invoice = {
        "reference": reference,
        "contact": "{{1.customer}}",
        "amount": "{{1.amount}}",
        "currency": "{{1.currency}}",
    }
    expect = "reference! contact! amount:number! currency"
    made = app(
        2, "xero:createInvoice", at.connections["xero"], {**invoice}, expect=expect, gives="id"
    )
    record = {"invoice": "{{2.id}}", "customer": "{{1.customer}}", "amount": "{{1.amount}}"}
    return [
        polling(1, "stripe:listCharges", at.connections["stripe"], INVOICE),
        made,
        store_put(3, at.stores["ledger"], "{{2.id}}", {**record}),
    ]


def _invoices(at: Assets) -> list[Module]:
    """The version in force: charges without a reference now fail."""
    return _invoice(at, "{{1.reference}}")


def _invoices_first(at: Assets) -> list[Module]:
    """The version before: charges without a reference used their id."""
    return _invoice(at, "{{ifempty(1.reference; 1.id)}}")


def _exchange_rates(at: Assets) -> list[Module]:
    record = {"currency": "{{3.code}}", "rate": "{{3.rate}}", "updated": "{{now}}"}
    url = "https://rates.example.com/latest"
    fetch = http(1, "get", url, key=at.keys["rates"])
    return [
        on_error(fetch, retry_later(2, 3, 10)),
        iterate(3, "{{1.data.rates}}", "code rate:number"),
        store_put(4, at.stores["rates"], "{{3.code}}", {**record}),
    ]


def _overdue(at: Assets) -> list[Module]:
    text = "Invoice {{1.reference}} over {{1.amount}} {{1.currency}} is overdue."
    mail = {"to": "{{1.email}}", "subject": "Payment reminder", "contentType": "text", "text": text}
    send = app(
        2,
        "email:ActionSendEmail",
        at.connections["smtp-finance"],
        {**mail},
        gives="messageId",
        parameters={"saveAfterSent": "no"},
    )
    return [
        polling(1, "xero:listInvoices", at.connections["xero"], INVOICE, limit=50),
        only_if(send, "Past due", ("{{1.due}}", "date:less", "{{addDays(now; -7)}}")),
    ]


def _revenue_by_customer(at: Assets) -> list[Module]:
    row = ("{{3.__IMTKEY__}}", '{{sum(map(3.array; "amount"))}}')
    sheets = at.connections["sheets-finance"]
    return [
        store_search(1, at.stores["ledger"], [("amount", "number:greater", "0")], 100),
        collect(3, 1, {"amount": "{{1.data.amount}}"}, group_by="{{1.data.customer}}"),
        write_row(4, "google-sheets:addRow", sheets, PAID, *row),
    ]


def _month_end(at: Assets) -> list[Module]:
    text = {"channel": "#finance", "text": "Ledger total: {{2.result}} EUR"}
    return [
        polling(1, "xero:listInvoices", at.connections["xero"], INVOICE, limit=500),
        total(2, 1, "{{1.amount}}"),
        app(3, "slack:CreateMessage", at.connections["slack-finance"], {**text}, gives="ts"),
    ]


def _payouts(at: Assets) -> list[Module]:
    row = ("{{1.id}}", "{{1.amount / 100}}", "{{1.currency}}")
    sheets = at.connections["sheets-finance"]
    return [
        polling(1, "stripe:watchEvents", at.connections["stripe"], "id amount:number currency"),
        write_row(2, "google-sheets:addRow", sheets, PAID, *row),
    ]


def _bank_feed(at: Assets) -> list[Module]:
    headers = (
        ("Accept", "application/json"),
        ("Authorization", "Bearer sk_fake_0000_EXAMPLE_ONLY"),
    )
    row, sheets = ("{{2.id}}", "{{2.amount}}"), at.connections["sheets-finance"]
    return [
        http(1, "get", "https://bank.example.com/v1/transactions", headers=headers),
        iterate(2, "{{1.data.transactions}}", "id amount:number"),
        write_row(3, "google-sheets:addRow", sheets, OPEN, *row),
    ]


def _budget_check(at: Assets) -> list[Module]:
    text = {"channel": "#finance", "text": "Budget line {{1.`0`}} is at {{1.`1`}} %"}
    over = ("{{1.`1`}}", "number:greater", "90")
    slack = at.connections["slack-finance"]
    return [
        polling(1, "google-sheets:filterRows", at.connections["sheets-finance"], "0 1", limit=200),
        only_if(app(2, "slack:CreateMessage", slack, {**text}), "Nearly used", over),
    ]


PLANS = (
    Plan(
        "finance.convert",
        "FIN-01 Convert to euros",
        "Payments",
        "lucia",
        _convert,
        on_demand(4),
        inputs="amount:number! currency!",
        outputs="euros:number rate:number",
        pace=0.05,
        age=320,
        description="Called by other scenarios: amount in euros by today's rate.",
    ),
    Plan(
        "finance.expense",
        "FIN-02 Take in expense claims",
        "Payments",
        "lucia",
        _expense_claim,
        by_hook(2.5),
    ),
    Plan(
        "finance.invoices",
        "FIN-03 Invoice card payments",
        "Invoicing",
        "pavel",
        _invoices,
        every(120, office=True),
        settings={"maxErrors": 20},
        idle=0.15,
        items=(1, 3),
        errors=0.006,
        earlier=(Earlier(_invoices_first, 12.3, "lucia"),),
    ),
    Plan(
        "finance.payments",
        "FIN-04 Record payment events",
        "Payments",
        "pavel",
        _payment_events,
        by_hook(13),
        pace=0.1,
        age=350,
    ),
    Plan(
        "finance.rates",
        "FIN-05 Refresh exchange rates",
        "Payments",
        "pavel",
        _exchange_rates,
        daily("04:45"),
        settings={"dlq": True},
        errors=0.02,
    ),
    Plan(
        "finance.overdue",
        "FIN-06 Remind of overdue invoices",
        "Invoicing",
        "pavel",
        _overdue,
        weekly("08:15", 1, 4),
        items=(5, 30),
    ),
    Plan(
        "finance.revenue",
        "FIN-07 Revenue by customer",
        "Closing",
        "lucia",
        _revenue_by_customer,
        weekly("06:00", 1),
        items=(60, 100),
    ),
    Plan(
        "finance.month-end",
        "FIN-08 Month-end ledger total",
        "Closing",
        "pavel",
        _month_end,
        monthly("05:00", 1),
        items=(150, 260),
    ),
    Plan(
        "finance.payouts",
        "FIN-09 List payouts",
        "Payments",
        "lucia",
        _payouts,
        daily("07:00"),
        idle=0.4,
        items=(1, 2),
    ),
    Plan(
        "finance.bank",
        "FIN-10 Copy bank transactions",
        "Closing",
        "lucia",
        _bank_feed,
        daily("06:30"),
        age=150,
        errors=0.01,
    ),
    Plan(
        "finance.budget",
        "FIN-11 Watch budget lines",
        "Closing",
        "pavel",
        _budget_check,
        daily("12:00"),
        items=(10, 25),
        age=90,
    ),
)
