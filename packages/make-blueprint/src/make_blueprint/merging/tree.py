"""Trees for merging: three blueprints as one set of elements, each with up to three versions.

An element is whatever keeps its identity while it moves and changes: a module, a route, branch or
tool (a `holder`), a chain of detached modules, the scenario itself (`root`). What stands in a list
of modules and is no object is an element as well, so that no document loses anything.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_object, compact
from make_blueprint.matching import match
from make_blueprint.walk import Pointer, Visit, walk

Side: TypeAlias = Literal["ours", "theirs"]
Kind: TypeAlias = Literal["root", "module", "holder", "chain", "other"]
Naming: TypeAlias = "Callable[[Node], str]"

SIDES: tuple[Side, Side] = ("ours", "theirs")
OTHER: dict[Side, Side] = {"ours": "theirs", "theirs": "ours"}
HOLDERS = ("routes", "branches", "tools")
EDITOR_ONLY = ("restore", "expect", "interface", "parameters", "advanced")
EDITOR_LAYOUT = ("x", "y", "messages")
RETURN_DATA = "scenario-service:ReturnData"
MODULES = "\0modules"
"""Stands in a copied object for a list of modules, which is merged by identity instead."""


@dataclass(slots=True, eq=False)
class Element:
    """One thing of the merged document, with its version in each blueprint that has it."""

    kind: Kind
    base: Node | None = None
    ours: Node | None = None
    theirs: Node | None = None

    def on(self, side: Side) -> Node | None:
        """Give the version of one side, or None when that side does not have it."""
        return self.ours if side == "ours" else self.theirs

    @property
    def some(self) -> Node:
        """Give a version: ours, else theirs, else the base's."""
        found = self.ours or self.theirs or self.base
        assert found is not None
        return found


@dataclass(slots=True, eq=False)
class Node:
    """One version of an element, where it stands in its blueprint.

    Attributes:
        kind: What it is.
        value: The JSON value itself, not a copy.
        parent: What it stands in; None for the root.
        key: Which list of the parent; "" for the one list of a chain.
        index: Its position there.
        id: Integer id of a module.
        lists: The lists of elements it holds.
        element: The element it is a version of; None until it is matched.
    """

    kind: Kind
    value: JsonValue
    parent: Node | None
    key: str
    index: int
    id: int | None = None
    lists: dict[str, list[Node]] = field(default_factory=dict[str, "list[Node]"])
    element: Element | None = None

    @property
    def object(self) -> JsonObject:
        """The value, when it is an object, else an empty one."""
        return as_object(self.value)

    @property
    def known(self) -> Element:
        """The element, once everything is matched."""
        assert self.element is not None
        return self.element

    @property
    def place(self) -> tuple[Element, str] | None:
        """The list it stands in, by the element that holds it."""
        return None if self.parent is None else (self.parent.known, self.key)

    @property
    def pointer(self) -> Pointer:
        """Keys and indexes from the root of its blueprint."""
        steps: list[Pointer] = []
        node = self
        while node.parent is not None:
            steps.append(step(node.key, node.index))
            node = node.parent
        return tuple(key for part in reversed(steps) for key in part)

    @property
    def type(self) -> str:
        """Full name of a module, or ""."""
        value = self.object.get("module")
        return value if isinstance(value, str) else ""


def step(key: str, index: int) -> Pointer:
    """Give the part of a pointer that leads from an element to an item of one of its lists."""
    if key == "orphans":
        return ("metadata", "designer", "orphans", index)
    return (key, index) if key else (index,)


def grow(blueprint: Blueprint) -> list[Node]:
    """Make the nodes of a blueprint: the root first, then in the order of `walk`."""
    nodes: list[Node] = []
    todo = [Node("root", blueprint, None, "", 0)]
    while todo:
        node = todo.pop()
        nodes.append(node)
        for key, items in _lists(node):
            made = [Node(_kind(key, item), item, node, key, i) for i, item in enumerate(items)]
            node.lists[key] = made
        children = [child for items in node.lists.values() for child in items]
        if node.kind == "root":
            children.sort(key=lambda child: child.key == "orphans" and child.kind == "module")
        todo += reversed(children)
    return nodes


def weave(base: Blueprint, ours: Blueprint, theirs: Blueprint) -> list[list[Node]]:
    """Match three blueprints; afterwards every node knows its element.

    Returns:
        The nodes of base, ours and theirs.
    """
    documents = (base, ours, theirs)
    trees = [grow(document) for document in documents]
    for node in trees[0]:
        node.element = Element(node.kind, base=node)
    visits = [_visits(document, nodes) for document, nodes in zip(documents, trees, strict=True)]
    for number, side in enumerate(SIDES, 1):
        _pair(trees[0], trees[number], visits[0], visits[number], side)
    _pair_twins(trees[1])
    for number, side in enumerate(SIDES, 1):
        for node in trees[number]:
            if node.element is None:
                _link(Element(node.kind), node, side)
    return trees


def own(node: Node) -> JsonObject:
    """Copy what an element holds itself; its lists of elements are replaced by `MODULES`.

    The fallback route of a router is replaced by a name for that route, see `route_name`.
    """
    made: JsonObject = {
        key: MODULES if key in node.lists and key != "orphans" else value
        for key, value in node.object.items()
    }
    if "orphans" in node.lists:
        metadata = dict(as_object(made["metadata"]))
        metadata["designer"] = with_member(as_object(metadata["designer"]), "orphans", MODULES)
        made["metadata"] = metadata
    routes = node.lists.get("routes", [])
    parameters = as_object(made.get("parameters"))
    fallback = parameters.get("else")
    if type(fallback) is int and 0 <= fallback < len(routes):
        made["parameters"] = with_member(parameters, "else", route_name(routes[fallback]))
    return made


def with_member(value: JsonObject, key: str, member: JsonValue) -> JsonObject:
    """Copy an object with one member set."""
    copy = dict(value)
    copy[key] = member
    return copy


def route_name(route: Node) -> str:
    """Name a route by its identity instead of its index."""
    return f"\0route {id(route.element) if route.element else route.index}"


def core(node: Node) -> JsonObject:
    """Give what an element says: its own values without id, layout and the editor's own data."""
    made = own(node)
    made.pop("id", None)
    metadata = made.get("metadata")
    if node.kind == "module" and isinstance(metadata, dict):
        kept = ("expect",) if node.type == RETURN_DATA else ()
        said: JsonObject = {
            key: value
            for key, value in metadata.items()
            if key in kept or key not in (*EDITOR_ONLY, "designer")
        }
        designer = as_object(metadata.get("designer"))
        shown = {key: value for key, value in designer.items() if key not in EDITOR_LAYOUT}
        del made["metadata"]
        if said or shown:
            made["metadata"] = with_member(said, "designer", shown)
    return made


def print_of(node: Node, *, numbered: bool = True) -> str:
    """Write an element's own values as one text, to compare elements that are not matched.

    Args:
        node: The element.
        numbered: Whether a module's id counts.
    """
    if not isinstance(node.value, dict):
        return "" if node.kind == "chain" else compact(node.value)
    said = core(node)
    if numbered:
        said["id"] = node.value.get("id")
    return json.dumps(said, sort_keys=True)


def _lists(node: Node) -> Iterator[tuple[str, list[JsonValue]]]:
    """Give the lists of elements that a node holds, in walk order."""
    found: list[tuple[str, JsonValue]] = []
    if node.kind == "root":
        designer = as_object(as_object(node.object.get("metadata")).get("designer"))
        found = [("flow", node.object.get("flow")), ("orphans", designer.get("orphans"))]
    elif node.kind == "module":
        found = [(key, node.object.get(key)) for key in (*HOLDERS, "onerror")]
    elif node.kind == "holder":
        found = [("flow", node.object.get("flow"))]
    elif node.kind == "chain":
        found = [("", node.value)]
    return ((key, value) for key, value in found if isinstance(value, list))


def _kind(key: str, item: JsonValue) -> Kind:
    if isinstance(item, dict):
        return "holder" if key in HOLDERS else "module"
    return "chain" if key == "orphans" and isinstance(item, list) else "other"


def _visits(blueprint: Blueprint, nodes: list[Node]) -> dict[Visit, Node]:
    modules = [node for node in nodes if node.kind == "module"]
    visits = dict(zip(walk(blueprint), modules, strict=True))
    for visit, node in visits.items():
        node.id = visit.id
    return visits


def _link(element: Element, node: Node, side: Side) -> None:
    node.element = element
    if side == "ours":
        element.ours = node
    else:
        element.theirs = node


def _pair(
    base: list[Node],
    nodes: list[Node],
    before: dict[Visit, Node],
    after: dict[Visit, Node],
    side: Side,
) -> None:
    """Match one side with the base: modules, then what holds them, then what is no object."""
    _link(base[0].known, nodes[0], side)
    for pair in match(list(before), list(after)).pairs:
        _link(before[pair.before].known, after[pair.after], side)
    for node in base:
        partner = node.known.on(side)
        for key, old in node.lists.items():
            new = partner.lists.get(key, []) if partner else []
            for rule in (_sharing, _equal, _named, _same_index):
                left = [item for item in old if _free(item, side)]
                right = [item for item in new if item.element is None and item.kind != "module"]
                for first, second in rule(left, right) if left and right else ():
                    if _free(first, side) and second.element is None:
                        _link(first.known, second, side)


def _free(node: Node, side: Side) -> bool:
    return node.kind != "module" and node.known.on(side) is None


def _sharing(left: list[Node], right: list[Node]) -> Iterator[tuple[Node, Node]]:
    """Match routes and the like by the modules in them; most modules first."""
    votes: Counter[tuple[Node, Node]] = Counter()
    free = set(left)
    for new in right:
        for module in (item for items in new.lists.values() for item in items):
            old = module.element and module.element.base and module.element.base.parent
            if old in free:
                votes[old, new] += 1
    order = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0][0].index, vote[0][1].index))
    return iter([pair for pair, _ in order])


def _equal(left: list[Node], right: list[Node]) -> Iterator[tuple[Node, Node]]:
    return _by(left, right, _whole)


def _whole(node: Node) -> str:
    says = node.kind == "other" or len(own(node)) > len(node.lists)
    return f"{node.kind} {print_of(node)}" if says else ""


def _named(left: list[Node], right: list[Node]) -> Iterator[tuple[Node, Node]]:
    return _by(left, right, _name)


def _name(node: Node) -> str:
    if node.object.get("type") == "else":
        return "else"
    name = node.object.get("name") or node.object.get("label")
    return f"name {name}" if isinstance(name, str) else ""


def _same_index(left: list[Node], right: list[Node]) -> Iterator[tuple[Node, Node]]:
    return _by(
        left, right, lambda node: "" if node.kind == "other" else f"{node.kind} {node.index}"
    )


def _by(left: list[Node], right: list[Node], key: Naming) -> Iterator[tuple[Node, Node]]:
    """Match in order what has the same key; an empty key matches nothing."""
    waiting: defaultdict[str, list[Node]] = defaultdict(list)
    for node in reversed(right):
        waiting[key(node)].append(node)
    for node in left:
        name = key(node)
        if name and waiting[name]:
            yield node, waiting[name].pop()


def _pair_twins(nodes: Iterable[Node]) -> None:
    """Make one element of what both sides added identically at the same place."""
    for node in nodes:
        other = node.element.theirs if node.element else None
        for key, items in node.lists.items():
            found = other.lists.get(key, []) if other else []
            theirs = list(_added(found))
            ours = list(_added(items)) if theirs else []
            waiting: defaultdict[tuple[int, str], list[Node]] = defaultdict(list)
            for place, item in reversed(theirs if ours else []):
                waiting[place, _deep_print(item)].append(item)
            for place, item in ours:
                if same := waiting[place, _deep_print(item)]:
                    _join(item, same.pop())


def _added(items: list[Node]) -> Iterator[tuple[int, Node]]:
    """Give what has no element yet, each with the element that stands before it on both sides."""
    before = 0
    for item in items:
        element = item.element
        if element is None:
            yield before, item
        elif element.ours and element.theirs:
            before = id(element)


def _deep_print(node: Node) -> str:
    """Write an added element with all it holds; what is matched already counts by identity."""
    parts: list[str] = []
    todo = [(0, node)]
    while todo:
        depth, item = todo.pop()
        what = print_of(item) if item.element is None else f"= {id(item.element)}"
        parts.append(f"{depth} {item.key} {item.kind} {what}")
        if item.element is None:
            children = [child for items in item.lists.values() for child in items]
            todo += [(depth + 1, child) for child in reversed(children)]
    return "\n".join(parts)


def _join(ours: Node, theirs: Node) -> None:
    todo = [(ours, theirs)]
    while todo:
        mine, other = todo.pop()
        if mine.element is None:
            element = Element(mine.kind)
            _link(element, mine, "ours")
            _link(element, other, "theirs")
            for key, items in mine.lists.items():
                todo += zip(items, other.lists[key], strict=True)
