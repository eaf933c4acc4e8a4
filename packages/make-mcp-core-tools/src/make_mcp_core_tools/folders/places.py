"""Which folder lies where, and which scenario in which folder.

Make's folders are flat: a name and no parent (API reference, chapter 2.28). `Sales/EU` is a name
that people read as a path, and so do the tools here; Make itself does not.
"""

from collections.abc import Sequence

from make_mcp_base.authoring import Failure, Make, Output, Problem

SEPARATOR = "/"
LONGEST_NAME = 100
READ = "scenarios:read"
_COLUMNS = ["id", "name", "folderId", "isActive", "isinvalid", "isPaused", "dlqCount"]
_WITH_ORIGIN = [*_COLUMNS, "usedPackages", "createdByUser"]


class Folder(Output):
    id: int
    name: str


class Folders(Output):
    scenarios_folders: list[Folder]


class Scenario(Output):
    """A scenario as far as filing goes."""

    id: int
    name: str
    folder_id: int | None = None
    is_active: bool = False
    isinvalid: bool = False
    is_paused: bool = False
    dlq_count: int = 0

    @property
    def problem(self) -> str | None:
        """What ails it, in words; None when nothing shows."""
        if self.isinvalid:
            return "stopped by errors"
        if self.is_paused:
            return "held back by plan limits"
        return f"{self.dlq_count} incomplete executions" if self.dlq_count else None


class Person(Output):
    id: int = 0
    name: str = ""
    email: str = ""


class OriginOf(Scenario):
    """A scenario with what it is filed by."""

    used_packages: list[str] = []
    created_by_user: Person | None = None


async def folders_of(make: Make, team_id: int) -> list[Folder]:
    """Read the folders of a team, by name."""
    answer = await make.get("/scenarios-folders", {"teamId": team_id}, into=Folders, scope=READ)
    return answer.scenarios_folders


async def scenarios_of(make: Make, team_id: int) -> list[Scenario]:
    """Read where all scenarios of a team are filed."""
    query = {"teamId": team_id, "cols": _COLUMNS}
    return await make.all("/scenarios", query, key="scenarios", item=Scenario, scope=READ)


async def origins_of(make: Make, team_id: int) -> list[OriginOf]:
    """Read where all scenarios of a team are filed, with their apps and who made them."""
    query = {"teamId": team_id, "cols": _WITH_ORIGIN}
    return await make.all("/scenarios", query, key="scenarios", item=OriginOf, scope=READ)


async def find_folder(make: Make, folder_id: int) -> tuple[int, Folder]:
    """Find a folder and its team; Make only lists the folders of a team.

    Raises:
        Failure: No team that the token sees has it.
    """
    seen: set[int] = set()
    for fresh in (False, True):  # a team may be younger than what is remembered of the account
        account = await make.api.account(fresh=fresh)
        teams = [team.id for team in account.teams if team.id not in seen]
        seen.update(teams)
        teams.sort(key=lambda team: team != make.team_default)
        if found := await _search(make, teams, folder_id):
            return found
    raise Failure(
        f"No team of this token has a folder {folder_id}.",
        next_step="Find it with `folder_list`.",
        code="not_found",
    )


async def _search(make: Make, teams: Sequence[int], folder_id: int) -> tuple[int, Folder] | None:
    lists = await make.each(teams, lambda team: folders_of(make, team))
    for team, folders in zip(teams, lists, strict=True):
        for folder in folders:
            if folder.id == folder_id:
                return await make.team(team), folder
    return None


def is_below(name: str, ancestor: str) -> bool:
    """Tell whether a folder's name places it under another one."""
    return name.casefold().startswith(f"{ancestor}{SEPARATOR}".casefold())


def below(folders: Sequence[Folder], ancestor: Folder) -> list[Folder]:
    """Pick the folders whose names place them under another one."""
    return [folder for folder in folders if is_below(folder.name, ancestor.name)]


def tidy_path(text: str) -> str:
    """Take blanks off around the parts of a path."""
    return SEPARATOR.join(part.strip() for part in text.split(SEPARATOR))


def path_problems(path: str, taken: Sequence[str], argument: str = "name") -> list[Problem]:
    """Say everything that is wrong with the path of a new or renamed folder.

    Args:
        path: As `tidy_path` gives it.
        taken: Names of the team's other folders.
        argument: Name of the argument it came from.
    """
    problems: list[Problem] = []
    if not all(path.split(SEPARATOR)):
        fix = "Write it like `Sales/EU`, without a slash at either end."
        problems.append(Problem(argument, f"“{path}” has an empty part.", fix))
    if len(path) > LONGEST_NAME:
        fix = "Make counts the whole path; shorten its parts."
        over = f"is {len(path)} characters long, at most {LONGEST_NAME} are allowed."
        problems.append(Problem(argument, over, fix))
    if path.casefold() in {name.casefold() for name in taken}:
        problems.append(Problem(argument, f"the team has a folder “{path}” already."))
    return problems
