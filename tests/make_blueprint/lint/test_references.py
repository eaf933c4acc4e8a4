"""Rules about who maps whose output: R01–R05, R20–R24, R31."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module
from make_blueprint.lint.checking import Profile, lint

from tests.make_blueprint.generate import (
    blueprint,
    blueprints,
    branch,
    if_else,
    merge,
    module,
    router,
)
from tests.make_blueprint.lint.judging import found, places

PACK = Profile(frozenset(f"R{number:02}" for number in (1, 2, 3, 4, 5, 20, 21, 22, 23, 24, 31)))


def says(number: int, value: JsonValue, **more: JsonValue) -> Module:
    return module(number, mapper={"value": value}) | more


def giving(made: Module, *fields: JsonValue) -> Module:
    """Let a module declare its output."""
    made["metadata"] = {"designer": {"x": 0, "y": 0}, "interface": [*fields]}
    return made


def iterator(number: int, array: str = "{{1.items}}") -> Module:
    return module(number, "builtin:BasicFeeder", mapper={"array": array})


def collector(number: int, feeder: int, value: str = "") -> Module:
    name = "builtin:BasicAggregator"
    return module(number, name, parameters={"feeder": feeder}, mapper={"value": value})


# Out of reach


def test_a_module_that_is_gone_gives_nothing() -> None:
    (finding,) = found("R01", blueprint(module(1), says(2, "{{7.name}} {{1.id}}")))
    assert (finding.path, finding.severity) == ("flow[1].mapper.value", "error")
    assert (finding.module_id, finding.fixable) == (2, False)
    assert finding.evidence == {"module": 7, "field": "name"}


def test_a_detached_module_that_maps_a_lost_one_is_only_worth_knowing() -> None:
    document = blueprint(module(1))
    document["metadata"] = {"designer": {"orphans": [[says(5, "{{`7`}}")]]}}
    (finding,) = found("R01", document)
    assert (finding.severity, finding.module_id) == ("info", 5)


def test_a_lost_feeder_or_target_is_a_matter_of_structure() -> None:
    lost = module(3, "builtin:BasicAggregator", parameters={"feeder": 8, "target": "9.items"})
    document = blueprint(module(1), iterator(2), lost)
    assert places("R01", document) == places("R02", document) == []


def test_another_route_a_later_module_and_the_module_itself_are_out_of_reach() -> None:
    fork = router(2, [says(3, "{{3.x}} {{1.x}}")], [says(4, "{{3.x}}")])
    document = blueprint(says(1, "{{2.x}}"), fork)
    first, own, other = found("R02", document)
    assert first.path == "flow[0].mapper.value"
    assert first.evidence == {"module": 2, "field": "x", "source": "flow[1]"}
    assert own.message.startswith("The module maps its own output")
    assert other.path == "flow[1].routes[1].flow[0].mapper.value"
    assert {finding.severity for finding in (first, own, other)} == {"error"}


def test_modules_before_on_the_path_are_in_reach() -> None:
    failing = says(4, "{{3.x}}", onerror=[says(5, "{{4.error.message}} {{3.x}}")])
    document = blueprint(module(1), router(2, [says(3, "{{1.x}}"), failing]))
    assert lint(document, profile=PACK).findings == []


def test_what_an_aggregator_collected_is_out_of_reach() -> None:
    inside = says(3, "{{2.x}}")
    document = blueprint(
        module(1), iterator(2), inside, collector(4, 2, "{{3.value}}"), says(5, "{{3.value}}")
    )
    (finding,) = found("R03", document)
    assert (finding.path, finding.severity) == ("flow[4].mapper.value", "error")
    assert finding.evidence == {"module": 3, "field": "value", "aggregator": 4}
    assert "module 4" in finding.remedy


def test_the_aggregator_that_took_a_module_is_the_one_around_it() -> None:
    document = blueprint(
        module(1),
        iterator(2),
        says(3, "{{2.x}}"),
        iterator(4, "{{2.rows}}"),
        collector(5, 4),
        collector(6, 2),
        router(7, [says(8, "{{3.value}} {{1.id}} {{6.array}}")]),
    )
    (finding,) = found("R03", document)
    assert finding.evidence["aggregator"] == 6


def test_an_aggregator_that_is_far_away_is_not_named() -> None:
    between: list[JsonValue] = [module(number) for number in range(10, 320)]
    document = blueprint(module(1), iterator(2), collector(3, 2), *between, says(4, "{{2.x}}"))
    (finding,) = found("R03", document)
    assert finding.evidence["aggregator"] is None
    assert finding.remedy == "Collect the field in the aggregator and map its output."


def test_modules_in_the_loop_are_in_reach_of_its_aggregator() -> None:
    document = blueprint(module(1), iterator(2), collector(3, 2, "{{2.x}} {{1.id}}"))
    assert places("R03", document) == []


def merged(*behind: JsonValue, joint: bool = True) -> Blueprint:
    """An if-else with one module a branch, its merge, and what follows."""
    test: JsonObject = {"a": "{{1.x}}", "o": "exist"}
    choice = if_else(2, branch(module(3), test=test), branch(module(4)))
    join = merge(5, {"name": "it", "mappings": ["{{3.value}}", "{{4.value}}"]})
    return blueprint(module(1), choice, *([join] if joint else []), *behind)


def test_behind_a_merge_its_branches_are_out_of_reach() -> None:
    document = merged(router(6, [says(7, "{{3.value}}")]))
    (finding,) = found("R04", document)
    assert finding.path == "flow[3].routes[0].flow[0].mapper.value"
    assert finding.evidence == {"module": 3, "field": "value", "merge": 5}
    assert places("R02", document) == []


def test_the_merge_itself_reads_each_branch_and_gives_its_outputs() -> None:
    assert lint(merged(says(6, "{{5.it}}")), profile=PACK).findings == []


def test_without_a_merge_a_branch_is_only_another_path() -> None:
    document = merged(says(6, "{{1.value}}"), says(7, "{{3.value}}"), joint=False)
    assert (places("R04", document), len(places("R02", document))) == ([], 1)


def test_one_branch_is_another_path_for_the_next_and_for_the_wrong_entry() -> None:
    document = merged()
    flow = document["flow"]
    assert isinstance(flow, list)
    flow[2] = merge(5, {"name": "it", "mappings": ["{{4.value}}", "{{3.value}}"]})
    assert (places("R04", document), len(places("R02", document))) == ([], 2)


@pytest.mark.parametrize("field", ["data", "data.code", "`full name`", "rows[1].x"])
def test_a_module_that_failed_gave_no_output(field: str) -> None:
    handler = router(3, [says(4, f"{{{{2.{field}}}}} {{{{2.error.message}}}}")])
    document = blueprint(module(1), module(2, onerror=[handler]))
    (finding,) = found("R05", document)
    assert finding.path == "flow[1].onerror[0].routes[0].flow[0].mapper.value"
    assert (finding.severity, finding.module_id) == ("warning", 4)


def test_an_error_route_reads_the_error_and_what_ran_before() -> None:
    handler = says(3, "{{2.error.type}} {{1.x}} {{`2`}}")
    document = blueprint(module(1), module(2, onerror=[handler]), says(4, "{{2.data}}"))
    assert places("R05", document) == []


# Values that do not fit


def asking(body: JsonValue, field: str = "jsonStringBodyContent") -> Blueprint:
    start = giving(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}),
        {"name": "note", "type": "text"},
        {"name": "weight", "type": "number"},
    )
    return blueprint(start, module(2, "http:MakeRequest", version=4, mapper={field: body}))


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ('{"note": "{{1.note}}"}', ["1.note"]),
        ('{"a":"{{ifempty(1.note; 2)}} and {{trim(1.comment)}}"}', ["1.note", "1.comment"]),
        ('[{"say": "he said \\"{{1.note}}\\""}]', ["1.note"]),
        ('{"a": {{1.weight}}, "b": "{{9.`Full text`}}{{2.`0`}}"}', ["9.Full text", "2.0"]),
    ],
)
def test_raw_text_spoils_a_json_text(body: str, names: list[str]) -> None:
    (finding,) = found("R20", asking(body))
    assert finding.path == "flow[1].mapper.jsonStringBodyContent"
    assert (finding.severity, finding.evidence) == ("warning", {"fields": names})


@pytest.mark.parametrize(
    "body",
    [
        '{"id": "{{1.customerId}}", "at": "{{1.created_at}}", "e": "{{1.email}}"}',
        '{"w": "{{1.weight}}"}',
        '{"note": {{1.note}}}',
        '{"n": "{{replace(1.note; 2; 3)}}{{trim()}}{{now}}"}',
        '{"n": "{{`1`}}{{1.`#`}}"}',
        "Note: {{1.note}}",
        "{{1.note}}",
        '{"note": "{{1.note +}}"}',
        '{"a": "fixed"}',
    ],
)
def test_what_cannot_spoil_a_json_text_is_left_alone(body: str) -> None:
    assert places("R20", asking(body)) == []


def test_only_bodies_are_judged() -> None:
    assert places("R20", asking('{"note": "{{1.note}}"}', "url")) == []
    assert places("R20", blueprint(module(1), says(2, '{"note": "{{1.note}}"}'))) == []


def searching(*behind: JsonValue, goes_on: JsonValue = True) -> Blueprint:
    parameters: JsonObject = {"datastore": 5, "continueWhenNoRes": goes_on}
    return blueprint(module(1), module(2, "datastore:SearchRecord", parameters=parameters), *behind)


def test_an_empty_result_is_used_without_asking() -> None:
    document = searching(says(3, "{{2.key}} {{2.data.name}}"), says(4, "{{2.data.mail}}"))
    findings = found("R21", document)
    assert [each.path for each in findings] == ["flow[2].mapper.value", "flow[3].mapper.value"]
    assert {each.severity for each in findings} == {"warning"}


@pytest.mark.parametrize(
    "text",
    ["{{2.__IMTLENGTH__}}", "{{if(2.key; 1; 2)}}", "{{ifempty(2.key; 0)}}", "{{`2`}}", "{{1.a}}"],
)
def test_a_text_that_copes_with_an_empty_result_is_left_alone(text: str) -> None:
    assert places("R21", searching(says(3, text))) == []


def test_a_condition_on_the_way_guards_what_follows() -> None:
    has: JsonObject = {"a": "{{2.key}}", "o": "exist"}
    filtered = says(4, "{{2.key}}", filter={"conditions": [[has]]})
    document = searching(router(3, [filtered, says(5, "{{2.key}}")], [says(6, "{{2.key}}")]))
    assert places("R21", document) == ["flow[2].routes[1].flow[0].mapper.value"]
    chosen = if_else(3, branch(says(4, "{{2.key}}"), test=has, merge=False))
    assert places("R21", searching(chosen)) == []


@pytest.mark.parametrize("goes_on", [False, None, "true"])
def test_a_search_that_stops_without_a_result_needs_no_condition(goes_on: JsonValue) -> None:
    assert places("R21", searching(says(3, "{{2.key}}"), goes_on=goes_on)) == []


@pytest.mark.parametrize("field", ["name", "`full name`", "rows[1]"])
def test_fields_of_a_found_record_are_under_data(field: str) -> None:
    (finding,) = found("R22", searching(says(3, f"{{{{2.{field}}}}}")))
    assert (finding.path, finding.severity) == ("flow[2].mapper.value", "error")
    assert finding.remedy == f"Map `2.data.{field}`."


def test_a_found_record_is_read_as_it_is_given() -> None:
    text = "{{2.data.name}} {{2.key}} {{`2`}} {{2.__IMTINDEX__}}"
    document = searching(says(3, text))
    assert places("R22", document) == []
    search = giving(module(2, "datastore:SearchRecord"), {"name": "name", "type": "text"})
    assert places("R22", blueprint(module(1), search, says(3, "{{2.name}}"))) == []


def filling(value: JsonValue, type_: str) -> Blueprint:
    """A scenario whose last module has one field of a type."""
    start = giving(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}),
        {"name": "tags", "type": "array", "spec": {"type": "text"}},
        {"name": "rows", "type": "array", "spec": [{"name": "sku", "type": "text"}]},
        {"name": "buyer", "type": "collection", "spec": [{"name": "mails", "type": "array"}]},
    )
    target = module(4, mapper={"it": value})
    target["metadata"] = {"expect": [{"name": "it", "type": type_, "label": "It"}]}
    return blueprint(start, iterator(2, "{{1.rows}}"), collector(3, 2, "{{2.sku}}"), target)


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("{{1.tags}}", "number"),
        ("{{1.buyer.mails}}", "email"),
        ("{{1.rows}}", "text"),
        ("{{3.array}}", "text"),
        ("{{3.array}}", "date"),
    ],
)
def test_a_list_does_not_fit_a_single_field(value: str, type_: str) -> None:
    (finding,) = found("R23", filling(value, type_))
    assert (finding.path, finding.severity) == ("flow[3].mapper.it", "warning")
    assert finding.evidence == {"field": "it", "type": type_}


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("{{1.tags}}", "text"),
        ("{{1.rows}}", "array"),
        ("{{1.rows}}", "any"),
        ("{{1.rows[1]}}", "number"),
        ("{{1.rows}} rows", "number"),
        ("{{length(1.rows)}}", "number"),
        ("{{1.unknown.thing}}", "number"),
        ("{{8.rows}}", "number"),
        (["{{1.rows}}"], "number"),
        (7, "number"),
    ],
)
def test_a_value_that_may_fit_is_left_alone(value: JsonValue, type_: str) -> None:
    assert places("R23", filling(value, type_)) == []


# Variables and loops


def setter(number: int, name: JsonValue) -> Module:
    return module(number, "util:SetVariable2", mapper={"name": name, "scope": "roundtrip"})


def getter(number: int, name: JsonValue) -> Module:
    return module(number, "util:GetVariable2", mapper={"name": name})


def test_a_variable_that_nothing_sets_is_empty() -> None:
    several = module(4, "util:GetVariables", mapper={"variables": ["total", "rest", 5]})
    findings = found("R24", blueprint(module(1), setter(2, "Total"), getter(3, "sum"), several))
    assert [(each.module_id, each.evidence["variable"]) for each in findings] == [
        (3, "sum"),
        (4, "total"),
        (4, "rest"),
    ]
    assert findings[1].remedy == "Use `Total`."
    assert {each.severity for each in findings} == {"warning"}


def test_a_variable_set_on_another_route_or_later_is_set() -> None:
    variables: JsonValue = [{"name": "count", "value": "1"}, {"value": "2"}, None]
    several = module(4, "util:SetVariables", mapper={"variables": variables})
    fork = router(2, [getter(3, "count")], [several], [setter(5, "sum"), getter(6, "sum")])
    assert places("R24", blueprint(module(1), fork)) == []


def test_names_made_at_run_time_are_not_judged() -> None:
    document = blueprint(module(1), setter(2, "{{1.name}}"), getter(3, "sum"))
    assert places("R24", document) == []
    made = [getter(2, "{{1.name}}"), getter(3, ""), getter(4, None)]
    assert places("R24", blueprint(module(1), *made)) == []


def test_a_loop_is_collected_once() -> None:
    document = blueprint(module(1), iterator(2), collector(3, 2), collector(4, 2))
    (finding,) = found("R31", document)
    assert (finding.path, finding.severity) == ("flow[3].parameters.feeder", "warning")
    assert finding.evidence == {"feeder": 2, "first": 3, "second": 4}


def test_two_routes_may_collect_the_same_loop() -> None:
    fork = router(3, [collector(4, 2)], [collector(5, 2)])
    assert places("R31", blueprint(module(1), iterator(2), fork)) == []


def test_an_inner_loop_that_an_outer_aggregator_took_names_no_first() -> None:
    document = blueprint(
        module(1), iterator(2), iterator(3, "{{2.rows}}"), collector(4, 2), collector(5, 3)
    )
    (finding,) = found("R31", document)
    assert finding.evidence == {"feeder": 3, "first": None, "second": 5}


# All of them


@settings(max_examples=15, deadline=None)
@given(blueprints())
def test_sound_blueprints_have_sound_references(document: Blueprint) -> None:
    assert lint(document, profile=PACK).count("error") == 0


def test_the_company_maps_what_it_has(company_blueprints: list[Blueprint]) -> None:
    for document in company_blueprints:
        findings = lint(document, profile=PACK).findings
        errors = [each.rule for each in findings if each.severity == "error"]
        # One scenario of the company is an abandoned copy that maps a module it lost.
        assert errors == (["R01"] if document["name"] == "test copy (2) DO NOT USE" else [])
        assert {each.rule for each in findings} <= {"R01", "R20"}
