"""Outlines: a blueprint as an indented list that a person reads from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass

from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object, check_data
from make_blueprint.operators import in_words, takes_value
from make_blueprint.walk import Role, Visit, walk


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """One module as a line.

    Attributes:
        id: Module id, or None for an unsaved placeholder.
        label: The user's name for it, else its module name.
        module: `<app>:<Name>`.
        version: Major version of the app, or None.
        depth: Number of modules it is nested in.
        role: What kind of list it stands in.
        branch: The list it opens (`route 2 of 3`, `else`, `on error`), only on the first of a list.
        filter: The filter in front of it in words, or "".
        path: Its place in the blueprint.
    """

    id: int | None
    label: str
    module: str
    version: int | None
    depth: int
    role: Role
    branch: str
    filter: str
    path: str

    def to_text(self) -> str:
        """Write the row on one line, indented by depth."""
        version = "" if self.version is None else f"@{self.version}"
        name = f"{self.module}{version}"
        shown = name if self.label == self.module else f"{self.label} ({name})"
        branch = f"{self.branch}: " if self.branch else ""
        gate = f" [only if {self.filter}]" if self.filter else ""
        return f"{'  ' * self.depth}{branch}{self.id or '-'} {shown}{gate}"


def outline(blueprint: Blueprint) -> list[OutlineRow]:
    """List all modules in the order they run, detached ones last; `depth` gives the tree."""
    check_data(blueprint)
    return [
        OutlineRow(
            visit.id,
            visit.label or visit.type,
            visit.type,
            visit.version,
            visit.depth,
            visit.role,
            branch_name(visit),
            describe_filter(visit.module.get("filter")),
            visit.path,
        )
        for visit in walk(blueprint)
    ]


def to_text(rows: list[OutlineRow]) -> str:
    """Write an outline, one line a module."""
    return "\n".join(row.to_text() for row in rows)


def describe_filter(filter: JsonValue) -> str:
    """Say a filter in words.

    Args:
        filter: `{name?, conditions}`; null or a filter without conditions lets everything pass.

    Returns:
        `"Paid": {{1.status}} equals paid and {{1.total}} is greater than 10`, or "" when
        everything passes.
    """
    value = as_object(filter)
    words = describe_conditions(value.get("conditions"))
    name = value.get("name")
    return f'"{name}": {words}' if words and isinstance(name, str) and name else words


def describe_conditions(conditions: JsonValue) -> str:
    """Say conditions in words: the inner lists joined by `and`, the outer one by `or`."""
    groups = [
        " and ".join(_condition(as_object(condition)) for condition in as_list(group))
        for group in as_list(conditions)
        if group
    ]
    if len(groups) > 1:
        return " or ".join(f"({group})" if " and " in group else group for group in groups)
    return groups[0] if groups else ""


def _condition(condition: JsonObject) -> str:
    operator = condition.get("o")
    words = in_words(operator) if isinstance(operator, str) else "?"
    left = _operand(condition.get("a"))
    if isinstance(operator, str) and not takes_value(operator):
        return f"{left} {words}"
    return f"{left} {words} {_operand(condition.get('b'))}"


def _operand(value: JsonValue) -> str:
    if value is None or value == "":
        return '""'
    return value if isinstance(value, str) else str(value).lower()


def branch_name(visit: Visit) -> str:
    """Name the list a module begins, as seen from its parent."""
    if visit.index or visit.role == "flow":
        return ""
    if visit.role == "orphan":
        return "detached"
    if visit.role == "onerror":
        return "on error"
    parent, number = visit.parent, visit.slot[1]
    assert parent is not None
    assert isinstance(number, int)
    holders = as_list(parent.module.get(str(visit.slot[0])))
    return _named_branch(visit, parent, as_object(holders[number]), number, len(holders))


def _named_branch(visit: Visit, parent: Visit, holder: JsonObject, number: int, count: int) -> str:
    if visit.role == "tool":
        return f"tool {holder.get('name') or number + 1}"
    if visit.role == "route":
        fallback = as_object(parent.module.get("parameters")).get("else") == number
        return f"route {number + 1} of {count}{' (fallback)' if fallback else ''}"
    label = holder.get("label")
    name = f' "{label}"' if isinstance(label, str) and label else ""
    if holder.get("type") == "else":
        return f"else{name}"
    return f"if{name} {describe_conditions(holder.get('conditions'))}".rstrip()
