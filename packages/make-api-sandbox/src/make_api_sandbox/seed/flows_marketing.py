"""Scenarios of the marketing team."""

from make_api_sandbox.engine.values import Module
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.blueprints import (
    app,
    collect,
    give,
    http,
    ignore,
    module,
    on_error,
    only_if,
    polling,
    respond,
    router,
    start,
    store_search,
    store_update,
    total,
    webhook,
    write_row,
)
from make_api_sandbox.seed.plan import Earlier, Plan, by_hook, daily, every, on_demand, weekly

SIGN_UPS = ("1Newsletter", "Sign-ups")
ARTICLE = "id title url status topic"


def _sign_up(at: Assets) -> list[Module]:
    record = {"email": "{{lower(1.email)}}", "name": "{{1.name}}", "topic": "{{1.topic}}"}
    store = at.stores["subscribers"]
    return [
        webhook(1, at.hooks["signup"], "email:email! name topic"),
        only_if(
            store_update(2, store, "{{lower(1.email)}}", {**record, "active": True}),
            "Looks like an address",
            ("{{1.email}}", "text:pattern", "^[^@ ]+@[^@ ]+$"),
        ),
        respond(3, 200, '{"subscribed":"{{lower(1.email)}}"}'),
    ]


def _campaign_export(at: Assets) -> list[Module]:
    google = at.connections["google-marketing"]
    return [
        start(1, "campaign"),
        write_row(2, "google-sheets:addRow", google, SIGN_UPS, "{{1.campaign}}", "{{now}}"),
        give(3, "row:number", {"row": "{{2.rowNumber}}"}),
    ]


def _visitor_sheet(at: Assets) -> list[Module]:
    row = ('{{formatDate(now; "YYYY-MM-DD")}}', "{{1.`1`}}")
    google = at.connections["google-marketing"]
    return [
        polling(1, "google-sheets:filterRows", google, "__ROW_NUMBER__:number 0 1", limit=5),
        write_row(2, "google-sheets:updateRow", google, SIGN_UPS, *row, row="{{1.__ROW_NUMBER__}}"),
    ]


def _article_teasers(at: Assets) -> list[Module]:
    ask = {"prompt": "Write a teaser of 30 words for: {{1.title}}", "max_tokens": "120"}
    page = {"title": "Teaser {{1.title}}", "body": "{{2.result}}"}
    ready = ("{{1.status}}", "text:equal", "ready")
    write = app(
        2, "openai-gpt-3:CreateCompletion", at.connections["openai"], {**ask}, gives="result"
    )
    return [
        polling(1, "notion:searchObjects", at.connections["notion"], ARTICLE),
        on_error(only_if(write, "Ready", ready), ignore(4)),
        app(3, "notion:createAPage", at.connections["notion"], {**page}, gives="id"),
    ]


def _article_teasers_first(at: Assets) -> list[Module]:
    ask = {"prompt": "Summarize: {{1.title}}", "max_tokens": "400"}
    write = app(
        2, "openai-gpt-3:CreateCompletion", at.connections["openai"], {**ask}, gives="result"
    )
    page = {"title": "{{1.title}}", "body": "{{2.result}}"}
    return [
        polling(1, "notion:searchObjects", at.connections["notion"], ARTICLE),
        write,
        app(3, "notion:createAPage", at.connections["notion"], {**page}, gives="id"),
    ]


def _editorial_plan(at: Assets) -> list[Module]:
    text = {"channel": "#marketing", "text": "{{length(2.array)}} articles are planned"}
    return [
        polling(1, "notion:searchObjects", at.connections["notion"], ARTICLE, limit=100),
        collect(2, 1, {"title": "{{1.title}}", "status": "{{1.status}}"}),
        app(3, "slack:CreateMessage", at.connections["slack-marketing"], {**text}, gives="ts"),
    ]


def _subscriber_count(at: Assets) -> list[Module]:
    text = {"channel": "#marketing", "text": "Active subscribers: {{2.result}}"}
    return [
        store_search(1, at.stores["subscribers"], [("active", "boolean:equal", "true")], 500),
        total(2, 1, "1", "count"),
        app(3, "slack:CreateMessage", at.connections["slack-marketing"], {**text}, gives="ts"),
    ]


def _mentions(at: Assets) -> list[Module]:
    url = "https://press.example.com/feed.xml"
    feed = module(
        1,
        "rss:TriggerNewArticle",
        parameters={"url": url, "maxResults": 5, "gzip": True},
        mapper={},
        gives="title url summary",
    )
    slack = at.connections["slack-marketing"]
    text = {"channel": "#press", "text": "{{1.title}} {{1.url}}"}
    about = ("{{1.summary}}", "text:contain:ci", "harbor and pine")
    return [feed, only_if(app(2, "slack:CreateMessage", slack, {**text}), "About us", about)]


def _landing_page(at: Assets) -> list[Module]:
    body = '{"email":"{{1.email}}","tag":"{{1.campaign}}"}'
    return [
        webhook(1, at.hooks["landing"], "email:email campaign"),
        http(2, "post", "https://campaigns.example.com/members", body=body),
    ]


def _post_drafts(at: Assets) -> list[Module]:
    page = {"title": "Post about {{1.title}}", "body": "{{1.url}}"}
    text = {"channel": "#marketing", "text": "Draft ready: {{1.title}}"}
    slack, notion = at.connections["slack-marketing"], at.connections["notion"]
    ready = ("{{1.status}}", "text:equal", "published")
    return [
        polling(1, "notion:searchObjects", notion, ARTICLE),
        router(
            2,
            [only_if(app(3, "notion:createAPage", notion, {**page}, gives="id"), "Out", ready)],
            [app(4, "slack:CreateMessage", slack, {**text}, gives="ts")],
        ),
    ]


PLANS = (
    Plan(
        "marketing.signup",
        "MKT-01 Take in newsletter sign-ups",
        "Newsletter",
        "noor",
        _sign_up,
        by_hook(7),
        pace=0.08,
        age=290,
    ),
    Plan(
        "marketing.export",
        "MKT-02 Note a campaign in the sheet",
        "Campaigns",
        "noor",
        _campaign_export,
        on_demand(0.5),
        inputs="campaign!",
        outputs="row:number",
    ),
    Plan(
        "marketing.visitors",
        "MKT-03 Daily visitor sheet",
        "Campaigns",
        "noor",
        _visitor_sheet,
        daily("05:00"),
        settings={"maxErrors": 10},
        items=(1, 3),
    ),
    Plan(
        "marketing.teasers",
        "MKT-04 Draft article teasers",
        "Content",
        "noor",
        _article_teasers,
        every(180, office=True),
        idle=0.35,
        items=(1, 3),
        pace=2.2,
        age=120,
        earlier=(Earlier(_article_teasers_first, 21.4, "noor"),),
    ),
    Plan(
        "marketing.plan",
        "MKT-05 Post the editorial plan",
        "Content",
        "noor",
        _editorial_plan,
        weekly("08:00", 1),
        items=(8, 20),
    ),
    Plan(
        "marketing.count",
        "MKT-06 Count subscribers",
        "Newsletter",
        "noor",
        _subscriber_count,
        weekly("09:30", 1),
        items=(200, 260),
    ),
    Plan(
        "marketing.mentions",
        "MKT-07 Watch the press feed",
        "Campaigns",
        "otto",
        _mentions,
        every(360),
        idle=1,
        age=260,
    ),
    Plan(
        "marketing.landing",
        "MKT-08 Landing page members",
        "Campaigns",
        "otto",
        _landing_page,
        by_hook(1.5),
        age=270,
        ended=66,
    ),
    Plan(
        "marketing.drafts",
        "MKT-09 Draft posts for new articles",
        "Content",
        "noor",
        _post_drafts,
        daily("10:30"),
        items=(1, 2),
        errors=0.01,
    ),
)
