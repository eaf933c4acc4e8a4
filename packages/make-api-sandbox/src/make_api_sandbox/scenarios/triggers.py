"""The hook of a scenario, and what its modules keep between runs (API reference, 2.27)."""

from make_api_sandbox.hooks.address import address_of
from make_api_sandbox.http.body import open_members
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO
from make_api_sandbox.shapes import JsonObject


@route("GET", "/scenarios/{scenarioId}/triggers", scope="scenarios:read", context=ONE_SCENARIO)
def get_trigger(call: Call) -> JsonObject:
    """The hook that starts the scenario."""
    hook = call.world.get("hooks", call.entity["hook_id"] or 0)
    if hook is None:
        raise not_found("Trigger")
    waiting = "SELECT count(*) FROM hook_incomings WHERE hook_id = ?"
    return {
        "id": hook["id"],
        "name": hook["name"],
        "udid": hook["udid"],
        "scope": "hook",
        "queueCount": call.world.value(waiting, hook["id"]),
        "queueLimit": call.license.get("iolimit", 0),
        "typeName": hook["type_name"],
        "type": hook["type"],
        "flags": hook["flags"],
        "url": address_of(hook, call.organization["zone"], call.sandbox.public_url),
    }


@route(
    "GET",
    "/scenarios/{scenarioId}/data/{moduleId}",
    scope="scenarios:write",
    context=ONE_SCENARIO,
)
def has_module_data(call: Call) -> JsonObject:
    """Whether a module keeps something between runs."""
    return {"exists": str(call.path_id("moduleId")) in call.entity["module_data"]}


@route(
    "PUT",
    "/scenarios/{scenarioId}/data",
    scope="scenarios:write",
    context=ONE_SCENARIO,
    body=open_members(),
)
def set_module_data(call: Call) -> JsonObject:
    """Set what modules keep, by module id."""
    kept = {**call.entity["module_data"], **call.body}
    call.world.update("scenarios", call.entity["id"], module_data=kept)
    return {"updated": True}
