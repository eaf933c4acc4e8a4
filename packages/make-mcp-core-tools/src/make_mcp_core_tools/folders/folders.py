"""Folders of scenarios."""

from collections.abc import Sequence

from make_mcp_base.authoring import (
    Failure,
    FolderId,
    Input,
    Make,
    NextCall,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    Undo,
    Watch,
    delete,
    page_of,
    patch,
    post,
)
from pydantic import Field

from make_mcp_core_tools.folders.declared import category
from make_mcp_core_tools.folders.filing import OneFolder, make_folder, name_of
from make_mcp_core_tools.folders.places import (
    SEPARATOR,
    Folder,
    Scenario,
    below,
    find_folder,
    folders_of,
    is_below,
    path_problems,
    scenarios_of,
    tidy_path,
)
from make_mcp_core_tools.folders.putting_back import most_put_back

_FOLDER_AGAIN = "{0.scenarioFolder.id}"
"""In an undo: the new id of the folder that its first request makes."""

# Inputs


class ListFolders(PageInput):
    team_id: TeamId | None = None
    under: str | None = None
    """Only folders below this path, such as Sales/EU."""
    depth: int | None = Field(default=None, ge=1, le=20)
    """Levels to show, counted from `under` or from the top."""


class GetFolder(PageInput):
    folder_id: FolderId
    recursive: bool = False
    """Also list the scenarios of folders below it."""


class CreateFolder(Input):
    name: str = Field(min_length=1)
    """Name or path, such as Sales/EU; at most 100 characters in all."""
    team_id: TeamId | None = None
    parent_id: FolderId | None = None
    """Folder to place it under: its name is put in front."""


class UpdateFolder(Input):
    folder_id: FolderId
    name: str = Field(min_length=1)
    """New name or path, whole: Archive/Sales/EU."""
    with_subfolders: bool = True
    """Also rename the folders below it, so that they stay below."""


class DeleteFolder(Input):
    folder_id: FolderId
    move_contents_to: FolderId | None = None
    """Folder for its scenarios; without it they end up outside any folder."""


# Outputs


class FolderRow(Output):
    id: int
    name: str
    scenarios: int
    active: int
    with_problems: int
    """Scenarios stopped by errors, held back, or with incomplete executions."""
    scenarios_below: int | None = None
    """In folders whose names place them under this one."""


class FolderTree(Page):
    folders: list[FolderRow]
    unfiled_scenarios: int
    """Scenarios outside any folder."""


class ScenarioRow(Output):
    id: int
    name: str
    folder: str | None = None
    """Shown for folders below the one asked for."""
    is_active: bool
    problem: str | None = None
    url: str


class FolderContents(Page):
    id: int
    name: str
    team_id: int
    subfolders: list[Folder]
    scenarios: list[ScenarioRow]


class FolderSaved(Output):
    folder: Folder
    renamed: int | None = None
    """Folders that got a new name, this one included."""
    changed: bool
    next_calls: list[NextCall] = []


class FolderDeleted(Output):
    folder: int
    moved_scenarios: int = 0
    unfiled_scenarios: int = 0


# Make's answers


class FolderGone(Output):
    scenario_folder: int


class Anything(Output):
    pass


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    formerly=("folders_list", "list-folders"),
    words=("tree", "directory", "organize"),
)
async def folder_list(make: Make, args: ListFolders) -> FolderTree:
    """List the scenario folders of a team with counts of scenarios, active ones and problems.

    Make's folders are flat; a name such as Sales/EU is read as a path here, and only here.
    """
    team = args.team_id or 0
    folders = await folders_of(make, team)
    scenarios = await scenarios_of(make, team)
    rows = [
        _row(folder, folders, scenarios)
        for folder in folders
        if _is_shown(folder.name, args.under, args.depth)
    ]
    page, more = page_of(rows, args)
    unfiled = sum(scenario.folder_id is None for scenario in scenarios)
    return FolderTree(folders=page, unfiled_scenarios=unfiled, **more)


@category.tool(
    scope="scenarios:read", effect="read", formerly=("folders_get", "get-folder-contents")
)
async def folder_get(make: Make, args: GetFolder) -> FolderContents:
    """Show what is in a folder: its scenarios with their state, and the folders below it."""
    team, folder = await find_folder(make, args.folder_id)
    inner = below(await folders_of(make, team), folder)
    wanted = {folder.id: None} | ({f.id: f.name for f in inner} if args.recursive else {})
    scenarios = await scenarios_of(make, team)
    rows = [
        ScenarioRow(
            id=scenario.id,
            name=scenario.name,
            folder=wanted[scenario.folder_id],
            is_active=scenario.is_active,
            problem=scenario.problem,
            url=make.page_url(f"{team}/scenarios/{scenario.id}"),
        )
        for scenario in scenarios
        if scenario.folder_id in wanted
    ]
    page, more = page_of(rows, args)
    return FolderContents(
        id=folder.id, name=folder.name, team_id=team, subfolders=inner, scenarios=page, **more
    )


@category.tool(
    scope="scenarios:write",
    effect="create",
    formerly=("folders_create", "create-folder"),
    examples=(CreateFolder(team_id=34, name="Sales/EU"),),
)
async def folder_create(make: Make, args: CreateFolder) -> FolderSaved:
    """Create a scenario folder; a folder of that name that is there already is given back.

    Make's folders are flat: Sales/EU is one folder with that name, and needs no folder Sales.
    """
    parent = await find_folder(make, args.parent_id) if args.parent_id else None
    team = parent[0] if parent else args.team_id or 0
    _refuse_other_team(args, team)
    head = f"{parent[1].name}{SEPARATOR}" if parent else ""
    path = tidy_path(f"{head}{args.name}")
    _refuse(path_problems(path, []), "folder_create")
    known = await folders_of(make, team)
    same = next((f for f in known if f.name.casefold() == path.casefold()), None)
    if same:
        return FolderSaved(folder=same, changed=False)
    folder = await make_folder(make, team, path)
    call = NextCall(
        tool="folder_item_move", arguments={"folder_id": folder.id}, why="Put scenarios into it."
    )
    return FolderSaved(folder=folder, changed=True, next_calls=[call])


@category.tool(
    scope="scenarios:write",
    effect="update",
    formerly=("folders_update", "update-folder"),
    words=("rename",),
)
async def folder_update(make: Make, args: UpdateFolder) -> FolderSaved:
    """Rename a scenario folder or place it elsewhere in the tree, with the folders below it."""
    team, folder = await find_folder(make, args.folder_id)
    path = tidy_path(args.name)
    if path == folder.name:
        return FolderSaved(folder=folder, changed=False)
    known = await folders_of(make, team)
    inner = below(known, folder) if args.with_subfolders else []
    moving = {f.id: f"{path}{f.name[len(folder.name) :]}" for f in [folder, *inner]}
    others = [f.name for f in known if f.id not in moving]
    problems = [problem for new in moving.values() for problem in path_problems(new, others)]
    if is_below(path, folder.name) and inner:
        problems.append(Problem("name", "a folder cannot go below itself."))
    _refuse(problems, "folder_update")
    for old in [folder, *inner]:
        await _rename(make, team, old, moving[old.id])
    return FolderSaved(folder=Folder(id=folder.id, name=path), renamed=len(moving), changed=True)


@category.tool(scope="scenarios:write", effect="delete", formerly=("folders_delete",))
async def folder_delete(make: Make, args: DeleteFolder) -> FolderDeleted:
    """Delete a scenario folder; its scenarios are kept, in another folder or outside any.

    `operation_undo` makes the folder again, under a new id, and puts its scenarios back.
    """
    team, folder = await find_folder(make, args.folder_id)
    held = [s for s in await scenarios_of(make, team) if s.folder_id == folder.id]
    if args.move_contents_to:
        await _refuse_bad_target(make, args, team)
        for scenario in held:
            await _empty(make, scenario, args.move_contents_to)
    elif held:
        make.affects(f"{len(held)} scenarios end up outside any folder: {_some_names(held)}.")
    inner = below(await folders_of(make, team), folder)
    if inner:
        make.affects(f"{len(inner)} folders named {folder.name}{SEPARATOR}… stay as they are.")
    await make.write(
        delete(f"/scenarios-folders/{folder.id}"),
        into=FolderGone,
        says=f"Delete the folder “{folder.name}” ({folder.id})",
        before={"name": folder.name, "scenarios": [s.id for s in held]},
        undo=_comes_back(team, folder, held, await most_put_back(make, team)),
    )
    moved = len(held) if args.move_contents_to else 0
    return FolderDeleted(
        folder=folder.id, moved_scenarios=moved, unfiled_scenarios=len(held) - moved
    )


# Prompts


@category.prompt
def clean_workspace(team: str) -> str:
    """Tidy a team: find what is unused, broken or unfiled, and propose what to do with it."""
    return (
        f"Tidy the Make team {team}, changing nothing until I agree.\n"
        "1. `folder_list`: folders without scenarios, scenarios outside any folder.\n"
        "2. `scenario_list`: scenarios that are inactive or stopped by errors, oldest edit first.\n"
        "3. `data_store_list` and `data_structure_list`: what nothing uses"
        " (`data_store_get` with include=usage).\n"
        "4. Write one table: thing, evidence, proposal (keep, file under, delete).\n"
        "5. For what I accept, use `folder_item_move` and the delete tools; show me each plan"
        " before you apply it."
    )


# Parts


def _row(folder: Folder, folders: Sequence[Folder], scenarios: Sequence[Scenario]) -> FolderRow:
    own = [scenario for scenario in scenarios if scenario.folder_id == folder.id]
    inner = {each.id for each in below(folders, folder)}
    return FolderRow(
        id=folder.id,
        name=folder.name,
        scenarios=len(own),
        active=sum(scenario.is_active for scenario in own),
        with_problems=sum(scenario.problem is not None for scenario in own),
        scenarios_below=sum(scenario.folder_id in inner for scenario in scenarios)
        if inner
        else None,
    )


def _is_shown(name: str, under: str | None, depth: int | None) -> bool:
    root = tidy_path(under).strip(SEPARATOR) if under else ""
    if root and not is_below(name, root):
        return False
    rest = name[len(root) + 1 :] if root else name
    return depth is None or rest.count(SEPARATOR) < depth


async def _rename(make: Make, team: int, folder: Folder, name: str) -> None:
    path = f"/scenarios-folders/{folder.id}"
    await make.write(
        patch(path, {"name": name}),
        into=OneFolder,
        says=f"Rename the folder “{folder.name}” to “{name}”",
        before={"name": folder.name},
        predict={"scenarioFolder": {"id": folder.id, "name": name}},
        undo=Undo((patch(path, {"name": folder.name}),), name_of(team, folder.id)),
    )


async def _empty(make: Make, scenario: Scenario, target: int) -> None:
    """Move a scenario out of a folder that is about to be deleted."""
    await make.write(
        patch(f"/scenarios/{scenario.id}", {"folderId": target}),
        into=Anything,
        says=f"Move “{scenario.name}” ({scenario.id}) to folder {target}",
        before={"folderId": scenario.folder_id},
        predict={},
        undo=Undo((), note=f"Should the folder not be deleted, its scenarios stay in {target}."),
    )


def _comes_back(team: int, folder: Folder, held: Sequence[Scenario], most: int) -> Undo:
    """Make a deleted folder again with its scenarios in it, as long as they stay where they are.

    Args:
        team: The folder's team.
        folder: As it was.
        held: Its scenarios.
        most: How many of them a minute's API calls can put back.
    """
    again = post("/scenarios-folders", {"name": folder.name, "teamId": team})
    note = "The folder comes back with a new id"
    ids = [scenario.id for scenario in held]
    if len(ids) > most:
        return Undo((again,), note=f"{note}, and empty. These scenarios were in it: {ids}.")
    members = [f"scenarios.[id={each}].{name}" for each in ids for name in ("id", "folderId")]
    query = {"teamId": team, "id": ids, "cols": ["id", "folderId"], "pg[limit]": max(len(ids), 1)}
    return Undo(
        (again, *(patch(f"/scenarios/{each}", {"folderId": _FOLDER_AGAIN}) for each in ids)),
        Watch("/scenarios", tuple(members), query) if ids else None,
        note=f"{note}, with its {len(ids)} scenarios." if ids else f"{note}.",
    )


async def _refuse_bad_target(make: Make, args: DeleteFolder, team: int) -> None:
    target = args.move_contents_to
    known = {folder.id for folder in await folders_of(make, team)} - {args.folder_id}
    if target not in known:
        why = "is the folder itself." if target == args.folder_id else "is no folder of that team."
        _refuse([Problem("move_contents_to", f"{target} {why}")], "folder_delete")


def _refuse_other_team(args: CreateFolder, team: int) -> None:
    if args.parent_id and "team_id" in args.sent() and args.team_id not in (None, team):
        problem = Problem("parent_id", f"belongs to team {team}, not to {args.team_id}.")
        _refuse([problem], "folder_create")


def _refuse(problems: Sequence[Problem], tool: str) -> None:
    if problems:
        raise Failure(
            "No folder was changed.",
            next_step=f"Call `{tool}` again with the corrections above; `folder_list` shows what"
            " there is.",
            code="invalid_arguments",
            problems=problems,
        )


def _some_names(scenarios: Sequence[Scenario]) -> str:
    shown = ", ".join(f"“{scenario.name}”" for scenario in scenarios[:10])
    return f"{shown} and {len(scenarios) - 10} more" if len(scenarios) > 10 else shown
