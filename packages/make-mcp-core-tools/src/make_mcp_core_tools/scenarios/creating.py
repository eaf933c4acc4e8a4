"""Creating scenarios from blueprints."""

from dataclasses import dataclass, field
from typing import Any, cast

from make_blueprint.document import Blueprint, JsonObject, as_list, as_object, compact, dump
from make_blueprint.problem import Problem as Fault
from make_blueprint.repair import repair
from make_blueprint.structure import errors
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
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.app_installation import explained
from make_mcp_core_tools._engine.binding_checks import check_bindings
from make_mcp_core_tools._engine.blueprint_arguments import (
    BlueprintArgument,
    as_blueprint,
    told,
)
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.interfaces import fields_of
from make_mcp_core_tools._engine.scenario_folders import folder_problems
from make_mcp_core_tools._engine.scenarios import OneScenario, Scenario, read_scenario
from make_mcp_core_tools._engine.schedules import (
    MAKE_TYPES,
    Place,
    Schedule,
    in_words,
    place_of,
    translate,
)
from make_mcp_core_tools._engine.sole_connections import with_sole_connections
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.interface import KeptInterface
from make_mcp_core_tools.scenarios.outputs import Fault as FaultRow
from make_mcp_core_tools.scenarios.outputs import faults_of
from make_mcp_core_tools.scenarios.switching import Switched

_INSTANT_APPS = ("gateway:CustomWebHook", "gateway:CustomMailHook")

# Inputs


class CreateScenario(Input):
    blueprint: BlueprintArgument
    """`{name, flow: [modules], metadata}`, object or JSON text. What is missing and certain is
    added and reported; a connection the team lacks gives way to its only one of the type."""
    team_id: TeamId | None = None
    name: str | None = Field(default=None, min_length=1, max_length=120)
    """Default: the blueprint's."""
    description: str | None = Field(default=None, max_length=240)
    """What it is for."""
    folder_id: FolderId | None = None
    schedule: Schedule | None = None
    """Default: `immediately` for webhooks, else every 15 minutes or the plan's minimum."""
    inputs: list[Document] | Document | None = None
    """Make fields or a JSON Schema; need schedule kind on_demand."""
    outputs: list[Document] | Document | None = None
    """Likewise."""
    activate: bool = False
    """Switch it on."""
    allow_app_install: bool = False
    """Install apps that the organization has not used yet."""


# Outputs


class ScenarioCreated(Output):
    scenario_id: int
    name: str
    team_id: int
    active: bool
    schedule: str
    faults: list[FaultRow] | None = None
    """Warnings of the validation."""
    url: str
    next_calls: list[NextCall] | None = None


# What is about to be created


@dataclass(slots=True)
class Draft:
    """A scenario that is about to be created, with everything wrong about it."""

    team_id: int
    blueprint: Blueprint
    scheduling: Document = field(default_factory=dict[str, Any])
    interface: dict[str, list[Document]] = field(default_factory=dict[str, list[Document]])
    problems: list[Problem] = field(default_factory=list[Problem])
    warnings: list[Fault] = field(default_factory=list[Fault])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.blueprint.get("name") or "")


# Tools


@category.tool(
    scope="scenarios:write",
    effect="create",
    formerly=("scenarios_create", "create-scenario"),
    words=("new", "build", "import blueprint", "workflow", "automation"),
    examples=[
        CreateScenario(
            blueprint={
                "name": "Heartbeat",
                "flow": [
                    {
                        "id": 1,
                        "module": "http:MakeRequest",
                        "version": 4,
                        "parameters": {"authenticationType": "noAuth"},
                        "mapper": {"url": "https://example.com/ping", "method": "get"},
                    }
                ],
            },
            schedule=Schedule(kind="daily", time="07:30"),
        )
    ],
)
async def scenario_create(make: Make, args: CreateScenario) -> ScenarioCreated:
    """Create a scenario from a blueprint, checked first: all faults come in one answer.

    It starts inactive unless `activate` is true.
    """
    draft = await _draft(make, args)
    if draft.problems:
        raise Failure(
            "Nothing was created: the scenario has faults.",
            next_step="Correct them all and call `scenario_create` again; `app_module_get` shows"
            " what a module takes.",
            code="invalid_blueprint",
            problems=draft.problems,
        )
    steps = _steps(args, draft)
    scenario = await _create(make, args, draft, last=not steps)
    for number, step in enumerate(steps, 1):
        await _follow(make, args, draft, scenario, step, last=number == len(steps))
    made = await read_scenario(make, scenario.id)
    return ScenarioCreated(
        scenario_id=made.id,
        name=made.name,
        team_id=made.team_id,
        active=made.is_active,
        schedule=in_words(draft.scheduling),
        faults=faults_of(draft.warnings, "blueprint") or None,
        url=make.page_url(made.url),
        next_calls=_next(made),
    )


def _next(made: Scenario) -> list[NextCall]:
    ids: Document = {"scenario_id": made.id}
    if made.is_active:
        return [NextCall(tool="scenario_run", arguments=ids, why="Try it.")]
    return [NextCall(tool="scenario_activate", arguments=ids, why="It is still off.")]


# Checking


async def _draft(make: Make, args: CreateScenario) -> Draft:
    """Repair what is certain, and find everything that is wrong, before anything is sent."""
    repaired = repair(as_blueprint(args.blueprint))
    for change in repaired.changes:
        make.warn(change)
    team = await make.team(args.team_id)
    blueprint = repaired.blueprint
    blueprint["name"] = args.name or blueprint.get("name")
    draft = Draft(team, blueprint)
    if not isinstance(draft.blueprint.get("name"), str) or not draft.name:
        draft.problems.append(Problem("name", "The scenario has no name.", "Send `name`."))
    elif len(draft.name) > 120:
        draft.problems.append(Problem("name", "The name is longer than 120 characters."))
    draft.problems += await folder_problems(make, team, args.folder_id)
    await _check_blueprint(make, draft)
    _read_interface(args, draft, repaired.lifted)
    await _read_schedule(make, args, draft, repaired.lifted)
    return draft


async def _check_blueprint(make: Make, draft: Draft) -> None:
    """Judge the blueprint by itself and against the team, and bind what is certain."""
    found = all_faults(draft.blueprint)
    checked = await check_bindings(make, draft.team_id, draft.blueprint)
    draft.blueprint, checked = await with_sole_connections(
        make, draft.team_id, draft.blueprint, checked
    )
    found += [one for each in checked if (one := each.as_problem)]
    draft.problems += told(errors(found))
    draft.warnings = [one for one in found if one.severity == "warning"]


def _read_interface(args: CreateScenario, draft: Draft, lifted: JsonObject) -> None:
    declared = as_object(lifted.get("interface"))
    for side, given in (("input", args.inputs), ("output", args.outputs)):
        value: Any = as_list(declared.get(side)) if given is None else given
        if value:
            draft.interface[side], problems = fields_of(value, f"{side}s")
            draft.problems += problems


async def _read_schedule(
    make: Make, args: CreateScenario, draft: Draft, lifted: JsonObject
) -> None:
    place = await place_of(make, draft.team_id)
    instant = _begins_instantly(draft.blueprint)
    wrapped = cast("Document", as_object(lifted.get("scheduling")))
    if args.schedule is not None:
        new = translate(args.schedule, place, instant=instant, path="schedule.")
        draft.scheduling = new.scheduling
        draft.problems += new.problems
        for note in new.notes:
            make.warn(note)
    elif wrapped and wrapped.get("type") not in MAKE_TYPES.values():
        text = f"There is no scheduling type {wrapped.get('type')!r}."
        fix = "Send `schedule` with a kind: " + ", ".join(MAKE_TYPES) + "."
        draft.problems.append(Problem("blueprint.scheduling.type", text, fix))
    elif wrapped:
        draft.scheduling = wrapped
    else:
        draft.scheduling = _default_schedule(draft, place, instant)
        make.warn(f"No schedule was given; it runs {in_words(draft.scheduling)}.")
    if draft.interface.get("input") and draft.scheduling.get("type") != "on-demand":
        fix = "Send schedule={kind: on_demand}."
        draft.problems.append(Problem("schedule", "Inputs need it to run on demand.", fix))


def _default_schedule(draft: Draft, place: Place, instant: bool) -> Document:
    if draft.interface.get("input"):
        return {"type": "on-demand"}
    if instant:
        return {"type": "immediately"}
    return {"type": "indefinitely", "interval": 60 * max(15, place.minimum_minutes)}


def _begins_instantly(blueprint: Blueprint) -> bool:
    first = as_object((as_list(blueprint.get("flow")) or [None])[0])
    parameters = as_object(first.get("parameters"))
    metadata = as_object(blueprint.get("metadata"))
    hooked = bool(parameters.get("hook") or parameters.get("__IMTHOOK__"))
    return hooked or first.get("module") in _INSTANT_APPS or metadata.get("instant") is True


# Writing


def _steps(args: CreateScenario, draft: Draft) -> list[str]:
    """Name what follows the creation, in order."""
    wanted = {
        "description": bool(args.description),
        "interface": bool(draft.interface),
        "activate": args.activate,
    }
    return [name for name, on in wanted.items() if on]


async def _create(make: Make, args: CreateScenario, draft: Draft, *, last: bool) -> Scenario:
    body: dict[str, Any] = {
        "teamId": draft.team_id,
        "blueprint": dump(draft.blueprint),
        "scheduling": compact(cast("Any", draft.scheduling)),
    }
    if args.folder_id:
        body["folderId"] = args.folder_id
    query: dict[str, Any] = {"confirmed": True} if args.allow_app_install else {}
    new = make.new_id("scenario")
    writing = make.write(
        post("/scenarios", body, **query),
        into=OneScenario,
        says=f"Create the scenario “{draft.name}”, {in_words(draft.scheduling)}",
        undo=lambda made: Undo(
            (delete(f"/scenarios/{made.scenario.id}"),),
            _watch(made.scenario.id) if last else None,
        ),
        predict={"scenario": {"id": new, "name": draft.name, "teamId": draft.team_id}},
    )
    return (await explained(writing, draft.blueprint, "scenario_create")).scenario


def _watch(scenario_id: int) -> Watch:
    return Watch(f"/scenarios/{scenario_id}", ("scenario.lastEdit",))


async def _follow(
    make: Make, args: CreateScenario, draft: Draft, made: Scenario, step: str, *, last: bool
) -> None:
    """Carry out what follows the creation; the last step's undo guards the whole."""
    path, guard = f"/scenarios/{made.id}", _watch(made.id) if last else None
    shown: Any = {"scenario": {"id": made.id, "name": draft.name, "teamId": draft.team_id}}
    if step == "description":
        await make.write(
            patch(path, {"description": args.description}),
            into=OneScenario,
            says="Describe it",
            undo=Undo((patch(path, {"description": ""}),), guard),
            predict=shown,
        )
    elif step == "interface":
        interface = {side: draft.interface.get(side) or [] for side in ("input", "output")}
        empty: Document = {"interface": {"input": [], "output": []}}
        await make.write(
            patch(f"{path}/interface", {"interface": interface}),
            into=KeptInterface,
            says="Declare its inputs and outputs",
            undo=Undo((patch(f"{path}/interface", empty),), guard),
            predict=cast("Any", {"interface": interface}),
        )
    else:
        await make.write(
            post(f"{path}/start"),
            into=Switched,
            says="Switch it on",
            undo=Undo((post(f"{path}/stop"),), guard),
            predict={},
        )
