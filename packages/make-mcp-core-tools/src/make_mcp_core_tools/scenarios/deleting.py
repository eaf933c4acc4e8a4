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
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound

from make_mcp_core_tools._engine.custom_properties import read_values
from make_mcp_core_tools._engine.scenario_callers import Caller, all_callers
from make_mcp_core_tools._engine.scenarios import Scenario, Stored, read_scenario, read_stored
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.notes import notes_of

_NOTE = (
    "The scenario comes back inactive, with a new id and without its history; what called it by"
    " its old id has to be pointed to the new one."
)

_NEW = "/scenarios/{0.scenario.id}"
"""The scenario that an undo has made."""

# Inputs


class DeleteScenario(Input):
    scenario_id: ScenarioId
    ignore_dependents: bool = False
    """Delete it even when other scenarios or AI agents call it."""


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
    """Delete a scenario with its history.

    Blueprint, interface, notes and custom properties are kept for `operation_undo`.
    """
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    beside = await _beside(make, scenario)
    callers = await all_callers(make, scenario)
    if callers and not args.ignore_dependents:
        raise _called(scenario, callers)
    _tell(make, scenario, callers)
    await make.write(
        delete(f"/scenarios/{scenario.id}"),
        into=Gone,
        says=f"Delete the scenario “{scenario.name}” ({scenario.id})",
        undo=Undo(_again(scenario, stored, beside), note=_NOTE),
        before={"last_edit": str(scenario.last_edit), "active": scenario.is_active},
    )
    return ScenarioDeleted(
        deleted=scenario.id,
        name=scenario.name,
        backup="`operation_undo` makes it again with the same blueprint and interface.",
    )


def _called(scenario: Scenario, callers: list[Caller]) -> Failure:
    count = len(callers)
    return Failure(
        f"Scenario {scenario.id} is called by {count} other{'s' if count > 1 else ''}.",
        why="Their runs would fail where they call it.",
        next_step="Change the callers first, or call `scenario_delete` with"
        " ignore_dependents=true.",
        code="has_dependents",
        problems=[Problem(caller.place, f"“{caller.name}” calls it.") for caller in callers],
    )


def _tell(make: Make, scenario: Scenario, callers: list[Caller]) -> None:
    """Say in the plan what goes with the scenario."""
    if scenario.is_active:
        make.affects("It is active: its runs stop.")
    if scenario.hook_id:
        make.affects(f"Webhook {scenario.hook_id} stays, and nothing works off its data.")
    if scenario.dlq_count:
        make.affects(f"{scenario.dlq_count} incomplete executions are lost.")
    make.affects("Its execution history is lost.")
    for caller in callers:
        make.affects(f"{caller} calls it and will fail.")


async def _beside(make: Make, scenario: Scenario) -> tuple[Request, ...]:
    """Give the requests that bring back what lies beside the blueprint: notes and properties."""
    notes = await notes_of(make, scenario)
    query: dict[str, Any] = {"teamId": scenario.team_id}
    requests = [post(f"{_NEW}/notes", note.body(), **query) for note in reversed(notes)]
    try:
        values = await read_values(make, scenario.id)
    except (Forbidden, LicenceGate, NotFound):  # most plans have none
        values = {}
    if values:
        requests.append(post(f"{_NEW}/custom-properties", values))
    return tuple(requests)


def _again(scenario: Scenario, stored: Stored, beside: tuple[Request, ...]) -> tuple[Request, ...]:
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
    requests = [post("/scenarios", body, confirmed=True)]
    if scenario.description:
        requests.append(patch(_NEW, {"description": scenario.description}))
    if stored.has_interface:
        requests.append(patch(f"{_NEW}/interface", {"interface": cast("Any", stored.interface)}))
    return (*requests, *beside)
