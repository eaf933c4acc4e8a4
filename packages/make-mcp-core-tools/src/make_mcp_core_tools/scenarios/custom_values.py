"""Custom properties of one scenario."""

from typing import Literal

from make_mcp_base.authoring import (
    Document,
    Failure,
    Input,
    Make,
    Output,
    Problem,
    Request,
    ScenarioId,
    Undo,
    Watch,
    delete,
    patch,
    post,
    put,
)
from pydantic import RootModel

from make_mcp_core_tools._engine.custom_properties import (
    FEATURE,
    Item,
    missing_problems,
    read_items,
    read_values,
    structure_of,
    value_problems,
)
from make_mcp_core_tools._engine.scenarios import Scenario, read_scenario
from make_mcp_core_tools.scenarios.declared import category

# Inputs


class GetValues(Input):
    scenario_id: ScenarioId


class SetValues(Input):
    scenario_id: ScenarioId
    values: Document
    """Values by name; null clears one. `custom_property_item_list` tells names and types."""
    mode: Literal["merge", "replace"] = "merge"
    """`replace` removes the values that are not given."""


class DeleteValues(Input):
    scenario_id: ScenarioId


# Outputs


class Values(Output):
    scenario_id: int
    values: Document


class ValuesSaved(Values):
    changed: bool


class ValuesDeleted(Output):
    scenario_id: int
    deleted: Document
    """Empty when it had none."""


# Make's answers


class _Answer(RootModel[Document]):
    pass


# Tools


@category.tool(
    scope="scenarios:read",
    effect="read",
    feature=FEATURE,
    formerly=("scenario-custom-properties_get", "scenarios_custom-properties_get"),
    words=("metadata", "attributes"),
)
async def scenario_custom_property_get(make: Make, args: GetValues) -> Values:
    """Show the custom property values of a scenario."""
    values = await read_values(make, args.scenario_id)
    return Values(scenario_id=args.scenario_id, values=values)


@category.tool(
    scope="scenarios:write",
    effect="update",
    feature=FEATURE,
    formerly=(
        "scenario-custom-properties_create",
        "scenario-custom-properties_update",
        "scenario-custom-properties_replace",
    ),
    words=("metadata", "attributes"),
    examples=[SetValues(scenario_id=101, values={"owner": "Nora", "critical": True})],
)
async def scenario_custom_property_set(make: Make, args: SetValues) -> ValuesSaved:
    """Set custom property values of a scenario, checked against the organization's properties."""
    scenario = await read_scenario(make, args.scenario_id)
    old = await read_values(make, scenario.id)
    items = await _items(make)
    kept = old if args.mode == "merge" else {}
    new = {name: value for name, value in {**kept, **args.values}.items() if value is not None}
    problems = value_problems(items, args.values, "values")
    problems += missing_problems(items, new, "values") if new else _nothing_left(old)
    if problems:
        raise Failure(
            f"The properties of scenario {scenario.id} were not changed.",
            next_step="Call `scenario_custom_property_set` again with the corrections above.",
            code="invalid_values",
            problems=problems,
        )
    if new == old:
        return ValuesSaved(scenario_id=scenario.id, values=old, changed=False)
    await _save(make, scenario, args, old, new)
    values = await read_values(make, scenario.id)
    return ValuesSaved(scenario_id=scenario.id, values=values, changed=True)


async def _items(make: Make) -> list[Item]:
    """Read the properties of the organization that the scenario was found in."""
    structure = await structure_of(make, await make.organization(make.organization_id))
    return await read_items(make, structure.id)


def _nothing_left(old: Document) -> list[Problem]:
    if not old:
        return [Problem("values", "No value was given.")]
    return [Problem("values", "No value would be left.", "Call `scenario_custom_property_delete`.")]


async def _save(
    make: Make, scenario: Scenario, args: SetValues, old: Document, new: Document
) -> None:
    path = _path(scenario.id)
    if not old:
        request = post(path, new)
    elif args.mode == "merge":
        request = patch(path, args.values)
    else:
        request = put(path, new)
    names = [*old, *(name for name in new if name not in old)]
    make.shows(
        *(
            f"~ {name}: {old.get(name)!r} -> {new.get(name)!r}"
            for name in names
            if old.get(name) != new.get(name)
        )
    )
    await make.write(
        request,
        into=_Answer,
        says=f"Set custom properties of the scenario “{scenario.name}” ({scenario.id})",
        undo=Undo((_back(path, old),), Watch(path, ("customProperties",))),
        before=old,
    )


def _path(scenario_id: int) -> str:
    return f"/scenarios/{scenario_id}/custom-properties"


def _back(path: str, old: Document) -> Request:
    return put(path, old) if old else delete(path)


@category.tool(
    scope="scenarios:write",
    effect="delete",
    feature=FEATURE,
    formerly=("scenario-custom-properties_delete",),
    words=("clear metadata",),
)
async def scenario_custom_property_delete(make: Make, args: DeleteValues) -> ValuesDeleted:
    """Remove all custom property values of a scenario; undo fills them again."""
    scenario = await read_scenario(make, args.scenario_id)
    old = await read_values(make, scenario.id)
    if not old:
        return ValuesDeleted(scenario_id=scenario.id, deleted={})
    path = _path(scenario.id)
    make.shows(*(f"- {name}: {value!r}" for name, value in old.items()))
    await make.write(
        delete(path, confirmed=True),
        into=_Answer,
        says=f"Remove the custom properties of the scenario “{scenario.name}” ({scenario.id})",
        undo=Undo((post(path, old),)),
        before=old,
    )
    return ValuesDeleted(scenario_id=scenario.id, deleted=old)
