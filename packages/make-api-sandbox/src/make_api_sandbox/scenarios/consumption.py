"""What scenarios use (Make API reference, chapters 1.18 and 2.27)."""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO, team_or_organization, visible_teams
from make_api_sandbox.scenarios.presentation import marks
from make_api_sandbox.shapes import JsonObject
from make_api_sandbox.usage import KEPT_IN, daily, organization_zone, period_start_ms


@route("GET", "/scenarios/{scenarioId}/usage", scope="scenarios:read", context=ONE_SCENARIO)
def get_usage(call: Call) -> JsonObject:
    """Use by day over the last 30 days, days without use left out."""
    local = call.query_flag("organizationTimezone") is True
    zone = organization_zone(call.organization) if local else None
    return {"data": daily(call.world, "scenario_id", call.entity["id"], zone)}


@route("GET", "/scenarios/consumptions", scope="scenarios:read", context=team_or_organization)
def list_consumptions(call: Call) -> JsonObject:
    """What each scenario, also a deleted one, used since the last reset of the usage."""
    teams = visible_teams(call)
    since = period_start_ms(call.organization)
    used = " UNION ALL ".join(
        f"SELECT scenario_id, operations, transfer, centicredits FROM {table}"
        f" WHERE team_id IN ({marks(teams)}) AND timestamp_ms >= ? AND operations IS NOT NULL"
        for table in KEPT_IN
    )
    rows = call.world.rows(
        'SELECT scenario_id AS "scenarioId", sum(operations) AS operations,'
        " sum(transfer) AS transfer, sum(centicredits) AS centicredits"
        f" FROM ({used}) GROUP BY scenario_id ORDER BY operations DESC, scenario_id",
        *[*teams, since] * len(KEPT_IN),
    )
    return {"scenarioConsumptions": rows, "lastReset": call.organization["last_reset"]}
