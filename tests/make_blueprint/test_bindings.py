import pytest
from hypothesis import given
from make_blueprint.bindings import Binding, Target, bindings, rebind
from make_blueprint.document import Blueprint, JsonObject, JsonValue, dump
from make_blueprint.problem import BlueprintError
from make_blueprint.walk import find

from tests.make_blueprint.generate import blueprint, blueprints, few, module, router


def found(document: Blueprint, *without: str) -> list[tuple[str, int | str, str]]:
    return [
        (need.kind, need.value, need.path)
        for need in bindings(document)
        if need.kind not in ("app", *without)
    ]


def typed(number: int, app: str, **fields: tuple[str, JsonValue]) -> JsonObject:
    """Make a module whose saved schema declares the types of its parameters."""
    made = module(
        number, f"{app}:doIt", parameters={key: value for key, (_, value) in fields.items()}
    )
    made["metadata"] = {"parameters": [{"name": key, "type": t} for key, (t, _) in fields.items()]}
    return made


@pytest.mark.parametrize(
    ("name", "field", "value", "kind"),
    [
        ("acme:doIt", "__IMTCONN__", 11, "connection"),
        ("email:ActionSendEmail", "account", 12, "connection"),
        ("ai-tools:Ask", "makeConnectionId", 13, "connection"),
        ("acme:doIt", "connection", 14, "connection"),
        ("http:MakeRequest", "oAuthAccount", 15, "connection"),
        ("acme:doIt", "__IMTCONN__", "{{var.input.mailbox}}", "connection"),
        ("acme:doIt", "__IMTCONN__", "TAC_3", "connection"),
        ("gateway:CustomWebHook", "hook", 21, "hook"),
        ("acme:watch", "__IMTHOOK__", 22, "hook"),
        ("http:ActionSendDataAPIKeyAuth", "auth", 31, "key"),
        ("http:ActionSendDataBasicAuth", "key", 32, "key"),
        ("http:MakeRequest", "apiKeyKeychain", 33, "key"),
        ("http:MakeRequest", "basicAuthKeychain", 34, "key"),
        ("http:MakeRequest", "proxyKeychain", "35", "key"),
        ("acme:doIt", "__IMTKEY__", 36, "key"),
        ("datastore:GetRecord", "datastore", 41, "data_store"),
        ("json:CreateJSON", "type", 51, "data_structure"),
        ("http:MakeRequest", "bodyDataStructure", 52, "data_structure"),
        ("scenario-service:CallSubscenario", "scenario", "SCN_61", "scenario"),
        ("scenario-service:CallSubscenario", "scenario", 62, "scenario"),
        ("android:doIt", "device", 71, "device"),
        ("ai-agent:RunAnAIAgent", "agent", "0b1f-uuid", "agent"),
    ],
)
def test_a_well_known_field_is_a_binding(name: str, field: str, value: int, kind: str) -> None:
    document = blueprint(module(1, name, parameters={field: value}))
    assert found(document) == [(kind, value, f"flow[0].parameters.{field}")]


@pytest.mark.parametrize(
    ("name", "domain", "field", "value"),
    [
        ("datastore:GetRecord", "mapper", "key", 5),
        ("acme:doIt", "parameters", "type", 5),
        ("acme:doIt", "parameters", "key", 5),
        ("json:ParseJSON", "parameters", "type", ""),
        ("http:MakeRequest", "parameters", "proxyKeychain", ""),
        ("http:MakeRequest", "parameters", "proxyKeychain", None),
        ("acme:doIt", "parameters", "account", "me@example.com"),
        ("acme:doIt", "parameters", "__IMTCONN__", "{{GOOGLE_CONNECTION}}"),
        ("ai-agent:RunAnAIAgent", "mapper", "threadID", "abc"),
    ],
)
def test_other_values_under_such_names_are_none(
    name: str, domain: str, field: str, value: JsonValue
) -> None:
    made = module(1, name)
    made[domain] = {field: value}
    assert found(blueprint(made)) == []


def test_the_saved_schema_decides_before_the_name() -> None:
    made = typed(
        1,
        "acme",
        mailbox=("account:google,microsoft", 5),
        inbox=("hook:acme-mail", 6),
        secretKey=("keychain:apikeyauth", 7),
        shape=("udt", 8),
        phone=("device:android", 9),
        account=("text", 10),
    )
    needs = [need for need in bindings(blueprint(made)) if need.kind != "app"]
    assert [(need.kind, need.value, need.type) for need in needs] == [
        ("connection", 5, "google,microsoft"),
        ("hook", 6, "acme-mail"),
        ("key", 7, "apikeyauth"),
        ("data_structure", 8, ""),
        ("device", 9, "android"),
    ]


def test_a_binding_carries_the_name_the_editor_saved() -> None:
    made = module(1, "acme:doIt", parameters={"__IMTCONN__": 5})
    state: JsonValue = {"label": "Acme (main)", "data": {"connection": "acme-oauth"}}
    made["metadata"] = {"restore": {"parameters": {"__IMTCONN__": state}}}
    assert bindings(blueprint(made))[1] == Binding(
        "connection",
        5,
        1,
        "flow[0].parameters.__IMTCONN__",
        "__IMTCONN__",
        "Acme (main)",
        "acme-oauth",
    )


def test_apps_variables_and_custom_functions_are_needs_too() -> None:
    text = "{{var.team.region}} {{var.organization.`tax rate`}} {{var.input.x}} {{toIban(1.a)}}"
    document = blueprint(
        module(1, mapper={"value": text, "again": text, "plain": "var.team.no {{lower(1.b)}}"}),
        module(2, "app#acme:find", version=3),
        module(3),
    )
    assert [(need.kind, need.value, need.path) for need in bindings(document)] == [
        ("app", "util", "flow[0].module"),
        ("team_variable", "region", "flow[0].mapper.value"),
        ("organization_variable", "tax rate", "flow[0].mapper.value"),
        ("function", "toIban", "flow[0].mapper.value"),
        ("app", "app#acme", "flow[1].module"),
    ]


def test_bindings_of_routes_handlers_orphans_and_inputs_are_found() -> None:
    bound: JsonObject = {"parameters": {"__IMTCONN__": 5}}
    document = blueprint(
        router(1, [module(2, "a:B", onerror=[module(3, "a:B") | bound])]),
        io={"input_spec": [{"name": "box", "type": "account:google", "default": 8}]},
    )
    document["metadata"] = {"designer": {"orphans": [[module(4, "a:B") | bound]]}}
    assert [path for _, _, path in found(document)] == [
        "io.input_spec[0].default",
        "flow[0].routes[0].flow[0].onerror[0].parameters.__IMTCONN__",
        "metadata.designer.orphans[0][0].parameters.__IMTCONN__",
    ]


def test_rebinding_rewrites_ids_in_their_form_and_labels() -> None:
    one = module(1, "acme:doIt", parameters={"__IMTCONN__": 5})
    one["metadata"] = {"restore": {"parameters": {"__IMTCONN__": {"label": "Old", "x": 1}}}}
    two = module(2, "scenario-service:CallSubscenario", parameters={"scenario": "SCN_7"})
    three = module(3, "http:MakeRequest", parameters={"proxyKeychain": "9"})
    four = module(4, "acme:doIt", parameters={"__IMTCONN__": "{{var.input.box}}"})
    document = blueprint(one, two, three, four)
    before = dump(document)
    result = rebind(
        document,
        {
            "connection": {"5": Target(50, "New")},
            "scenario": {7: 70},
            "key": {9: 90},
            "hook": {1: 2},
        },
    )
    assert dump(document) == before
    values = {need.value for need in bindings(result) if need.kind != "app"}
    assert values == {50, "SCN_70", "90", "{{var.input.box}}"}
    visit = find(result, 1)
    assert visit is not None
    assert visit.module["metadata"] == {
        "restore": {"parameters": {"__IMTCONN__": {"label": "New", "x": 1}}}
    }


def test_half_a_mapping_is_refused_with_every_missing_id() -> None:
    document = blueprint(
        module(1, "gateway:CustomWebHook", parameters={"hook": 3}),
        module(2, "acme:doIt", parameters={"__IMTCONN__": 5}),
        module(3, "datastore:GetRecord", parameters={"datastore": 7}),
    )
    with pytest.raises(BlueprintError) as caught:
        rebind(document, {"connection": {5: 6}})
    assert [problem.path for problem in caught.value.problems] == [
        "flow[0].parameters.hook",
        "flow[2].parameters.datastore",
    ]
    partial = rebind(document, {"connection": {5: 6}}, partial=True)
    assert [value for _, value, _ in found(partial)] == [3, 6, 7]


@given(blueprints())
@few
def test_mapping_every_binding_to_itself_changes_nothing(document: Blueprint) -> None:
    assert dump(rebind(document, {}, partial=True)) == dump(document)


def test_a_value_that_is_no_id_and_a_field_without_a_type_bind_nothing() -> None:
    document = blueprint(module(1, parameters={"hook": "soon", "note": 5}))
    schema: JsonValue = [{"name": "note"}, {"type": "hook"}, 7, {"name": "hook", "type": "hook"}]
    find_1 = find(document, 1)
    assert find_1 is not None
    find_1.module["metadata"] = {"parameters": schema}
    assert found(document, "unknown") == []
    assert rebind(document, {"hook": {7: 8}}) == document
