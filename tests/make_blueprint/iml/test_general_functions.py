import pytest
from make_blueprint.iml import (
    EvaluationError,
    NotEvaluated,
    Scope,
    Value,
    builtin_functions,
    evaluate,
)
from make_blueprint.iml.library import registry

SCOPE = Scope(
    bundles={
        8: {
            "tags": ["red", "green", "blue"],
            "people": [{"name": "Ana"}, {"name": "Bo", "home": {"city": "Oslo"}}],
            "card": {"holder": "Ana", "cvc": 123, "billing zip": "0150"},
            "blank": "",
            "state": "paid",
            "flag": True,
        }
    }
)


def value(expression: str) -> Value:
    return evaluate("{{" + expression + "}}", SCOPE)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("get(8.tags; 4 - 1)", "blue"),
        ("get(8.tags; -1)", "blue"),
        ("get(8.tags; 0)", None),
        ("get(8.tags; '2')", "green"),
        ("get(8.people; '2.name')", "Bo"),
        ("get(8.people; '2.home.city')", "Oslo"),
        ("get(8.card; 'holder')", "Ana"),
        ("get(8.card; 'billing zip')", "0150"),
        ("get(8.people[]; 1)", {"name": "Ana"}),
        ("get(8.card; 'holder.first')", None),
        ("get(8.unheard; 'x')", None),
        ("if(2 > 1; 'yes'; 'no')", "yes"),
        ("if(2 < 1; 'yes'; 'no')", "no"),
        ("if(2 < 1 and 1 = 1; 'yes'; 'no')", "no"),
        ("if(8.state = 'paid'; 'ship'; 'wait')", "ship"),
        ("if(8.flag == true; 1; 2)", 1),
        ("if(8.unheard; 'T'; 'F')", "F"),
        ("if(8.blank; 'T'; 'F')", "F"),
        ("if('false'; 'T'; 'F')", "F"),
        ("if(0; 'T'; 'F')", "T"),
        ("if(emptyarray; 'T'; 'F')", "T"),
        ("if(1 = 2; 'T')", None),
        ("if(true; 1; 1 / 0)", 1),
        ("if(false; nosuch(); 2)", 2),
        ("ifempty('given'; 'other')", "given"),
        ("ifempty(8.unheard; 'other')", "other"),
        ("ifempty(8.blank; 'other')", "other"),
        ("ifempty(null; 'other')", "other"),
        ("ifempty(emptystring; 'other')", "other"),
        ("ifempty(0; 'other')", 0),
        ("ifempty(false; 'other')", False),
        ("ifempty(space; 'other')", " "),
        ("ifempty(emptyarray; 'other')", []),
        ("ifempty('given'; 1 / 0)", "given"),
        ("switch('b'; 'a'; 10; 'b'; 20)", 20),
        ("switch('z'; 'a'; 10; 'b'; 20; 30)", 30),
        ("switch('z'; 'a'; 10)", None),
        ("switch('a'; 'a'; 1; 'a'; 2)", 1),
        ("switch(1; '1'; 'text'; 1; 'number')", "number"),
        ("switch('a'; 'a'; 1; 1 / 0; 2)", 1),
        ("omit(8.card; 'cvc')", {"holder": "Ana", "billing zip": "0150"}),
        ("omit(8.card; 'cvc'; 'holder'; 'unheard')", {"billing zip": "0150"}),
        ("pick(8.card; 'cvc'; 'holder')", {"cvc": 123, "holder": "Ana"}),
        ("pick(8.card; 'unheard')", {}),
        ("equal('x'; 'x')", True),
        ("equal(1; '1')", False),
    ],
)
def test_general_functions(expression: str, expected: Value):
    assert value(expression) == expected


@pytest.mark.parametrize(
    "name",
    [
        "nosuch",
        "now",
        "coalesce",
        "startOfDay",
        "set",
        "power",
        "dateDifference",
        "Upper",
        "toNumber",
    ],
)
def test_a_function_that_make_does_not_document_is_not_evaluated(name: str):
    with pytest.raises(NotEvaluated, match=f"Function '{name}' not found!") as raised:
        evaluate("a {{" + name + "()}}", SCOPE)
    assert raised.value.name == name


def test_a_custom_function_of_the_scope_is_called_with_evaluated_arguments():
    def discount(price: int, percent: int) -> Value:
        return price * (100 - percent) // 100

    scope = Scope(bundles={1: {"price": 200}}, functions={"discount": discount})
    assert evaluate("{{discount(1.price; 5 + 5)}}", scope) == 180


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("upper()", "upper: it takes at least 1 arguments, not 0"),
        ("upper('a'; 'b')", "upper: it takes at most 1 arguments, not 2"),
        ("if(true)", "if: it takes at least 2 arguments, not 1"),
        ("switch(1; 2)", "switch: it takes at least 3 arguments, not 2"),
    ],
)
def test_a_wrong_number_of_arguments_is_refused(expression: str, message: str):
    with pytest.raises(EvaluationError, match=message):
        value(expression)


DOCUMENTED = """
    get if ifempty switch omit pick equal
    abs average ceil floor formatNumber max median min parseNumber round stdevP stdevS sum trunc
    ascii base64 capitalize contains decodeURL encodeURL escapeHTML escapeMarkdown indexOf length
    lower md5 mime replace replaceEmojiCharacters sha1 sha256 sha512 split startcase stripHTML
    substring toBinary toString trim upper
    formatDate parseDate addSeconds addMinutes addHours addDays addMonths addYears setSecond
    setMinute setHour setDay setDate setMonth setYear
    add arrayDiff arrayIntersect deduplicate distinct first flatten join keys last map merge remove
    reverse shuffle slice sort toArray toCollection
"""


def test_every_documented_function_is_there_and_no_other():
    known = builtin_functions()
    assert {name for name in known if not known[name].undocumented} == set(DOCUMENTED.split())
    assert [name for name in known if known[name].undocumented] == ["dateDifference"]


def test_every_function_describes_itself():
    for name, function in builtin_functions().items():
        assert function.description.endswith("."), name
        assert function.parameters, name
        assert function.most is None or function.least <= function.most


def test_a_function_with_a_parameter_of_unknown_type_cannot_be_declared():
    def tally(words: "set[str]") -> Value:
        return len(words)

    with pytest.raises(TypeError, match="no conversion to 'set"):
        registry.function("tally")(tally)
    assert "tally" not in builtin_functions()
