"""Permissions: people, teams, roles and organizations, and what each may do."""

from pydantic import Field

from make_mcp_base.authoring import (
    Category,
    Counter,
    Input,
    Irreversible,
    Make,
    OrganizationId,
    Output,
    TeamId,
    Undo,
    Watch,
    delete,
    post,
)

category = Category("permissions", "People, teams, roles, organizations and what they may do.")

# Inputs


class ListTeams(Input):
    organization_id: OrganizationId | None = None
    include_private_spaces: bool = False
    """Also list personal teams."""


class CreateTeam(Input):
    name: str = Field(min_length=1, max_length=128)
    """Name of the new team."""
    organization_id: OrganizationId | None = None
    operations_limit: int | None = Field(None, ge=1)
    """Operations the team may use in a period; leave out for no limit of its own."""


class DeleteTeam(Input):
    team_id: TeamId


# Outputs


class Team(Output):
    id: TeamId
    name: str
    is_paused: bool = False
    """True while the team's scenarios are held back."""


class Teams(Output):
    teams: list[Team]


class OneTeam(Output):
    team: Team


class TeamDeleted(Output):
    team: int
    """Id of the deleted team."""


# Parts of answers


class Held(Output):
    active_scenarios: Counter = 0


class HeldTeam(Output):
    team: Held


# Tools


@category.tool(scope="teams:read", effect="read", formerly=("teams_list", "list-teams"))
async def team_list(make: Make, args: ListTeams) -> Teams:
    """List the teams of an organization.

    A token bound to one team cannot list its siblings; use `team_get` then.
    """
    return await make.get("/teams", args, into=Teams)


@category.tool(scope="teams:write", effect="create", formerly=("teams_create", "create-team"))
async def team_create(make: Make, args: CreateTeam) -> OneTeam:
    """Create a team in an organization."""
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
    """Delete a team with everything in it: scenarios, connections, hooks, data stores."""
    team = await make.get(f"/teams/{args.team_id}", into=OneTeam)
    held = await make.get(f"/teams/{args.team_id}", {"cols": ["activeScenarios"]}, into=HeldTeam)
    make.affects(f"{held.team.active_scenarios} active scenarios stop and are deleted.")
    return await make.write(
        delete(f"/teams/{args.team_id}", confirmed=True),
        into=TeamDeleted,
        says=f"Delete the team “{team.team.name}” ({args.team_id})",
        before={"name": team.team.name},
        undo=Irreversible("Make keeps nothing of a deleted team."),
    )
