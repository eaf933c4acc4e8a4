"""Scenarios of the support team."""

from make_api_sandbox.engine.values import Module
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.blueprints import (
    app,
    choose,
    give,
    ignore,
    iterate,
    lines,
    merge,
    named,
    on_error,
    only_if,
    parse_json,
    polling,
    respond,
    resume,
    retry_later,
    router,
    start,
    store_get,
    store_update,
    total,
    variables,
    webhook,
)
from make_api_sandbox.seed.plan import Earlier, Plan, by_hook, daily, every, on_demand, weekly

TICKET = "id subject description requester:email priority status"


def _contact_form(at: Assets) -> list[Module]:
    ticket = {"subject": "{{1.subject}}", "comment": "{{1.message}}", "requester": "{{1.email}}"}
    reply = {"to": "{{1.email}}", "subject": "We are on it", "content": "Ticket {{2.id}} is open."}
    mail = app(3, "google-email:sendAnEmail", at.connections["mail-support"], {**reply})
    return [
        webhook(1, at.hooks["contact"], "email:email! subject message"),
        app(2, "zendesk:createTicket", at.connections["zendesk"], {**ticket}, gives="id url"),
        on_error(mail, ignore(4)),
    ]


def _inbox(at: Assets) -> list[Module]:
    prompt = {"input": "Answer with one word, complaint or question: {{1.text}}"}
    model = {"model": "small"}
    sort = app(
        2,
        "ai-tools:Ask",
        at.connections["ai-support"],
        {**prompt},
        gives="answer",
        parameters={**model},
    )
    urgent = {"subject": "{{1.subject}}", "comment": "{{1.text}}", "priority": "high"}
    normal = {"subject": "{{1.subject}}", "comment": "{{1.text}}", "priority": "normal"}
    zendesk = at.connections["zendesk"]
    complaint = ("{{2.answer}}", "text:contain:ci", "complaint")
    return [
        webhook(1, at.hooks["inbox"], "from subject text html", mail=True),
        on_error(sort, resume(5, {"answer": "question"})),
        router(
            6,
            [only_if(app(3, "zendesk:createTicket", zendesk, {**urgent}), "Complaint", complaint)],
            [only_if(app(4, "zendesk:createTicket", zendesk, {**normal}), "Otherwise")],
            fallback=1,
        ),
    ]


def _satisfaction(at: Assets) -> list[Module]:
    slack = at.connections["slack-support"]
    text = {"channel": "#voice", "text": "{{1.ticket}}: {{1.score}} of 10, {{1.comment}}"}
    low = ("{{1.score}}", "number:less", "5")
    return [
        webhook(1, at.hooks["csat"], "ticket! score:number comment"),
        on_error(
            only_if(app(2, "slack:CreateMessage", slack, {**text}), "Unhappy", low), ignore(3)
        ),
    ]


def _order_status(at: Assets) -> list[Module]:
    found = '{"order":"{{1.order}}","status":"{{2.status}}","carrier":"{{2.carrier}}"}'
    missing = '{"order":"{{1.order}}","error":"unknown order"}'
    known, unknown = ("{{2.status}}", "exist"), ("{{2.status}}", "notexist")
    return [
        webhook(1, at.hooks["status"], "order! email:email"),
        store_get(2, at.stores["orders"], "{{upper(1.order)}}"),
        router(
            3,
            [only_if(respond(4, 200, found), "Known", known)],
            [only_if(respond(5, 404, missing), "Unknown", unknown)],
        ),
    ]


def _address_check(at: Assets) -> list[Module]:
    outputs = "street city country valid:boolean"
    read = named(parse_json(2, "{{1.address}}", "street city country"), "Read the address")
    return [
        start(1, "address"),
        on_error(read, resume(3, {"street": "", "city": "", "country": "unknown"})),
        give(
            4,
            outputs,
            {
                "street": "{{2.street}}",
                "city": "{{upper(2.city)}}",
                "country": "{{2.country}}",
                "valid": "{{if(2.street; true; false)}}",
            },
        ),
    ]


def _reply_language(at: Assets) -> list[Module]:
    german = variables(3, {"greeting": "Guten Tag"})
    english = variables(4, {"greeting": "Hello"})
    return [
        start(1, "name language"),
        choose(2, ("{{1.language}}", "text:equal:ci", "de"), [german], [english]),
        merge(5, {"greeting": ("{{3.greeting}}", "{{4.greeting}}")}),
        give(6, "text", {"text": "{{5.greeting}} {{1.name}},"}),
    ]


def _ticket_index(at: Assets) -> list[Module]:
    record = {"order": "{{1.id}}", "email": "{{1.requester}}", "status": "{{1.status}}"}
    return [
        polling(1, "zendesk:watchTickets", at.connections["zendesk"], TICKET),
        store_update(2, at.stores["orders"], "{{1.id}}", {**record}),
    ]


def _escalations(at: Assets) -> list[Module]:
    slack = at.connections["slack-support"]
    text = {"channel": "#urgent", "text": "Urgent: {{1.subject}} from {{1.requester}}"}
    urgent = ("{{1.priority}}", "text:equal", "urgent")
    post = app(2, "slack:CreateMessage", slack, {**text}, gives="ts")
    raise_priority = {"ticket": "{{1.id}}", "tags": "escalated", "note": "{{2.ts}}"}
    return [
        polling(1, "zendesk:watchTickets", at.connections["zendesk"], TICKET),
        only_if(post, "Urgent", urgent),
        app(3, "zendesk:updateTicket", at.connections["zendesk"], {**raise_priority}),
    ]


def _escalations_first(at: Assets) -> list[Module]:
    text = {"channel": "#support", "text": "Urgent: {{1.subject}}"}
    post = app(2, "slack:CreateMessage", at.connections["slack-support"], {**text}, gives="ts")
    return [
        polling(1, "zendesk:watchTickets", at.connections["zendesk"], TICKET),
        only_if(post, "Urgent", ("{{1.priority}}", "text:equal", "urgent")),
    ]


def _weekly_scores(at: Assets) -> list[Module]:
    text = {"channel": "#support", "text": "Open tickets this week: {{2.result}}"}
    return [
        polling(1, "zendesk:watchTickets", at.connections["zendesk"], TICKET, limit=100),
        total(2, 1, "1", "count"),
        app(3, "slack:CreateMessage", at.connections["slack-support"], {**text}),
    ]


def _macro_export(at: Assets) -> list[Module]:
    mail = {"to": "help@example.com", "subject": "Macros", "content": "{{3.text}}"}
    return [
        polling(1, "zendesk:watchTickets", at.connections["zendesk"], f"{TICKET} tags:array"),
        iterate(2, "{{1.tags}}", "value"),
        lines(3, 2, "{{1.id}} {{2.value}}"),
        on_error(
            app(4, "google-email:sendAnEmail", at.connections["mail-support"], {**mail}),
            retry_later(5),
        ),
    ]


PLANS = (
    Plan(
        "support.contact",
        "SUP-01 Open tickets from the contact form",
        "Tickets",
        "aiko",
        _contact_form,
        by_hook(6),
        age=410,
    ),
    Plan(
        "support.inbox",
        "SUP-02 Sort the support inbox",
        "Tickets",
        "aiko",
        _inbox,
        by_hook(9),
        pace=0.9,
        age=190,
    ),
    Plan(
        "support.csat",
        "SUP-03 Report unhappy customers",
        "Customer care",
        "devi",
        _satisfaction,
        by_hook(3),
    ),
    Plan(
        "support.status",
        "SUP-04 Look up order status",
        "Customer care",
        "aiko",
        _order_status,
        by_hook(11),
        pace=0.07,
        settings={"confidential": True},
    ),
    Plan(
        "support.address",
        "SUP-05 Read an address",
        "Customer care",
        "devi",
        _address_check,
        on_demand(2),
        inputs="address!",
        outputs="street city country valid:boolean",
        pace=0.06,
    ),
    Plan(
        "support.greeting",
        "SUP-06 Choose a greeting",
        "Customer care",
        "devi",
        _reply_language,
        on_demand(1),
        inputs="name! language",
        outputs="text",
        pace=0.05,
        age=60,
    ),
    Plan(
        "support.index",
        "SUP-07 Keep the order index",
        "Tickets",
        "aiko",
        _ticket_index,
        every(240),
        idle=0.5,
        items=(1, 6),
    ),
    Plan(
        "support.escalate",
        "SUP-08 Escalate urgent tickets",
        "Tickets",
        "aiko",
        _escalations,
        every(120, office=True),
        settings={"maxErrors": 10},
        idle=0.5,
        items=(1, 3),
        errors=0.01,
        earlier=(Earlier(_escalations_first, 33.1, "aiko"),),
    ),
    Plan(
        "support.weekly",
        "SUP-09 Weekly ticket count",
        "Reporting",
        "devi",
        _weekly_scores,
        weekly("16:00", 5),
        items=(40, 90),
    ),
    Plan(
        "support.tags",
        "SUP-10 Mail the tag list",
        "Reporting",
        "aiko",
        _macro_export,
        daily("05:20"),
        settings={"dlq": True},
        items=(1, 3),
        errors=0.015,
    ),
)
