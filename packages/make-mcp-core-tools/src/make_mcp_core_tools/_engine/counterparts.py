"""Counterparts: for each object a scenario binds, the one to bind in another team.

An object's counterpart has the same type (and, for connections, at least the same scopes). Of
several, the one of the same name is taken; nothing is guessed beyond that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_blueprint.bindings import bindings
from make_blueprint.document import whole_number
from make_mcp_base.authoring import Problem

from make_mcp_core_tools._engine.binding_checks import connection_scopes
from make_mcp_core_tools._engine.team_objects import TeamObject, TeamObjects, team_objects

if TYPE_CHECKING:
    from make_blueprint.bindings import Binding, Kind
    from make_blueprint.document import Blueprint
    from make_mcp_base.authoring import Make

BODY_NAMES: dict[Kind, str] = {
    "connection": "account",
    "hook": "hook",
    "key": "key",
    "data_store": "datastore",
    "data_structure": "udt",
    "device": "device",
}
"""Member of the clone request that maps each kind (Make API reference, chapter 2.27)."""

CREATABLE: tuple[Kind, ...] = ("hook", "data_structure")
"""What can be made in the target team without a secret."""

Given = Mapping[str, Mapping[str, int | None]]
"""What the caller decided: kind → old id → new id, or None to leave the field empty."""


@dataclass(slots=True)
class Need:
    """One object of the source team that the clone needs replaced.

    Attributes:
        source: The object; only its id is known when it could not be read.
        modules: Ids of the modules that bind it.
        target: The counterpart; None while there is none.
        how: Why this one was taken.
        candidates: What could be taken.
    """

    kind: Kind
    source: TeamObject
    modules: list[int] = field(default_factory=list[int])
    target: int | None = None
    how: str = ""
    candidates: list[TeamObject] = field(default_factory=list[TeamObject])

    @property
    def decided(self) -> bool:
        """True once it is clear what becomes of it."""
        return bool(self.how)

    @property
    def to_create(self) -> bool:
        """True when the counterpart has to be made first."""
        return self.how == "created"

    def settle(self, target: int | None, how: str) -> None:
        """Take a counterpart."""
        self.target, self.how = target, how

    def line(self) -> str:
        """Write the decision on one line."""
        arrow = "a new one" if self.to_create else self.target or "nothing"
        return f"{self.kind} {self.source.id} “{self.source.name}” → {arrow} ({self.how})"

    def problem(self) -> Problem:
        """Say that it has no counterpart, and which could be taken."""
        shown = ", ".join(f"{one.id} “{one.name}”" for one in self.candidates[:8])
        of_type = f" of type {self.source.type}" if self.source.type else ""
        used = ", ".join(map(str, self.modules))
        text = (
            f"{self.kind} {self.source.id} “{self.source.name}”{of_type} (modules {used}) has"
            f" {'no certain counterpart' if self.candidates else 'no counterpart'}."
        )
        fix = f"Candidates: {shown}." if shown else "Create one in the target team first."
        if not shown and self.kind in CREATABLE:
            fix = "Send create_missing=true to have it created."
        return Problem(f"mapping.{self.kind}.{self.source.id}", text, fix)


async def find_counterparts(
    make: Make,
    blueprint: Blueprint,
    teams: tuple[int, int],
    given: Given,
    *,
    create_missing: bool,
) -> list[Need]:
    """Decide for every object that a blueprint binds what takes its place.

    Args:
        make: The call's Make.
        blueprint: The blueprint to clone.
        teams: Source and target team.
        given: The caller's decisions; they win.
        create_missing: Whether hooks and data structures may be created.
    """
    needs = [need for need in bindings(blueprint) if need.kind in BODY_NAMES]
    kinds: set[Kind] = {need.kind for need in needs}
    source = await team_objects(make, teams[0], kinds)
    target = source if teams[0] == teams[1] else await team_objects(make, teams[1], kinds)
    wanted = _collected(needs, source)
    for need in wanted:
        decision = given.get(need.kind, {})
        if str(need.source.id) in decision:
            need.settle(decision[str(need.source.id)], "given")
        elif teams[0] == teams[1] and need.kind != "hook":
            need.settle(need.source.id, "same team")
        else:
            await _match(make, need, target)
        if not need.decided and create_missing and need.kind in CREATABLE:
            need.settle(None, "created")
    return wanted


def unknown_decisions(needs: list[Need], given: Given) -> list[Problem]:
    """Find decisions about objects that the blueprint does not bind, or of an unknown kind."""
    known = {(need.kind, str(need.source.id)) for need in needs}
    found: list[Problem] = []
    for kind, entries in given.items():
        for old in entries:
            if (kind, old) not in known:
                ids = ", ".join(ident for other, ident in sorted(known) if other == kind)
                fix = f"It binds: {ids}." if ids else f"Kinds: {', '.join(BODY_NAMES)}."
                text = f"The scenario binds no {kind} {old}."
                found.append(Problem(f"mapping.{kind}.{old}", text, fix))
    return found


def _collected(needs: list[Binding], source: TeamObjects) -> list[Need]:
    """Join the bindings of the same object."""
    found: dict[tuple[Kind, int], Need] = {}
    for need in needs:
        ident = whole_number(need.value)
        if ident is None:
            continue
        known = source.known.get(need.kind, {}).get(ident)
        known = known or TeamObject(id=ident, name=need.label, type_name=need.type)
        entry = found.setdefault((need.kind, ident), Need(need.kind, known))
        if need.module_id is not None:
            entry.modules.append(need.module_id)
    return list(found.values())


async def _match(make: Make, need: Need, target: TeamObjects) -> None:
    """Take the only candidate that fits, or the only one of the same name."""
    fitting = [one for one in target.all(need.kind) if _fits(need, one)]
    if need.kind == "connection":
        fitting = await _with_scopes(make, need, fitting)
    need.candidates = fitting
    alike = [one for one in fitting if one.name.casefold() == need.source.name.casefold()]
    if len(alike) == 1:
        need.settle(alike[0].id, "same type and name")
    elif len(fitting) == 1 and need.kind in ("connection", "key", "device"):
        need.settle(fitting[0].id, "the only one of its type")


def _fits(need: Need, one: TeamObject) -> bool:
    if need.kind == "hook" and (one.scenario_id is not None or one.gone):
        return False
    return one.type == need.source.type


async def _with_scopes(make: Make, need: Need, fitting: list[TeamObject]) -> list[TeamObject]:
    """Keep the connections that carry every scope the source carries."""
    if not fitting:
        return []
    wanted = await connection_scopes(make, need.source.id)
    if not wanted:
        return fitting
    held = await make.each(fitting, lambda one: connection_scopes(make, one.id))
    return [
        one for one, scopes in zip(fitting, held, strict=True) if scopes is None or wanted <= scopes
    ]
