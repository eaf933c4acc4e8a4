"""What modules and periods used (Make API reference, chapter 2.27)."""

from make_api_sandbox.clock import milliseconds
from make_api_sandbox.http.body import identifier, list_of, members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import query_organization
from make_api_sandbox.http.errors import invalid_parameters
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO, visible_teams
from make_api_sandbox.scenarios.history import DAY_MS, query_number
from make_api_sandbox.scenarios.presentation import marks
from make_api_sandbox.shapes import JsonObject

LONGEST_DAYS = 30


@route(
    "POST",
    "/scenarios/modules/consumptions",
    scope="scenarios:read",
    context=query_organization,
    permission="organization view",
    body=members(scenarioIds=list_of(identifier())),
)
def list_module_consumptions(call: Call) -> JsonObject:
    """Use by module over the last days (1 to 30, default 30), for scenarios the caller may see.

    The default is not documented. A scenario that is not there, or somebody else's, is left out.
    """
    teams = visible_teams(call)
    wanted: list[int] = call.body["scenarioIds"]
    known = call.world.rows(
        f"SELECT id FROM scenarios WHERE id IN ({marks(wanted)}) AND team_id IN ({marks(teams)})"
        " ORDER BY id",
        *wanted,
        *teams,
    )
    since = milliseconds(call.now()) - _days(call) * DAY_MS
    shown = [
        {"scenarioId": row["id"], "modules": _modules(call, row["id"], since)} for row in known
    ]
    return {"scenarios": shown}


def _days(call: Call) -> int:
    days = query_number(call, "days")
    if days is None:
        return LONGEST_DAYS
    if not 1 <= days <= LONGEST_DAYS:
        text = f"Parameter 'days' should be integer >= 1 and <= {LONGEST_DAYS}."
        raise invalid_parameters([("days", text)])
    return days


def _modules(call: Call, scenario_id: int, since_ms: int) -> list[JsonObject]:
    return call.world.rows(
        'SELECT module_id AS "moduleId", sum(operations) AS operations,'
        ' sum(transfer) AS "dataTransfer", sum(centicredits) AS centicredits,'
        " sum(status = 2) AS warnings, sum(status = 3) AS errors FROM execution_modules"
        " WHERE scenario_id = ? AND timestamp_ms >= ? GROUP BY module_id ORDER BY module_id",
        scenario_id,
        since_ms,
    )


@route(
    "GET",
    "/scenarios/{scenarioId}/consumption-overview",
    scope="scenarios:read",
    context=ONE_SCENARIO,
)
def get_consumption_overview(call: Call) -> JsonObject:
    """Transfer and credits of a scenario's runs between two times, in one row.

    Check runs that found nothing to do count only with `showCheckRuns=true`.
    """
    start, end = query_number(call, "from"), query_number(call, "to")
    rows = call.world.rows(
        "SELECT coalesce(sum(transfer), 0) AS transfer,"
        " coalesce(sum(centicredits), 0) AS centicredits FROM executions"
        " WHERE scenario_id = ? AND kind = 'run' AND timestamp_ms >= ? AND timestamp_ms <= ?"
        " AND is_check_run <= ?",
        call.entity["id"],
        start or 0,
        milliseconds(call.now()) if end is None else end,
        call.query_flag("showCheckRuns") is True,
    )
    return {"scenarioConsumption": rows}
