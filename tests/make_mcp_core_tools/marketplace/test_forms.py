"""Forms of modules: what is refused, what is only doubtful, and what is never refused."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_mcp_core_tools._engine.form_schemas import schema_of
from make_mcp_core_tools._engine.forms import Checked, Form, check_form

Field = dict[str, Any]


def check(
    *mapper: Field | str,
    parameters: tuple[Field, ...] = (),
    fixed: dict[str, Any] | None = None,
    answers: dict[str, list[Any] | str] | None = None,
    strict: bool = False,
    **values: Any,
) -> Checked:
    form = Form(list(parameters), cast("list[Any]", list(mapper)))
    given = {"parameters": fixed or {}, "mapper": values}
    return check_form(form, cast("Any", given), answers, strict=strict)


def told(checked: Checked, severity: str = "error") -> dict[str, str]:
    return {one.path: one.problem for one in checked.faults if one.severity == severity}


def field(kind: str, **members: Any) -> Field:
    return {"name": "x", "type": kind, **members}


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_required_field_is_refused_and_an_optional_one_is_not(value: object) -> None:
    assert told(check(field("text", required=True), x=value)) == {"mapper.x": "Field is mandatory."}
    assert check(field("text"), x=value).faults == []
    assert check(field("number"), x=value).faults == []


def test_the_default_of_a_missing_field_is_told() -> None:
    fault = check(field("select", required=True, default="get")).faults[0]
    assert fault.fix == 'Default: "get".'


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("number", "many", "Expected type 'number', got type 'text'."),
        ("number", True, "Expected type 'number', got type 'boolean'."),
        ("text", 5, "Expected type 'text', got type 'number'."),
        ("date", {"a": 1}, "Expected type 'text', got type 'collection'."),
        ("boolean", "yes", "Expected type 'boolean', got type 'text'."),
        ("collection", [], "Expected type 'collection', got type 'array'."),
        ("array", {}, "Expected type 'array', got type 'collection'."),
        ("filter", "a", "Expected type 'array', got type 'text'."),
        ("integer", 1.5, "Expected a whole number."),
        ("uinteger", -1, "Expected a number of 0 or more."),
        ("port", 70_000, "Expected a port number up to 65535."),
        ("account:slack", "mine", "Expected type 'number', got type 'text'."),
    ],
)
def test_a_value_of_another_type_is_refused(kind: str, value: object, problem: str) -> None:
    assert told(check(field(kind), x=value)) == {"mapper.x": problem}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "300"),
        ("uinteger", "200"),
        ("number", -2.5),
        ("any", {"a": [1]}),
        ("json", 5),
        ("buffer", "text"),
        ("filter", [[{"a": "{{1.x}}", "o": "exist"}]]),
        ("boolean", False),
        ("collection", {"free": 1}),
        ("account:slack", "PAC_3"),
    ],
)
def test_what_exports_hold_is_accepted(kind: str, value: object) -> None:
    assert check(field(kind), x=value).faults == []


@pytest.mark.parametrize(
    "kind",
    ["number", "boolean", "array", "collection", "date", "filter", "select", "account:slack"],
)
@pytest.mark.parametrize("value", ["{{1.x}}", "a {{1.x}} b"])
def test_a_mapped_value_is_never_held_against_type_options_or_bounds(kind: str, value: str) -> None:
    rules = {"min": 100, "max": 101, "pattern": "^z$", "enum": ["q"]}
    options = [{"value": "only", "label": "Only"}]
    assert check(field(kind, validate=rules, options=options), x=value).faults == []


def test_an_expression_is_refused_where_values_are_fixed() -> None:
    fixed = check(parameters=(field("text"),), fixed={"x": "{{1.x}}"})
    assert told(fixed) == {"parameters.x": "Expressions are not allowed here."}
    unmappable = check(field("text", mappable=False), x="{{1.x}}")
    assert told(unmappable) == {"mapper.x": "Expressions are not allowed here."}


def test_a_connection_may_be_chosen_for_each_run() -> None:
    account = field("account:slack", required=True)
    assert check(parameters=(account,), fixed={"x": "{{var.input.connection}}"}).faults == []


def test_a_broken_expression_is_refused() -> None:
    assert "mapper.x" in told(check(field("text"), x="{{if(1.x; 2}}"))


def test_a_text_for_a_truth_value_is_doubtful() -> None:
    assert told(check(field("boolean"), x="false"), "warning") == {
        "mapper.x": "A text stands for a truth value."
    }
    options = [{"value": True, "label": "Yes"}, {"value": False, "label": "No"}]
    chosen = check(field("select", options=options), x="true")
    assert (told(chosen), list(told(chosen, "warning"))) == ({}, ["mapper.x"])
    assert check(field("select", options=options), x=False).faults == []


def test_a_value_outside_fixed_options_is_refused_with_the_nearest() -> None:
    options = [
        {"label": "Common", "options": [{"value": "get"}, {"value": "post"}]},
        {"value": 5, "label": "Five"},
    ]
    method = field("select", options=options)
    fault = check(method, x="pots").errors[0]
    assert fault.problem == 'Value "pots" is not among the options.'
    assert '"post"' in fault.fix
    assert check(method, x="post").faults == []
    assert check(method, x="5").faults == []
    assert check({**method, "editable": True}, x="pots").faults == []


def test_several_choices_are_judged_one_by_one() -> None:
    several = field("select", multiple=True, options=[{"value": "a"}, {"value": "b"}])
    assert list(told(check(several, x=["a", "c", "{{1.x}}"]))) == ["mapper.x[1]"]
    assert told(check(several, x="a")) == {"mapper.x": "Expected type 'array', got type 'text'."}


def test_options_elsewhere_are_asked_for_and_only_doubted_where_values_may_be_mapped() -> None:
    channel = field("select", options="rpc://ListChannels")
    first = check(channel, x="#sale", fixed={"__IMTCONN__": 11})
    assert first.faults == []
    lookup = next(iter(first.asked.values()))
    assert lookup.address == "rpc://ListChannels"
    assert lookup.data == {"__IMTCONN__": 11, "x": "#sale"}
    answers: dict[str, list[Any] | str] = {lookup.key: [{"value": "#sales", "label": "Sales"}]}
    second = check(channel, x="#sale", fixed={"__IMTCONN__": 11}, answers=answers)
    assert second.asked == {}
    assert list(told(second, "warning")) == ["mapper.x"]


def test_options_that_cannot_be_asked_for_leave_the_value_alone() -> None:
    channel = field("select", options="rpc://ListChannels")
    key = next(iter(check(channel, x="#a").asked))
    checked = check(channel, x="#a", answers={key: "the connection is broken"})
    assert told(checked) == {}
    assert "the connection is broken" in told(checked, "warning")["mapper.x"]
    assert checked.unresolved == ["mapper.x"]


def test_an_id_must_be_an_object_of_the_team() -> None:
    account = field("account:slack,slack2", required=True)
    asked = check(parameters=(account,), fixed={"x": 12})
    key = next(iter(asked.asked))
    assert key == "api://connections/slack,slack2"
    answers: dict[str, list[Any] | str] = {key: [{"value": 11, "label": "Slack"}]}
    wrong = check(parameters=(account,), fixed={"x": 12}, answers=answers)
    assert told(wrong) == {"parameters.x": "12 is no account:slack,slack2 of the team."}
    right = check(parameters=(account,), fixed={"x": 11}, answers=answers)
    assert right.faults == []
    assert right.states["parameters"]["x"] == {
        "label": "Slack",
        "data": {"scoped": "true", "connection": "slack"},
    }


def test_a_choice_brings_fields_that_are_then_required() -> None:
    login = field(
        "select",
        options=[
            {"value": "none"},
            {"value": "key", "nested": [{"name": "secret", "type": "text", "required": True}]},
        ],
    )
    assert check(login, x="none").faults == []
    assert told(check(login, x="key")) == {"mapper.secret": "Field is mandatory."}
    unneeded = check(login, x="none", secret="s")
    assert told(unneeded, "info") == {"mapper.secret": "Unknown field 'secret'."}
    assert check(login, x="{{1.login}}", secret="s").faults == []


def test_a_choice_of_the_parameters_can_bring_fields_of_the_mapper() -> None:
    nested = {"store": [{"name": "row", "type": "text", "required": True}], "domain": "expect"}
    table = field("select", options={"store": [{"value": "a"}], "nested": nested})
    checked = check(parameters=(table,), fixed={"x": "a"})
    assert told(checked) == {"mapper.row": "Field is mandatory."}


def test_fields_of_a_procedure_are_asked_for_and_judged() -> None:
    values = field("collection", spec="rpc://ListHeaders")
    asked = check(values, x={"0": 1})
    key = next(iter(asked.asked))
    headers = [{"name": "0", "type": "text"}, {"name": "1", "type": "text", "required": True}]
    checked = check(values, x={"0": 1}, answers={key: headers})
    assert set(told(checked)) == {"mapper.x.0", "mapper.x.1"}


def test_a_procedure_that_brings_itself_ends() -> None:
    first = check("rpc://Fields")
    key = next(iter(first.asked))
    assert len(check("rpc://Fields", answers={key: ["rpc://Fields"] * 2}).faults) == 0


def test_items_of_a_list_are_judged_where_they_stand() -> None:
    pair = [{"name": "name", "type": "text", "required": True}, {"name": "value", "type": "text"}]
    headers = field("array", spec=pair, validate={"minItems": 1, "maxItems": 2})
    checked = check(headers, x=[{"name": "a"}, {"value": 5}, "{{1.header}}"])
    assert told(checked) == {
        "mapper.x": "Expected 2 items at most, got 3.",
        "mapper.x[1].name": "Field is mandatory.",
        "mapper.x[1].value": "Expected type 'text', got type 'number'.",
    }
    plain = field("array", spec={"type": "uinteger"})
    assert list(told(check(plain, x=["1", "b"]))) == ["mapper.x[1]"]


@pytest.mark.parametrize(
    ("rules", "value", "refused"),
    [
        ({"min": 3}, "ab", True),
        ({"max": 3}, "abcd", True),
        ({"min": 1, "max": 3}, "abc", False),
        ({"pattern": "^[a-z]+$"}, "ab1", True),
        ({"pattern": {"regexp": "^[a-z]+$"}}, "ab", False),
        ({"pattern": "("}, "anything", False),
        ({"enum": ["a", "b"]}, "c", True),
    ],
)
def test_texts_are_held_against_length_pattern_and_list(
    rules: dict[str, Any], value: str, refused: bool
) -> None:
    assert bool(told(check(field("text", validate=rules), x=value))) is refused


def test_a_pattern_that_could_take_forever_does_not() -> None:
    evil = field("text", validate={"pattern": "^(a+)+$"})
    assert list(told(check(evil, x="a" * 40 + "!"))) == ["mapper.x"]


def test_unknown_fields_are_errors_only_when_asked() -> None:
    known = field("text")
    loose = check(known, x="a", xx="b", __IMTINDEX__=1)
    assert (told(loose), told(loose, "info")) == ({}, {"mapper.xx": "Unknown field 'xx'."})
    assert told(check(known, strict=True, x="a", xx="b")) == {"mapper.xx": "Unknown field 'xx'."}


def test_what_only_shows_something_is_no_field() -> None:
    banner = {"name": "note", "type": "banner", "required": True}
    assert check(banner).faults == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
KINDS = st.sampled_from(
    ["text", "number", "boolean", "select", "array", "collection", "filter", "account:x", "any"]
)


@given(kind=KINDS, value=JSON, options=JSON, spec=JSON, nested=JSON, rules=JSON)
def test_any_form_with_any_value_is_judged_without_failing(
    kind: str, value: Any, options: Any, spec: Any, nested: Any, rules: Any
) -> None:
    entry = field(kind, options=options, spec=spec, nested=nested, validate=rules)
    checked = check(entry, x=value)
    assert check(entry, x=value).faults == checked.faults
    schema_of(Form([], [entry]))


@given(kind=KINDS, before=st.text(max_size=5), options=JSON)
def test_no_mapped_text_is_called_wrong(kind: str, before: str, options: Any) -> None:
    plain = before.replace("{", "").replace("}", "")
    assert check(field(kind, options=options), x=f"{plain}{{{{1.a}}}}").errors == []
