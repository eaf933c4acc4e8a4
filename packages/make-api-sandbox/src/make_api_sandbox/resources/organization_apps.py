"""Apps that an organization uses (API reference, chapter 2.23)."""

from collections.abc import Iterator

from make_api_sandbox.clock import parse_stamp
from make_api_sandbox.http.call import Call
from make_api_sandbox.http.context import path_organization
from make_api_sandbox.http.routing import route
from make_api_sandbox.scenarios.documents import BUILT_IN_APPS, all_modules
from make_api_sandbox.shapes import JsonObject, Row


@route(
    "GET",
    "/organizations/{organizationId}/apps",
    scope="organizations:read",
    context=path_organization,
)
def list_installed_apps(call: Call) -> JsonObject:
    """The apps beside Make's own that the organization uses, by name and version.

    Custom apps are installed by somebody; others by the first scenario saved with them, so when
    and by whom is read from the versions of the scenarios. Whether Make forgets an app that is
    used no more is not documented.
    """
    installed: dict[tuple[str, int], Row] = {}
    for saved in _saved(call):
        for key in _apps(saved["blueprint"]):
            first = installed.get(key)
            if first is None or parse_stamp(saved["created"]) < parse_stamp(first["created"]):
                installed[key] = saved
    for app in _custom_apps(call):
        installed[app["name"], app["version"]] = app
    found = [
        {
            "appName": name,
            "appVersion": version,
            "organizationId": call.organization_id,
            "installedAt": installed[name, version]["created"],
            "installedBy": installed[name, version]["author"],
        }
        for name, version in sorted(installed)
    ]
    return {"installedApps": found}


def _custom_apps(call: Call) -> list[Row]:
    return call.world.rows(
        "SELECT a.name, a.version, i.installed AS created, i.user_id AS author"
        " FROM sdk_app_installs i JOIN sdk_apps a ON a.id = i.app_id WHERE i.organization_id = ?",
        call.organization_id,
    )


def _saved(call: Call) -> list[Row]:
    teams = "(SELECT id FROM teams WHERE organization_id = ?)"
    return call.world.rows(
        "SELECT v.created, v.author_id AS author, v.blueprint FROM scenario_versions v"
        f" JOIN scenarios s ON s.id = v.scenario_id WHERE s.team_id IN {teams}"
        " UNION ALL SELECT created, created_by, blueprint FROM scenarios s"
        f" WHERE s.team_id IN {teams}"
        " AND NOT EXISTS (SELECT 1 FROM scenario_versions WHERE scenario_id = s.id)",
        call.organization_id,
        call.organization_id,
    )


def _apps(blueprint: JsonObject) -> Iterator[tuple[str, int]]:
    for module in all_modules(blueprint):
        name = str(module.get("module", "")).partition(":")[0]
        if name not in BUILT_IN_APPS:
            yield name, int(module.get("version", 1))
