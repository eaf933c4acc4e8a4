"""Numbers for merging: one id for every module, and how each version's ids become these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from typing import Literal, TypeAlias

from make_blueprint.merging.tree import SIDES, Element, Node, Side

Version: TypeAlias = Literal["base", "ours", "theirs"]
VERSIONS: tuple[Version, Version, Version] = ("base", "ours", "theirs")


class Numbers:
    """Gives every module of a merge its id.

    Ours keep their ids unless theirs renumbered them; a module that theirs added gets another when
    its id is in use. Modules that are gone keep theirs out of the way, so that what still refers
    to them does not suddenly mean another.

    Args:
        trees: The nodes of base, ours and theirs.
        alive: The elements that are in the result.

    Attributes:
        ids: The id of each module that has one.
        renumbered: New id by theirs, of the modules theirs added.
    """

    def __init__(self, trees: list[list[Node]], alive: Container[Element]) -> None:
        self.ids: dict[Element, int] = {}
        self.renumbered: dict[int, int] = {}
        self._users: defaultdict[int, set[tuple[bool, bool, bool]]] = defaultdict(set)
        nodes = [node for tree in (trees[1], trees[2], trees[0]) for node in tree]
        self._next = max((node.id or 0 for node in nodes), default=0) + 1
        elements = list(dict.fromkeys(node.known for node in nodes if node.kind == "module"))
        for rank in range(4):
            for element in elements:
                if _rank(element, alive) == rank:
                    self._give(element)
                    added = element.ours is None and element.base is None
                    self._note_change(element, added and element in alive)
        self._of = {
            version: _differing(tree, self.ids)
            for version, tree in zip(VERSIONS, trees, strict=True)
        }

    def of(self, version: Version) -> dict[int, int]:
        """Give the merged id by the id of one version, where they differ."""
        return self._of[version]

    def _give(self, element: Element) -> None:
        wanted = _wanted(element)
        if wanted is None:
            return
        found = wanted
        if not self._is_free(wanted, element):
            found = self._next
            self._next += 1
        self.ids[element] = found
        self._users[found].add(_holders(found, element))

    def _note_change(self, element: Element, added: bool) -> None:
        old = _id(element.theirs)
        if added and old is not None and self.ids[element] != old:
            self.renumbered[old] = self.ids[element]

    def _is_free(self, number: int, element: Element) -> bool:
        """Tell whether nobody has the id, or only those that share it on a side already."""
        mine = _holders(number, element)
        return all(
            any(one and other for one, other in zip(mine, theirs, strict=True))
            for theirs in self._users[number]
        )


def _holders(number: int, element: Element) -> tuple[bool, bool, bool]:
    """Tell for base, ours and theirs whether the element has the id there."""
    base, ours, theirs = _id(element.base), _id(element.ours), _id(element.theirs)
    return base == number, ours == number, theirs == number


def base_numbers(trees: list[list[Node]]) -> dict[Side, dict[int, int]]:
    """Give for each side the base's id by the side's id, of renumbered modules."""
    ids = {node.known: node.id for node in trees[0] if node.id is not None}
    return {side: _differing(tree, ids) for side, tree in zip(SIDES, trees[1:], strict=True)}


def _differing(tree: list[Node], ids: dict[Element, int]) -> dict[int, int]:
    numbers: dict[int, int] = {}
    for node in tree:
        if node.id is not None and node.known in ids:
            numbers.setdefault(node.id, ids[node.known])
    return {old: new for old, new in numbers.items() if old != new}


def _rank(element: Element, alive: Container[Element]) -> int:
    """Order the choice of ids: ours as they are, ours renumbered, theirs, those that are gone."""
    if element not in alive:
        return 3
    if element.ours is None:
        return 2
    return 0 if _wanted(element) == element.ours.id else 1


def _wanted(element: Element) -> int | None:
    ours, theirs = _id(element.ours), _id(element.theirs)
    if element.ours is None and element.theirs is None:
        return _id(element.base)
    if element.ours is None or ours is None:
        return theirs
    return theirs if element.theirs is not None and ours == _id(element.base) else ours


def _id(node: Node | None) -> int | None:
    return node.id if node else None
