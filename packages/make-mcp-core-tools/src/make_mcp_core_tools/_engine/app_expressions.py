"""Names in the expressions of a custom app: what they begin with, and the fields they ask for."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from make_blueprint import iml
from make_blueprint.document import as_list, as_object
from make_blueprint.iml.nodes import At, Call, Chain, Expression, Field, Name, Path, Unary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_blueprint.document import JsonValue
    from make_blueprint.iml.nodes import Node

ROOTS = frozenset(
    {"body", "common", "connection", "environment", "headers", "item", "metadata", "oauth"}
    | {"parameters", "statusCode", "temp", "webhook"}
)
"""What expressions of apps usually begin with; more is possible, and passed over."""
_LIKE = 0.75
_ALSO = frozenset({"data", "query", "hook", "scenario", "request", "response", "var", "items"})


class Asked(NamedTuple):
    """A name with the first step into it: `parameters.id`."""

    root: str
    member: str


def asked(plain: str) -> Iterator[Asked]:
    """Give the names that the expressions of a text look into.

    Args:
        plain: A text that parses.
    """
    waiting = [part.node for part in iml.parse(plain).parts if isinstance(part, Expression)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Path) and isinstance(node.root, Name):
            first = node.steps[0]
            yield Asked(node.root.name, first.name if isinstance(first, Field) else "")
        waiting += _below(node)


def misspelled(root: str) -> str:
    """Give the name that was meant; "" when a name is fine or nobody knows."""
    if root in ROOTS or root in _ALSO:
        return ""
    return next(iter(get_close_matches(root, ROOTS, n=1, cutoff=_LIKE)), "")


def field_names(sections: list[JsonValue]) -> set[str] | None:
    """Name the fields of forms, nested ones included; None when some are asked for elsewhere."""
    names: set[str] = set()
    waiting = [*sections]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            return None
        if isinstance(value, list):
            waiting += value
            continue
        row = as_object(value)
        if isinstance(row.get("name"), str):
            names.add(str(row["name"]))
        waiting += [row[key] for key in ("nested",) if row.get(key)]
        options = row.get("options")
        store = as_object(options).get("store") if isinstance(options, dict) else options
        waiting += [as_object(one).get("nested") or [] for one in as_list(store)]
        if isinstance(options, dict) and options.get("nested"):
            waiting.append(options["nested"])
    return names


def _below(node: Node) -> list[Node]:
    if isinstance(node, Call):
        return list(node.arguments)
    if isinstance(node, Unary):
        return [node.operand]
    if isinstance(node, Chain):
        return [node.first, *(one for _, one in node.rest)]
    if isinstance(node, Path):
        inner = [step.index for step in node.steps if isinstance(step, At) and step.index]
        return [*inner, *([] if isinstance(node.root, Name) else [node.root])]
    return []
