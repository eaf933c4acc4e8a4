"""Values, filters, names and bindings of modules."""

from make_blueprint.document import JsonObject, JsonValue, dump
from make_blueprint.patch import apply
from make_blueprint.walk import find

from tests.make_blueprint.generate import blueprint, module
from tests.make_blueprint.patching.checked import get, patched, refused, value_of


def test_values_are_set_in_place_and_reported() -> None:
    document = blueprint(module(1, parameters={"limit": 5}), module(2))
    result = patched(
        document,
        {"op": "set_param", "module": 1, "name": "limit", "value": 10},
        {"op": "set_mapper", "module": "2", "name": "subject", "value": "Order {{1.id}}"},
    )
    assert value_of(result.blueprint, 1, "parameters") == {"limit": 10}
    assert value_of(result.blueprint, 2) == {"subject": "Order {{1.id}}"}
    assert (result.changed, result.new_ids, result.broken) == ([1, 2], [], [])


def test_a_value_that_is_there_already_changes_nothing() -> None:
    document = blueprint(module(1, parameters={"limit": 5}))
    result = apply(document, [{"op": "set_param", "module": 1, "name": "limit", "value": 5}])
    assert (result.changed, result.inverse) == ([], [])
    result = apply(document, [{"op": "set_param", "module": 1, "name": "limit", "value": True}])
    assert result.changed == [1]


def test_dotted_names_reach_into_lists_and_objects() -> None:
    variables: JsonValue = [{"name": "total", "value": "1"}]
    document = blueprint(module(1, mapper={"variables": variables, "a.b": {"c": 1}}))
    op = {"op": "set_mapper", "module": 1}
    result = patched(
        document,
        {**op, "name": "variables.0.value", "value": "2"},
        {**op, "name": "variables.1", "value": {"name": "tax"}},
        {**op, "name": "a.b.c", "value": 3},
        {**op, "name": "new.deep.key", "value": None},
    )
    assert value_of(result.blueprint, 1) == {
        "variables": [{"name": "total", "value": "2"}, {"name": "tax"}],
        "a.b": {"c": 3},
        "new": {"deep": {"key": None}},
    }


def test_a_missing_list_is_made_only_where_the_schema_says_it_is_one() -> None:
    known = module(1)
    known["metadata"] = {"expect": [{"name": "to", "type": "array"}]}
    op: JsonObject = {"op": "set_mapper", "module": 1, "name": "to.0", "value": "a@example.com"}
    result = patched(blueprint(known), op)
    assert value_of(result.blueprint, 1) == {"to": ["a@example.com"]}
    assert "a list or an object" in refused(blueprint(module(1)), op)[0]


def test_a_value_can_be_unset() -> None:
    document = blueprint(module(1, mapper={"a": 1, "b": {"c": 2, "d": 3}, "e": 4}))
    op = {"op": "set_mapper", "module": 1, "unset": True}
    result = patched(document, {**op, "name": "a"}, {**op, "name": "b.c"})
    assert value_of(result.blueprint, 1) == {"b": {"d": 3}, "e": 4}
    assert "not set" in refused(document, {**op, "name": "x"})[0]


def test_a_null_mapper_takes_its_first_value() -> None:
    document = blueprint(module(1) | {"mapper": None})
    result = patched(document, {"op": "set_mapper", "module": 1, "name": "key", "value": "k"})
    assert value_of(result.blueprint, 1) == {"key": "k"}


def test_filters_are_set_removed_and_checked() -> None:
    document = blueprint(module(1), module(2, filter={"name": "old", "conditions": []}))
    good: JsonValue = {"name": "Paid", "conditions": [[{"a": "{{1.s}}", "o": "exist"}]]}
    op = {"op": "set_filter", "module": 2}
    assert get(patched(document, {**op, "filter": good}).blueprint, 2)["filter"] == good
    assert get(patched(document, {**op, "filter": None}).blueprint, 2)["filter"] is None
    assert patched(document, {**op, "module": 1, "filter": None}).inverse == []
    wrong: JsonValue = {"conditions": [[{"a": "{{1.s}}", "o": "text:startswith", "b": "x"}]]}
    assert "`text:startwith`" in refused(document, {**op, "filter": wrong})[0]
    flat: JsonValue = {"conditions": [{"a": "{{1.s}}", "o": "exist"}]}
    assert "one more list" in refused(document, {**op, "filter": flat})[0]


def test_a_module_is_renamed_and_loses_its_name() -> None:
    document = blueprint(module(1))
    named = patched(document, {"op": "rename_module", "module": 1, "name": "Find order"})
    visit = find(named.blueprint, 1)
    assert visit is not None
    assert visit.label == "Find order"
    bare = patched(named.blueprint, {"op": "rename_module", "module": 1, "name": None})
    assert dump(bare.blueprint) == dump(document)


def test_a_binding_and_its_label_are_written_together() -> None:
    bound = module(1, "acme:doIt", parameters={"__IMTCONN__": 11})
    restore: JsonValue = {"parameters": {"__IMTCONN__": {"mode": "chose", "label": "Old"}}}
    bound["metadata"] = {"restore": restore}
    op: JsonObject = {"op": "set_binding", "module": 1, "value": 12, "label": "New"}
    result = patched(blueprint(bound), op)
    assert get(result.blueprint, 1) == bound | {
        "parameters": {"__IMTCONN__": 12},
        "metadata": {"restore": {"parameters": {"__IMTCONN__": {"mode": "chose", "label": "New"}}}},
    }


def test_the_form_of_an_id_is_kept_and_an_ambiguous_field_is_asked_for() -> None:
    call = module(1, "scenario-service:CallSubscenario", parameters={"scenario": "SCN_5"})
    two = module(2, "http:MakeRequest", parameters={"apiKeyKeychain": 3, "proxyKeychain": 4})
    document = blueprint(call, two)
    op = {"op": "set_binding", "value": 9}
    result = patched(document, {**op, "module": 1})
    assert value_of(result.blueprint, 1, "parameters") == {"scenario": "SCN_9"}
    assert "`apiKeyKeychain`, `proxyKeychain`" in refused(document, {**op, "module": 2})[0]
    result = patched(document, {**op, "module": 2, "parameter": "proxyKeychain"})
    assert value_of(result.blueprint, 2, "parameters")["proxyKeychain"] == 9


def test_a_fresh_module_gets_its_first_connection() -> None:
    op: JsonObject = {"op": "set_binding", "module": 1, "kind": "connection", "value": 12}
    result = patched(blueprint(module(1, "acme:doIt")), op)
    assert value_of(result.blueprint, 1, "parameters") == {"__IMTCONN__": 12}
    assert "hook" in refused(blueprint(module(1, "acme:doIt")), op | {"kind": "hook"})[0]


def test_an_item_is_replaced_and_a_numbered_key_of_a_collection_is_set() -> None:
    known = module(1, mapper={"list": [1, 2]})
    known["metadata"] = {"expect": [{"name": "to", "type": "collection"}]}
    op: JsonObject = {"op": "set_mapper", "module": 1}
    result = patched(
        blueprint(known),
        {**op, "name": "list.1", "value": 3},
        {**op, "name": "to.0", "value": "x"},
        {"op": "rename_module", "module": 1, "name": None},
    )
    assert value_of(result.blueprint, 1) == {"list": [1, 3], "to": {"0": "x"}}
    assert result.changed == [1]
