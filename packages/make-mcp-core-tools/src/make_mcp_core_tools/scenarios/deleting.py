"""Deleting scenarios, with what is needed to make them again kept in the journal."""

from typing import Any, cast

from make_blueprint.document import clone, compact, dump
from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    Output,
    Problem,
    Request,
    ScenarioId,
    Undo,
    delete,
    patch,
    post,
)

from make_mcp_core_tools._engine.blueprint_index import callers_of
from make_mcp_core_tools._engine.scenarios import Scenario, Stored, read_scenario, read_stored
from make_mcp_core_tools.scenarios.declared import category

_NOTE = (
    "The scenario comes back inactive, with a new id and without its history; what called it by"
    " its old id has to be pointed to the new one."
)

# Inputs


class DeleteScenario(Input):
    scenario_id: ScenarioId
    ignore_dependents: bool = False
    """Delete it even when other scenarios call it."""


# Outputs


class ScenarioDeleted(Output):
    deleted: int
    name: str = ""
    backup: str = ""
    """How it can be made again."""


# Parts of answers


class Gone(Output):
    scenario: int


# Tools


@category.tool(
    scope="scenarios:write",
    effect="delete",
    formerly=("scenarios_delete", "delete-scenario"),
    words=("remove", "trash"),
)
async def scenario_delete(make: Make, args: DeleteScenario) -> ScenarioDeleted:
    """Delete a scenario with its history. Blueprint and interface are kept for `operation_undo`."""
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    callers = await callers_of(make, scenario)
    if callers and not args.ignore_dependents:
        raise _called(scenario, callers)
    _tell(make, scenario, callers)
    await make.write(
        delete(f"/scenarios/{scenario.id}"),
        into=Gone,
        says=f"Delete the scenario “{scenario.name}” ({scenario.id})",
        undo=Undo(_again(scenario, stored), note=_NOTE),
        before={"last_edit": str(scenario.last_edit), "active": scenario.is_active},
    )
    return ScenarioDeleted(
        deleted=scenario.id,
        name=scenario.name,
        backup="`operation_undo` makes it again with the same blueprint and interface.",
    )


def _called(scenario: Scenario, callers: list[tuple[int, str]]) -> Failure:
    return Failure(
        f"Scenario {scenario.id} is called by {len(callers)} other scenarios.",
        why="Their runs would fail at that module.",
        next_step="Change the callers first, or call `scenario_delete` with"
        " ignore_dependents=true.",
        code="has_dependents",
        problems=[Problem(f"scenario {ident}", f"“{name}” calls it.") for ident, name in callers],
    )


def _tell(make: Make, scenario: Scenario, callers: list[tuple[int, str]]) -> None:
    """Say in the plan what goes with the scenario."""
    if scenario.is_active:
        make.affects("It is active: its runs stop.")
    if scenario.hook_id:
        make.affects(f"Webhook {scenario.hook_id} stays, and nothing works off its data.")
    if scenario.dlq_count:
        make.affects(f"{scenario.dlq_count} incomplete executions are lost.")
    make.affects("Its execution history is lost.")
    for ident, name in callers:
        make.affects(f"Scenario {ident} “{name}” calls it and will fail.")


def _again(scenario: Scenario, stored: Stored) -> tuple[Request, ...]:
    """Give the requests that make a deleted scenario again."""
    blueprint = clone(stored.blueprint)
    blueprint["name"] = scenario.name
    body: dict[str, Any] = {
        "teamId": scenario.team_id,
        "blueprint": dump(blueprint),
        "scheduling": compact(stored.scheduling),
    }
    if stored.has_interface:
        body["metadata"] = {
            "input_spec": stored.interface.get("input"),
            "output_spec": stored.interface.get("output"),
        }
    if scenario.folder_id:
        body["folderId"] = scenario.folder_id
    new = "/scenarios/{0.scenario.id}"
    requests = [post("/scenarios", body, confirmed=True)]
    if scenario.description:
        requests.append(patch(new, {"description": scenario.description}))
    if stored.has_interface:
        requests.append(patch(f"{new}/interface", {"interface": cast("Any", stored.interface)}))
    return tuple(requests)
