"""Rules about what makes a scenario hard to understand and to change: M01–M12."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, as_object
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.lint.surroundings import Surroundings

from tests.make_blueprint.generate import blueprint, branch, if_else, module, router
from tests.make_blueprint.lint.judging import found, having, mended, places, value_at

HOOK = module(1, "gateway:CustomWebHook", parameters={"hook": 7})


def send(number: int, text: str = "Hello", **mapper: JsonValue) -> Module:
    return module(number, "slack:CreateMessage", version=4, mapper={"text": text, **mapper})


def get(number: int, url: str = "https://a.example") -> Module:
    fields: JsonObject = {"url": url, "method": "get"}
    return module(number, "http:MakeRequest", version=4, mapper=fields)


def labelled(made: Module, name: str) -> Module:
    as_object(value_at(made, "metadata", "designer"))["name"] = name
    return made


def only_if(made: Module, *groups: list[JsonValue], **members: JsonValue) -> Module:
    return having(made, filter={**members, "conditions": list(groups)})


# M01


@pytest.mark.parametrize(
    "name",
    [
        "New scenario",
        "New scenario 2",
        "Integration Webhooks",
        "Integration Webhooks, Slack (copy)",
        "Integration Slack, Webhooks",
        "Empty integration",
    ],
)
def test_a_default_name_is_told(name: str) -> None:
    (finding,) = found("M01", blueprint(HOOK, send(2), name=name))
    assert (finding.path, finding.severity) == ("name", "info")


@pytest.mark.parametrize(
    "name", ["Orders to ledger", "Integration tests, nightly", "New scenarios"]
)
def test_a_name_of_its_own_is_fine(name: str) -> None:
    assert places("M01", blueprint(HOOK, send(2), name=name)) == []


def test_a_missing_name_is_none_of_the_default_ones() -> None:
    assert places("M01", {"flow": [HOOK], "name": None}) == []


# M02


def test_modules_without_labels_are_told_from_three_on() -> None:
    document = blueprint(HOOK, send(2), send(3), router(4, [send(5)], [get(6), get(7)]))
    (finding,) = found("M02", document)
    assert (finding.path, finding.severity) == ("flow[1]", "info")
    assert finding.evidence == {"module": "slack:CreateMessage", "modules": [2, 3, 5]}


def test_labelled_and_built_in_modules_are_fine() -> None:
    ends: list[JsonValue] = [module(number, "builtin:Ignore") for number in (5, 6, 7)]
    assert places("M02", blueprint(HOOK, send(2), labelled(send(3), "Tell"), send(4), *ends)) == []


# M03


def test_an_unnamed_filter_is_told_and_named() -> None:
    paid: JsonObject = {"a": "{{1.order.status}}", "o": "text:equal", "b": "paid"}
    mail: JsonObject = {"a": "{{ 1.`E mail` }}", "o": "exist"}
    more: JsonObject = {"a": "{{1.n}}", "o": "number:less", "b": "5"}
    document = blueprint(HOOK, only_if(send(2), [paid, mail], [more]))
    (finding,) = found("M03", document)
    assert (finding.path, finding.severity) == ("flow[1].filter.name", "info")
    document = mended("M03", document)
    name = value_at(document, "flow", 1, "filter", "name")
    assert name == "status equals paid and E mail exists or n is less than 5"
    assert list(as_object(value_at(document, "flow", 1, "filter"))) == ["name", "conditions"]


@pytest.mark.parametrize(
    "condition",
    [
        {"a": "{{lower(1.name)}}", "o": "text:equal", "b": "x"},
        {"a": "{{1.name}}", "o": "text:equal", "b": "{{1.a}} {{1.b}}"},
        {"a": "{{1.name}}", "o": "text:resembles", "b": "x"},
        {"a": "{{1.name}}", "o": 7, "b": "x"},
        {"a": "{{`1`}}", "o": "exist"},
        {"a": "{{1.name}}", "o": "text:equal"},
        {"a": "{{1.api_key}}", "o": "text:equal", "b": "letmein"},
        {"a": "{{1.name}}", "o": "text:equal", "b": "x" * 80},
        None,
    ],
)
def test_a_filter_that_has_no_short_name_is_left_to_a_person(condition: JsonValue) -> None:
    (finding,) = found("M03", blueprint(HOOK, only_if(send(2), [condition])))
    assert not finding.fixable


def test_a_named_or_empty_filter_is_fine() -> None:
    test: JsonObject = {"a": "{{1.name}}", "o": "exist"}
    assert places("M03", blueprint(HOOK, only_if(send(2), [test], name="Named"), send(3))) == []
    assert places("M03", blueprint(HOOK, only_if(send(2)))) == []


# M04, M05, M06


def test_modules_with_a_successor_are_told() -> None:
    document = blueprint(
        module(1, "http:ActionSendData", version=3),
        module(2, "util:SetVariable"),
        module(3, "ai-agent:RunAnAIAgent", version=0),
        get(4),
        module(5, "util:SetVariable2"),
    )
    findings = found("M04", document)
    assert [finding.path for finding in findings] == ["flow[0]", "flow[1]", "flow[2]"]
    assert {finding.severity for finding in findings} == {"info"}


def test_a_large_scenario_without_notes_is_told() -> None:
    flow: list[JsonValue] = [HOOK, *(module(number) for number in range(2, 17))]
    (finding,) = found("M05", blueprint(*flow))
    assert (finding.path, finding.severity) == ("metadata.notes", "info")
    assert finding.evidence == {"modules": 16}
    noted = blueprint(*flow)
    as_object(noted["metadata"])["notes"] = [{"moduleIds": [1], "content": "<p>Why</p>"}]
    assert places("M05", noted) == []
    assert places("M05", blueprint(*flow[:15])) == []


def test_an_error_that_the_editor_saved_is_found() -> None:
    made = send(2)
    messages: JsonValue = [
        {"category": "share", "severity": "warning", "message": "Shared"},
        {"category": "setup", "severity": "error", "message": "Not set up."},
        "?",
    ]
    as_object(value_at(made, "metadata", "designer"))["messages"] = messages
    (finding,) = found("M06", blueprint(HOOK, made, send(3)))
    assert (finding.path, finding.severity) == ("flow[1].metadata.designer.messages[1]", "warning")
    assert finding.message == "The editor says: Not set up."


# M07, M08


def setter(number: int, *names: str) -> Module:
    rows: JsonValue = [{"name": name, "value": "x"} for name in names]
    return module(number, "util:SetVariables", mapper={"variables": rows, "scope": "roundtrip"})


def parse(number: int, source: str = "{{1.value}}") -> Module:
    return module(number, "json:ParseJSON", mapper={"json": source})


def test_results_that_nothing_reads_are_told() -> None:
    read = module(5, "util:GetVariables", mapper={"variables": ["b", {"name": "c"}, 7]})
    document = blueprint(HOOK, setter(2, "a"), parse(3), setter(4, "b"), read, module(6), send(7))
    findings = found("M07", document)
    assert [finding.path for finding in findings] == ["flow[1]", "flow[2]", "flow[5]"]
    assert {finding.severity for finding in findings} == {"info"}


@pytest.mark.parametrize(
    "flow",
    [
        [HOOK, setter(2, "a"), send(3, "{{2.a}}")],
        [HOOK, setter(2, "a"), module(3, "util:GetVariable2", mapper={"name": "a"})],
        [HOOK, setter(2, "a"), module(3, "util:GetVariable2", mapper={"name": "{{1.n}}"})],
        [HOOK, setter(2, "{{1.name}}"), send(3)],
        [HOOK, having(parse(2), onerror=[send(3)]), send(4)],
        [HOOK, parse(2), send(3, "{{2.id}}")],
        [HOOK, having(send(2), tools=[{"name": "a", "flow": [setter(3, "a")]}])],
    ],
)
def test_results_that_are_read_are_fine(flow: list[JsonValue]) -> None:
    assert places("M07", blueprint(*flow)) == []


def test_a_transformer_at_the_end_is_told() -> None:
    document = blueprint(HOOK, router(2, [send(3), module(4)], [parse(5), send(6, "{{5.a}}")]))
    (finding,) = found("M08", document)
    assert (finding.path, finding.severity) == ("flow[1].routes[0].flow[1]", "info")
    assert places("M07", document) == []


def test_a_transformer_whose_result_goes_on_is_fine() -> None:
    handled = having(send(2), onerror=[module(3)])
    choice = if_else(4, branch(module(5), test={"a": "{{1.a}}", "o": "exist"}))
    assert places("M08", blueprint(HOOK, module(6), handled, choice)) == []


# M09


def test_another_zone_is_told_and_taken_out() -> None:
    document = blueprint(HOOK)
    as_object(document["metadata"])["zone"] = "eu1.make.com"
    here = Surroundings(zone="us1.make.com")
    (finding,) = found("M09", document, here)
    assert (finding.path, finding.severity) == ("metadata.zone", "info")
    assert "zone" not in as_object(mended("M09", document, here)["metadata"])
    assert found("M09", document, Surroundings(zone="eu1.make.com")) == []
    assert found("M09", blueprint(HOOK), here) == []


# M10


def test_the_same_module_twice_on_a_path_is_told() -> None:
    document = blueprint(HOOK, send(2), router(3, [send(4)], [send(5, "Bye")]))
    (finding,) = found("M10", document)
    assert (finding.path, finding.severity) == ("flow[2].routes[0].flow[0]", "info")
    assert finding.evidence == {"twin": 2}
    assert places("M10", blueprint(HOOK, get(2), module(3), get(4))) == ["flow[3]"]


@pytest.mark.parametrize(
    "flow",
    [
        [HOOK, router(2, [send(3)], [send(4)])],
        [HOOK, send(2, to=["a"]), send(3, to=["b"])],
        [HOOK, get(2), module(3, "util:FunctionSleep"), get(4)],
        [
            HOOK,
            get(2),
            having(get(3), mapper={"url": "https://a.example", "method": "put"}),
            get(4),
        ],
        [HOOK, module(2, mapper={"value": "x"}), module(3, mapper={"value": "x"})],
        [HOOK, having(send(2), mapper=["x"]), having(send(3), mapper=["x"])],
    ],
)
def test_modules_that_differ_or_run_apart_are_fine(flow: list[JsonValue]) -> None:
    assert places("M10", blueprint(*flow)) == []


# M11


def test_an_id_in_three_modules_is_told() -> None:
    sheet = "1aBcD2eFgHiJkLmN"
    rows = [send(number, channel="C024BE91L", sheetId=sheet) for number in (2, 3, 4)]
    first, second = found("M11", blueprint(HOOK, *rows))
    assert (first.path, first.severity) == ("flow[1].mapper.channel", "info")
    assert first.evidence == {"value": "C024BE91L", "modules": [2, 3, 4]}
    assert second.path == "flow[1].mapper.sheetId"


def test_names_expressions_and_rare_ids_are_fine() -> None:
    rows = [send(number, channel="announcements", folderId="{{1.id}}") for number in (2, 3, 4)]
    assert places("M11", blueprint(HOOK, *rows)) == []
    rows = [send(number, channel="C024BE91L", text2="1aBcD2eFgHiJkLmN") for number in (2, 3)]
    assert places("M11", blueprint(HOOK, *rows)) == []
    rows = [send(number, note="1aBcD2eFgHiJkLmN", valueId=7) for number in (2, 3, 4)]
    assert places("M11", blueprint(HOOK, *rows)) == []


# M12


def test_a_branch_that_is_switched_off_is_told() -> None:
    test: JsonObject = {"a": "{{1.a}}", "o": "exist"}
    off = having(branch(send(3), test=test, merge=False), disabled=True)
    document = blueprint(HOOK, if_else(2, off, branch(send(4), merge=False)))
    (finding,) = found("M12", document)
    assert (finding.path, finding.severity) == ("flow[1].branches[0]", "info")
    assert not finding.fixable
    assert places("M12", blueprint(HOOK, if_else(2, branch(send(4))))) == []


def test_the_company_keeps_its_scenarios_in_order(company_blueprints: list[Blueprint]) -> None:
    here = Surroundings(zone="eu1.make.com")
    told = [
        finding.rule
        for document in company_blueprints
        for finding in lint(document, here, Profile(frozenset({"M"}))).findings
    ]
    assert told == ["M02"]
