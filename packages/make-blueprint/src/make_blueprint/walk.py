"""Walking: every module of a blueprint, in one order, each with its place and its scope.

The order per module is: the module, its routes, branches, tools and error route, then the next
module of the list; detached modules (`metadata.designer.orphans`) come last. The walk keeps its
own stack and gives paths on demand, so neither depth nor size can exhaust it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    Module,
    as_list,
    as_object,
    whole_number,
)
from make_blueprint.problem import BlueprintError
from make_blueprint.scope import Level, Scope

Role: TypeAlias = Literal["flow", "route", "branch", "tool", "onerror", "orphan"]
Pointer: TypeAlias = tuple[str | int, ...]
"""Keys and indexes that lead from the root to a value."""

ROUTER = "builtin:BasicRouter"
IF_ELSE = "builtin:BasicIfElse"
MERGE = "builtin:BasicMerge"
PLACEHOLDER = "placeholder:Placeholder"
_TOO_LARGE = 10**15
"""From here on a number in an expression is no module id."""

_CHILD_LISTS: tuple[tuple[str, Role], ...] = (
    ("routes", "route"),
    ("branches", "branch"),
    ("tools", "tool"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One module where it stands.

    Attributes:
        module: The module object itself, not a copy.
        id: Its id, or None when it has no integer id (an unsaved placeholder).
        role: What kind of list it stands in.
        container: That list.
        index: Its position there.
        slot: Keys that lead from the parent (or the root) to the list.
        parent: The module that owns the list, or None at the root and among orphans.
        scope: Whose output it may map.
        merging: For a merge, the scope at the end of each branch it joins, in branch order.
    """

    module: Module
    id: int | None
    role: Role
    container: list[JsonValue]
    index: int
    slot: Pointer
    parent: Visit | None
    scope: Scope
    merging: tuple[Scope, ...] = ()

    @property
    def type(self) -> str:
        """The full name, `google-sheets:addRow`, or "" when it is missing."""
        value = self.module.get("module")
        return value if isinstance(value, str) else ""

    @property
    def app(self) -> str:
        """The part before the colon; custom apps keep their prefix (`app#my-app`)."""
        return self.type.rpartition(":")[0]

    @property
    def name(self) -> str:
        """The part after the colon."""
        return self.type.rpartition(":")[2]

    @property
    def version(self) -> int | None:
        """Major version of the app, or None when it is missing."""
        value = self.module.get("version")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def label(self) -> str:
        """The name the user gave in the editor, or ""."""
        designer = as_object(as_object(self.module.get("metadata")).get("designer"))
        value = designer.get("name")
        return value if isinstance(value, str) else ""

    @property
    def pointer(self) -> Pointer:
        """Keys and indexes from the root of the blueprint to the module."""
        steps: list[Pointer] = []
        visit: Visit | None = self
        while visit is not None:
            steps.append((*visit.slot, visit.index))
            visit = visit.parent
        return tuple(key for step in reversed(steps) for key in step)

    @property
    def path(self) -> str:
        """The place as text: `flow[2].routes[0].flow[1].onerror[0]`."""
        return path_text(self.pointer)

    @property
    def depth(self) -> int:
        """Number of modules this one is nested in."""
        depth, parent = 0, self.parent
        while parent is not None:
            depth, parent = depth + 1, parent.parent
        return depth

    @property
    def upstream(self) -> tuple[int, ...]:
        """Ids of the modules whose output may be mapped here, in the order they run."""
        return self.scope.ids()

    @property
    def in_orphan(self) -> bool:
        """Whether the module is detached from the flow and so never runs."""
        visit = self
        while visit.parent is not None:
            visit = visit.parent
        return visit.role == "orphan"


@dataclass(slots=True)
class _List:
    """A list of modules that the walk is in the middle of."""

    items: list[JsonValue]
    role: Role
    slot: Pointer
    parent: Visit | None
    level: Level
    next: int = 0
    merging: tuple[Scope, ...] = ()


def walk(blueprint: Blueprint) -> Iterator[Visit]:
    """Visit every module of a blueprint, also those in routes, branches, tools and error routes.

    Members that are not objects, and lists that are not lists, are passed over; `validate`
    reports them.

    Raises:
        BlueprintError: A list of modules contains itself, which no JSON text can express.
    """
    stack = list(reversed(list(_roots(blueprint))))
    open_lists: set[int] = set()
    while stack:
        current = stack[-1]
        if current.next == 0 and id(current.items) in open_lists:
            raise BlueprintError("A list of modules contains itself.")
        if current.next >= len(current.items):
            open_lists.discard(id(current.items))
            stack.pop()
            continue
        open_lists.add(id(current.items))
        index = current.next
        current.next += 1
        module = current.items[index]
        if not isinstance(module, dict):
            continue
        visit = _visit(module, index, current)
        yield visit
        children = list(_children(visit))
        current.merging = _merging_ends(module, children)
        stack += reversed(children)


def find(blueprint: Blueprint, module_id: int) -> Visit | None:
    """Find the first module with an id, or None."""
    return next((visit for visit in walk(blueprint) if visit.id == module_id), None)


def next_id(blueprint: Blueprint) -> int:
    """Give the next free module id: the largest one anywhere, orphans included, plus one."""
    return max((visit.id for visit in walk(blueprint) if visit.id is not None), default=0) + 1


def module_id(module: JsonObject) -> int | None:
    """Read the id of a module when it is an integer that expressions can write."""
    value = module.get("id")
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if abs(value) < _TOO_LARGE else None


def feeder_of(module: JsonObject) -> int | None:
    """Read the id of the module whose bundles an aggregator collects, or None."""
    return whole_number(as_object(module.get("parameters")).get("feeder"))


def path_text(pointer: Pointer) -> str:
    """Write keys and indexes as a path: `flow[0].mapper.headers[1].value`."""
    parts: list[str] = []
    for key in pointer:
        if isinstance(key, int):
            parts.append(f"[{key}]")
        elif key and not set(key) & set(".[]"):
            parts.append(f".{key}")
        else:
            parts.append(f"[{key!r}]")
    return "".join(parts).removeprefix(".")


def _roots(blueprint: Blueprint) -> Iterator[_List]:
    yield _List(as_list(blueprint.get("flow")), "flow", ("flow",), None, Level())
    designer = as_object(as_object(blueprint.get("metadata")).get("designer"))
    orphans = as_list(designer.get("orphans"))
    slot: Pointer = ("metadata", "designer", "orphans")
    for index, chain in enumerate(orphans):
        if isinstance(chain, list):
            yield _List(chain, "orphan", (*slot, index), None, Level())
    if any(isinstance(item, dict) for item in orphans):
        # Old exports list detached modules directly, without a chain around them.
        yield _List(orphans, "orphan", slot, None, Level())


def _visit(module: Module, index: int, current: _List) -> Visit:
    """Make the visit and open or close what the module means for those after it."""
    level, number = current.level, module_id(module)
    merging = current.merging if module.get("module") == MERGE else ()
    scope = Scope(level, index, also=merging)
    feeder = feeder_of(module)
    if feeder is not None:
        scope.close_loop(feeder)
    if number is not None:
        level.enter(number, index)
    return Visit(
        module,
        number,
        current.role,
        current.items,
        index,
        current.slot,
        current.parent,
        scope,
        merging,
    )


def _children(visit: Visit) -> Iterator[_List]:
    """Give the lists that a module owns, in walk order."""
    level = visit.scope.level
    inside = Scope(level, visit.index + 1)
    for key, role in _CHILD_LISTS:
        for number, holder in enumerate(as_list(visit.module.get(key))):
            flow = as_object(holder).get("flow")
            if isinstance(flow, list):
                yield _List(flow, role, (key, number, "flow"), visit, Level(inside))
    handlers = visit.module.get("onerror")
    if isinstance(handlers, list) and handlers:
        failed = Scope(level, visit.index, visit.id, visit.merging)
        yield _List(handlers, "onerror", ("onerror",), visit, Level(failed))


def _merging_ends(module: Module, children: list[_List]) -> tuple[Scope, ...]:
    """Give the scope at the end of each branch of an if-else that goes on to a merge."""
    branches = as_list(module.get("branches"))
    return tuple(
        Scope(child.level, len(child.items))
        for child in children
        if child.role == "branch" and as_object(branches[int(child.slot[1])]).get("merge") is True
    )
