"""Filing scenarios: many at once, one operation, one way back."""

from collections.abc import Sequence
from dataclasses import dataclass

from make_mcp_base.authoring import (
    Failure,
    FolderId,
    Input,
    Make,
    Output,
    Problem,
    ScenarioId,
)
from pydantic import Field

from make_mcp_core_tools.folders.declared import category
from make_mcp_core_tools.folders.filing import MOST, file_all, most_filed
from make_mcp_core_tools.folders.places import READ, Folder, Scenario, find_folder, scenarios_of

# Inputs


class MoveItems(Input):
    folder_id: FolderId | None = None
    """Where to; or set `out_of_folders`."""
    out_of_folders: bool = False
    """File them outside any folder."""
    scenario_ids: list[ScenarioId] = Field(default=[], max_length=MOST)
    """Which scenarios; or choose them with the members below."""
    from_folder_id: FolderId | None = None
    """All scenarios of this folder."""
    name_contains: str | None = None
    """Of those chosen by folder, or of the team of `folder_id`: only with this in the name."""


# Outputs


class Moved(Output):
    moved: list[int]
    """Ids of the scenarios that were filed anew."""
    unchanged: list[int]
    """Ids of those that were there already."""
    changed: bool


# Make's answers


class Owned(Output):
    team_id: int


class OneOwned(Output):
    scenario: Owned


@dataclass(frozen=True)
class Move:
    """What is to be done: the team, the target folder (None for outside any), the scenarios."""

    team: int
    target: Folder | None
    scenarios: Sequence[Scenario]


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    formerly=("folders_move-items", "move-items"),
    words=("file", "organize", "sort"),
    examples=(MoveItems(scenario_ids=[101, 102], folder_id=7),),
)
async def folder_item_move(make: Make, args: MoveItems) -> Moved:
    """Put scenarios into a folder, up to 200 at once; one operation that one undo takes back."""
    move = await _understood(make, args)
    place = move.target.id if move.target else None
    there = [s for s in move.scenarios if s.folder_id == place]
    leaving = [s for s in move.scenarios if s.folder_id != place]
    _refuse_above_rate(len(leaving), await most_filed(make, move.team, len(leaving)))
    await file_all(make, [(scenario, move.target) for scenario in leaving])
    return Moved(
        moved=[s.id for s in leaving], unchanged=[s.id for s in there], changed=bool(leaving)
    )


# What is asked for


async def _understood(make: Make, args: MoveItems) -> Move:
    """Find team, target and scenarios.

    Raises:
        Failure: The arguments do not go together, or a scenario is not in the folder's team.
    """
    _refuse(_argument_problems(args))
    team, target = await _place(make, args)
    known = await scenarios_of(make, team)
    if not args.scenario_ids:
        return Move(team, target, _selected(known, args))
    by_id = {scenario.id: scenario for scenario in known}
    _refuse(
        [
            Problem(f"scenario_ids[{at}]", f"{wanted} is no scenario of team {team}.")
            for at, wanted in enumerate(args.scenario_ids)
            if wanted not in by_id
        ]
    )
    return Move(team, target, [by_id[each] for each in dict.fromkeys(args.scenario_ids)])


def _argument_problems(args: MoveItems) -> list[Problem]:
    problems: list[Problem] = []
    if args.out_of_folders == (args.folder_id is not None):
        fix = "`folder_list` shows the folders."
        problems.append(
            Problem("folder_id", "exactly one of it and `out_of_folders` is needed.", fix)
        )
    by_choice = args.from_folder_id is not None or args.name_contains is not None
    if bool(args.scenario_ids) == by_choice:
        text = "either they, or `from_folder_id` and `name_contains`, are needed."
        problems.append(Problem("scenario_ids", text))
    if args.out_of_folders and args.name_contains is not None and not args.from_folder_id:
        problems.append(Problem("from_folder_id", "is needed to choose by name here."))
    return problems


async def _place(make: Make, args: MoveItems) -> tuple[int, Folder | None]:
    """Find the team and the target folder."""
    named = [each for each in (args.folder_id, args.from_folder_id) if each is not None]
    found = [await find_folder(make, each) for each in named]
    if len({team for team, _ in found}) > 1:
        _refuse([Problem("from_folder_id", "is of another team than `folder_id`.")])
    if found:
        return found[0][0], found[0][1] if args.folder_id is not None else None
    path = f"/scenarios/{args.scenario_ids[0]}"
    owned = await make.get(path, {"cols": ["id", "teamId"]}, into=OneOwned, scope=READ)
    return await make.team(owned.scenario.team_id), None


def _selected(known: Sequence[Scenario], args: MoveItems) -> list[Scenario]:
    text = (args.name_contains or "").casefold()
    found = [
        scenario
        for scenario in known
        if text in scenario.name.casefold() and args.from_folder_id in (None, scenario.folder_id)
    ]
    if len(found) > MOST:
        _refuse([Problem("name_contains", f"{len(found)} scenarios match, at most {MOST} move.")])
    return found


def _refuse_above_rate(count: int, room: int) -> None:
    """Refuse beforehand what the organization's API calls of a minute cannot carry."""
    if count > room:
        raise Failure(
            f"{count} scenarios were not moved.",
            why="Each needs an API call, and the plan does not allow so many in a minute.",
            next_step=f"Call `folder_item_move` with at most {room} `scenario_ids`, and"
            " go on after a minute.",
            code="too_many",
        )


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise Failure(
            "No scenario was moved.",
            next_step="Call `folder_item_move` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )
