"""The same change on many scenarios, as one operation that one undo takes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from make_blueprint.document import compact
from make_mcp_base.authoring import (
    Failure,
    FolderId,
    Input,
    Irreversible,
    Make,
    Output,
    Problem,
    ScenarioId,
    TeamId,
    Undo,
    Watch,
    patch,
    post,
)
from pydantic import Field, RootModel

from make_mcp_core_tools._engine.blueprint_index import team_scenarios
from make_mcp_core_tools._engine.saving import same
from make_mcp_core_tools._engine.scenario_folders import folder_problems
from make_mcp_core_tools._engine.scenarios import Scenario, is_instant, read_stored
from make_mcp_core_tools._engine.schedules import (
    FullSchedule,
    Place,
    in_words,
    next_runs,
    place_of,
    translate,
)
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.switching import refuse_faulty
from make_mcp_core_tools.scenarios.timing import inputs_need_demand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Json, Request

_MOST = 100
_WATCHED = 10
"""Up to so many, an undo looks first whether each scenario is still as it was left."""
_HOPELESS = frozenset({"rate_limited", "organization_paused", "missing_scope", "circuit_open"})
"""Failures that every further scenario would meet too."""

# Inputs


class BulkApply(Input):
    action: Literal["activate", "deactivate", "move", "schedule"]
    """What to do with each."""
    team_id: TeamId | None = None
    scenario_ids: list[ScenarioId] = Field(default=[], max_length=_MOST)
    """Which scenarios; or choose them with the members below."""
    from_folder_id: FolderId | None = None
    """Those of this folder."""
    name_contains: str | None = Field(default=None, min_length=1)
    """Those with this text in their name."""
    app: str | None = Field(default=None, min_length=1)
    """Those that use this app (`slack`)."""
    active: bool | None = None
    """Only active or only inactive ones."""
    folder_id: FolderId | None = None
    """With `move`: where to; without it, out of folders."""
    schedule: FullSchedule | None = None
    """With `schedule`: as in `scenario_schedule_set`."""
    on_error: Literal["stop", "continue"] = "stop"
    """`stop` changes nothing when one of them cannot be changed; `continue` leaves that one out."""


# Outputs


class BulkItem(Output):
    scenario_id: int
    name: str
    result: Literal["changed", "unchanged", "failed", "not_done"]
    why: str | None = None
    problems: list[str] | None = None


class BulkResult(Output):
    action: str
    changed: int
    unchanged: int
    failed: int
    not_done: int
    """Left alone because an earlier one failed."""
    items: list[BulkItem]


# Make's answers


class _Anything(RootModel[Any]):
    pass


@dataclass(slots=True)
class Step:
    """What becomes of one scenario.

    Attributes:
        scenario: As it is.
        request: What is sent; None when it is as wanted, or cannot be changed.
        says: What the request does.
        back: Sent by an undo.
        watched: Member of the scenario that an undo looks at first.
        before: The state it rests on.
        failure: Why it cannot be changed.
    """

    scenario: Scenario
    request: Request | None = None
    says: str = ""
    back: Request | None = None
    watched: str = ""
    before: Json = None
    failure: Failure | None = None

    def item(self, failure: Failure | None = None, *, done: bool = True) -> BulkItem:
        """Write it as a row of the answer."""
        fault = failure or self.failure
        changed = "changed" if self.request else "unchanged"
        return BulkItem(
            scenario_id=self.scenario.id,
            name=self.scenario.name,
            result="failed" if fault else changed if done or not self.request else "not_done",
            why=f"{fault.what} {fault.why}".strip() if fault else None,
            problems=[str(one) for one in fault.problems] or None if fault else None,
        )


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    confirm=True,
    words=("many scenarios", "batch", "mass", "with a text in the name"),
    examples=[
        BulkApply(action="deactivate", team_id=12, name_contains="test"),
        BulkApply(
            action="schedule",
            scenario_ids=[101, 102],
            schedule=FullSchedule(kind="every", interval_minutes=60),
        ),
    ],
)
async def scenario_bulk_apply(make: Make, args: BulkApply) -> BulkResult:
    """Activate, deactivate, move or reschedule up to 100 scenarios of a team at once.

    The plan names each with what keeps it from being changed; one undo takes all back.
    """
    team = await make.team(args.team_id)
    chosen = await _selected(make, team, args)
    place = await place_of(make, team)
    steps: list[Step] = []
    for number, scenario in enumerate(chosen, 1):
        steps.append(await _step(make, args, scenario, place))
        await make.progress(number, 2 * len(chosen), f"Looked at “{scenario.name}”")
    faulty = [step for step in steps if step.failure]
    if faulty and args.on_error == "stop":
        raise _none_changed(faulty)
    for step in faulty:
        make.affects(f"Left out: {step.scenario.id} “{step.scenario.name}”.")
    items = await _carry_out(make, args, steps)
    counts = {name: sum(one.result == name for one in items) for name in _COUNTED}
    return BulkResult(action=args.action, items=items, **counts)


_COUNTED = ("changed", "unchanged", "failed", "not_done")


# Which scenarios


async def _selected(make: Make, team: int, args: BulkApply) -> list[Scenario]:
    """Choose the scenarios.

    Raises:
        Failure: The arguments do not go together, or choose none or too many.
    """
    rows = await team_scenarios(make, {"teamId": team})
    by_id = {row.id: row for row in sorted(rows, key=lambda row: row.id)}
    asked = [by_id[ident] for ident in dict.fromkeys(args.scenario_ids) if ident in by_id]
    found = asked if args.scenario_ids else [r for r in by_id.values() if _matches(r, args)]
    problems = _argument_problems(args)
    problems += await folder_problems(make, team, args.folder_id)
    problems += [
        Problem(f"scenario_ids[{at}]", f"{ident} is no scenario of team {team}.")
        for at, ident in enumerate(args.scenario_ids)
        if ident not in by_id
    ]
    if not problems and not found:
        problems.append(Problem("name_contains", "No scenario of the team is chosen."))
    if len(found) > _MOST:
        problems.append(Problem("name_contains", f"{len(found)} are chosen, at most {_MOST} go."))
    if problems:
        raise Failure(
            "No scenario was changed.",
            next_step="Call `scenario_bulk_apply` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
    return found


def _matches(row: Scenario, args: BulkApply) -> bool:
    return (
        (args.name_contains or "").casefold() in row.name.casefold()
        and args.from_folder_id in (None, row.folder_id)
        and args.active in (None, row.is_active)
        and (args.app is None or args.app in row.used_packages)
    )


def _argument_problems(args: BulkApply) -> list[Problem]:
    problems: list[Problem] = []
    by_choice = any((args.from_folder_id, args.name_contains, args.app))
    if bool(args.scenario_ids) == by_choice:
        text = "Either they, or `from_folder_id`, `name_contains` or `app`, are needed."
        problems.append(Problem("scenario_ids", text))
    if (args.action == "schedule") != (args.schedule is not None):
        problems.append(Problem("schedule", "It goes with action=schedule, and only with it."))
    if args.action != "move" and args.folder_id is not None:
        problems.append(Problem("folder_id", "It goes with action=move only."))
    return problems


# What becomes of each


async def _step(make: Make, args: BulkApply, scenario: Scenario, place: Place) -> Step:
    """Decide what becomes of one scenario; what Make would refuse is found here."""
    try:
        if args.action == "move":
            return _move(scenario, args.folder_id)
        if args.action == "schedule" and args.schedule:
            return await _reschedule(make, scenario, args.schedule, place)
        return await _switch(make, scenario, on=args.action == "activate")
    except Failure as failure:
        if failure.code in _HOPELESS:
            raise
        return Step(scenario, failure=failure)


def _move(scenario: Scenario, folder: int | None) -> Step:
    if scenario.folder_id == folder:
        return Step(scenario)
    path = f"/scenarios/{scenario.id}"
    where = "out of folders" if folder is None else f"to folder {folder}"
    return Step(
        scenario,
        patch(path, {"folderId": folder}),
        f"Move the scenario “{scenario.name}” ({scenario.id}) {where}",
        patch(path, {"folderId": scenario.folder_id}),
        "scenario.folderId",
        {"folderId": scenario.folder_id},
    )


async def _switch(make: Make, scenario: Scenario, *, on: bool) -> Step:
    if scenario.is_active == on:
        return Step(scenario)
    if on:
        await refuse_faulty(make, scenario)
    verbs = ("start", "stop") if on else ("stop", "start")
    path = f"/scenarios/{scenario.id}"
    return Step(
        scenario,
        post(f"{path}/{verbs[0]}"),
        f"Switch {'on' if on else 'off'} the scenario “{scenario.name}” ({scenario.id})",
        post(f"{path}/{verbs[1]}"),
        "scenario.isActive",
        {"active": scenario.is_active, "last_edit": str(scenario.last_edit)},
    )


async def _reschedule(make: Make, scenario: Scenario, schedule: FullSchedule, place: Place) -> Step:
    stored = await read_stored(make, scenario.id)
    new = translate(schedule, place, instant=is_instant(scenario, stored), path="schedule")
    problems = [*new.problems, *inputs_need_demand(schedule, stored)]
    if problems:
        raise Failure(
            "The schedule does not fit.",
            next_step="Choose another schedule, or leave this scenario out.",
            code="invalid_schedule",
            problems=problems,
        )
    if same(stored.scheduling, cast("Any", new.scheduling)):
        return Step(scenario)
    path = f"/scenarios/{scenario.id}"
    first = next(iter(next_runs(new.scheduling, place.zone, datetime.now(UTC))), None)
    when = f", next {first:%Y-%m-%d %H:%M}" if first and scenario.is_active else ""
    make.shows(f"~ {scenario.id}: {in_words(new.scheduling)}{when}")
    return Step(
        scenario,
        patch(path, {"scheduling": compact(cast("Any", new.scheduling))}),
        f"Run the scenario “{scenario.name}” ({scenario.id}) {in_words(new.scheduling)}",
        patch(path, {"scheduling": compact(stored.scheduling)}),
        "scenario.lastEdit",
        {"scheduling": cast("Any", stored.scheduling)},
    )


def _none_changed(faulty: Sequence[Step]) -> Failure:
    problems = [
        Problem(f"scenario {step.scenario.id}", str(one))
        for step in faulty
        if step.failure
        for one in step.failure.problems or (step.failure.what,)
    ]
    return Failure(
        f"No scenario was changed: {len(faulty)} of them cannot be.",
        next_step="Mend them, leave them out, or call `scenario_bulk_apply` with"
        " on_error=continue to change the others.",
        code="not_all_possible",
        problems=problems,
    )


# Doing it


async def _carry_out(make: Make, args: BulkApply, steps: Sequence[Step]) -> list[BulkItem]:
    """Send the requests in order; after a failure the rest is done only if that was asked for."""
    items: list[BulkItem] = []
    watched = sum(step.request is not None for step in steps) <= _WATCHED
    stopped = False
    for number, step in enumerate(steps, 1):
        if step.request is None or stopped:
            items.append(step.item(done=not stopped))
            continue
        failure = await _send(make, step, step.request, watched=watched)
        items.append(step.item(failure))
        stopped = failure is not None and (args.on_error == "stop" or failure.code in _HOPELESS)
        await make.progress(len(steps) + number, 2 * len(steps), step.says)
    return items


async def _send(make: Make, step: Step, request: Request, *, watched: bool) -> Failure | None:
    path = f"/scenarios/{step.scenario.id}"
    note = "" if watched else "Scenarios that were changed again since are put back as well."
    look = Watch(path, (step.watched,)) if watched else None
    undo = Undo((step.back,), look, note) if step.back else Irreversible("It has no way back.")
    try:
        await make.write(
            request, into=_Anything, says=step.says, before=step.before, predict={}, undo=undo
        )
    except Failure as failure:
        if failure.code == "plan_moved":
            raise
        return failure
    return None
