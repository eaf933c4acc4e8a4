"""Scenarios of IT, which shares a team with operations."""

from make_api_sandbox.engine.values import Module
from make_api_sandbox.seed.assets import Assets
from make_api_sandbox.seed.blueprints import (
    app,
    give,
    http,
    ignore,
    module,
    on_error,
    only_if,
    polling,
    respond,
    resume,
    retry_later,
    router,
    sleep,
    start,
    store_put,
    store_search,
    variables,
    webhook,
)
from make_api_sandbox.seed.plan import Plan, by_hook, daily, every, on_demand, weekly


def _access_request(at: Assets) -> list[Module]:
    issue = {"project": "IT", "summary": "Access to {{1.system}} for {{1.person}}"}
    record = {"person": "{{1.person}}", "system": "{{1.system}}", "reason": "{{1.reason}}"}
    ticket = app(3, "jira:createIssue", at.connections["jira"], {**issue}, gives="key")
    return [
        webhook(1, at.hooks["access"], "person! system reason"),
        store_put(2, at.stores["grants"], "", {**record}),
        on_error(ticket, resume(4, {"key": "none"})),
        respond(5, 202, '{"ticket":"{{3.key}}"}'),
    ]


def _replication(at: Assets) -> list[Module]:
    return [
        start(1, "label"),
        variables(2, {"begun": '{{formatDate(now; "X")}}'}),
        sleep(3, 5),
        give(
            4,
            "label waited:number",
            {"label": "{{1.label}}", "waited": '{{formatDate(now; "X") - 2.begun}}'},
        ),
    ]


def _uptime(at: Assets) -> list[Module]:
    text = {"channel": "#alerts", "text": "The shop answers with {{1.statusCode}}"}
    slack = at.connections["slack-operations"]
    down = ("{{1.statusCode}}", "number:greaterorequal", "400")
    alert = only_if(app(2, "slack:CreateMessage", slack, {**text}), "Down", down)
    return [http(1, "get", "https://shop.example.com/health"), on_error(alert, ignore(3))]


def _grant_review(at: Assets) -> list[Module]:
    issue = {"project": "IT", "summary": "Review {{1.data.person}} on {{1.data.system}}"}
    audit = ("reason", "text:equal", "Audit")
    ticket = app(2, "jira:createIssue", at.connections["jira"], {**issue}, gives="key")
    return [
        store_search(1, at.stores["grants"], [audit], 20),
        on_error(ticket, retry_later(3)),
    ]


def _incident_channel(at: Assets) -> list[Module]:
    slack, jira = at.connections["slack-operations"], at.connections["jira"]
    text = {"channel": "#incidents", "text": "{{1.title}} (severity {{1.severity}})"}
    issue = {"project": "INC", "summary": "{{1.title}}"}
    severe = ("{{1.severity}}", "number:lessorequal", "2")
    return [
        start(1, "title severity:number"),
        router(
            2,
            [app(3, "slack:CreateMessage", slack, {**text}, gives="ts")],
            [only_if(app(4, "jira:createIssue", jira, {**issue}, gives="key"), "Severe", severe)],
        ),
    ]


def _directory_sync(at: Assets) -> list[Module]:
    record = {"person": "{{1.displayName}}", "system": "directory", "reason": "sync"}
    users = polling(1, "azure:listUsers", at.connections["azure"], "displayName mail:email")
    return [users, store_put(2, at.stores["grants"], "{{1.mail}}", {**record})]


def _backup_check(at: Assets) -> list[Module]:
    script = "return input.files.length;"
    code = module(
        2,
        "code:ExecuteCode",
        mapper={"language": "javascript", "inputFormat": "editor", "codeEditorJavascript": script},
        expect="language! inputFormat!",
        gives="result:number",
    )
    text = {"channel": "#alerts", "text": "{{2.result}} files in last night's backup"}
    slack = at.connections["slack-operations"]
    return [
        http(1, "get", "https://backup.example.com/manifest"),
        code,
        on_error(app(3, "slack:CreateMessage", slack, {**text}), ignore(4)),
    ]


PLANS = (
    Plan(
        "operations.access",
        "OPS-11 Take in access requests",
        "IT access",
        "jonas",
        _access_request,
        by_hook(1.2),
    ),
    Plan(
        "operations.replication",
        "OPS-12 Wait for replication",
        "IT monitoring",
        "jonas",
        _replication,
        on_demand(0.4),
        inputs="label!",
        outputs="label waited:number",
        pace=1.7,
        description="Pauses five seconds, then answers.",
    ),
    Plan(
        "operations.uptime",
        "OPS-13 Check the shop",
        "IT monitoring",
        "jonas",
        _uptime,
        every(360),
        pace=0.25,
        errors=0.004,
    ),
    Plan(
        "operations.review",
        "OPS-14 Review access grants",
        "IT access",
        "jonas",
        _grant_review,
        weekly("08:30", 3),
        settings={"dlq": True},
        items=(3, 12),
    ),
    Plan(
        "operations.incident",
        "OPS-15 Open an incident",
        "IT monitoring",
        "jonas",
        _incident_channel,
        on_demand(0.3),
        inputs="title! severity:number",
        ended=71,
    ),
    Plan(
        "operations.directory",
        "OPS-16 Sync the directory",
        "Archive",
        "jonas",
        _directory_sync,
        daily("03:00"),
        items=(2, 8),
        ended=41.4,
        active=False,
        age=300,
    ),
    Plan(
        "operations.backup",
        "OPS-17 Check the nightly backup",
        "IT monitoring",
        "jonas",
        _backup_check,
        daily("05:45"),
        pace=0.8,
        age=80,
    ),
)
