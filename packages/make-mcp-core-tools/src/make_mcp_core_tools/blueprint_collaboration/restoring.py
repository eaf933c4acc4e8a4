"""Going back to a version that Make or a repository keeps."""

from make_blueprint.document import Blueprint, clone, dump
from make_mcp_base.authoring import Failure, Input, Make, NextCall, ScenarioId, Timestamp
from pydantic import Field

from make_mcp_core_tools._engine.blueprint_secrets import with_secrets
from make_mcp_core_tools._engine.blueprint_versions import side_of
from make_mcp_core_tools._engine.saving import Change, lines_of, same, save_blueprint
from make_mcp_core_tools._engine.scenarios import read_scenario, read_stored, refuse_stale
from make_mcp_core_tools.blueprint_collaboration.declared import category
from make_mcp_core_tools.blueprint_collaboration.saved import BlueprintSaved, refuse_unfit, saved

# Inputs


class RestoreBlueprint(Input):
    scenario_id: ScenarioId
    version_id: int | None = Field(default=None, ge=1)
    """Version to go back to (`blueprint_version_list`)."""
    ref: str | None = None
    """Or a commit, branch or tag of the repository."""
    repository: str | None = None
    """Folder of the repository; default: the account's own."""
    expected_last_edit: Timestamp | None = None
    """`last_edit` as you read it; refused when somebody edited since."""


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    confirm=True,
    words=("rollback", "revert", "go back", "previous version"),
    examples=[RestoreBlueprint(scenario_id=101, version_id=3)],
)
async def blueprint_restore(make: Make, args: RestoreBlueprint) -> BlueprintSaved:
    """Put an old version of the blueprint back, as a new version that can be undone.

    What it binds must still exist. Schedule, inputs and outputs stay as they are now. Secrets are
    in no repository: those of a commit are taken from the live blueprint.
    """
    _refuse_unclear(args)
    scenario = await read_scenario(make, args.scenario_id)
    stored = await read_stored(make, scenario.id)
    refuse_stale(scenario, args.expected_last_edit)
    side = await side_of(
        make, scenario.id, args.version_id, ref=args.ref, repository=args.repository
    )
    old = clone(side.blueprint)
    if side.kept:
        old = with_secrets(old, [stored.blueprint], f"“{args.ref}”")
    if "name" in old:
        old["name"] = stored.blueprint.get("name", scenario.name)
    lines = lines_of(stored.blueprint, old)
    changed = _differs(stored.blueprint, old, kept=side.kept)
    if changed:
        await refuse_unfit(make, scenario.team_id, scenario.id, old, "The old version")
        make.shows(*lines)
        which = f"version {args.version_id}" if args.version_id else f"“{args.ref}”"
        says = f"Put {which} of “{scenario.name}” ({scenario.id}) back"
        await save_blueprint(
            make, Change(scenario, stored, old, says, {}, "blueprint_restore", install=True)
        )
        scenario = await read_scenario(make, scenario.id)
    seen = NextCall(
        tool="blueprint_diff", arguments={"scenario_id": scenario.id}, why="See it all."
    )
    return saved(make, scenario, lines if changed else None, [seen])


def _refuse_unclear(args: RestoreBlueprint) -> None:
    if (args.version_id is None) == (args.ref is None):
        raise Failure(
            "Send either `version_id` or `ref`.",
            next_step="`blueprint_version_list` names both; call again with one.",
            code="invalid_arguments",
        )


def _differs(now: Blueprint, old: Blueprint, *, kept: bool) -> bool:
    """Compare; a repository keeps no order of keys, so there the order does not count."""
    return not same(now, old) if kept else dump(now) != dump(old)
