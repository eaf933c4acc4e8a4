"""What has to stay true when a scenario is saved."""

from make_blueprint.bindings import bindings
from make_blueprint.problem import BlueprintError

from make_api_sandbox.http.call import Call
from make_api_sandbox.http.errors import ApiError, not_found, refused
from make_api_sandbox.scenarios.documents import (
    BUILT_IN_APPS,
    hook_of,
    listens,
    module_sequence,
    structural_faults,
    used_packages,
)
from make_api_sandbox.shapes import JsonObject, Row
from make_api_sandbox.world import World


def derived(world: World, team_id: int, blueprint: JsonObject) -> JsonObject:
    """Columns of a scenario that follow from its blueprint."""
    return {
        "hook_id": _existing_hook(world, team_id, blueprint),
        "used_packages": used_packages(blueprint),
        "module_sequence": module_sequence(blueprint),
        "is_invalid": bool(missing_connections(world, team_id, blueprint)),
    }


def _existing_hook(world: World, team_id: int, blueprint: JsonObject) -> int | None:
    ident = hook_of(blueprint)
    row = world.get("hooks", ident) if ident else None
    return row["id"] if row and row["team_id"] == team_id else None


def missing_connections(world: World, team_id: int, blueprint: JsonObject) -> list[int]:
    """Connections that the blueprint names and the team does not have."""
    try:
        found = bindings(blueprint)
    except BlueprintError:
        return []
    named = {str(each.value) for each in found if each.kind == "connection"}
    ids = sorted(int(each) for each in named if each.isdigit())
    rows = world.rows("SELECT id FROM connections WHERE team_id = ?", team_id)
    known = {row["id"] for row in rows}
    return [each for each in ids if each not in known]


def activation_faults(world: World, scenario: Row) -> list[str]:
    """What keeps a scenario from being switched on."""
    blueprint, team_id = scenario["blueprint"], scenario["team_id"]
    faults = structural_faults(blueprint)
    missing = missing_connections(world, team_id, blueprint)
    faults += [f"Connection {ident} does not exist." for ident in missing]
    if listens(blueprint) and _existing_hook(world, team_id, blueprint) is None:
        faults.append("The webhook of the first module does not exist.")
    return faults


def refuse_hook_of_another(call: Call, blueprint: JsonObject, own_id: int | None) -> None:
    """One hook serves one scenario only.

    Raises:
        ApiError: 400 naming the scenario that has the hook.
    """
    hook_id = hook_of(blueprint)
    other = call.world.row(
        "SELECT id, name FROM scenarios WHERE hook_id = ? AND id IS NOT ?", hook_id or 0, own_id
    )
    if other is not None:
        raise refused(f"The webhook is already used by scenario {other['id']} ({other['name']}).")


def require_installed_apps(call: Call, blueprint: JsonObject) -> None:
    """Ask for confirmation before an app is used for the first time in the organization.

    Make's own apps, and apps for which the organization has connections, need none.

    Raises:
        ApiError: `IM007` naming the apps.
    """
    if call.confirmed:
        return
    known = BUILT_IN_APPS | _apps_in_use(call.world, call.organization_id or 0)
    fresh = [app for app in used_packages(blueprint) if app not in known]
    if fresh:
        message = f"Application installation needs confirmation: {', '.join(fresh)}."
        metadata = [{"type": "installApp", "data": [{"name": app} for app in fresh]}]
        raise ApiError(400, "IM007", message, metadata=metadata)


def _apps_in_use(world: World, organization_id: int) -> set[str]:
    teams = "(SELECT id FROM teams WHERE organization_id = ?)"
    scenarios = world.rows(
        f"SELECT DISTINCT value AS app FROM scenarios, json_each(used_packages)"
        f" WHERE team_id IN {teams}",
        organization_id,
    )
    connections = world.rows(
        f"SELECT DISTINCT package_name AS app FROM connections WHERE team_id IN {teams}",
        organization_id,
    )
    return {row["app"] for row in [*scenarios, *connections] if row["app"]}


def require_folder(call: Call, folder_id: int | None) -> None:
    """A scenario's folder must be one of its team.

    Raises:
        ApiError: 404.
    """
    row = call.world.get("folders", folder_id) if folder_id else None
    if folder_id and (row is None or row["team_id"] != call.team_id):
        raise not_found("Scenario folder")


def add_version(world: World, scenario_id: int, version: int, author_id: int) -> None:
    """Keep the current blueprint as a version."""
    blueprint = world.value("SELECT blueprint FROM scenarios WHERE id = ?", scenario_id)
    world.insert(
        "scenario_versions",
        scenario_id=scenario_id,
        version=version,
        created=world.clock.stamp(),
        author_id=author_id,
        blueprint=blueprint,
    )
