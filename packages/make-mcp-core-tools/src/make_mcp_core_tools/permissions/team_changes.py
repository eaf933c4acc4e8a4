"""Changing a team: its name and its share of the plan. Make API reference, chapter 2.31."""

from typing import Literal

from make_mcp_base.authoring import (
    Counter,
    Document,
    Failure,
    Input,
    Make,
    Output,
    TeamId,
    Undo,
    Watch,
    patch,
)
from pydantic import Field

from make_mcp_core_tools.permissions.declared import category
from make_mcp_core_tools.permissions.teams import Team

# Inputs


class UpdateTeam(Input):
    team_id: TeamId | None = None
    name: str | None = Field(default=None, min_length=1, max_length=128)
    """New name."""
    operations_limit: int | Literal["none"] | None = Field(default=None)
    """Operations it may use in a period; "none" lifts the limit."""


# Outputs


class TeamChanged(Output):
    team: Team
    changed: bool


# Make's answers


class Limited(Team):
    operations_limit: Counter | None = None
    consumed_operations: Counter | None = None


class OneLimited(Output):
    team: Limited


# Tools


@category.tool(
    scope="teams:write",
    effect="update",
    formerly=("update-team",),
    examples=(UpdateTeam(team_id=1, name="Sales EMEA"),),
)
async def team_update(make: Make, args: UpdateTeam) -> TeamChanged:
    """Rename a team, or change how many operations it may use in a period.

    A limit below what the team used already needs a plan first: it holds its scenarios back.
    """
    path = f"/teams/{args.team_id}"
    columns = {"cols": ["id", "name", "isPaused", "operationsLimit", "consumedOperations"]}
    team = (await make.get(path, columns, into=OneLimited, scope="teams:read")).team
    wanted, was = _changes(args, team)
    if not wanted:
        return TeamChanged(team=Team.model_validate(team.model_dump()), changed=False)
    limit, used = wanted.get("operationsLimit"), team.consumed_operations or 0
    if limit is not None and limit < used:
        make.affects(f"“{team.name}” used {used} operations in this period and will be paused.")
        make.confirm("it holds the team's scenarios back")
    make.shows(*(f"{name}: {was[name]} → {value}" for name, value in wanted.items()))
    answer = await make.write(
        patch(path, wanted),
        into=OneLimited,
        says=f"Change {' and '.join(wanted)} of the team “{team.name}”",
        before=was,
        undo=Undo(
            (patch(path, was),),
            Watch(path, tuple(f"team.{name}" for name in wanted), {"cols": ["name", *wanted]}),
        ),
    )
    return TeamChanged(team=Team.model_validate(answer.team.model_dump()), changed=True)


def _changes(args: UpdateTeam, team: Limited) -> tuple[Document, Document]:
    """Give what is to change, in Make's spelling, and what it was."""
    if args.name is None and args.operations_limit is None:
        raise Failure(
            "The team was not changed.",
            why="Neither `name` nor `operations_limit` was given.",
            next_step="Call `team_update` again with one of them.",
            code="invalid_arguments",
        )
    wanted: Document = {}
    was: Document = {}
    if args.name is not None and args.name != team.name:
        wanted["name"], was["name"] = args.name, team.name
    limit = None if args.operations_limit == "none" else args.operations_limit
    if args.operations_limit is not None and limit != team.operations_limit:
        wanted["operationsLimit"], was["operationsLimit"] = limit, team.operations_limit
    return wanted, was
