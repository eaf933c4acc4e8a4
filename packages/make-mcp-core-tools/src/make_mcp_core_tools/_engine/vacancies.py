"""Vacancies: fields of a blueprint that bind an object and are empty, as templates leave them.

A module that was saved with its form tells them itself; for others the manifest of the app does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from make_blueprint.bindings import kind_of_type
from make_blueprint.document import as_list, as_object, clone
from make_blueprint.walk import walk
from make_mcp_base.authoring import Failure

from make_mcp_core_tools._engine.app_manifests import AppModule, app_manifest
from make_mcp_core_tools._engine.form_values import is_empty, reference_state
from make_mcp_core_tools._engine.forms import DOMAINS, check_form
from make_mcp_core_tools._engine.mapping_planner import CREATABLE, SOLE, Need
from make_mcp_core_tools._engine.team_objects import PLACES, TeamObject, TeamObjects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_blueprint.bindings import Kind
    from make_blueprint.document import Blueprint, JsonObject
    from make_blueprint.walk import Visit
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.forms import Domain
    from make_mcp_core_tools._engine.mapping_planner import Given

Described = dict[tuple[str, int | None], AppModule]
"""Modules as their manifests describe them, by type and major version."""

GATEWAY = ("gateway-webhook", "gateway-mailhook")
"""Hooks that can be made without a connection or settings (Make API reference, chapter 2.20)."""

_NEEDED: tuple[Kind, ...] = ("connection", "hook")
"""What a module does not work without, whether or not its form says so."""


@dataclass(frozen=True, slots=True)
class Vacancy:
    """An empty field that binds an object.

    Attributes:
        type: Types that fit, joined by commas; "" for kinds without types.
        scopes: What the module asks of a connection.
    """

    kind: Kind
    type: str
    module_id: int
    domain: Domain
    field: str
    required: bool
    scopes: frozenset[str]
    entry: JsonObject


@dataclass(slots=True)
class Vacant(Need):
    """A need that empty fields have: one object for all of them."""

    places: list[Vacancy] = field(default_factory=list[Vacancy])


async def described_modules(make: Make, blueprint: Blueprint) -> Described:
    """Read the manifests of a blueprint's modules; those that are not told are left out."""
    wanted = {(visit.app, visit.version) for visit in walk(blueprint) if visit.app}
    found: Described = {}

    async def read(app: tuple[str, int | None]) -> None:
        try:
            manifest = await app_manifest(make, *app)
        except Failure as failed:
            if failed.retryable:
                raise
            return
        found.update({(f"{app[0]}:{one.name}", app[1]): one for one in manifest.modules})

    await make.each([one for one in wanted if one[0] != "placeholder"], read)
    return found


def vacancies(blueprint: Blueprint, described: Described) -> list[Vacancy]:
    """Find the empty fields of a blueprint that bind an object, in walk order."""
    return [one for visit in walk(blueprint) for one in _of_module(visit, described)]


def _of_module(visit: Visit, described: Described) -> Iterator[Vacancy]:
    known = described.get((visit.type, visit.version))
    scopes = frozenset(known.scopes if known else ())
    for domain, entry in _fields(visit, known):
        name, type_ = entry.get("name"), str(entry.get("type") or "")
        kind = kind_of_type(type_)
        value = as_object(visit.module.get(domain)).get(str(name))
        if kind not in PLACES or visit.id is None or not is_empty(value):
            continue
        required = entry.get("required") is True or kind in _NEEDED
        wanted = type_.partition(":")[2]
        yield Vacancy(kind, wanted, visit.id, domain, str(name), required, scopes, entry)


def _fields(visit: Visit, known: AppModule | None) -> Iterator[tuple[Domain, JsonObject]]:
    """Give the fields in force: as the module was saved with them, else as its app tells."""
    metadata = as_object(visit.module.get("metadata"))
    saved: list[tuple[Domain, JsonObject]] = []
    for domain in DOMAINS:
        schema = "parameters" if domain == "parameters" else "expect"
        saved.extend((domain, as_object(one)) for one in as_list(metadata.get(schema)))
    if saved or known is None:
        yield from saved
        return
    given: dict[Domain, JsonObject] = {
        "parameters": as_object(visit.module.get("parameters")),
        "mapper": as_object(visit.module.get("mapper")),
    }
    in_force = check_form(known.form, given).fields
    for domain in DOMAINS:
        for entry in in_force[domain]:
            yield domain, entry


# Needs


def vacant_needs(found: list[Vacancy], given: Given) -> list[Vacant]:
    """Join vacancies into needs.

    Connections, keys and devices of one type are one need, named by the type; a module that a
    decision names is one of its own. Everything else is needed by each module for itself.

    Args:
        found: The vacancies.
        given: The caller's decisions, by type, module id, or `<module id>.<field>`.
    """
    times = Counter((one.kind, one.module_id) for one in found)
    needs: dict[tuple[Kind, str, bool], Vacant] = {}
    for one in found:
        several = times[one.kind, one.module_id] > 1
        own = f"{one.module_id}.{one.field}" if several else str(one.module_id)
        joined = one.kind in SOLE and one.type and own not in given.get(one.kind, {})
        key = one.type if joined else own
        need = needs.get((one.kind, key, one.required))
        if need is None:
            need = needs[one.kind, key, one.required] = Vacant(
                one.kind,
                TeamObject(id=0, type_name=one.type),
                key=key,
                aliases=tuple(one.type.split(",")) if joined else (),
                scopes=frozenset(),
                creatable=one.kind in CREATABLE and one.type in GATEWAY,
                optional=not one.required,
            )
        need.places.append(one)
        need.scopes = (need.scopes or frozenset()) | one.scopes
        if one.module_id not in need.modules:
            need.modules.append(one.module_id)
    return list(needs.values())


def filled(blueprint: Blueprint, needs: list[Vacant], team: TeamObjects) -> Blueprint:
    """Bind what the needs were settled on, with the names that the editor shows.

    Args:
        blueprint: Stays as it is; the answer is a copy.
        needs: Settled; what is to be created has its id.
        team: The target team's objects, for their names.
    """
    copy = clone(blueprint)
    places = [(one, need) for need in needs if need.target is not None for one in need.places]
    for visit in walk(copy):
        for one, need in places:
            if one.module_id == visit.id:
                _fill(visit.module, one, need, team)
    return copy


def _fill(module: JsonObject, one: Vacancy, need: Vacant, team: TeamObjects) -> None:
    target = need.target or 0
    known = team.known.get(one.kind, {}).get(target)
    label = known.name if known else need.source.name
    holder = _object_in(module, one.domain)
    holder[one.field] = f"SCN_{target}" if one.kind == "scenario" else target
    restore = _object_in(_object_in(module, "metadata"), "restore")
    states = _object_in(restore, "parameters" if one.domain == "parameters" else "expect")
    states[one.field] = {"label": label, **reference_state(one.entry)}


def _object_in(holder: JsonObject, name: str) -> JsonObject:
    inner = holder.get(name)
    if isinstance(inner, dict):
        return inner
    made: JsonObject = {}
    holder[name] = made
    return made
