"""Switching scenarios on and off through the API (Make API reference, chapter 2.27)."""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError, refused
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO, refuse_when_paused
from make_api_sandbox.scenarios.order import Order
from make_api_sandbox.scenarios.queue import per_run, waiting
from make_api_sandbox.scenarios.runs import runs_of
from make_api_sandbox.scenarios.saving import activation_faults
from make_api_sandbox.scenarios.schedule import DEFAULT_INTERVAL
from make_api_sandbox.scenarios.state import switch_off, switch_on
from make_api_sandbox.shapes import JsonObject


@route(
    "POST",
    "/scenarios/{scenarioId}/start",
    scope="scenarios:write",
    context=ONE_SCENARIO,
    permission="scenario start",
)
async def start_scenario(call: Call) -> JsonObject:
    """Activate a scenario; one with an interval also runs at once.

    What has been waiting at the hook of an instant scenario is worked off.
    """
    refuse_when_paused(call)
    if call.entity["is_active"]:
        raise refused("Scenario is already running.")
    _refuse_faults(call)
    _refuse_interval(call)
    _refuse_one_too_many(call)
    _refuse_too_many_apps(call)
    with call.world.write():
        switch_on(call.world, call.entity, call.user_id)
    _first_run(call)
    return {"scenario": {"id": call.entity["id"], "islinked": True, "isActive": True}}


def _first_run(call: Call) -> None:
    scenario = call.world.get("scenarios", call.entity["id"]) or call.entity
    runs = runs_of(call.sandbox)
    if scenario["scheduling"]["type"] == "indefinitely":
        requests = waiting(call.world, scenario["hook_id"], per_run(scenario))
        runs.begin(Order(scenario, requests=requests))
    else:
        runs.drain(scenario["id"])


def _refuse_faults(call: Call) -> None:
    faults = activation_faults(call.world, call.entity)
    if faults:
        suberrors = [{"message": each} for each in faults]
        raise ApiError(400, "IM005", "Scenario contains errors", detail=faults, suberrors=suberrors)


def _refuse_interval(call: Call) -> None:
    """The interval must not be shorter than the plan's minimum (`license.interval` minutes)."""
    scheduling = call.entity["scheduling"]
    minimum = 60 * (call.license.get("interval") or 0)
    if scheduling["type"] != "indefinitely":
        return
    if (scheduling.get("interval") or DEFAULT_INTERVAL) < minimum:
        raise refused("Invalid interval.")


def _refuse_one_too_many(call: Call) -> None:
    limit = call.license.get("scenarios")
    active = call.world.value(
        "SELECT count(*) FROM scenarios WHERE is_active = 1 AND team_id IN"
        " (SELECT id FROM teams WHERE organization_id = ?)",
        call.organization_id,
    )
    if limit is not None and active >= limit:
        raise refused(f"The plan allows {limit} active scenario(s).", "IM011")


def _refuse_too_many_apps(call: Call) -> None:
    """Refuse above `license.appslimit`, counted over all active scenarios of the organization."""
    limit = call.license.get("appslimit")
    if limit is None:
        return
    active = call.world.rows(
        "SELECT used_packages FROM scenarios WHERE is_active = 1 AND team_id IN"
        " (SELECT id FROM teams WHERE organization_id = ?)",
        call.organization_id,
    )
    used = {name for row in [*active, call.entity] for name in row["used_packages"]}
    if len(used) > limit:
        raise refused(f"The plan allows {limit} app(s) in active scenarios.", "IM011")


@route(
    "POST",
    "/scenarios/{scenarioId}/stop",
    scope="scenarios:write",
    context=ONE_SCENARIO,
    permission="scenario stop",
)
def stop_scenario(call: Call) -> JsonObject:
    """Deactivate a scenario; a run in progress goes on to its end."""
    if not call.entity["is_active"]:
        raise refused("Scenario is not running.")
    switch_off(call.world, call.entity, call.user_id)
    return {"scenario": {"id": call.entity["id"], "islinked": False, "isActive": False}}
