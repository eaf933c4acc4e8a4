"""Who uses an app: organizations that installed it, scenarios that hold its modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from make_mcp_base.authoring import Output, Timestamp
from make_mcp_base.client.failures import Forbidden, LicenceGate, NotFound

from make_mcp_core_tools._engine.blueprint_index import Named, listed, summaries
from make_mcp_core_tools._engine.blueprint_summary import NOTHING, app_term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.blueprint_summary import Summary

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


class _Row(Named):
    is_active: bool = False


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
        rows = await listed(make, team, _Row, ["id", "name", "isActive", "lastEdit"])
        one_app = [app_term(apps[0])] if apps and len(apps) == 1 else []
        kept = await summaries(make, team, rows, wanted=one_app)
        found += [
            ScenarioUse(
                scenario_id=row.id,
                name=row.name,
                team_id=team,
                is_active=row.is_active,
                modules=held,
            )
            for row in rows
            if (held := _of_apps(kept.get(row.id, NOTHING), apps))
        ]
    return found


async def uses_of(make: Make, name: str, version: int | None = None) -> list[ScenarioUse]:
    """Find the scenarios of all teams of this account that use a custom app."""
    teams = [team.id for team in (await make.account()).teams]
    found = await scenarios_with(make, teams, [f"{PREFIX}{name}"])
    for use in found:
        use.modules = [one for one in use.modules if version in (None, one.version)]
    return [use for use in found if use.modules]


def _of_apps(summary: Summary, apps: Sequence[str] | None) -> list[ModuleUse]:
    return [
        ModuleUse(id=one.id, type=one.type, version=one.version, label=one.label)
        for one in summary.modules
        if apps is None or one.app in apps
    ]
