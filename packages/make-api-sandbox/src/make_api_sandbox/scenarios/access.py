"""The contexts of scenario routes."""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import entity
from make_api_sandbox.http.errors import not_found, organization_paused
from make_api_sandbox.shapes import Row

ONE_SCENARIO = entity("scenarios", "scenarioId", "Scenario")
"""The scenario named in the path; `call.entity` is its row."""


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
