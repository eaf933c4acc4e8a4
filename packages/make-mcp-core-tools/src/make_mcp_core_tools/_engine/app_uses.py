"""Who uses an app: organizations that installed it, scenarios that hold its modules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from make_blueprint.walk import walk
from make_mcp_base.authoring import Output, Timestamp
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound

from make_mcp_core_tools._engine.blueprint_index import team_scenarios
from make_mcp_core_tools._engine.scenarios import read_stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.scenarios import Scenario

PREFIX = "app#"


class InstalledApp(Output):
    """An app in an organization (Make API reference, chapter 2.23)."""

    app_name: str
    app_version: int = 1
    organization_id: int | None = None
    installed_at: Timestamp | None = None
    installed_by: int | None = None


class _Installed(Output):
    installed_apps: list[InstalledApp]


class ModuleUse(Output):
    """A module of an app in a scenario."""

    id: int | None = None
    type: str
    version: int = 1
    """Major version of the app."""
    label: str = ""


class ScenarioUse(Output):
    """A scenario with its modules of an app."""

    scenario_id: int
    name: str
    team_id: int
    is_active: bool = False
    modules: list[ModuleUse]


async def installed_apps(make: Make, organization_id: int) -> list[InstalledApp]:
    """List the apps that an organization uses."""
    path = f"/organizations/{organization_id}/apps"
    answer = await make.get(path, into=_Installed, scope="organizations:read")
    return answer.installed_apps


async def installs_of(make: Make, name: str, version: int) -> list[int]:
    """Find the organizations of this account in which an app version is installed."""
    found: list[int] = []
    for organization in (await make.account()).organizations:
        try:
            rows = await installed_apps(make, organization.id)
        except (Forbidden, NotFound, LicenceGate):
            continue
        names = {name, f"{PREFIX}{name}"}
        if any(row.app_name in names and row.app_version == version for row in rows):
            found.append(organization.id)
    return found


async def scenarios_with(
    make: Make, teams: Sequence[int], apps: Sequence[str] | None = None
) -> list[ScenarioUse]:
    """Find the scenarios that hold modules of apps, reading only those edited since last time.

    Args:
        make: The call's Make.
        teams: Teams to look into.
        apps: Names of apps as module types have them (`http`, `app#my-app`); None for all.
    """
    found: list[ScenarioUse] = []
    for team in teams:
        rows = await team_scenarios(make, {"teamId": team})
        modules = await _modules(make, team, rows)
        found += [
            ScenarioUse(
                scenario_id=row.id,
                name=row.name,
                team_id=team,
                is_active=row.is_active,
                modules=held,
            )
            for row in rows
            if (held := [one for one in modules[row.id] if _is_of(one, apps)])
        ]
    return found


async def uses_of(make: Make, name: str, version: int | None = None) -> list[ScenarioUse]:
    """Find the scenarios of all teams of this account that use a custom app."""
    teams = [team.id for team in (await make.account()).teams]
    found = await scenarios_with(make, teams, [f"{PREFIX}{name}"])
    for use in found:
        use.modules = [one for one in use.modules if version in (None, one.version)]
    return [use for use in found if use.modules]


def _is_of(module: ModuleUse, apps: Sequence[str] | None) -> bool:
    return apps is None or module.type.partition(":")[0] in apps


async def _modules(
    make: Make, team: int, scenarios: Sequence[Scenario]
) -> dict[int, list[ModuleUse]]:
    async def fetch(key: str) -> str:
        try:
            stored = await read_stored(make, int(key))
        except NotFound:  # deleted since it was listed
            return "[]"
        rows = [
            {
                "id": visit.id,
                "type": visit.type,
                "version": version if isinstance(version, int) else 1,
                "label": visit.label,
            }
            for visit in walk(stored.blueprint)
            if (version := visit.module.get("version", 1)) is not None
        ]
        return json.dumps(rows)

    versions = {str(one.id): str(one.last_edit) for one in scenarios}
    kept = await make.remembered("app-modules", f"team:{team}", versions, fetch)
    return {
        int(key): [ModuleUse.model_validate(row) for row in json.loads(text)]
        for key, text in kept.items()
    }
