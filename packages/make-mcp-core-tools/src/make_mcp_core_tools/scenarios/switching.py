"""Switching scenarios on and off."""

from make_blueprint.structure import errors, structure_problems
from make_blueprint.walk import walk
from make_mcp_base.authoring import (
    Failure,
    Input,
    Make,
    Output,
    Problem,
    ScenarioId,
    Undo,
    Watch,
    post,
)

from make_mcp_core_tools._engine.binding_checks import check_bindings
from make_mcp_core_tools._engine.blueprint_arguments import told
from make_mcp_core_tools._engine.scenarios import Scenario, read_scenario, read_stored
from make_mcp_core_tools._engine.schedules import in_words, place_of
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.outputs import ScenarioState, state_of

# Inputs


class ActivateScenario(Input):
    scenario_id: ScenarioId


class DeactivateScenario(Input):
    scenario_id: ScenarioId


# Parts of answers


class Switched(Output):
    pass


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    formerly=("scenarios_activate", "activate-scenario"),
    words=("turn on", "enable", "start", "switch on"),
)
async def scenario_activate(make: Make, args: ActivateScenario) -> ScenarioState:
    """Switch a scenario on. One with an interval also runs at once.

    Checks first what would make Make refuse: missing connections, faults, too short an interval.
    """
    scenario = await read_scenario(make, args.scenario_id)
    if scenario.is_active:
        return state_of(make, scenario, changed=False)
    await refuse_faulty(make, scenario)
    if scenario.scheduling.get("type") == "indefinitely":
        make.affects("It runs once as soon as it is on.")
    path = f"/scenarios/{scenario.id}"
    await make.write(
        post(f"{path}/start"),
        into=Switched,
        says=f"Switch on the scenario “{scenario.name}” ({scenario.id})",
        undo=Undo((post(f"{path}/stop"),), Watch(path, ("scenario.isActive",))),
        before={"active": False, "last_edit": str(scenario.last_edit)},
    )
    return state_of(make, await read_scenario(make, scenario.id), changed=True)


@category.tool(
    scope="scenarios:write",
    effect="update",
    formerly=("scenarios_deactivate", "deactivate-scenario"),
    words=("turn off", "disable", "stop", "pause", "switch off"),
)
async def scenario_deactivate(make: Make, args: DeactivateScenario) -> ScenarioState:
    """Switch a scenario off. A run in progress goes on to its end; webhooks queue their data."""
    scenario = await read_scenario(make, args.scenario_id)
    if not scenario.is_active:
        return state_of(make, scenario, changed=False)
    path = f"/scenarios/{scenario.id}"
    await make.write(
        post(f"{path}/stop"),
        into=Switched,
        says=f"Switch off the scenario “{scenario.name}” ({scenario.id})",
        undo=Undo((post(f"{path}/start"),), Watch(path, ("scenario.isActive",))),
        before={"active": True, "last_edit": str(scenario.last_edit)},
    )
    return state_of(make, await read_scenario(make, scenario.id), changed=True)


# Before switching on


async def refuse_faulty(make: Make, scenario: Scenario) -> None:
    """Refuse to switch on what Make would refuse, with every reason at once.

    Raises:
        Failure: The scenario has faults, lacks an object it binds, or is paused.
    """
    stored = await read_stored(make, scenario.id)
    visits = list(walk(stored.blueprint))
    problems = told(errors(structure_problems(stored.blueprint, visits)))
    checked = await check_bindings(make, scenario.team_id, stored.blueprint, scenario.id)
    found = [one.as_problem for one in checked if one.binding.kind in ("connection", "hook")]
    problems += told(one for one in found if one and one.severity == "error")
    problems += await _schedule_problems(make, scenario)
    if scenario.is_paused:
        problems.append(Problem("scenario", "Make holds it back: credits or payment are missing."))
    if not problems:
        return
    raise Failure(
        f"Scenario {scenario.id} cannot be switched on as it is.",
        next_step=f"Repair it with `scenario_patch`, check with `blueprint_validate`"
        f" (scenario_id={scenario.id}), then activate it.",
        code="not_activatable",
        problems=problems,
    )


async def _schedule_problems(make: Make, scenario: Scenario) -> list[Problem]:
    if scenario.scheduling.get("type") != "indefinitely":
        return []
    place = await place_of(make, scenario.team_id)
    seconds = scenario.scheduling.get("interval") or 900
    if seconds >= place.minimum_minutes * 60:
        return []
    text = (
        f"It runs {in_words(scenario.scheduling)}; the plan's shortest interval is"
        f" {place.minimum_minutes} minutes."
    )
    fix = f"Call `scenario_schedule_set` with kind=every, interval_minutes={place.minimum_minutes}."
    return [Problem("scheduling.interval", text, fix)]
