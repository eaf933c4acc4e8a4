"""Merging: the changes of two sides to one blueprint, in one document.

Merged are modules and not lines: each module is followed by its identity through edits, moves and
renumbering, and what two sides did to different things never collides. What both did differently
to the same thing is a conflict; one side wins there, and the conflict tells all three values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    check_data,
    clone,
)
from make_blueprint.merging.content import Content
from make_blueprint.merging.numbers import VERSIONS, Numbers, Version, base_numbers
from make_blueprint.merging.places import Places, emptied
from make_blueprint.merging.tree import (
    MODULES,
    OTHER,
    SIDES,
    Element,
    Node,
    Side,
    core,
    own,
    route_name,
    step,
    weave,
)
from make_blueprint.merging.values import Absence, Maybe, same, translated
from make_blueprint.references import BrokenReference, broken_in
from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import Pointer, Visit, path_text, walk

ConflictKind: TypeAlias = Literal[
    "value", "replaced", "removed-and-changed", "moved-twice", "order", "structure"
]


@dataclass(frozen=True, slots=True)
class Conflict:
    """One place where both sides changed the same thing differently.

    Attributes:
        kind: `value`: both set it; `replaced`: one put another module there, the other configured
            the old one; `removed-and-changed`; `moved-twice`: to different places; `order`: both
            put something at the same place; `structure`: what each did is sound, both together
            are not.
        path: Where in the merged document (`flow[2].mapper.to`); where it was when it is gone.
        module_id: The module concerned, by its merged id; None for the scenario.
        base: The value both began with, null when there was none. Secrets are not masked.
        ours: Our value, likewise; of a module without those it holds.
        theirs: Their value, likewise.
        problem: What happened, one sentence.
    """

    kind: ConflictKind
    path: str
    module_id: int | None
    base: JsonValue
    ours: JsonValue
    theirs: JsonValue
    problem: str


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged blueprint.

    Attributes:
        blueprint: A new object; the favored side wins at conflicts.
        conflicts: Where both sides changed the same thing differently.
        renumbered: New id by the id theirs gave, of modules theirs added with an id in use.
        broken: References that lead nowhere in the result, though they did on neither side.
        notes: What else the caller should know, one sentence each.
    """

    blueprint: Blueprint
    conflicts: list[Conflict]
    renumbered: dict[int, int]
    broken: list[BrokenReference]
    notes: list[str]


def merge(base: Blueprint, ours: Blueprint, theirs: Blueprint, *, favor: Side = "ours") -> Merged:
    """Merge what two sides made of one blueprint.

    Args:
        base: What both began with; it and both sides stay as they are.
        ours: One side. Its ids and the order of its keys are kept.
        theirs: The other side.
        favor: The side that wins at conflicts.
    """
    for document in (base, ours, theirs):
        check_data(document)
    return _Merge(base, ours, theirs, favor).result()


class _Merge:
    """One merge while it is made."""

    def __init__(self, base: Blueprint, ours: Blueprint, theirs: Blueprint, favor: Side) -> None:
        self.sides: dict[Side, Blueprint] = {"ours": ours, "theirs": theirs}
        self.favor: Side = favor
        self.conflicts: list[Conflict] = []
        self._answers: dict[tuple[Element, Side], bool] = {}
        trees = weave(base, ours, theirs)
        self._back = base_numbers(trees)
        self.places = Places(trees, favor, self.changed)
        self.numbers = Numbers(trees, self.places.where)
        ids = self.numbers.ids
        ranked = dict.fromkeys([*self.places.where, *(node.known for node in trees[0])])
        self.order: dict[int, int] = {}
        for element in ranked:
            if element in ids:
                self.order.setdefault(ids[element], len(self.order))
        self.routes = {
            route_name(route): route.known
            for tree in trees
            for node in tree
            for route in node.lists.get("routes", ())
        }
        self.made: dict[Element, JsonValue] = {}

    def result(self) -> Merged:
        """Carry it out."""
        root = self.places.root
        for element in (root, *self.places.where):
            self.made[element] = self._value(element)
        for element, value in self.made.items():
            self._fill(element, value)
        for element in self.made:
            self._fallback(element)
        for clash in self.places.clashes:
            found = [own(node) if node else None for node in _versions(clash.element)]
            problem = clash.problem.format(it=self._name(clash.element))
            self._conflict(clash.kind, clash.element, (), *found, problem=problem)
        blueprint = clone(as_object(self.made[root]))
        visits = list(walk(blueprint))
        self._check(blueprint, visits)
        return Merged(
            blueprint,
            self.conflicts,
            self.numbers.renumbered,
            self._broken(visits),
            self._lost_notes(blueprint, visits),
        )

    def changed(self, element: Element, side: Side) -> bool:
        """Tell whether a side changed what an element of the base says."""
        key = element, side
        node = element.on(side)
        if key not in self._answers:
            before = core(element.base) if element.base else {}
            after = translated(core(node), self._back[side]) if node else {}
            self._answers[key] = not same(before, after)
        return self._answers[key]

    # Values

    def _value(self, element: Element) -> JsonValue:
        """Merge what an element holds itself."""
        if not isinstance(element.some.value, dict):
            return [] if element.kind == "chain" else element.some.value
        base, ours, theirs = (
            self._version(element, node, version)
            for node, version in zip(_versions(element), VERSIONS, strict=True)
        )
        if element.ours is None or element.theirs is None:
            return ours or theirs

        def tell(kind: ConflictKind, at: Pointer, *found: Maybe) -> None:
            self._conflict(kind, element, at, *found)

        fitting = self._fitting(element)
        content = Content(element, self.favor, fitting, tell, self.order)
        return content.merge(base, ours, theirs)

    def _version(self, element: Element, node: Node | None, version: Version) -> JsonObject:
        """Copy one version of what an element holds, with merged ids."""
        if node is None:
            return {}
        made = dict(translated(own(node), self.numbers.of(version)))
        if element in self.numbers.ids:
            made["id"] = self.numbers.ids[element]
        return made

    def _fitting(self, element: Element) -> Side:
        """Give the side that alone changed or moved a module; else the favored one."""
        if element.base is None or element.kind != "module":
            return self.favor
        for side in SIDES:
            acted = [
                self.changed(element, one) or element in self.places.moved[one]
                for one in (side, OTHER[side])
            ]
            if acted == [True, False]:
                return side
        return self.favor

    # Lists

    def _fill(self, element: Element, value: JsonValue) -> None:
        """Put elements into the lists of the one that holds them."""
        nodes = [node for node in _versions(element) if node]
        for key in dict.fromkeys(key for node in nodes for key in node.lists):
            items = [self.made[item] for item in self.places.lists.get((element, key), [])]
            if isinstance(value, list):
                value += items
                continue
            holder = as_object(value)
            for name in ("metadata", "designer") if key == "orphans" else ():
                inner = holder.get(name)
                if not isinstance(inner, dict):
                    inner = {}
                    if items:
                        holder[name] = inner
                holder = inner
            if items:
                holder[key] = items
            elif holder.get(key) == MODULES:
                holder[key] = []
                if key == "onerror" and emptied(element, key):
                    del holder[key]

    def _fallback(self, element: Element) -> None:
        """Write the fallback route of a router as an index again."""
        parameters = as_object(as_object(self.made[element]).get("parameters"))
        route = self.routes.get(str(parameters.get("else")))
        if route is None:
            return
        routes = self.places.lists.get((element, "routes"), [])
        if route in routes:
            parameters["else"] = routes.index(route)
            return
        found = [_fallback_of(node) for node in _versions(element)]
        del parameters["else"]
        text = f"The fallback route of {self._name(element)} was removed by one side."
        at: Pointer = ("parameters", "else")
        self._conflict("removed-and-changed", element, at, *found, problem=text)

    # Conflicts

    def _conflict(
        self, kind: ConflictKind, element: Element, at: Pointer, *found: Maybe, problem: str = ""
    ) -> None:
        pointer = (*self._pointer(element), *at)
        values = [self._shown(value, number) for number, value in enumerate(found)]
        what = f"`{path_text(at)}` of {self._name(element)}" if at else self._name(element)
        if kind == "replaced":
            problem = f"One side put another module in the place of {what}, the other changed it."
        text = problem or f"Both sides changed {what}."
        number = self._module_id(element)
        path = path_text(pointer)
        self.conflicts.append(Conflict(kind, path, number, values[0], values[1], values[2], text))

    def _pointer(self, element: Element) -> Pointer:
        """Give the place in the result, else where the element was."""
        if element not in self.places.where:
            return element.some.pointer
        steps: list[Pointer] = []
        while element in self.places.where:
            (element, key), index = self.places.where[element]
            steps.append(step(key, index))
        return tuple(key for part in reversed(steps) for key in part)

    def _module_id(self, element: Element) -> int | None:
        node: Node | None = element.some
        while node is not None and node.kind != "module":
            node = node.parent
        return self.numbers.ids.get(node.known) if node else None

    def _name(self, element: Element) -> str:
        number = self._module_id(element)
        module = "the scenario" if number is None else f"module {number}"
        if element.kind in ("root", "module"):
            return module
        node = element.some
        what = {"routes": "route", "branches": "branch", "tools": "tool"}.get(node.key, "item")
        return f"{what} {node.index} of {module}"

    def _shown(self, value: Maybe, version: int) -> JsonValue:
        """Give a value of one version as its document has it."""
        if isinstance(value, Absence):
            return None
        if isinstance(value, dict):
            return {
                key: self._shown(item, version) for key, item in value.items() if item != MODULES
            }
        if value == MODULES:
            return []
        route = self.routes.get(value) if isinstance(value, str) else None
        node = _versions(route)[version] if route else None
        return node.index if node else clone({"": value})[""]

    # What both together break

    def _check(self, blueprint: Blueprint, visits: list[Visit]) -> None:
        """Report structural errors that neither side has."""
        found = errors(structure_problems(blueprint, visits))
        had: set[tuple[str, int | None]] = set()
        for side, document in self.sides.items() if found else ():
            numbers = self.numbers.of(side)
            for fault in structure_problems(document, list(walk(document))):
                had.add((fault.code, _moved_to(fault.module_id, numbers)))
        for fault in found:
            if (fault.code, fault.module_id) not in had:
                text = f"What each side did is sound, both together are not: {fault.problem}"
                conflict = Conflict(
                    "structure", fault.path, fault.module_id, None, None, None, text
                )
                self.conflicts.append(conflict)

    def _broken(self, visits: list[Visit]) -> list[BrokenReference]:
        """List the references that lead nowhere though they did on neither side."""
        found = broken_in(visits)
        had: set[tuple[int | None, int | None, str]] = set()
        for side, document in self.sides.items() if found else ():
            numbers = self.numbers.of(side)
            for broken in broken_in(list(walk(document))):
                use = broken.reference
                user, used = (_moved_to(n, numbers) for n in (use.module_id, use.module))
                had.add((user, used, use.field))
        return [
            broken
            for broken in found
            if (broken.reference.module_id, broken.reference.module, broken.reference.field)
            not in had
        ]

    def _lost_notes(self, blueprint: Blueprint, visits: list[Visit]) -> list[str]:
        """Tell which modules have notes but are gone."""
        there = {visit.id for visit in visits}
        lost = _noted(blueprint, {}) - there
        for side, document in self.sides.items() if lost else ():
            ids = {visit.id for visit in walk(document)}
            numbers = self.numbers.of(side)
            lost -= {
                n
                for n in _noted(document, numbers)
                if n not in {numbers.get(i, i) for i in ids if i}
            }
        return [f"A note sticks to module {number}, which was removed." for number in sorted(lost)]


def _versions(element: Element) -> tuple[Node | None, Node | None, Node | None]:
    return element.base, element.ours, element.theirs


def _fallback_of(node: Node | None) -> JsonValue:
    return as_object(node.object.get("parameters")).get("else") if node else None


def _moved_to(number: int | None, numbers: dict[int, int]) -> int | None:
    return None if number is None else numbers.get(number, number)


def _noted(blueprint: Blueprint, numbers: dict[int, int]) -> set[int]:
    """Collect the merged ids of the modules that notes stick to."""
    notes = as_list(as_object(blueprint.get("metadata")).get("notes"))
    ids = [number for note in notes for number in as_list(as_object(note).get("moduleIds"))]
    return {numbers.get(number, number) for number in ids if type(number) is int}
