"""The parts of a template and of its expressions.

Positions are character offsets into the whole template and do not take part in comparison, so two
expressions are equal when they mean the same, however they were laid out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a quoted text."""

    value: str | int | float
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A keyword, a variable, or another bare name such as `now` or `var`."""

    name: str
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The output bundle of the module with this id: `1` in backticks, or the start of `1.email`."""

    module: int
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """The step `.name`."""

    name: str


@dataclass(frozen=True, slots=True)
class At:
    """The step `[index]`; without an index it means the first item."""

    index: Node | None


@dataclass(frozen=True, slots=True)
class Path:
    """A value followed by one or more steps into it."""

    root: Node
    steps: tuple[Field | At, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    name: str
    arguments: tuple[Node, ...]
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """A sign or negation, `-` or `!`."""

    operator: str
    operand: Node
    position: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """Operands joined by operators of one precedence, evaluated from left to right.

    One flat node instead of nested pairs, so a concatenation of thousands of parts is no deeper
    than one of two.
    """

    first: Node
    rest: tuple[tuple[str, Node], ...]
    position: int = field(default=0, compare=False)


Node: TypeAlias = Literal | Name | Bundle | Path | Call | Unary | Chain


@dataclass(frozen=True, slots=True)
class Text:
    """Literal text between expressions."""

    value: str


@dataclass(frozen=True, slots=True)
class Expression:
    """One `{{...}}`; `start` and `end` enclose the braces."""

    node: Node
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed text: literal parts and expressions in their order."""

    parts: tuple[Text | Expression, ...]
    unclosed: tuple[int, ...] = field(default=(), compare=False)
    """Offsets of `{{` that no `}}` closes. Make takes them as plain text; a linter may warn."""

    @property
    def is_expression(self) -> bool:
        """Whether the text is exactly one expression, which then keeps its type."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Expression)

    def __str__(self) -> str:
        from make_blueprint.iml.writer import write

        return write(self)
