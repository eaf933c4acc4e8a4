"""Where a blueprint is read from: live, a version Make keeps, a draft, a commit.

Versions: Make API reference, chapter 2.27.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from make_mcp_base.authoring import Failure, Output, Timestamp

from make_mcp_core_tools._engine.blueprint_files import ScenarioFile, file_name, read_file
from make_mcp_core_tools._engine.blueprint_repository import repository_of
from make_mcp_core_tools._engine.blueprint_secrets import protected, without_looks
from make_mcp_core_tools._engine.scenarios import read_scenario, read_stored

if TYPE_CHECKING:
    from make_blueprint.document import Blueprint, JsonObject, JsonValue
    from make_mcp_base.authoring import Make


class Version(Output):
    version: int
    created: Timestamp
    draft: bool = False


class _Versions(Output):
    scenarios_blueprints: list[Version]


async def versions_of(make: Make, scenario_id: int) -> list[Version]:
    """List the versions Make keeps, newest first (the last 60 days)."""
    answer = await make.get(f"/scenarios/{scenario_id}/blueprints", into=_Versions)
    return sorted(answer.scenarios_blueprints, key=lambda one: one.version, reverse=True)


@dataclass(frozen=True, slots=True)
class Side:
    """A blueprint to compare or merge.

    Attributes:
        name: What it is, for people.
        kept: True when it comes from a repository and holds marks in place of secrets.
        settings: Its `scheduling` and `interface`, as far as they are known of that state.
    """

    name: str
    blueprint: Blueprint
    kept: bool = False
    settings: JsonObject = field(default_factory=dict[str, "JsonValue"])


async def side_of(
    make: Make,
    scenario_id: int,
    version: int | None = None,
    *,
    ref: str | None = None,
    draft: bool = False,
    repository: str | None = None,
) -> Side:
    """Read one state of a scenario's blueprint; live when nothing else is said.

    Raises:
        Failure: There is no such version or commit.
    """
    if ref is not None:
        team = (await read_scenario(make, scenario_id)).team_id
        kept = await kept_file(make, team, scenario_id, ref, repository)
        settings: JsonObject = {"scheduling": kept.scheduling, "interface": kept.interface}
        name = f"scenario {scenario_id}, {ref} in git"
        return Side(name, kept.blueprint, kept=True, settings=settings)
    stored = await read_stored(make, scenario_id, version, draft=draft)
    which = "draft" if draft else "live" if version is None else f"version {version}"
    now: JsonObject = {"scheduling": stored.scheduling, "interface": stored.interface}
    known = now if which == "live" else {}
    shown = cast("JsonObject", without_looks(known))
    return Side(f"scenario {scenario_id}, {which}", stored.blueprint, settings=shown)


async def kept_file(
    make: Make, team_id: int, scenario_id: int, ref: str, repository: str | None
) -> ScenarioFile:
    """Read a scenario's file at a revision.

    Raises:
        Failure: The revision has none.
    """
    name = file_name(team_id, scenario_id)
    text = await repository_of(make, repository).read(ref, name)
    if text is None:
        raise Failure(
            f"“{ref}” keeps nothing of scenario {scenario_id} (`{name}`).",
            next_step="`blueprint_version_list` names the commits that do;"
            " `blueprint_version_create` makes one.",
            code="not_in_repository",
        )
    return read_file(text, f"`{name}` at “{ref}”")


def comparable(*sides: Side) -> list[Blueprint]:
    """Give the blueprints so that only what they say differs: all marked, or none."""
    if any(side.kept for side in sides):
        return [side.blueprint if side.kept else protected(side.blueprint) for side in sides]
    return [side.blueprint for side in sides]
