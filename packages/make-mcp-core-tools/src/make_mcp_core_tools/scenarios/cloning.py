"""Cloning scenarios, inside a team or into another one."""

from typing import Any, cast

from make_mcp_base.authoring import (
    Document,
    Failure,
    FolderId,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
    TeamId,
    Undo,
    Watch,
    delete,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.app_installation import explained
from make_mcp_core_tools._engine.mapping_creation import create_counterpart
from make_mcp_core_tools._engine.mapping_planner import (
    BODY_NAMES,
    Need,
    find_counterparts,
    undecided,
)
from make_mcp_core_tools._engine.scenario_folders import folder_problems
from make_mcp_core_tools._engine.scenarios import (
    OneScenario,
    Scenario,
    read_scenario,
    read_stored,
)
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.switching import Switched

# Inputs


class CloneScenario(Input):
    scenario_id: ScenarioId
    target_team_id: TeamId | None = None
    """Default: its own team."""
    name: str | None = Field(default=None, min_length=1, max_length=120)
    """Default: the old name with “(copy)”."""
    folder_id: FolderId | None = None
    """Folder of the target team."""
    mapping: dict[str, dict[str, int | None]] = {}
    """Decisions by kind and old id, `{"connection": {"11": 42}}`; null leaves it empty. Kinds:
    connection, hook, key, data_store, data_structure, device. The rest is matched by type,
    scopes and name."""
    create_missing: bool = False
    """Create the webhooks and data structures that have no counterpart."""
    states: bool = False
    """Copy what polling triggers remember, so that the clone goes on where the original is."""
    activate: bool = False
    """Switch the clone on."""
    allow_app_install: bool = False
    """Install custom apps and functions the target has not used yet."""


# Outputs


class ScenarioCloned(Output):
    scenario_id: int
    name: str
    team_id: int
    active: bool = False
    mapping: list[str] = []
    """What was bound in place of what, and why."""
    created: list[str] | None = None
    url: str
    next_calls: list[NextCall] | None = None


# Tools


@category.tool(
    scope="scenarios:write",
    effect="create",
    formerly=("clone-scenario",),
    words=("copy", "duplicate", "move to another team"),
    examples=[CloneScenario(scenario_id=101, target_team_id=7, mapping={"connection": {"11": 42}})],
)
async def scenario_clone(make: Make, args: CloneScenario) -> ScenarioCloned:
    """Clone a scenario within its team or into another team of the organization.

    Nothing is created unless everything it binds has a counterpart; `dry_run` shows the mapping.
    """
    source = await read_scenario(make, args.scenario_id)
    team = args.target_team_id or source.team_id
    organization = await _organization(make, source.team_id, team)
    stored = await read_stored(make, source.id)
    needs = await find_counterparts(
        make,
        stored.blueprint,
        (source.team_id, team),
        args.mapping,
        create_missing=args.create_missing,
    )
    _refuse_half_mapped(args, needs, await folder_problems(make, team, args.folder_id))
    make.shows(*(need.line() for need in needs))
    created = [
        await create_counterpart(make, need, team, needs) for need in needs if need.to_create
    ]
    writing = _clone(make, args, source, (organization, team), needs)
    made = await explained(writing, stored.blueprint, "scenario_clone")
    await _finish(make, args, made)
    shown = await read_scenario(make, made.id)
    return ScenarioCloned(
        scenario_id=shown.id,
        name=shown.name,
        team_id=shown.team_id,
        active=shown.is_active,
        mapping=[need.line() for need in needs],
        created=created or None,
        url=make.page_url(shown.url),
        next_calls=_next(shown),
    )


def _next(made: Scenario) -> list[NextCall] | None:
    ids: Document = {"scenario_id": made.id}
    why = "It is off; check its settings, then switch it on."
    return None if made.is_active else [NextCall(tool="scenario_get", arguments=ids, why=why)]


# Deciding


async def _organization(make: Make, source_team: int, target_team: int) -> int:
    """Find the organization both teams belong to.

    Raises:
        Failure: They belong to different ones, or it is not known.
    """
    account = await make.account()
    one, other = account.organization_of(source_team), account.organization_of(target_team)
    if one is not None and other is not None and one.id == other.id:
        return one.id
    if one is None or (other is None and source_team == target_team):
        return await make.organization()
    raise Failure(
        "Make clones scenarios within one organization only.",
        why=f"Team {source_team} belongs to {one.name}, team {target_team} to another one.",
        next_step="Read the blueprint with `blueprint_get`, bind what the other team has, and use"
        " `scenario_create` there.",
        code="other_organization",
    )


def _refuse_half_mapped(args: CloneScenario, needs: list[Need], folder: list[Problem]) -> None:
    """Refuse a clone that would lose bindings.

    Raises:
        Failure: Something has no counterpart, a decision names nothing or what does not fit, or
            there is no such folder; all are told.
    """
    problems = undecided(needs, args.mapping)
    if folder and not problems:
        raise Failure(
            "Nothing was created.",
            next_step="Call `scenario_clone` again with a folder of the target team, or without.",
            code="invalid_arguments",
            problems=folder,
        )
    if not problems:
        return
    decided = sum(need.decided for need in needs)
    raise Failure(
        f"Nothing was created: {decided} of {len(needs)} bound objects have a counterpart.",
        next_step="Call `scenario_clone` again with `mapping` for those above,"
        " `create_missing=true` for webhooks and data structures, or null to leave one empty.",
        code="unmapped",
        problems=problems + folder,
    )


# Cloning


async def _clone(
    make: Make, args: CloneScenario, source: Scenario, where: tuple[int, int], needs: list[Need]
) -> Scenario:
    organization, team = where
    name = args.name or f"{source.name[:113]} (copy)"
    body: dict[str, Any] = {"name": name, "teamId": team, "states": args.states}
    for need in needs:
        body.setdefault(BODY_NAMES[need.kind], {})[str(need.source.id)] = need.target
    query: dict[str, Any] = {"organizationId": organization}
    if args.allow_app_install:
        query["confirmed"] = True
    last = args.folder_id is None and not args.activate
    new = make.new_id("scenario")
    answer = await make.write(
        post(f"/scenarios/{source.id}/clone", body, **query),
        into=OneScenario,
        says=f"Clone the scenario “{source.name}” ({source.id}) as “{name}” into team {team}",
        undo=lambda made: Undo(
            (delete(f"/scenarios/{made.scenario.id}"),),
            _watch(made.scenario.id) if last else None,
        ),
        before={"last_edit": str(source.last_edit)},
        predict={"scenario": {"id": new, "name": name, "teamId": team}},
    )
    return answer.scenario


def _watch(scenario_id: int) -> Watch:
    return Watch(f"/scenarios/{scenario_id}", ("scenario.lastEdit",))


async def _finish(make: Make, args: CloneScenario, made: Scenario) -> None:
    """Put the clone into its folder and switch it on, as asked; the last undo guards the whole."""
    path = f"/scenarios/{made.id}"
    if args.folder_id is not None:
        guard = None if args.activate else _watch(made.id)
        await make.write(
            patch(path, {"folderId": args.folder_id}),
            into=OneScenario,
            says=f"Put the clone into folder {args.folder_id}",
            undo=Undo((patch(path, {"folderId": None}),), guard),
            predict=cast("Any", {"scenario": made.model_dump(mode="json", by_alias=False)}),
        )
    if args.activate:
        await make.write(
            post(f"{path}/start"),
            into=Switched,
            says="Switch the clone on",
            undo=Undo((post(f"{path}/stop"),), _watch(made.id)),
            predict={},
        )
