"""Blueprints without their secrets, and the secrets put back from where they still are.

What is written to a repository or a bundle holds marks in place of secrets. Before such a blueprint
goes to Make again, every mark is filled with what stands at the same place of a live blueprint: the
same field of the module with the same id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

from make_blueprint.document import clone
from make_blueprint.masking import MASK, masked
from make_blueprint.walk import path_text, walk
from make_mcp_base.authoring import Failure, Problem
from make_mcp_base.safety.redaction import HIDDEN, redact_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from make_blueprint.document import Blueprint, JsonObject, JsonValue
    from make_blueprint.walk import Pointer

Place: TypeAlias = "tuple[int | None, Pointer]"
"""The id of a module, or None outside of modules, and the keys below it."""


def protected(blueprint: Blueprint) -> Blueprint:
    """Copy a blueprint with every secret replaced by a mark, by its name or by its look."""
    return cast("Blueprint", without_looks(masked(blueprint)))


def without_looks(value: JsonValue) -> JsonValue:
    """Copy JSON data with hook addresses, authorization values and known forms of keys hidden."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        return {key: without_looks(member) for key, member in value.items()}
    if isinstance(value, list):
        return [without_looks(member) for member in value]
    return value


def revealed(
    blueprint: Blueprint, sources: Sequence[Blueprint], numbers: Mapping[int, int] | None = None
) -> tuple[Blueprint, list[str]]:
    """Fill the marks of a protected blueprint.

    Args:
        blueprint: As `protected` made it, or edited since; it stays as it is.
        sources: Blueprints with their secrets, the most trusted first.
        numbers: The id in the last source by the id in the blueprint, where they differ.

    Returns:
        The filled copy, and the paths of the marks that no source could fill.
    """
    copy = clone(blueprint)
    marks = [leaf for leaf in _leaves(copy) if _is_mark(leaf.value)]
    if not marks:
        return copy, []
    real = _secret_places(copy, marks)
    apps = _apps(copy)
    known = [(_apps(source), _known(source)) for source in sources]
    unfilled: list[str] = []
    for leaf in marks:
        if leaf.value == MASK and leaf.place not in real:
            continue
        found = _find(leaf, apps, known, numbers or {})
        if found is None:
            unfilled.append(path_text(leaf.pointer))
        else:
            leaf.put(found)
    return copy, unfilled


def with_secrets(
    blueprint: Blueprint,
    sources: Sequence[Blueprint],
    what: str,
    numbers: Mapping[int, int] | None = None,
) -> Blueprint:
    """Fill the marks, or refuse.

    Raises:
        Failure: Some secrets are nowhere to be found; each place is told.
    """
    filled, unfilled = revealed(blueprint, sources, numbers)
    if not unfilled:
        return filled
    raise Failure(
        f"{what} needs {len(unfilled)} secrets that are kept nowhere; nothing was saved.",
        why="Repositories and bundles hold no secrets, and the scenario in Make has none at these"
        " places.",
        next_step="Enter them in Make's editor or use a connection or key there; then call again.",
        code="secrets_missing",
        problems=[Problem(path, "This secret is not kept.") for path in unfilled],
    )


def emptied(blueprint: Blueprint) -> tuple[Blueprint, list[str]]:
    """Copy a blueprint with its marks taken out.

    Returns:
        The copy, and the paths where a secret has to be entered.
    """
    copy = clone(blueprint)
    marks = [leaf for leaf in _leaves(copy) if _is_mark(leaf.value)]
    real = _secret_places(copy, marks) if marks else set[Place]()
    places: list[str] = []
    for leaf in marks:
        if leaf.value != MASK or leaf.place in real:
            leaf.put("")
            places.append(path_text(leaf.pointer))
    return copy, places


class _Leaf:
    """A value that is neither object nor list, where it stands."""

    __slots__ = ("holder", "key", "place", "pointer", "value")

    def __init__(
        self,
        place: Place,
        pointer: Pointer,
        holder: JsonObject | list[JsonValue],
        key: str | int,
        value: JsonValue,
    ) -> None:
        self.place, self.pointer, self.holder = place, pointer, holder
        self.key, self.value = key, value

    def put(self, value: JsonValue) -> None:
        if isinstance(self.holder, dict):
            self.holder[str(self.key)] = value
        else:
            self.holder[int(self.key)] = value


def _leaves(blueprint: Blueprint) -> Iterator[_Leaf]:
    modules = {visit.pointer: visit.id for visit in walk(blueprint)}
    todo: list[tuple[JsonObject | list[JsonValue], Pointer, Place]]
    todo = [(blueprint, (), (None, ()))]
    while todo:
        holder, pointer, (owner, below) = todo.pop()
        members = list(holder.items() if isinstance(holder, dict) else enumerate(holder))
        for key, value in members:
            here = (*pointer, key)
            place: Place = (modules[here], ()) if here in modules else (owner, (*below, key))
            if isinstance(value, (dict, list)):
                todo.append((value, here, place))
            else:
                yield _Leaf(place, here, holder, key, value)


def _is_mark(value: JsonValue) -> bool:
    return isinstance(value, str) and (value == MASK or HIDDEN in value)


def _secret_places(blueprint: Blueprint, marks: list[_Leaf]) -> set[Place]:
    """Tell which `***` stand where a secret would: a note may hold three stars too."""
    for leaf in marks:
        if leaf.value == MASK:
            leaf.put("x")
    hidden = cast("Blueprint", masked(blueprint))
    for leaf in marks:
        leaf.put(leaf.value)
    return {leaf.place for leaf in _leaves(hidden) if leaf.value == MASK}


def _known(source: Blueprint) -> dict[Place, tuple[JsonValue, JsonValue]]:
    """Give what stands at each place, as it is and as it is shown."""
    shown = {leaf.place: leaf.value for leaf in _leaves(protected(source))}
    return {leaf.place: (leaf.value, shown.get(leaf.place)) for leaf in _leaves(source)}


def _apps(blueprint: Blueprint) -> dict[int | None, str]:
    """Give the app of each module; a secret goes to no other, even under the same id."""
    return {visit.id: visit.app for visit in walk(blueprint)}


_Known: TypeAlias = "tuple[dict[int | None, str], dict[Place, tuple[JsonValue, JsonValue]]]"


def _find(
    leaf: _Leaf,
    apps: Mapping[int | None, str],
    known: list[_Known],
    numbers: Mapping[int, int],
) -> JsonValue:
    owner, below = leaf.place
    for number, (theirs, places) in enumerate(known):
        last = number == len(known) - 1
        there = numbers.get(owner, owner) if last and owner is not None else owner
        if apps.get(owner) != theirs.get(there):
            continue
        real, shown = places.get((there, below), (None, None))
        whole = leaf.value == HIDDEN and isinstance(real, str) and real
        if real is not None and (shown == leaf.value or whole):
            return real
    return None
