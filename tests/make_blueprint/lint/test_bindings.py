"""Rules about connections, hooks, stores and other objects: B01–B13, B17, B18."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, as_object
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.lint.mending import mend
from make_blueprint.lint.surroundings import (
    Connection,
    DataStore,
    Hook,
    Named,
    OtherScenario,
    Surroundings,
)
from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, module
from tests.make_blueprint.lint.forms import field, formed
from tests.make_blueprint.lint.judging import found, mended, places, value_at

CALL = "scenario-service:CallSubscenario"
CONNECTION = field("__IMTCONN__", "account:google,google-restricted", required=True)


def app(number: int = 1, *, form: list[JsonValue] | None = None, **parameters: JsonValue) -> Module:
    """Make a module of some app."""
    return formed(module(number, "acme:createItem", parameters={**parameters}), parameters=form)


def labelled(made: Module, name: str, label: str, type_: str = "") -> Module:
    """Give a bound field the name that the editor saved."""
    state: JsonObject = {"label": label, "mode": "chose"}
    if type_:
        state["data"] = {"connection": type_}
    return formed(made, restore={"parameters": {name: state}})


# B01


@pytest.mark.parametrize("empty", [None, "", 0])
def test_a_required_connection_that_is_empty_is_an_error(empty: JsonValue) -> None:
    document = blueprint(app(form=[CONNECTION], __IMTCONN__=empty))
    (finding,) = found("B01", document)
    assert finding.path == "flow[0].parameters.__IMTCONN__"
    assert finding.severity == "error"
    assert finding.evidence == {"type": "google,google-restricted"}


def test_a_required_connection_that_is_missing_is_an_error() -> None:
    mapped = formed(module(1, "acme:do"), expect=[field("account", "account", required=True)])
    assert places("B01", blueprint(mapped)) == ["flow[0].mapper.account"]
    assert places("B01", blueprint(module(1, "ai-tools:Ask", version=2))) == [
        "flow[0].parameters.makeConnectionId"
    ]


def test_an_empty_connection_of_an_unknown_form_is_a_warning() -> None:
    (finding,) = found("B01", blueprint(app(__IMTCONN__=None)))
    assert finding.severity == "warning"


@pytest.mark.parametrize("value", [7, "7", "{{var.input.mailbox}}", "TAC_1"])
def test_a_connection_that_is_there_is_none_that_lacks(value: JsonValue) -> None:
    assert not found("B01", blueprint(app(form=[CONNECTION], __IMTCONN__=value)))
    assert not found("B01", blueprint(app(__IMTCONN__=value)))


def test_an_optional_connection_may_be_empty() -> None:
    optional = field("__IMTCONN__", "account:google")
    assert not found("B01", blueprint(app(form=[optional, "rpc://x"], __IMTCONN__=None)))
    assert not found(
        "B01", blueprint(module(1, "http:MakeRequest", parameters={"oAuthAccount": ""}))
    )


# B02


def team() -> Surroundings:
    return Surroundings(
        connections={11: Connection("Mail", "google"), 12: Connection("Chat", "slack")},
        hooks={21: Hook("Orders", "gateway-webhook"), 22: Hook("Taken", "gateway-webhook", 99)},
        keys={31: Named("Shop", "apikeyauth")},
        data_stores={41: DataStore("Leads"), 42: DataStore("Twin"), 43: DataStore("Twin")},
        data_structures={51: Named("Order")},
        scenarios={61: OtherScenario("Quote")},
        agents={"abc": Named("Helper")},
        devices={71: Named("Phone", "android")},
        scenario_id=60,
    )


@pytest.mark.parametrize(
    ("name", "key", "there", "gone"),
    [
        ("acme:do", "__IMTCONN__", 11, 99),
        ("gateway:CustomWebHook", "hook", "21", "98"),
        ("http:ActionSendDataAPIKeyAuth", "auth", 31, 97),
        ("datastore:GetRecord", "datastore", 41, 96),
        ("json:CreateJSON", "type", 51, 95),
        (CALL, "scenario", "SCN_61", "SCN_94"),
        (CALL, "scenario", 60, 93),
        ("acme:do", "device", 71, 92),
        ("ai-agent:RunAnAIAgent", "agent", "abc", "gone"),
    ],
)
def test_a_bound_object_must_be_in_the_team(
    name: str, key: str, there: JsonValue, gone: JsonValue
) -> None:
    assert not found("B02", blueprint(module(1, name, parameters={key: there})), team())
    document = blueprint(module(1, name, parameters={key: gone}))
    (finding,) = found("B02", document, team())
    assert finding.path == f"flow[0].parameters.{key}"
    assert not finding.fixable
    assert not found("B02", document)


@pytest.mark.parametrize("value", [None, "", 0, "{{var.input.x}}", "TAC_4", {"type": "create"}])
def test_what_is_no_id_is_not_looked_for(value: JsonValue) -> None:
    assert not found("B02", blueprint(app(__IMTCONN__=value)), team())
    agent = module(2, "ai-agent:RunAnAIAgent", mapper={"agent": "{{1.agent}}"})
    assert not found("B02", blueprint(agent), team())


def test_a_lost_object_is_replaced_by_its_namesake() -> None:
    document = blueprint(
        labelled(app(1, __IMTCONN__=99), "__IMTCONN__", "Mail", "google"),
        labelled(
            module(2, "datastore:GetRecord", parameters={"datastore": "98"}), "datastore", "Leads"
        ),
        labelled(module(3, CALL, parameters={"scenario": "SCN_97"}), "scenario", "Quote"),
    )
    (finding, *_) = found("B02", document, team())
    assert finding.message == "There is no connection 99 (Mail) in the team."
    assert finding.evidence["counterpart"] == 11
    after = mended("B02", document, team())
    assert value_at(after, "flow", 0, "parameters", "__IMTCONN__") == 11
    assert value_at(after, "flow", 1, "parameters", "datastore") == "41"
    assert value_at(after, "flow", 2, "parameters", "scenario") == "SCN_61"
    assert not found("B02", after, team())


def test_a_lost_agent_is_replaced_by_its_namesake() -> None:
    agent = module(1, "ai-agent:RunAnAIAgent", mapper={"agent": "old"})
    document = blueprint(formed(agent, restore={"expect": {"agent": {"label": "Helper"}}}))
    assert value_at(mended("B02", document, team()), "flow", 0, "mapper", "agent") == "abc"


@pytest.mark.parametrize(
    ("made", "name", "label", "type_"),
    [
        (app(__IMTCONN__=99), "__IMTCONN__", "Mail", "slack"),
        (app(__IMTCONN__=99), "__IMTCONN__", "Mail", ""),
        (app(__IMTCONN__=99), "__IMTCONN__", "Nobody", "google"),
        (module(1, "datastore:GetRecord", parameters={"datastore": 9}), "datastore", "Twin", ""),
        (module(1, "gateway:CustomWebHook", parameters={"hook": 9}), "hook", "Taken", ""),
    ],
)
def test_a_doubtful_namesake_is_not_taken(made: Module, name: str, label: str, type_: str) -> None:
    (finding,) = found("B02", blueprint(labelled(made, name, label, type_)), team())
    assert not finding.fixable


def test_a_hook_is_replaced_by_its_free_namesake() -> None:
    form: list[JsonValue] = [field("hook", "hook:gateway-webhook", required=True)]
    made = formed(module(1, "gateway:CustomWebHook", parameters={"hook": 9}), parameters=form)
    document = blueprint(labelled(made, "hook", "Orders"))
    assert value_at(mended("B02", document, team()), "flow", 0, "parameters", "hook") == 21


# B03, B04


def test_a_connection_must_be_of_a_type_the_module_takes() -> None:
    (finding,) = found("B03", blueprint(app(form=[CONNECTION], __IMTCONN__=12)), team())
    assert finding.path == "flow[0].parameters.__IMTCONN__"
    assert finding.message == "Connection 12 is of type slack, not google or google-restricted."
    mapped = formed(module(1, "acme:do", mapper={"c": 12}), expect=[field("c", "account:google")])
    assert places("B03", blueprint(mapped), team()) == ["flow[0].mapper.c"]


def test_connection_types_that_are_not_known_are_not_compared() -> None:
    document = blueprint(app(form=[CONNECTION], __IMTCONN__=11))
    assert not found("B03", document, team())
    assert not found("B03", document, Surroundings(connections={11: Connection("Mail")}))
    assert not found("B03", document, Surroundings(connections={}))
    assert not found("B03", blueprint(app(__IMTCONN__=12)), team())
    any_type = field("__IMTCONN__", "account")
    assert not found("B03", blueprint(app(form=[any_type], __IMTCONN__=12)), team())


def test_a_connection_must_have_the_scopes_the_module_needs() -> None:
    document = blueprint(app(__IMTCONN__=11))
    needed = {"acme:createItem": ("write", "read")}

    def granted(*scopes: str) -> Surroundings:
        return Surroundings(connections={11: Connection(scopes=scopes)}, module_scopes=needed)

    (finding,) = found("B04", document, granted("read"))
    assert (finding.severity, finding.message) == ("warning", "Connection 11 lacks write.")
    assert not found("B04", document, granted("read", "write"))
    assert not found("B04", document, Surroundings(connections={}, module_scopes=needed))
    unknown = Surroundings(connections={11: Connection()}, module_scopes=needed)
    assert not found("B04", document, unknown)
    assert not found(
        "B04", document, Surroundings(connections={11: Connection(scopes=())}, module_scopes={})
    )


# B05, B06, B07


def test_a_webhook_module_needs_a_webhook() -> None:
    (finding,) = found("B05", blueprint(module(1, "gateway:CustomWebHook")))
    assert (finding.path, finding.severity) == ("flow[0].parameters.hook", "error")
    instant = field("__IMTHOOK__", "hook:acme", required=True)
    assert places("B05", blueprint(app(form=[instant]))) == ["flow[0].parameters.__IMTHOOK__"]
    (finding,) = found("B05", blueprint(app(__IMTHOOK__="")))
    assert finding.severity == "warning"


def test_a_module_with_its_webhook_lacks_none() -> None:
    assert not found("B05", blueprint(module(1, "gateway:CustomWebHook", parameters={"hook": 3})))
    assert not found("B05", blueprint(app(__IMTHOOK__=3)))
    assert not found("B05", blueprint(app()))


def test_a_webhook_serves_one_module() -> None:
    hooked = [
        module(n, "gateway:CustomWebHook", parameters={"hook": h}) for n, h in ((1, 7), (2, "7"))
    ]
    (finding,) = found("B06", blueprint(*hooked))
    assert finding.path == "flow[1].parameters.hook"
    assert finding.evidence == {"hook": 7, "module": 1}


def test_a_webhook_serves_one_scenario() -> None:
    document = blueprint(module(1, "gateway:CustomWebHook", parameters={"hook": 7}))
    hooks = {7: Hook("Orders", scenario_id=5)}
    (finding,) = found("B06", document, Surroundings(hooks=hooks, scenario_id=6))
    assert finding.message == "Webhook 7 belongs to scenario 5."
    assert not found("B06", document, Surroundings(hooks=hooks, scenario_id=5))
    assert not found("B06", document, Surroundings(hooks=hooks))
    assert not found("B06", document, Surroundings(hooks={7: Hook()}, scenario_id=6))
    assert not found("B06", document, Surroundings(hooks={}, scenario_id=6))


def test_a_webhook_to_be_made_is_no_webhook() -> None:
    document = blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": {"type": "create"}})
    )
    assert places("B07", document) == ["flow[0].parameters.hook"]
    assert not found("B05", document)
    assert value_at(mended("B07", document), "flow", 0, "parameters") == {}


def test_an_object_that_says_more_is_not_thrown_away() -> None:
    hook: JsonObject = {"type": "create", "name": "Orders"}
    (finding,) = found("B07", blueprint(app(__IMTHOOK__=hook)))
    assert not finding.fixable
    assert [each.message for each in found("B07", blueprint(app(__IMTHOOK__={})))] == [
        "`__IMTHOOK__` is an object with nothing in it."
    ]
    assert not found("B07", blueprint(app(__IMTHOOK__=7, __IMTCONN__={"type": "create"})))


# B08, B09


def test_a_connection_gets_its_label_back() -> None:
    document = blueprint(app(__IMTCONN__="11"))
    assert places("B08", document) == ["flow[0].parameters.__IMTCONN__"]
    assert not found("B08", document)[0].fixable
    after = mended("B08", document, team())
    assert value_at(after, "flow", 0, "metadata", "restore", "parameters", "__IMTCONN__") == {
        "label": "Mail",
        "data": {"connection": "google"},
    }
    assert not found("B08", after, team())


def test_a_label_is_written_where_the_field_stands_and_nothing_is_lost() -> None:
    made = formed(module(1, "acme:do", mapper={"c": 11}), expect=[field("c", "account:google")])
    formed(made, restore={"expect": {"c": {"mode": "edit", "data": {"connection": "kept"}}}})
    after = mended("B08", blueprint(made), team())
    assert value_at(after, "flow", 0, "metadata", "restore", "expect", "c") == {
        "mode": "edit",
        "data": {"connection": "kept"},
        "label": "Mail",
    }
    untyped = Surroundings(connections={11: Connection("Mail")})
    after = mended("B08", blueprint(app(__IMTCONN__=11)), untyped)
    state = value_at(after, "flow", 0, "metadata", "restore", "parameters", "__IMTCONN__")
    assert state == {"label": "Mail"}


def test_a_label_has_no_place_where_something_else_stands() -> None:
    made = app(__IMTCONN__=11)
    as_object(made["metadata"])["restore"] = "odd"
    (finding,) = found("B08", blueprint(made), team())
    assert not finding.fixable
    odd = formed(app(__IMTCONN__=11), restore={"parameters": {"__IMTCONN__": {"data": {}}}})
    assert found("B08", blueprint(odd), team())[0].fixable
    assert not found("B08", blueprint(labelled(app(__IMTCONN__=11), "__IMTCONN__", "Mail")))


def aggregated(feeder: JsonValue = 1) -> Blueprint:
    iterator = module(1, "builtin:BasicFeeder", mapper={"array": "{{1.x}}"})
    return blueprint(iterator, module(2, "builtin:BasicAggregator", parameters={"feeder": feeder}))


def test_an_aggregator_gets_the_name_of_its_source() -> None:
    assert places("B09", aggregated()) == ["flow[1].parameters.feeder"]
    after = mended("B09", aggregated())
    label = value_at(after, "flow", 1, "metadata", "restore", "extra", "feeder", "label")
    assert label == "Iterator [1]"
    assert not found("B09", after)
    named = aggregated()
    designer = as_object(value_at(named, "flow", 0, "metadata", "designer"))
    designer["name"] = "Lines"
    state = value_at(mended("B09", named), "flow", 1, "metadata", "restore", "extra", "feeder")
    assert state == {"label": "Lines [1]"}


def test_a_source_that_does_not_exist_gets_no_name() -> None:
    (finding,) = found("B09", aggregated(9))
    assert not finding.fixable
    assert not found("B09", aggregated(None))
    assert not found("B09", blueprint(app(feeder=1)))


# B10, B11


def calling(scenario: JsonValue = "SCN_5", **mapper: JsonValue) -> Blueprint:
    return blueprint(
        module(1, CALL, parameters={"scenario": scenario}, mapper={**mapper}, version=2)
    )


def callee(*, active: bool = True, on_demand: bool = True) -> Surroundings:
    inputs = {"email": True, "note": False}
    return Surroundings(scenarios={5: OtherScenario("Quote", active, on_demand, inputs)})


def test_a_called_scenario_must_be_on_and_on_demand() -> None:
    (finding,) = found("B10", calling(), callee(active=False, on_demand=False))
    assert finding.path == "flow[0].parameters.scenario"
    assert finding.message == "Scenario 5 (Quote) is switched off and is not scheduled on demand."
    assert not found("B10", calling(), callee())
    assert not found("B10", calling(6), callee(active=False))
    assert not found("B10", calling("{{1.id}}"), callee(active=False))


@pytest.mark.parametrize(
    ("mapper", "place", "undeclared", "missing"),
    [
        ({"data": {"email": "a@example.com", "nota": 1}}, "flow[0].mapper.data", ["nota"], []),
        ({"data": {"note": "x"}}, "flow[0].mapper.data", [], ["email"]),
        ({"data": {"email": ""}}, "flow[0].mapper.data", [], ["email"]),
        ({"mail": "x", "shouldWaitForExecutionEnd": True}, "flow[0].mapper", ["mail"], ["email"]),
    ],
)
def test_a_call_passes_what_the_scenario_declares(
    mapper: JsonObject, place: str, undeclared: list[str], missing: list[str]
) -> None:
    (finding,) = found("B11", calling(**mapper), callee())
    assert finding.path == place
    assert finding.evidence == {"scenario": 5, "undeclared": undeclared, "missing": missing}


@pytest.mark.parametrize(
    "mapper", [{"data": {"email": "{{1.x}}"}}, {"data": "{{1.all}}"}, {"email": 1, "note": 2}]
)
def test_a_call_that_fits_is_left_alone(mapper: JsonObject) -> None:
    assert not found("B11", calling(**mapper), callee())


def test_inputs_that_are_not_known_or_ambiguous_are_not_judged() -> None:
    document = calling(data={"x": 1})
    assert not found("B11", document, Surroundings(scenarios={5: OtherScenario()}))
    ambiguous = Surroundings(scenarios={5: OtherScenario(inputs={"data": True, "y": True})})
    assert not found("B11", document, ambiguous)


# B12, B13


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("YOUR_API_KEY", "YOUR_API_KEY"),
        ("Bearer YOUR-ACCESS-TOKEN", "YOUR-ACCESS-TOKEN"),
        ("https://YOUR_DOMAIN.example.com/x", "YOUR_DOMAIN"),
        ("REPLACE_ME", "REPLACE_ME"),
        ("REPLACE_WITH_SHEET", "REPLACE_WITH_SHEET"),
        ("INSERT_TOKEN_HERE", "INSERT_TOKEN_HERE"),
        ("https://api.example.com/<TEAM_ID>/x", "<TEAM_ID>"),
        ("{{SLACK_CONNECTION_ID}}", "{{SLACK_CONNECTION_ID}}"),
    ],
)
def test_what_was_to_be_filled_in_is_found(text: str, left: str) -> None:
    document = blueprint(module(1, "acme:do", mapper={"a": [{"b": text}]}))
    (finding,) = found("B12", document)
    assert finding.path == "flow[0].mapper.a[0].b"
    assert finding.message == f"{left} stands where a value belongs."
    assert finding.severity == "warning"


def test_an_object_that_was_to_be_filled_in_is_named() -> None:
    (finding,) = found("B12", blueprint(app(__IMTCONN__="YOUR_CONNECTION_ID")))
    assert finding.message == "YOUR_CONNECTION_ID stands where the connection belongs."


@pytest.mark.parametrize(
    "text",
    [
        "Your API key is safe",
        "YOUR_TASK: answer",
        "<ORDER_ID>12</ORDER_ID>",
        "Answer with <ORDER_ID> only",
        "<div>",
        "{{1.API_KEY}}",
        "{{now}}",
        "your_id",
    ],
)
def test_ordinary_text_is_not_taken_for_one_to_fill_in(text: str) -> None:
    assert not found("B12", blueprint(module(1, "acme:do", mapper={"a": text})))


def live(**wanted: str) -> Surroundings:
    return Surroundings(environment=dict(wanted))


def test_a_value_of_another_environment_is_replaced() -> None:
    document = blueprint(
        module(
            1, "google-sheets:addRow", parameters={"sheetId": 4}, mapper={"spreadsheetId": "/test"}
        )
    )
    wanted = Surroundings(
        environment={"spreadsheetId": "/live", "google-sheets.sheetId": "5", "x": "y"}
    )
    assert places("B13", document, wanted) == [
        "flow[0].parameters.sheetId",
        "flow[0].mapper.spreadsheetId",
    ]
    after = mended("B13", document, wanted)
    assert value_at(after, "flow", 0, "parameters", "sheetId") == 5
    assert value_at(after, "flow", 0, "mapper", "spreadsheetId") == "/live"
    assert not found("B13", after, wanted)


@pytest.mark.parametrize("value", ["live", "/live", "{{1.sheet}}", "", True, None, ["test"]])
def test_a_value_of_the_same_environment_is_left_alone(value: JsonValue) -> None:
    document = blueprint(module(1, "acme:do", mapper={"sheet": value}))
    assert not found("B13", document, live(sheet="live"))


def test_a_path_is_not_replaced_by_an_id() -> None:
    document = blueprint(module(1, "acme:do", mapper={"folder": "/a/b"}))
    assert not found("B13", document, live(folder="c"))[0].fixable


# B17, B18


def test_a_variable_needs_a_scope() -> None:
    document = blueprint(module(1, "util:SetVariable2", mapper={"name": "x", "value": "1"}))
    assert places("B17", document) == ["flow[0].mapper.scope"]
    assert value_at(mended("B17", document), "flow", 0, "mapper", "scope") == "roundtrip"
    without = module(1, "util:SetVariable2") | {"mapper": None}
    assert not found("B17", blueprint(without))[0].fixable
    fine = module(1, "util:SetVariable2", mapper={"name": "x", "scope": "execution"})
    assert not found("B17", blueprint(fine))


def test_a_call_names_its_scenario_as_the_editor_does() -> None:
    (finding,) = found("B18", calling(5))
    assert finding.path == "flow[0].parameters.scenario"
    assert finding.remedy == "Write `SCN_5`."
    assert not found("B18", calling())
    assert not found("B18", calling("{{1.id}}"))


def test_a_call_says_once_whether_it_waits() -> None:
    parameters: JsonObject = {"scenario": "SCN_5", "shouldWaitForExecutionEnd": True}

    def document(waits: bool) -> Blueprint:
        mapper: JsonObject = {"shouldWaitForExecutionEnd": waits}
        return blueprint(module(1, CALL, parameters=parameters, mapper=mapper, version=2))

    assert places("B18", document(False)) == ["flow[0].mapper.shouldWaitForExecutionEnd"]
    assert not found("B18", document(True))


# The pack


def test_fixes_leave_the_structure_sound() -> None:
    document = aggregated()
    outcome = mend(document, team(), Profile(frozenset({"B"})))
    assert not errors(structure_problems(outcome.blueprint, list(walk(outcome.blueprint))))


def test_the_company_has_no_faulty_bindings(company_blueprints: list[Blueprint]) -> None:
    profile = Profile(frozenset({"B"}), frozenset({"B14", "B15", "B16"}))
    assert [lint(each, profile=profile).findings for each in company_blueprints] == [
        [] for _ in company_blueprints
    ]
