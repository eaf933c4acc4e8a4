"""Bindings held against a team: is each object there, of the right type, with the right scopes?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from make_blueprint.bindings import bindings
from make_blueprint.document import whole_number
from make_blueprint.problem import Problem
from make_blueprint.walk import walk
from make_mcp_base.authoring import Output
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound, UpstreamFailed
from pydantic import Field

from make_mcp_core_tools._engine.named_objects import NAMED, NamedObjects, named_objects
from make_mcp_core_tools._engine.team_objects import TeamObject, TeamObjects, team_objects

if TYPE_CHECKING:
    from make_blueprint.bindings import Binding, Kind
    from make_blueprint.document import Blueprint
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.scenarios import Scenario

Status = Literal["ok", "missing", "wrong_type", "in_use", "inactive", "lacks_scope", "unverified"]

_WORDS: dict[Kind, str] = {
    "connection": "connection",
    "hook": "hook",
    "key": "key",
    "data_store": "data store",
    "data_structure": "data structure",
    "device": "device",
    "scenario": "scenario",
    "agent": "AI agent",
    "team_variable": "team variable",
    "organization_variable": "organization variable",
    "function": "custom function",
}
_LISTS: dict[Kind, str] = {
    "connection": "connection_list",
    "hook": "hook_list",
    "key": "key_list",
    "data_store": "data_store_list",
    "data_structure": "data_structure_list",
    "device": "device_list",
    "scenario": "scenario_list",
    "agent": "ai_agent_list",
    "team_variable": "variable_list",
    "organization_variable": "variable_list",
    "function": "function_list",
}
_DOUBTFUL = frozenset({"inactive", "lacks_scope"})
"""Faults that may be put right outside the blueprint."""


@dataclass(frozen=True, slots=True)
class CheckedBinding:
    """A binding and what became of the look at it.

    Attributes:
        binding: The need.
        status: `unverified` when the list could not be read or Make keeps none.
        name: The object's present name, or the one the editor saved.
        why: What is wrong, or why it could not be checked; "" when all is well.
        lacking: Scopes a connection lacks for its module.
    """

    binding: Binding
    status: Status
    name: str = ""
    why: str = ""
    lacking: tuple[str, ...] = ()

    @property
    def as_problem(self) -> Problem | None:
        """The problem it means, None when it is fine or could not be checked."""
        if self.status in {"ok", "unverified"}:
            return None
        need = self.binding
        doubtful = self.status in _DOUBTFUL or need.kind in NAMED
        severity = "warning" if doubtful else "error"
        kind = _WORDS.get(need.kind, need.kind)
        tool = _LISTS.get(need.kind)
        fix = f"Choose one with `{tool}`, then `set_binding`." if tool else ""
        if need.kind in NAMED:
            fix = f"`{tool}` shows what there is."
        if self.status == "lacks_scope":
            fix = "Extend the connection's scopes, or bind another one."
        code = f"{need.kind}-{self.status}".replace("_", "-")
        text = f"{kind[0].upper()}{kind[1:]} {need.value}{_shown(need.label)}: {self.why}"
        return Problem(code, severity, need.path, need.module_id, text, fix)


async def check_bindings(
    make: Make, team_id: int, blueprint: Blueprint, scenario_id: int | None = None
) -> list[CheckedBinding]:
    """Look at every binding of a blueprint from within a team.

    Args:
        make: The call's Make.
        team_id: The team it is to run in.
        blueprint: The blueprint.
        scenario_id: The scenario it belongs to; its own hook is not "in use".
    """
    return await _looked_at(make, team_id, bindings(blueprint), scenario_id)


async def check_new_bindings(
    make: Make, scenario: Scenario, before: Blueprint, after: Blueprint
) -> list[CheckedBinding]:
    """Look at what an edit binds anew; what was bound at the same module before is let be.

    Args:
        make: The call's Make.
        scenario: The scenario that is edited.
        before: Its blueprint.
        after: The edited blueprint.
    """
    had = {_bound(need) for need in bindings(before)}
    fresh = [need for need in bindings(after) if _bound(need) not in had]
    return await _looked_at(make, scenario.team_id, fresh, scenario.id)


def _bound(need: Binding) -> tuple[str, str, int | None]:
    return need.kind, str(need.value), need.module_id


async def _looked_at(
    make: Make, team_id: int, needs: list[Binding], scenario_id: int | None
) -> list[CheckedBinding]:
    kinds: list[Kind] = [need.kind for need in needs]
    found = await team_objects(make, team_id, kinds)
    named = await named_objects(make, team_id, kinds)
    return [_named(need, named) or _checked(need, found, scenario_id) for need in needs]


def _named(need: Binding, found: NamedObjects) -> CheckedBinding | None:
    """Hold a need that goes by name against the names there are; None for other needs."""
    if need.kind in found.unread:
        return CheckedBinding(need, "unverified", need.label, found.unread[need.kind])
    known = found.known.get(need.kind)
    if known is None:
        return None
    if str(need.value) in known:
        return CheckedBinding(need, "ok", need.label)
    return CheckedBinding(need, "missing", need.label, "there is no such one.")


def _checked(need: Binding, found: TeamObjects, scenario_id: int | None) -> CheckedBinding:
    ident = whole_number(str(need.value).removeprefix("SCN_"))
    if need.kind in found.unread:
        return CheckedBinding(need, "unverified", need.label, found.unread[need.kind])
    if need.kind not in found.known or ident is None:
        return CheckedBinding(need, "unverified", need.label)
    known = found.known[need.kind].get(ident)
    if known is None:
        return CheckedBinding(need, "missing", need.label, "the team has none with this id.")
    return _held(need, known, scenario_id)


def _held(need: Binding, known: TeamObject, scenario_id: int | None) -> CheckedBinding:
    """Hold a binding against the object it names."""
    wanted = [name.strip() for name in need.type.split(",") if name.strip()]
    if wanted and known.type and known.type not in wanted:
        why = f"it is of type {known.type}; the module needs {' or '.join(wanted)}."
        return CheckedBinding(need, "wrong_type", known.name, why)
    if need.kind == "hook" and known.scenario_id not in (None, scenario_id):
        why = f"it serves scenario {known.scenario_id}, and a hook serves one scenario only."
        return CheckedBinding(need, "in_use", known.name, why)
    if need.kind == "scenario" and known.is_active is False:
        return CheckedBinding(need, "inactive", known.name, "the called scenario is not active.")
    if need.kind == "hook" and known.gone:
        return CheckedBinding(need, "missing", known.name, "the service has dropped it.")
    return CheckedBinding(need, "ok", known.name)


def _shown(label: str) -> str:
    return f" ({label})" if label else ""


# Scopes of connections


class _AppModule(Output):
    id: str | int = ""
    name: str = ""
    scope: list[str] = Field(default_factory=list)


class _AppModules(Output):
    app_modules: list[_AppModule] = []


class _Scope(Output):
    id: str | int = ""
    name: str | None = None


class _Detail(Output):
    scopes: list[_Scope | str] = []


class _OneConnection(Output):
    connection: _Detail


async def check_scopes(
    make: Make, blueprint: Blueprint, checked: list[CheckedBinding]
) -> list[CheckedBinding]:
    """Find connections that lack a scope which one of their modules needs.

    What modules need is asked of the application catalogue (chapter 2.11); apps that do not tell
    are passed over.
    """
    modules = {visit.id: visit for visit in walk(blueprint)}
    uses = [
        (entry, modules[entry.binding.module_id])
        for entry in checked
        if entry.binding.kind == "connection" and entry.status == "ok"
        if entry.binding.module_id in modules
    ]
    apps = list(dict.fromkeys((visit.app, visit.version) for _, visit in uses))
    needed = dict(zip(apps, await make.each(apps, lambda app: _needed(make, *app)), strict=True))
    wanted: defaultdict[int, list[tuple[CheckedBinding, list[str]]]] = defaultdict(list)
    for entry, visit in uses:
        scopes = needed[visit.app, visit.version].get(visit.name, [])
        ident = whole_number(entry.binding.value)
        if scopes and ident:
            wanted[ident].append((entry, scopes))
    held = await make.each(list(wanted), lambda ident: connection_scopes(make, ident))
    return [
        _lacks(entry, tuple(sorted(set(scopes) - have)))
        for have, entries in zip(held, wanted.values(), strict=True)
        for entry, scopes in entries
        if have is not None and not set(scopes) <= have
    ]


def _lacks(entry: CheckedBinding, scopes: tuple[str, ...]) -> CheckedBinding:
    why = f"it lacks {', '.join(scopes)}."
    return CheckedBinding(entry.binding, "lacks_scope", entry.name, why, scopes)


async def _needed(make: Make, app: str, version: int | None) -> dict[str, list[str]]:
    """Ask which scopes each module of an app needs; nothing when the app does not tell."""
    place = f"{quote(app, safe='')}/{'latest' if version is None else version}"
    path = f"/credential-requests/apps/{place}/modules-with-credentials"
    try:
        answer = await make.get(path, into=_AppModules, scope="apps:read", fresh_for=3_600)
    except (Forbidden, NotFound, LicenceGate, UpstreamFailed):
        return {}
    return {module.name or str(module.id): module.scope for module in answer.app_modules}


async def connection_scopes(make: Make, ident: int) -> set[str] | None:
    """Read the scopes a connection carries; None when it may not be read."""
    path = f"/connections/{ident}"
    try:
        answer = await make.get(path, into=_OneConnection, scope="connections:read")
    except (Forbidden, NotFound):
        return None
    return {
        str(scope if isinstance(scope, str) else scope.id or scope.name)
        for scope in answer.connection.scopes
    }
