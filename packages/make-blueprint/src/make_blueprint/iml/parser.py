"""From text to `Template`.

Written by hand, although `lark` is at hand: a blueprint holds thousands of short templates, most of
them a single reference, and precedence climbing over a compiled token pattern reads one in a few
microseconds, imports nothing, words each error for its cause and bounds the nesting before the
stack does. Operators may be words (`and`, `or`, `mod`) only between two operands, which a
contextual check of the current token states more plainly than a grammar.

Precedence, high to low: steps and calls; sign and `!`; `* / %`; `+ -`; order; equality; and; or.
Only parts of it are documented (multiplication before addition, comparison before and/or); the
rest follows JavaScript.
"""

from __future__ import annotations

from functools import lru_cache

from make_blueprint.iml import scanner
from make_blueprint.iml.errors import IMLError
from make_blueprint.iml.limits import MAX_DEPTH, MAX_REMEMBERED, MAX_TEMPLATE
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
    Template,
    Text,
    Unary,
)
from make_blueprint.iml.scanner import Token

_OPERATORS: dict[str, tuple[int, str]] = {
    # The spellings of the custom-app pages (`||`, `&&`, `==`, `!==`) and the words of the OEM
    # edition are read as synonyms; the first spelling of a meaning is the one written back.
    "|": (1, "|"),
    "||": (1, "|"),
    "or": (1, "|"),
    "&": (2, "&"),
    "&&": (2, "&"),
    "and": (2, "&"),
    "=": (3, "="),
    "==": (3, "="),
    "===": (3, "="),
    "!=": (3, "!="),
    "!==": (3, "!="),
    "<": (4, "<"),
    "<=": (4, "<="),
    ">": (4, ">"),
    ">=": (4, ">="),
    "+": (5, "+"),
    "-": (5, "-"),
    "*": (6, "*"),
    "/": (6, "/"),
    "%": (6, "%"),
    "mod": (6, "%"),
}


def parse(text: str) -> Template:
    """Read a template.

    Args:
        text: A mapper value or filter operand, after JSON decoding.

    Returns:
        The parts in order. Results are cached; they are immutable.

    Raises:
        IMLError: An expression is malformed, nests deeper than 100 levels, or a text with
            expressions is longer than 1,000,000 characters.
    """
    if "{{" not in text:
        return Template((Text(text),) if text else ())
    if len(text) > MAX_TEMPLATE:
        raise IMLError(f"the template is longer than {MAX_TEMPLATE:,} characters", 0, text)
    return _parse(text) if len(text) <= MAX_REMEMBERED else _read(text)


def is_expression(text: str) -> bool:
    """Whether a text is exactly one `{{...}}`, so that its value keeps its type.

    Even one blank around the braces makes it mixed text. Says nothing on whether it parses.
    """
    if not (text.startswith("{{") and text.endswith("}}")):
        return False
    spans, _ = scanner.split(text)
    return len(spans) == 1 and spans[0].is_expression


def _read(text: str) -> Template:
    spans, unclosed = scanner.split(text)
    parts = tuple(
        _expression(text, span.start, span.end)
        if span.is_expression
        else Text(text[span.start : span.end])
        for span in spans
    )
    return Template(parts, tuple(unclosed))


_parse = lru_cache(maxsize=4096)(_read)


def _expression(text: str, start: int, end: int) -> Expression:
    parser = _Parser(text, scanner.tokens(text, start + 2, end - 2))
    return Expression(parser.whole(), start, end)


class _Parser:
    """One expression being read; `_at` is the index of the current token."""

    __slots__ = ("_at", "_depth", "_text", "_tokens")

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        if self._current.kind == "end":
            raise self._error("the expression is empty")
        node = self._chain(1)
        if self._current.kind != "end":
            raise self._unexpected("an operator or the end of the expression")
        return node

    @property
    def _current(self) -> Token:
        return self._tokens[self._at]

    def _advance(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, operator: str) -> bool:
        token = self._tokens[self._at]
        return token.kind == "operator" and token.text == operator

    def _expect(self, operator: str, wanted: str) -> None:
        if not self._is(operator):
            raise self._unexpected(wanted)
        self._at += 1

    def _chain(self, weakest: int) -> Node:
        node = self._unary()
        while (level := self._level()) >= weakest:
            position = self._current.start
            rest: list[tuple[str, Node]] = []
            while self._level() == level:
                operator = _OPERATORS[self._advance().text][1]
                rest.append((operator, self._chain(level + 1)))
            node = Chain(node, tuple(rest), position)
        return node

    def _level(self) -> int:
        token = self._tokens[self._at]
        if token.kind in ("operator", "name"):
            return _OPERATORS.get(token.text, (0, ""))[0]
        return 0

    def _unary(self) -> Node:
        if not (self._is("-") or self._is("!")):
            return self._steps(self._primary())
        token = self._advance()
        self._enter(token)
        node = Unary(token.text, self._unary(), token.start)
        self._depth -= 1
        return node

    def _steps(self, root: Node) -> Node:
        position = self._tokens[self._at - 1].start
        steps: list[Field | At] = []
        if isinstance(root, Bundle) and self._tokens[self._at - 1].kind == "module":
            steps.append(self._segment())
        while self._is(".") or self._is("["):
            self._reject_number_steps(root)
            steps.append(self._segment() if self._advance().text == "." else self._index())
        return Path(root, tuple(steps), position) if steps else root

    def _reject_number_steps(self, root: Node) -> None:
        if isinstance(root, Literal) and self._tokens[self._at - 1].kind == "number":
            raise self._error(
                "a number has no fields; write a reference without blanks, as in 1.email, and a "
                "field name that begins with a digit in backticks, as in 1.`0`"
            )

    def _segment(self) -> Field:
        token = self._current
        if token.kind == "name":
            self._at += 1
            return Field(token.text)
        if token.kind == "quoted":
            self._at += 1
            return Field(token.text[1:-1])
        raise self._unexpected("a field name")

    def _index(self) -> At:
        if self._is("]"):
            self._at += 1
            return At(None)
        self._enter(self._current)
        index = self._chain(1)
        self._depth -= 1
        self._expect("]", "']'")
        return At(index)

    def _primary(self) -> Node:
        token = self._advance()
        match token.kind:
            case "number":
                return self._number(token)
            case "text":
                return Literal(scanner.unquote(token.text), token.start)
            case "module":
                return Bundle(int(token.text[:-1]), token.start)
            case "quoted":
                return self._backticked(token)
            case "name":
                return self._call(token) if self._is("(") else Name(token.text, token.start)
            case "operator" if token.text == "(":
                return self._group(token)
            case _:
                self._at -= 1
                raise self._unexpected("a value")

    def _number(self, token: Token) -> Literal:
        is_whole = "." not in token.text and len(token.text) <= 15
        value = int(token.text) if is_whole else float(token.text)
        if value == float("inf"):
            raise IMLError("the number is too large", token.start, self._text)
        return Literal(value, token.start)

    def _backticked(self, token: Token) -> Node:
        name = token.text[1:-1]
        if name.isascii() and name.isdigit() and len(name) <= 15:
            return Bundle(int(name), token.start)
        return Name(name, token.start)

    def _group(self, token: Token) -> Node:
        self._enter(token)
        node = self._chain(1)
        self._expect(")", "')'")
        self._depth -= 1
        return node

    def _call(self, token: Token) -> Call:
        self._at += 1
        self._enter(token)
        arguments: list[Node] = []
        if not self._is(")"):
            arguments.append(self._chain(1))
            while self._is(";"):
                self._at += 1
                arguments.append(self._chain(1))
        self._expect(")", "';' or ')'")
        self._depth -= 1
        return Call(token.text, tuple(arguments), token.start)

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            message = f"the expression nests deeper than {MAX_DEPTH} levels"
            raise IMLError(message, token.start, self._text)

    def _unexpected(self, wanted: str) -> IMLError:
        token = self._current
        if token.kind == "end":
            return self._error(f"the expression ends where {wanted} should follow")
        if token.kind == "unknown":
            return self._error(_explain(token.text))
        return self._error(f"found {token.text!r} where {wanted} should stand")

    def _error(self, message: str) -> IMLError:
        return IMLError(message, self._current.start, self._text)


def _explain(character: str) -> str:
    """Say what to write instead of a character that no token begins with."""
    if character == ",":
        return "a comma does not separate arguments; write ';'"
    if character in "“”„‟‘’‚‛«»":
        return "curly quotes do not delimit text; write straight quotes"
    if character in "{}":
        return "there are no object literals; a brace cannot stand inside an expression"
    return f"{character!r} cannot stand inside an expression"
