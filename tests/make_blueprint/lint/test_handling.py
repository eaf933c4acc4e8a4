"""Rules about failures: E01–E15."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, as_object
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.lint.mending import mend
from make_blueprint.lint.surroundings import Surroundings
from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, if_else, module, router
from tests.make_blueprint.lint.judging import found, having, mended, places, value_at

TEST: JsonObject = {"a": "{{1.state}}", "o": "text:equal", "b": "new"}


def directive(number: int, name: str, **mapper: JsonValue) -> Module:
    return module(number, f"builtin:{name}", mapper={**mapper})


def handled(made: Module, *route: JsonValue) -> Module:
    return having(made, onerror=[*route])


def hook() -> Module:
    return module(1, "gateway:CustomWebHook", parameters={"hook": 7})


def breaking(**mapper: JsonValue) -> Module:
    return directive(9, "Break", **{"retry": True, "count": "3", "interval": "15", **mapper})


def with_settings(document: Blueprint, **settings: JsonValue) -> Blueprint:
    """Set some of the scenario's settings."""
    as_object(as_object(document["metadata"])["scenario"]).update(settings)
    return document


# E01, E02


def test_break_needs_a_place_for_incomplete_executions() -> None:
    document = blueprint(handled(module(1), breaking()))
    (finding,) = found("E01", document)
    assert (finding.path, finding.severity) == ("flow[0].onerror[0]", "error")
    assert value_at(mended("E01", document), "metadata", "scenario", "dlq") is True
    assert not found("E01", with_settings(document, dlq=True))
    assert not found("E01", blueprint(handled(module(1), directive(2, "Ignore"))))


def test_settings_that_are_missing_are_not_invented() -> None:
    document = blueprint(handled(module(1), breaking()))
    del as_object(document["metadata"])["scenario"]
    assert not found("E01", document)[0].fixable


def test_an_error_route_ends_with_a_directive() -> None:
    document = blueprint(handled(module(1), module(2, "slack:CreateMessage", at=(10, 20))))
    (finding,) = found("E02", document)
    assert (finding.path, finding.severity) == ("flow[0].onerror[0]", "info")
    after = mended("E02", document)
    assert value_at(after, "flow", 0, "onerror", 1) == {
        "id": 3,
        "module": "builtin:Ignore",
        "version": 1,
        "parameters": {},
        "mapper": {},
        "metadata": {"designer": {"x": 310, "y": 20}},
    }
    assert not errors(structure_problems(after, list(walk(after))))


def test_a_directive_is_placed_even_without_a_neighbour_on_the_canvas() -> None:
    nowhere = having(module(2), metadata={})
    after = mended("E02", blueprint(handled(module(1), nowhere)))
    assert value_at(after, "flow", 0, "onerror", 1, "metadata", "designer") == {"x": 300, "y": 0}


@pytest.mark.parametrize(
    "made",
    [
        module(1),
        handled(module(1), directive(2, "Rollback")),
        handled(module(1), module(2, "builtin:ThrowError")),
        handled(module(1), router(2, [module(3)])),
        handled(module(1), if_else(2)),
        handled(module(1), "odd"),
        handled(directive(1, "Ignore"), module(2)),
    ],
)
def test_error_routes_that_end_or_branch_are_left_alone(made: Module) -> None:
    assert not found("E02", blueprint(made))


# E03


def test_calls_that_nothing_handles_are_listed() -> None:
    flow = [
        hook(),
        module(2, "http:MakeRequest", mapper={"method": "get"}),
        handled(module(3, "slack:CreateMessage"), module(4, "jira:createIssue")),
        module(5, "openai-gpt-3:CreateCompletion"),
        module(6, "datastore:AddRecord"),
        module(7, "google-sheets:filterRows"),
    ]
    (finding,) = found("E03", blueprint(*flow))
    assert (finding.path, finding.severity) == ("metadata.scenario.dlq", "info")
    assert finding.evidence == {"modules": [2, 5]}
    assert finding.message == "Nothing is kept when one of the modules 2, 5 fails."
    (finding,) = found("E03", blueprint(flow[1]))
    assert finding.message == "Nothing is kept when module 2 fails."
    assert not found("E03", with_settings(blueprint(*flow), dlq=True))
    assert not found("E03", blueprint(hook()))


# E04


def ignoring(*rest: Module, first: Module | None = None) -> Blueprint:
    """Ignore the failure of module 2, which the rest may read."""
    failing = handled(module(2, "jira:getIssue"), directive(9, "Ignore"))
    return blueprint(first or hook(), failing, *rest)


def test_ignoring_a_failure_drops_those_who_need_the_output() -> None:
    document = ignoring(module(3, mapper={"a": "{{2.key}}", "b": "{{2.id}}"}))
    (finding,) = found("E04", document)
    assert (finding.path, finding.severity) == ("flow[1].onerror[0]", "info")
    assert finding.evidence == {"failed": 2, "readers": [3]}
    assert (
        finding.message
        == "When module 2 fails, nothing behind it runs, also not 3, which needs its output."
    )


def test_ignoring_a_failure_that_leaves_a_caller_without_answer_is_a_warning() -> None:
    respond = module(4, "gateway:WebhookRespond", mapper={"body": "{{2.key}}"})
    reader = module(3, mapper={"value": "{{2.key}}"})
    second = module(5, "gateway:WebhookRespond")
    (finding,) = found("E04", ignoring(reader, router(6, [respond], [second])))
    assert finding.severity == "warning"
    assert finding.message.endswith("3, 4, which need its output. The caller gets no answer.")


def test_a_caller_who_is_answered_otherwise_is_no_warning() -> None:
    own = module(8, "gateway:WebhookRespond")
    failing = handled(module(2, "jira:getIssue"), own, directive(9, "Ignore"))
    answer = module(3, "gateway:WebhookRespond", mapper={"body": "{{2.key}}"})
    (finding,) = found("E04", blueprint(hook(), failing, answer))
    assert finding.severity == "info"


def test_ignoring_what_nobody_needs_is_fine() -> None:
    assert not found("E04", ignoring(module(3, mapper={"value": "{{1.key}}"})))
    assert not found("E04", blueprint(hook(), directive(2, "Ignore")))
    told = module(8, mapper={"value": "{{2.error.message}}"})
    itself = module(2, filter={"conditions": [[{"a": "{{2.x}}", "o": "exist"}]]})
    failing = handled(itself, told, directive(9, "Ignore"))
    assert not found("E04", blueprint(hook(), failing))


def test_collecting_from_a_module_is_no_use_of_its_output() -> None:
    parameters: JsonObject = {"feeder": 2, "target": "2.items"}
    collecting = module(3, "builtin:BasicAggregator", parameters=parameters)
    assert not found("E04", ignoring(collecting))


# E05


def resuming(*rest: Module, **values: JsonValue) -> Blueprint:
    failing = handled(module(2, "jira:getIssue"), directive(9, "Resume", **values))
    return blueprint(hook(), failing, *rest)


def test_a_resume_gives_what_is_read_later() -> None:
    reader = module(
        3, mapper={"a": "{{2.key}}", "b": "{{2.`Due date`.day}}", "c": "{{2.items[1].id}}"}
    )
    (finding,) = found("E05", resuming(reader, key="none"))
    assert (finding.path, finding.severity) == ("flow[1].onerror[0].mapper", "warning")
    assert finding.evidence == {"fields": ["Due date", "items"], "readers": [3]}
    assert (
        finding.message
        == "There is no substitute for Due date, items, which 3 reads from module 2."
    )
    both = [module(3, mapper={"a": "{{2.key}}"}), module(4, mapper={"a": "{{2.id}}"})]
    assert found("E05", resuming(*both))[0].message.endswith("which 3, 4 read from module 2.")


def test_a_resume_that_gives_enough_is_fine() -> None:
    whole = module(3, mapper={"a": "{{toString(`2`)}}", "b": "{{2.key}}"})
    assert not found("E05", resuming(whole, key="none"))
    assert not found("E05", resuming(module(3)))
    assert not found("E05", blueprint(hook(), directive(2, "Resume")))


# E06, E07


@pytest.mark.parametrize("name", ["Rollback", "Commit"])
def test_without_transactions_there_is_nothing_to_take_back(name: str) -> None:
    document = blueprint(handled(module(1, "slack:CreateMessage"), directive(2, name)))
    (finding,) = found("E06", document)
    assert (finding.path, finding.severity) == ("flow[0].onerror[0]", "warning")
    assert finding.message == f"No module can take part in the {name}."


@pytest.mark.parametrize("name", ["datastore:AddRecord", "mysql:insertRow", "app#mine:do"])
def test_what_may_take_part_in_a_transaction_counts(name: str) -> None:
    document = blueprint(handled(module(1, name), directive(2, "Rollback")))
    assert not found("E06", document)
    assert not found("E06", blueprint(module(1)))


def rolling_back(*before: Module) -> Blueprint:
    return blueprint(*before, handled(module(8, "jira:createIssue"), directive(9, "Rollback")))


def test_a_rollback_takes_nothing_back_that_is_committed() -> None:
    document = rolling_back(module(1, "datastore:AddRecord"), module(2, "mysql:insertRow"))
    (finding,) = found("E07", document)
    assert (finding.path, finding.severity) == ("flow[2].onerror[0]", "warning")
    assert finding.evidence == {"modules": [2, 1]}
    after = mended("E07", document)
    assert value_at(after, "metadata", "scenario", "autoCommit") is False
    assert not found("E07", after)


def test_a_rollback_without_earlier_writes_is_fine() -> None:
    assert not found("E07", rolling_back(module(1, "datastore:GetRecord")))
    assert not found("E07", rolling_back(module(1, "slack:CreateMessage")))
    assert not found("E07", blueprint(module(1, "datastore:AddRecord"), directive(2, "Rollback")))


def test_commit_settings_that_are_missing_are_not_invented() -> None:
    document = rolling_back(module(1, "datastore:AddRecord"))
    del as_object(document["metadata"])["scenario"]
    assert not found("E07", document)[0].fixable


# E08


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("count", "0", "1"),
        ("count", 10_001, 10_000),
        ("count", -3, 1),
        ("interval", "44641", "44640"),
        ("interval", 0.5, 1),
        ("interval", "-1", "1"),
    ],
)
def test_the_numbers_of_a_break_are_held_to_their_bounds(
    name: str, value: JsonValue, right: JsonValue
) -> None:
    document = blueprint(handled(module(1), breaking(**{name: value})))
    (finding,) = found("E08", document)
    assert (finding.path, finding.severity) == (f"flow[0].onerror[0].mapper.{name}", "error")
    assert value_at(mended("E08", document), "flow", 0, "onerror", 0, "mapper", name) == right


def test_a_break_that_goes_on_for_months_is_a_warning() -> None:
    document = blueprint(handled(module(1), breaking(count="99", interval="1440")))
    (finding,) = found("E08", document)
    assert (finding.path, finding.severity) == ("flow[0].onerror[0].mapper", "warning")
    assert finding.message == "It may go on trying for 99 days."
    assert not finding.fixable


@pytest.mark.parametrize(
    "mapper",
    [
        {},
        {"count": "{{1.x}}", "interval": "often"},
        {"count": None, "interval": True},
        {"retry": False, "count": 0, "interval": 0},
        {"retry": "false", "count": 0},
        {"count": 2.5},
    ],
)
def test_a_break_within_its_bounds_is_fine(mapper: JsonObject) -> None:
    assert not found("E08", blueprint(handled(module(1), breaking(**mapper))))


# E09


def request(*, reads: str = "data", **more: JsonValue) -> Blueprint:
    flag: JsonObject = {"handleErrors": False}
    made = module(1, "http:ActionSendData", version=3, parameters=flag)
    return blueprint(having(made, **more), module(2, mapper={"value": f"{{{{1.{reads}}}}}"}))


def test_refused_requests_must_not_pass_unseen() -> None:
    (finding,) = found("E09", request())
    assert (finding.path, finding.severity) == ("flow[0].parameters.handleErrors", "info")
    assert not finding.fixable
    newer = module(1, "http:MakeRequest", version=4, mapper={"stopOnHttpError": "false"})
    assert places("E09", blueprint(newer)) == ["flow[0].mapper.stopOnHttpError"]


def test_a_handler_that_never_runs_is_a_warning() -> None:
    document = request(onerror=[directive(3, "Ignore")])
    (finding,) = found("E09", document)
    assert finding.severity == "warning"
    after = mended("E09", document)
    assert value_at(after, "flow", 0, "parameters", "handleErrors") is True


def test_requests_whose_status_is_read_or_whose_errors_count_are_fine() -> None:
    assert not found("E09", request(reads="statusCode"))
    whole = module(2, mapper={"value": "{{toString(`1`)}}"})
    assert not found("E09", blueprint(as_object(value_at(request(), "flow", 0)), whole))
    assert not found("E09", request(parameters={"handleErrors": True}))
    assert not found("E09", request(parameters={}))
    assert not found("E09", blueprint(module(1, "acme:do", parameters={"handleErrors": False})))


# E10, E11


def test_storage_settings_that_work_against_each_other() -> None:
    document = with_settings(blueprint(module(1)), dlq=True, dataloss=True, sequential=True)
    (losing,) = found("E10", document)
    assert (losing.path, losing.severity) == ("metadata.scenario.dataloss", "warning")
    (blocking,) = found("E11", document)
    assert (blocking.path, blocking.severity) == ("metadata.scenario.sequential", "warning")


@pytest.mark.parametrize("rule", ["E10", "E11"])
def test_each_storage_setting_alone_is_fine(rule: str) -> None:
    assert not found(rule, with_settings(blueprint(module(1)), dlq=True))
    assert not found(rule, with_settings(blueprint(module(1)), dataloss=True, sequential=True))


# E12, E13


@pytest.mark.parametrize(
    "made",
    [
        module(1, "jira:createIssue"),
        module(1, "http:MakeRequest", mapper={"method": "post", "headers": [{"name": "Accept"}]}),
        module(1, "datastore:AddRecord", mapper={"key": "", "data": {}}),
    ],
)
def test_a_repeated_creation_may_come_twice(made: Module) -> None:
    (finding,) = found("E12", blueprint(handled(made, breaking())))
    assert (finding.path, finding.severity) == ("flow[0].onerror[0]", "warning")


@pytest.mark.parametrize(
    "made",
    [
        handled(module(1, "jira:createIssue"), breaking(retry=False)),
        handled(module(1, "jira:createIssue"), directive(2, "Ignore")),
        handled(module(1, "jira:updateIssue"), breaking()),
        handled(module(1, "datastore:AddRecord", mapper={"key": "{{1.id}}"}), breaking()),
        handled(module(1, "acme:createOrder", mapper={"externalId": "{{1.id}}"}), breaking()),
        handled(module(1, "http:MakeRequest", mapper={"method": "put"}), breaking()),
        handled(module(1, "http:MakeRequest"), breaking()),
        handled(
            module(
                1,
                "http:MakeRequest",
                mapper={"method": "POST", "headers": [{"name": "Idempotency-Key"}]},
            ),
            breaking(),
        ),
        breaking(),
    ],
)
def test_what_is_not_repeated_or_knows_its_doubles_is_fine(made: Module) -> None:
    assert not found("E12", blueprint(made))


def test_a_trigger_needs_no_handler() -> None:
    for trigger in (hook(), module(1, "rss:TriggerNewArticle")):
        (finding,) = found("E13", blueprint(handled(trigger, directive(2, "Ignore"))))
        assert (finding.path, finding.severity) == ("flow[0].onerror", "info")
    assert not found("E13", blueprint(handled(module(1), directive(2, "Ignore"))))
    assert not found("E13", blueprint(hook()))
    assert not found("E13", blueprint())


# E14


@pytest.mark.parametrize(("limit", "runs"), [(1, "1 failed run."), ("10", "10 failed runs.")])
def test_an_unusual_error_limit_is_worth_knowing(limit: JsonValue, runs: str) -> None:
    (finding,) = found("E14", with_settings(blueprint(module(1)), maxErrors=limit))
    assert (finding.path, finding.severity) == ("metadata.scenario.maxErrors", "info")
    assert finding.message.endswith(runs)


def test_an_instant_scenario_does_not_count_its_errors() -> None:
    document = with_settings(blueprint(hook()), maxErrors=2)
    assert "first error" in found("E14", document)[0].message
    by_clock = Surroundings(scheduling={"type": "indefinitely"})
    assert not found("E14", document, by_clock)
    at_once = Surroundings(scheduling={"type": "immediately"})
    assert found("E14", document, at_once)


@pytest.mark.parametrize("limit", [3, "3", 2, None, "many"])
def test_a_usual_error_limit_is_fine(limit: JsonValue) -> None:
    assert not found("E14", with_settings(blueprint(module(1)), maxErrors=limit))


# E15


def route(number: int, **condition: JsonValue) -> list[Module]:
    return [module(number, filter={"conditions": [[having(TEST, **condition)]]})]


def test_bundles_that_no_route_takes_vanish() -> None:
    ways = router(2, route(3), route(4, b="old"))
    (finding,) = found("E15", blueprint(hook(), ways))
    assert (finding.path, finding.severity) == ("flow[1].routes", "info")
    assert found("E15", blueprint(hook(), router(2, route(3), route(4), else_=7)))
    two: JsonValue = [[TEST, TEST]]
    joined = [module(4, filter={"conditions": two})]
    assert found("E15", blueprint(hook(), router(2, route(3), joined)))


@pytest.mark.parametrize(
    "ways",
    [
        router(2, route(3), route(4), else_=1),
        router(2, route(3), [module(4)]),
        router(2, route(3), []),
        router(2, route(3)),
        router(2, route(3), route(4, o="text:notequal")),
        router(2, route(3, o="notexist"), route(4, b="x"), route(5, o="exist")),
        router(2, route(3, o="number:less"), route(4, o="number:greaterorequal")),
        router(2, route(3, o="text:contain:ci"), route(4, o="text:notcontain:ci")),
    ],
)
def test_routers_that_lose_nothing_are_fine(ways: Module) -> None:
    assert not found("E15", blueprint(hook(), ways))


# The pack


def test_fixes_leave_the_structure_sound() -> None:
    document = blueprint(
        module(1, "datastore:AddRecord"),
        handled(module(2, "jira:createIssue"), module(3), breaking(count="0")),
        handled(module(5, "jira:createIssue"), module(6)),
        handled(module(7, "jira:createIssue"), directive(8, "Rollback")),
    )
    outcome = mend(document, profile=Profile(frozenset({"E"})))
    assert {finding.rule for finding in outcome.done} == {"E01", "E02", "E07", "E08"}
    assert not errors(structure_problems(outcome.blueprint, list(walk(outcome.blueprint))))


def test_the_company_makes_no_mistakes_only_takes_risks(
    company_blueprints: list[Blueprint],
) -> None:
    profile = Profile(frozenset({"E"}))
    reports = {str(each["name"]): lint(each, profile=profile) for each in company_blueprints}
    assert not any(report.count("error") for report in reports.values())
    warnings = {
        (name, finding.rule)
        for name, report in reports.items()
        for finding in report.findings
        if finding.severity == "warning"
    }
    assert warnings == {
        ("SAL-09 Open deals for hot leads", "E12"),
        ("OPS-03 Copy orders to the ERP", "E12"),
        ("OPS-05 Order shipping labels", "E12"),
        ("OPS-14 Review access grants", "E12"),
    }
