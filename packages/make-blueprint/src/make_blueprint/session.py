"""Sessions: one patch while it is applied, with what it has changed and what it was refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    clone,
    compact,
    whole_number,
)
from make_blueprint.edits import Edit, Editor
from make_blueprint.problem import Problem
from make_blueprint.references import mentioned
from make_blueprint.walk import Pointer, Visit, module_id, next_id, walk

_LARGEST_ID = 10**15
"""Ids are counted from 1; what reaches this was never given by Make."""


class Refusal(Exception):  # noqa: N818 - it ends one operation, not the program
    """One operation cannot be carried out; becomes a `Problem` of the patch.

    Args:
        field: The member of the operation that is at fault, or "".
        problem: What is wrong.
        fix: What to send instead.
    """

    def __init__(self, field: str, problem: str, fix: str = "") -> None:
        super().__init__(problem)
        self.field = field
        self.problem = problem
        self.fix = fix


class Session:
    """A copy of a blueprint that operations change one after the other.

    Args:
        blueprint: The original; it stays as it is.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.editor = Editor(clone(blueprint))
        self.new_ids: list[int] = []
        self.notes: list[str] = []
        self.scheduling: JsonObject | None = None
        self.problems: list[Problem] = []
        self._next_id = next_id(blueprint)
        self._original = blueprint
        self._mentioned: frozenset[int] | None = None
        self._changed: dict[int, None] = {}
        self._index: dict[int, Visit] | None = None
        self.pushed: dict[int, tuple[JsonObject, float]] = {}
        """Modules that must make room on the canvas, with what follows them: by identity, the
        module and how far. `placement.settle` carries it out for all at once."""

    @property
    def blueprint(self) -> Blueprint:
        """The document as it stands now."""
        return self.editor.root

    @property
    def changed(self) -> list[int]:
        """Ids of the modules that were touched, new ones and mere layout left out."""
        return [number for number in self._changed if number not in self.new_ids]

    def module(self, op: JsonObject, field: str = "module") -> Visit:
        """Find the module that an operation names.

        Raises:
            Refusal: There is none.
        """
        number = whole_number(op.get(field))
        visit = None if number is None else self.modules().get(number)
        if visit is None:
            known = ", ".join(str(known) for known in list(self.modules())[:30])
            raise Refusal(field, f"There is no module {op.get(field)}.", f"Modules: {known}.")
        return _as_it_stands(visit)

    def modules(self) -> dict[int, Visit]:
        """Give all modules by id; of two with the same id the first.

        Modules added since may have raised their indexes; `module` gives them as they are.
        """
        if self._index is None:
            self._index = {}
            for visit in walk(self.blueprint):
                if visit.id is not None:
                    self._index.setdefault(visit.id, visit)
        return self._index

    def moved(self) -> None:
        """Forget where modules stand, after a change of structure."""
        self._index = None

    def added(self, pointer: Pointer) -> None:
        """Enter one module that was inserted; only what its neighbours do not tell is walked."""
        module, container = self.editor.get(pointer), self.editor.get(pointer[:-1])
        index, items = int(pointer[-1]), as_list(container)
        beside = [item for item in items[max(index - 1, 0) : index + 2] if item is not module]
        visits = list(walk({"flow": [module]}))
        known = self._index or {}
        for neighbour in beside:
            visit = known.get(module_id(as_object(neighbour)) or 0)
            if visit is not None and visit.module is neighbour and len(visits) == 1:
                own = visits[0]
                known[own.id or 0] = replace(visit, module=own.module, id=own.id, index=index)
                return
        self.moved()

    def touch(self, *ids: int | None) -> None:
        """Record modules as changed."""
        self._changed |= dict.fromkeys(number for number in ids if number is not None)

    def allocate(self, wanted: JsonValue, reusable: Iterable[int] = ()) -> int:
        """Give the id of a new module: the wanted one when it is free, else the next.

        Args:
            wanted: The id the caller put into the module, or None.
            reusable: Ids in use by modules that the new ones replace.

        Raises:
            Refusal: The wanted id is taken or is no positive whole number.
        """
        number = self._free() if wanted is None else whole_number(wanted)
        if number is None or not 1 <= number < _LARGEST_ID:
            text = f"The id {wanted!r:.60} is not a whole number from 1 on."
            if wanted is None:
                text = "The largest id of the blueprint leaves no next one."
            raise Refusal(
                "", text, "Give a free, smaller id." if wanted is None else "Leave it out."
            )
        taken = number in self.modules() and number not in reusable
        if taken or number in self.new_ids:
            fix = "Leave the id out, or give a free one."
            raise Refusal("", f"The id {number} is in use.", fix)
        self.new_ids.append(number)
        self._next_id = max(self._next_id, number + 1)
        return number

    def _free(self) -> int:
        """Give the next id that no module has and nothing refers to.

        A mapping or a note that has lost its module must not come to mean a new one.
        """
        if self._mentioned is None:
            self._mentioned = mentioned(self._original)
        while self._next_id in self._mentioned:
            self._next_id += 1
        return self._next_id

    def set(self, pointer: Pointer, value: JsonValue, owner: Visit) -> None:
        """Write a value of a module, unless it is there already."""
        holder = self.editor.get(pointer[:-1])
        absent = isinstance(holder, dict) and pointer[-1] not in holder
        if absent or compact(self.editor.get(pointer)) != compact(value):
            self.editor.set(pointer, value)
            self.touch(owner.id)

    def ensure_object(self, pointer: Pointer) -> None:
        """Make an object where there is none, with the objects it lies in."""
        for length in range(1, len(pointer) + 1):
            if not isinstance(self.editor.get(pointer[:length]), (dict, list)):
                self.editor.set(pointer[:length], {})

    def replay(self, edits: list[Edit]) -> None:
        """Carry out recorded edits and record the modules they lie in."""
        for edit in edits:
            self._touch_owner(as_list(edit[1]))
            self.editor.apply(edit)
        self.moved()

    def _touch_owner(self, pointer: list[JsonValue]) -> None:
        steps = tuple(key for key in pointer if isinstance(key, (str, int)))
        for length in range(len(steps), 0, -1):
            value = self.editor.get(steps[:length])
            if isinstance(value, dict) and "module" in value:
                self.touch(module_id(value))
                return


def _as_it_stands(visit: Visit) -> Visit:
    """Give a visit, and those of the modules around it, with the indexes they have now."""
    around: list[Visit] = []
    inner: Visit | None = visit
    while inner is not None:
        around.append(inner)
        inner = inner.parent
    parent: Visit | None = None
    for one in reversed(around):
        index = next(i for i, item in enumerate(one.container) if item is one.module)
        visit = parent = replace(one, index=index, parent=parent)
    return visit
