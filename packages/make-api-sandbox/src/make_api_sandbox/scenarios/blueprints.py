"""The blueprint of a scenario and its versions (Make API reference, chapter 2.27)."""

from datetime import timedelta

from make_api_sandbox.clock import stamp
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO
from make_api_sandbox.scenarios.documents import module_sequence
from make_api_sandbox.shapes import JsonObject

KEPT = timedelta(days=60)
"""How long versions can be restored."""


@route("GET", "/scenarios/{scenarioId}/blueprint", scope="scenarios:read", context=ONE_SCENARIO)
def get_blueprint(call: Call) -> JsonObject:
    """The current blueprint, or the version named by `blueprintId`."""
    scenario = call.entity
    blueprint = _version(call) if call.query("blueprintId") else scenario["blueprint"]
    interface: JsonObject = scenario["interface"] or {}
    return {
        "code": "OK",
        "response": {
            "blueprint": blueprint,
            "scheduling": scenario["scheduling"],
            "concept": scenario["concept"],
            "created": scenario["created"],
            "last_edit": scenario["last_edit"],
            "metadata": {
                "input_spec": interface.get("input") or [],
                "output_spec": interface.get("output") or [],
            },
            "idSequence": module_sequence(blueprint),
        },
    }


def _version(call: Call) -> JsonObject:
    row = call.world.row(
        "SELECT blueprint FROM scenario_versions WHERE scenario_id = ? AND version = ?"
        " AND created >= ?",
        call.entity["id"],
        call.query_id("blueprintId"),
        stamp(call.now() - KEPT),
    )
    if row is None:
        raise not_found("Blueprint")
    return row["blueprint"]


@route("GET", "/scenarios/{scenarioId}/blueprints", scope="scenarios:read", context=ONE_SCENARIO)
def list_versions(call: Call) -> JsonObject:
    """Versions of the last 60 days, newest first."""
    rows = call.world.rows(
        'SELECT created, version, scenario_id AS "scenarioId", draft FROM scenario_versions'
        " WHERE scenario_id = ? AND created >= ? ORDER BY version DESC",
        call.entity["id"],
        stamp(call.now() - KEPT),
    )
    return {"scenariosBlueprints": rows}
