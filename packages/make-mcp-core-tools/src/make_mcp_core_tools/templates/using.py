"""Using templates: a scenario with the team's own connections, hooks and stores."""

from dataclasses import dataclass
from typing import Any

from make_blueprint.document import (
    Blueprint,
    JsonObject,
    as_list,
    as_object,
    clone,
    compact,
    dump,
)
from make_blueprint.structure import errors
from make_blueprint.walk import walk
from make_mcp_base.authoring import (
    Document,
    Failure,
    FolderId,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    TeamId,
    Undo,
    Watch,
    delete,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.app_installation import explained
from make_mcp_core_tools._engine.binding_checks import check_bindings
from make_mcp_core_tools._engine.blueprint_arguments import told
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.mapping_creation import create_counterpart
from make_mcp_core_tools._engine.mapping_planner import decide, undecided
from make_mcp_core_tools._engine.scenarios import OneScenario, Scenario, read_scenario
from make_mcp_core_tools._engine.schedules import in_words
from make_mcp_core_tools._engine.team_objects import TeamObjects, team_objects
from make_mcp_core_tools._engine.template_cleaning import account_values, also_needed
from make_mcp_core_tools._engine.templates import Chosen, choose
from make_mcp_core_tools._engine.vacancies import (
    Vacant,
    described_modules,
    filled,
    vacancies,
    vacant_needs,
)
from make_mcp_core_tools.templates.declared import category

# Inputs


class UseTemplate(Input):
    template_id: int | None = Field(default=None, ge=1)
    """A template of a team."""
    public_url: str | None = None
    """Or a public one, `13-announce-demo-requests`."""
    team_id: TeamId | None = None
    name: str | None = Field(default=None, min_length=1, max_length=120)
    """Default: the template's."""
    folder_id: FolderId | None = None
    mapping: dict[str, dict[str, int | None]] = {}
    """Decisions by kind and key of `template_get`'s needs, `{"connection": {"slack": 42}}`; a
    module id as key is for that module only; null leaves it empty."""
    values: dict[str, Document] = {}
    """Settings by module id, `{"2": {"channel": "#sales"}}`."""
    create_missing: bool = True
    """Create the webhooks it needs."""
    activate: bool = False
    """Switch it on."""
    allow_app_install: bool = False
    """Install apps that the organization has not used yet."""


# Outputs


class TemplateUsed(Output):
    scenario_id: int
    name: str
    team_id: int
    active: bool = False
    schedule: str
    mapping: list[str] = []
    """What was bound, and why."""
    created: list[str] | None = None
    to_check: list[str] | None = None
    """Places whose values likely fit another account only."""
    url: str
    next_calls: list[NextCall] | None = None


class _Switched(Output):
    pass


# One use


@dataclass(slots=True)
class _Plan:
    """A use of a template while it is decided."""

    chosen: Chosen
    team: int
    name: str
    blueprint: Blueprint
    needs: list[Vacant]
    objects: TeamObjects

    @property
    def interface(self) -> JsonObject:
        """Declared inputs and outputs, where the template has some."""
        given = self.chosen.documents.metadata or {}
        return {side: given[side] for side in ("input_spec", "output_spec") if given.get(side)}


# Tools


@category.tool(
    scope="scenarios:write",
    effect="create",
    formerly=("use-template", "install-workflow"),
    words=("instantiate", "start from a template", "install", "create from template"),
    examples=[
        UseTemplate(
            public_url="1-add-webhook-data-to-google-sheets",
            team_id=7,
            mapping={"connection": {"google": 42}},
            values={"2": {"spreadsheetId": "1LeadTracker"}},
        )
    ],
)
async def template_use(make: Make, args: UseTemplate) -> TemplateUsed:
    """Make a scenario from a template, bound to the team's own connections, hooks and stores.

    Nothing is created unless everything it needs is decided; `dry_run` shows the plan.
    """
    plan = await _decide(make, args)
    make.shows(*(need.line() for need in plan.needs))
    created = await _create_missing(make, plan)
    scenario = await _create(make, args, plan)
    if args.activate:
        await _switch_on(make, scenario)
    shown = await read_scenario(make, scenario.id)
    return TemplateUsed(
        scenario_id=shown.id,
        name=shown.name,
        team_id=shown.team_id,
        active=shown.is_active,
        schedule=in_words(plan.chosen.documents.scheduling),
        mapping=[need.line() for need in plan.needs],
        created=created or None,
        to_check=account_values(plan.blueprint) or None,
        url=make.page_url(shown.url),
        next_calls=_next(shown),
    )


def _next(made: Scenario) -> list[NextCall]:
    ids: Document = {"scenario_id": made.id}
    if made.is_active:
        return [NextCall(tool="scenario_run", arguments=ids, why="Try it.")]
    why = "It is off; check its settings, then switch it on."
    return [NextCall(tool="scenario_get", arguments=ids, why=why)]


# Deciding


async def _decide(make: Make, args: UseTemplate) -> _Plan:
    """Find what the template needs, and decide all of it.

    Raises:
        Failure: Something is open or wrong; all of it is told.
    """
    chosen = await choose(make, args.template_id, args.public_url)
    team = await make.team(args.team_id)
    blueprint, problems = _with_values(chosen.documents.plan, args.values)
    name = args.name or chosen.name
    blueprint["name"] = name
    found = vacancies(blueprint, await described_modules(make, blueprint))
    needs = vacant_needs(found, args.mapping)
    objects = await team_objects(make, team, [need.kind for need in needs])
    await decide(make, list(needs), objects, args.mapping, create_missing=args.create_missing)
    open_ = undecided(needs, args.mapping)
    plan = _Plan(chosen, team, name, blueprint, needs, objects)
    problems += open_ + await _faults(make, plan)
    if problems:
        raise _refusal(plan, problems, is_open=bool(open_))
    for line in also_needed(blueprint):
        make.warn(f"The template also uses the {line}; see that the team has it.")
    return plan


def _refusal(plan: _Plan, problems: list[Problem], *, is_open: bool) -> Failure:
    decided = sum(need.decided for need in plan.needs)
    return Failure(
        f"Nothing was created: {decided} of {len(plan.needs)} needs are decided."
        if is_open
        else "Nothing was created: the template does not fit.",
        next_step="Call `template_use` again with `mapping` for those above;"
        " `connection_create` or `credential_request_create` makes a connection."
        if is_open
        else "Correct `mapping` or `values` and call `template_use` again.",
        code="unmapped" if is_open else "invalid_blueprint",
        problems=problems,
    )


def _with_values(
    blueprint: Blueprint, values: dict[str, Document]
) -> tuple[Blueprint, list[Problem]]:
    """Put the caller's settings into a copy of the template."""
    copy = clone(blueprint)
    visits = {str(visit.id): visit for visit in walk(copy)}
    problems: list[Problem] = []
    for module, settings in values.items():
        visit = visits.get(module)
        if visit is None:
            fix = f"Modules: {', '.join(visits)}."
            problems.append(Problem(f"values.{module}", f"It has no module {module}.", fix))
            continue
        for name, value in settings.items():
            domain = _domain(visit.module, name)
            holder = visit.module.get(domain)
            if not isinstance(holder, dict):
                holder = visit.module[domain] = {}
            holder[name] = value
    return copy, problems


def _domain(module: JsonObject, name: str) -> str:
    """Tell where a setting belongs: to the parameters only when it is known to."""
    metadata = as_object(module.get("metadata"))
    declared = [as_object(one).get("name") for one in as_list(metadata.get("parameters"))]
    return (
        "parameters"
        if name in declared or name in as_object(module.get("parameters"))
        else "mapper"
    )


async def _faults(make: Make, plan: _Plan) -> list[Problem]:
    """Find what is wrong with the blueprint as it would be bound, hooks to be made aside."""
    bound = filled(plan.blueprint, plan.needs, plan.objects)
    found = told(errors(all_faults(bound)), "template")
    checked = await check_bindings(make, plan.team, bound)
    return found + told(errors(one for each in checked if (one := each.as_problem)), "template")


# Writing


async def _create_missing(make: Make, plan: _Plan) -> list[str]:
    made: list[str] = []
    for need in plan.needs:
        if need.to_create:
            need.source.name = plan.name[:128]
            made.append(await create_counterpart(make, need, plan.team, list(plan.needs)))
    return made


async def _create(make: Make, args: UseTemplate, plan: _Plan) -> Scenario:
    blueprint = filled(plan.blueprint, plan.needs, plan.objects)
    body: dict[str, Any] = {
        "teamId": plan.team,
        "blueprint": dump(blueprint),
        "scheduling": compact(plan.chosen.documents.schedule),
    }
    if args.folder_id is not None:
        body["folderId"] = args.folder_id
    if plan.chosen.public is not None:
        body["basedon"] = plan.chosen.public.id
    if plan.interface:
        body["metadata"] = plan.interface
    query: dict[str, Any] = {"confirmed": True} if args.allow_app_install else {}
    new = make.new_id("scenario")
    writing = make.write(
        post("/scenarios", body, **query),
        into=OneScenario,
        says=f"Create the scenario “{plan.name}” from the template “{plan.chosen.name}”",
        undo=lambda made: Undo(
            (delete(f"/scenarios/{made.scenario.id}"),),
            None if args.activate else _watch(made.scenario.id),
        ),
        predict={"scenario": {"id": new, "name": plan.name, "teamId": plan.team}},
    )
    return (await explained(writing, blueprint, "template_use")).scenario


def _watch(scenario_id: int) -> Watch:
    return Watch(f"/scenarios/{scenario_id}", ("scenario.lastEdit",))


async def _switch_on(make: Make, made: Scenario) -> None:
    path = f"/scenarios/{made.id}"
    await make.write(
        post(f"{path}/start"),
        into=_Switched,
        says="Switch it on",
        undo=Undo((post(f"{path}/stop"),), _watch(made.id)),
        predict={},
    )
