"""A team as files: every scenario, and what scenarios bind by name and type, without secrets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from make_mcp_base.authoring import Document, Output
from make_mcp_base.client.failures import (
    BadAnswer,
    Forbidden,
    LicenceGate,
    MakeDown,
    NotFound,
    TimedOut,
    TooLarge,
    UpstreamFailed,
)

from make_mcp_core_tools._engine.blueprint_files import canonical, file_of
from make_mcp_core_tools._engine.blueprint_secrets import without_looks
from make_mcp_core_tools._engine.scenarios import read_scenario, read_stored
from make_mcp_core_tools._engine.team_objects import PLACES, TeamObject, team_objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_blueprint.bindings import Kind
    from make_blueprint.document import JsonObject, JsonValue
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.scenarios import Scenario

TEAM_FORMAT = "make-team/1"
_OF_ONE = (NotFound, Forbidden, UpstreamFailed, MakeDown, TimedOut, BadAnswer, TooLarge)
"""Failures that concern one scenario; others would meet all of them."""
OBJECT_KINDS: tuple[Kind, ...] = tuple(kind for kind in PLACES if kind != "scenario")


class _Structure(Output):
    id: int
    name: str = ""
    spec: list[Document] = []
    strict: bool = False


class _OneStructure(Output):
    data_structure: _Structure


def team_file(team_id: int) -> str:
    """Name the file that tells of a team's objects."""
    return f"team-{team_id}/team.json"


async def scenario_text(make: Make, scenario_id: int) -> str:
    """Write one scenario's file as Make has it now."""
    scenario = await read_scenario(make, scenario_id)
    return file_of(scenario, await read_stored(make, scenario_id)).to_text()


@dataclass(slots=True)
class Snapshot:
    """The files of a team's scenarios.

    Attributes:
        texts: The file of each scenario, by its id.
        gone: Scenarios that vanished while they were read.
        unread: Why a scenario that is there could not be read, by its id.
    """

    texts: dict[int, str] = field(default_factory=dict[int, str])
    gone: list[int] = field(default_factory=list[int])
    unread: dict[int, str] = field(default_factory=dict[int, str])


async def scenario_texts(make: Make, team_id: int, scenarios: Sequence[Scenario]) -> Snapshot:
    """Write the files of a team's scenarios, reading only those edited since the last time.

    One that cannot be read does not keep the others from being written.
    """
    rows = {str(one.id): one for one in scenarios}
    done = 0

    async def fetch(key: str) -> str:
        nonlocal done
        done += 1
        await make.progress(done, len(rows), "Reading scenarios")
        try:
            return await scenario_text(make, int(key))
        except _OF_ONE:
            return ""

    versions = {key: _version(one) for key, one in rows.items()}
    kept = await make.remembered("scenario-file", f"team:{team_id}", versions, fetch)
    found = Snapshot({int(key): text for key, text in kept.items() if text})
    for ident in (int(key) for key, text in kept.items() if not text):
        await _read_again(make, ident, found)
    return found


async def _read_again(make: Make, ident: int, found: Snapshot) -> None:
    """Read what could not be read: a failure is not remembered as the state of a scenario."""
    try:
        found.texts[ident] = await scenario_text(make, ident)
    except NotFound:
        found.gone.append(ident)
    except _OF_ONE as failure:
        found.unread[ident] = failure.what


def _version(one: Scenario) -> str:
    """Tell states of a scenario apart by what its row in the list says."""
    seen = canonical(
        {"name": one.name, "text": one.description, "schedule": cast("JsonValue", one.scheduling)}
    )
    return f"2:{one.last_edit}:{hashlib.sha256(seen.encode()).hexdigest()[:16]}"


async def team_text(make: Make, team_id: int, scenarios: Sequence[Scenario]) -> str:
    """Write the file of a team's objects; kinds that may not be read say why."""
    found = await team_objects(make, team_id, OBJECT_KINDS)
    account = await make.account()
    objects: JsonObject = {}
    for kind in OBJECT_KINDS:
        rows = sorted(found.all(kind), key=lambda one: one.id)
        objects[kind] = found.unread.get(kind) or [_described(one) for one in rows]
    structures = await structures_of(make, [one.id for one in found.all("data_structure")])
    if structures:
        objects["data_structure"] = cast("JsonValue", structures)
    return canonical(
        {
            "format": TEAM_FORMAT,
            "id": team_id,
            "name": next((team.name for team in account.teams if team.id == team_id), ""),
            "scenarios": {str(one.id): one.name for one in scenarios},
            "objects": objects,
        }
    )


async def structures_of(make: Make, ids: Sequence[int]) -> list[Document]:
    """Read data structures with their fields; those that may not be read are left out."""

    async def read(ident: int) -> Document:
        path = f"/data-structures/{ident}"
        try:
            found = (await make.get(path, into=_OneStructure, scope="udts:read")).data_structure
        except (Forbidden, NotFound, LicenceGate):
            return {}
        spec = cast("list[Document]", without_looks(cast("JsonValue", found.spec)))
        return {"id": found.id, "name": found.name, "strict": found.strict, "spec": spec}

    return [one for one in await make.each(ids, read) if one]


def _described(one: TeamObject) -> JsonValue:
    said: JsonObject = {"id": one.id, "name": one.name}
    if one.type:
        said["type"] = one.type
    return said
