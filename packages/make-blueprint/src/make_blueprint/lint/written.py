"""Written expressions: each `{{...}}` of a blueprint as it is spelled, read once for all rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from make_blueprint import iml
from make_blueprint.document import JsonValue
from make_blueprint.iml import scanner
from make_blueprint.iml.nodes import At, Call, Chain, Expression, Node, Path, Unary
from make_blueprint.iml.scanner import Token
from make_blueprint.texts import Text
from make_blueprint.walk import Visit

KEYWORDS: Final = frozenset(
    {"null", "true", "false", "emptystring", "emptyarray", "space", "tab", "newline", "nbsp"}
    | {"carriagereturn", "ignore", "erase", "now", "timestamp", "pi", "random", "uuid"}
    | {"executionId", "var"}
)
"""Names that stand for a value without a module (Make help, variables)."""

WORDS: Final = {"and": "&", "or": "|", "mod": "%"}
"""Words read as operators, in small letters, with the sign that Make writes."""

_KINDS = frozenset({"module", "number", "text", "quoted", "name", "operator", "end"})

Edit: TypeAlias = tuple[int, int, str]
"""What to put in place of the characters from an offset up to another."""


_STEP = r"(?:[^\W\d]\w*|`[^`]*`)"
_FIELD = re.compile(rf"\{{\{{([0-9]{{1,15}})\.({_STEP}(?:\.{_STEP})*)\}}\}}")
_PLAIN = re.compile(r"\{\{[0-9]{1,15}(?:\.[^\W\d]\w*)+\}\}")


@dataclass(frozen=True, eq=False)
class Written:
    """One expression where it stands.

    Attributes:
        visit: The module it belongs to.
        text: The whole text around it.
        source: The expression with its braces.
        start: Offset of `source` in the text.
        fault: Why it does not parse, or None.
        node: Its tree, or None when it does not parse.
        base: The offset in the text that positions in the tree count from.
    """

    visit: Visit
    text: Text
    source: str
    start: int = 0
    fault: iml.IMLError | None = None
    node: Node | None = None
    base: int = 0

    @cached_property
    def tokens(self) -> list[Token]:
        """Its tokens, the last one of kind `end`; offsets count from the start of `source`."""
        return list(scanner.tokens(self.source, 2, len(self.source) - 2))

    @cached_property
    def calls(self) -> list[Token]:
        """The names of the functions it calls."""
        if "(" not in self.source:
            return []
        return [token for at, token in enumerate(self.tokens) if self.is_call(at)]

    @property
    def is_plain(self) -> bool:
        """Whether it is a field of a module and nothing else, as in `{{1.customer.email}}`."""
        return _PLAIN.fullmatch(self.source) is not None

    def nodes(self) -> Iterator[Node]:
        """Give every node of the tree; nothing when the expression does not parse."""
        return iter(()) if self.node is None else tree(self.node)

    def offset(self, position: int) -> int:
        """Turn the position of a node into an offset in `source`."""
        return position + self.base - self.start

    def is_step(self, at: int) -> bool:
        """Whether the token `at` is a field of what stands in front of it."""
        before = self.tokens[at - 1] if at else None
        return before is not None and (before.kind == "module" or before.text == ".")

    def is_call(self, at: int) -> bool:
        """Whether the token `at` names a called function."""
        token = self.tokens[at]
        if token.kind != "name" or self.tokens[at + 1].text != "(" or self.is_step(at):
            return False
        return token.text.lower() not in WORDS or not self.ends_value(at - 1)

    def is_bare(self, at: int) -> bool:
        """Whether the token `at` is a name that means nothing on its own."""
        token = self.tokens[at]
        if token.kind != "name" or token.text in KEYWORDS:
            return False
        return self.tokens[at + 1].text != "("

    def ends_value(self, at: int) -> bool:
        """Whether a value ends with the token `at`."""
        if at < 0:
            return False
        token = self.tokens[at]
        if token.kind == "name" and not self.is_step(at) and token.text.lower() in WORDS:
            return False
        return token.kind in ("number", "text", "quoted", "name") or token.text in (")", "]")

    def begins_value(self, at: int) -> bool:
        """Whether a value begins with the token `at`."""
        token = self.tokens[at]
        if token.kind == "operator":
            return token.text in ("(", "!", "-")
        return token.kind != "end" and not is_foreign(token)

    def respelled(self, source: str) -> Written:
        """Give the same place with another expression."""
        return read(self.visit, self.text, source)


def is_foreign(token: Token) -> bool:
    """Whether a token is a sign that expressions do not have, such as a comma."""
    return token.kind not in _KINDS


def expressions(visit: Visit, texts: Sequence[Text]) -> Iterator[Written]:
    """Read every expression of a module, each on its own where its text does not parse."""
    for text in texts:
        try:
            template = iml.parse(text.text)
        except iml.IMLError:
            for start, end in _spans(text.text):
                yield read(visit, text, text.text[start:end], start)
        else:
            for part in template.parts:
                if isinstance(part, Expression):
                    source = text.text[part.start : part.end]
                    yield Written(visit, text, source, part.start, node=part.node)


def read(visit: Visit, text: Text, source: str, start: int = 0) -> Written:
    """Read one expression for itself."""
    try:
        parts = iml.parse(source).parts
    except iml.IMLError as fault:
        return Written(visit, text, source, start, fault)
    node = parts[0].node if len(parts) == 1 and isinstance(parts[0], Expression) else None
    return Written(visit, text, source, start, node=node, base=start)


def rewritten(written: Written, text: str, spell: Callable[[Written], str]) -> str:
    """Write a text with each of its expressions spelled anew.

    Args:
        written: One of its expressions; says whose output may be used.
        text: The text as it is now.
        spell: Gives the new expression for an old one, braces included.
    """
    for start, end in reversed(_spans(text)):
        text = text[:start] + spell(written.respelled(text[start:end])) + text[end:]
    return text


def edited(source: str, edits: Sequence[Edit]) -> str:
    """Carry out edits that do not overlap."""
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(edits):
        parts += (source[done:start], new)
        done = end
    return "".join([*parts, source[done:]])


def tree(root: Node) -> Iterator[Node]:
    """Give a node and all nodes below it."""
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        match node:
            case Path():
                todo.append(node.root)
                todo += [s.index for s in node.steps if isinstance(s, At) and s.index is not None]
            case Call():
                todo += node.arguments
            case Unary():
                todo.append(node.operand)
            case Chain():
                todo.append(node.first)
                todo += [operand for _, operand in node.rest]
            case _:
                pass


def whole_field(value: JsonValue) -> tuple[int, list[str]] | None:
    """Read a value that is one field of a module's output: the module, and the names."""
    match = _FIELD.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return int(match[1]), [name.strip("`") for name in re.findall(_STEP, match[2])]


def literal_parts(text: str) -> Iterator[str]:
    """Give the parts of a text that stand outside of expressions."""
    for span in scanner.split(text)[0]:
        if not span.is_expression:
            yield text[span.start : span.end]


def _spans(text: str) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in scanner.split(text)[0] if span.is_expression]


_TEXT_FOUND = re.compile(r"found (?=(['\"])\\?['\"]).* where", re.DOTALL)


def explained(fault: iml.IMLError) -> str:
    """Say why an expression does not parse, without quoting a text it holds."""
    return _TEXT_FOUND.sub("found a text where", fault.message)
