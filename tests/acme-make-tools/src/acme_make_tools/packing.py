"""Packing: what a team owns, counted, and a note of it kept as a folder."""

from make_mcp_base.authoring import (
    Category,
    FolderId,
    Input,
    Make,
    Output,
    TeamId,
    Undo,
    delete,
    post,
)
from pydantic import Field

category = Category("packing", "Count what a team owns before it is moved.")

# Inputs


class PackTeam(Input):
    team_id: TeamId


class LabelTeam(Input):
    team_id: TeamId
    label: str = Field(min_length=1, max_length=60)
    """What the folder is to be called."""


# Outputs


class Named(Output):
    id: int
    name: str


class Scenarios(Output):
    scenarios: list[Named]


class PackingList(Output):
    team_id: int
    scenarios: int
    """Scenarios of the team."""
    first: str | None = None
    """Name of the first one."""


class Folder(Output):
    id: FolderId
    name: str


class Labelled(Output):
    scenario_folder: Folder
    """The folder that was made."""


class FolderMade(Output):
    scenario_folder: Folder


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    words=("count scenarios", "move house"),
    examples=[PackTeam(team_id=1)],
)
async def packing_list_get(make: Make, args: PackTeam) -> PackingList:
    """Count the scenarios of a team."""
    found = await make.get("/scenarios", {"teamId": args.team_id}, into=Scenarios)
    first = found.scenarios[0].name if found.scenarios else None
    return PackingList(team_id=args.team_id, scenarios=len(found.scenarios), first=first)


@category.tool(scope="scenarios:write", effect="create")
async def packing_label_create(make: Make, args: LabelTeam) -> Labelled:
    """Put a label on a team: a folder with its name."""
    made = await make.write(
        post("/scenarios-folders", {"teamId": args.team_id, "name": args.label}),
        into=FolderMade,
        says=f"Create the folder “{args.label}”",
        undo=lambda made: Undo((delete(f"/scenarios-folders/{made.scenario_folder.id}"),)),
    )
    return Labelled(scenario_folder=made.scenario_folder)
