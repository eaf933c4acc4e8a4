"""Deleting incomplete executions, after what they kept was handed out."""

from make_mcp_base.authoring import (
    Document,
    Failure,
    Irreversible,
    Make,
    Output,
    Problem,
    delete,
)
from pydantic import Field

from make_mcp_core_tools._engine.call_minute import SPARE_CALLS, calls_of_minute
from make_mcp_core_tools._engine.incomplete_executions import (
    WRITE,
    ChoiceInput,
    Incomplete,
    choose,
    read_holder,
    read_kept,
)
from make_mcp_core_tools.variables.declared import category

_GONE = Irreversible(
    "Make keeps nothing of a deleted incomplete execution, and none can be created."
)

_FEWEST, _MOST = 5, 200

# Inputs


class DeleteIncompletes(ChoiceInput):
    scenario_name: str | None = None
    """The scenario's exact name; needed with `all`."""
    export: bool = True
    """Hand out what they kept; a request each."""
    max_bytes: int | None = Field(default=None, ge=1_000, le=64_000)
    """Longest answer; the rest is behind a link."""


# Outputs


class Exported(Output):
    id: str
    scenario_id: int
    reason: str
    failed_module_id: int | None = None
    bundles: Document
    """By module id, as the run had them; data of others."""


class IncompletesDeleted(Output):
    deleted: int
    ids: list[str]
    changed: bool
    left: int = 0
    """For the next call: reading what they kept is more than a minute's API calls carry."""
    exported: list[Exported] | None = None
    """What they kept, read before they went."""


class _Ids(Output):
    dlqs: list[str] = []


# Tools


@category.tool(
    scope="dlqs:write",
    effect="delete",
    formerly=("incomplete-executions_delete",),
    words=("DLQ", "purge", "discard"),
)
async def incomplete_execution_delete(make: Make, args: DeleteIncompletes) -> IncompletesDeleted:
    """Delete incomplete executions for good; what they kept is handed out first.

    With `all` the scenario's exact name is needed.
    """
    chosen = await choose(make, args, "incomplete_execution_delete", resolved_too=True)
    await _refuse_unnamed(make, args)
    if not chosen.ids:
        return IncompletesDeleted(deleted=0, ids=[], changed=False)
    left = chosen.cut(await most_exported(make)) if args.export else 0
    make.affects(f"{len(chosen.ids)} incomplete executions and their data are lost for good.")
    if left:
        make.warn(
            f"{left} more are for the next call, a minute later: that many cannot be handed out at"
            " once. With export=false all go in one call."
        )
    wanted = args.export and not make.planning
    rows = [row for each in chosen.rows.values() for row in each]
    exported = await export_kept(make, rows) if wanted else None
    deleted: list[str] = []
    for scenario_id, doomed in chosen.rows.items():
        deleted += await delete_some(make, scenario_id, doomed)
    return IncompletesDeleted(
        deleted=len(deleted), ids=deleted, changed=bool(deleted), left=left, exported=exported
    )


async def most_exported(make: Make) -> int:
    """Say of how many a call reads what they kept, so that plan and run fit a minute."""
    a_minute = await calls_of_minute(make)
    return max(_FEWEST, (a_minute - 2 * SPARE_CALLS) // 2) if a_minute else _MOST


async def delete_some(make: Make, scenario_id: int, rows: list[Incomplete]) -> list[str]:
    """Delete some of a scenario's, and give the ids that Make says are gone."""
    ids = [row.id for row in rows]
    answer = await make.write(
        delete("/dlqs", {"ids": ids}, scope=WRITE, scenarioId=scenario_id, confirmed=True),
        into=_Ids,
        says=f"Delete {len(ids)} incomplete executions of scenario {scenario_id}",
        undo=_GONE,
        before={"attempts": {row.id: row.attempts for row in rows}},
        predict={"dlqs": list(ids)},
    )
    return answer.dlqs


async def export_kept(make: Make, rows: list[Incomplete]) -> list[Exported]:
    """Read what incomplete executions kept, before they go."""
    done = 0

    async def read(row: Incomplete) -> Exported:
        nonlocal done
        kept = await read_kept(make, row.id)
        done += 1
        await make.progress(done, len(rows), "Reading what they kept")
        return Exported(
            id=row.id,
            scenario_id=row.scenario_id,
            reason=kept.message or row.reason,
            failed_module_id=kept.module_id,
            bundles=kept.bundles,
        )

    return await make.each(rows, read)


async def _refuse_unnamed(make: Make, args: DeleteIncompletes) -> None:
    if not args.all or args.scenario_id is None:
        return
    holder = await read_holder(make, args.scenario_id)
    if args.scenario_name != holder.name:
        given = [Problem("scenario_name", "is not the exact name of the scenario.")]
        raise Failure(
            f"Nothing was deleted: `all` needs the exact name of scenario {holder.id}.",
            next_step="Call `incomplete_execution_delete` with `scenario_name` set to the name that"
            f" `scenario_get` (scenario_id={holder.id}) shows.",
            code="name_needed",
            problems=given if args.scenario_name else [],
        )
