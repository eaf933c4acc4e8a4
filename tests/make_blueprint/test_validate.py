import pytest
from hypothesis import given
from make_blueprint.catalogue import known_modules, nearest_module
from make_blueprint.document import Blueprint, JsonObject, JsonValue, clone, dump
from make_blueprint.repair import repair
from make_blueprint.validate import Problem, validate

from tests.make_blueprint.generate import (
    blueprint,
    blueprints,
    branch,
    chain,
    few,
    if_else,
    merge,
    module,
    router,
)

EXIST: JsonObject = {"a": "{{1.kind}}", "o": "exist"}


def codes(document: Blueprint, severity: str = "error") -> list[str]:
    return [problem.code for problem in validate(document) if problem.severity == severity]


def only(document: Blueprint, code: str) -> Problem:
    found = [problem for problem in validate(document) if problem.code == code]
    assert len(found) == 1
    return found[0]


def exported_aggregator() -> JsonObject:
    """An array aggregator with all that the editor saves for itself."""
    return {
        "id": 4,
        "module": "builtin:BasicAggregator",
        "version": 1,
        "parameters": {"feeder": 2, "target": "6.attendees"},
        "mapper": {"email": "{{3.email}}"},
        "flags": {"groupBy": "{{2.team}}", "stopIfEmpty": False},
        "metadata": {
            "designer": {"x": 900, "y": 0, "messages": [{"category": "last"}]},
            "restore": {
                "extra": {"feeder": {"label": "Guests [2]"}, "target": {"label": "Attendees"}},
                "flags": {"groupBy": {"collapsed": True}},
            },
            "expect": [{"name": "email", "type": "email", "label": "E-mail", "required": True}],
            "parameters": [{"name": "feeder", "type": "hidden"}],
            "advanced": True,
        },
    }


def test_what_genuine_exports_hold_is_no_error() -> None:
    slot: JsonValue = {
        "id": None,
        "module": "placeholder:Placeholder",
        "metadata": {"designer": {"x": 0, "y": 0}},
    }
    nested = if_else(20, branch(module(21), merge=False, test=EXIST), branch(slot, merge=False))
    agent = module(5, "ai-agent:RunAnAIAgent", version=0, tools=[{"flow": [module(30)]}])
    inner = router(7, [module(8)], [module(9, filter={"name": "Else", "conditions": []})], else_=1)
    inner["filter"] = {"name": "Only if", "conditions": [[EXIST]]}
    document = blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 9, "maxResults": 1}),
        module(2, "builtin:BasicFeeder", mapper={"array": "{{1.guests}}"}),
        module(3, "app#acme-crm:findPerson", version=3, mapper={"max": "300", "none": None}),
        exported_aggregator(),
        agent,
        module(6, "google-calendar:createAnEvent", version=5, filter=None),
        router(
            10,
            [inner],
            [if_else(11, branch(nested, test=EXIST), branch(module(22))), merge(12)],
            [module(13, onerror=[module(14, "builtin:Resume") | {"mapper": None}])],
        ),
    )
    document["metadata"] = {
        "version": 1,
        "instant": True,
        "zone": "eu2.make.com",
        "scenario": {"slots": None},
        "designer": {"orphans": [[module(40, mapper={"x": "{{1.a}}"})], module(41)]},
        "notes": [{"moduleIds": [3], "content": "<p>Hi</p>", "isFilterNote": False}],
    }
    assert codes(document) == []


@given(blueprints())
@few
def test_a_generated_sound_blueprint_has_no_error(document: Blueprint) -> None:
    assert codes(document) == []


def test_all_faults_come_at_once_errors_first() -> None:
    document: Blueprint = {
        "name": "",
        "flow": [
            {"id": 1, "module": "http:MakeRequest", "version": 1, "metadata": {}},
            {"id": 1, "module": "nonsense", "mapper": {"a": "{{9.x}} {{now(}}"}},
            "text",
        ],
    }
    found = validate(document)
    assert {problem.code for problem in found} == {
        "bad-name",
        "no-metadata",
        "unknown-version",
        "no-layout",
        "duplicate-id",
        "bad-module-name",
        "no-version",
        "broken-reference",
        "bad-expression",
        "bad-module",
    }
    severities = [problem.severity for problem in found]
    assert severities == sorted(severities)


@pytest.mark.parametrize("flow", [None, [], "x", {}])
def test_a_flow_without_modules_is_an_error(flow: JsonValue) -> None:
    assert codes(blueprint() | {"flow": flow}) == ["empty-flow"]


@pytest.mark.parametrize("value", [None, 0, -1, "2", 1.5, True])
def test_an_id_is_a_positive_whole_number(value: JsonValue) -> None:
    problem = only(blueprint(module(1), module(2) | {"id": value}), "bad-id")
    assert problem.path == "flow[1].id"


def test_duplicate_ids_are_found_across_routes_handlers_and_orphans() -> None:
    document = blueprint(module(1), router(2, [module(3, onerror=[module(1)])]))
    document["metadata"] = {
        "version": 1,
        "scenario": {},
        "designer": {"orphans": [[module(3)]]},
    }
    found = [problem for problem in validate(document) if problem.code == "duplicate-id"]
    assert [problem.path for problem in found] == [
        "flow[1].routes[0].flow[0].onerror[0].id",
        "metadata.designer.orphans[0][0].id",
    ]


@pytest.mark.parametrize(
    ("flow", "code", "path"),
    [
        ([router(1)], "no-routes", "flow[0].routes"),
        ([router(1, [])], "empty-route", "flow[0].routes[0]"),
        ([router(1, [module(2)]), module(3)], "router-not-last", "flow[0]"),
        ([router(1, [module(2)], else_=1)], "no-such-route", "flow[0].parameters.else"),
        ([router(1, [module(2)]) | {"mapper": {"a": 1}}], "mapper-not-allowed", "flow[0].mapper"),
        ([if_else(1)], "no-branches", "flow[0].branches"),
        ([if_else(1, branch(module(2), test=EXIST))], "merge-missing", "flow[0]"),
        ([module(1), merge(2)], "merge-alone", "flow[1]"),
        (
            [if_else(1, branch(module(2))), merge(3, {"name": "x", "mappings": []})],
            "merge-count",
            "flow[1].outputs[0].mappings",
        ),
        (
            [if_else(1, branch(module(2), merge=False), branch(module(3), merge=False))],
            "many-else",
            "flow[0].branches",
        ),
        ([module(1, "util:TextAggregator")], "no-feeder", "flow[0].parameters.feeder"),
        (
            [module(1), module(2, "util:TextAggregator", parameters={"feeder": 3}), module(3)],
            "bad-feeder",
            "flow[1].parameters.feeder",
        ),
        ([module(1, filter=[])], "bad-filter", "flow[0].filter"),
        (
            [module(1, filter={"conditions": [EXIST]})],
            "bad-conditions",
            "flow[0].filter.conditions",
        ),
        ([module(1) | {"module": "Sleep"}], "bad-module-name", "flow[0].module"),
        ([module(1) | {"version": "1"}], "no-version", "flow[0].version"),
        ([module(1, onerror={})], "bad-flow", "flow[0].onerror"),
        ([module(1), module(2, mapper={"a": '{{formatDate(now, "YYYY")}}'})], "bad-expression", ""),
    ],
)
def test_a_structural_fault_is_an_error_at_its_place(
    flow: list[JsonValue], code: str, path: str
) -> None:
    document = blueprint(*flow)
    assert code in codes(document)
    problem = only(document, code)
    assert problem.path == (path or "flow[1].mapper.a")


@pytest.mark.parametrize(
    ("flow", "code"),
    [
        ([if_else(1, branch(module(2), merge=False)), module(3)], "never-runs"),
        ([module(1), module(2, "util:TextAggregator", parameters={"feeder": 1})], None),
        (
            [
                module(1),
                module(2, "util:TextAggregator", parameters={"feeder": 1}),
                module(3, "util:TextAggregator", parameters={"feeder": 1}),
            ],
            "feeder-consumed",
        ),
        (
            [module(1, filter={"conditions": [[{"a": "x", "o": "text:isempty"}]]})],
            "unknown-operator",
        ),
        ([module(1, filter={"conditions": [[{"a": "x", "o": ["exist"]}]]})], "unknown-operator"),
        ([module(1, filter={"conditions": [[{"a": "x", "o": "text:equal"}]]})], "no-right-side"),
        ([module(1, "util:SetVariables2")], "unknown-module"),
        ([module(1, "http:MakeRequest")], "unknown-version"),
    ],
)
def test_doubtful_things_are_warnings(flow: list[JsonValue], code: str | None) -> None:
    document = blueprint(*flow)
    assert codes(document) == []
    assert codes(document, "warning") == ([code] if code else [])


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("builtin:TextAggregator", "util:TextAggregator"),
        ("builtin:Iterator", "builtin:BasicFeeder"),
        ("http:MakeARequest", "http:MakeRequest` version 4"),
        ("gateway:CustomWebhook", "gateway:CustomWebHook"),
        ("slack:PostMessage", "slack:CreateMessage"),
        ("builtin:BasicScheduler", "scenario setting"),
    ],
)
def test_an_invented_name_is_answered_with_the_real_one(wrong: str, right: str) -> None:
    problem = only(blueprint(module(1, wrong)), "no-such-module")
    assert right in problem.fix


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("util:SetVariables2", "util:SetVariables"),
        ("google-sheets:searchRows@2", "google-sheets:filterRows"),
        ("datastore:GetRecords", "datastore:GetRecord"),
        ("tools:Sleep", "util:FunctionSleep"),
        ("qwxz:Vvvv", None),
    ],
)
def test_the_nearest_real_module_comes_first(asked: str, first: str | None) -> None:
    assert (nearest_module(asked) or [None])[0] == first


def test_the_catalogue_is_consistent() -> None:
    for name, known in known_modules().items():
        assert name.count(":") == 1
        assert known.versions
        assert not set(known.outputs) & {""}


def test_a_loose_note_is_a_warning() -> None:
    document = blueprint(module(1))
    document["metadata"] = {
        "version": 1,
        "scenario": {},
        "designer": {"orphans": []},
        "notes": [{"moduleIds": [1, 5]}],
    }
    assert only(document, "loose-note").path == "metadata.notes[0].moduleIds"


@pytest.mark.timeout(15)
def test_five_thousand_modules_are_validated_in_linear_time() -> None:
    assert codes(chain(5000)) == []


def test_repair_makes_a_bare_flow_acceptable_and_says_how() -> None:
    bare: Blueprint = {
        "name": "Bare",
        "flow": [
            {"id": "1", "module": "gateway:CustomWebhook", "mapper": {}},
            {"id": 2, "module": "builtin:TextAggregator", "version": 9, "feeder": 1},
            {"id": 3, "module": "builtin:BasicRouter", "mapper": None, "routes": [
                {"flow": [{"id": 4, "module": "util:FunctionSleep", "version": "1"}]},
                {"flow": [{"id": 5, "module": "http:MakeRequest"}]},
            ]},
        ],
        "scheduling": {"type": "on-demand"},
    }  # fmt: skip
    before = dump(bare)
    repaired = repair(bare)
    assert dump(bare) == before
    assert validate(repaired.blueprint) == []
    assert repaired.lifted == {"scheduling": {"type": "on-demand"}}
    assert repaired.changes == [
        "Took `scheduling` out; it belongs to the scenario.",
        "Added `metadata`.",
        "Set `metadata.version` to 1.",
        "Added the default scenario settings.",
        "Added the empty list of detached modules.",
        "flow[0]: wrote `id` as the number 1.",
        "flow[0]: renamed `gateway:CustomWebhook` to `gateway:CustomWebHook`.",
        "flow[0]: added version 1 of `gateway:CustomWebHook`.",
        "flow[1]: renamed `builtin:TextAggregator` to `util:TextAggregator`.",
        "flow[1]: version 9 became 1.",
        "flow[1]: moved `feeder` into `parameters`.",
        "flow[2]: added version 1 of `builtin:BasicRouter`.",
        "flow[2].routes[0].flow[0]: wrote `version` as the number 1.",
        "flow[2].routes[1].flow[0]: added version 4 of `http:MakeRequest`.",
        "Placed 5 modules on the canvas.",
    ]


def test_repair_leaves_guesses_to_the_caller() -> None:
    document = blueprint(
        module(1, "builtin:NumericAggregator"), module(2, "acme:doIt") | {"version": None}
    )
    repaired = repair(document)
    assert repaired.changes == []
    assert repaired.blueprint == document


@given(blueprints())
@few
def test_repair_changes_nothing_in_a_sound_blueprint(document: Blueprint) -> None:
    assert dump(repair(document).blueprint) == dump(clone(document))


ODD: list[Blueprint] = [{}, {"flow": 5, "metadata": 7}, {"flow": [None, 5, "x", []]}]


@pytest.mark.parametrize("value", ODD)
def test_repair_and_validation_survive_anything(value: Blueprint) -> None:
    assert validate(repair(value).blueprint)


@pytest.mark.parametrize("parameters", [{"feeder": 1}, "text"])
def test_repair_leaves_a_feeder_where_its_place_is_taken(parameters: JsonValue) -> None:
    collect: JsonObject = {**module(2, "builtin:BasicAggregator"), "parameters": parameters}
    document = blueprint(module(1), {**collect, "feeder": 1})
    assert repair(document).blueprint["flow"] == document["flow"]


def test_an_else_branch_with_conditions_is_an_error() -> None:
    last: JsonObject = {"type": "else", "conditions": [[{"a": "{{1.x}}", "o": "exist"}]]}
    first = branch(module(3), test={"a": "{{1.x}}", "o": "exist"}, merge=False)
    document = blueprint(module(1), if_else(2, first, {**last, "flow": [module(4)]}))
    assert only(document, "else-with-conditions").path == "flow[1].branches[1]"


def test_an_invented_name_with_one_right_answer_is_answered_with_it() -> None:
    assert nearest_module("builtin:Sleep@2") == ["util:FunctionSleep"]
