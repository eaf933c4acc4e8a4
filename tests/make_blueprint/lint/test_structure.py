"""Rules about the document and its modules: S01–S14, S26–S28, S30–S34."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from make_blueprint.document import Blueprint, JsonValue, as_list, as_object
from make_blueprint.lint.mending import mend
from make_blueprint.structure import errors, structure_problems
from make_blueprint.validate import validate
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, module
from tests.make_blueprint.lint.judging import found, mended, places, value_at


def sound() -> Blueprint:
    """A webhook, an iterator, an aggregator and an answer."""
    return blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 7}),
        module(2, "builtin:BasicFeeder", mapper={"array": "{{1.items}}"}),
        module(3, "builtin:BasicAggregator", parameters={"feeder": 2}, mapper={"id": "{{2.id}}"}),
        module(4, "gateway:WebhookRespond", mapper={"status": "200", "body": "{{3.array}}"}),
    )


def metadata(document: Blueprint) -> dict[str, JsonValue]:
    return as_object(document["metadata"])


def first(document: Blueprint) -> dict[str, JsonValue]:
    return as_object(as_list(document["flow"])[0])


def without_name(document: Blueprint) -> None:
    del document["name"]


def with_long_name(document: Blueprint) -> None:
    document["name"] = "x" * 121


def with_version_2(document: Blueprint) -> None:
    metadata(document)["version"] = 2


def without_version(document: Blueprint) -> None:
    metadata(document).pop("version", None)


def without_settings(document: Blueprint) -> None:
    del metadata(document)["scenario"]


def without_metadata(document: Blueprint) -> None:
    del document["metadata"]


def without_orphans(document: Blueprint) -> None:
    metadata(document)["designer"] = {}


def with_strange_key(document: Blueprint) -> None:
    document["todo"] = "later"


def with_id(value: JsonValue) -> Callable[[Blueprint], None]:
    def change(document: Blueprint) -> None:
        first(document)["id"] = value

    return change


def with_module(value: JsonValue) -> Callable[[Blueprint], None]:
    def change(document: Blueprint) -> None:
        first(document)["module"] = value

    return change


def with_module_version(value: JsonValue) -> Callable[[Blueprint], None]:
    def change(document: Blueprint) -> None:
        first(document)["version"] = value

    return change


def without_place(document: Blueprint) -> None:
    del first(document)["metadata"]


def on_one_point(document: Blueprint) -> None:
    metadata = as_object(first(document)["metadata"])
    metadata["designer"] = {"x": 600, "y": 0}


def with_flow(value: JsonValue) -> Callable[[Blueprint], None]:
    def change(document: Blueprint) -> None:
        document["flow"] = value

    return change


def with_feeder(value: JsonValue) -> Callable[[Blueprint], None]:
    def change(document: Blueprint) -> None:
        aggregator = as_object(as_list(document["flow"])[2])
        aggregator["parameters"] = {} if value is None else {"feeder": value}

    return change


def with_module_added(*added: JsonValue) -> Callable[[Blueprint], None]:
    def change(document: Blueprint) -> None:
        as_list(document["flow"]).extend(added)

    return change


def without_trigger(document: Blueprint) -> None:
    document["flow"] = as_list(document["flow"])[1:]


def with_orphan(document: Blueprint) -> None:
    designer = as_object(metadata(document)["designer"])
    designer["orphans"] = [[module(9, "util:FunctionSleep", mapper={"duration": "1"})]]


def with_loose_note(document: Blueprint) -> None:
    metadata(document)["notes"] = [{"moduleIds": [1, 99], "content": "Why"}]


def with_lost_target(document: Blueprint) -> None:
    aggregator = as_object(as_list(document["flow"])[2])
    aggregator["parameters"] = {"feeder": 2, "target": "99.attendees"}


def with_31_modules(document: Blueprint) -> None:
    sleeps = [module(n, "util:FunctionSleep", mapper={"duration": "1"}) for n in range(10, 37)]
    as_list(document["flow"]).extend(sleeps)


FAULTS: list[tuple[str, Callable[[Blueprint], None], str]] = [
    ("S01", with_flow([]), "flow"),
    ("S01", with_flow({}), "flow"),
    ("S01", with_module_added("not a module"), "flow[4]"),
    ("S02", without_name, "name"),
    ("S02", with_long_name, "name"),
    ("S03", with_version_2, "metadata.version"),
    ("S03", without_version, "metadata.version"),
    ("S04", without_settings, "metadata.scenario"),
    ("S04", without_metadata, "metadata.scenario"),
    ("S05", without_orphans, "metadata.designer.orphans"),
    ("S06", with_strange_key, "todo"),
    ("S07", with_id("one"), "flow[0].id"),
    ("S07", with_id(0), "flow[0].id"),
    ("S07", with_module_added(module(4, "util:FunctionSleep")), "flow[4].id"),
    ("S08", with_module("sleep"), "flow[0].module"),
    ("S09", with_module("gateway:CustomWebhook"), "flow[0].module"),
    ("S10", with_module_version(None), "flow[0].version"),
    ("S10", with_module_version("1"), "flow[0].version"),
    ("S11", with_module_version(6), "flow[0].version"),
    ("S12", without_place, "flow[0].metadata.designer"),
    ("S13", on_one_point, "flow[1].metadata.designer"),
    ("S14", with_module_added({"id": 9, "module": "placeholder:Placeholder"}), "flow[4]"),
    ("S26", with_feeder(None), "flow[2].parameters.feeder"),
    ("S27", with_feeder(4), "flow[2].parameters.feeder"),
    (
        "S28",
        with_module_added(
            module(5, "util:ComposeTransformer"),
            module(6, "builtin:BasicAggregator", parameters={"feeder": 5}),
        ),
        "flow[5].parameters.feeder",
    ),
    (
        "S30",
        with_module_added(module(9, "gateway:CustomWebHook", parameters={"hook": 8})),
        "flow[4]",
    ),
    ("S31", without_trigger, "flow[2]"),
    ("S32", with_orphan, "metadata.designer.orphans"),
    ("S33", with_31_modules, ""),
    ("S34", with_loose_note, "metadata.notes[0].moduleIds"),
    ("S34", with_lost_target, "flow[2].parameters.target"),
]


@pytest.mark.parametrize(("rule", "fault", "path"), FAULTS)
def test_a_rule_finds_its_fault_where_it_is(
    rule: str, fault: Callable[[Blueprint], None], path: str
) -> None:
    document = sound()
    assert places(rule, document) == []
    fault(document)
    assert path in places(rule, document)


@pytest.mark.parametrize(
    ("rule", "fault", "where", "value"),
    [
        ("S02", with_long_name, ("name",), "x" * 120),
        ("S03", with_version_2, ("metadata", "version"), 1),
        ("S05", without_orphans, ("metadata", "designer", "orphans"), []),
        ("S07", with_id("one"), ("flow", 0, "id"), 5),
        (
            "S09",
            with_module("gateway:CustomWebhook"),
            ("flow", 0, "module"),
            "gateway:CustomWebHook",
        ),
        ("S10", with_module_version(None), ("flow", 0, "version"), 1),
        ("S11", with_module_version(6), ("flow", 0, "version"), 1),
        ("S34", with_loose_note, ("metadata", "notes", 0, "moduleIds"), [1]),
    ],
)
def test_a_fix_writes_the_one_right_value(
    rule: str, fault: Callable[[Blueprint], None], where: tuple[str | int, ...], value: JsonValue
) -> None:
    document = sound()
    fault(document)
    assert value_at(mended(rule, document), *where) == value


def test_missing_settings_get_the_defaults_also_where_all_metadata_is_missing() -> None:
    for fault in (without_settings, without_metadata):
        document = sound()
        fault(document)
        settings = as_object(metadata(mended("S04", document))["scenario"])
        assert settings["maxErrors"] == 3


def test_a_module_without_a_place_gets_one_beside_its_neighbour() -> None:
    document = sound()
    as_object(as_list(document["flow"])[1]).pop("metadata")
    second = as_object(as_list(mended("S12", document)["flow"])[1])
    assert as_object(second["metadata"])["designer"] == {"x": 600, "y": 0}


def test_several_modules_without_a_place_stand_in_a_row() -> None:
    document = sound()
    for item in as_list(document["flow"])[1:3]:
        as_object(item).pop("metadata")
    placed = [
        as_object(as_object(item)["metadata"]) for item in as_list(mended("S12", document)["flow"])
    ]
    assert [as_object(each["designer"])["x"] for each in placed] == [300, 600, 900, 1200]


def test_an_unsaved_placeholder_needs_no_id() -> None:
    document = sound()
    with_module_added({"id": None, "module": "placeholder:Placeholder"})(document)
    assert places("S07", document) == []
    assert places("S14", document) == ["flow[4]"]


def test_a_feeder_beside_the_parameters_is_moved_into_them() -> None:
    document = sound()
    aggregator = as_object(as_list(document["flow"])[2])
    aggregator["feeder"] = as_object(aggregator["parameters"]).pop("feeder")
    again = as_object(as_list(mended("S26", document)["flow"])[2])
    assert again["parameters"] == {"feeder": 2}
    assert "feeder" not in again


def test_a_number_used_twice_is_not_changed_where_something_refers_to_it() -> None:
    document = sound()
    with_module_added(module(2, "util:FunctionSleep"))(document)
    (twice,) = found("S07", document)
    assert not twice.fixable
    assert twice.evidence == {"id": 2, "first": "flow[1]", "references": 2}


def test_a_guess_at_a_name_is_not_written() -> None:
    document = sound()
    with_module("builtin:BasicScheduler")(document)
    assert [finding.fixable for finding in found("S09", document)] == [False]


def test_mending_everything_leaves_no_fault_that_was_not_there() -> None:
    for _, fault, _ in FAULTS:
        document = sound()
        fault(document)
        before = {problem.code for problem in validate(document)}
        after = mend(document).blueprint
        new = {p.code for p in errors(structure_problems(after, list(walk(after))))} - before
        assert not new
