"""Rules about when a scenario runs and what starts it: T01–T05, T09–T11, T15."""

from __future__ import annotations

import pytest
from make_api_sandbox.seed.default import PLANS
from make_api_sandbox.seed.spec import fields
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, as_object
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.lint.surroundings import NOTHING, Plan, Surroundings
from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, branch, if_else, module
from tests.make_blueprint.lint.forms import field, formed
from tests.make_blueprint.lint.judging import found, mended, places, value_at

START = "scenario-service:StartSubscenario"
HOOK = module(1, "gateway:CustomWebHook", parameters={"hook": 7})


def told(type_: JsonValue, **more: JsonValue) -> Surroundings:
    return Surroundings(scheduling={"type": type_, **more})


def bundled(*flow: Module, **scheduling: JsonValue) -> Blueprint:
    """Make a blueprint whose file holds the schedule as well."""
    return blueprint(*flow, scheduling={**scheduling})


# T01, T02


def test_a_webhook_scenario_is_not_to_wait_for_an_interval() -> None:
    (finding,) = found("T01", blueprint(HOOK), told("indefinitely"))
    assert (finding.path, finding.severity) == ("scheduling.type", "warning")
    assert not finding.fixable
    document = bundled(HOOK, type="indefinitely", interval=900)
    assert mended("T01", document)["scheduling"] == {"type": "immediately", "interval": 900}


def test_webhooks_at_once_and_others_by_interval_are_fine() -> None:
    assert not found("T01", blueprint(HOOK), told("immediately"))
    assert not found("T01", blueprint(HOOK), told("daily"))
    assert not found("T01", blueprint(HOOK), told(3))
    assert not found("T01", blueprint(module(1, "http:MakeRequest")), told("indefinitely"))


def test_only_an_instant_trigger_starts_at_once() -> None:
    document = bundled(module(1, "rss:TriggerNewArticle"), type="immediately")
    (finding,) = found("T02", document)
    assert (finding.path, finding.severity) == ("scheduling.type", "error")
    assert mended("T02", document)["scheduling"] == {"type": "indefinitely", "interval": 900}
    kept = bundled(module(1, "rss:TriggerNewArticle"), type="immediately", interval=3600)
    assert mended("T02", kept)["scheduling"] == {"type": "indefinitely", "interval": 3600}
    assert not found("T02", blueprint(module(1, START)), told("immediately"))[0].fixable


def test_a_called_scenario_runs_on_demand() -> None:
    document = bundled(module(1, START), type="immediately")
    assert mended("T02", document)["scheduling"] == {"type": "on-demand"}


def test_a_polling_trigger_is_told_by_its_form() -> None:
    polling = formed(module(1, "acme:watchItems"), parameters=[field("c", "account:acme")])
    assert found("T02", blueprint(polling), told("immediately"))
    instant = formed(module(1, "acme:watchItems"), parameters=[field("h", "hook:acme")])
    for fine in (
        HOOK,
        instant,
        module(1, "acme:watchItems"),
        module(1, "acme:x", parameters={"__IMTHOOK__": 3}),
    ):
        assert not found("T02", blueprint(fine), told("immediately"))
    assert not found("T02", blueprint(), told("immediately"))
    assert not found("T02", blueprint(polling), told("indefinitely"))


# T03, T04, T05


@pytest.mark.parametrize("interval", [30, "30", 59.5, 0])
def test_an_interval_under_a_minute_is_refused(interval: JsonValue) -> None:
    document = bundled(module(1), type="indefinitely", interval=interval)
    (finding,) = found("T03", document)
    assert (finding.path, finding.severity) == ("scheduling.interval", "error")
    assert as_object(mended("T03", document)["scheduling"])["interval"] == 60


def test_an_interval_under_that_of_the_plan_is_refused() -> None:
    free = Surroundings(plan=Plan(minimum_interval=900))
    document = bundled(module(1), type="indefinitely", interval=300)
    assert as_object(mended("T03", document, free)["scheduling"])["interval"] == 900
    assert not found("T03", document, Surroundings(plan=Plan()))
    assert not found("T03", document)
    told_ = Surroundings(scheduling={"type": "indefinitely", "interval": 300}, plan=Plan(900))
    assert not found("T03", blueprint(module(1)), told_)[0].fixable


@pytest.mark.parametrize("interval", [None, "soon", True, 900, "{{1.x}}"])
def test_an_interval_that_is_no_number_or_long_enough_is_not_judged(interval: JsonValue) -> None:
    assert not found("T03", blueprint(module(1)), told("indefinitely", interval=interval))
    assert not found("T03", blueprint(module(1)), told("daily", interval=5))


@pytest.mark.parametrize(
    "date",
    [None, "", 5, "2026-05-04", "2026-05-04T08:00:00", "2026-05-04T08:00Z", "2026-02-30T08:00:00Z"],
)
def test_running_once_takes_a_full_date(date: JsonValue) -> None:
    (finding,) = found("T04", blueprint(module(1)), told("once", date=date))
    assert (finding.path, finding.severity) == ("scheduling.date", "error")


@pytest.mark.parametrize("date", ["2026-05-04T08:00:00Z", "2026-05-04t10:00:00.123+02:00"])
def test_a_date_that_has_passed_is_a_warning(date: str) -> None:
    def at(now: str | None) -> Surroundings:
        return Surroundings(scheduling={"type": "once", "date": date}, now=now)

    (finding,) = found("T04", blueprint(module(1)), at("2026-05-05T00:00:00Z"))
    assert finding.severity == "warning"
    assert not found("T04", blueprint(module(1)), at("2026-05-03T00:00:00Z"))
    assert not found("T04", blueprint(module(1)), at(None))
    assert not found("T04", blueprint(module(1)), told("daily", date="never"))


def test_required_inputs_need_a_caller() -> None:
    inputs: list[JsonValue] = [{"name": "email", "required": True}, {"name": "note"}]
    document = blueprint(module(1, START), io={"input_spec": inputs})
    (finding,) = found("T05", document, told("daily"))
    assert finding.evidence == {"inputs": ["email"], "type": "daily"}
    assert finding.message.startswith("email must be given at each run")
    assert not found("T05", document, told("on-demand"))
    assert not found("T05", document, told(None))
    optional = blueprint(module(1, START), io={"input_spec": inputs[1:]})
    assert not found("T05", optional, told("daily"))


# T09, T10


def test_a_scheduler_module_goes() -> None:
    document = blueprint(module(1, "builtin:BasicScheduler"), module(2))
    (finding,) = found("T09", document)
    assert (finding.path, finding.severity) == ("flow[0].module", "error")
    after = mended("T09", document)
    assert value_at(after, "flow", 0, "id") == 2
    assert not errors(structure_problems(after, list(walk(after))))


@pytest.mark.parametrize(
    "document",
    [
        blueprint(module(1, "builtin:BasicScheduler")),
        blueprint(module(1, "builtin:BasicScheduler", mapper={"interval": 900}), module(2)),
        blueprint(module(1, "util:Scheduler"), module(2, mapper={"value": "{{1.date}}"})),
        blueprint(
            module(1, "util:Scheduler"),
            module(2, filter={"conditions": [[{"a": "x", "o": "exist"}]]}),
        ),
        blueprint(module(1), module(2, "builtin:BasicScheduler"), module(3)),
    ],
)
def test_a_scheduler_module_that_holds_something_stays(document: Blueprint) -> None:
    (finding,) = found("T09", document)
    assert not finding.fixable


def test_modules_of_other_apps_may_schedule() -> None:
    assert not found("T09", blueprint(module(1, "calendly:listSchedules"), module(2)))


def noted(instant: JsonValue, *flow: Module) -> Blueprint:
    document = blueprint(*flow)
    as_object(document["metadata"])["instant"] = instant
    return document


def test_the_note_of_an_instant_start_is_put_right() -> None:
    for document in (noted(False, HOOK), noted(True, module(1, "rss:TriggerNewArticle"))):
        (finding,) = found("T10", document)
        assert (finding.path, finding.severity) == ("metadata.instant", "warning")
        right = value_at(mended("T10", document), "metadata", "instant")
        assert right is not value_at(document, "metadata", "instant")


def test_a_note_that_is_right_or_cannot_be_judged_stays() -> None:
    for document in (
        noted(True, HOOK),
        noted(False, module(1)),
        noted(None, HOOK),
        noted(True, module(1, "acme:watch")),
        noted(True),
        noted(False),
    ):
        assert not found("T10", document)


# T11


def sheet(number: int, name: str, spreadsheet: JsonValue = "abc", **more: JsonValue) -> Module:
    place: JsonObject = {"spreadsheetId": spreadsheet, "sheetId": "Leads"}
    watching = name.startswith("watch")
    parameters: JsonObject = {"__IMTCONN__": 3, **more, **(place if watching else {})}
    mapper: JsonObject = {} if watching else place
    return module(number, f"google-sheets:{name}", parameters=parameters, mapper=mapper)


def test_a_scenario_does_not_write_where_it_watches() -> None:
    document = blueprint(sheet(1, "watchRows"), module(2), sheet(3, "addRow", "/abc"))
    (finding,) = found("T11", document)
    assert (finding.path, finding.severity) == ("flow[2]", "warning")
    assert finding.message == "It writes where module 1 watches (same sheetId, spreadsheetId)."
    updated = blueprint(sheet(1, "watchUpdatedRows"), sheet(2, "updateRow"))
    assert places("T11", updated) == ["flow[1]"]


@pytest.mark.parametrize(
    "flow",
    [
        [sheet(1, "watchRows"), sheet(2, "addRow", "other")],
        [sheet(1, "watchRows"), sheet(2, "addRow", "{{1.x}}")],
        [sheet(1, "watchRows"), sheet(2, "addRow", __IMTCONN__=4)],
        [sheet(1, "watchRows"), sheet(2, "updateRow")],
        [sheet(1, "watchDeletedRows"), sheet(2, "addRow")],
        [sheet(1, "watchRows", query="state=new"), sheet(2, "addRow")],
        [sheet(1, "searchRows"), sheet(2, "addRow")],
        [module(1, "acme:watchItems"), module(2, "acme:createItem")],
        [],
    ],
)
def test_other_places_and_deeds_are_no_loop(flow: list[Module]) -> None:
    assert not found("T11", blueprint(*flow))


def test_a_filter_or_a_branch_breaks_the_loop() -> None:
    test: JsonObject = {"a": "{{1.state}}", "o": "exist"}
    guard = module(2, filter={"conditions": [[test]]})
    assert not found("T11", blueprint(sheet(1, "watchRows"), guard, sheet(3, "addRow")))
    branched = if_else(2, branch(sheet(3, "addRow"), test=test))
    assert not found("T11", blueprint(sheet(1, "watchRows"), branched))


# T15


@pytest.mark.parametrize(
    "trigger",
    [
        module(1, "acme:watchItems", parameters={"limit": "2"}),
        module(1, "rss:TriggerNewArticle", parameters={"maxResults": 1}),
        formed(module(1, "acme:TriggerNew"), parameters=[field("limit", "uinteger")]),
    ],
)
def test_a_small_limit_is_worth_knowing(trigger: Module) -> None:
    (finding,) = found("T15", blueprint(trigger))
    assert finding.severity == "info"
    assert finding.path in ("flow[0].parameters.limit", "flow[0].parameters.maxResults")


@pytest.mark.parametrize(
    "flow",
    [
        [],
        [HOOK | {"parameters": {"hook": 7, "maxResults": 1}}],
        [module(1, "acme:watchItems", parameters={"limit": 10})],
        [module(1, "acme:watchItems", parameters={"limit": "{{var.input.x}}"})],
        [module(1, "acme:watchItems")],
        [module(1, "datastore:SearchRecord", parameters={"limit": 1})],
        [module(1, "acme:searchItems", parameters={"limit": 1})],
    ],
)
def test_other_limits_are_not_judged(flow: list[Module]) -> None:
    assert not found("T15", blueprint(*flow))


# The pack


def test_the_company_is_well_scheduled(company_blueprints: list[Blueprint]) -> None:
    profile = Profile(frozenset({"T"}))
    for plan, document in zip(PLANS, company_blueprints, strict=True):
        interface: JsonObject = {"input": fields(plan.inputs), "output": fields(plan.outputs)}
        known = Surroundings(scheduling=plan.timing.scheduling, interface=interface)
        assert not lint(document, known, profile).findings, plan.name


def test_without_a_schedule_nothing_is_said_of_it() -> None:
    report = lint(blueprint(HOOK), NOTHING, Profile(frozenset({"T"})))
    assert set(report.not_judged) == {"T01", "T02", "T03", "T04", "T05"}
