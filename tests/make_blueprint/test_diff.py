import json
from collections import Counter

import pytest
from hypothesis import given
from make_blueprint.diff import Diff, diff
from make_blueprint.document import Blueprint, JsonObject, JsonValue, clone, dump, load
from make_blueprint.masking import is_secret_name, masked
from make_blueprint.patch import apply
from make_blueprint.references import renumber
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, blueprints, chain, few, module, router


def kinds(difference: Diff) -> list[tuple[str, int | None]]:
    return [(entry.kind, entry.module_id) for entry in difference.entries]


def edited(document: Blueprint, *ops: JsonObject) -> Diff:
    return diff(document, apply(document, ops).blueprint)


@given(blueprints())
@few
def test_a_blueprint_does_not_differ_from_itself(document: Blueprint) -> None:
    assert not diff(document, clone(document))


def test_layout_editor_data_and_key_order_are_no_difference() -> None:
    before = blueprint(module(1, mapper={"a": 1, "b": 2}))
    after = blueprint(
        {
            "metadata": {
                "designer": {"y": 5, "x": 9},
                "restore": {"expect": {"a": {"label": "A"}}},
                "expect": [{"name": "a"}],
                "interface": [],
                "parameters": [],
            },
            "mapper": {"b": 2, "a": 1},
            "parameters": None,
            "version": 1,
            "module": "util:ComposeTransformer",
            "id": 1,
        }
    )
    assert diff(before, after).entries == []
    assert diff(before, after).to_text() == "No differences."


def test_values_are_compared_leaf_by_leaf() -> None:
    before = blueprint(module(1, mapper={"to": [{"name": "a"}, {"name": "b"}], "cc": None, "n": 1}))
    after = blueprint(module(1, mapper={"to": [{"name": "a"}, {"name": "c"}], "n": True, "x": 0}))
    assert [(e.path, e.before, e.after) for e in diff(before, after).entries] == [
        ("flow[0].mapper.to[1].name", "b", "c"),
        ("flow[0].mapper.n", 1, True),
        ("flow[0].mapper.x", None, 0),
    ]


def test_each_kind_of_change_has_its_name() -> None:
    document = blueprint(module(1), module(2), module(3), module(4), module(5), module(6))
    gate: JsonValue = {"name": "Big", "conditions": [[{"a": "{{1.n}}", "o": "exist"}]]}
    after = apply(
        document,
        [
            {"op": "rename_module", "module": 1, "name": "Start"},
            {"op": "set_filter", "module": 2, "filter": gate},
            {"op": "remove_module", "module": 3},
            {"op": "move_module", "module": 4, "at": "end"},
            {"op": "add_module", "after": 5, "module": {"module": "json:ParseJSON"}},
        ],
    ).blueprint
    after["name"] = "Renamed"
    flow = after["flow"]
    assert isinstance(flow, list)
    assert isinstance(flow[2], dict)
    flow[2]["version"] = 9
    assert isinstance(flow[4], dict)
    flow[4]["module"] = "json:CreateJSON"
    difference = diff(document, after)
    assert kinds(difference) == [
        ("name", None),
        ("renamed", 1),
        ("filter", 2),
        ("version", 5),
        ("added", 7),
        ("replaced", 6),
        ("moved", 4),
        ("removed", 3),
    ]
    assert [entry["after"] for entry in difference.to_json()][2] == '"Big": {{1.n}} exists'


def test_settings_are_compared_with_their_defaults() -> None:
    before, after = blueprint(module(1)), blueprint(module(1))
    scenario: JsonObject = {"maxErrors": 3, "sequential": True, "dlq": False}
    after["metadata"] = {"version": 1, "scenario": scenario, "designer": {"orphans": []}}
    found = diff(before, after).entries
    assert [(e.kind, e.name, e.before, e.after) for e in found] == [
        ("setting", "sequential", False, True)
    ]


def test_an_insertion_moves_nothing_else() -> None:
    document = blueprint(module(1), module(2), router(3, [module(4)], [module(5)]))
    added: JsonObject = {"module": "util:FunctionSleep"}
    assert kinds(edited(document, {"op": "add_module", "after": 1, "module": added})) == [
        ("added", 6)
    ]


def test_removing_the_first_route_does_not_move_the_others() -> None:
    document = blueprint(module(1), router(2, [module(3)], [module(4)], [module(5), module(6)]))
    assert kinds(edited(document, {"op": "remove_route", "router": 2, "route": 0})) == [
        ("removed", 3)
    ]


def test_a_module_taken_to_another_route_has_moved() -> None:
    document = blueprint(module(1), router(2, [module(3), module(4)], [module(5)]))
    found = edited(document, {"op": "move_module", "module": 4, "after": 5}).entries
    assert [(e.kind, e.before, e.after) for e in found] == [
        ("moved", "flow[1].routes[0].flow[1]", "flow[1].routes[1].flow[1]")
    ]


def test_a_renumbered_blueprint_is_recognised_as_the_same() -> None:
    gate: JsonValue = {"conditions": [[{"a": "{{2.n}}", "o": "exist"}]]}
    document = blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 3}),
        module(2, "builtin:BasicFeeder", mapper={"array": "{{1.items}}"}),
        module(3, mapper={"value": "{{2.name}}"}, filter=gate),
        module(4, mapper={"value": "{{2.price}} in {{1.currency}}"}),
        module(5, "builtin:BasicAggregator", parameters={"feeder": 2}, mapper={"n": "{{4.value}}"}),
    )
    numbers = {1: 11, 2: 13, 3: 12, 4: 15, 5: 14}
    after = clone(document)
    for visit in walk(after):
        assert visit.id is not None
        visit.module["id"] = numbers[visit.id]
    text = dump(after).replace('"feeder":2', '"feeder":13')
    after = load(renumber(text, numbers))
    assert kinds(diff(document, after)) == [("renumbered", number) for number in numbers.values()]


def test_secrets_are_masked_but_their_change_is_told() -> None:
    def document(secret: str) -> Blueprint:
        headers: JsonValue = [{"name": "Authorization", "value": f"Bearer {secret}"}]
        made = module(
            1,
            parameters={"password": secret, "apiKey": secret, "shape": secret},
            mapper={"headers": headers, "clientSecret": {"deep": [secret]}, "tokens": 5},
        )
        made["metadata"] = {"parameters": [{"name": "shape", "type": "password"}]}
        return blueprint(made, note={"authToken": secret})

    difference = diff(document("hunter2"), document("hunter3"))
    assert len(difference.entries) == 6
    shown = difference.to_text() + difference.to_markdown() + json.dumps(difference.to_json())
    assert "hunter" not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("apiKey", True),
        ("api_key", True),
        ("X-API-Key", True),
        ("x-auth-token", True),
        ("accessToken", True),
        ("clientSecret", True),
        ("Authorization", True),
        ("authPass", True),
        ("private_key", True),
        ("max_tokens", False),
        ("tokenLimit", False),
        ("key", False),
        ("apiKeyKeychain", False),
        ("__IMTKEY__", False),
        ("author", False),
        ("passengers", False),
        ("secretary", False),
        ("", False),
    ],
)
def test_secrets_are_known_by_their_name(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


def test_an_expression_shows_no_secret_and_stays() -> None:
    value: JsonValue = {"password": "{{3.password}}", "token": '{{ifempty(1.t; "abc")}}', "x": None}
    assert masked(value) == {"password": "{{3.password}}", "token": "***", "x": None}


def test_a_schema_of_the_wrong_shape_hides_nothing_and_breaks_nothing() -> None:
    value: JsonValue = {"module": "a:B", "metadata": {"expect": [{"type": ["password"]}, 5]}}
    assert masked(value) == value


def test_markdown_survives_pipes_and_long_values() -> None:
    before = blueprint(module(1, mapper={"value": "a | b\n" + "x" * 500}))
    lines = diff(before, blueprint(module(1, mapper={"value": "c"}))).to_markdown().split("\n")
    assert len(lines) == 3
    assert "a \\| b" in lines[2]
    assert len(lines[2]) < 400


@pytest.mark.timeout(25)
def test_large_blueprints_without_common_ids_are_compared_in_linear_time() -> None:
    before = chain(4000)
    after = clone(before)
    for visit in walk(after):
        visit.module["id"] = (visit.id or 0) + 10_000
    found = diff(before, after)
    assert sum(entry.kind == "renumbered" for entry in found.entries) == 4000


def test_of_very_many_modules_without_common_ids_only_equal_ones_are_paired() -> None:
    before = blueprint(*(module(n, mapper={"value": f"text {n}"}) for n in range(1, 121)))
    after = blueprint(*(module(n + 500, mapper={"value": f"text {n}"}) for n in range(2, 122)))
    kinds = Counter(entry.kind for entry in diff(before, after).entries)
    assert kinds == {"renumbered": 119, "removed": 1, "added": 1}


@pytest.mark.parametrize("empty", [None, True, False, ""])
def test_what_holds_no_secret_under_a_telling_name_stays(empty: JsonValue) -> None:
    assert masked({"password": empty, "apiKey": [empty, "s3cret"]}) == {
        "password": empty,
        "apiKey": [empty, "***"],
    }
