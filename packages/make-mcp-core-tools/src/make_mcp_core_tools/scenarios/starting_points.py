"""Where a polling trigger goes on from.

Make documents one form, `{"<module id>": {"epoch": {"date": …}}}` (API reference, chapter 2.27);
what a trigger keeps now cannot be read, only whether it keeps anything.
"""

from typing import Literal

from make_blueprint.walk import Visit, walk
from make_mcp_base.authoring import (
    Failure,
    Input,
    Irreversible,
    Make,
    Output,
    Problem,
    ScenarioId,
    put,
)
from pydantic import Field

from make_mcp_core_tools._engine.moments import Moment, iso, milliseconds
from make_mcp_core_tools._engine.run_modules import module_name
from make_mcp_core_tools._engine.scenarios import Scenario, read_scenario, read_stored
from make_mcp_core_tools.scenarios.declared import category

_BEGINNING = "1970-01-01T00:00:00.000Z"
_PLAN_SECONDS = 900
_NEVER_POLL = frozenset({"scenario-service", "builtin", "util", "json", "http", "gateway"})
"""Make's own apps whose modules may stand first and watch nothing."""

# Inputs


class SetTriggerStart(Input):
    scenario_id: ScenarioId
    start: Literal["all", "now", "since"]
    """`all`: everything the service still gives; `now`: only what comes from now on."""
    since: Moment | None = None
    """With `since`: ISO 8601, or a span back such as `24h` or `7d`."""
    module_id: int | None = Field(default=None, ge=1)
    """The trigger, which is the first module; default: that one."""


# Outputs


class TriggerStart(Output):
    scenario_id: int
    module_id: int
    module: str
    starts_after: str
    """Items newer than this come with the next run."""
    kept_before: bool
    """True when the trigger had a place it would have gone on from."""


# Make's answers


class _Exists(Output):
    exists: bool = False


class _Updated(Output):
    updated: bool = True


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    confirm=True,
    words=("epoch", "choose where to start", "reprocess", "polling"),
    examples=[SetTriggerStart(scenario_id=101, start="since", since="24h")],
)
async def scenario_trigger_start_set(make: Make, args: SetTriggerStart) -> TriggerStart:
    """Set from which moment a polling module takes items at its next run.

    `now` is the moment of the plan. No undo: its present place cannot be read. For triggers that
    go by dates; those that go by ids are set in Make's editor.
    """
    scenario = await read_scenario(make, args.scenario_id)
    trigger = await _trigger(make, scenario, args)
    moment = await _moment(make, args, trigger)
    path = f"/scenarios/{scenario.id}/data"
    kept = await make.get(f"{path}/{trigger.id}", into=_Exists, scope="scenarios:write")
    make.affects(f"The next run takes every item newer than {moment}, up to the trigger's limit.")
    if args.start != "now":
        make.affects("Items that were processed before are processed again.")
    if scenario.is_active:
        make.affects("The scenario is active: its schedule runs it.")
    await make.write(
        put(path, {str(trigger.id): {"epoch": {"date": moment}}}),
        into=_Updated,
        says=f"Let scenario {scenario.id} “{scenario.name}” take items newer than {moment}",
        undo=Irreversible("Make does not tell from where the trigger would have gone on."),
        before={"last_edit": str(scenario.last_edit), "keeps": kept.exists},
    )
    return TriggerStart(
        scenario_id=scenario.id,
        module_id=trigger.id or 0,
        module=module_name(trigger),
        starts_after=moment,
        kept_before=kept.exists,
    )


async def _trigger(make: Make, scenario: Scenario, args: SetTriggerStart) -> Visit:
    """Find the trigger, or refuse with everything that is wrong."""
    stored = await read_stored(make, scenario.id)
    visits = [one for one in walk(stored.blueprint) if not one.in_orphan and one.id is not None]
    found = visits[0] if visits else None
    problems: list[Problem] = []
    if found is None or args.module_id not in (None, found.id):
        fix = f"Send {found.id} or leave it out." if found else "`scenario_get` shows the modules."
        text = f"Module {args.module_id} does not start the scenario."
        problems.append(Problem("module_id", text, fix))
    elif scenario.hook_id is None and found.app in _NEVER_POLL:
        text = f"Module {found.id} {found.type} watches no service, so it keeps no place."
        problems.append(Problem("scenario_id", text))
    if scenario.hook_id is not None:
        text = "The scenario starts with a webhook, which keeps no place."
        problems.append(Problem("scenario_id", text))
    if (args.start == "since") != (args.since is not None):
        problems.append(Problem("since", "It goes with start=since, and only with it."))
    if problems or found is None:
        raise Failure(
            "The start was not set.",
            next_step="Call `scenario_trigger_start_set` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
    return found


async def _moment(make: Make, args: SetTriggerStart, trigger: Visit) -> str:
    """Give the moment; what counts from now counts from the plan, so that its use is the same."""
    if args.start == "all":
        return _BEGINNING
    name = f"trigger-start:{args.scenario_id}:{trigger.id}:{args.since}"
    planned = await make.kept(name)
    moment = planned if isinstance(planned, str) else iso(milliseconds(args.since or "0m"))
    await make.keep(name, moment if make.planning else None, _PLAN_SECONDS)
    return moment
