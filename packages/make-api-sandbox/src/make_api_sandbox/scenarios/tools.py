"""Tools: single modules that agents call like scenarios (Make API reference, chapter 2.27)."""

from make_api_sandbox.http.body import identifier, list_of, mapping, members, name_text, text
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import body_team
from make_api_sandbox.http.errors import invalid_parameters, not_found
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.access import ONE_SCENARIO
from make_api_sandbox.scenarios.documents import module_exists
from make_api_sandbox.scenarios.saving import add_version, derived, require_installed_apps
from make_api_sandbox.shapes import JsonObject, Row

CREATE = members(
    name=name_text(120),
    description=text(240),
    inputs=list_of(mapping()),
    teamId=identifier(),
    module=mapping(),
)
CHANGE = members(
    name=name_text(120).optional(),
    description=text(240).optional(),
    inputs=list_of(mapping()).optional(),
    module=mapping().optional(),
)


@route("POST", "/scenarios/tools", scope="scenarios:write", context=body_team, body=CREATE)
def create_tool(call: Call) -> JsonObject:
    """Make a tool of one module."""
    blueprint = _blueprint(call.body["name"], call.body["module"])
    require_installed_apps(call, blueprint)
    now = call.clock.stamp()
    ident = call.world.insert(
        "scenarios",
        team_id=call.team_id,
        name=call.body["name"],
        description=call.body["description"],
        type="tool",
        scheduling={"type": "on-demand"},
        blueprint=blueprint,
        interface={"input": call.body["inputs"], "output": None},
        is_active=True,
        created=now,
        last_edit=now,
        created_by=call.user_id,
        **derived(call.world, call.team_id or 0, blueprint),
    )
    add_version(call.world, ident, 1, call.user_id)
    return {"tool": _shown(call.world.get("scenarios", ident) or {})}


@route("GET", "/scenarios/tools/{scenarioId}", scope="scenarios:read", context=ONE_SCENARIO)
def get_tool(call: Call) -> JsonObject:
    """One tool."""
    _require_tool(call)
    return {"tool": _shown(call.entity)}


@route(
    "PATCH",
    "/scenarios/tools/{scenarioId}",
    scope="scenarios:write",
    context=ONE_SCENARIO,
    body=CHANGE,
)
def change_tool(call: Call) -> JsonObject:
    """Change name, description, inputs or module of a tool."""
    _require_tool(call)
    row = call.entity
    name = call.body.get("name", row["name"])
    module = call.body.get("module", row["blueprint"]["flow"][0])
    blueprint = _blueprint(name, module)
    require_installed_apps(call, blueprint)
    interface: JsonObject = row["interface"] or {}
    inputs = call.body.get("inputs", interface.get("input"))
    version = row["version"] + (blueprint != row["blueprint"])
    call.world.update(
        "scenarios",
        row["id"],
        name=name,
        description=call.body.get("description", row["description"]),
        blueprint=blueprint,
        interface={"input": inputs, "output": None},
        version=version,
        last_edit=call.clock.stamp(),
        updated_by=call.user_id,
        **derived(call.world, row["team_id"], blueprint),
    )
    if version != row["version"]:
        add_version(call.world, row["id"], version, call.user_id)
    return {"tool": _shown(call.world.get("scenarios", row["id"]) or row)}


def _require_tool(call: Call) -> None:
    if call.entity["type"] != "tool":
        raise not_found("Tool")


def _blueprint(name: str, module: JsonObject) -> JsonObject:
    slug = module.get("module")
    if not isinstance(slug, str) or ":" not in slug or not module_exists(slug):
        raise invalid_parameters([("module.module", f"Module '{slug}' not found.")])
    shown = {
        key: module[key] for key in ("module", "mapper", "parameters", "metadata") if key in module
    }
    flow = [{"id": 1, "version": module.get("version", 1), **shown}]
    return {"name": name, "flow": flow, "metadata": {"version": 1, "scenario": {}}}


def _shown(row: Row) -> JsonObject:
    module: JsonObject = row["blueprint"]["flow"][0]
    interface: JsonObject = row["interface"] or {}
    return {
        "id": row["id"],
        "name": row["name"],
        "description": row["description"],
        "inputs": interface.get("input") or [],
        "teamId": row["team_id"],
        "moduleType": "action",
        "module": {
            "module": module["module"],
            "version": module["version"],
            "mapper": module.get("mapper", {}),
            "parameters": module.get("parameters", {}),
            "metadata": module.get("metadata", {}),
        },
    }
