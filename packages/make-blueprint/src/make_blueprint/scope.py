"""Scopes: which modules' outputs a module may map.

A module sees what ran before it on its own path: its list up to itself, then the list its parent
stands in, and so on. An aggregator closes the loop it collects, so what comes after it no longer
sees the feeder and the modules up to the aggregator. Another route, a later module and a branch
that was merged are never in sight. A scope is a view on lists shared by the whole walk, so a
scenario of thousands of modules costs one entry a module, not one list of ids a module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

NEVER: Final = 1 << 60


@dataclass(slots=True, eq=False)
class Level:
    """One list of modules while it is walked.

    Attributes:
        outer: What is in sight where the list begins.
        positions: Index of each module id in the list.
        closed: Index of the aggregator that consumed a module of this list, by module id.
        open_ids: Ids not consumed yet, in order.
        caps: (index of an aggregator here, an outer level, first index hidden there): loops that
            began outside this list and were closed inside it.
    """

    outer: Scope | None = None
    positions: dict[int, int] = field(default_factory=dict[int, int])
    closed: dict[int, int] = field(default_factory=dict[int, int])
    open_ids: list[int] = field(default_factory=list[int])
    caps: list[tuple[int, Level, int]] = field(default_factory=list["tuple[int, Level, int]"])

    def enter(self, module_id: int, index: int) -> None:
        """Record a module; of two with the same id the first counts."""
        if module_id not in self.positions:
            self.positions[module_id] = index
            self.open_ids.append(module_id)

    def close(self, first: int, index: int) -> None:
        """Take the modules from position `first` on out of sight after position `index`."""
        while self.open_ids and self.positions[self.open_ids[-1]] >= first:
            self.closed[self.open_ids.pop()] = index


@dataclass(frozen=True, slots=True)
class Scope:
    """What is in sight at one place of a list.

    Attributes:
        level: The list.
        before: Only modules at a smaller index have run.
        failed: Id of the module whose error route this leads into; its `error` is in sight.
        also: Further scopes in sight, the ends of the branches that a merge joins.
    """

    level: Level
    before: int
    failed: int | None = None
    also: tuple[Scope, ...] = ()

    def sees(self, module_id: int) -> bool:
        """Tell whether the output of a module may be mapped here."""
        for scope, cap in self._levels():
            position = scope.level.positions.get(module_id, NEVER)
            if position < min(scope.before, cap):
                return scope.level.closed.get(module_id, NEVER) >= scope.before
            if scope.failed == module_id and scope.before < cap:
                return True
        return any(scope.sees(module_id) for scope in self.also)

    def ids(self) -> tuple[int, ...]:
        """List the ids of all modules in sight, in the order they run."""
        parts: list[list[int]] = []
        for scope, cap in self._levels():
            level, before = scope.level, scope.before
            part = [
                module_id
                for module_id, position in level.positions.items()
                if position < min(before, cap) and level.closed.get(module_id, NEVER) >= before
            ]
            if scope.failed is not None and before < cap:
                part.append(scope.failed)
            parts.append(part)
        found = [module_id for part in reversed(parts) for module_id in part]
        for scope in self.also:
            found += scope.ids()
        return tuple(dict.fromkeys(found))

    def ran(self, module_id: int) -> bool:
        """Tell whether a module runs earlier on this path, consumed by an aggregator or not."""
        scope: Scope | None = self
        while scope is not None:
            if scope.failed == module_id:
                return True
            if scope.level.positions.get(module_id, NEVER) < scope.before:
                return True
            scope = scope.level.outer
        return False

    def close_loop(self, feeder: int) -> None:
        """Record that the module at this place aggregates what `feeder` began."""
        crossed: list[Level] = []
        scope: Scope | None = self
        while scope is not None:
            position = scope.level.positions.get(feeder)
            if position is not None and position < scope.before:
                self._close(crossed, scope.level, position)
                return
            crossed.append(scope.level)
            scope = scope.level.outer

    def _close(self, crossed: list[Level], target: Level, position: int) -> None:
        own = self.level
        if target is own:
            own.close(position, self.before)
            return
        own.close(0, self.before)
        own.caps += [(self.before, level, 0) for level in crossed[1:]]
        own.caps.append((self.before, target, position))

    def _levels(self) -> Iterator[tuple[Scope, int]]:
        """Give this scope and the outer ones, each with the first index closed loops hide."""
        caps: dict[int, int] = {}
        scope: Scope | None = self
        while scope is not None:
            level = scope.level
            yield scope, caps.get(id(level), NEVER)
            for index, capped, first in level.caps:
                if index < scope.before:
                    caps[id(capped)] = min(first, caps.get(id(capped), NEVER))
            scope = level.outer
