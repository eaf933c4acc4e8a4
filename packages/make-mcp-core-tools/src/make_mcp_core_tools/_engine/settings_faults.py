"""Faults between a blueprint and the scenario around it: schedule, inputs, outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from make_blueprint.document import as_list, as_object
from make_blueprint.problem import Problem
from make_blueprint.walk import Visit, walk

from make_mcp_core_tools._engine.interfaces import Fields, required_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from make_mcp_core_tools._engine.scenarios import Stored
    from make_mcp_core_tools._engine.schedules import Place


def settings_faults(stored: Stored, place: Place, *, instant: bool) -> list[Problem]:
    """Find what does not fit together in a scenario (Make API reference, chapter 1.14).

    Args:
        stored: Its blueprint and settings.
        place: Limits of its organization.
        instant: Whether it begins with an instant trigger.
    """
    visits = list(walk(stored.blueprint))
    return [*_schedule(stored, place, instant), *_inputs(stored), *_outputs(stored, visits)]


def _schedule(stored: Stored, place: Place, instant: bool) -> Iterator[Problem]:
    kind, seconds = stored.scheduling.get("type"), stored.scheduling.get("interval")
    if kind == "on-demand" and not place.on_demand:
        text = "The organization's plan has no on-demand scheduling."
        fix = "Call `scenario_schedule_set` with another kind."
        yield Problem("no-demand", "error", "scheduling.type", None, text, fix)
    if kind == "immediately" and not instant:
        text = "It is to run when data arrives, but does not begin with an instant trigger."
        fix = "Call `scenario_schedule_set` with another kind."
        yield Problem("no-instant-trigger", "error", "scheduling.type", None, text, fix)
    if kind == "indefinitely" and isinstance(seconds, int) and seconds < place.minimum_minutes * 60:
        text = f"The interval is below the plan's minimum of {place.minimum_minutes} minutes."
        fix = f"Call `scenario_schedule_set` with interval_minutes={place.minimum_minutes}."
        yield Problem("short-interval", "error", "scheduling.interval", None, text, fix)


def _inputs(stored: Stored) -> Iterator[Problem]:
    fields = _fields(stored, "input")
    if required_names(fields) and stored.scheduling.get("type") != "on-demand":
        names = ", ".join(required_names(fields))
        text = f"Required inputs ({names}) need it to run on demand."
        fix = "Call `scenario_schedule_set` with kind=on_demand."
        yield Problem("inputs-need-demand", "error", "interface.input", None, text, fix)


def _outputs(stored: Stored, visits: list[Visit]) -> Iterator[Problem]:
    """Hold declared outputs against what the flow returns."""
    declared = {str(field.get("name")) for field in _fields(stored, "output")}
    returning = [visit for visit in visits if visit.type == "scenario-service:ReturnData"]
    if declared and not returning:
        text = f"Outputs are declared ({', '.join(sorted(declared))}) and no module returns them."
        fix = "Add `scenario-service:ReturnData` with one mapped value for each."
        yield Problem("nothing-returned", "warning", "interface.output", None, text, fix)
    for visit in returning:
        given = set(as_object(visit.module.get("mapper")))
        if declared and declared - given:
            text = f"It does not return {', '.join(sorted(declared - given))}; these stay empty."
            path = f"{visit.path}.mapper"
            yield Problem("output-missing", "warning", path, visit.id, text, "Map them.")


def _fields(stored: Stored, side: str) -> Fields:
    return cast("Fields", as_list(stored.interface.get(side)))
