"""Versions of blueprints: list them, compare them, go back to one."""

from typing import Literal

from make_blueprint.diff import diff
from make_blueprint.document import Blueprint, clone, dump
from make_blueprint.structure import errors
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    ScenarioId,
    Timestamp,
    page_of,
)
from pydantic import Field

from make_mcp_core_tools._engine.binding_checks import check_bindings
from make_mcp_core_tools._engine.blueprint_arguments import BlueprintArgument, as_blueprint, told
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.saving import Change, lines_of, save_blueprint
from make_mcp_core_tools._engine.scenarios import read_scenario, read_stored, refuse_stale
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.outputs import ScenarioSaved
from make_mcp_core_tools.scenarios.reading import Version, versions_of

# Inputs


class ListVersions(PageInput):
    scenario_id: ScenarioId


class DiffBlueprints(Input):
    scenario_id: ScenarioId
    """The later side: its live blueprint."""
    version_id: int | None = Field(default=None, ge=1)
    """Compare with this version; default: the one before the newest."""
    to_version_id: int | None = Field(default=None, ge=1)
    """A version in place of the live blueprint as the later side."""
    other_scenario_id: ScenarioId | None = None
    """Compare with this scenario instead."""
    blueprint: BlueprintArgument | None = None
    """Compare with this blueprint instead, as the later side."""
    view: Literal["lines", "markdown", "entries"] = "lines"
    """Form of the answer."""


class RestoreBlueprint(Input):
    scenario_id: ScenarioId
    version_id: int = Field(ge=1)
    """Version to go back to (`blueprint_version_list`)."""
    expected_last_edit: Timestamp | None = None
    """`last_edit` as you read it; refused when somebody edited since."""


# Outputs


class VersionRows(Page):
    scenario_id: int
    versions: list[Version]
    """Newest first; Make keeps 60 days."""


class BlueprintDiff(Output):
    before: str
    after: str
    same: bool
    """True when nothing differs but layout."""
    change_count: int
    lines: list[str] | None = None
    markdown: str | None = None
    entries: list[Document] | None = None
    """kind, module_id, path, name, before, after; secrets masked."""


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("history", "revisions", "who changed"),
)
async def blueprint_version_list(make: Make, args: ListVersions) -> VersionRows:
    """List the versions of a scenario's blueprint that Make keeps, newest first."""
    await read_scenario(make, args.scenario_id)
    page, more = page_of(await versions_of(make, args.scenario_id), args)
    return VersionRows(scenario_id=args.scenario_id, versions=page, **more)


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("compare", "what changed", "difference"),
    examples=[
        DiffBlueprints(scenario_id=101),
        DiffBlueprints(scenario_id=101, version_id=3, to_version_id=5),
    ],
)
async def blueprint_diff(make: Make, args: DiffBlueprints) -> BlueprintDiff:
    """Compare blueprints module by module: versions of a scenario, two scenarios, or a given one.

    Layout is no difference; secrets are masked.
    """
    scenario = await read_scenario(make, args.scenario_id)
    (before, old), (after, new) = await _sides(make, args)
    found = diff(old, new)
    entries = found.to_json()
    return BlueprintDiff(
        before=before,
        after=after.format(name=scenario.name),
        same=not found,
        change_count=len(entries),
        lines=lines_of(old, new) if args.view == "lines" else None,
        markdown=found.to_markdown() if args.view == "markdown" else None,
        entries=[dict(entry) for entry in entries] if args.view == "entries" else None,
    )


@category.tool(
    scope="scenarios:write",
    effect="update",
    confirm=True,
    words=("rollback", "revert", "go back", "previous version"),
)
async def blueprint_restore(make: Make, args: RestoreBlueprint) -> ScenarioSaved:
    """Put an old version of the blueprint back, as a new version that can be undone.

    What it binds must still exist. Schedule, inputs and outputs stay as they are now.
    """
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    refuse_stale(scenario, args.expected_last_edit)
    old = clone((await read_stored(make, scenario.id, args.version_id)).blueprint)
    if "name" in old:
        old["name"] = stored.blueprint.get("name", scenario.name)
    await _refuse_outdated(make, scenario.team_id, scenario.id, old)
    lines = lines_of(stored.blueprint, old)
    changed = dump(stored.blueprint) != dump(old)
    if changed:
        make.shows(*lines)
        says = f"Put version {args.version_id} of “{scenario.name}” ({scenario.id}) back"
        await save_blueprint(
            make, Change(scenario, stored, old, says, {}, "blueprint_restore", install=True)
        )
        scenario = await read_scenario(make, scenario.id)
    return ScenarioSaved(
        scenario_id=scenario.id,
        name=scenario.name,
        changed=changed,
        diff=lines if changed else [],
        last_edit=scenario.last_edit,
        active=scenario.is_active,
        url=make.page_url(scenario.url),
        next_calls=[
            NextCall(
                tool="blueprint_diff", arguments={"scenario_id": scenario.id}, why="See it all."
            )
        ]
        if changed
        else None,
    )


# Comparing

Side = tuple[str, Blueprint]


async def _sides(make: Make, args: DiffBlueprints) -> tuple[Side, Side]:
    """Give the earlier and the later blueprint, each with its name.

    Raises:
        Failure: More than one thing to compare with was given, or there is no earlier version.
    """
    given = [args.version_id, args.other_scenario_id, args.blueprint]
    if sum(one is not None for one in given) > 1:
        raise Failure(
            "There is more than one thing to compare with.",
            next_step="Send only one of version_id, other_scenario_id and blueprint.",
            code="invalid_arguments",
        )
    own = await _own(make, args.scenario_id, args.to_version_id)
    if args.blueprint is not None:
        return own, ("the given blueprint", as_blueprint(args.blueprint))
    if args.other_scenario_id is not None:
        return await _own(make, args.other_scenario_id, None), own
    version = args.version_id or await _earlier(make, args)
    return await _own(make, args.scenario_id, version), own


async def _own(make: Make, scenario_id: int, version: int | None) -> Side:
    stored = await read_stored(make, scenario_id, version)
    which = "live" if version is None else f"version {version}"
    return f"scenario {scenario_id}, {which}", stored.blueprint


async def _earlier(make: Make, args: DiffBlueprints) -> int:
    """Find the version before the later side."""
    kept = [one for one in await versions_of(make, args.scenario_id) if not one.draft]
    later = args.to_version_id or (kept[0].version if kept else 0)
    before = [one.version for one in kept if one.version < later]
    if before:
        return before[0]
    raise Failure(
        f"Make keeps no version of scenario {args.scenario_id} before this one.",
        why="Versions are kept for 60 days.",
        next_step="Compare with other_scenario_id or blueprint instead.",
        code="no_earlier_version",
    )


# Restoring


async def _refuse_outdated(make: Make, team: int, scenario_id: int, old: Blueprint) -> None:
    """Refuse a version that no longer fits what the team has today.

    Raises:
        Failure: It has faults, or binds what is gone; all are told.
    """
    problems: list[Problem] = told(errors(all_faults(old)), "version")
    checked = await check_bindings(make, team, old, scenario_id)
    problems += told(errors(one for each in checked if (one := each.as_problem)), "version")
    if problems:
        raise Failure(
            "The old version no longer fits what the team has; nothing was restored.",
            next_step="Create what is missing first, or bring single settings back with"
            " `scenario_patch`; `blueprint_diff` shows them.",
            code="invalid_blueprint",
            problems=problems,
        )
