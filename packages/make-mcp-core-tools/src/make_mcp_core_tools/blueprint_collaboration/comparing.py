"""Comparing any two blueprints, and merging what two sides made of one."""

import hashlib
import re
from ast import literal_eval
from typing import Any, Literal, cast

from make_blueprint.diff import diff
from make_blueprint.document import Blueprint, JsonValue, as_object, dump
from make_blueprint.merge import Conflict, Merged, merge
from make_blueprint.merging.tree import Side as MergeSideName
from make_blueprint.walk import Pointer
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Json,
    Make,
    NextCall,
    Output,
    Problem,
    ScenarioId,
)
from pydantic import Field

from make_mcp_core_tools._engine.blueprint_arguments import BlueprintArgument, as_blueprint
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.blueprint_secrets import protected
from make_mcp_core_tools._engine.blueprint_versions import Side, comparable, side_of, versions_of
from make_mcp_core_tools._engine.change_risks import risks_of, setting_changes
from make_mcp_core_tools._engine.saving import lines_of
from make_mcp_core_tools._engine.templates import read_documents
from make_mcp_core_tools.blueprint_collaboration.declared import category

_KEPT_SECONDS = 24 * 3_600.0
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[((?:'[^']*'|\"[^\"]*\"))\]")

# Inputs


class DiffBlueprints(Input):
    scenario_id: ScenarioId
    """The later side: its live blueprint."""
    version_id: int | None = Field(default=None, ge=1)
    """Compare with this version; default: the one before the newest."""
    ref: str | None = None
    """Compare with a commit, branch or tag of the repository instead."""
    other_scenario_id: ScenarioId | None = None
    """Compare with this scenario instead."""
    template_id: int | None = Field(default=None, ge=1)
    """Compare with this template of a team instead."""
    blueprint: BlueprintArgument | None = None
    """Compare with this blueprint instead, as the later side."""
    to_version_id: int | None = Field(default=None, ge=1)
    """A version in place of the live blueprint as the later side."""
    to_ref: str | None = None
    """A commit, branch or tag as the later side."""
    to_draft: bool = False
    """The unpublished draft as the later side."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""
    view: Literal["lines", "markdown", "entries"] = "lines"
    """Form of the answer."""


class MergeSide(Input):
    scenario_id: int | None = None
    version_id: int | None = Field(default=None, ge=1)
    ref: str | None = None
    """Commit, branch or tag."""
    blueprint: BlueprintArgument | None = None
    """In place of a scenario."""


class MergeBlueprints(Input):
    base: MergeSide
    """What both sides began with."""
    ours: MergeSide
    """One side; it wins where both changed the same."""
    theirs: MergeSide
    """The other side."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""


class Choice(Input):
    conflict_id: str
    take: Literal["ours", "theirs", "base", "value"]
    value: Json = None
    """For take `value`."""


class ResolveConflicts(Input):
    merge_id: str
    """From `blueprint_merge`; kept for a day."""
    choices: list[Choice]
    """One for every conflict."""


# Outputs


class BlueprintDiff(Output):
    before: str
    after: str
    same: bool
    """True when nothing differs but layout."""
    change_count: int
    lines: list[str] | None = None
    markdown: str | None = None
    entries: list[Document] | None = None
    """kind, module_id, path, name, before, after; secrets masked."""
    settings: list[str] | None = None
    """Schedule, inputs and outputs, where both sides tell theirs; old versions do not."""
    risks: list[str] | None = None
    """What deserves a second look: trigger, removed, binding, filter, error handling, reference,
    schedule, inputs."""


class ConflictRow(Output):
    conflict_id: str
    kind: str
    path: str
    module_id: int | None = None
    problem: str
    base: Json = None
    ours: Json = None
    theirs: Json = None


class MergeResult(Output):
    merge_id: str
    clean: bool
    """True when no conflict is left."""
    conflicts: list[ConflictRow] = []
    renumbered: dict[str, int] | None = None
    """New id by theirs, of modules both sides gave the same id."""
    notes: list[str] | None = None
    faults: list[str] | None = None
    """What validation says of the merged blueprint."""
    diff: list[str] = []
    """Merged against ours."""
    blueprint: Document | None = None
    """The merged blueprint, secrets masked; absent while there are conflicts."""
    next_calls: list[NextCall] | None = None


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("compare", "what changed", "difference"),
    examples=[
        DiffBlueprints(scenario_id=101),
        DiffBlueprints(scenario_id=101, version_id=3, to_version_id=5),
        DiffBlueprints(scenario_id=101, ref="main"),
    ],
)
async def blueprint_diff(make: Make, args: DiffBlueprints) -> BlueprintDiff:
    """Compare any two blueprints module by module: versions, commits, drafts, scenarios, a file.

    Layout is no difference; secrets are masked. Schedule, inputs and outputs are compared as well.
    """
    before, after = await _sides(make, args)
    old, new = comparable(before, after)
    found = diff(old, new)
    entries = found.to_json()
    settings, risky = setting_changes(before.settings, after.settings)
    return BlueprintDiff(
        before=before.name,
        after=after.name,
        same=not found and not settings,
        change_count=len(entries) + len(settings),
        settings=settings or None,
        risks=[*risks_of(old, new, found.entries), *risky] or None,
        lines=lines_of(old, new) if args.view == "lines" else None,
        markdown=found.to_markdown() if args.view == "markdown" else None,
        entries=[dict(entry) for entry in entries] if args.view == "entries" else None,
    )


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("resolve-blueprint-conflicts",),
    words=("three-way", "combine", "branches"),
    examples=[
        MergeBlueprints(
            base=MergeSide(scenario_id=101, version_id=3),
            ours=MergeSide(scenario_id=101),
            theirs=MergeSide(scenario_id=102),
        )
    ],
)
async def blueprint_merge(make: Make, args: MergeBlueprints) -> MergeResult:
    """Merge two sides of one blueprint by modules; what both changed differently is a conflict.

    Nothing is saved. Module ids used twice are given anew with every reference to them. Conflicts
    are decided with `blueprint_conflict_resolve`; the result is proposed with
    `change_request_create` and `merge_id`.
    """
    given = (args.base, args.ours, args.theirs)
    sides = [await _merge_side(make, one, args.repository) for one in given]
    base, ours, theirs = (_marked(side) for side in sides)
    merged = merge(base, ours, theirs)
    texts = [dump(one) for one in (base, ours, theirs)]
    merge_id = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    kept: Any = {"base": base, "ours": ours, "theirs": theirs}
    if not merged.conflicts:
        kept["merged"] = merged.blueprint
    await make.keep(f"merge:{merge_id}", kept, _KEPT_SECONDS)
    return _result(merge_id, merged, ours)


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("decide conflicts", "take ours", "take theirs"),
    examples=[
        ResolveConflicts(merge_id="3f…", choices=[Choice(conflict_id="a1b2", take="theirs")])
    ],
)
async def blueprint_conflict_resolve(make: Make, args: ResolveConflicts) -> MergeResult:
    """Decide every conflict of a merge and get the merged blueprint. Nothing is saved in Make."""
    kept = await kept_merge(make, args.merge_id)
    base, ours, theirs = (cast("Blueprint", kept[one]) for one in ("base", "ours", "theirs"))
    merged = merge(base, ours, theirs)
    chosen = _checked(merged, args.choices)
    favor = _favor(merged, chosen)
    if favor != "ours":
        merged = merge(base, ours, theirs, favor=favor)
    for conflict in merged.conflicts:
        choice = chosen.get(_conflict_id(conflict))
        if conflict.kind == "value" and choice is not None:
            _decide(merged.blueprint, conflict, choice)
    decided = Merged(merged.blueprint, [], merged.renumbered, merged.broken, merged.notes)
    note: Any = kept | {"merged": decided.blueprint}
    await make.keep(f"merge:{args.merge_id}", note, _KEPT_SECONDS)
    return _result(args.merge_id, decided, ours)


async def kept_merge(make: Make, merge_id: str) -> Document:
    """Give what is kept of a merge: its sides, and the result once it has no conflict.

    Raises:
        Failure: It is unknown or its day is over.
    """
    kept = await make.kept(f"merge:{merge_id}")
    if isinstance(kept, dict):
        return dict(kept)
    raise Failure(
        f"No merge “{merge_id[:40]}” is kept.",
        why="Merges are kept for a day.",
        next_step="Merge again with `blueprint_merge`.",
        code="not_found",
    )


# Sides


async def _sides(make: Make, args: DiffBlueprints) -> tuple[Side, Side]:
    """Give the earlier and the later blueprint.

    Raises:
        Failure: More than one thing was given for a side, or there is no earlier version.
    """
    _refuse_several(args)
    own = await side_of(
        make,
        args.scenario_id,
        args.to_version_id,
        ref=args.to_ref,
        draft=args.to_draft,
        repository=args.repository,
    )
    if args.blueprint is not None:
        return own, Side("the given blueprint", as_blueprint(args.blueprint))
    if args.other_scenario_id is not None:
        return await side_of(make, args.other_scenario_id), own
    if args.template_id is not None:
        documents = await read_documents(make, args.template_id)
        return Side(f"template {args.template_id}", documents.plan), own
    if args.ref is not None:
        kept = await side_of(make, args.scenario_id, ref=args.ref, repository=args.repository)
        return kept, own
    version = args.version_id or await _earlier(make, args)
    return await side_of(make, args.scenario_id, version), own


def _refuse_several(args: DiffBlueprints) -> None:
    earlier = (
        args.version_id,
        args.ref,
        args.other_scenario_id,
        args.template_id,
        args.blueprint,
    )
    later = (args.to_version_id, args.to_ref, args.to_draft or None)
    if max(sum(one is not None for one in side) for side in (earlier, later)) > 1:
        raise Failure(
            "There is more than one thing to compare with.",
            next_step="Send only one of version_id, ref, other_scenario_id, template_id and"
            " blueprint, and only one of to_version_id, to_ref and to_draft.",
            code="invalid_arguments",
        )


async def _earlier(make: Make, args: DiffBlueprints) -> int:
    """Find the version before the later side."""
    kept = [one for one in await versions_of(make, args.scenario_id) if not one.draft]
    later = args.to_version_id or (kept[0].version if kept else 0)
    before = [one.version for one in kept if one.version < later]
    if args.to_draft and kept:
        return kept[0].version
    if before:
        return before[0]
    raise Failure(
        f"Make keeps no version of scenario {args.scenario_id} before this one.",
        why="Versions are kept for 60 days.",
        next_step="Compare with ref, other_scenario_id or blueprint instead.",
        code="no_earlier_version",
    )


async def _merge_side(make: Make, given: MergeSide, repository: str | None) -> Side:
    if (given.blueprint is None) == (given.scenario_id is None):
        raise Failure(
            "Each side of a merge is either a scenario or a blueprint.",
            next_step="Send `scenario_id` (with `version_id` or `ref`) or `blueprint` for each.",
            code="invalid_arguments",
        )
    if given.blueprint is not None:
        return Side("a given blueprint", as_blueprint(given.blueprint))
    return await side_of(
        make, given.scenario_id or 0, given.version_id, ref=given.ref, repository=repository
    )


def _marked(side: Side) -> Blueprint:
    return side.blueprint if side.kept else protected(side.blueprint)


# Results


def _result(merge_id: str, merged: Merged, ours: Blueprint) -> MergeResult:
    clean = not merged.conflicts
    broken = [
        f"module {one.reference.module_id}: {one.reference.text} leads nowhere."
        for one in merged.broken
    ]
    faults = [str(one.problem) for one in all_faults(merged.blueprint) if one.severity == "error"]
    propose: Document = {"merge_id": merge_id, "title": "Merge"}
    next_call = NextCall(
        tool="change_request_create", arguments=propose, why="Propose it for a scenario."
    )
    return MergeResult(
        merge_id=merge_id,
        clean=clean,
        conflicts=[_row(one) for one in merged.conflicts],
        renumbered={str(old): new for old, new in merged.renumbered.items()} or None,
        notes=merged.notes or None,
        faults=[*broken, *faults] or None,
        diff=lines_of(ours, merged.blueprint),
        blueprint=dict(merged.blueprint) if clean else None,
        next_calls=[next_call] if clean else None,
    )


def _row(one: Conflict) -> ConflictRow:
    return ConflictRow(
        conflict_id=_conflict_id(one),
        kind=one.kind,
        path=one.path,
        module_id=one.module_id,
        problem=one.problem,
        base=one.base,
        ours=one.ours,
        theirs=one.theirs,
    )


def conflict_problems(merged: Merged) -> list[Problem]:
    """Write the conflicts of a merge as problems of a refusal."""
    return [Problem(one.path, one.problem) for one in merged.conflicts]


def _conflict_id(one: Conflict) -> str:
    """Name a conflict by what it is about, whichever side wins."""
    said = repr((one.kind, one.module_id, one.base, one.ours, one.theirs, one.problem))
    return hashlib.sha256(said.encode()).hexdigest()[:10]


# Deciding


def _checked(merged: Merged, choices: list[Choice]) -> dict[str, Choice]:
    """Hold the choices against the conflicts.

    Raises:
        Failure: Conflicts are left open, or a choice does not fit; all are told.
    """
    known = {_conflict_id(one): one for one in merged.conflicts}
    chosen = {one.conflict_id: one for one in choices}
    problems = [
        Problem(one.path, f"Conflict {ident} is not decided: {one.problem}")
        for ident, one in known.items()
        if ident not in chosen
    ]
    for number, one in enumerate(choices):
        conflict = known.get(one.conflict_id)
        if chosen[one.conflict_id].take != one.take or chosen[one.conflict_id].value != one.value:
            text = f"Conflict {one.conflict_id} is decided twice, differently."
            problems.append(Problem(f"choices[{number}]", text))
        elif one.take == "value" and "value" not in one.model_fields_set:
            text = "There is no `value` to take; send null to leave the field out."
            problems.append(Problem(f"choices[{number}].value", text))
        elif conflict is None:
            text = f"There is no conflict {one.conflict_id}."
            problems.append(Problem(f"choices[{number}]", text))
        elif conflict.kind != "value" and one.take in ("base", "value"):
            text = f"A conflict of kind {conflict.kind} can only take ours or theirs."
            problems.append(Problem(f"choices[{number}].take", text))
    if problems:
        raise Failure(
            "The merge is not decided; nothing was kept.",
            next_step="Call again with one choice for every conflict.",
            code="unresolved_conflicts",
            problems=problems,
        )
    return chosen


def _favor(merged: Merged, chosen: dict[str, Choice]) -> MergeSideName:
    """Give the side that wins where modules, not values, collide.

    Raises:
        Failure: Both are to win, each somewhere.
    """
    structural = [one for one in merged.conflicts if one.kind != "value"]
    sides = {chosen[_conflict_id(one)].take for one in structural}
    if len(sides) > 1:
        raise Failure(
            "Conflicts about whole modules can only go to one side in one merge.",
            next_step="Take the same side for all that are not of kind value, then bring the rest"
            " over with `scenario_patch`.",
            code="mixed_choices",
        )
    return "theirs" if sides == {"theirs"} else "ours"


def _decide(blueprint: Blueprint, conflict: Conflict, choice: Choice) -> None:
    """Write a chosen value into the merged blueprint."""
    values = {"ours": conflict.ours, "theirs": conflict.theirs, "base": conflict.base}
    value = choice.value if choice.take == "value" else values[choice.take]
    *way, last = _pointer(conflict.path)
    holder: JsonValue = blueprint
    for key in way:
        if isinstance(holder, dict):
            holder = holder.setdefault(str(key), {})
        elif isinstance(holder, list) and isinstance(key, int) and key < len(holder):
            holder = holder[key]
    if isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        holder[last] = value
    elif isinstance(holder, dict) and value is None:
        as_object(holder).pop(str(last), None)
    elif isinstance(holder, dict):
        holder[str(last)] = value


def _pointer(path: str) -> Pointer:
    """Read a path as `make_blueprint.walk.path_text` writes it."""
    return tuple(
        int(step[2]) if step[2] else str(literal_eval(step[3])) if step[3] else step[1]
        for step in _STEP.finditer(path)
    )
