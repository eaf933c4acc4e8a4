"""Change requests: a change is proposed, a second person approves it, then it is applied."""

from dataclasses import replace
from typing import Literal, cast

from make_blueprint.diff import diff
from make_blueprint.document import Blueprint, JsonValue, clone
from make_blueprint.merge import Merged, merge
from make_blueprint.patch import apply as apply_operations
from make_blueprint.problem import BlueprintError
from make_blueprint.structure import errors
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    ScenarioId,
    TeamId,
    Timestamp,
    page_of,
)
from make_mcp_base.client.failures import NotFound
from pydantic import Field

from make_mcp_core_tools._engine.binding_checks import check_bindings
from make_mcp_core_tools._engine.blueprint_arguments import (
    BlueprintArgument,
    OperationsArgument,
    as_blueprint,
    refused,
)
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.blueprint_repository import Repository, author_of, repository_of
from make_mcp_core_tools._engine.blueprint_secrets import protected, revealed, with_secrets
from make_mcp_core_tools._engine.change_proposals import (
    Proposal,
    State,
    Verdict,
    all_proposals,
    change_proposal,
    keep_proposal,
    new_id,
    now,
    read_proposal,
    refuse_untrusted,
)
from make_mcp_core_tools._engine.change_risks import risks_of
from make_mcp_core_tools._engine.repository_writing import Author
from make_mcp_core_tools._engine.saving import Change, lines_of, same, save_blueprint
from make_mcp_core_tools._engine.scenarios import (
    Scenario,
    Stored,
    read_scenario,
    read_stored,
)
from make_mcp_core_tools.blueprint_collaboration.comparing import conflict_problems, kept_merge
from make_mcp_core_tools.blueprint_collaboration.declared import category
from make_mcp_core_tools.blueprint_collaboration.saved import BlueprintSaved, refuse_unfit, saved

# Inputs


class CreateChangeRequest(Input):
    scenario_id: ScenarioId
    title: str = Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*\S[^\r\n]*$")
    """What it is for, one line."""
    description: str = Field(default="", max_length=5_000)
    """Why, for the reviewer."""
    ops: OperationsArgument | None = None
    """Operations as for `scenario_patch`."""
    blueprint: BlueprintArgument | None = None
    """Or the whole proposed blueprint."""
    merge_id: str | None = None
    """Or the result of `blueprint_merge` or `blueprint_conflict_resolve`."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""


class ListChangeRequests(PageInput):
    state: Literal["open", "applied", "all"] = "open"
    """Which to list."""
    scenario_id: ScenarioId | None = None
    target_team_id: TeamId | None = None
    """Only those for scenarios of this team."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""


class GetChangeRequest(Input):
    change_request_id: str
    """Id; `change_request_list` tells it."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""


class ReviewChangeRequest(GetChangeRequest):
    verdict: Verdict
    """Approve, or ask for changes."""
    comment: str = Field(default="", max_length=5_000)
    """Reason, for the author."""


# Outputs


class ReviewRow(Output):
    by: str
    user_id: int
    verdict: Verdict
    comment: str | None = None
    at: Timestamp
    counts: bool
    """False for comments, and for verdicts on another state of the proposal or taken back."""


class ChangeRequestRow(Output):
    change_request_id: str
    title: str
    scenario_id: int
    author: str
    created: Timestamp
    state: State
    approvals: int


class ChangeRequests(Page):
    change_requests: list[ChangeRequestRow]


class ChangeRequest(ChangeRequestRow):
    description: str | None = None
    author_id: int
    diff: list[str]
    """What it changes."""
    risks: list[str] | None = None
    """What of it deserves a second look; see `blueprint_diff`."""
    faults: list[str] | None = None
    """What validation says of the proposal, held against the team."""
    live_moved: bool
    """True when the scenario was edited since; applying merges the two."""
    conflicts: list[str] | None = None
    """Where the scenario was edited at the same place since."""
    reviews: list[ReviewRow] = []
    can_apply: bool
    waits_for: list[str] | None = None
    next_calls: list[NextCall] | None = None


# Tools


@category.tool(
    scope="scenarios:read",
    effect="create",
    formerly=("create-collaboration-session",),
    words=("propose", "pull request", "review", "approval", "collaborate"),
    examples=[
        CreateChangeRequest(
            scenario_id=101,
            title="Longer pause",
            ops=[{"op": "set_mapper", "module": 2, "name": "duration", "value": "60"}],
        )
    ],
)
async def change_request_create(make: Make, args: CreateChangeRequest) -> ChangeRequest:
    """Propose a change of a scenario for review by somebody else; nothing changes in Make.

    It is kept as a branch of the repository, without secrets.
    """
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    author = await _me(make)
    wanted = await _proposed(make, args, stored.blueprint)
    base, blueprint = protected(stored.blueprint), protected(wanted)
    _refuse_new_secrets(wanted, blueprint, stored.blueprint)
    if same(base, blueprint):
        raise Failure(
            "The proposal changes nothing.",
            next_step="Send the change as `ops`, `blueprint` or `merge_id`.",
            code="no_change",
        )
    proposal = Proposal(
        new_id(),
        args.title,
        args.description,
        scenario.id,
        scenario.team_id,
        author,
        now(),
        base,
        blueprint,
    )
    if make.planning:
        make.warn("A dry run: nothing was written to the repository.")
    else:
        repository = repository_of(make, args.repository)
        await keep_proposal(repository, proposal, f"Propose: {args.title}")
    return await _shown(make, proposal, args.repository)


@category.tool(
    scope="scenarios:read", effect="read", words=("pull requests", "open reviews", "proposals")
)
async def change_request_list(make: Make, args: ListChangeRequests) -> ChangeRequests:
    """List change requests, newest first."""
    proposals, unread = await all_proposals(repository_of(make, args.repository))
    for name in unread:
        make.warn(f"The branch {name} holds no change request that can be read.")
    found = [
        one
        for one in proposals
        if args.state in ("all", one.state)
        and args.scenario_id in (None, one.scenario_id)
        and args.target_team_id in (None, one.team_id)
    ]
    page, more = page_of([_row(one) for one in found], args)
    return ChangeRequests(change_requests=page, **more)


@category.tool(scope="scenarios:read", effect="read", words=("pull request", "checks", "diff"))
async def change_request_get(make: Make, args: GetChangeRequest) -> ChangeRequest:
    """Show a change request: what it changes, its checks and reviews, whether it can be applied."""
    proposal = await read_proposal(repository_of(make, args.repository), args.change_request_id)
    return await _shown(make, proposal, args.repository)


@category.tool(
    scope="scenarios:read",
    effect="update",
    words=("approve", "reject", "comment", "four eyes", "sign off"),
    examples=[ReviewChangeRequest(change_request_id="9f8e7d6c", verdict="approve")],
)
async def change_request_review(make: Make, args: ReviewChangeRequest) -> ChangeRequest:
    """Approve, reject or comment a change request, as the Make user the token belongs to.

    Nobody approves their own. A later verdict replaces an earlier one.
    """
    repository = repository_of(make, args.repository)
    proposal = await read_proposal(repository, args.change_request_id)
    me = await _me(make)

    def review(one: Proposal) -> Proposal:
        refuse_untrusted(one)
        _refuse_closed(one)
        if args.verdict == "approve":
            _refuse_own(one, me)
        return one.reviewed(me, args.verdict, args.comment)

    reviewed = review(proposal)
    if make.planning:
        make.warn("A dry run: nothing was written to the repository.")
    else:
        message = f"{args.verdict.capitalize()}: {proposal.title}"
        reviewed = await change_proposal(repository, proposal.id, review, message)
    return await _shown(make, reviewed, args.repository)


@category.tool(
    scope="scenarios:write",
    effect="update",
    confirm=True,
    words=("merge pull request", "publish", "roll out"),
)
async def change_request_apply(make: Make, args: GetChangeRequest) -> BlueprintSaved:
    """Apply an approved change request to the live scenario, merged with edits made since.

    It needs an approval by somebody else than its author, no standing rejection, no conflict.
    """
    repository = repository_of(make, args.repository)
    proposal = await read_proposal(repository, args.change_request_id)
    refuse_untrusted(proposal)
    _refuse_closed(proposal)
    _refuse_unapproved(proposal)
    scenario = await read_scenario(make, proposal.scenario_id)
    stored = await read_stored(make, scenario.id)
    merged = _merged(proposal, stored.blueprint)
    if merged.conflicts:
        raise Failure(
            f"The scenario was edited at {len(merged.conflicts)} places of the proposal since.",
            next_step="Propose the change anew with `change_request_create`, for what is there"
            " now.",
            code="conflicts",
            problems=conflict_problems(merged),
        )
    wanted = with_secrets(merged.blueprint, [stored.blueprint], "The proposal")
    await refuse_unfit(make, scenario.team_id, scenario.id, wanted, "The proposal")
    changed = not same(stored.blueprint, wanted)
    lines = lines_of(stored.blueprint, wanted)
    if changed:
        make.shows(*lines)
        make.affects(f"Approved by {', '.join(one.name for one in proposal.approvals)}.")
        await _save(make, proposal, scenario, stored, wanted)
        scenario = await read_scenario(make, scenario.id)
    await _close(make, repository, proposal)
    return saved(make, scenario, lines if changed else None)


# Proposing


async def _me(make: Make) -> Author:
    """Give the person the token belongs to.

    Raises:
        Failure: Make does not tell.
    """
    me = await author_of(make)
    if me.id:
        return me
    raise Failure(
        "Make does not tell whose token this is, so nobody can be named as author or reviewer.",
        next_step="Give the token the scope `user:read`, then call again.",
        code="unknown_user",
    )


async def _proposed(make: Make, args: CreateChangeRequest, live: Blueprint) -> Blueprint:
    """Give the proposed blueprint, secrets in place.

    Raises:
        Failure: None or several were given, or the operations do not fit.
    """
    given = [args.ops, args.blueprint, args.merge_id]
    if sum(one is not None for one in given) != 1:
        raise Failure(
            "Send one of `ops`, `blueprint` and `merge_id`.",
            next_step="Call again with one of them.",
            code="invalid_arguments",
        )
    if args.ops is not None:
        try:
            return apply_operations(clone(live), cast("list[JsonValue]", args.ops)).blueprint
        except BlueprintError as error:
            next_step = "Correct the operations and call again; nothing was kept."
            raise refused("The operations do not fit the scenario.", error, next_step) from error
    if args.blueprint is not None:
        wanted = as_blueprint(args.blueprint)
    else:
        kept = await kept_merge(make, args.merge_id or "")
        if "merged" not in kept:
            raise Failure(
                "The merge has conflicts that nobody decided.",
                next_step=f"Call `blueprint_conflict_resolve` with merge_id={args.merge_id}.",
                code="unresolved_conflicts",
            )
        wanted = cast("Blueprint", kept["merged"])
    return with_secrets(wanted, [live], "The proposal")


def _refuse_new_secrets(wanted: Blueprint, kept: Blueprint, live: Blueprint) -> None:
    """Refuse a proposal that sets a secret: it could not be kept, and would be lost.

    Raises:
        Failure: Naming each place.
    """
    filled, unfilled = revealed(kept, [live])
    places = unfilled or [entry.path for entry in diff(filled, wanted).entries]
    if places:
        raise Failure(
            "The proposal sets secrets, which a change request cannot keep.",
            next_step="Use a connection or a key for them, or set them with `scenario_patch`"
            " yourself; then propose the rest.",
            code="secret_in_proposal",
            problems=[Problem(path, "A secret is set here.") for path in places],
        )


# Showing


def _row(one: Proposal) -> ChangeRequestRow:
    return ChangeRequestRow.model_validate(_common(one))


def _common(one: Proposal) -> Document:
    return {
        "change_request_id": one.id,
        "title": one.title,
        "scenario_id": one.scenario_id,
        "author": one.author.name,
        "created": one.created,
        "state": one.state,
        "approvals": len(one.approvals),
    }


async def _shown(make: Make, one: Proposal, repository: str | None) -> ChangeRequest:
    live = await _live(make, one.scenario_id)
    merged = _merged(one, live) if one.state == "open" and live is not None else None
    found = errors(all_faults(one.blueprint))
    if live is not None:
        checked = await check_bindings(make, one.team_id, one.blueprint, one.scenario_id)
        found += errors(fault for each in checked if (fault := each.as_problem))
    waits = _waits_for(one, merged, faulty=bool(found), gone=live is None)
    return ChangeRequest(
        **_common(one),
        description=one.description or None,
        author_id=one.author.id,
        diff=lines_of(one.base, one.blueprint),
        risks=risks_of(one.base, one.blueprint, diff(one.base, one.blueprint).entries) or None,
        faults=[f"{fault.path}: {fault.problem}" for fault in found] or None,
        live_moved=live is None or not same(one.base, protected(live)),
        conflicts=[f"{c.path}: {c.problem}" for c in merged.conflicts] or None if merged else None,
        reviews=_reviews(one),
        can_apply=not waits,
        waits_for=waits or None,
        next_calls=_next(one, repository, waiting=bool(waits)),
    )


async def _live(make: Make, scenario_id: int) -> Blueprint | None:
    """Read the scenario as it is; None when it is gone."""
    try:
        return (await read_stored(make, scenario_id)).blueprint
    except NotFound:
        return None


def _reviews(one: Proposal) -> list[ReviewRow]:
    said = {id(review) for review in one.verdicts.values()}
    return [
        ReviewRow(
            by=review.name,
            user_id=review.user_id,
            verdict=review.verdict,
            comment=review.comment or None,
            at=cast("Timestamp", review.at),
            counts=id(review) in said and not one.fault,
        )
        for review in one.reviews
    ]


def _next(one: Proposal, repository: str | None, *, waiting: bool) -> list[NextCall] | None:
    if one.state != "open" or one.fault:
        return None
    ids: Document = {"change_request_id": one.id}
    ids |= {"repository": repository} if repository else {}
    if not waiting:
        return [NextCall(tool="change_request_apply", arguments=ids, why="Apply it.")]
    verdict = ids | {"verdict": "approve"}
    why = "For somebody else than the author."
    return [NextCall(tool="change_request_review", arguments=verdict, why=why)]


def _waits_for(
    one: Proposal, merged: Merged | None, *, faulty: bool, gone: bool = False
) -> list[str]:
    found: list[str] = [one.fault] if one.fault else []
    if one.state != "open":
        found.append(f"nothing: it is {one.state}")
    if not one.approvals:
        found.append("an approval by somebody else than the author")
    found += [f"{review.name} to take back the rejection" for review in one.rejections]
    if merged and merged.conflicts:
        found.append("a new proposal: the scenario was edited at the same place")
    if gone:
        found.append("nothing: its scenario is gone")
    if faulty:
        found.append("the faults to be mended")
    return found


# Applying


def _merged(one: Proposal, live: Blueprint) -> Merged:
    return merge(one.base, protected(live), one.blueprint)


def _refuse_own(one: Proposal, me: Author) -> None:
    if me.id == one.author.id:
        raise Failure(
            "Nobody approves their own change request.",
            why=f"It was written by {one.author.name} (user {me.id}), whose token this is.",
            next_step="Have somebody else review it with their own token.",
            code="own_change_request",
        )


def _refuse_closed(one: Proposal) -> None:
    if one.state != "open":
        raise Failure(
            f"The change request is {one.state} already.",
            next_step="`change_request_list` shows the open ones.",
            code="closed",
        )


def _refuse_unapproved(one: Proposal) -> None:
    """Refuse what no second person stands for."""
    waits = _waits_for(one, None, faulty=False)
    if waits:
        raise Failure(
            "The change request is not approved; nothing was saved.",
            why=f"It waits for {'; '.join(waits)}.",
            next_step="Have somebody else call `change_request_review` with"
            f" change_request_id={one.id} and their own token.",
            code="not_approved",
        )


async def _save(
    make: Make, one: Proposal, scenario: Scenario, stored: Stored, wanted: Blueprint
) -> None:
    says = f"Apply “{one.title}” to “{scenario.name}” ({scenario.id})"
    change = Change(scenario, stored, wanted, says, {}, "change_request_apply", install=True)
    await save_blueprint(make, change)


async def _close(make: Make, repository: Repository, one: Proposal) -> None:
    """Note that it was applied; a note that fails takes nothing back."""
    if make.planning:
        return
    try:
        await change_proposal(repository, one.id, _applied, f"Apply: {one.title}")
    except Failure as failure:
        make.warn(f"It was applied, but is not marked as such: {failure.what}")


def _applied(one: Proposal) -> Proposal:
    return replace(one, state="applied")
