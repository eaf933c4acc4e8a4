"""The mapping planner: what a blueprint binds in one place, and what takes its place in a team.

Cloning, promoting, importing and using a template all ask the same: for each object that a
blueprint needs, which one of the team's? Decided in this order:

1. what the caller says;
2. nothing, where the field was empty and may stay so;
3. within one team, the object itself (a hook serves one scenario only, so it is never shared);
4. the object itself, where the team has it under the same name;
5. the only one of the same type and name (connections: with at least the same scopes);
6. the only one of the same type, for connections, keys and devices;
7. a new one, where the caller allows it and it takes no secret.

Nothing is guessed beyond that, and half a mapping is refused: `undecided` tells all that is open.
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
    from collections.abc import Iterable

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

SOLE: tuple[Kind, ...] = ("connection", "key", "device")
"""What is taken when it is the only one of its type, whatever its name."""

Given = Mapping[str, Mapping[str, int | None]]
"""What the caller decided: kind → key → new id, or None to leave the field empty."""


@dataclass(slots=True)
class Need:
    """One object that a blueprint needs.

    Attributes:
        source: What is known of it: id, name and type as far as they are told. Several types that
            fit are joined by commas. The id is 0 where the blueprint leaves the field empty.
        modules: Ids of the modules that bind it.
        target: The counterpart; None while there is none.
        how: Why this one was taken.
        candidates: What could be taken.
        key: What a decision names it by; default its old id.
        aliases: Other words for `key`.
        scopes: Scopes a connection must carry; None to read them off the source.
        creatable: Whether it can be made without a secret.
        optional: Whether its field may stay empty.
        unread: Why the team's objects of this kind could not be listed.
        unfit: Why what the caller decided cannot be taken.
        remedy: What to do when it cannot be made; "" for the usual advice.
    """

    kind: Kind
    source: TeamObject
    modules: list[int] = field(default_factory=list[int])
    target: int | None = None
    how: str = ""
    candidates: list[TeamObject] = field(default_factory=list[TeamObject])
    key: str = ""
    aliases: tuple[str, ...] = ()
    scopes: frozenset[str] | None = None
    creatable: bool = False
    optional: bool = False
    unread: str = ""
    unfit: str = ""
    remedy: str = ""

    def __post_init__(self) -> None:
        self.key = self.key or str(self.source.id)

    @property
    def decided(self) -> bool:
        """True once it is clear what becomes of it."""
        return bool(self.how)

    @property
    def to_create(self) -> bool:
        """True when the counterpart has to be made first."""
        return self.how == "created"

    @property
    def types(self) -> list[str]:
        """The types that fit."""
        return [one for one in self.source.type.split(",") if one]

    def settle(self, target: int | None, how: str) -> None:
        """Take a counterpart."""
        self.target, self.how = target, how

    def line(self) -> str:
        """Write the decision on one line."""
        arrow = "a new one" if self.to_create else self.target or "nothing"
        return f"{self._what()} → {arrow} ({self.how})"

    def problem(self) -> Problem:
        """Say that it has no counterpart, and which could be taken."""
        shown = ", ".join(f"{one.id} “{one.name}”" for one in self.candidates[:8])
        of_type = f" of type {self.source.type}" if self.source.type and self.source.id else ""
        used = ", ".join(map(str, self.modules))
        modules = f" (modules {used})" if used and self.source.id else ""
        text = (
            f"{self._what()}{of_type}{modules} has"
            f" {'no certain counterpart' if self.candidates else 'no counterpart'}."
        )
        fix = f"Candidates: {shown}." if shown else "Create one in the target team first."
        if self.remedy and not shown:
            fix = self.remedy
        if not shown and self.creatable:
            fix = "Send create_missing=true to have it created."
        if self.unfit:
            text = f"{self._what()}: {self.unfit}"
        if self.unread:
            fix = f"They could not be listed: {self.unread}"
        return Problem(f"mapping.{self.kind}.{self.key}", text, fix)

    def _what(self) -> str:
        if self.source.id:
            return f"{self.kind} {self.source.id} “{self.source.name}”"
        used = ", ".join(map(str, self.modules))
        type_ = f" {self.source.type}" if self.source.type else ""
        return f"{self.kind}{type_} for {'modules' if len(self.modules) > 1 else 'module'} {used}"


# Planning


async def find_counterparts(
    make: Make,
    blueprint: Blueprint,
    teams: tuple[int, int],
    given: Given,
    *,
    create_missing: bool,
    used_hooks: bool = False,
) -> list[Need]:
    """Decide for every object that a blueprint of one team binds what takes its place in another.

    Args:
        make: The call's Make.
        blueprint: The blueprint to clone or promote.
        teams: Source and target team.
        given: The caller's decisions, by old id; they win.
        create_missing: Whether hooks and data structures may be created.
        used_hooks: Whether the caller may decide on hooks that serve a scenario already, because
            it is the one that is written.
    """
    bound = [need for need in bindings(blueprint) if need.kind in BODY_NAMES]
    kinds: set[Kind] = {need.kind for need in bound}
    source = await team_objects(make, teams[0], kinds)
    same = teams[0] == teams[1]
    target = source if same else await team_objects(make, teams[1], kinds)
    needs = bound_needs(bound, source)
    await decide(
        make,
        needs,
        target,
        given,
        create_missing=create_missing,
        same_team=same,
        used_hooks=used_hooks,
    )
    return needs


async def decide(
    make: Make,
    needs: list[Need],
    target: TeamObjects,
    given: Given,
    *,
    create_missing: bool,
    same_team: bool = False,
    used_hooks: bool = False,
) -> None:
    """Settle each need, as far as that is certain.

    Args:
        make: The call's Make.
        needs: What is needed; changed in place.
        target: The target team's objects of the kinds needed.
        given: The caller's decisions.
        create_missing: Whether what can be created may be.
        same_team: Whether the needs are the target team's own objects.
        used_hooks: As in `find_counterparts`.
    """
    for need in needs:
        said = _said(need, given)
        if said is not None:
            _take_given(need, said[0], target, used_hooks=used_hooks)
            continue
        if need.optional:
            need.settle(None, "it may stay empty")
        elif same_team and need.kind != "hook":
            need.settle(need.source.id, "same team")
        else:
            need.unread = target.unread.get(need.kind, "")
            await _match(make, need, target)
        if not need.decided and create_missing and need.creatable:
            need.settle(None, "created")


def _take_given(need: Need, chosen: int | None, target: TeamObjects, *, used_hooks: bool) -> None:
    """Take what the caller decided, unless the target team shows that it cannot be right."""
    known = target.known.get(need.kind)
    one = known.get(chosen) if known is not None and chosen is not None else None
    kind = need.kind.replace("_", " ")
    if chosen is not None and known is not None and one is None:
        need.unfit = f"team {target.team_id} has no {kind} {chosen}."
    elif one is not None and one.type and need.types and one.type not in need.types:
        need.unfit = f"{chosen} “{one.name}” is of type {one.type}, not {need.source.type}."
    elif one is not None and one.scenario_id is not None and not used_hooks:
        need.unfit = f"{chosen} “{one.name}” serves scenario {one.scenario_id} already."
    if not need.unfit:
        need.settle(chosen, "given")
        return
    need.candidates = [each for each in target.all(need.kind) if _fits(need, each)]


def undecided(needs: Iterable[Need], given: Given) -> list[Problem]:
    """Tell everything that keeps a mapping from being whole: nothing may be made before."""
    needs = list(needs)
    problems = unknown_decisions(needs, given)
    return problems + [need.problem() for need in needs if not need.decided]


def unknown_decisions(needs: list[Need], given: Given) -> list[Problem]:
    """Find decisions about objects that the blueprint does not bind, or of an unknown kind."""
    known = {(need.kind, key) for need in needs for key in (need.key, *need.aliases)}
    found: list[Problem] = []
    for kind, entries in given.items():
        for old in entries:
            if (kind, old) not in known:
                keys = sorted({need.key for need in needs if need.kind == kind})
                fix = f"It binds: {', '.join(keys)}." if keys else f"Kinds: {_kinds(needs)}."
                text = f"The scenario binds no {kind} {old}."
                found.append(Problem(f"mapping.{kind}.{old}", text, fix))
    return found


def _kinds(needs: list[Need]) -> str:
    return ", ".join(dict.fromkeys([*BODY_NAMES, *(need.kind for need in needs)]))


def _said(need: Need, given: Given) -> tuple[int | None] | None:
    """Give what the caller decided, wrapped, as the decision itself may be None."""
    decisions = given.get(need.kind, {})
    for key in (need.key, *need.aliases):
        if key in decisions:
            return (decisions[key],)
    return None


# Needs


def bound_needs(bound: Iterable[Binding], source: TeamObjects) -> list[Need]:
    """Join the bindings of the same object.

    Args:
        bound: What a blueprint binds.
        source: The objects of the team it is from.
    """
    found: dict[tuple[Kind, int], Need] = {}
    for need in bound:
        ident = whole_number(str(need.value).removeprefix("SCN_"))
        if ident is None:
            continue
        known = source.known.get(need.kind, {}).get(ident)
        known = known or TeamObject(id=ident, name=need.label, type_name=need.type)
        creatable = need.kind in CREATABLE
        entry = found.setdefault((need.kind, ident), Need(need.kind, known, creatable=creatable))
        if need.module_id is not None:
            entry.modules.append(need.module_id)
    return list(found.values())


# Matching


async def _match(make: Make, need: Need, target: TeamObjects) -> None:
    """Take the object itself, the only one of the same name, or the only one that fits."""
    fitting = [one for one in target.all(need.kind) if _fits(need, one)]
    if need.kind == "connection":
        fitting = await _with_scopes(make, need, fitting)
    need.candidates = fitting
    name = need.source.name.casefold()
    alike = [one for one in fitting if name and one.name.casefold() == name]
    itself = [one for one in alike if one.id == need.source.id]
    if itself:
        need.settle(itself[0].id, "the same one")
    elif len(alike) == 1:
        need.settle(alike[0].id, "same type and name")
    elif len(fitting) == 1 and need.kind in SOLE:
        need.settle(fitting[0].id, "the only one of its type")


def _fits(need: Need, one: TeamObject) -> bool:
    if need.kind == "hook" and (one.scenario_id is not None or one.gone):
        return False
    return not one.type or one.type in need.types


async def _with_scopes(make: Make, need: Need, fitting: list[TeamObject]) -> list[TeamObject]:
    """Keep the connections that carry every scope that is needed."""
    if not fitting:
        return []
    wanted = need.scopes
    if wanted is None:
        wanted = frozenset(await connection_scopes(make, need.source.id) or ())
    if not wanted:
        return fitting
    held = await make.each(fitting, lambda one: connection_scopes(make, one.id))
    kept: list[TeamObject] = []
    for one, scopes in zip(fitting, held, strict=True):
        lacking = wanted - scopes if scopes is not None else frozenset[str]()
        by_key = need.scopes is not None and not scopes  # such connections carry no scopes
        if lacking and not by_key:
            words = ", ".join(sorted(lacking))
            need.remedy = (
                f"Connection {one.id} “{one.name}” is of that type but lacks {words};"
                " `credential_request_extend` widens it."
            )
        else:
            kept.append(one)
    return kept
