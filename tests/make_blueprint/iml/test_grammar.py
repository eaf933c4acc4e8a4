"""The published grammar and the parser accept the same texts and read them alike."""

from importlib.resources import files
from math import isinf
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError
from make_blueprint.iml import IMLError, Template, parse
from make_blueprint.iml.examples import functions, syntax
from make_blueprint.iml.nodes import (
    At,
    Bundle,
    Call,
    Chain,
    Expression,
    Field,
    Literal,
    Name,
    Node,
    Path,
    Text,
    Unary,
)

SPELLINGS = {
    "||": "|",
    "or": "|",
    "&&": "&",
    "and": "&",
    "==": "=",
    "===": "=",
    "!==": "!=",
    "mod": "%",
}


class Nodes(Transformer[Token, Template]):
    """From the grammar's tree to the nodes of the package."""

    def start(self, parts: list[Any]) -> Template:
        joined: list[Text | Expression] = []
        for part in parts:
            if not isinstance(part, Token):
                joined.append(Expression(part))
            elif joined and isinstance(joined[-1], Text):
                joined[-1] = Text(joined[-1].value + part)
            else:
                joined.append(Text(str(part)))
        return Template(tuple(joined))

    def chain(self, parts: list[Any]) -> Node:
        signs = [SPELLINGS.get(str(sign), str(sign)) for sign in parts[1::2]]
        return Chain(parts[0], tuple(zip(signs, parts[2::2], strict=True)))

    expression = conjunction = equality = relation = sum = product = chain

    def signed(self, parts: list[Any]) -> Node:
        return Unary(str(parts[0]), parts[1])

    def number(self, parts: list[Token]) -> Node:
        text = str(parts[0])
        value = int(text) if "." not in text and len(text) <= 15 else float(text)
        if isinf(value):
            raise OverflowError(text)
        return Literal(value)

    def string(self, parts: list[Token]) -> Node:
        quote, text = parts[0][0], parts[0][1:-1]
        return Literal(text.replace(quote * 2, quote))

    def quoted(self, parts: list[Token]) -> Node:
        name = str(parts[0][1:-1])
        is_id = name.isascii() and name.isdigit() and len(name) <= 15
        return Bundle(int(name)) if is_id else Name(name)

    def name(self, parts: list[Token]) -> Node:
        return Name(str(parts[0]))

    def call(self, parts: list[Any]) -> Node:
        return Call(str(parts[0]), tuple(parts[1:]))

    def path(self, parts: list[Any]) -> Node:
        return Path(parts[0], tuple(parts[1:]))

    def reference(self, parts: list[Any]) -> Node:
        return Path(Bundle(int(parts[0][:-1])), tuple(parts[1:]))

    def segment(self, parts: list[Token]) -> Field:
        token = parts[0]
        return Field(str(token[1:-1] if token.type == "QUOTED" else token))

    def first(self, parts: list[Any]) -> At:
        return At(None)

    def item(self, parts: list[Any]) -> At:
        return At(parts[0])


GRAMMAR = files("make_blueprint.iml").joinpath("grammar.lark").read_text("utf-8")
LARK = Lark(GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)


def by_the_grammar(text: str) -> Template | None:
    try:
        tree = LARK.parse(text)  # pyright: ignore[reportUnknownMemberType] - lark leaves a type out
        return Nodes().transform(tree)
    except UnexpectedInput:
        return None
    except VisitError as error:
        if isinstance(error.orig_exc, OverflowError):
            return None
        raise


def by_the_parser(text: str) -> Template | None:
    try:
        return parse(text)
    except IMLError:
        return None


def assert_alike(text: str) -> None:
    assert by_the_grammar(text) == by_the_parser(text)


EXAMPLES = [
    *(
        "{{" + one.expression + "}}"
        for all in functions.FAMILIES.values()
        for each in all.values()
        for one in each
    ),
    *(shown.text for shown in (*syntax.TEMPLATES, *syntax.REFERENCES, *syntax.LITERALS)),
    *(shown.text for shown in syntax.KEYWORDS.values()),
    *(shown.text for family in syntax.OPERATORS.values() for shown in family),
]
REFUSED = [text for text, _ in syntax.NOT_EXPRESSIONS]


@pytest.mark.parametrize("text", EXAMPLES)
def test_both_read_every_example_alike(text: str):
    assert by_the_grammar(text) is not None
    assert_alike(text)


@pytest.mark.parametrize("text", REFUSED)
def test_both_refuse_what_the_handbook_shows_as_refused(text: str):
    assert by_the_grammar(text) is None
    assert by_the_parser(text) is None


WORDS = [
    "and",
    "or",
    "mod",
    "now",
    "null",
    "true",
    "var",
    "upper",
    "if",
    "x",
    "_y",
    "$z",
    "é1",
    "名前",
]
NAMES = st.sampled_from(WORDS) | st.from_regex(r"[a-z_$][a-z0-9_$]{0,4}", fullmatch=True)
INSIDE = st.text("ab 1.;()[]{}\"'|&\n\\😀é", max_size=6)
BLANKS = st.sampled_from(["", "", "", " ", "  ", "\n", "\t", "\u00a0"])
QUOTED = INSIDE.map(lambda text: "`" + text + "`") | st.sampled_from(["`1`", "`٣`", "`12345`"])


def in_quotes(quote: str, text: str) -> str:
    return quote + text.replace(quote, quote * 2) + quote


STRINGS = st.builds(in_quotes, st.sampled_from("\"'"), INSIDE)
NUMBERS = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,2})?|[0-9]{16}", fullmatch=True)
STEPS = st.builds("{}.{}{}".format, BLANKS, BLANKS, NAMES | QUOTED) | st.just("[]")
REFERENCES = st.builds(
    "{}.{}{}".format, st.integers(0, 99), NAMES | QUOTED, st.lists(STEPS, max_size=2).map("".join)
)
SIGNS = ["+", "-", "*", "/", "%", "=", "==", "===", "!=", "!==", "<", "<=", ">", ">=", "&", "&&"]
OPERATORS = st.sampled_from([*SIGNS, "|", "||", " and ", " or ", " mod "])


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arguments = st.lists(inner, max_size=3).map(";".join)
    return st.one_of(
        st.builds("{}{}{}{}{}".format, inner, BLANKS, OPERATORS, BLANKS, inner),
        st.builds("({}{})".format, BLANKS, inner),
        st.builds("{}{}({})".format, NAMES, BLANKS, arguments),
        st.builds("{}{}".format, st.sampled_from("-!"), inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}{}".format, inner, STEPS),
    )


EXPRESSIONS = st.recursive(NUMBERS | STRINGS | QUOTED | NAMES | REFERENCES, compound, max_leaves=10)
PLAIN = st.text("ab {}\"'`\n;1.😀", max_size=8)
TEMPLATES = st.lists(PLAIN | EXPRESSIONS.map("{{{{{}}}}}".format), max_size=4).map("".join)


@settings(max_examples=1_000)
@given(TEMPLATES)
def test_both_read_built_templates_alike(text: str):
    assert_alike(text)


@st.composite
def broken(draw: st.DrawFn) -> str:
    """A built expression with some characters dropped, replaced or put in."""
    text = draw(EXPRESSIONS)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(text)))
        put = draw(st.sampled_from(["", *"{}()[];;,.`\"'!=&|-+ 1x$#“", "and", "or", "mod", "1."]))
        text = text[:at] + put + text[at + draw(st.integers(0, 1)) :]
    return "{{" + text + "}}"


@settings(max_examples=1_000)
@given(broken())
@example("{{ ' {{ x ' }}")
@example("{{'a}}{{`b`}} {{1.a}} ` {{2.b}}")
@example("{{" + "9" * 400 + "}}")
@example("{{1 modx 2}}")
@example("{{1 or3}}")
@example("{{1 and$ 2}}")
@example("{{upper(1;)}}")
@example("{{1234567890123456.a}}")
def test_both_read_or_refuse_broken_templates_alike(text: str):
    assert_alike(text)


@settings(max_examples=300)
@given(st.text("{}\"'`1.a ", max_size=14))
def test_both_find_the_same_braces(text: str):
    assert_alike(text)
