"""Teams: the workspaces of an organization that own its scenarios and data."""

from make_mcp_base.authoring import (
    Counter,
    Failure,
    Input,
    Irreversible,
    Make,
    NextCall,
    OrganizationId,
    Output,
    Page,
    PageInput,
    Problem,
    TeamId,
    Undo,
    Watch,
    delete,
    page_of,
    post,
)
from pydantic import Field

from make_mcp_core_tools.permissions.declared import category

_COLUMNS = ["id", "name", "organizationId", "isPaused"]
_USAGE = [
    "activeScenarios",
    "activeApps",
    "operationsLimit",
    "consumedOperations",
    "consumedTransfer",
    "consumedCenticredits",
]

# Inputs


class ListTeams(PageInput):
    organization_id: OrganizationId | None = None
    include_private_spaces: bool = False
    """Also list personal teams."""
    name_contains: str | None = None
    """Only teams with this text in their name."""


class GetTeam(Input):
    team_id: TeamId | None = None
    include_usage: bool = False
    """Also tell what the team used in this period."""


class CreateTeam(Input):
    name: str = Field(min_length=1, max_length=128)
    """Name of the new team."""
    organization_id: OrganizationId | None = None
    operations_limit: int | None = Field(default=None, ge=1)
    """Operations the team may use in a period; leave out for no limit of its own."""


class DeleteTeam(Input):
    team_id: TeamId
    name: str | None = None
    """The team's exact name; needed when it holds anything."""


# Outputs


class Team(Output):
    id: TeamId
    name: str
    is_paused: bool = False
    """True while the team's scenarios are held back."""


class Teams(Page):
    teams: list[Team]


class OneTeam(Output):
    team: Team


class TeamDetail(Team):
    organization_id: int | None = None
    active_scenarios: Counter | None = None
    active_apps: Counter | None = None
    operations_limit: Counter | None = None
    """Absent when the team has no limit of its own."""
    consumed_operations: Counter | None = None
    """In this period."""
    consumed_transfer_bytes: int | None = None
    consumed_credits: float | None = None
    next_calls: list[NextCall] = []


class TeamDeleted(Output):
    team: int
    """Id of the deleted team."""


# Make's answers


class RawTeam(TeamDetail):
    consumed_transfer: Counter | None = None
    consumed_centicredits: Counter | None = None


class OneRawTeam(Output):
    team: RawTeam


# Tools


@category.tool(scope="teams:read", effect="read", formerly=("teams_list", "list-teams"))
async def team_list(make: Make, args: ListTeams) -> Teams:
    """List the teams of an organization.

    A token bound to one team cannot list its siblings; use `team_get` then.
    """
    query = {
        "organizationId": args.organization_id,
        "includePrivateSpaces": args.include_private_spaces or None,
        "cols": _COLUMNS,
    }
    rows = await make.all("/teams", query, key="teams", item=Team)
    wanted = (args.name_contains or "").casefold()
    page, more = page_of([team for team in rows if wanted in team.name.casefold()], args)
    return Teams(teams=page, **more)


@category.tool(scope="teams:read", effect="read", formerly=("teams_get", "get-team"))
async def team_get(make: Make, args: GetTeam) -> TeamDetail:
    """Show one team, and what it used in this period if asked."""
    columns = [*_COLUMNS, *(_USAGE if args.include_usage else [])]
    raw = (await make.get(f"/teams/{args.team_id}", {"cols": columns}, into=OneRawTeam)).team
    spent = raw.consumed_centicredits
    return TeamDetail.model_validate(
        raw.model_dump()
        | {
            "consumed_transfer_bytes": raw.consumed_transfer,
            "consumed_credits": None if spent is None else spent / 100,
            "next_calls": [
                NextCall(tool="user_list", arguments={"team_id": raw.id}, why="See its people.")
            ],
        }
    )


@category.tool(scope="teams:write", effect="create", formerly=("teams_create", "create-team"))
async def team_create(make: Make, args: CreateTeam) -> OneTeam:
    """Create a team in an organization; the token's user becomes its admin."""
    await _refuse_above_licence(make, args)
    body = {"name": args.name, "organizationId": args.organization_id}
    if args.operations_limit:
        body["operationsLimit"] = args.operations_limit
    return await make.write(
        post("/teams", body),
        into=OneTeam,
        says=f"Create the team “{args.name}”",
        undo=lambda made: Undo(
            (delete(f"/teams/{made.team.id}", confirmed=True),),
            Watch(f"/teams/{made.team.id}", ("team.name",)),
        ),
    )


@category.tool(scope="teams:write", effect="delete", formerly=("teams_delete", "delete-team"))
async def team_delete(make: Make, args: DeleteTeam) -> TeamDeleted:
    """Delete a team with everything in it: scenarios, connections, hooks, data stores.

    The plan counts what is lost. A team that holds anything also needs its exact `name`.
    """
    team = (await make.get(f"/teams/{args.team_id}", into=OneTeam, scope="teams:read")).team
    held = await make.each(_CONTENTS, lambda kind: _count(make, args.team_id, *kind))
    _refuse_unnamed(team, args.name, [line for line in held if not line.startswith("0 ")])
    make.affects(f"Lost for good: {', '.join(held)}.")
    make.affects("To keep the scenarios, save them first (`blueprint_backup`).")
    return await make.write(
        delete(f"/teams/{args.team_id}", confirmed=True),
        into=TeamDeleted,
        says=f"Delete the team “{team.name}” ({args.team_id})",
        before={"name": team.name, "held": list(held)},
        undo=Irreversible("Make keeps nothing of a deleted team."),
    )


# What a team holds

_CONTENTS = (
    ("scenarios", "/scenarios", "scenarios", "scenarios:read"),
    ("connections", "/connections", "connections", "connections:read"),
    ("hooks", "/hooks", "hooks", "hooks:read"),
    ("data stores", "/data-stores", "dataStores", "datastores:read"),
    ("data structures", "/data-structures", "dataStructures", "udts:read"),
    ("keys", "/keys", "keys", "keys:read"),
)
"""Name, path, wrapper key and scope of each kind of thing that goes with its team."""


async def _count(make: Make, team_id: int, name: str, path: str, key: str, scope: str) -> str:
    """Say how many things of a kind a team holds; a token that may not look says so."""
    if not (await make.account()).has(scope):
        return f"{name} (not visible without {scope})"
    rows = await make.all(path, {"teamId": team_id}, key=key, item=_Held, scope=scope)
    active = sum(row.is_active for row in rows)
    return f"{len(rows)} {name}" + (f" ({active} active)" if active else "")


class _Held(Output):
    is_active: bool = False


def _refuse_unnamed(team: Team, name: str | None, held: list[str]) -> None:
    if held and name != team.name:
        raise Failure(
            f"The team {team.id} was not deleted.",
            why=f"It holds {', '.join(held)}.",
            next_step=f"To delete all of it, call `team_delete` with team_id={team.id} and `name`"
            " set to the team's exact name (`team_get`).",
            code="name_needed",
            problems=[Problem("name", "is not the exact name of the team.")] if name else [],
        )


async def _refuse_above_licence(make: Make, args: CreateTeam) -> None:
    """Say beforehand what Make would refuse (`license.teams`, API reference, chapter 1.20)."""
    organizations = (await make.account()).organizations
    organization = next((o for o in organizations if o.id == args.organization_id), None)
    most = organization.license.get("teams") if organization else None
    if organization is None or not most or not (await make.account()).has("teams:read"):
        return
    query = {"organizationId": args.organization_id}
    teams = await make.all("/teams", query, key="teams", item=Team, scope="teams:read")
    if len(teams) >= most:
        raise Failure(
            f"The team “{args.name}” was not created.",
            why=f"The plan of {organization.name} allows {most} team(s), and all are in use.",
            next_step="Use one of the teams that `team_list` shows, or have an owner change the"
            " plan.",
            code="licence_gate",
        )
