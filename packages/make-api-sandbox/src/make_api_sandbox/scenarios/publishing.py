"""Drafts of scenarios becoming their blueprint (Make API reference, chapter 2.27)."""

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO
from make_api_sandbox.scenarios.events import note
from make_api_sandbox.scenarios.saving import derived
from make_api_sandbox.shapes import JsonObject


@route("POST", "/scenarios/{scenarioId}/publish", scope="scenarios:write", context=ONE_SCENARIO)
def publish_scenario(call: Call) -> JsonObject:
    """Make the draft of a scenario what runs.

    The draft is the latest version when that is marked as one. A scenario without a draft stays as
    it is and answers with its current version (not documented).
    """
    scenario = call.entity
    draft = call.world.row(
        "SELECT * FROM scenario_versions WHERE scenario_id = ? AND draft = 1"
        " ORDER BY version DESC LIMIT 1",
        scenario["id"],
    )
    if draft is None:
        return _answer(scenario["id"], scenario["version"])
    call.world.execute(
        "UPDATE scenario_versions SET draft = 0 WHERE scenario_id = ? AND version = ?",
        scenario["id"],
        draft["version"],
    )
    call.world.update(
        "scenarios",
        scenario["id"],
        blueprint=draft["blueprint"],
        version=draft["version"],
        last_edit=call.clock.stamp(),
        updated_by=call.user_id,
        **derived(call.world, scenario["team_id"], draft["blueprint"]),
    )
    note(call.world, scenario, "modify", call.user_id)
    return _answer(scenario["id"], draft["version"])


def _answer(scenario_id: int, version: int) -> JsonObject:
    shown = {"scenarioId": scenario_id, "version": version, "draft": False}
    return {"scenario": {"id": scenario_id}, "scenarioVersion": shown}
