"""Scenarios of the sales team."""

from make_api_sandbox.engine.values import Module
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.blueprints import (
    app,
    call,
    collect,
    compose,
    give,
    ignore,
    iterate,
    lines,
    on_error,
    only_if,
    polling,
    respond,
    retry_later,
    router,
    sleep,
    start,
    store_get,
    store_put,
    store_search,
    total,
    variables,
    webhook,
    write_row,
)
from make_api_sandbox.seed.plan import (
    Earlier,
    Plan,
    by_hook,
    daily,
    every,
    on_demand,
    weekly,
)

LEADS = ("1LeadTracker", "Leads")
LEAD = "email:email! name company source"
DEAL = "id name stage amount:number owner email:email"
CONTACT = "id email:email name company"


def _lead_intake(at: Assets) -> list[Module]:
    register = at.stores["leads"]
    score = '{{if(1.source = "referral"; 8; if(1.source = "fair"; 6; 3))}}'
    record = {
        "email": "{{lower(1.email)}}",
        "name": "{{1.name}}",
        "company": "{{1.company}}",
        "source": "{{1.source}}",
        "score": "{{2.score}}",
        "received": "{{now}}",
    }
    return [
        webhook(1, at.hooks["lead-form"], LEAD),
        variables(2, {"score": score}),
        store_put(3, register, "{{lower(1.email)}}", {**record}),
        respond(4, 201, '{"email":"{{lower(1.email)}}","score":{{2.score}}}'),
    ]


def _lead_intake_first(at: Assets) -> list[Module]:
    record = {"email": "{{1.email}}", "name": "{{1.name}}", "source": "{{1.source}}"}
    return [
        webhook(1, at.hooks["lead-form"], LEAD),
        store_put(3, at.stores["leads"], "{{1.email}}", {**record}),
        respond(4, 200, '{"email":"{{1.email}}"}'),
    ]


def _demo_requests(at: Assets) -> list[Module]:
    slack, hubspot = at.connections["slack-sales"], at.connections["hubspot"]
    text = "Demo wanted by {{1.name}} ({{1.email}}) on {{1.slot}}"
    contact = {"email": "{{1.email}}", "firstname": "{{1.name}}", "lifecyclestage": "opportunity"}
    post = app(3, "slack:CreateMessage", slack, {"channel": "#demos", "text": text}, gives="ts")
    return [
        webhook(1, at.hooks["demo"], "email:email! name slot"),
        app(2, "hubspotcrm:createContact", hubspot, {**contact}, gives="id"),
        on_error(post, ignore(4)),
    ]


def _quote_calculator(at: Assets) -> list[Module]:
    gross = "{{4.result}}"
    net = "{{round(4.result * (100 - ifempty(1.discount; 0))) / 100}}"
    return [
        webhook(1, at.hooks["quote"], "email:email! items:array discount:number"),
        iterate(2, "{{1.items}}", "value"),
        store_get(3, at.stores["prices"], "{{2.value}}"),
        total(4, 2, "{{3.price}}"),
        respond(5, 200, f'{{"gross":{gross},"net":{net}}}'),
    ]


def _price_total(at: Assets) -> list[Module]:
    return [
        start(1, "skus:array"),
        iterate(2, "{{1.skus}}", "value"),
        only_if(
            store_get(3, at.stores["prices"], "{{upper(trim(2.value))}}"),
            "Has a code",
            ("{{2.value}}", "exist"),
        ),
        collect(4, 2, {"sku": "{{3.sku}}", "price": "{{3.price}}"}),
        give(
            5,
            "positions:number total:number",
            {"positions": "{{length(4.array)}}", "total": '{{sum(map(4.array; "price"))}}'},
        ),
    ]


def _quote_mail(at: Assets) -> list[Module]:
    mail = {
        "to": "{{1.email}}",
        "subject": "Your quote",
        "content": "Dear {{1.name}}, your total is {{2.total}} EUR for {{2.positions}} positions.",
    }
    return [
        start(1, "email:email! name skus:array"),
        call(2, at.scenarios["sales.price-total"], {"skus": "{{1.skus}}"}, "positions total"),
        app(3, "google-email:sendAnEmail", at.connections["mail-sales"], {**mail}, gives="id"),
        give(4, "total:number message", {"total": "{{2.total}}", "message": "{{3.id}}"}),
    ]


def _deal_alerts(at: Assets) -> list[Module]:
    slack = at.connections["slack-sales"]
    big = {"channel": "#wins", "text": "Won: {{1.name}} for {{1.amount}} EUR"}
    lost = {"channel": "#sales", "text": "Lost: {{1.name}}, owner {{1.owner}}"}
    other = {"channel": "#sales", "text": "{{1.name}} moved to {{1.stage}}"}
    won = ("{{1.stage}}", "text:equal:ci", "won")
    large = ("{{1.amount}}", "number:greater", "5000")
    gone = ("{{1.stage}}", "text:equal:ci", "lost")
    return [
        polling(1, "hubspotcrm:watchDeals", at.connections["hubspot"], DEAL),
        router(
            2,
            [only_if(app(3, "slack:CreateMessage", slack, {**big}), "Large win", won, large)],
            [only_if(app(4, "slack:CreateMessage", slack, {**lost}), "Lost", gone)],
            [only_if(app(5, "slack:CreateMessage", slack, {**other}), "Everything else")],
            fallback=2,
        ),
    ]


def _contact_sheet(at: Assets) -> list[Module]:
    row = ("{{1.id}}", "{{1.email}}", "{{1.company}}", "{{now}}")
    sheet = write_row(2, "google-sheets:addRow", at.connections["sheets-sales"], LEADS, *row)
    return [
        polling(1, "hubspotcrm:searchContacts", at.connections["hubspot"], CONTACT),
        only_if(sheet, "With company", ("{{1.company}}", "exist")),
    ]


def _pipeline_digest(at: Assets) -> list[Module]:
    line = "{{1.name}}: {{1.amount}} EUR ({{1.stage}})"
    text = {"channel": "#sales", "text": "Open deals\n{{2.text}}"}
    return [
        polling(1, "hubspotcrm:watchDeals", at.connections["hubspot"], DEAL, limit=50),
        lines(2, 1, line),
        app(3, "slack:CreateMessage", at.connections["slack-sales"], {**text}, gives="ts"),
    ]


def _hot_leads(at: Assets) -> list[Module]:
    found = store_search(1, at.stores["leads"], [("score", "number:greaterorequal", "8")], 25)
    deal = {"dealname": "Lead {{1.data.company}}", "amount": "0", "pipeline": "default"}
    made = app(2, "hubspotcrm:createDeal", at.connections["hubspot"], {**deal}, gives="id")
    return [found, on_error(made, retry_later(3))]


def _follow_up(at: Assets) -> list[Module]:
    mail = {"to": "{{1.data.email}}", "subject": "Still interested?", "content": "{{3.value}}"}
    return [
        store_search(1, at.stores["leads"], [("score", "number:less", "5")], 10),
        sleep(2, 2),
        compose(3, "Hello {{1.data.name}}, may we help you with your plans?"),
        app(4, "google-email:sendAnEmail", at.connections["mail-sales"], {**mail}, gives="id"),
    ]


def _fair_import(at: Assets) -> list[Module]:
    rows = "email:email name company"
    data = {
        "email": "{{1.email}}",
        "name": "{{1.name}}",
        "company": "{{1.company}}",
        "source": "fair",
    }
    return [
        polling(1, "google-sheets:watchRows", at.connections["sheets-sales"], rows),
        store_put(2, at.stores["leads"], "{{lower(1.email)}}", {**data}),
    ]


PLANS = (
    Plan(
        "sales.lead-intake",
        "SAL-01 Take in website leads",
        "Leads",
        "ines",
        _lead_intake,
        by_hook(8),
        pace=0.12,
        age=380,
        earlier=(Earlier(_lead_intake_first, 47.2, "ines"),),
        notes=("Referrals score highest, see the sales handbook.",),
    ),
    Plan(
        "sales.demo", "SAL-02 Announce demo requests", "Leads", "ines", _demo_requests, by_hook(3)
    ),
    Plan(
        "sales.quote",
        "SAL-03 Calculate quotes for the shop",
        "Quotes",
        "tomas",
        _quote_calculator,
        by_hook(5),
        pace=0.09,
    ),
    Plan(
        "sales.price-total",
        "SAL-04 Add up list prices",
        "Quotes",
        "tomas",
        _price_total,
        on_demand(3),
        inputs="skus:array!",
        outputs="positions:number total:number",
        pace=0.08,
        description="Called by other scenarios: gives the sum of list prices for some codes.",
    ),
    Plan(
        "sales.quote-mail",
        "SAL-05 Send a quote by mail",
        "Quotes",
        "tomas",
        _quote_mail,
        on_demand(2),
        inputs="email:email! name skus:array!",
        outputs="total:number message",
    ),
    Plan(
        "sales.deals",
        "SAL-06 Post deal changes",
        "Reporting",
        "ines",
        _deal_alerts,
        every(90, office=True),
        settings={"maxErrors": 10},
        idle=0.45,
        items=(1, 4),
        errors=0.01,
    ),
    Plan(
        "sales.contacts",
        "SAL-07 Copy new contacts to the sheet",
        "Leads",
        "tomas",
        _contact_sheet,
        every(120, office=True),
        idle=0.3,
        items=(1, 6),
        errors=0.012,
    ),
    Plan(
        "sales.digest",
        "SAL-08 Monday pipeline digest",
        "Reporting",
        "ines",
        _pipeline_digest,
        weekly("07:30", 1),
        items=(8, 30),
    ),
    Plan(
        "sales.hot",
        "SAL-09 Open deals for hot leads",
        "Leads",
        "ines",
        _hot_leads,
        daily("06:10"),
        settings={"dlq": True},
        items=(1, 5),
        errors=0.02,
    ),
    Plan(
        "sales.follow-up",
        "SAL-10 Follow up on cold leads",
        "Leads",
        "tomas",
        _follow_up,
        weekly("09:00", 2, 4),
        items=(3, 10),
    ),
    Plan(
        "sales.fair",
        "SAL-11 Import leads from fairs",
        "Leads",
        "otto",
        _fair_import,
        every(360),
        items=(1, 20),
        age=330,
        ended=74,
        settings={"sequential": True},
    ),
)
