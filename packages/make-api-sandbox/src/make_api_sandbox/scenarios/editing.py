"""Creating, changing, cloning and deleting scenarios (Make API reference, chapter 2.27)."""

import json
from typing import Any

from make_api_sandbox.hooks.absence import begin_absence
from make_api_sandbox.http.body import (
    anything,
    boolean,
    identifier,
    json_text,
    mapping,
    members,
    name_text,
    open_members,
    text,
)
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import body_team, enter_team, query_organization
from make_api_sandbox.http.errors import not_found, permission_denied
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO
from make_api_sandbox.scenarios.cloning import remapped
from make_api_sandbox.scenarios.documents import (
    check_interface,
    interface_of,
    is_on_demand,
    read_blueprint,
    read_scheduling,
    required_inputs,
)
from make_api_sandbox.scenarios.events import note
from make_api_sandbox.scenarios.presentation import present
from make_api_sandbox.scenarios.saving import (
    add_version,
    derived,
    refuse_hook_of_another,
    require_folder,
    require_installed_apps,
)
from make_api_sandbox.scenarios.state import plan_next
from make_api_sandbox.shapes import JsonObject

DESCRIPTION = text(240)
CREATE = members(
    blueprint=json_text(),
    teamId=identifier(),
    scheduling=json_text(),
    folderId=identifier().optional().or_null(),
    basedon=identifier().optional().or_null(),
    description=DESCRIPTION.optional(),
    metadata=mapping().optional(),
)
CHANGE = members(
    blueprint=json_text().optional(),
    scheduling=json_text().optional(),
    folderId=identifier().optional().or_null(),
    name=name_text(120).optional(),
    description=DESCRIPTION.optional().or_null(),
    metadata=mapping().optional(),
    concept=boolean().optional(),
    basedon=identifier().optional().or_null(),
)
CLONE = open_members(
    name=name_text(120),
    teamId=identifier(),
    states=boolean(),
    account=mapping().optional(),
    key=mapping().optional(),
    hook=mapping().optional(),
    device=mapping().optional(),
    udt=mapping().optional(),
    datastore=mapping().optional(),
    folderId=anything().optional(),
)


@route("POST", "/scenarios", scope="scenarios:write", context=body_team, body=CREATE)
def create_scenario(call: Call) -> JsonObject:
    """Make a scenario; it starts inactive."""
    blueprint = read_blueprint(call.body["blueprint"])
    scheduling = read_scheduling(call.body["scheduling"], call.license)
    interface = interface_of(call.body.get("metadata"), blueprint)
    if required_inputs(interface):
        check_interface(interface or {}, scheduling)
    require_folder(call, call.body.get("folderId"))
    refuse_hook_of_another(call, blueprint, None)
    require_installed_apps(call, blueprint)
    ident = _insert(
        call,
        blueprint,
        name=blueprint.get("name") or "New scenario",
        scheduling=scheduling,
        interface=interface,
        folder_id=call.body.get("folderId"),
        description=call.body.get("description", ""),
        updated_by=call.user_id,
        extra=_origin(call.body.get("basedon")),
    )
    return {"scenario": present(call.world, ident, call.cols)}


def _origin(template: int | None) -> JsonObject:
    """Which public template a scenario was made from, so that it counts as a use of it."""
    return {} if template is None else {"basedon": template}


def _insert(call: Call, blueprint: JsonObject, **columns: Any) -> int:
    now = call.clock.stamp()
    team_id: int = columns.pop("team_id", call.team_id)
    ident = call.world.insert(
        "scenarios",
        team_id=team_id,
        blueprint=blueprint,
        created=now,
        last_edit=now,
        created_by=call.user_id,
        version=1,
        **derived(call.world, team_id, blueprint),
        **columns,
    )
    add_version(call.world, ident, 1, call.user_id)
    return ident


@route(
    "PATCH", "/scenarios/{scenarioId}", scope="scenarios:write", context=ONE_SCENARIO, body=CHANGE
)
def change_scenario(call: Call) -> JsonObject:
    """Change any of blueprint, scheduling, folder, name and description."""
    ident: int = call.entity["id"]
    changes: JsonObject = {}
    if "blueprint" in call.body:
        changes |= _blueprint_changes(call)
    if "scheduling" in call.body:
        changes["scheduling"] = read_scheduling(call.body["scheduling"], call.license)
    if "folderId" in call.body:
        require_folder(call, call.body["folderId"])
        changes["folder_id"] = call.body["folderId"]
    if "name" in call.body:
        changes["name"] = call.body["name"]
    if "description" in call.body:
        changes["description"] = call.body["description"] or ""
    if "concept" in call.body:
        changes["concept"] = call.body["concept"]
    _refuse_inputs_without_demand(call, changes)
    _apply(call, ident, changes)
    return {"scenario": present(call.world, ident, call.cols)}


def _blueprint_changes(call: Call) -> JsonObject:
    blueprint = read_blueprint(call.body["blueprint"])
    refuse_hook_of_another(call, blueprint, call.entity["id"])
    require_installed_apps(call, blueprint)
    changes = {"blueprint": blueprint, **derived(call.world, call.entity["team_id"], blueprint)}
    if blueprint.get("name"):
        changes["name"] = blueprint["name"]
    interface = interface_of(call.body.get("metadata"), blueprint)
    return changes if interface is None else {**changes, "interface": interface}


def _refuse_inputs_without_demand(call: Call, changes: JsonObject) -> None:
    scheduling = changes.get("scheduling", call.entity["scheduling"])
    interface = changes.get("interface", call.entity["interface"])
    if required_inputs(interface) and not is_on_demand(scheduling):
        check_interface(interface or {}, scheduling)


def _apply(call: Call, ident: int, changes: JsonObject) -> None:
    """Write the changes, with a version for a new blueprint and the next run for a new plan."""
    if not changes:
        return
    version = call.entity["version"] + ("blueprint" in changes)
    if "name" in changes and "blueprint" not in changes:
        changes["blueprint"] = {**call.entity["blueprint"], "name": changes["name"]}
    call.world.update(
        "scenarios",
        ident,
        **changes,
        last_edit=call.clock.stamp(),
        updated_by=call.user_id,
        version=version,
    )
    if version != call.entity["version"]:
        add_version(call.world, ident, version, call.user_id)
    note(call.world, call.entity, "modify", call.user_id)
    if "scheduling" in changes and call.entity["is_active"]:
        scenario = call.world.get("scenarios", ident) or call.entity
        plan_next(call.world, scenario, call.now())


@route("DELETE", "/scenarios/{scenarioId}", scope="scenarios:write", context=ONE_SCENARIO)
def delete_scenario(call: Call) -> JsonObject:
    """Remove a scenario with its history; what it consumed stays consumed."""
    with call.world.write():
        call.world.delete("scenarios", call.entity["id"])
        begin_absence(call.world, call.entity["hook_id"])
    return {"scenario": call.entity["id"]}


@route(
    "POST",
    "/scenarios/{scenarioId}/clone",
    scope="scenarios:write",
    context=query_organization,
    permission="",
    body=CLONE,
)
def clone_scenario(call: Call) -> JsonObject:
    """Copy a scenario into a team, with its objects replaced by the team's own."""
    source = call.world.get("scenarios", call.path_id("scenarioId"))
    if source is None:
        raise not_found("Scenario")
    organization_id = call.organization_id
    enter_team(call, source["team_id"])
    enter_team(call, call.body["teamId"])
    if call.organization_id != organization_id:
        raise permission_denied()
    blueprint = remapped(call, source, call.body["teamId"])
    require_installed_apps(call, blueprint)
    folder_id = source["folder_id"] if source["team_id"] == call.team_id else None
    ident = _insert(
        call,
        {**blueprint, "name": call.body["name"]},
        name=call.body["name"],
        scheduling=source["scheduling"],
        interface=source["interface"],
        description=source["description"],
        folder_id=folder_id,
        module_data=json.loads(json.dumps(source["module_data"])) if call.body["states"] else {},
        extra={"isShared": None},
    )
    return {"scenario": present(call.world, ident, call.cols)}
