"""References: which text maps which module's output, and which of them lead nowhere.

A reference is `{{3.items[1].name}}`: a module id, a dot and a path. A whole bundle is written with
backticks (``{{`3`}}``); a bare number is a number. An aggregator's `feeder` and `target` refer to
modules as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from make_blueprint import iml
from make_blueprint.document import Blueprint, as_list, as_object, check_data, whole_number
from make_blueprint.texts import Text, texts
from make_blueprint.walk import Pointer, Visit, feeder_of, path_text, walk

if TYPE_CHECKING:
    from make_blueprint.scope import Scope

Fault: TypeAlias = Literal["missing", "not_upstream", "consumed"]

_DIGITS = re.compile(r"\d+")
_TARGET = re.compile(r"(\d+)\.(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reference:
    """A module's output used somewhere.

    Attributes:
        module: Id of the module whose output is used.
        field: Field path of that output, or "" for the whole bundle.
        module_id: Id of the module that uses it.
        path: Place of the text (`flow[2].mapper.to`).
        text: The whole text.
        start: Offset of the reference in the text.
        in_orphan: Whether the using module is detached and so never runs.
    """

    module: int
    field: str
    module_id: int | None
    path: str
    text: str
    start: int
    in_orphan: bool = False


@dataclass(frozen=True, slots=True)
class BrokenReference:
    """A reference that gives nothing when the scenario runs.

    Attributes:
        reference: The reference.
        fault: `missing`: no such module; `not_upstream`: it does not run before on this path;
            `consumed`: an aggregator in between took its bundles.
    """

    reference: Reference
    fault: Fault

    @property
    def problem(self) -> str:
        """Say in one sentence why it gives nothing."""
        number = self.reference.module
        return {
            "missing": f"There is no module {number}.",
            "not_upstream": f"Module {number} does not run before this module on its path.",
            "consumed": f"An aggregator after module {number} took its bundles.",
        }[self.fault]


def references(blueprint: Blueprint) -> list[Reference]:
    """List every use of a module's output, in walk order."""
    check_data(blueprint)
    return [use for visit in walk(blueprint) for use, _ in uses(visit)]


def mentioned(blueprint: Blueprint) -> frozenset[int]:
    """Give the ids that mappings, feeders and notes refer to, also those that no module has."""
    found = {use.module for visit in walk(blueprint) for use, _ in uses(visit)}
    for note in as_list(as_object(blueprint.get("metadata")).get("notes")):
        ids = as_list(as_object(note).get("moduleIds"))
        found |= {number for value in ids if (number := whole_number(value)) is not None}
    return frozenset(found)


def broken_references(blueprint: Blueprint) -> list[BrokenReference]:
    """List the references to a module that is missing or out of sight.

    Modules in `metadata.designer.orphans` never run, but their references are checked as well;
    see `Reference.in_orphan`.
    """
    check_data(blueprint)
    return broken_in(list(walk(blueprint)))


def broken_in(visits: list[Visit]) -> list[BrokenReference]:
    """List the broken references among all modules of a blueprint, as `walk` gives them."""
    return broken_among([pair for visit in visits for pair in uses(visit)], visits)


def broken_among(used: list[tuple[Reference, Scope]], visits: list[Visit]) -> list[BrokenReference]:
    """List the broken ones of references that are known already.

    Args:
        used: All references, as `uses` gives them.
        visits: All modules.
    """
    existing = {visit.id for visit in visits}
    return [
        BrokenReference(use, fault)
        for use, scope in used
        if (fault := _fault(use, scope, existing)) is not None
    ]


def renumber(text: str, numbers: Mapping[int, int]) -> str:
    """Rewrite the module ids that a text refers to.

    Args:
        text: Any text; what is not a reference stays as it is.
        numbers: New id by old id; other ids stay.
    """
    parts: list[str] = []
    done = 0
    for mention in iml.references(text):
        if mention.module in numbers:
            start = mention.start + (text[mention.start] == "`")
            parts += (text[done:start], str(numbers[mention.module]))
            digits = _DIGITS.match(text, start)
            done = digits.end() if digits else start
    return "".join([*parts, text[done:]])


def uses(visit: Visit, read: Iterable[Text] | None = None) -> Iterator[tuple[Reference, Scope]]:
    """Give the references of one module, each with the scope of its text.

    Args:
        visit: The module.
        read: Its texts, when the caller has them already.
    """
    at, orphan = _Places(visit), visit.in_orphan
    for place, text, scope in texts(visit) if read is None else read:
        for found in iml.references(text):
            module, field, start = found.module, found.path, found.start
            yield Reference(module, field, visit.id, at(place), text, start, orphan), scope
    feeder = feeder_of(visit.module)
    if feeder is not None:
        place = at(("parameters", "feeder"))
        yield Reference(feeder, "", visit.id, place, str(feeder), 0, orphan), visit.scope
    target = as_object(visit.module.get("parameters")).get("target")
    if feeder is not None and isinstance(target, str) and (match := _TARGET.fullmatch(target)):
        place = at(("parameters", "target"))
        number, field = int(match[1]), match[2]
        yield Reference(number, field, visit.id, place, target, 0, orphan), visit.scope


class _Places:
    """Writes paths below one module, asking for the module's own path only once."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.prefix = ""

    def __call__(self, place: Pointer) -> str:
        self.prefix = self.prefix or self.visit.path
        tail = path_text(place)
        return f"{self.prefix}{tail}" if tail.startswith("[") else f"{self.prefix}.{tail}"


def _fault(use: Reference, scope: Scope, existing: set[int | None]) -> Fault | None:
    if use.path.endswith(".parameters.target"):
        # The target is a field of a later module; only its existence can be judged.
        return None if use.module in existing else "missing"
    if scope.sees(use.module):
        return None
    if use.module not in existing:
        return "missing"
    return "consumed" if scope.ran(use.module) else "not_upstream"
