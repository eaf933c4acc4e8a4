"""When scenarios run: schedules in plain words."""

from datetime import UTC, datetime
from typing import Any, cast

from make_blueprint.document import compact
from make_mcp_base.authoring import (
    Document,
    Failure,
    Make,
    Output,
    Problem,
    ScenarioId,
    Timestamp,
    Undo,
    Watch,
    patch,
)

from make_mcp_core_tools._engine.interfaces import required_names
from make_mcp_core_tools._engine.saving import same
from make_mcp_core_tools._engine.scenarios import (
    OneScenario,
    Scenario,
    Stored,
    is_instant,
    read_scenario,
    read_stored,
)
from make_mcp_core_tools._engine.schedules import (
    FullSchedule,
    Place,
    Schedule,
    in_words,
    next_runs,
    place_of,
    translate,
)
from make_mcp_core_tools.scenarios.declared import category

# Inputs


class SetSchedule(FullSchedule):
    scenario_id: ScenarioId


# Outputs


class ScheduleSet(Output):
    scenario_id: int
    changed: bool
    schedule: str
    timezone: str
    next_runs: list[Timestamp]
    """Computed, in the organization's time zone; for an interval, counted from now."""
    active: bool
    """While false, none of them happens."""
    scheduling: Document
    """As Make keeps it."""


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    formerly=("scenario_scheduling_update", "scenarios_scheduling_update"),
    words=("cron", "timer", "interval", "hourly", "when"),
    examples=[
        SetSchedule(scenario_id=101, kind="weekly", time="09:00", days=["monday", "thursday"]),
        SetSchedule(scenario_id=101, kind="every", interval_minutes=15),
    ],
)
async def scenario_schedule_set(make: Make, args: SetSchedule) -> ScheduleSet:
    """Set when a scenario runs, in plain words; the answer shows the next five runs.

    There is no cron: several times a day need `every` with windows, or several scenarios.
    """
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    place = await place_of(make, scenario.team_id)
    new = translate(args, place, instant=is_instant(scenario, stored))
    problems = [*new.problems, *inputs_need_demand(args, stored)]
    if problems:
        raise Failure(
            f"This schedule does not fit scenario {scenario.id}.",
            next_step="Call `scenario_schedule_set` again with the corrections above.",
            code="invalid_schedule",
            problems=problems,
        )
    for note in new.notes:
        make.warn(note)
    old = cast("Document", stored.scheduling)
    changed = not same(stored.scheduling, cast("Any", new.scheduling))
    if changed:
        make.shows(f"~ schedule: {in_words(old)} -> {in_words(new.scheduling)}")
        await _save(make, scenario, stored, new.scheduling)
        stored = await read_stored(make, scenario.id)
    return _answer(scenario, cast("Document", stored.scheduling), place, changed=changed)


def inputs_need_demand(args: Schedule, stored: Stored) -> list[Problem]:
    """Find that a scenario with required inputs would be scheduled."""
    fields = cast("list[Document]", stored.interface.get("input") or [])
    names = required_names(fields)
    if args.kind == "on_demand" or not names:
        return []
    text = f"The scenario has required inputs ({', '.join(names)}), so it can only run on demand."
    fix = "Make them optional or remove them with `scenario_interface_set` first."
    return [Problem("kind", text, fix)]


async def _save(make: Make, scenario: Scenario, stored: Stored, new: Document) -> None:
    path = f"/scenarios/{scenario.id}"
    await make.write(
        patch(path, {"scheduling": compact(cast("Any", new))}),
        into=OneScenario,
        says=f"Run the scenario “{scenario.name}” ({scenario.id}) {in_words(new)}",
        undo=Undo(
            (patch(path, {"scheduling": compact(stored.scheduling)}),),
            Watch(path, ("scenario.lastEdit",)),
        ),
        before={"scheduling": cast("Any", stored.scheduling), "active": scenario.is_active},
    )


def _answer(scenario: Scenario, kept: Document, place: Place, *, changed: bool) -> ScheduleSet:
    return ScheduleSet(
        scenario_id=scenario.id,
        changed=changed,
        schedule=in_words(kept),
        timezone=place.zone.key,
        next_runs=next_runs(kept, place.zone, datetime.now(UTC)),
        active=scenario.is_active,
        scheduling=kept,
    )
