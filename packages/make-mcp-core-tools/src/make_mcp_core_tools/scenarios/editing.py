"""Editing scenarios: small operations on a blueprint, or new values for what they are made of."""

import json
from dataclasses import replace
from typing import Any, cast

from make_blueprint.document import (
    Blueprint,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    compact,
    dump,
)
from make_blueprint.patch import Patched, apply
from make_blueprint.problem import BlueprintError
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
    Problem,
    ScenarioId,
    Timestamp,
    Undo,
    Watch,
    patch,
)
from pydantic import Field

from make_mcp_core_tools._engine.binding_checks import check_new_bindings
from make_mcp_core_tools._engine.binding_names import with_ids
from make_mcp_core_tools._engine.blueprint_arguments import (
    BlueprintArgument,
    OperationsArgument,
    as_blueprint,
    refused,
    told,
)
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.saving import Change, lines_of, same, save_blueprint
from make_mcp_core_tools._engine.scenario_folders import folder_problems
from make_mcp_core_tools._engine.scenarios import (
    OneScenario,
    Scenario,
    Stored,
    is_instant,
    read_scenario,
    read_stored,
    refuse_stale,
)
from make_mcp_core_tools._engine.schedules import in_words, place_of
from make_mcp_core_tools._engine.settings_faults import settings_faults
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.outputs import ScenarioSaved, faults_of

# Inputs


class PatchScenario(Input):
    scenario_id: ScenarioId
    ops: OperationsArgument = Field(min_length=1, max_length=200)
    """Operations `{op, …}`, applied in order, all or none:
    set_param / set_mapper {module, name (dotted), value or unset: true};
    set_filter {module, filter: {name, conditions: [[{a, o, b}]]} or null};
    set_binding {module, value: id or unique name, kind?, parameter?, label?};
    add_module {module: {module, version?, parameters?, mapper?}, and one of after: id, before: id,
    route_of: id with route: index, at: start or end};
    move_module {module, place as above}; remove_module {module};
    set_error_handler {module, handlers: [module] or null};
    rename_module {module, name}; add_route {router, flow, filter?};
    remove_route {router, route}; reschedule {scheduling}."""
    expected_last_edit: Timestamp | None = None
    """`last_edit` as you read it; refused when somebody edited since."""
    allow_broken_references: bool = False
    """Save even if mappings lose the module they refer to."""
    allow_app_install: bool = False
    """Install apps that the organization has not used yet."""


class UpdateScenario(Input):
    scenario_id: ScenarioId
    name: str | None = Field(default=None, min_length=1, max_length=120)
    """New name."""
    description: str | None = Field(default=None, max_length=240)
    """New description."""
    folder_id: FolderId | None = None
    """null takes it out of its folder."""
    blueprint: BlueprintArgument | None = None
    """A whole new blueprint; for small edits use `scenario_patch`."""
    expected_last_edit: Timestamp | None = None
    """`last_edit` as you read it; required with `blueprint`."""
    allow_app_install: bool = False
    """Install apps that the organization has not used yet."""


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    words=("edit", "change module", "add module", "remove module", "mapping", "fix", "rename"),
    examples=[
        PatchScenario(
            scenario_id=101,
            ops=[
                {"op": "set_mapper", "module": 3, "name": "text", "value": "Hi {{1.name}}"},
                {
                    "op": "add_module",
                    "module": {"module": "util:FunctionSleep", "mapper": {"duration": "5"}},
                    "after": 3,
                },
            ],
        )
    ],
)
async def scenario_patch(make: Make, args: PatchScenario) -> ScenarioSaved:
    """Edit a scenario's blueprint by small operations, saved at once or not at all.

    Ids, layout and references are looked after. An active scenario answers with a plan first.
    """
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    refuse_stale(scenario, args.expected_last_edit)
    ops = await with_ids(make, scenario.team_id, stored.blueprint, args.ops)
    patched = _apply(scenario, stored.blueprint, ops)
    _refuse_broken(scenario, patched, allowed=args.allow_broken_references)
    problems = told(_new_errors(stored.blueprint, patched.blueprint), "")
    problems += await _new_bindings(make, scenario, (stored.blueprint, patched.blueprint), "")
    problems += await _schedule_problems(make, scenario, stored, patched)
    if problems:
        raise _not_saved(scenario, problems, "scenario_patch")
    count = len(args.ops)
    change = Change(
        scenario,
        stored,
        _without_schedule(stored.blueprint, patched),
        f"Save {count} edit{'s' if count > 1 else ''} of the scenario “{scenario.name}”"
        f" ({scenario.id})",
        _new_schedule(stored, patched),
        "scenario_patch",
        args.allow_app_install,
    )
    for note in [*patched.notes, *_nothing_starts_it(stored, patched)]:
        make.warn(note)
    saved = await _save(make, change)
    saved.new_module_ids = patched.new_ids or None
    return saved


@category.tool(
    scope="scenarios:write",
    effect="update",
    formerly=("scenarios_update", "update-scenario"),
    words=("rename", "describe", "move to folder", "replace blueprint"),
)
async def scenario_update(make: Make, args: UpdateScenario) -> ScenarioSaved:
    """Change a scenario's name, description, folder, or its whole blueprint.

    Only what is given is sent, so nothing else is touched.
    """
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    _require_last_edit(args, scenario)
    refuse_stale(scenario, args.expected_last_edit)
    wanted = _wanted(args, scenario)
    _refuse_folder(scenario, await folder_problems(make, scenario.team_id, wanted.get("folderId")))
    if args.blueprint is None:
        return await _set_members(make, scenario, stored, wanted)
    blueprint = await _checked(make, args, scenario, stored)
    says = f"Replace the blueprint of the scenario “{scenario.name}” ({scenario.id})"
    return await _save(
        make,
        Change(
            scenario, stored, blueprint, says, wanted, "scenario_update", args.allow_app_install
        ),
    )


# Patching


def _apply(scenario: Scenario, blueprint: Blueprint, ops: list[Document]) -> Patched:
    try:
        return apply(blueprint, ops)
    except BlueprintError as error:
        raise refused(
            f"Nothing was saved: the operations do not fit scenario {scenario.id}.",
            error,
            "Correct every operation named above and call `scenario_patch` again;"
            f" `scenario_get` (scenario_id={scenario.id}) shows the modules.",
        ) from error


def _new_schedule(stored: Stored, patched: Patched) -> JsonObject:
    """Give the schedule a patch has set, when it is another one."""
    if patched.scheduling is None or same(patched.scheduling, stored.scheduling):
        return {}
    return {"scheduling": compact(patched.scheduling)}


async def _schedule_problems(
    make: Make, scenario: Scenario, stored: Stored, patched: Patched
) -> list[Problem]:
    """Find what keeps a schedule that a patch sets from being used."""
    if not _new_schedule(stored, patched):
        return []
    place, instant = await place_of(make, scenario.team_id), is_instant(scenario, stored)
    wanted = replace(stored, blueprint=patched.blueprint, scheduling=patched.scheduling or {})
    found = errors(settings_faults(wanted, place, instant=instant))
    return [Problem(f"ops.{one.path}", one.problem) for one in found]


def _nothing_starts_it(stored: Stored, patched: Patched) -> list[str]:
    """Say that a scenario that ran when data arrived has lost the webhook it began with."""
    now = patched.scheduling or stored.scheduling
    lost = _hook(stored.blueprint) is not None and _hook(patched.blueprint) is None
    if not lost or now.get("type") != "immediately":
        return []
    return [
        "The scenario ran when data arrived and begins with no webhook any more, so nothing starts"
        " it; `scenario_schedule_set` gives it another schedule."
    ]


def _hook(blueprint: Blueprint) -> JsonValue:
    first = as_object((as_list(blueprint.get("flow")) or [None])[0])
    parameters = as_object(first.get("parameters"))
    return parameters.get("hook") or parameters.get("__IMTHOOK__")


def _without_schedule(before: Blueprint, patched: Patched) -> Blueprint:
    """Take out the schedule a patch has set: Make keeps it beside the blueprint."""
    if patched.scheduling is None or "scheduling" in before:
        return patched.blueprint
    return {key: value for key, value in patched.blueprint.items() if key != "scheduling"}


def _refuse_broken(scenario: Scenario, patched: Patched, *, allowed: bool) -> None:
    """Refuse a patch after which mappings give nothing.

    Raises:
        Failure: Some references break; each is told with its place.
    """
    if not patched.broken or allowed:
        return
    count = len(patched.broken)
    raise Failure(
        f"Nothing was saved: {count} reference{'s' if count > 1 else ''} would break.",
        next_step="Add operations that map something else there, or send"
        " allow_broken_references=true; then call `scenario_patch`"
        f" (scenario_id={scenario.id}) again.",
        code="broken_references",
        problems=[
            Problem(
                one.reference.path,
                f"Module {one.reference.module_id} maps `{one.reference.text[:120]}`."
                f" {one.problem}",
                "Map a module that runs before this one.",
            )
            for one in patched.broken
        ],
    )


def _new_errors(before: Blueprint, after: Blueprint) -> list[Fault]:
    """Give the errors an edit brings, references aside, which are judged by themselves."""
    return [one for one in _fresh(before, after) if one.code != "broken-reference"]


def _fresh(before: Blueprint, after: Blueprint) -> list[Fault]:
    had = {(one.code, one.module_id, one.problem) for one in errors(all_faults(before))}
    found = errors(all_faults(after))
    return [one for one in found if (one.code, one.module_id, one.problem) not in had]


async def _new_bindings(
    make: Make, scenario: Scenario, edit: tuple[Blueprint, Blueprint], under: str
) -> list[Problem]:
    """Find what an edit binds and the team does not have; what is merely doubtful is warned of."""
    checked = await check_new_bindings(make, scenario, *edit)
    found = [one for each in checked if (one := each.as_problem)]
    for one in found:
        if one.severity != "error":
            make.warn(f"{one.problem} {one.fix}".strip())
    return told(errors(found), under)


def _not_saved(scenario: Scenario, problems: list[Problem], tool: str) -> Failure:
    return Failure(
        f"Nothing was saved: scenario {scenario.id} would have faults.",
        next_step=f"Correct every fault above and call `{tool}` again.",
        code="invalid_blueprint",
        problems=problems,
    )


# Updating


def _require_last_edit(args: UpdateScenario, scenario: Scenario) -> None:
    if args.blueprint is None or args.expected_last_edit is not None:
        return
    raise Failure(
        "A whole blueprint is not replaced without `expected_last_edit`.",
        why="An edit somebody made since you read it would be lost.",
        next_step=f"Read `scenario_get` (scenario_id={scenario.id}) and send its `last_edit` as"
        " `expected_last_edit`, or send small edits with `scenario_patch`.",
        code="invalid_arguments",
        problems=[Problem("expected_last_edit", "is required with `blueprint`.")],
    )


def _refuse_folder(scenario: Scenario, problems: list[Problem]) -> None:
    if problems:
        raise Failure(
            f"Scenario {scenario.id} was not changed.",
            next_step="Call `scenario_update` again with a folder of the scenario's team.",
            code="invalid_arguments",
            problems=problems,
        )


def _wanted(args: UpdateScenario, scenario: Scenario) -> dict[str, Any]:
    """Give, in Make's spelling, the members that really change."""
    given = args.sent()
    wanted: dict[str, Any] = {}
    if args.name and args.name != scenario.name:
        wanted["name"] = args.name
    if args.description is not None and args.description != (scenario.description or ""):
        wanted["description"] = args.description
    if "folder_id" in given and args.folder_id != scenario.folder_id:
        wanted["folderId"] = args.folder_id
    return wanted


async def _set_members(
    make: Make, scenario: Scenario, stored: Stored, wanted: dict[str, Any]
) -> ScenarioSaved:
    """Change name, description or folder and nothing else."""
    if not wanted:
        return _answer(make, scenario, changed=False)
    old = {
        "name": scenario.name,
        "description": scenario.description or "",
        "folderId": scenario.folder_id,
    }
    lines = [f"~ {key}: {old[key]!r} -> {value!r}" for key, value in wanted.items()]
    make.shows(*lines)
    path = f"/scenarios/{scenario.id}"
    await make.write(
        patch(path, wanted),
        into=OneScenario,
        says=f"Change {', '.join(wanted)} of the scenario “{scenario.name}” ({scenario.id})",
        undo=Undo(
            (patch(path, {key: old[key] for key in wanted}),),
            Watch(path, ("scenario.lastEdit",)),
        ),
        before={"last_edit": str(scenario.last_edit)},
    )
    await _warn_of_losses(make, scenario, stored)
    return _answer(make, await read_scenario(make, scenario.id), changed=True, diff=lines)


async def _warn_of_losses(make: Make, scenario: Scenario, stored: Stored) -> None:
    """Prove that a change of members left flow, schedule, inputs and outputs alone."""
    now = await read_stored(make, scenario.id)
    if not same(stored.interface, now.interface):
        make.warn(
            "Make changed the inputs or outputs; set them with `scenario_interface_set`, or take"
            " the change back with `operation_undo`."
        )
    if not same(stored.scheduling, now.scheduling):
        make.warn("Make changed the schedule; set it again with `scenario_schedule_set`.")
    if not same(stored.blueprint.get("flow"), now.blueprint.get("flow")):
        make.warn("Make changed the modules as well; compare with `blueprint_diff`.")


async def _checked(
    make: Make, args: UpdateScenario, scenario: Scenario, stored: Stored
) -> Blueprint:
    """Repair and check a whole new blueprint.

    Raises:
        Failure: It has new faults, or binds anew what the team does not have.
    """
    repaired = repair(as_blueprint(args.blueprint or {}))
    for change in repaired.changes:
        make.warn(change)
    blueprint = repaired.blueprint
    blueprint["name"] = args.name or scenario.name
    problems = told(_fresh(stored.blueprint, blueprint))
    problems += await _new_bindings(make, scenario, (stored.blueprint, blueprint), "blueprint")
    if problems:
        raise _not_saved(scenario, problems, "scenario_update")
    return blueprint


# Saving


async def _save(make: Make, change: Change) -> ScenarioSaved:
    """Save what has changed, if anything has, and answer with the difference."""
    scenario, before = change.scenario, change.stored.blueprint
    lines = lines_of(before, change.blueprint)
    lines += [_also(change, key) for key in change.also if key != "name"]
    if dump(before) == dump(change.blueprint) and not change.also:
        return _answer(make, scenario, changed=False)
    make.shows(*lines)
    now = await save_blueprint(make, change)
    found = all_faults(now.blueprint)
    saved = _answer(make, await read_scenario(make, scenario.id), changed=True, diff=lines)
    saved.previous_version = now.replaced
    saved.faults = faults_of((one for one in found if one.severity != "info"), "blueprint") or None
    return saved


def _also(change: Change, key: str) -> str:
    """Say what is saved beside the blueprint."""
    if key != "scheduling":
        return f"~ {key}: {change.also[key]!r}"
    old = in_words(cast("Document", change.stored.scheduling))
    return f"~ schedule: {old} -> {in_words(json.loads(str(change.also[key])))}"


def _answer(
    make: Make, scenario: Scenario, *, changed: bool, diff: list[str] | None = None
) -> ScenarioSaved:
    ids: Document = {"scenario_id": scenario.id}
    run = NextCall(tool="scenario_run", arguments=ids, why="Try the new version.")
    return ScenarioSaved(
        scenario_id=scenario.id,
        name=scenario.name,
        changed=changed,
        diff=diff or [],
        last_edit=scenario.last_edit,
        active=scenario.is_active,
        url=make.page_url(scenario.url),
        next_calls=[run] if changed and scenario.is_active else None,
    )
