import pytest
from make_blueprint.iml import EvaluationError, Scope, Value, evaluate

SCOPE = Scope(
    bundles={
        1: {
            "greeting": "Good Morning",
            "padded": "\u00a0 x y\n",
            "record": {"id": 5, "on": True},
            "link": "https://files.example.org/a?raw=1",
            "list": ["ja", "nein"],
        }
    }
)


def value(expression: str) -> Value:
    return evaluate("{{" + expression + "}}", SCOPE)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ascii('xčyäz€')", "xyz"),
        ("ascii('Žluťoučký kůň'; true)", "Zlutoucky kun"),
        ("ascii('Łódź, Straße'; true)", "Lodz, Strasse"),
        ("ascii('čx'; false)", "x"),
        ("capitalize('scenario')", "Scenario"),
        ("capitalize('sCENARIO')", "SCENARIO"),
        ("capitalize('')", ""),
        ("contains(1.greeting; 'Morn')", True),
        ("contains(1.greeting; 'morn')", False),
        ("contains(1.greeting; 'Night')", False),
        ("decodeURL('a%20b%C3%A9%2B+')", "a bé++"),
        ("encodeURL('a b&c=d/é?')", "a%20b%26c%3Dd%2F%C3%A9%3F"),
        ("encodeURL('it''s (ok)*!~')", "it's%20(ok)*!~"),
        ("escapeHTML('<i>a & b</i>')", "&lt;i&gt;a &amp; b&lt;/i&gt;"),
        ("escapeMarkdown('# Title')", "&#35; Title"),
        ("indexOf('banana'; 'n')", 2),
        ("indexOf('banana'; 'n'; 3)", 4),
        ("indexOf('banana'; 'x')", -1),
        ("indexOf('banana'; 'b'; -5)", 0),
        ("length('seven77')", 7),
        ("length(emptystring)", 0),
        ("length(null)", 0),
        ("length(toBinary('é'))", 2),
        ("length('a😀')", 3),
        ("lower('MiXed')", "mixed"),
        ("upper('MiXed')", "MIXED"),
        ("upper(null)", ""),
        ("split('a;b;c'; ';')", ["a", "b", "c"]),
        ("split('a, b'; ',')", ["a", " b"]),
        ("split('one two'; space)", ["one", "two"]),
        ("split('xyz'; emptystring)", ["x", "y", "z"]),
        ("startcase('mAKE my day')", "Make My Day"),
        ("stripHTML('<p class=x>Hi <b>you</b></p> 1 < 2')", "Hi you 1 < 2"),
        ("substring('scenario'; 0; 3)", "sce"),
        ("substring('scenario'; 3; 5)", "na"),
        ("substring('scenario'; 5)", "rio"),
        ("substring('scenario'; 5; 100)", "rio"),
        ("substring('scenario'; 5; 3)", "na"),
        ("substring('scenario'; -4; 3)", "sce"),
        ("substring('a😀b'; 1; 3)", "😀"),
        ("toString(4.50)", "4.5"),
        ("toString(false)", "false"),
        ("toString(1.record)", '{"id":5,"on":true}'),
        ("toString(1.list)", "ja, nein"),
        ("toString(toBinary('aGV5'; 'base64'))", "hey"),
        ("trim(1.padded)", "x y"),
        ("upper(trim(1.padded))", "X Y"),
        ("replaceEmojiCharacters('ok 👍🏽 go 🇨🇿 3️⃣ 👩‍💻!'; '?')", "ok ? go ? ? ?!"),
        ("replaceEmojiCharacters('bye 👋')", "bye "),
    ],
)
def test_text_functions(expression: str, expected: Value):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("replace(1.greeting; 'Morning'; 'Night')", "Good Night"),
        ("replace('x.y.z'; '.'; '/')", "x/y/z"),
        ("replace(1.link; '?raw=1'; '')", "https://files.example.org/a"),
        (r"replace('room 12 and 345'; '/\d+/g'; '#')", "room # and #"),
        (r"replace('room 12 and 345'; '/\d+/'; '#')", "room # and 345"),
        (r"replace('call 555'; '/\d+/'; '+1 $&')", "call +1 555"),
        (r"replace('Hopper Grace'; '/(\w+) (\w+)/'; '$2 $1')", "Grace Hopper"),
        ("replace('eXtra'; '/x/gi'; '-')", "e-tra"),
        (r"replace('a  b	c'; '/\s+/g'; emptystring)", "abc"),
        (r"replace('a+b+c'; '/\+/g'; ' ')", "a b c"),
        (r"replace('a/b/c'; '/\//g'; '.')", "a.b.c"),
        (r"replace('ab'; '/(a)(x)?/'; '[$1$2$3]')", "[a$3]b"),
        ("replace('one'; '/o'; 'x')", "one"),
        ("replace('a/b/zz'; '/b/zz'; '')", "a"),
        ("replace('price'; 'p'; '$&')", "$&rice"),
        ("replace('aaa'; emptystring; '-')", "-a-a-a-"),
        (
            """replace(replace(base64('{"alg":"none"}'); '/=/g'; emptystring); '/x/g'; '-')""",
            "eyJhbGciOiJub25lIn0",
        ),
    ],
)
def test_replace_takes_plain_texts_and_regular_expressions(expression: str, expected: str):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("decodeURL('100%')", "percent"),
        ("decodeURL('%ff')", "UTF-8"),
        ("replace('a'; '/(?<n>a)/'; 'b')", "named groups"),
        ("replace('a'; '/(/'; 'b')", "regular expression"),
        ("substring('a'; 'x')", "'x' is not a valid number"),
        ("toString(toBinary('ff'; 'hex'))", "UTF-8"),
    ],
)
def test_text_that_does_not_fit_is_refused(expression: str, message: str):
    with pytest.raises(EvaluationError, match=message):
        value(expression)
