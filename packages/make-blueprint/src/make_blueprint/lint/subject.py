"""Subjects: a blueprint with everything the rules ask about it, worked out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from make_blueprint.bindings import Slot, slots
from make_blueprint.catalogue import KnownModule, known_modules
from make_blueprint.document import Blueprint, JsonObject, JsonValue, as_list, as_object
from make_blueprint.lint.loops import open_loops
from make_blueprint.lint.rule import Hit
from make_blueprint.lint.schemas import SavedField, saved_fields
from make_blueprint.lint.surroundings import NOTHING, Surroundings
from make_blueprint.lint.written import Written, expressions
from make_blueprint.problem import Problem
from make_blueprint.references import BrokenReference, Reference, broken_among, uses
from make_blueprint.scope import Scope
from make_blueprint.structure import structure_problems
from make_blueprint.texts import Text, strings, texts
from make_blueprint.validate import problems_of
from make_blueprint.walk import Pointer, Visit, walk


class Subject:
    """A blueprint under judgement.

    Args:
        blueprint: The document; fixes change it in place.
        surroundings: What is known beside it.
    """

    def __init__(self, blueprint: Blueprint, surroundings: Surroundings = NOTHING) -> None:
        self.blueprint = blueprint
        self.surroundings = surroundings
        self.visits: list[Visit] = list(walk(blueprint))
        """Every module, detached ones too, in walk order."""

    # Modules

    @cached_property
    def running(self) -> list[Visit]:
        """The modules that can run: without detached ones."""
        return [visit for visit in self.visits if not visit.in_orphan]

    @cached_property
    def by_id(self) -> dict[int, Visit]:
        """The modules by id; of two with the same id the first."""
        found: dict[int, Visit] = {}
        for visit in self.visits:
            if visit.id is not None:
                found.setdefault(visit.id, visit)
        return found

    @cached_property
    def _by_type(self) -> dict[str, list[Visit]]:
        found: defaultdict[str, list[Visit]] = defaultdict(list)
        for visit in self.running:
            found[visit.type].append(visit)
        return dict(found)

    def of(self, *types: str) -> list[Visit]:
        """Give the running modules of some types (`builtin:BasicRouter`), in walk order."""
        if len(types) == 1:
            return self._by_type.get(types[0], [])
        return [visit for visit in self.running if visit.type in types]

    @property
    def first(self) -> Visit | None:
        """The module a run begins with, or None in an empty flow."""
        return self.running[0] if self.running and self.running[0].role == "flow" else None

    def known(self, visit: Visit) -> KnownModule | None:
        """Give what the catalogue knows of a module, or None."""
        return known_modules().get(visit.type)

    def kind(self, visit: Visit) -> str:
        """Tell what a module does to bundles (`trigger`, `search` …), "" when it is not known."""
        known = self.known(visit)
        return known.kind if known else ""

    @cached_property
    def _followers(self) -> dict[int, list[Visit]]:
        """The direct successors of each module, by identity: next in list, and first inside."""
        found: defaultdict[int, list[Visit]] = defaultdict(list)
        for visit in self.running:
            if visit.index:
                before = visit.container[visit.index - 1]
                found[id(before)].append(visit)
            elif visit.parent is not None:
                found[id(visit.parent.module)].append(visit)
        return dict(found)

    def followers(self, visit: Visit) -> list[Visit]:
        """Give the modules that directly follow: the next of its list and the first inside it."""
        return self._followers.get(id(visit.module), [])

    def after(self, visit: Visit) -> Iterator[Visit]:
        """Give every module that runs after this one on any path, error routes included."""
        seen: set[int] = {id(visit.module)}
        todo = list(reversed(self.followers(visit)))
        while todo:
            current = todo.pop()
            if id(current.module) not in seen:
                seen.add(id(current.module))
                yield current
                todo += reversed(self.followers(current))

    def before(self, visit: Visit) -> Iterator[Visit]:
        """Give the modules on the way to this one, nearest first, out to the root."""
        current: Visit | None = visit
        while current is not None:
            for item in reversed(current.container[: current.index]):
                found = self._by_identity.get(id(item))
                if found is not None:
                    yield found
            current = current.parent
            if current is not None:
                yield current

    @cached_property
    def _by_identity(self) -> dict[int, Visit]:
        return {id(visit.module): visit for visit in self.visits}

    @cached_property
    def _loops(self) -> dict[int, tuple[Visit, ...]]:
        return open_loops(self.running)

    def loops(self, visit: Visit) -> tuple[Visit, ...]:
        """Give the modules that a running module is repeated by, the outermost first."""
        return self._loops[id(visit.module)]

    # Values

    @cached_property
    def _strings(self) -> dict[int, list[tuple[Pointer, str]]]:
        keys = ("parameters", "mapper", "filter")
        return {
            id(visit.module): [
                found for key in keys for found in strings(visit.module.get(key), (key,))
            ]
            for visit in self.visits
        }

    def strings(self, visit: Visit) -> list[tuple[Pointer, str]]:
        """Give every text of a module's parameters, mapper and filter, with its place."""
        return self._strings[id(visit.module)]

    @cached_property
    def slots(self) -> list[Slot]:
        """The fields of the running modules that bind an object, empty ones too."""
        return [slot for visit in self.running for slot in slots(visit)]

    @cached_property
    def saved_fields(self) -> list[SavedField]:
        """The fields of the running modules' saved forms, with their values."""
        return list(saved_fields(self.running))

    # Expressions

    @cached_property
    def _texts(self) -> dict[int, list[Text]]:
        return {id(visit.module): list(texts(visit)) for visit in self.visits}

    def texts(self, visit: Visit) -> list[Text]:
        """Give the texts of a module that hold expressions, as `make_blueprint.texts` does."""
        return self._texts[id(visit.module)]

    @cached_property
    def expressions(self) -> list[Written]:
        """Every expression of the running modules, in walk order."""
        return [each for visit in self.running for each in expressions(visit, self.texts(visit))]

    @cached_property
    def formulas(self) -> list[Written]:
        """Those of the expressions that are more than a field of a module."""
        return [written for written in self.expressions if not written.is_plain]

    @cached_property
    def _scoped(self) -> list[tuple[Reference, Scope]]:
        return [pair for visit in self.visits for pair in uses(visit, self.texts(visit))]

    @cached_property
    def references(self) -> list[Reference]:
        """Every use of a module's output, in walk order."""
        return [use for use, _ in self._scoped]

    @cached_property
    def _uses(self) -> dict[int, list[Reference]]:
        found: defaultdict[int, list[Reference]] = defaultdict(list)
        for use in self.references:
            if not use.in_orphan:
                found[use.module].append(use)
        return dict(found)

    def uses_of(self, visit: Visit) -> list[Reference]:
        """Give the running uses of a module's output."""
        return [] if visit.id is None else self._uses.get(visit.id, [])

    @cached_property
    def _sources(self) -> dict[int | None, set[int]]:
        found: defaultdict[int | None, set[int]] = defaultdict(set)
        for use in self.references:
            found[use.module_id].add(use.module)
        return dict(found)

    def sources(self, visit: Visit) -> set[int]:
        """Give the ids of the modules whose output a module uses."""
        return self._sources.get(visit.id, set())

    def is_tested(self, source: Visit, visit: Visit) -> bool:
        """Tell whether a condition on the way to a module asks for what another one gave."""
        return any(
            (".filter." in use.path or ".branches[" in use.path)
            and use.module_id is not None
            and (use.module_id == visit.id or visit.scope.ran(use.module_id))
            for use in self.uses_of(source)
        )

    @cached_property
    def broken(self) -> list[BrokenReference]:
        """The references that give nothing."""
        return broken_among(self._scoped, self.visits)

    # The scenario

    @property
    def metadata(self) -> JsonObject:
        """`metadata`, empty when it is missing."""
        return as_object(self.blueprint.get("metadata"))

    @property
    def settings(self) -> JsonObject:
        """`metadata.scenario`, empty when it is missing."""
        return as_object(self.metadata.get("scenario"))

    @property
    def scheduling(self) -> JsonObject | None:
        """The schedule: as told, else as a client bundled it with the blueprint, else None."""
        told = self.surroundings.scheduling
        if told is not None:
            return told
        bundled = self.blueprint.get("scheduling")
        return bundled if isinstance(bundled, dict) else None

    @cached_property
    def inputs(self) -> list[JsonObject]:
        """The declared inputs, in whichever of the three spellings they stand."""
        return _declared(self, "input")

    @cached_property
    def outputs(self) -> list[JsonObject]:
        """The declared outputs."""
        return _declared(self, "output")

    @property
    def is_instant(self) -> bool:
        """Whether the scenario starts with a hook."""
        first = self.first
        parameters = as_object(first.module.get("parameters")) if first else {}
        return any(parameters.get(name) for name in ("hook", "__IMTHOOK__")) or (
            first is not None and first.type in ("gateway:CustomWebHook", "gateway:CustomMailHook")
        )

    # Faults found elsewhere

    @cached_property
    def _problems(self) -> dict[str, list[Problem]]:
        found: defaultdict[str, list[Problem]] = defaultdict(list)
        for problem in structure_problems(self.blueprint, self.visits):
            found[problem.code].append(problem)
        for problem in problems_of(self.blueprint, self.visits, self.broken):
            found[problem.code].append(problem)
        return dict(found)

    @cached_property
    def _by_path(self) -> dict[str, Visit]:
        return {visit.path: visit for visit in self.visits}

    def problems(self, *codes: str) -> Iterator[Hit]:
        """Give the faults of some kinds that `validate` finds, as hits."""
        for code in codes:
            for problem in self._problems.get(code, []):
                visit = self.module_at(problem.path)
                yield Hit(visit, (), problem.path, problem.problem, problem.fix)

    def module_at(self, path: str) -> Visit | None:
        """Find the innermost module a path leads into."""
        while path:
            if path in self._by_path:
                return self._by_path[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None


def _declared(subject: Subject, side: str) -> list[JsonObject]:
    told = subject.surroundings.interface
    places: list[JsonValue] = [
        None if told is None else told.get(side),
        as_object(subject.blueprint.get("io")).get(f"{side}_spec"),
        subject.metadata.get(f"{side}_spec"),
        as_object(subject.blueprint.get("interface")).get(side),
    ]
    found = next((place for place in places if isinstance(place, list)), None)
    return [as_object(entry) for entry in as_list(found)]
