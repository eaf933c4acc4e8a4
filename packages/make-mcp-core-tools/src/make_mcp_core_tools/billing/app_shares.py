"""Credits by app: what modules used, added up by the app each belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from make_mcp_base.authoring import Output

from make_mcp_core_tools._engine.blueprint_index import summaries

if TYPE_CHECKING:
    from make_mcp_base.authoring import Make

    from make_mcp_core_tools._engine.scenarios import Scenario

_AT_ONCE = 100
_GONE = "modules that are gone"


class _Module(Output):
    module_id: int
    operations: int = 0
    data_transfer: int = 0
    centicredits: int = 0


class _Scenario(Output):
    scenario_id: int
    modules: list[_Module] = []


class _Answer(Output):
    scenarios: list[_Scenario] = []


async def by_app(
    make: Make, organization_id: int, scenarios: list[Scenario], days: int
) -> list[dict[str, Any]]:
    """Add up what modules used by app.

    Args:
        make: The call's Make.
        organization_id: The organization.
        scenarios: Its scenarios.
        days: How many days back.

    Returns:
        Rows of `name`, `credits`, `operations` and `transfer_bytes`.
    """
    apps = await _apps(make, scenarios)
    sums: dict[str, list[int]] = {}
    for start in range(0, len(scenarios), _AT_ONCE):
        ids = [one.id for one in scenarios[start : start + _AT_ONCE]]
        answer = await _ask(make, organization_id, ids, days)
        for scenario in answer.scenarios:
            for module in scenario.modules:
                app = apps.get((scenario.scenario_id, module.module_id), _GONE)
                _add(sums.setdefault(app, [0, 0, 0]), module)
    return [
        {"name": app, "operations": used[0], "credits": used[1] / 100, "transfer_bytes": used[2]}
        for app, used in sums.items()
        if any(used)
    ]


async def _ask(make: Make, organization_id: int, ids: list[int], days: int) -> _Answer:
    """Ask for the use of some scenarios' modules; a POST that changes nothing."""
    return await make.ask(
        "/scenarios/modules/consumptions",
        {"scenarioIds": list(ids)},
        into=_Answer,
        query={"organizationId": organization_id, "days": days},
        scope="scenarios:read",
    )


def _add(used: list[int], module: _Module) -> None:
    used[0] += module.operations
    used[1] += module.centicredits
    used[2] += module.data_transfer


async def _apps(make: Make, scenarios: list[Scenario]) -> dict[tuple[int, int], str]:
    """Name the app of each module, from the live blueprints of all teams."""
    found: dict[tuple[int, int], str] = {}
    for team_id in sorted({one.team_id for one in scenarios}):
        team = [one for one in scenarios if one.team_id == team_id]
        for scenario_id, kept in (await summaries(make, team_id, team)).items():
            found |= {
                (scenario_id, module.id): module.app
                for module in kept.modules
                if module.id is not None
            }
    return found
