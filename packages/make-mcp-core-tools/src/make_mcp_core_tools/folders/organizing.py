"""Filing a team's scenarios by rules."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from make_mcp_base.authoring import Failure, Input, Make, Output, Problem, TeamId
from pydantic import Field

from make_mcp_core_tools.folders.declared import category
from make_mcp_core_tools.folders.filing import MOST, file_all, make_folder, most_filed
from make_mcp_core_tools.folders.places import (
    Folder,
    OriginOf,
    folders_of,
    origins_of,
    path_problems,
    tidy_path,
)

_SHOWN = 20

# Inputs


class FilingRule(Input):
    folder: str = Field(min_length=1)
    """Where to: name or path of a folder, such as Sales/EU; made when it is missing."""
    app: str | None = None
    """Has a module of this app, such as `slack`."""
    name_contains: str | None = Field(default=None, min_length=1)
    """Text in its name."""
    owner: str | None = Field(default=None, min_length=1)
    """Who made it: name, e-mail address or user id."""

    def fits(self, scenario: OriginOf) -> bool:
        """Tell whether all that the rule asks for holds."""
        return (
            (self.app is None or self.app.casefold() in map(str.casefold, scenario.used_packages))
            and (self.name_contains or "").casefold() in scenario.name.casefold()
            and (self.owner is None or self.owner.casefold() in _names(scenario))
        )


class OrganizeFolders(Input):
    team_id: TeamId | None = None
    rules: list[FilingRule] = Field(min_length=1, max_length=50)
    """In order; the first that fits a scenario counts, all its conditions must hold."""
    also_filed: bool = False
    """Also move scenarios that are in a folder already."""


# Outputs


class RuleOutcome(Output):
    folder: str
    folder_id: int | None = None
    """Absent when nothing was put there and there is no such folder."""
    moved: list[int]
    """Ids of scenarios."""
    unchanged: int
    """Scenarios it fits that were there already."""


class Organized(Output):
    rules: list[RuleOutcome]
    created_folders: list[str] = []
    unmatched: int
    """Scenarios that no rule fits."""
    filed_elsewhere: int
    """Left where they are, since they are in a folder; `also_filed` moves them."""
    left: int
    """For the next call: more than 200, or than a minute's API calls carry."""
    changed: bool


# Tools


@category.tool(
    scope="scenarios:write",
    effect="update",
    confirm=True,
    words=("sort", "file", "tidy", "rules", "clean up", "group"),
    examples=(
        OrganizeFolders(
            team_id=34,
            rules=[
                FilingRule(folder="Sales/EU", name_contains="EU", owner="ada@example.com"),
                FilingRule(folder="Chat", app="slack"),
            ],
        ),
    ),
)
async def folder_organize(make: Make, args: OrganizeFolders) -> Organized:
    """File a team's scenarios into folders by rules; answers with a plan first.

    Missing folders are made. One undo takes everything back.
    """
    team = args.team_id or 0
    _refuse(args)
    scenarios = await origins_of(make, team)
    _tell_idle(make, args.rules, scenarios)
    work = _sorted(args, scenarios, {f.name.casefold(): f for f in await folders_of(make, team)})
    waiting = sum(len(each.moving) for each in work.each)
    work.cut(min(MOST, await most_filed(make, team, waiting)))
    created: list[str] = []
    for each in work.each:
        if each.moving and each.folder is None:
            each.folder = work.folders.get(each.path.casefold())
        if each.moving and each.folder is None:
            each.folder = await make_folder(make, team, each.path)
            work.folders[each.path.casefold()] = each.folder
            created.append(each.path)
    moves = [(one, each.folder) for each in work.each if each.folder for one in each.moving]
    await file_all(make, moves)
    return Organized(
        rules=[each.outcome for each in work.each],
        created_folders=created,
        unmatched=work.unmatched,
        filed_elsewhere=work.elsewhere,
        left=waiting - len(moves),
        changed=bool(moves),
    )


# Parts


@dataclass
class _Rule:
    """What one rule comes to."""

    path: str
    folder: Folder | None
    moving: list[OriginOf] = field(default_factory=list[OriginOf])
    there: int = 0

    @property
    def outcome(self) -> RuleOutcome:
        """What is told of it."""
        return RuleOutcome(
            folder=self.path,
            folder_id=self.folder.id if self.folder else None,
            moved=[scenario.id for scenario in self.moving],
            unchanged=self.there,
        )


@dataclass
class _Work:
    """What the rules come to together."""

    each: list[_Rule]
    folders: dict[str, Folder]
    unmatched: int = 0
    elsewhere: int = 0

    def cut(self, most: int) -> None:
        """Keep no more moves than a call may make."""
        for each in self.each:
            del each.moving[most:]
            most -= len(each.moving)


def _sorted(
    args: OrganizeFolders, scenarios: Sequence[OriginOf], folders: dict[str, Folder]
) -> _Work:
    paths = [tidy_path(rule.folder) for rule in args.rules]
    work = _Work([_Rule(path, folders.get(path.casefold())) for path in paths], folders)
    for scenario in scenarios:
        at = next((n for n, rule in enumerate(args.rules) if rule.fits(scenario)), None)
        if at is None:
            work.unmatched += 1
            continue
        target = work.each[at].folder
        if target and scenario.folder_id == target.id:
            work.each[at].there += 1
        elif scenario.folder_id is not None and not args.also_filed:
            work.elsewhere += 1
        else:
            work.each[at].moving.append(scenario)
    return work


def _names(scenario: OriginOf) -> set[str]:
    person = scenario.created_by_user
    return {str(person.id), person.name.casefold(), person.email.casefold()} if person else set()


def _refuse(args: OrganizeFolders) -> None:
    problems: list[Problem] = []
    for at, rule in enumerate(args.rules):
        problems += path_problems(tidy_path(rule.folder), [], f"rules[{at}].folder")
        if (rule.app, rule.name_contains, rule.owner) == (None, None, None):
            text = "has no condition: one of `app`, `name_contains` and `owner` is needed."
            problems.append(Problem(f"rules[{at}]", text))
    if problems:
        raise Failure(
            "No scenario was moved.",
            next_step="Call `folder_organize` again with the corrections above.",
            code="invalid_arguments",
            problems=problems,
        )


def _tell_idle(make: Make, rules: Sequence[FilingRule], scenarios: Sequence[OriginOf]) -> None:
    """Say which apps and owners no scenario has, and which there are."""
    apps = sorted({app for scenario in scenarios for app in scenario.used_packages})
    people = sorted({s.created_by_user.name for s in scenarios if s.created_by_user})
    for at, rule in enumerate(rules):
        if rule.app and rule.app.casefold() not in map(str.casefold, apps):
            known = ", ".join(apps[:_SHOWN])
            make.warn(f"rules[{at}]: no scenario uses the app {rule.app}. In use: {known}.")
        if rule.owner and not any(rule.owner.casefold() in _names(s) for s in scenarios):
            known = ", ".join(people[:_SHOWN])
            make.warn(f"rules[{at}]: nobody called {rule.owner} made a scenario. Known: {known}.")
