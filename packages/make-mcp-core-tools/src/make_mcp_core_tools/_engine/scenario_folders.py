"""Folders of scenarios, as far as filing into them goes (Make API reference, chapter 2.28)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.authoring import Output, Problem

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make


class _Folder(Output):
    id: int


class _Folders(Output):
    scenarios_folders: list[_Folder]


async def folder_problems(make: Make, team_id: int, folder_id: int | None) -> list[Problem]:
    """Find out before anything is written whether a team has a folder.

    Args:
        make: The call's Make.
        team_id: The team whose scenario is to be filed.
        folder_id: The folder; None for none, which always fits.
    """
    if folder_id is None:
        return []
    query = {"teamId": team_id}
    answer = await make.get("/scenarios-folders", query, into=_Folders, scope="scenarios:read")
    if any(folder.id == folder_id for folder in answer.scenarios_folders):
        return []
    text = f"Team {team_id} has no scenario folder {folder_id}."
    return [Problem("folder_id", text, "`folder_list` shows its folders.")]
