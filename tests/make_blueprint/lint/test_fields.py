"""Rules that hold values against the saved forms: B14–B16."""

from __future__ import annotations

import pytest
from make_blueprint.document import Blueprint, JsonObject, JsonValue
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import walk

from tests.make_blueprint.generate import blueprint, module
from tests.make_blueprint.lint.forms import field, formed
from tests.make_blueprint.lint.judging import found, mended, places, value_at

METHOD = field("method", "select", validate={"enum": ["get", "post"]})


def mapped(
    form: list[JsonValue],
    name: str = "acme:do",
    *,
    restore: JsonObject | None = None,
    **values: JsonValue,
) -> Blueprint:
    """Make a scenario of one module whose mapper has a saved form."""
    return blueprint(formed(module(1, name, mapper={**values}), expect=form, restore=restore))


# B14


@pytest.mark.parametrize("values", [{}, {"to": None}, {"to": ""}])
def test_a_required_field_that_is_empty_is_an_error(values: JsonObject) -> None:
    made = formed(module(1, "acme:do", mapper=values), expect=[field("to", required=True)])
    (finding,) = found("B14", blueprint(made))
    assert (finding.path, finding.severity) == ("flow[0].mapper.to", "error")
    assert finding.message == "The field `to` (To) is required and empty."
    assert not finding.fixable


@pytest.mark.parametrize("value", ["x", 0, False, "{{1.x}}", [], {}])
def test_a_required_field_that_is_filled_in_is_fine(value: JsonValue) -> None:
    assert not found("B14", mapped([field("to", required=True)], to=value))


def test_parameters_are_judged_by_their_own_form() -> None:
    made = formed(
        module(1, "acme:do"), parameters=[{"name": "limit", "type": "uinteger", "required": True}]
    )
    (finding,) = found("B14", blueprint(made))
    assert finding.path == "flow[0].parameters.limit"
    assert finding.message == "The field `limit` is required and empty."


def test_a_form_with_a_default_is_mended_by_it() -> None:
    document = mapped([field("mode", required=True, default="fast")])
    (finding,) = found("B14", document)
    assert finding.severity == "warning"
    after = mended("B14", document)
    assert value_at(after, "flow", 0, "mapper", "mode") == "fast"
    assert not errors(structure_problems(after, list(walk(after))))


def test_members_of_collections_and_lists_are_judged() -> None:
    inner: list[JsonValue] = [field("name", required=True, default="x"), field("value")]
    rows = field("rows", "array", spec=inner)
    pairs = field("pairs", "array", spec={"type": "collection", "spec": inner})
    data = field("data", "collection", spec=inner)
    texts = field("texts", "array", spec={"type": "text", "required": True})
    document = mapped(
        [rows, pairs, data, texts, field("other", "array"), field("odd", "collection")],
        rows=[{"name": "a"}, {"value": "b"}, "{{1.row}}"],
        pairs=[{"name": ""}],
        data={"value": "c"},
        texts=["", "d"],
        other=[{}],
        odd={"x": 1},
    )
    assert sorted(places("B14", document)) == [
        "flow[0].mapper.data.name",
        "flow[0].mapper.pairs[0].name",
        "flow[0].mapper.rows[1].name",
    ]
    assert value_at(mended("B14", document), "flow", 0, "mapper", "rows", 1) == {
        "value": "b",
        "name": "x",
    }


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("acme:do", field("note", "banner", required=True)),
        ("acme:do", field("secret", "hidden", required=True)),
        ("acme:do", field("to", required=True, condition="x")),
        ("acme:do", field("conn", "account:google", required=True)),
        ("acme:do", field("hook", "hook:acme", required=True)),
        ("builtin:BasicAggregator", field("feeder", "any", required=True)),
        ("builtin:Resume", field("id", required=True)),
        ("scenario-service:ReturnData", field("total", required=True)),
        ("util:SetVariable2", field("scope", required=True)),
        ("acme:do", {"name": "odd", "type": 3, "required": True}),
        ("acme:do", {"name": 3, "type": "text", "required": True}),
        ("acme:do", field("to")),
    ],
)
def test_fields_that_are_judged_elsewhere_or_not_at_all(name: str, entry: JsonObject) -> None:
    assert not found("B14", mapped([entry, "rpc://fields"], name))


def test_a_field_named_twice_is_not_judged() -> None:
    assert not found("B14", mapped([field("to", required=True), field("to")]))


def test_a_field_filled_in_on_the_other_side_is_not_missing() -> None:
    made = formed(
        module(1, "acme:do", mapper={"name": "x"}), parameters=[field("name", required=True)]
    )
    assert not found("B14", blueprint(made))
    without = formed(module(1, "acme:do"), expect=[field("name", required=True)]) | {"mapper": None}
    assert not found("B14", blueprint(without))


# B15


def test_a_value_that_is_no_option_is_an_error() -> None:
    (finding,) = found("B15", mapped([METHOD], method="fetch"))
    assert (finding.path, finding.severity) == ("flow[0].mapper.method", "error")
    assert finding.message == "`method` is fetch, which is none of its options."
    assert finding.remedy == "Choose one of get, post."
    assert finding.evidence == {"value": "fetch", "options": ["get", "post"]}


@pytest.mark.parametrize(
    "options",
    [
        [{"label": "A", "value": 1}, {"label": "B", "value": 2}],
        ["1", "2"],
        {"store": [{"label": "A", "value": 1}, {"label": "B", "value": 2.0}]},
        [{"label": "Group", "options": [{"label": "A", "value": 1}]}, {"label": "B", "value": 2}],
    ],
)
def test_options_are_read_in_each_of_their_shapes(options: JsonValue) -> None:
    form: list[JsonValue] = [field("size", "select", options=options)]
    assert places("B15", mapped(form, size="3")) == ["flow[0].mapper.size"]
    for fine in ("1", 1, 2, "2"):
        assert not found("B15", mapped(form, size=fine))


@pytest.mark.parametrize(
    "options",
    [
        "rpc://sizes",
        {"store": "rpc://sizes"},
        ["a", "rpc://more"],
        [{"label": "A"}],
        [],
        [None],
        None,
    ],
)
def test_options_that_are_looked_up_are_not_judged(options: JsonValue) -> None:
    assert not found("B15", mapped([field("size", "select", options=options)], size="x"))


@pytest.mark.parametrize("value", ["get", "", None, "{{1.method}}", {"a": 1}])
def test_a_value_that_is_an_option_or_cannot_be_compared_is_fine(value: JsonValue) -> None:
    assert not found("B15", mapped([METHOD], method=value))


def test_each_of_several_chosen_values_is_judged() -> None:
    several = METHOD | {"multiple": True}
    assert places("B15", mapped([several], method=["get", "x"])) == ["flow[0].mapper.method[1]"]


def test_a_field_that_takes_typed_values_is_not_judged() -> None:
    state: JsonObject = {"expect": {"method": {"mode": "edit"}}}
    assert not found("B15", mapped([METHOD], restore=state, method="x"))
    chosen: JsonObject = {"expect": {"method": {"mode": "chose"}}}
    assert found("B15", mapped([METHOD], restore=chosen, method="x"))
    for more in ({"editable": True}, {"dynamic": True}, {"mode": "edit"}):
        assert not found("B15", mapped([METHOD | more], method="x"))
    assert not found("B15", mapped([field("method", validate={"enum": ["get"]})], method="x"))


def test_a_choice_among_parameters_is_judged() -> None:
    made = formed(module(1, "acme:do", parameters={"method": "x"}), parameters=[METHOD])
    assert places("B15", blueprint(made)) == ["flow[0].parameters.method"]


def test_members_of_lists_are_not_compared_with_options() -> None:
    rows = field("rows", "array", spec=[METHOD])
    assert not found("B15", mapped([rows], rows=[{"method": "x"}]))


def test_a_value_with_a_telling_name_is_not_shown() -> None:
    form: list[JsonValue] = [field("authToken", "select", validate={"enum": ["none"]})]
    (finding,) = found("B15", mapped(form, authToken="hunter2"))
    assert "hunter2" not in str(finding)


# B16


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False)])
def test_a_boolean_written_as_text_becomes_a_boolean(text: str, value: bool) -> None:
    document = mapped([field("retry", "select", validate={"enum": [True, False]})], retry=text)
    (finding,) = found("B16", document)
    assert (finding.path, finding.severity) == ("flow[0].mapper.retry", "warning")
    assert not found("B15", document)
    assert value_at(mended("B16", document), "flow", 0, "mapper", "retry") is value


def test_text_that_is_to_be_text_stays() -> None:
    words = field("flag", "select", validate={"enum": ["true", "false"]})
    assert not found("B16", mapped([words], flag="true"))
    assert not found("B16", mapped([field("flag")], flag="true"))
    booleans = field("flag", "select", validate={"enum": [True, False]})
    assert not found("B16", mapped([booleans], flag=True))
    assert not found("B16", mapped([booleans], flag="{{1.flag}}"))


# The pack


def test_the_company_fills_in_its_forms(company_blueprints: list[Blueprint]) -> None:
    profile = Profile(frozenset({"B14", "B15", "B16"}))
    findings = [lint(each, profile=profile).findings for each in company_blueprints]
    assert not any(findings)
