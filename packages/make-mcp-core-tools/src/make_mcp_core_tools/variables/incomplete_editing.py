"""Repairing an incomplete execution: what its retry will run, edited as a scenario is."""

from make_blueprint.diff import diff
from make_blueprint.document import Blueprint, dump
from make_blueprint.patch import Patched, apply
from make_blueprint.problem import BlueprintError
from make_blueprint.structure import errors
from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    NextCall,
    Output,
    Problem,
    Undo,
    Watch,
    patch,
)
from pydantic import Field

from make_mcp_core_tools._engine.blueprint_arguments import OperationsArgument, refused, told
from make_mcp_core_tools._engine.blueprint_faults import all_faults
from make_mcp_core_tools._engine.incomplete_executions import (
    WRITE,
    DlqId,
    module_in,
    named_module,
    read_blueprint_of,
    read_detail,
    read_kept,
)
from make_mcp_core_tools._engine.saving import lines_of
from make_mcp_core_tools.variables.declared import category

# Inputs


class UpdateIncomplete(Input):
    dlq_id: DlqId
    """Id (`incomplete_execution_list`)."""
    ops: OperationsArgument = Field(default=[], max_length=200)
    """Operations as of `scenario_patch`, but `reschedule`; all or none."""
    failed_module_id: int | None = Field(default=None, ge=1)
    """Module at which the retry goes on; left out, where the run failed."""
    allow_broken_references: bool = False
    """Save even if mappings lose the module they refer to."""


# Outputs


class IncompleteSaved(Output):
    dlq_id: str
    scenario_id: int
    changed: bool
    diff: list[str] = []
    failed_module_id: int | None = None
    failed_module: str | None = None
    """Where the retry goes on."""
    next_calls: list[NextCall] = []


class _Answer(Output):
    dlq: Document


# Tools


@category.tool(
    scope="dlqs:write",
    effect="update",
    formerly=("incomplete-executions_update",),
    words=("DLQ", "fix", "repair", "mapping"),
    examples=(
        UpdateIncomplete(
            dlq_id="4f0c0d7a4f0c0d7a4f0c0d7a4f0c0d7a",
            ops=[{"op": "set_mapper", "module": 3, "name": "email", "value": "{{1.mail}}"}],
        ),
    ),
)
async def incomplete_execution_update(make: Make, args: UpdateIncomplete) -> IncompleteSaved:
    """Correct the blueprint that the retry of an incomplete execution runs.

    The scenario itself stays as it is, and so do other incomplete executions.
    """
    detail = await read_detail(make, args.dlq_id)
    if detail.resolved:
        raise _settled(detail.id)
    kept = await read_kept(make, detail.id)
    before = await read_blueprint_of(make, detail.id)
    patched = _apply(before, args)
    _refuse_faults(before, patched, args)
    module_id = args.failed_module_id or kept.module_id
    _refuse_unknown_module(patched.blueprint, module_id)
    lines = lines_of(before, patched.blueprint)
    if module_id != kept.module_id:
        lines.append(f"~ goes on at: module {kept.module_id} -> module {module_id}")
    saved = IncompleteSaved(
        dlq_id=detail.id,
        scenario_id=detail.scenario_id,
        changed=bool(lines),
        diff=lines,
        failed_module_id=module_id,
        failed_module=named_module(patched.blueprint, module_id),
    )
    if not lines:
        return saved
    for note in patched.notes:
        make.warn(note)
    make.shows(*lines)
    await _save(make, detail.id, (before, kept.module_id), (patched.blueprint, module_id))
    retry = NextCall(
        tool="incomplete_execution_retry", arguments={"dlq_ids": [detail.id]}, why="Try it."
    )
    return saved.model_copy(update={"next_calls": [retry]})


# Checking


def _apply(blueprint: Blueprint, args: UpdateIncomplete) -> Patched:
    timed = [n for n, op in enumerate(args.ops) if op.get("op") == "reschedule"]
    if timed:
        raise Failure(
            "Nothing was saved: an incomplete execution has no schedule.",
            next_step="Leave the operation out; `scenario_schedule_set` sets the scenario's.",
            code="invalid_arguments",
            problems=[Problem(f"ops[{n}]", "`reschedule` does not apply here.") for n in timed],
        )
    try:
        return apply(blueprint, args.ops)
    except BlueprintError as error:
        raise refused(
            "Nothing was saved: the operations do not fit the blueprint of the failure.",
            error,
            "Correct every operation named above and call `incomplete_execution_update` again;"
            " `incomplete_execution_get` shows the failed module.",
        ) from error


def _refuse_faults(before: Blueprint, patched: Patched, args: UpdateIncomplete) -> None:
    """Refuse an edit that breaks mappings or brings errors the blueprint had not.

    Raises:
        Failure: All of them are told.
    """
    problems = [
        Problem(one.reference.path, f"`{one.reference.text[:120]}`: {one.problem}")
        for one in patched.broken
        if not args.allow_broken_references
    ]
    had = {(one.code, one.module_id, one.problem) for one in errors(all_faults(before))}
    problems += told(
        [
            one
            for one in errors(all_faults(patched.blueprint))
            if one.code != "broken-reference" and (one.code, one.module_id, one.problem) not in had
        ],
        "",
    )
    if problems:
        raise Failure(
            "Nothing was saved: the retry would run a blueprint with faults.",
            next_step="Correct every fault above and call `incomplete_execution_update` again.",
            code="invalid_blueprint",
            problems=problems,
        )


def _refuse_unknown_module(blueprint: Blueprint, module_id: int | None) -> None:
    if module_id is None or module_in(blueprint, module_id):
        return
    raise Failure(
        f"Nothing was saved: the blueprint would have no module {module_id} to go on at.",
        next_step="Send `failed_module_id` with the id of a module that stays, or leave that"
        " module where it is.",
        code="invalid_arguments",
        problems=[Problem("failed_module_id", f"module {module_id} is not in the blueprint.")],
    )


def _settled(ident: str) -> Failure:
    return Failure(
        f"The incomplete execution {ident} is resolved; there is nothing left to correct.",
        next_step="Correct the scenario with `scenario_patch` for the runs to come.",
        code="resolved",
    )


# Saving


async def _save(
    make: Make,
    ident: str,
    before: tuple[Blueprint, int | None],
    after: tuple[Blueprint, int | None],
) -> None:
    """Save blueprint and place in one request, and prove that Make keeps what was sent."""
    path = f"/dlqs/{ident}"
    await make.write(
        patch(path, _body(*after)),
        into=_Answer,
        says=f"Correct the incomplete execution {ident}",
        undo=Undo(
            (patch(path, _body(*before), scope=WRITE),),
            Watch(f"{path}/blueprint", ("response.blueprint",)),
        ),
        before={"blueprint": before[0], "failer": before[1]},
    )
    now = await read_blueprint_of(make, ident)
    if lost := diff(after[0], now).entries:
        lines = "; ".join(entry.to_text() for entry in lost[:5])
        make.warn(f"Make stored something else than was sent: {lines}.")


def _body(blueprint: Blueprint, module_id: int | None) -> Document:
    body: Document = {"blueprint": dump(blueprint)}
    return body if module_id is None else body | {"failer": module_id}
