"""The contexts of scenario routes."""

from make_api_sandbox.http.access import is_team_visible, require_organization
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import enter_team, entity
from make_api_sandbox.http.errors import (
    ApiError,
    invalid_parameters,
    missing,
    not_found,
    organization_paused,
)
from make_api_sandbox.shapes import Row

ONE_SCENARIO = entity("scenarios", "scenarioId", "Scenario")
"""The scenario named in the path; `call.entity` is its row."""


def team_or_organization(call: Call) -> None:
    """Exactly one of `teamId` and `organizationId`; any member may ask for an organization.

    What is shown of an organization is limited to `visible_teams`.
    """
    team_id, organization_id = call.query_id("teamId"), call.query_id("organizationId")
    if team_id and organization_id:
        raise ApiError(400, "SC400", "teamId and organizationId cannot be used together")
    if team_id:
        enter_team(call, team_id)
    elif organization_id:
        require_organization(call.world, call.user_id, organization_id, "organization view")
        call.organization_id = organization_id
    else:
        raise invalid_parameters([missing("teamId or organizationId")])


def visible_teams(call: Call) -> list[int]:
    """The team asked for, or the teams of the organization in which the caller may look."""
    if call.team_id:
        return [call.team_id]
    teams = call.world.rows("SELECT * FROM teams WHERE organization_id = ?", call.organization_id)
    return [team["id"] for team in teams if is_team_visible(call.world, call.user_id, team)]


def refuse_when_paused(call: Call) -> None:
    """Nothing runs and nothing is switched on while organization, team or scenario is paused.

    Raises:
        ApiError: 429 `IM310`.
    """
    team = call.world.get("teams", call.team_id or 0) or {}
    if call.organization["is_paused"] or team.get("is_paused") or call.entity["is_paused"]:
        raise organization_paused()


def execution_of(call: Call) -> Row:
    """The run named in the path.

    Raises:
        ApiError: 404 when the scenario has no such run.
    """
    row = call.world.row(
        "SELECT * FROM executions WHERE id = ? AND scenario_id = ? AND kind <> 'event'",
        call.path("executionId"),
        call.entity["id"],
    )
    if row is None:
        raise not_found("Execution")
    return row
