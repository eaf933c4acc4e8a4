import pytest
from hypothesis import given
from make_blueprint.document import Blueprint, JsonValue
from make_blueprint.references import broken_references, references, renumber

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


def test_references_are_found_in_mapper_filter_flags_branches_and_merge() -> None:
    exist: JsonValue = {"a": "{{1.kind}}", "o": "exist"}
    document = blueprint(
        module(1),
        module(2, filter={"conditions": [[{"a": "{{1.s}}", "o": "text:equal", "b": "{{1.t}}"}]]}),
        module(3, mapper={"list": [{"deep": "a {{lower(2.name)}} b {{`2`}}"}], "plain": "2.name"}),
        module(
            4, "builtin:BasicAggregator", parameters={"feeder": 2}, flags={"groupBy": "{{3.k}}"}
        ),
        if_else(5, branch(module(6), test=exist), branch(module(7))),
        merge(8, {"name": "x", "mappings": ["{{6.x}}", "{{7.x}}"]}),
    )
    assert [(use.module, use.field, use.path) for use in references(document)] == [
        (1, "s", "flow[1].filter.conditions[0][0].a"),
        (1, "t", "flow[1].filter.conditions[0][0].b"),
        (2, "name", "flow[2].mapper.list[0].deep"),
        (2, "", "flow[2].mapper.list[0].deep"),
        (3, "k", "flow[3].flags.groupBy"),
        (2, "", "flow[3].parameters.feeder"),
        (1, "kind", "flow[4].branches[0].conditions[0][0].a"),
        (6, "x", "flow[5].outputs[0].mappings[0]"),
        (7, "x", "flow[5].outputs[0].mappings[1]"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{1.id}}", None),
        ("{{2.id}}", None),
        ("{{99.id}}", "missing"),
        ("{{5.id}}", "not_upstream"),
        ("{{7.id}}", "not_upstream"),
        ("{{4.id}}", "not_upstream"),
        ('{{"99.id"}} and 99.id and {{1.`99.id`}}', None),
        ("{{if(1.a = 3; 99.b; 2.c)}}", "missing"),
    ],
)
def test_a_reference_is_broken_when_it_is_missing_or_not_upstream(
    text: str, fault: str | None
) -> None:
    document = blueprint(
        module(1),
        module(2),
        router(3, [module(4, mapper={"value": text}), module(7)], [module(5)]),
    )
    assert [broken.fault for broken in broken_references(document)] == ([fault] if fault else [])


def test_the_bundles_inside_a_loop_are_gone_after_its_aggregator() -> None:
    document = blueprint(
        module(1),
        module(2, "builtin:BasicFeeder"),
        module(3),
        module(
            4,
            "util:TextAggregator",
            parameters={"feeder": 2},
            mapper={"value": "{{2.value}} {{3.x}}"},
            filter={"conditions": [[{"a": "{{3.x}}", "o": "exist"}]]},
        ),
        module(5, mapper={"a": "{{1.a}}", "b": "{{2.b}}", "c": "{{3.c}}", "d": "{{4.text}}"}),
    )
    found = broken_references(document)
    assert [(broken.reference.path, broken.fault) for broken in found] == [
        ("flow[4].mapper.b", "consumed"),
        ("flow[4].mapper.c", "consumed"),
    ]


def test_each_entry_of_a_merge_sees_only_its_own_branch() -> None:
    document = blueprint(
        module(1),
        if_else(2, branch(module(3), test={"a": "x", "o": "exist"}), branch(module(4))),
        merge(5, {"name": "n", "mappings": ["{{4.x}}", "{{4.x}}{{1.y}}"]}),
        module(6, mapper={"value": "{{3.x}}{{5.n}}"}),
    )
    found = [broken.reference.path for broken in broken_references(document)]
    assert found == ["flow[2].outputs[0].mappings[0]", "flow[3].mapper.value"]


def test_references_of_detached_modules_are_marked() -> None:
    document = blueprint(module(1))
    document["metadata"] = {"designer": {"orphans": [[module(2, mapper={"a": "{{1.b}}"})]]}}
    assert [broken.reference.in_orphan for broken in broken_references(document)] == [True]


@given(blueprints())
@few
def test_a_generated_blueprint_has_no_broken_reference(document: Blueprint) -> None:
    assert broken_references(document) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{1.a}} {{12.a}} {{2.a}}", "{{30.a}} {{12.a}} {{4.a}}"),
        ("{{`1`}} {{`1`.x}} {{2.list[1.i].x}}", "{{`30`}} {{`30`.x}} {{4.list[30.i].x}}"),
        ('{{"1.a"}} {{1.`2.b`}} 1.a {{1.5}}', '{{"1.a"}} {{30.`2.b`}} 1.a {{1.5}}'),
        ("no expression", "no expression"),
    ],
)
def test_renumbering_changes_ids_and_nothing_else(text: str, expected: str) -> None:
    assert renumber(text, {1: 30, 2: 4}) == expected


@pytest.mark.timeout(20)
def test_ten_thousand_modules_are_checked_in_linear_time() -> None:
    document = chain(10_000)
    assert len(references(document)) == 2 * 9_999
    assert broken_references(document) == []


def test_the_error_of_a_module_is_gone_behind_an_aggregator_that_collected_it() -> None:
    collect = module(4, "builtin:BasicAggregator", parameters={"feeder": 1, "target": ""})
    uses = module(5, mapper={"value": "{{2.error.message}}"})
    failing = module(2, onerror=[router(3, [collect, uses])])
    (broken,) = broken_references(blueprint(module(1), failing))
    assert (broken.reference.module, broken.fault) == (2, "consumed")
    (visible,) = [
        use
        for use in references(blueprint(module(1), module(2, onerror=[router(3, [uses])])))
        if use.module == 2
    ]
    assert visible.field == "error.message"
