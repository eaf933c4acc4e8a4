"""Scenarios as resources: what a person attaches to a conversation, without a call."""

from typing import Any

from make_blueprint.masking import masked
from make_blueprint.outline import outline, to_text
from make_mcp_base.authoring import Failure, Make, ScenarioId

from make_mcp_core_tools._engine.blueprint_versions import versions_of
from make_mcp_core_tools._engine.scenarios import read_scenario, read_stored
from make_mcp_core_tools.scenarios.declared import category
from make_mcp_core_tools.scenarios.reading import detail_of, schemas_of


@category.document("make://scenario/{scenario_id}", scope="scenarios:read")
async def scenario(make: Make, scenario_id: ScenarioId) -> Any:
    """A scenario in short: its state, schedule and outline, and where its parts can be read."""
    found = await read_scenario(make, scenario_id)
    stored = await read_stored(make, found.id)
    here = f"make://scenario/{found.id}"
    return {
        **detail_of(make, found, stored).model_dump(mode="json", exclude_none=True),
        "outline": to_text(outline(stored.blueprint)).splitlines(),
        "read_more": [f"{here}/blueprint", f"{here}/interface"],
    }


@category.document("make://scenario/{scenario_id}/blueprint", scope="scenarios:read")
async def scenario_blueprint(make: Make, scenario_id: ScenarioId) -> Any:
    """The live blueprint of a scenario, secrets hidden."""
    stored = await read_stored(make, scenario_id)
    return masked(stored.blueprint)


async def numbers_of_versions(make: Make, known: dict[str, str]) -> list[str]:
    """Give the numbers of the versions Make keeps of a scenario."""
    scenario = known.get("scenario_id", "")
    found = await versions_of(make, int(scenario)) if scenario.isdecimal() else []
    return [str(one.version) for one in found]


@category.document(
    "make://scenario/{scenario_id}/blueprint/{version}",
    scope="scenarios:read",
    completers={"version": numbers_of_versions},
)
async def scenario_blueprint_version(make: Make, scenario_id: ScenarioId, version: str) -> Any:
    """The blueprint of a scenario as it was in one of Make's versions, secrets hidden."""
    if not version.isdecimal():
        raise Failure(
            f"`{version[:40]}` is no number of a version.",
            next_step=f"Call `blueprint_version_list` with scenario_id={scenario_id}.",
            code="not_found",
        )
    stored = await read_stored(make, scenario_id, int(version))
    return masked(stored.blueprint)


@category.document("make://scenario/{scenario_id}/interface", scope="scenarios:read")
async def scenario_interface(make: Make, scenario_id: ScenarioId) -> Any:
    """The inputs and outputs of a scenario, as Make's fields and as JSON Schema."""
    stored = await read_stored(make, scenario_id)
    return {**stored.interface, **schemas_of(stored)}
