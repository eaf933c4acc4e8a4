"""Public templates of Make itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.engine.values import Json, Module
from make_api_sandbox.scenarios.documents import used_packages
from make_api_sandbox.seed.assets import Assets, Connection, Hook
from make_api_sandbox.seed.blueprints import (
    app,
    blueprint,
    http,
    iterate,
    lines,
    module,
    only_if,
    parse_json,
    polling,
    respond,
    webhook,
)
from make_api_sandbox.seed.holdings.templates import documents
from make_api_sandbox.seed.people import Directory
from make_api_sandbox.world import World

BEGUN = datetime(2024, 3, 11, 9, 0, tzinfo=UTC)
"""When the first of them was published; each of the others came three weeks after the last."""


def _account(type_: str) -> Connection:
    """A connection to be chosen by whoever uses the template."""
    return Connection(0, "", type_)


HOOK = Hook(0, "", "gateway-webhook")
SHEETS, MAIL, SLACK = _account("google"), _account("google-restricted"), _account("slack")


def _form_to_sheet() -> list[Module]:
    return [
        webhook(1, HOOK, "email:email name message"),
        app(2, "google-sheets:addRow", SHEETS, {"0": "{{1.email}}", "1": "{{1.name}}"}),
        respond(3, 200, '{"ok":true}'),
    ]


def _form_to_mail() -> list[Module]:
    content = "{{1.name}} wrote: {{1.message}}"
    mapper: dict[str, Json] = {"to": "{{1.email}}", "subject": "Thank you", "content": content}
    return [
        webhook(1, HOOK, "email:email name message"),
        app(2, "google-email:sendAnEmail", MAIL, mapper, gives="id"),
    ]


def _rows_to_slack() -> list[Module]:
    text: dict[str, Json] = {"channel": "#general", "text": "New row: {{1.`0`}}"}
    return [
        polling(1, "google-sheets:watchRows", SHEETS, "0 1"),
        app(2, "slack:CreateMessage", SLACK, text, gives="ts"),
    ]


def _orders_to_sheet() -> list[Module]:
    row: dict[str, Json] = {"0": "{{1.id}}", "1": "{{1.email}}", "2": "{{1.total}}"}
    return [
        polling(1, "shopify:watchOrders", _account("shopify"), "id email:email total:number"),
        app(2, "google-sheets:addRow", SHEETS, row),
    ]


def _feed_to_slack() -> list[Module]:
    static: dict[str, Json] = {"url": "https://example.com/feed.xml", "maxResults": 5, "gzip": True}
    text: dict[str, Json] = {"channel": "#news", "text": "{{1.title}} {{1.url}}"}
    feed = module(1, "rss:TriggerNewArticle", parameters=static, mapper={}, gives="title url")
    return [feed, app(2, "slack:CreateMessage", SLACK, text, gives="ts")]


def _tickets_to_sheet() -> list[Module]:
    row: dict[str, Json] = {"0": "{{1.id}}", "1": "{{1.subject}}", "2": "{{1.status}}"}
    return [
        polling(1, "zendesk:watchTickets", _account("zendesk"), "id subject status"),
        app(2, "google-sheets:addRow", SHEETS, row),
    ]


def _urgent_tickets() -> list[Module]:
    text: dict[str, Json] = {"channel": "#urgent", "text": "{{1.subject}}"}
    told = app(2, "slack:CreateMessage", SLACK, text, gives="ts")
    return [
        polling(1, "zendesk:watchTickets", _account("zendesk"), "id subject priority"),
        only_if(told, "Urgent", ("{{1.priority}}", "text:equal", "urgent")),
    ]


def _deals_to_jira() -> list[Module]:
    issue: dict[str, Json] = {"project": "IT", "summary": "Set up {{1.name}}"}
    return [
        polling(1, "hubspotcrm:watchDeals", _account("hubspotcrm2"), "id name stage"),
        app(2, "jira:createIssue", _account("jira"), issue, gives="key"),
    ]


def _payments_to_xero() -> list[Module]:
    invoice: dict[str, Json] = {
        "contact": "{{1.id}}",
        "reference": "{{1.id}}",
        "amount": "{{1.amount}}",
    }
    return [
        polling(1, "stripe:watchEvents", _account("stripe"), "id amount:number currency"),
        app(2, "xero:createInvoice", _account("xero"), invoice, gives="id"),
    ]


def _page_to_telegram() -> list[Module]:
    text: dict[str, Json] = {"chatId": "", "text": "{{1.statusCode}}"}
    telling = app(2, "telegram:SendReplyMessage", _account("telegram"), text)
    failed = only_if(telling, "Not reachable", ("{{1.statusCode}}", "number:greater", "399"))
    return [http(1, "get", "https://example.com"), failed]


def _list_to_digest() -> list[Module]:
    mapper: dict[str, Json] = {"to": "", "subject": "Today", "content": "{{4.text}}"}
    return [
        http(1, "get", "https://example.com/items.json"),
        parse_json(2, "{{1.data}}", "items:array"),
        iterate(3, "{{2.items}}", "title"),
        lines(4, 3, "{{3.title}}"),
        app(5, "google-email:sendAnEmail", MAIL, mapper, gives="id"),
    ]


def _teasers() -> list[Module]:
    prompt: dict[str, Json] = {"prompt": "A teaser for: {{1.title}}", "max_tokens": "120"}
    page: dict[str, Json] = {"title": "{{1.title}}", "body": "{{2.result}}"}
    return [
        polling(1, "notion:searchObjects", _account("notion2"), "id title"),
        app(2, "openai-gpt-3:CreateCompletion", _account("openai-gpt-3"), prompt, gives="result"),
        app(3, "notion:createAPage", _account("notion2"), page, gives="id"),
    ]


GALLERY: tuple[tuple[str, str, Callable[[], list[Module]], int], ...] = (
    # name, description, flow, uses
    ("Add webhook data to Google Sheets", "One row for every request.", _form_to_sheet, 48_210),
    ("Answer a form by mail", "Thanks everybody who filled in a form.", _form_to_mail, 20_375),
    ("Tell Slack about new rows", "Posts every new row of a sheet.", _rows_to_slack, 33_904),
    ("Collect Shopify orders in a sheet", "One row for every order.", _orders_to_sheet, 17_642),
    ("Post a feed to Slack", "Posts new articles of an RSS feed.", _feed_to_slack, 12_118),
    ("List Zendesk tickets in a sheet", "One row for every ticket.", _tickets_to_sheet, 4_530),
    ("Raise urgent Zendesk tickets", "Posts urgent tickets to Slack.", _urgent_tickets, 3_277),
    ("Open a Jira issue for a deal", "Starts the work on a HubSpot deal.", _deals_to_jira, 2_961),
    ("Invoice Stripe payments in Xero", "Writes an invoice a payment.", _payments_to_xero, 5_084),
    ("Watch a website", "Tells Telegram when a page fails.", _page_to_telegram, 8_749),
    ("Mail a daily digest", "Reads a list and mails it as one text.", _list_to_digest, 6_312),
    ("Draft teasers with OpenAI", "Writes a Notion page for each article.", _teasers, 9_458),
)


def fill(world: World, directory: Directory, assets: Assets) -> None:
    """Put up the gallery; all of it is approved long since."""
    for at, (name, description, flow, uses) in enumerate(GALLERY):
        modules = flow()
        instant = modules[0]["module"] == "gateway:CustomWebHook"
        scheduling: dict[str, Json] = {"type": "indefinitely", "interval": 900}
        if instant:
            scheduling = {"type": "immediately"}
        published = stamp(BEGUN + timedelta(weeks=3 * at))
        made = blueprint(name, modules, {})
        world.insert(
            "public_templates",
            published=published,
            requested=published,
            former_uses=uses,
            used_packages=used_packages(made),
            **documents(name, description, made, scheduling),
        )
