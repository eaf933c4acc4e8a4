"""Making folders and putting scenarios into them, in one operation that one undo takes back."""

from collections.abc import Sequence

from make_mcp_base.authoring import Make, Output, Undo, Watch, delete, patch, post

from make_mcp_core_tools._engine.call_minute import SPARE_CALLS, calls_of_minute
from make_mcp_core_tools.folders.places import Folder, Scenario

MOST = 200
_WATCHED = 10
"""Up to so many, an undo looks first whether each scenario is still where it was put; above, the
looks alone would use up the organization's API calls."""


class OneFolder(Output):
    scenario_folder: Folder


class Anything(Output):
    pass


async def make_folder(make: Make, team: int, path: str) -> Folder:
    """Create a folder; while a call plans, its id is a stand-in."""
    answer = await make.write(
        post("/scenarios-folders", {"name": path, "teamId": team}),
        into=OneFolder,
        says=f"Create the folder “{path}” in team {team}",
        predict={"scenarioFolder": {"id": make.new_id("folder"), "name": path}},
        undo=lambda made: Undo(
            (delete(f"/scenarios-folders/{made.scenario_folder.id}"),),
            name_of(team, made.scenario_folder.id),
            note="Scenarios put into the new folder since end up outside any folder.",
        ),
    )
    return answer.scenario_folder


def name_of(team: int, folder: int) -> Watch:
    """Watch a folder's name; Make only lists the folders of a team."""
    return Watch("/scenarios-folders", (f"scenariosFolders.[id={folder}].name",), {"teamId": team})


async def most_filed(make: Make, team: int, count: int) -> int:
    """Say how many of some scenarios a minute of the organization's API calls can carry."""
    a_minute = await calls_of_minute(make, team)
    if not a_minute:
        return count
    return max(1, (a_minute - SPARE_CALLS) // (2 if count <= _WATCHED else 1))


async def file_all(make: Make, moves: Sequence[tuple[Scenario, Folder | None]]) -> None:
    """Put each scenario into a folder, or with None outside any."""
    for at, (scenario, target) in enumerate(moves, 1):
        await _file(make, scenario, target, watched=len(moves) <= _WATCHED)
        await make.progress(at, len(moves), f"Moved “{scenario.name}”")


async def _file(make: Make, scenario: Scenario, target: Folder | None, *, watched: bool) -> None:
    path = f"/scenarios/{scenario.id}"
    note = "" if watched else "Scenarios that were moved again since are moved back as well."
    await make.write(
        patch(path, {"folderId": target.id if target else None}),
        into=Anything,
        says=f"Move “{scenario.name}” ({scenario.id}) to {_called(target)}",
        before={"folderId": scenario.folder_id},
        predict={},
        undo=Undo(
            (patch(path, {"folderId": scenario.folder_id}),),
            Watch(path, ("scenario.folderId",)) if watched else None,
            note=note,
        ),
    )


def _called(folder: Folder | None) -> str:
    if folder is None:
        return "no folder"
    new = "the new folder" if folder.id < 0 else f"folder {folder.id},"
    return f"{new} “{folder.name}”"
