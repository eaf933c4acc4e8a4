"""Scenarios as pictures."""

from __future__ import annotations

import json

from hypothesis import given
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object
from make_blueprint.graph import Graph, graph
from make_blueprint.walk import walk

from tests.make_blueprint.generate import (
    blueprint,
    blueprints,
    branch,
    few,
    if_else,
    merge,
    module,
    router,
)

TEST: JsonObject = {"a": "{{1.paid}}", "o": "text:equal", "b": "yes"}


def ways(drawn: Graph) -> list[tuple[int | None, int | None, str, str]]:
    ids = {node.key: node.id for node in drawn.nodes}
    return [(ids[edge.source], ids[edge.target], edge.label, edge.kind) for edge in drawn.edges]


def named(number: int, name: str) -> JsonObject:
    made = module(number)
    as_object(as_object(made["metadata"])["designer"])["name"] = name
    return made


def having(value: JsonObject, **members: JsonValue) -> JsonObject:
    return {**value, **members}


def test_routes_and_filters_are_written_on_the_ways() -> None:
    gate: JsonObject = {"name": "Paid", "conditions": [[TEST]]}
    drawn = graph(
        blueprint(
            module(1, filter=None),
            router(2, [having(module(3), filter=gate)], [module(4), module(5)], else_=1),
        )
    )
    assert ways(drawn) == [
        (1, 2, "", "flow"),
        (2, 3, 'route 1 of 2: "Paid": {{1.paid}} equals yes', "flow"),
        (2, 4, "route 2 of 2 (fallback)", "flow"),
        (4, 5, "", "flow"),
    ]


def test_error_routes_and_tools_are_ways_of_their_own_kind() -> None:
    agent = having(module(2), tools=[{"name": "Look up", "flow": [module(4)]}])
    failing = having(module(1), onerror=[module(3)])
    assert ways(graph(blueprint(failing, agent))) == [
        (1, 3, "on error", "error"),
        (1, 2, "", "flow"),
        (2, 4, "tool Look up", "tool"),
    ]


def test_merging_branches_lead_to_the_merge_and_others_end() -> None:
    drawn = graph(
        blueprint(
            module(1),
            if_else(2, branch(module(3), module(4), test=TEST), branch(module(5), merge=False)),
            merge(6),
            module(7),
        )
    )
    targets = [(source, target) for source, target, _, _ in ways(drawn)]
    assert targets == [(1, 2), (2, 3), (3, 4), (2, 5), (4, 6), (6, 7)]


def test_mermaid_shows_labels_as_text() -> None:
    hostile = named(1, 'A "quoted" <b>name</b>\n#1 `x`')
    drawn = graph(blueprint(hostile, router(2, [module(3)]))).to_mermaid()
    assert drawn.splitlines() == [
        "flowchart LR",
        '    m0(["1 · A #quot;quoted#quot; #lt;b#gt;name#lt;/b#gt; #35;1 #96;x#96;'
        '<br/>util:ComposeTransformer"])',
        '    m1{{"2 · builtin:BasicRouter"}}',
        '    m2["3 · util:ComposeTransformer"]',
        "    m0 --> m1",
        '    m1 -->|"route 1 of 1"| m2',
    ]


def test_detached_modules_are_drawn_dashed() -> None:
    document = blueprint(module(1))
    as_object(as_object(document["metadata"])["designer"])["orphans"] = [[module(2), module(3)]]
    drawn = graph(document)
    assert [node.detached for node in drawn.nodes] == [False, True, True]
    assert "    class m1,m2 detached" in drawn.to_mermaid().splitlines()
    assert "style=dashed" in drawn.to_dot()


def test_dot_escapes_what_graphviz_would_read() -> None:
    failing = having(named(1, 'say "hi" \\ now'), onerror=[module(2)])
    lines = graph(blueprint(failing, router(3, [module(4)]))).to_dot().splitlines()
    assert lines[3] == (
        '  m0 [label="1 · say \\"hi\\" \\\\ now\\nutil:ComposeTransformer", shape=oval];'
    )
    assert '  m0 -> m1 [label="on error", style=dashed];' in lines
    assert "  m0 -> m2;" in lines
    assert any("shape=diamond" in line for line in lines)


def test_long_filters_are_cut() -> None:
    condition: JsonObject = {"a": "{{1.x}}", "o": "text:equal", "b": "y" * 200}
    gated = having(module(2), filter={"conditions": [[condition]]})
    assert all(len(line) < 120 for line in graph(blueprint(module(1), gated)).to_dot().splitlines())


def test_a_module_without_name_or_id_is_still_drawn() -> None:
    drawn = graph({"flow": [{"id": None, "module": 5}, "no module", {}]})
    assert [node.label for node in drawn.nodes] == ["?", "?"]
    assert "m0" in drawn.to_mermaid()


@few
@given(blueprints())
def test_every_module_is_a_node_and_all_but_the_beginnings_are_reached(
    document: Blueprint,
) -> None:
    drawn = graph(document)
    assert len(drawn.nodes) == len(list(walk(document)))
    assert {edge.target for edge in drawn.edges} == {node.key for node in drawn.nodes[1:]}
    data = json.loads(drawn.to_json())
    assert len(as_list(data["edges"])) == len(drawn.edges)
