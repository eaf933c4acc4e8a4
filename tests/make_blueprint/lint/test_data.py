"""Rules about records and rows that are lost, doubled or overwritten: D08–D16."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue, Module, as_object
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.lint.surroundings import DataStore, Surroundings

from tests.make_blueprint.generate import blueprint, branch, if_else, module, router
from tests.make_blueprint.lint.judging import found, having, mended, places, value_at

STORE: JsonObject = {"datastore": 5}
EQUAL: JsonObject = {"a": "{{1.id}}", "o": "text:equal", "b": "x"}


def hook(number: int = 1) -> Module:
    return module(number, "gateway:CustomWebHook", parameters={"hook": 7})


def only_if(made: Module, left: str) -> Module:
    return having(made, filter={"name": "New", "conditions": [[{"a": left, "o": "notexist"}]]})


def add(number: int, *, key: JsonValue = "{{1.id}}", **mapper: JsonValue) -> Module:
    fields: JsonObject = {"key": key, **mapper}
    return module(number, "datastore:AddRecord", parameters={**STORE}, mapper=fields)


def get(number: int, key: str = "{{1.id}}", name: str = "GetRecord") -> Module:
    return module(number, f"datastore:{name}", parameters={**STORE}, mapper={"key": key})


def send(number: int, text: str = "Hello") -> Module:
    return module(number, "slack:CreateMessage", version=4, mapper={"text": text})


# D08


def test_record_fields_beside_data_are_found_and_moved() -> None:
    document = blueprint(hook(), add(2, name="{{1.name}}", data={"id": "{{1.id}}"}, city="Oslo"))
    (finding,) = found("D08", document)
    assert (finding.path, finding.severity) == ("flow[1].mapper", "error")
    assert finding.evidence == {"fields": ["name", "city"]}
    assert value_at(mended("D08", document), "flow", 1, "mapper") == {
        "key": "{{1.id}}",
        "data": {"id": "{{1.id}}", "name": "{{1.name}}", "city": "Oslo"},
    }


def test_record_fields_are_moved_where_there_was_no_data() -> None:
    document = mended("D08", blueprint(hook(), add(2, name="{{1.name}}")))
    assert value_at(document, "flow", 1, "mapper", "data") == {"name": "{{1.name}}"}


@pytest.mark.parametrize("data", ["{{1.record}}", {"name": "Kim"}])
def test_record_fields_that_would_overwrite_others_are_left(data: JsonValue) -> None:
    (finding,) = found("D08", blueprint(hook(), add(2, name="{{1.name}}", data=data)))
    assert not finding.fixable


def test_declared_members_of_a_record_module_are_fine() -> None:
    made = add(2, data={"a": "b"}, overwrite=True, newOption="x")
    as_object(made["metadata"])["expect"] = [{"name": "newOption", "type": "text"}]
    assert places("D08", blueprint(hook(), made)) == []


# D09


def test_a_field_that_the_structure_lacks_is_found() -> None:
    document = blueprint(hook(), add(2, data={"Name": "x", "mail": "y", "id": "z"}))
    stores = Surroundings(data_stores={5: DataStore("Orders", ("id", "name"))})
    first, second = found("D09", document, stores)
    assert (first.path, first.severity) == ("flow[1].mapper.data.Name", "error")
    assert first.remedy == "Write `name`."
    assert second.evidence == {"field": "mail", "near": None}


@pytest.mark.parametrize("store", [DataStore("Orders", ("id", "name")), DataStore("Orders")])
def test_fields_of_the_structure_or_without_one_are_fine(store: DataStore) -> None:
    document = blueprint(hook(), add(2, data={"id": "z"}), add(3, data="{{1.record}}"))
    assert found("D09", document, Surroundings(data_stores={5: store})) == []
    assert found("D09", document, Surroundings(data_stores={})) == []


# D10


def test_repeated_deliveries_that_would_fail_are_found() -> None:
    (finding,) = found("D10", blueprint(hook(), add(2, overwrite=False)))
    assert (finding.path, finding.severity) == ("flow[1].mapper.overwrite", "warning")


@pytest.mark.parametrize(
    "flow",
    [
        [hook(), add(2, overwrite=True)],
        [hook(), add(2, overwrite=False, key="")],
        [hook(), add(2, overwrite=False, key=None)],
        [hook(), add(2, overwrite=False) | {"onerror": [module(3, "builtin:Ignore")]}],
        [hook(), get(3), add(2, overwrite=False)],
        [module(1, "google-sheets:watchRows", version=2), add(2, overwrite=False)],
    ],
)
def test_repeated_deliveries_that_are_provided_for_are_fine(flow: list[JsonValue]) -> None:
    assert places("D10", blueprint(*flow)) == []


# D11


def early(*behind: JsonValue, record: Module | None = None) -> Blueprint:
    """Looks a key up and writes it down when it is new, then does the rest."""
    return blueprint(hook(), get(2), record or only_if(add(3), "{{2.id}}"), *behind)


def test_a_record_written_before_the_work_is_found() -> None:
    (finding,) = found("D11", early(send(4)))
    assert (finding.path, finding.severity) == ("flow[2]", "warning")
    assert finding.evidence == {"lookup": 2, "work": [4]}


def test_a_condition_in_front_of_the_route_counts_as_well() -> None:
    inside = router(3, [only_if(module(4, mapper={"value": "x"}), "{{2.id}}"), add(5), send(6)])
    assert places("D11", blueprint(hook(), get(2), inside)) == ["flow[2].routes[0].flow[1]"]
    test: JsonObject = {"a": "{{2.id}}", "o": "notexist"}
    choice = if_else(3, branch(add(5), send(6), merge=False, test=test))
    assert places("D11", blueprint(hook(), get(2), choice)) == ["flow[2].branches[0].flow[0]"]


def test_a_record_written_last_or_corrected_later_is_fine() -> None:
    last = blueprint(hook(), get(2), only_if(send(3), "{{2.id}}"), add(4))
    assert places("D11", last) == []
    assert places("D11", early(send(4), add(5))) == []
    assert places("D11", early(module(4))) == []


def test_a_record_of_another_key_or_without_a_condition_is_fine() -> None:
    assert (
        places("D11", early(send(4), record=only_if(add(3, key="{{1.other}}"), "{{2.id}}"))) == []
    )
    assert places("D11", early(send(4), record=only_if(add(3), "{{1.id}}"))) == []
    assert places("D11", blueprint(hook(), get(2, ""), only_if(add(3), "{{2.id}}"), send(4))) == []


def test_a_record_that_a_rollback_takes_back_is_fine() -> None:
    document = early(send(4))
    as_object(value_at(document, "metadata", "scenario"))["autoCommit"] = False
    assert places("D11", document) == []


# D12


def counter(
    value: str, *, key: str = "{{1.id}}", first: str = "gateway:CustomWebHook"
) -> Blueprint:
    record = module(
        3,
        "datastore:UpdateRecord",
        parameters={**STORE},
        mapper={"key": key, "data": {"count": value, "at": "{{now}}"}},
    )
    return blueprint(module(1, first, parameters={"hook": 7}), get(2), record)


def test_a_counter_that_overlapping_runs_would_spoil_is_found() -> None:
    (finding,) = found("D12", counter("{{2.count + 1}}"))
    assert (finding.path, finding.severity) == ("flow[2].mapper.data.count", "warning")
    called = counter("{{1.step + 2.count}}", first="scenario-service:StartSubscenario")
    as_object(value_at(called, "flow", 0))["parameters"] = {}
    assert places("D12", called) == ["flow[2].mapper.data.count"]


@pytest.mark.parametrize(
    "value",
    ["{{2.count}}", "{{2.count * 2}}", "{{1.count + 1}}", "{{2.count +}}", "n {{now}}", "{{9.a}}"],
)
def test_other_values_are_no_counter(value: str) -> None:
    assert places("D12", counter(value)) == []


def test_a_counter_of_another_record_or_in_sequence_is_fine() -> None:
    assert places("D12", counter("{{2.count + 1}}", key="total")) == []
    document = counter("{{2.count + 1}}")
    as_object(value_at(document, "metadata", "scenario"))["sequential"] = True
    assert places("D12", document) == []
    scheduled = counter("{{2.count + 1}}", first="google-sheets:watchRows")
    as_object(value_at(scheduled, "flow", 0))["parameters"] = {}
    assert places("D12", scheduled) == []


# D13


def call(number: int, method: JsonValue) -> Module:
    fields: JsonObject = {"url": "https://api.example.com/{{1.id}}", "method": method}
    return module(number, "http:MakeRequest", version=4, mapper=fields)


def feeder(number: int) -> Module:
    return module(number, "builtin:BasicFeeder", mapper={"array": "{{1.items}}"})


def test_deletions_without_a_condition_are_found() -> None:
    everything = blueprint(hook(), module(2, "datastore:DeleteAllRecords", parameters={**STORE}))
    (finding,) = found("D13", everything)
    assert (finding.path, finding.severity) == ("flow[1]", "warning")
    assert finding.message == "Everything is deleted without a condition."
    looped = blueprint(
        hook(), feeder(2), module(3, "airtable:ActionDeleteRecord"), call(4, "PATCH")
    )
    assert [f.message for f in found("D13", looped)] == [
        "Every item is deleted without a condition.",
        "Every item is changed without a condition.",
    ]
    assert places("D13", blueprint(hook(), call(2, "delete"))) == ["flow[1]"]


@pytest.mark.parametrize(
    "flow",
    [
        [hook(), only_if(call(2, "delete"), "{{1.id}}")],
        [hook(), only_if(module(2), "{{1.id}}"), router(3, [call(4, "delete")])],
        [hook(), if_else(2, branch(call(3, "delete"), test=EQUAL))],
        [hook(), call(2, "put"), module(3, "airtable:ActionDeleteRecord"), call(4, 7)],
        [hook(), feeder(2), call(3, "get"), call(4, "post")],
    ],
)
def test_deletions_with_a_condition_and_single_ones_are_fine(flow: list[JsonValue]) -> None:
    assert places("D13", blueprint(*flow)) == []


# D14


def update(**mapper: JsonValue) -> Module:
    return module(2, "airtable:ActionUpdateRecords", version=3, mapper=mapper)


def test_emptied_fields_are_found_and_left_out() -> None:
    document = blueprint(
        hook(), update(record={"Name": "", "City": "Oslo"}, note="", id="{{1.id}}")
    )
    assert places("D14", document) == ["flow[1].mapper.record.Name", "flow[1].mapper.note"]
    expected = {"record": {"City": "Oslo"}, "id": "{{1.id}}"}
    assert value_at(mended("D14", document), "flow", 1, "mapper") == expected


def test_settings_lists_and_new_records_may_be_empty() -> None:
    made = update(view="", tags=[""], id="{{1.id}}")
    as_object(made["metadata"])["expect"] = [{"name": "view", "type": "select"}]
    created = module(3, "airtable:ActionCreateRecord", version=3, mapper={"note": ""})
    odd = module(4, "airtable:ActionUpdateRecords", version=3) | {"mapper": ""}
    assert places("D14", blueprint(hook(), made, created, odd)) == []


# D15, D16


def row(mapper: JsonObject, name: str = "addRow") -> Blueprint:
    return blueprint(hook(), module(2, f"google-sheets:{name}", version=2, mapper=mapper))


@pytest.mark.parametrize("name", ["addRow", "updateRow"])
def test_a_row_without_input_option_is_found_and_mended(name: str) -> None:
    document = row({"values": {"0": "{{1.id}}"}}, name)
    (finding,) = found("D15", document)
    assert (finding.path, finding.severity) == ("flow[1].mapper.valueInputOption", "error")
    mapper = value_at(mended("D15", document), "flow", 1, "mapper")
    assert mapper == {"values": {"0": "{{1.id}}"}, "valueInputOption": "USER_ENTERED"}


def test_a_row_with_input_option_is_fine() -> None:
    assert places("D15", row({"values": {"0": "x"}, "valueInputOption": "RAW"})) == []
    assert places("D15", row({})) == []


def test_columns_by_letter_are_found_and_counted() -> None:
    document = row({"values": {"A": "x", "C": "y", "AB": "z"}})
    (finding,) = found("D16", document)
    assert (finding.path, finding.severity) == ("flow[1].mapper.values", "error")
    assert value_at(mended("D16", document), "flow", 1, "mapper", "values") == {
        "0": "x",
        "2": "y",
        "27": "z",
    }


@pytest.mark.parametrize(
    "mapper",
    [
        {"values": {"0": "x"}},
        {"values": {"A": "x", "Name": "y"}},
        {"values": {"A": "x"}, "useColumnHeaders": True},
        {"values": {}},
    ],
)
def test_columns_by_position_or_header_are_fine(mapper: JsonObject) -> None:
    assert places("D16", row(mapper)) == []


def test_the_company_handles_its_data_well(company_blueprints: list[Blueprint]) -> None:
    rules = Profile(frozenset({"D08", "D10", "D11", "D12", "D13", "D14", "D15", "D16"}))
    for document in company_blueprints:
        assert lint(document, profile=rules).findings == []
