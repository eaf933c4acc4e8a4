"""Places for merging: what stays, what goes, which list each element stands in, in which order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from make_blueprint.alignment import unmoved
from make_blueprint.document import JsonValue, as_object
from make_blueprint.merging.tree import (
    OTHER,
    SIDES,
    Element,
    Node,
    Side,
    print_of,
)
from make_blueprint.walk import ROUTER

Source: TypeAlias = Literal["base", "ours", "theirs", "both"]
"""Who says where an element stands; `base` when nobody moved it."""
Place: TypeAlias = tuple[Element, str]
ClashKind: TypeAlias = Literal["removed-and-changed", "moved-twice", "order"]

_SETS = ("routes", "tools", "orphans")


@dataclass(frozen=True, slots=True)
class Clash:
    """A conflict about where something stands or whether it stays."""

    kind: ClashKind
    element: Element
    problem: str


class Places:
    """Decides for every element whether it stays and where.

    Args:
        trees: The nodes of base, ours and theirs.
        favor: The side that wins.
        changed: Tells whether a side changed what an element says.

    Attributes:
        moved: What each side moved.
        lists: The merged lists, by the element that holds them and their key; only those that can
            be reached from the root.
        where: The list and position of every element that stays.
        clashes: The conflicts.
    """

    def __init__(
        self, trees: list[list[Node]], favor: Side, changed: Callable[[Element, Side], bool]
    ) -> None:
        self.favor: Side = favor
        self.changed = changed
        self.clashes: list[Clash] = []
        self.trees: dict[Side, list[Node]] = {"ours": trees[1], "theirs": trees[2]}
        self.root = trees[0][0].known
        self.moved: dict[Side, set[Element]] = {side: set(_moved(trees[0], side)) for side in SIDES}
        self.source: dict[Element, Source] = {}
        self.lists: dict[Place, list[Element]] = {}
        self.where: dict[Element, tuple[Place, int]] = {}
        elements = dict.fromkeys(node.known for side in SIDES for node in self.trees[side][1:])
        for element in elements:
            self.source[element] = self._source(element)
        self.followers = self._followers()
        for side in SIDES:
            self._remove(side)
        self._break_cycles()
        self._gather()

    def place(self, element: Element) -> Place:
        """Give the list an element is to stand in."""
        if element in self.followers:
            return self._said(self.followers[element])
        return self._said(element)

    def _said(self, element: Element) -> Place:
        source = self.source[element]
        node = element.base if source == "base" else element.on(_speaker(source))
        assert node is not None
        place = node.place
        assert place is not None
        return place

    def _source(self, element: Element) -> Source:
        if element.ours is None or element.theirs is None:
            return "theirs" if element.ours is None else "ours"
        if element.base is None:
            return "both"
        ours, theirs = (element in self.moved[side] for side in SIDES)
        if ours and theirs and element.ours.place != element.theirs.place:
            self._clash("moved-twice", element, "Both sides moved {it}, to different places.")
            return self.favor
        if ours or theirs:
            return "both" if ours and theirs else "ours" if ours else "theirs"
        return "base"

    def _clash(self, kind: ClashKind, element: Element, problem: str) -> None:
        self.clashes.append(Clash(kind, element, problem))

    # What is added beside a module that the other side wrapped or unwrapped goes with it

    def _followers(self) -> dict[Element, Element]:
        """Find for what one side added the neighbour that the other side took along."""
        return {
            element: leader
            for side in SIDES
            for node in self.trees[side]
            for key in node.lists
            for element, leader in self._following(node, key, side)
        }

    def _following(self, holder: Node, key: str, side: Side) -> Iterator[tuple[Element, Element]]:
        """Give what was added between neighbours that both went to another list together."""
        added: list[Element] = []
        before: Element | None = None
        for element in (*(node.known for node in holder.lists[key]), None):
            if element and element.base is None:
                if element.on(OTHER[side]) is None and element.kind == "module":
                    added.append(element)
            elif element is None or self.source[element] != side:
                place = (holder.known, key)
                leader = self._leader(place, before, element, OTHER[side]) if added else None
                yield from ((one, leader) for one in added if leader)
                added, before = [], element

    def _leader(
        self, place: Place, before: Element | None, after: Element | None, other: Side
    ) -> Element | None:
        neighbours = [element for element in (before, after) if element]
        places = {self._said(element) for element in neighbours}
        if len(places) != 1 or place in places:
            return None
        node = neighbours[0].on(other)
        if place[0].on(other) is None:
            return neighbours[0]
        while node is not None and node.place != place:
            node = node.parent
        wrapped = node is not None and node.known.base is None
        return neighbours[0] if wrapped else None

    # What one side removed while the other changed it

    def _remove(self, remover: Side) -> None:
        """Decide about everything that one side removed."""
        keeper = OTHER[remover]
        tops: dict[Node, Element] = {}
        causes: defaultdict[Element, list[tuple[Element, str]]] = defaultdict(list)
        for node in self.trees[keeper][1:]:
            element = node.known
            removed = element.base is not None and element.on(remover) is None
            tied = (removed or self.source.get(element) == keeper) and element not in self.followers
            top = tops.get(node.parent) if tied and node.parent else None
            top = top or (element if removed else None)
            if top is not None:
                tops[node] = top
                cause = self._cause(element, node, keeper, removed)
                if cause:
                    causes[top].append(cause)
        for reasons in causes.values():
            for element, what in dict.fromkeys(reasons):
                text = f"{remover.capitalize()} removed {{it}}, {keeper} {what}."
                self._clash("removed-and-changed", element, text)
        for node, top in tops.items():
            if top not in causes or self.favor == remover:
                self._let_go(node.known, remover)
        self.followers = {
            element: leader
            for element, leader in self.followers.items()
            if self.source.get(leader) not in (None, self.source.get(element))
        }

    def _cause(
        self, element: Element, node: Node, keeper: Side, removed: bool
    ) -> tuple[Element, str] | None:
        if removed:
            if self.changed(element, keeper):
                return element, "changed it"
            return (element, "moved it") if element in self.moved[keeper] else None
        owner = node.parent
        assert owner is not None
        while owner.known.base is None or owner.known.on(OTHER[keeper]) is not None:
            assert owner.parent is not None
            owner = owner.parent
        return owner.known, "put something into it"

    def _let_go(self, element: Element, remover: Side) -> None:
        """Drop an element, or leave it where the removing side has it."""
        if element.on(remover) is not None:
            self.source[element] = remover
        else:
            self.source.pop(element, None)

    def _break_cycles(self) -> None:
        """Undo moves of the losing side that put two things into each other."""
        done: set[Element] = {self.root}
        for element in list(self.source):
            path: dict[Element, None] = {}
            at = element
            while at in self.source and at not in done:
                if at in path:
                    self._undo_move(list(path)[list(path).index(at) :])
                    path = {}
                    at = element
                    continue
                path[at] = None
                at = self.place(at)[0]
            done |= path.keys()

    def _undo_move(self, cycle: list[Element]) -> None:
        loser = OTHER[self.favor]
        for element in cycle:
            if self.followers.pop(element, None):
                return
        element = next(e for e in cycle if self.source[e] == loser and e.on(self.favor))
        self.source[element] = self.favor
        text = "Both sides moved {it} and what it would stand in, into each other."
        self._clash("moved-twice", element, text)

    # Order

    def _gather(self) -> None:
        """Order every list that is reached from the root."""
        members: defaultdict[Element, defaultdict[str, list[Element]]]
        members = defaultdict(lambda: defaultdict(list))
        for element in self.source:
            owner, key = self.place(element)
            members[owner][key].append(element)
        todo = [self.root]
        while todo:
            owner = todo.pop()
            for key, items in sorted(members[owner].items()):
                present = [
                    e for e in items if e.kind != "chain" or members[e] or not emptied(e, "")
                ]
                ordered = self._ordered(owner, key, present)
                self.lists[owner, key] = ordered
                for index, element in enumerate(ordered):
                    self.where[element] = ((owner, key), index)
                todo += reversed(ordered)
        for element in self.source:
            owner = self.place(element)[0]
            if element not in self.where and owner not in self.source and owner is not self.root:
                self._clash(
                    "removed-and-changed", element, "What {it} stood in is gone on both sides."
                )

    def _ordered(self, owner: Element, key: str, members: list[Element]) -> list[Element]:
        spine = [e for e in members if self.source[e] == "base"]
        spine.sort(key=lambda e: e.base.index if e.base else 0)
        gaps = {element: number for number, element in enumerate(spine, 1)}
        wanted = {e for e in members if e not in gaps and e not in self.followers}
        runs: dict[Side, dict[int, list[Element]]] = {
            side: self._runs(owner.on(side), key, side, gaps, wanted) for side in SIDES
        }
        self._settle(runs)
        made: list[Element] = []
        for number in range(len(spine) + 1):
            made += spine[number - 1 : number] if number else []
            made += self._mesh(key, runs["ours"].get(number, []), runs["theirs"].get(number, []))
        if len(made) < len(members):
            self._put_followers(made, members)
        return made

    def _runs(
        self,
        holder: Node | None,
        key: str,
        side: Side,
        gaps: dict[Element, int],
        wanted: set[Element],
    ) -> dict[int, list[Element]]:
        """Give what one side put between the elements that nobody moved."""
        runs: defaultdict[int, list[Element]] = defaultdict(list)
        gap = 0
        for item in holder.lists.get(key, []) if holder else []:
            element = item.known
            if element in gaps:
                gap = gaps[element]
            elif element in wanted and self.source[element] in (side, "both"):
                runs[gap].append(element)
        return runs

    def _settle(self, runs: dict[Side, dict[int, list[Element]]]) -> None:
        """Find what both sides put into the list at different places; the winner's place stays."""
        gap_of = {side: {e: gap for gap, run in runs[side].items() for e in run} for side in SIDES}
        for element, gap in gap_of["ours"].items():
            other = gap_of["theirs"].get(element, gap)
            if other != gap:
                self._clash("moved-twice", element, "Both sides moved {it}, to different places.")
                loser = OTHER[self.favor]
                runs[loser][gap_of[loser][element]].remove(element)

    def _mesh(self, key: str, ours: list[Element], theirs: list[Element]) -> list[Element]:
        """Join what both sides put into the same gap."""
        if not ours or not theirs:
            return ours + theirs
        known, others = set(ours), set(theirs)
        common = [e for e in ours if e in others]
        if common != [e for e in theirs if e in known]:
            self._clash("order", common[0], "Both sides put {it} and others in different orders.")
            if self.favor == "ours":
                theirs = [e for e in theirs if e not in known]
            else:
                ours = [e for e in ours if e not in others]
            common = []
        made: list[Element] = []
        for element in common:
            i, j = ours.index(element), theirs.index(element)
            made += [*self._join(key, ours[:i], theirs[:j]), element]
            ours, theirs = ours[i + 1 :], theirs[j + 1 :]
        return made + self._join(key, ours, theirs)

    def _join(self, key: str, ours: list[Element], theirs: list[Element]) -> list[Element]:
        """Put two runs one behind the other."""
        if not ours or not theirs:
            return ours + theirs
        if key in _SETS:
            earlier = _rank(theirs[0], "theirs") < _rank(ours[0], "ours")
            return theirs + ours if earlier else ours + theirs
        runs = {"ours": ours, "theirs": theirs}
        for side in SIDES:
            first, second = runs[side], runs[OTHER[side]]
            last = _ends(second[-1], OTHER[side]) and not _ends(first[-1], side)
            if last or self._leads(first[-1], second, side):
                return first + second
        text = "Both sides put something at the same place; {it} stands behind what is of "
        if self.favor == "ours":
            self._clash("order", theirs[0], f"{text}ours.")
            return ours + theirs
        self._clash("order", ours[0], f"{text}theirs.")
        return theirs + ours

    def _leads(self, last: Element, run: list[Element], side: Side) -> bool:
        """Tell whether what follows a run is now inside the other run, which then comes later."""
        node = _version(last, side)
        assert node.parent is not None
        following = node.parent.lists[node.key][node.index + 1 :]
        after = next((item.known for item in following if item.known.base), None)
        inside = after.on(OTHER[side]) if after else None
        while inside is not None and inside.known not in run:
            inside = inside.parent
        return inside is not None

    def _put_followers(self, made: list[Element], members: list[Element]) -> None:
        """Put followers beside those they go with, in their own order."""
        groups: defaultdict[tuple[Element, bool], list[Node]] = defaultdict(list)
        for element in members:
            leader = self.followers.get(element)
            if leader:
                side = _speaker(self.source[element])
                node, told = _version(element, side), _version(leader, side)
                groups[leader, node.index > told.index].append(node)
        for (leader, behind), nodes in groups.items():
            nodes.sort(key=lambda node: node.index)
            at = made.index(leader) + behind
            beside = made[at : at + 1] if behind else made[max(at - 1, 0) : at]
            if beside and beside[0].base is None:
                text = "Both sides put something beside the same module; {it} comes nearer to it."
                self._clash("order", nodes[0].known, text)
            made[at:at] = [node.known for node in nodes]


def emptied(element: Element, key: str) -> bool:
    """Tell whether a list that has nothing left had something on every side that has it."""
    nodes = [node for node in (element.ours, element.theirs) if node]
    return all(node.lists.get(key) for node in nodes)


def _speaker(source: Source) -> Side:
    return "theirs" if source == "theirs" else "ours"


def _version(element: Element, side: Side) -> Node:
    """Give the version of the side that put the element where it stands."""
    node = element.on(side)
    assert node is not None
    return node


def _ends(element: Element, side: Side) -> bool:
    """Tell whether nothing may follow in the same list: a router, or the else branch."""
    node = _version(element, side)
    return node.type == ROUTER or (node.key == "branches" and node.object.get("type") == "else")


def _rank(element: Element, side: Side) -> tuple[float, float, str]:
    """Order routes, tools and detached chains by where they begin on the canvas of a side."""
    node = _version(element, side)
    texts = [print_of(node, numbered=False)]
    first = node
    while first.kind != "module" and any(first.lists.values()):
        first = next(items[0] for items in first.lists.values() if items)
        texts.append(print_of(first, numbered=False))
    designer = as_object(as_object(first.object.get("metadata")).get("designer"))
    y, x = (_number(designer.get(name)) for name in ("y", "x"))
    return y, x, "\n".join(texts)


def _number(value: JsonValue) -> float:
    return value if isinstance(value, (int, float)) else 0.0


def _moved(base: list[Node], side: Side) -> Iterator[Element]:
    """Give what one side took to another list, or to another place in its list."""
    for node in base:
        for items in node.lists.values():
            stayed: list[Node] = []
            for item in items:
                now = item.known.on(side)
                if now is not None and now.place == item.place:
                    stayed.append(now)
                elif now is not None:
                    yield item.known
            kept = unmoved([now.index for now in stayed])
            for number, now in enumerate(stayed):
                if number not in kept:
                    yield now.known
