"""Rules about how expressions are written: R06–R19, R32."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
from make_blueprint import iml
from make_blueprint.document import Blueprint, JsonObject, JsonValue
from make_blueprint.lint.checking import Profile, lint
from make_blueprint.lint.mending import mend
from make_blueprint.lint.surroundings import Surroundings
from make_blueprint.lint.written import KEYWORDS

from tests.make_blueprint.generate import blueprint, module
from tests.make_blueprint.lint.judging import found, mended, places, value_at

VALUE = "flow[2].mapper.value"
NAMES: JsonObject = {
    "designer": {"x": 0, "y": 0},
    "interface": [{"name": "total", "type": "number"}, {"name": "7", "type": "text"}],
}
NO_CUSTOM = Surroundings(functions=frozenset())


def saying(text: JsonValue, name: str = "value") -> Blueprint:
    """A scenario whose third module maps one text."""
    start = module(1, "gateway:CustomWebHook", parameters={"hook": 7})
    start["metadata"] = NAMES
    sheet = module(2, "google-sheets:filterRows", version=2)
    return blueprint(start, sheet, module(3, mapper={name: text}))


def silent(rule: str, text: str) -> bool:
    return places(rule, saying(text)) == []


def mended_text(rule: str, text: str) -> JsonValue:
    """Let one rule put a text right; what comes out can be read."""
    (path, *_) = places(rule, saying(text))
    assert path == VALUE
    outcome = value_at(mended(rule, saying(text)), "flow", 2, "mapper", "value")
    assert isinstance(outcome, str)
    return outcome


def left_to_a_person(rule: str, text: str) -> bool:
    findings = found(rule, saying(text))
    assert findings, "nothing was found"
    return not any(finding.fixable for finding in findings)


# Braces


@pytest.mark.parametrize(
    "text",
    [
        "Hello {{1.name}",
        "{{1.name} and {{1.mail}}",
        "{{formatDate(now; 'YYYY'}",
        "{{now} today",
        "{{`1`}",
        '{"a":{"b":"{{var.input.x}","c":{"d":1}}}',
        "{{1.Customer's name}}",
        "1.name}} and {{1.mail}}",
        "{1.name}}",
    ],
)
def test_braces_that_do_not_match_make_plain_text(text: str) -> None:
    (finding,) = found("R06", saying(text))
    assert (finding.path, finding.severity, finding.fixable) == (VALUE, "warning", False)


@pytest.mark.parametrize(
    "text",
    [
        "{{1.name}}",
        '{"a":{"b":{{1.n}}}}',
        '{"a":{"b":{"c":"{{1.n}}"}}}',
        '"}}{{1.n}}{"',
        "{{{1.n}}}",
        "{{{{1.n}}}}",
        '{{"}}"}} {{1.a}}',
        "query {{ shop",
        "{a:{b:1}}",
        "plain",
        "function f(){{ return 1.5}}",
        "{{if(1.a = '}}'; \"{{\"; 1.b)}}",
    ],
)
def test_braces_of_json_and_of_code_are_no_expressions(text: str) -> None:
    assert silent("R06", text)


def test_braces_in_code_and_in_static_settings_are_left_alone() -> None:
    document = blueprint(
        module(1, "code:ExecuteCode", mapper={"code": "{{1.name}"}),
        module(2, parameters={"pattern": "{{1.name}"}),
    )
    assert places("R06", document) == []


# Bundles and indexes


def test_a_whole_bundle_gets_backticks() -> None:
    assert mended_text("R07", "{{1}} and {{ 2 }}, {{5}}") == "{{`1`}} and {{`2`}}, {{5}}"
    assert [finding.severity for finding in found("R07", saying("{{1}}"))] == ["error"]


@pytest.mark.parametrize("text", ["{{`1`}}", "{{3}}", "{{1 + 1}}", "{{1.a}}", "{{12}}", "1"])
def test_a_number_that_is_no_module_in_sight_is_a_number(text: str) -> None:
    assert silent("R07", text)


def test_items_count_from_one() -> None:
    text = "{{1.items[0].name + get(1.`a b`[ 0 ]; 0)}} {{2.x[00]}}"
    wanted = "{{1.items[1].name + get(1.`a b`[ 1 ]; 0)}} {{2.x[1]}}"
    assert mended_text("R08", text) == wanted
    assert {finding.severity for finding in found("R08", saying(text))} == {"warning"}


@pytest.mark.parametrize(
    "text", ["{{1.items[10]}}", "{{1.items[1.i]}}", "{{add([0]; 1)}}", "{{'[0]'}}", "[0] {{1.a}}"]
)
def test_other_indexes_and_texts_are_left_alone(text: str) -> None:
    assert silent("R08", text)


# Separators and quotes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{{replace(1.a, ",", "x")}}', '{{replace(1.a; ","; "x")}}'),
        ("{{substring(1.a,0,10)}}", "{{substring(1.a;0;10)}}"),
        ("{{mine(1.a, 2)}}, {{1.b}}", "{{mine(1.a; 2)}}, {{1.b}}"),
        ('{{if(1.a == "x" AND 1.b, “y”, "z")}}', '{{if(1.a == "x" AND 1.b; “y”; "z")}}'),
        ("{{if(1.list[1].a, upper(1.b, ''), 2)}}", "{{if(1.list[1].a; upper(1.b; ''); 2)}}"),
    ],
)
def test_arguments_are_separated_by_semicolons(text: str, wanted: str) -> None:
    assert mended_text("R09", text) == wanted


@pytest.mark.parametrize("text", ["{{round(1,5)}}", "{{formatNumber(1,5; 2)}}", "{{mine(1,5)}}"])
def test_a_comma_between_digits_may_be_a_decimal_point(text: str) -> None:
    assert left_to_a_person("R09", text)


def test_an_expression_that_is_broken_otherwise_is_not_half_mended() -> None:
    assert left_to_a_person("R09", "{{upper(1.a, 1.b}}")


@pytest.mark.parametrize(
    "text", ["{{replace(1.a; ','; 'x')}}", "{{1.a}}, {{1.b}}", "{{1.a, 1.b}}", "{{(1.a, 2)}}"]
)
def test_commas_that_separate_no_arguments_are_another_matter(text: str) -> None:
    assert silent("R09", text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{{formatDate(now; “YYYY”)}}", '{{formatDate(now; "YYYY")}}'),
        ("{{if(1.a; ‘yes’; „it’s“)}} “ok”", "{{if(1.a; 'yes'; \"it’s\")}} “ok”"),
        ("{{if(1.a; “x”; '“')}}", "{{if(1.a; \"x\"; '“')}}"),
        ("{{if(1.`“a”`; “x”; 1)}}", '{{if(1.`“a”`; "x"; 1)}}'),
    ],
)
def test_texts_stand_between_straight_quotes(text: str, wanted: str) -> None:
    assert mended_text("R10", text) == wanted


def test_half_a_pair_of_curly_quotes_is_left_to_a_person() -> None:
    assert left_to_a_person("R10", "{{upper(“abc)}}")


@pytest.mark.parametrize("text", ["{{upper('“a”')}}", "“{{1.a}}”", "{{1.`“`}}"])
def test_curly_quotes_inside_a_text_are_text(text: str) -> None:
    assert silent("R10", text)


# Functions


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("{{formatdate(now; 'YYYY')}}", "Use `formatDate`."),
        ("{{coalesce(1.a; 2)}}", "Use `ifempty`."),
        ("{{substrin(1.a; 2)}}", "Use `substring`."),
        ("{{now()}}", "Write `now` without brackets."),
        ("{{frobnicate(1.a)}}", "Use a function that Make has."),
        ("{{1.a and or(1.b)}}", "Use a function that Make has."),
        ("{{frobnicate(1.a, 2)}}", "Use a function that Make has."),
    ],
)
def test_a_function_that_make_lacks_is_named(text: str, remedy: str) -> None:
    (finding,) = found("R11", saying(text))
    assert (finding.path, finding.severity, finding.remedy) == (VALUE, "warning", remedy)
    assert [each.severity for each in found("R11", saying(text), NO_CUSTOM)] == ["error"]


@pytest.mark.parametrize(
    "text",
    [
        "{{upper(1.a)}}",
        "{{'concat(1)'}}",
        "{{escapeJSON(1.a)}}",
        "{{(1.a) and (1.b)}}",
        "{{1.upper}}",
        "nope({{1.a}})",
        "{{endOfDay(now)}}",
    ],
)
def test_what_is_no_unknown_function_is_left_alone(text: str) -> None:
    assert silent("R11", text)


def test_a_custom_function_of_the_team_is_known() -> None:
    surroundings = Surroundings(functions=frozenset({"toTitle", "endOfDay"}))
    document = saying("{{toTitle(1.a)}} {{endOfDay(now)}}")
    assert places("R11", document, surroundings) == places("R12", document, surroundings) == []
    assert len(places("R11", document)) == len(places("R12", document)) == 1


def test_there_is_no_function_for_the_start_of_a_day() -> None:
    (first, last) = found("R12", saying("{{startOfDay(now)}} {{endOfDay(1.a)}}"))
    assert "T00:00:00" in first.remedy
    assert "T23:59:59" in last.remedy
    assert first.severity == "warning"
    strict = found("R12", saying("{{startOfDay(now)}}"), NO_CUSTOM)
    assert [finding.severity for finding in strict] == ["error"]
    assert silent("R12", "{{upper('startOfDay(now)')}} {{concat(1)}}")


# Operators


@pytest.mark.parametrize(
    ("text", "wanted", "severity"),
    [
        ("{{if(1.a == 1 && 1.b; 1; 2)}}", "{{if(1.a = 1 & 1.b; 1; 2)}}", "warning"),
        ("{{1.a || (1.b !== 2)}}", "{{1.a | (1.b != 2)}}", "warning"),
        ("{{1.a AND 1.b}} {{1.a or 'or'}}", "{{1.a & 1.b}} {{1.a | 'or'}}", "error"),
        ("{{(1.a) OR !1.b}}", "{{(1.a) | !1.b}}", "error"),
        ("{{contains(1.a; 'x') and now > 1.b}}", "{{contains(1.a; 'x') & now > 1.b}}", "warning"),
    ],
)
def test_operators_are_single_signs(text: str, wanted: str, severity: str) -> None:
    assert mended_text("R13", text) == wanted
    assert found("R13", saying(text))[0].severity == severity


@pytest.mark.parametrize(
    "text",
    [
        "{{1.and}}",
        "{{1.a & 1.or}}",
        "{{'a and b == c'}}",
        "{{1.a}} AND {{1.b}} == x",
        "{{1.Terms and Conditions}}",
        "{{5 mod 2}}",
        "{{and(1.a)}}",
        "{{1.a + and}}",
        "{{1.a and}}",
    ],
)
def test_words_and_signs_that_are_no_operators_are_left_alone(text: str) -> None:
    assert silent("R13", text)


# Names


@pytest.mark.parametrize(
    ("text", "wanted", "severity"),
    [
        ("{{1.first name}}", "{{1.`first name`}}", "error"),
        ("{{upper(1.data.Full name 2) + 1}}", "{{upper(1.data.`Full name 2`) + 1}}", "error"),
        ("{{1.headers.x-request-id}}", "{{1.headers.`x-request-id`}}", "warning"),
        ("{{1.due-date}}", "{{1.`due-date`}}", "warning"),
        ("{{1.2nd}}", "{{1.`2nd`}}", "error"),
        ("{{1.data.2nd}}", "{{1.data.`2nd`}}", "error"),
        ("{{1.Order #}}", "{{1.`Order #`}}", "error"),
        ("{{1.Total (in €).x}}", "{{1.`Total (in €)`.x}}", "error"),
        ("{{1.0.x}} {{1.5[1]}}", "{{1.`0`.x}} {{1.`5`[1]}}", "error"),
        ("{{2.0}}", "{{2.`0`}}", "warning"),
        ("{{ 1.7 }}", "{{ 1.`7` }}", "warning"),
        ("{{if(1.my field == 1, 2, 3)}}", "{{if(1.`my field` == 1, 2, 3)}}", "error"),
    ],
)
def test_unusual_names_get_backticks(text: str, wanted: str, severity: str) -> None:
    assert mended_text("R14", text) == wanted
    assert found("R14", saying(text))[0].severity == severity


@pytest.mark.parametrize(
    "text",
    [
        "{{1.items.0.name}}",
        "{{1.items.0}}",
        "{{1.total-paid}}",
        "{{upper(1.first name}}",
        "{{1.first name + }}",
    ],
)
def test_names_that_can_be_something_else_are_left_to_a_person(text: str) -> None:
    assert left_to_a_person("R14", text)


@pytest.mark.parametrize(
    "text",
    [
        "{{1.`first name`}}",
        "{{1.a - 1.b}}",
        "{{1.a-1}}",
        "{{1.a -b}}",
        "{{1.a - now}}",
        "{{1.a-upper(1.b)}}",
        "{{1.a and 1.b}}",
        "{{1.a mod 2}}",
        "{{1.a (1)}}",
        "{{1.a ()}}",
        "{{1.a (1.b)}}",
        "{{1.a}} name",
        "{{'1.first name'}}",
        "{{1.a, 1.b}}",
        "{{1.5}}",
        "{{9.0}}",
        "{{1.5 * 1.a}}",
        "{{2.5 * 1.a}}",
        "{{1234567890123456.5}}",
        "{{1.a[1].b}}",
        "{{1.name.upper()}}",
    ],
)
def test_usual_names_and_numbers_need_no_backticks(text: str) -> None:
    assert silent("R14", text)


def test_a_column_of_a_module_that_is_gone_is_a_number() -> None:
    document = saying("{{2.0}}")
    document["flow"] = [module(2, "google-sheets:filterRows"), module(3, mapper={"a": "{{9.0}}"})]
    assert places("R14", document) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{{trigger.email}}", "trigger"),
        ("{{input.email + 1}}", "input"),
        ("{{Email}}", "Email"),
        ("{{map(1.list; email)}}", "email"),
        ("{{`First name`}}", "First name"),
        ("{{if(now > 1.list[item.no].x; !yes; 1)}}", "item"),
    ],
)
def test_a_name_needs_the_module_it_belongs_to(text: str, name: str) -> None:
    finding, *_ = found("R15", saying(text))
    assert (finding.path, finding.severity, finding.evidence) == (VALUE, "error", {"name": name})


@pytest.mark.parametrize(
    "text",
    [
        "{{1.email}}",
        "{{now}}",
        "{{var.input.email}}",
        "{{sort(1.list; desc; 'name')}}",
        "{{1.due-date}}",
        "{{'Email'}}",
        "{{upper(“Email”)}}",
        "{{-1.a}}",
        "{Email}",
    ],
)
def test_keywords_choices_and_texts_stand_alone(text: str) -> None:
    assert silent("R15", text)


def test_the_keywords_are_those_the_evaluator_knows() -> None:
    scope = iml.Scope(now=datetime(2026, 1, 1, tzinfo=UTC), random=Random(1), execution_id="x")
    for keyword in KEYWORDS:
        iml.evaluate(f"{{{{{keyword}}}}}", scope)


# Numbers and dates


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{{formatNumber(1.a; 2)}}", '{{formatNumber(1.a; 2; ","; ".")}}'),
        ('{{formatNumber(1.a; 2; ",")}}', '{{formatNumber(1.a; 2; ","; ".")}}'),
        (
            "{{upper(formatNumber((1.a - length(formatNumber(2; 1))); 2)) + (1)}}",
            '{{upper(formatNumber((1.a - length(formatNumber(2; 1; ","; "."))); 2; ","; "."))'
            " + (1)}}",
        ),
    ],
)
def test_the_separators_in_force_are_written_down(text: str, wanted: str) -> None:
    assert mended_text("R16", text) == wanted
    scope = iml.Scope(bundles={1: {"a": 1234.5}})
    assert iml.evaluate(text, scope) == iml.evaluate(wanted, scope)


@pytest.mark.parametrize(
    "text", ['{{formatNumber(1.a; 2; ".")}}', "{{formatNumber(1.a; 2; 1.separator)}}"]
)
def test_separators_that_would_be_the_same_are_left_to_a_person(text: str) -> None:
    assert left_to_a_person("R16", text)


@pytest.mark.parametrize(
    "text",
    [
        '{{formatNumber(1.a; 2; "."; ",")}}',
        "{{'formatNumber(1; 2)'}}",
        "{{formatNumber(1.a)}}",
        "{{round(1.a)}}",
        "{{formatNumber(1.a; 2}}",
    ],
)
def test_numbers_with_both_separators_are_complete(text: str) -> None:
    assert silent("R16", text)


@pytest.mark.parametrize(
    "text",
    [
        "{{formatDate(1.at; 'YYYY-MM-DD')}}T{{formatDate(1.at; 'HH:mm:ss')}}",
        "On {{formatDate(now; 'DD.MM.YYYY'; 'UTC')}} {{formatDate(now; 'HH:mm'; 'UTC')}} o'clock",
        "{{formatDate(1.at; 'YYYY-MM-DD') + 'T' + formatDate(1.at; 'HH:mm:ss')}}",
    ],
)
def test_one_call_formats_date_and_time(text: str) -> None:
    (finding,) = found("R17", saying(text))
    assert (finding.path, finding.severity, finding.fixable) == (VALUE, "warning", False)


@pytest.mark.parametrize(
    "text",
    [
        "{{formatDate(1.day; 'YYYY-MM-DD')}}T{{formatDate(1.at; 'HH:mm:ss')}}",
        "{{formatDate(1.at; 'YYYY-MM-DD')}} until {{formatDate(1.at; 'HH:mm')}}",
        "{{formatDate(1.at; 'YYYY-MM-DD')}} {{formatDate(1.at; 'YYYY')}}",
        "{{formatDate(1.at; 'YYYY-MM-DD'; 'UTC')}} {{formatDate(1.at; 'HH:mm')}}",
        "{{formatDate(1.at; 1.x)}} {{formatDate(1.at; 1.y)}}",
        "{{formatDate(1.at)}} {{formatDate(1.at)}}",
        "{{formatDate(1.at; 'DD')}} {{parseDate(1.at; 'HH:mm')}} {{'formatDate'}}",
        "{{formatDate(1.at; 'DD')}} {{formatDate(1.at; 'HH:mm'}}",
        "{{1.a}} {{formatDate(1.at; 'DD') - formatDate(1.at; 'HH:mm')}}",
        "{{formatDate(1.at; 'YYYY-MM-DDTHH:mm')}}",
    ],
)
def test_dates_and_times_of_different_moments_stay_apart(text: str) -> None:
    assert silent("R17", text)


def test_a_time_for_readers_names_its_zone() -> None:
    (finding,) = found("R18", saying("At {{formatDate(1.at; 'HH:mm')}}", "subject"))
    assert (finding.path, finding.severity) == ("flow[2].mapper.subject", "info")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("At {{formatDate(1.at; 'HH:mm')}}", "value"),
        ("At {{formatDate(1.at; 'HH:mm'; 'Europe/Prague')}}", "subject"),
        ("At {{formatDate(1.at; 'HH:mmZ')}}", "subject"),
        ("On {{formatDate(1.at; 'DD.MM.YYYY')}}", "subject"),
        ("At {{formatDate(1.at; 1.format)}}", "subject"),
        ("{{upper(1.at)}}", "subject"),
    ],
)
def test_other_times_need_no_zone(text: str, name: str) -> None:
    assert places("R18", saying(text, name)) == []


# Static settings


def test_static_settings_hold_no_expressions() -> None:
    document = blueprint(module(1, parameters={"sheet": "{{SHEET}}", "rows": ["{{1.a}} b"]}))
    findings = found("R19", document)
    assert [each.path for each in findings] == [
        "flow[0].parameters.sheet",
        "flow[0].parameters.rows[0]",
    ]
    assert {each.severity for each in findings} == {"warning"}


def test_a_scenario_input_and_a_pattern_may_stand_in_static_settings() -> None:
    document = blueprint(
        module(
            1,
            parameters={"__IMTCONN__": "{{var.input.mail}}", "text": "{{open"},
            mapper={"a": "{{var.input.x}}"},
        ),
        module(2, "regexp:Parser", parameters={"pattern": "{{(.*)}}"}),
    )
    assert places("R19", document) == []


# The rest


@pytest.mark.parametrize(
    ("text", "position"), [("{{1.a + }}", 8), ("Hi {{upper(1.a}}", 14), ("{{}}", 2)]
)
def test_what_cannot_be_read_is_told(text: str, position: int) -> None:
    (finding,) = found("R32", saying(text))
    assert (finding.path, finding.severity) == (VALUE, "error")
    assert finding.evidence == {"position": position}


@pytest.mark.parametrize(
    "text",
    ["{{upper(1.a, 2)}}", "{{“a”}}", "{{1.a AND 1.b}}", "{{1.first name}}", "{{1.a}}", "{{x}}"],
)
def test_what_another_rule_explains_is_not_told_again(text: str) -> None:
    assert silent("R32", text)


def test_the_text_of_an_expression_is_not_shown() -> None:
    for text in ("{{1.a 'hunter2'}}", '{{1.a "hunter2"}}', "{{1.a 'it''s hunter2'}}"):
        (finding,) = found("R32", saying(text))
        assert "hunter2" not in finding.message
        assert "found a text" in finding.message


def test_one_faulty_expression_does_not_hide_the_next() -> None:
    document = saying("{{1.a + }} {{startOfDay(now)}} {{1}}")
    assert [len(places(rule, document)) for rule in ("R32", "R12", "R07")] == [1, 1, 1]


def test_several_slips_in_one_expression_are_all_put_right() -> None:
    document = saying("{{if(1.first name == “x” AND 1.list[0].a, “y”, upper(`1`))}}")
    outcome = mend(document, profile=Profile(frozenset("R")))
    text = value_at(outcome.blueprint, "flow", 2, "mapper", "value")
    assert text == '{{if(1.`first name` = "x" & 1.list[1].a; "y"; upper(`1`))}}'
    assert outcome.left.findings == []


def test_texts_in_lists_and_conditions_are_mended_where_they_stand() -> None:
    condition: JsonObject = {"a": "{{1.list[0]}}", "o": "exist"}
    document = blueprint(
        module(1),
        module(2, mapper={"rows": ["{{1.a}}", "{{1.b[0]}}"]}, filter={"conditions": [[condition]]}),
    )
    outcome = mended("R08", document)
    assert value_at(outcome, "flow", 1, "mapper", "rows", 1) == "{{1.b[1]}}"
    assert value_at(outcome, "flow", 1, "filter", "conditions", 0, 0, "a") == "{{1.list[1]}}"


def test_detached_modules_are_not_judged() -> None:
    document = blueprint(module(1))
    document["metadata"] = {
        "designer": {"orphans": [[module(5, mapper={"a": "{{x}} {{1.a + }} {{1.b[0]}}"})]]}
    }
    pack = frozenset(f"R{number:02}" for number in (*range(6, 20), 32))
    assert lint(document, profile=Profile(pack)).findings == []


def test_the_company_writes_its_expressions_well(company_blueprints: list[Blueprint]) -> None:
    pack = frozenset(f"R{number:02}" for number in (*range(6, 20), 32))
    for document in company_blueprints:
        findings = lint(document, profile=Profile(pack)).findings
        assert [each for each in findings if each.severity != "info"] == []
