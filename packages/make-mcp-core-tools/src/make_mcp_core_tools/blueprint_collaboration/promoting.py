"""Promotion: from a development scenario to its counterpart in production, hotfixes kept."""

from dataclasses import dataclass, field
from typing import Any, Literal

from make_blueprint.document import Blueprint, clone, compact, dump
from make_blueprint.merge import Merged, merge
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
    TeamId,
    Timestamp,
    Undo,
    Watch,
    delete,
    post,
)
from pydantic import Field

from make_mcp_core_tools._engine.app_installation import explained
from make_mcp_core_tools._engine.blueprint_repository import Repository, repository_of
from make_mcp_core_tools._engine.blueprint_secrets import protected, with_secrets
from make_mcp_core_tools._engine.promotion_mapping import map_bindings, rebound
from make_mcp_core_tools._engine.promotion_numbers import (
    Numbers,
    after_merge,
    aligned,
    numbered,
)
from make_mcp_core_tools._engine.promotion_records import (
    Bound,
    Promotion,
    digest,
    keep_promotion,
    promotions,
    standing,
)
from make_mcp_core_tools._engine.saving import Change, lines_of, same, save_blueprint
from make_mcp_core_tools._engine.scenarios import (
    OneScenario,
    Scenario,
    Stored,
    read_scenario,
    read_stored,
    refuse_stale,
)
from make_mcp_core_tools.blueprint_collaboration.comparing import conflict_problems
from make_mcp_core_tools.blueprint_collaboration.declared import category
from make_mcp_core_tools.blueprint_collaboration.saved import refuse_unfit

# Inputs


class ApplyPromotion(Input):
    scenario_id: ScenarioId
    """The source, as it is live."""
    target_team_id: TeamId | None = None
    """Team to promote into; default: the target scenario's."""
    target_scenario_id: ScenarioId | None = None
    """Default: where it was promoted last; else a new, inactive scenario is created."""
    mapping: dict[str, dict[str, int]] = {}
    """Decisions by kind and old id, `{"connection": {"11": 42}}`. Kinds: connection, hook, key,
    data_store, data_structure, device, scenario. The rest: what the target binds, type and name."""
    create_missing: bool = False
    """Create webhooks and data structures that have no counterpart."""
    on_conflict: Literal["refuse", "target", "source"] = "refuse"
    """Who wins where both changed the same thing."""
    base_version_id: int | None = Field(default=None, ge=1)
    """Version of the source that the target began as, when it was promoted by other means."""
    expected_last_edit: Timestamp | None = None
    """`last_edit` of the target as you read it."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""


# Outputs


class Promoted(Output):
    scenario_id: int
    """The target."""
    name: str
    team_id: int
    changed: bool
    created: bool = False
    base: str
    """What both sides were held against."""
    mapping: list[str] = []
    diff: list[str] = []
    hotfixes_kept: list[str] | None = None
    """What the target had changed itself since, and keeps."""
    recorded: bool
    """True when the promotion is kept as the base of the next."""
    url: str
    next_calls: list[NextCall] | None = None


# One promotion


@dataclass(slots=True)
class _Plan:
    """A promotion while it is decided.

    Attributes:
        theirs: The source, bound to the target's objects, without secrets.
        base: The same as it was at the last promotion.
        numbers: Module ids in the target by those in the source.
        new: Ids of what is created for it.
    """

    source: Scenario
    team: int
    repository: Repository
    target: Scenario | None = None
    there: Stored | None = None
    mapping: Bound | None = None
    lines: list[str] | None = None
    theirs: Blueprint | None = None
    base: Blueprint | None = None
    numbers: Numbers = field(default_factory=dict[int, int])
    new: set[int] = field(default_factory=set[int])
    based_on: str = "nothing: the target is new"


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    words=("promote", "deploy", "release", "dev to prod", "staging", "environments"),
    examples=[ApplyPromotion(scenario_id=101, target_team_id=7)],
)
async def blueprint_promote(make: Make, args: ApplyPromotion) -> Promoted:
    """Promote a scenario to its counterpart in another team, keeping what was fixed there.

    The source is merged with the target's live blueprint on the base of the last promotion. The
    target keeps its name, schedule, inputs, outputs, connections, hooks, keys and stores.
    """
    plan, live = await _decide(make, args)
    make.shows(*(plan.lines or []))
    hotfixes: list[str] = []
    if plan.target is None or plan.there is None:
        made = await _create(make, plan, live)
        target, changed, diff = made, True, []
    else:
        merged = _merge(make, plan, args)
        hotfixes = _hotfixes(plan)
        target, changed, diff = await _update(make, plan, merged, live)
    before = digest(plan.there.blueprint) if plan.there and changed else ""
    theirs = plan.theirs or {}
    record = Promotion(target.id, theirs, before, plan.mapping or {}, plan.numbers)
    recorded = await _record(make, plan, record)
    return Promoted(
        scenario_id=target.id,
        name=target.name,
        team_id=target.team_id,
        changed=changed,
        created=plan.target is None,
        base=plan.based_on,
        mapping=plan.lines or [],
        diff=diff,
        hotfixes_kept=hotfixes or None,
        recorded=recorded,
        url=make.page_url(target.url),
        next_calls=_next(target, created=plan.target is None),
    )


def _next(target: Scenario, *, created: bool) -> list[NextCall] | None:
    ids: Document = {"scenario_id": target.id}
    why = "It is off and has the source's schedule; check it, then switch it on."
    return [NextCall(tool="scenario_get", arguments=ids, why=why)] if created else None


# Deciding


async def _decide(make: Make, args: ApplyPromotion) -> tuple[_Plan, Stored]:
    """Find the target, the mapping and the base."""
    repository = repository_of(make, args.repository)
    target = await read_scenario(make, args.target_scenario_id) if args.target_scenario_id else None
    source = await read_scenario(make, args.scenario_id)
    team = args.target_team_id or (target.team_id if target else None)
    if team is None or (target and target.team_id != team) or (target and target.id == source.id):
        raise Failure(
            "It is not clear where to promote to.",
            why="The target must be another scenario, in the target team when both are given.",
            next_step="Call again with `target_team_id`, `target_scenario_id`, or both.",
            code="invalid_arguments",
        )
    plan = _Plan(source, team, repository, target)
    live = await read_stored(make, source.id)
    records = await promotions(repository, source.id, team)
    plan.target = target or await _earlier_target(make, records, team)
    last = None
    if plan.target is not None:
        refuse_stale(plan.target, args.expected_last_edit)
        plan.there = await read_stored(make, plan.target.id)
        last = standing(records, plan.target.id, plan.there.blueprint)
    known = last.mapping if last else {}
    plan.mapping, plan.lines, plan.new = await map_bindings(
        make,
        repository,
        live.blueprint,
        plan.there.blueprint if plan.there else None,
        (source.team_id, team),
        {kind: dict(rows) for kind, rows in args.mapping.items()},
        known,
        create_missing=args.create_missing,
    )
    plan.theirs = protected(rebound(live.blueprint, plan.mapping))
    if plan.there is not None:
        await _find_base(make, plan, args, last)
        versions = [plan.theirs, *([plan.base] if plan.base else [])]
        plan.numbers = aligned(last.numbers if last else {}, *versions)
    return plan, live


async def _earlier_target(make: Make, records: list[Promotion], team: int) -> Scenario | None:
    """Find where the source was promoted last, if that is still there."""
    from make_mcp_base.client.failures import Forbidden, NotFound

    for one in records:
        try:
            found = await read_scenario(make, one.target_id)
        except (NotFound, Forbidden):
            continue
        if found.team_id == team:
            return found
    return None


async def _find_base(make: Make, plan: _Plan, args: ApplyPromotion, last: Promotion | None) -> None:
    if args.base_version_id is not None:
        old = await read_stored(make, plan.source.id, args.base_version_id)
        plan.base = protected(rebound(old.blueprint, plan.mapping or {}))
        plan.based_on = f"version {args.base_version_id} of scenario {plan.source.id}"
    elif last is not None:
        plan.base, plan.based_on = last.source, "the last promotion"
    else:
        plan.based_on = "nothing: there is no earlier promotion"
        make.warn(
            "Without an earlier promotion a hotfix cannot be told from an old state: whatever"
            " differs in the target is replaced. Send base_version_id if the target began as a"
            " version of the source."
        )


# Merging


def _merge(make: Make, plan: _Plan, args: ApplyPromotion) -> Merged:
    """Merge source and target.

    Raises:
        Failure: Both changed the same thing and nobody said who wins.
    """
    theirs = numbered(plan.theirs or {}, plan.numbers)
    ours = protected(plan.there.blueprint) if plan.there else {}
    base = _base(plan, ours)
    favor: Literal["ours", "theirs"] = "theirs" if args.on_conflict == "source" else "ours"
    merged = merge(base, ours, _named(theirs, ours), favor=favor)
    if merged.conflicts and args.on_conflict == "refuse":
        raise Failure(
            f"Nothing was promoted: {len(merged.conflicts)} places were changed on both sides.",
            next_step="Call again with on_conflict=target to keep the hotfixes there, or"
            " on_conflict=source to overwrite them, or bring the fix into the source first.",
            code="conflicts",
            problems=conflict_problems(merged),
        )
    for one in merged.conflicts:
        make.warn(f"{one.path}: {one.problem} The {args.on_conflict} won.")
    if merged.broken:
        raise Failure(
            "Nothing was promoted: the merged scenario would refer to modules that are gone.",
            next_step="Mend the source with `scenario_patch`, then promote again.",
            code="broken_references",
            problems=[
                Problem(one.reference.path, f"{one.reference.text} leads nowhere.")
                for one in merged.broken
            ],
        )
    return merged


def _base(plan: _Plan, ours: Blueprint) -> Blueprint:
    """Give what both sides began with, as the target names and numbers it."""
    return _named(numbered(plan.base, plan.numbers) if plan.base else ours, ours)


def _named(blueprint: Blueprint, like: Blueprint) -> Blueprint:
    """Give a copy the target's name, which promotion leaves alone."""
    copy = clone(blueprint)
    if "name" in like:
        copy["name"] = like["name"]
    return copy


def _hotfixes(plan: _Plan) -> list[str]:
    """Tell what the target changed itself since the base."""
    if plan.base is None or plan.there is None:
        return []
    ours = protected(plan.there.blueprint)
    return lines_of(_base(plan, ours), ours)


# Saving


async def _update(
    make: Make, plan: _Plan, merged: Merged, live: Stored
) -> tuple[Scenario, bool, list[str]]:
    """Save the merged blueprint in the target."""
    if plan.target is None or plan.there is None:
        raise RuntimeError("There is nothing to update.")
    target, there = plan.target, plan.there
    source = plan.theirs or {}
    wanted = merged.blueprint
    if plan.base:
        plan.numbers = after_merge(source, plan.numbers, merged.renumbered)
    else:
        wanted = _named(numbered(source, plan.numbers), there.blueprint)
    numbers = {new: old for old, new in plan.numbers.items()}
    sources = [there.blueprint, live.blueprint]
    wanted = with_secrets(wanted, sources, "The promoted scenario", numbers)
    what = "The promoted scenario"
    await refuse_unfit(make, target.team_id, target.id, wanted, what, plan.new)
    if not same(live.interface, there.interface):
        make.warn(
            "Inputs or outputs of the two scenarios differ; the target keeps its own. Compare with"
            " `scenario_interface_get`, change with `scenario_interface_set`."
        )
    diff = lines_of(there.blueprint, wanted)
    if same(there.blueprint, wanted):
        return target, False, []
    make.shows(*diff)
    make.confirm(f"It changes scenario {target.id} of team {target.team_id}.")
    says = f"Promote “{plan.source.name}” ({plan.source.id}) to “{target.name}” ({target.id})"
    change = Change(target, there, wanted, says, {}, "blueprint_promote", install=True)
    await save_blueprint(make, change)
    return await read_scenario(make, target.id), True, diff


async def _create(make: Make, plan: _Plan, live: Stored) -> Scenario:
    """Create the target, switched off."""
    wanted = with_secrets(plan.theirs or {}, [live.blueprint], "The promoted scenario")
    await refuse_unfit(make, plan.team, None, wanted, "The promoted scenario", plan.new)
    if live.has_interface:
        make.warn(
            "The source declares inputs or outputs; declare them in the new scenario with"
            " `scenario_interface_set`."
        )
    make.confirm(f"It creates a scenario in team {plan.team}.")
    body: dict[str, Any] = {
        "teamId": plan.team,
        "blueprint": dump(wanted),
        "scheduling": compact(live.scheduling),
    }
    writing = make.write(
        post("/scenarios", body, confirmed=True),
        into=OneScenario,
        says=f"Create the scenario “{plan.source.name}” in team {plan.team}",
        undo=lambda made: Undo(
            (delete(f"/scenarios/{made.scenario.id}"),),
            Watch(f"/scenarios/{made.scenario.id}", ("scenario.lastEdit",)),
        ),
        before={"source_last_edit": str(plan.source.last_edit)},
    )
    return (await explained(writing, wanted, "blueprint_promote")).scenario


async def _record(make: Make, plan: _Plan, record: Promotion) -> bool:
    """Keep the promotion; one that could not be kept stands all the same."""
    if make.planning:
        return False
    message = f"Promote scenario {plan.source.id} to scenario {record.target_id}"
    try:
        await keep_promotion(plan.repository, plan.source.id, plan.team, record, message)
    except Failure as failure:
        make.warn(f"The promotion was done but not recorded for the next one: {failure.what}")
        return False
    return True
