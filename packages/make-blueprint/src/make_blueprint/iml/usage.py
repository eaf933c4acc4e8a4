"""What a text refers to: bundles of other modules, `var.` variables, and functions.

Found on the tokens, not on the parsed tree, so that a text with a syntax error still shows what it
uses. Nothing here raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, TypeGuard

from make_blueprint.iml import scanner
from make_blueprint.iml.limits import MAX_DEPTH, MAX_REMEMBERED
from make_blueprint.iml.scanner import Token

VariableKind = Literal["team", "organization", "input", "scenario"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of another module's output.

    Attributes:
        module: Id of the module.
        path: What follows the id, as written: `items[2].title`; empty for the whole bundle.
        start: Offset of the first character of the reference in the text.
        end: Offset behind its last character.
        fields: The field names of the path, without backticks and indexes.
    """

    module: int
    path: str
    start: int
    end: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VariableUse:
    """A use of `var.<kind>.<name>`; `path` is what follows the name, as written."""

    kind: VariableKind
    name: str
    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FunctionUse:
    """A call; `start` and `end` enclose the name."""

    name: str
    start: int
    end: int


def references(text: str) -> list[Reference]:
    """List the references to module outputs, in order of their start, nested ones included."""
    return list(_uses(text).references) if "{{" in text else []


def variables(text: str) -> list[VariableUse]:
    """List the uses of custom variables, scenario inputs and system variables."""
    return list(_uses(text).variables) if "{{" in text else []


def functions(text: str) -> list[FunctionUse]:
    """List the function calls, known or not."""
    return list(_uses(text).functions) if "{{" in text else []


class _Uses(NamedTuple):
    """What one text uses."""

    references: tuple[Reference, ...]
    variables: tuple[VariableUse, ...]
    functions: tuple[FunctionUse, ...]


def _uses(text: str) -> _Uses:
    return _remembered(text) if len(text) <= MAX_REMEMBERED else _find(text)


def _find(text: str) -> _Uses:
    spans, _ = scanner.split(text)
    readers = [
        _Reader(text, scanner.tokens(text, span.start + 2, span.end - 2))
        for span in spans
        if span.is_expression
    ]
    return _Uses(
        tuple(use for reader in readers for use in reader.references()),
        tuple(use for reader in readers for use in reader.variables()),
        tuple(use for reader in readers for use in reader.functions()),
    )


_remembered = lru_cache(maxsize=4096)(_find)


class _Reader:
    """The tokens of one expression, whether or not it parses."""

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self._closing = _closing_brackets(tokens)

    def references(self) -> list[Reference]:
        starts = [at for at, token in enumerate(self.tokens) if token.kind in ("module", "quoted")]
        found = [self._reference(at) for at in starts]
        return [use for use in found if use is not None]

    def variables(self) -> list[VariableUse]:
        starts = [at for at, token in enumerate(self.tokens) if token.text == "var"]
        found = [self._variable(at) for at in starts]
        return [use for use in found if use is not None]

    def functions(self) -> list[FunctionUse]:
        called = [at - 1 for at, token in enumerate(self.tokens) if at and token.text == "("]
        names = [at for at in called if self.tokens[at].kind == "name" and not self._is_step(at)]
        words = _operator_words(self.tokens) if names else set[int]()
        uses = [self.tokens[at] for at in names if at not in words]
        return [FunctionUse(token.text, token.start, token.end) for token in uses]

    def _reference(self, at: int) -> Reference | None:
        """The reference that starts at the token `at`, if one does."""
        token = self.tokens[at]
        if token.kind == "module":
            fields, end = self._steps(at + 1, after_dot=True)
            return self._refer(token.text[:-1], token, fields, end)
        digits = token.text[1:-1]
        if self._is_step(at) or not _is_id(digits):
            return None
        fields, end = self._steps(at + 1)
        return self._refer(digits, token, fields, end)

    def _variable(self, at: int) -> VariableUse | None:
        """The use of a variable that starts at the token `at`, if one does."""
        token = self.tokens[at]
        if self._is_step(at):
            return None
        fields, end = self._steps(at + 1)
        if len(fields) < 2 or not _is_kind(fields[0]) or self.tokens[at + 3].text != ".":
            return None
        path = self._path(self.tokens[at + 4].end, end)
        return VariableUse(fields[0], fields[1], path, token.start, end)

    def _refer(self, module: str, token: Token, fields: tuple[str, ...], end: int) -> Reference:
        return Reference(int(module), self._path(token.end, end), token.start, end, fields)

    def _path(self, start: int, end: int) -> str:
        return self.text[start:end].lstrip().removeprefix(".")

    def _steps(self, at: int, *, after_dot: bool = False) -> tuple[tuple[str, ...], int]:
        """Read `.name` and `[...]` from `at` on: the names, and the offset behind the last step."""
        tokens = self.tokens
        fields: list[str] = []
        end = tokens[at - 1].end
        while True:
            if after_dot or tokens[at].text == ".":
                last = at if after_dot else at + 1
                after_dot = False
                if tokens[last].kind not in ("name", "quoted"):
                    break
                fields.append(tokens[last].text.strip("`"))
            elif at in self._closing:
                last = self._closing[at]
            else:
                break
            end = tokens[last].end
            at = last + 1
        return tuple(fields), end

    def _is_step(self, at: int) -> bool:
        """Whether the name at `at` is a step of a path and not the start of an operand."""
        return at > 0 and (self.tokens[at - 1].text == "." or self.tokens[at - 1].kind == "module")


def _closing_brackets(tokens: list[Token]) -> dict[int, int]:
    """Index of each `[` that is closed, with the index of its `]`.

    Brackets nested deeper than an expression may be are left out: paths that enclose one another
    without bound would together be longer than memory.
    """
    pairs: dict[int, int] = {}
    open_at: list[int] = []
    for at, token in enumerate(tokens):
        if token.text == "[":
            open_at.append(at)
        elif token.text == "]" and open_at:
            opening = open_at.pop()
            if len(open_at) < MAX_DEPTH:
                pairs[opening] = at
    return pairs


def _operator_words(tokens: list[Token]) -> set[int]:
    """Indexes of the words `and`, `or`, `mod` that follow an operand and so join two."""
    words: set[int] = set()
    after_operand = False
    for at, token in enumerate(tokens):
        if after_operand and token.kind == "name" and token.text in ("and", "or", "mod"):
            words.add(at)
            after_operand = False
        else:
            after_operand = token.kind != "operator" or token.text in ")]"
    return words


def _is_id(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= 15


def _is_kind(name: str) -> TypeGuard[VariableKind]:
    return name in ("team", "organization", "input", "scenario")
