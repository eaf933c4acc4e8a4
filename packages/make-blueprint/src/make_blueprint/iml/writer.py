"""From `Template` back to text, in one canonical layout."""

from __future__ import annotations

import re
from decimal import Decimal

from make_blueprint.iml.nodes import (
    At,
    Bundle,
    Call,
    Chain,
    Field,
    Literal,
    Name,
    Node,
    Path,
    Template,
    Text,
    Unary,
)

_LEVELS = {"|": 1, "&": 2, "=": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5}
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def write(template: Template) -> str:
    """Write a template so that reading it again gives an equal one.

    Texts get double quotes, operators their symbol between blanks, arguments `; `, and names other
    than ASCII words backticks. A backtick inside a name cannot be written; no parsed name has one.
    """
    return "".join(
        part.value if isinstance(part, Text) else "{{" + expression(part.node) + "}}"
        for part in template.parts
    )


def expression(node: Node) -> str:
    """Write one expression without its braces."""
    match node:
        case Literal():
            return _literal(node.value)
        case Name():
            return _name(node.name)
        case Bundle():
            return f"`{node.module}`"
        case Path():
            return _path(node)
        case Call():
            return f"{node.name}({'; '.join(map(expression, node.arguments))})"
        case Unary():
            return node.operator + _operand(node.operand, 7)
        case _:
            return _chain(node)


def _literal(value: str | int | float) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return format(Decimal(repr(value)), "f")


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else f"`{name}`"


def _path(path: Path) -> str:
    steps = path.steps
    if isinstance(path.root, Bundle) and isinstance(steps[0], Field):
        return f"{path.root.module}.{_name(steps[0].name)}{_steps(steps[1:])}"
    is_simple = isinstance(path.root, Name | Bundle | Call)
    root = expression(path.root)
    return (root if is_simple else f"({root})") + _steps(steps)


def _steps(steps: tuple[Field | At, ...]) -> str:
    return "".join(
        f".{_name(step.name)}"
        if isinstance(step, Field)
        else f"[{'' if step.index is None else expression(step.index)}]"
        for step in steps
    )


def _chain(chain: Chain) -> str:
    level = _level(chain)
    rest = "".join(f" {sign} {_operand(node, level + 1)}" for sign, node in chain.rest)
    return _operand(chain.first, level + 1) + rest


def _operand(node: Node, weakest: int) -> str:
    text = expression(node)
    return f"({text})" if isinstance(node, Chain) and _level(node) < weakest else text


def _level(chain: Chain) -> int:
    return _LEVELS.get(chain.rest[0][0], 6)
