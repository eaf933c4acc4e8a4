"""Custom properties: their definition in an organization and their values in scenarios."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from harness import Company, Server

pytestmark = pytest.mark.anyio

Builder = Callable[..., dict[str, Any]]
Maker = Callable[..., Awaitable[dict[str, Any]]]
Writes = Callable[[], Awaitable[list[dict[str, Any]]]]
Values = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
async def organization(company: Company, team: int) -> int:
    """The organization of the team, licensed for custom properties."""
    ident = int((await company.get(f"/teams/{team}"))["team"]["organizationId"])
    licence = {"licenses": {str(ident): {"customProperties": 10}}}
    await company.control("PATCH", "/world", licence)
    return ident


@pytest.fixture
async def structure(company: Company, organization: int) -> int:
    """The organization's structure, made when there is none, without items."""
    path = "/custom-property-structures"
    found = await company.get(path, organizationId=organization)
    rows = found["customPropertyStructures"]
    if not rows:
        body = {
            "associatedType": "scenario",
            "belongerType": "organization",
            "belongerId": organization,
        }
        made = await company.send("POST", path, body)
        return int(made["customPropertyStructure"]["id"])
    items = f"{path}/{rows[0]['id']}/custom-property-structure-items"
    for item in (await company.get(items))["customPropertyStructureItems"]:
        one = f"{path}/custom-property-structure-items/{item['id']}"
        await company.send("DELETE", one, confirmed="true")
    return int(rows[0]["id"])


@pytest.fixture
async def tier(company: Company, structure: int) -> int:
    """A dropdown, and an optional text beside it."""
    path = f"/custom-property-structures/{structure}/custom-property-structure-items"
    owner = {"name": "owner", "label": "Owner", "type": "shortText", "required": False}
    await company.send("POST", path, owner)
    body = {
        "name": "tier",
        "label": "Tier",
        "type": "dropdown",
        "required": True,
        "options": [{"value": "gold"}, {"value": "silver"}],
    }
    made = await company.send("POST", path, body)
    return int(made["customPropertyStructureItem"]["id"])


@pytest.fixture
async def scenario(new_scenario: Maker, blueprint: Builder, step: Builder) -> int:
    return int((await new_scenario(blueprint(step(1))))["id"])


@pytest.fixture
def values(company: Company, scenario: int) -> Values:
    async def read() -> dict[str, Any]:
        answer = await company.get(f"/scenarios/{scenario}/custom-properties")
        found: dict[str, Any] = answer["customProperties"]
        return found

    return read


# Values


async def test_values_are_filled_merged_replaced_and_taken_back(
    core: Server, scenario: int, tier: int, values: Values
) -> None:
    tool = "scenario_custom_property_set"
    filled = await core.call(tool, scenario_id=scenario, values={"tier": "gold", "owner": "Nora"})
    assert await values() == {"tier": "gold", "owner": "Nora"}
    merged = await core.call(tool, scenario_id=scenario, values={"tier": "silver", "owner": None})
    assert merged.data["values"] == {"tier": "silver"}
    replaced = await core.call(tool, scenario_id=scenario, values={"tier": "gold"}, mode="replace")
    assert await values() == {"tier": "gold"}
    for told, expected in (
        (replaced, {"tier": "silver"}),
        (merged, {"tier": "gold", "owner": "Nora"}),
        (filled, {}),
    ):
        await core.apply("operation_undo", operation_id=told.data["operation_id"])
        assert await values() == expected


async def test_values_that_are_there_already_send_nothing(
    core: Server, scenario: int, tier: int, writes: Writes
) -> None:
    arguments = {"scenario_id": scenario, "values": {"tier": "gold"}}
    await core.call("scenario_custom_property_set", **arguments)
    await writes()
    told = await core.call("scenario_custom_property_set", **arguments)
    assert told.data["changed"] is False
    assert await writes() == []


async def test_every_misfit_of_values_is_told_at_once(
    core: Server, scenario: int, tier: int, writes: Writes
) -> None:
    await writes()
    told = await core.call(
        "scenario_custom_property_set",
        scenario_id=scenario,
        values={"owner": 7, "colour": "red"},
    )
    paths = {problem["path"] for problem in told.error["problems"]}
    assert paths == {"values.owner", "values.colour", "values.tier"}
    assert await writes() == []


async def test_values_are_deleted_after_a_plan_and_filled_again_by_undo(
    core: Server, scenario: int, tier: int, values: Values
) -> None:
    none = await core.call("scenario_custom_property_delete", scenario_id=scenario)
    assert none.data["deleted"] == {}
    assert "operation_id" not in none.data
    await core.call("scenario_custom_property_set", scenario_id=scenario, values={"tier": "gold"})
    planned = await core.call("scenario_custom_property_delete", scenario_id=scenario)
    assert planned.data["plan"]["diff"] == ["- tier: 'gold'"]
    told = await core.apply("scenario_custom_property_delete", scenario_id=scenario)
    assert await values() == {}
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    shown = await core.call("scenario_custom_property_get", scenario_id=scenario)
    assert shown.data["values"] == {"tier": "gold"}


async def test_without_the_licence_the_gate_is_named(
    core: Server, company: Company, organization: int, scenario: int
) -> None:
    fault = {
        "path": "custom-properties",
        "status": 400,
        "body": {"message": "Custom properties are not enabled.", "code": "IM027"},
    }
    await company.control("POST", "/faults", fault)
    told = await core.call("scenario_custom_property_get", scenario_id=scenario)
    assert told.error["code"] == "licence_gate"


# Definition


async def test_a_property_is_added_listed_and_taken_back(
    core: Server, organization: int, structure: int
) -> None:
    arguments: dict[str, Any] = {
        "organization_id": organization,
        "name": "tags",
        "label": "Tags",
        "type": "multiselect",
        "options": ["a", "b"],
    }
    planned = await core.call("custom_property_item_create", **arguments, dry_run=True)
    assert planned.data["plan"]["requests"][0]["body"]["options"] == [
        {"value": "a"},
        {"value": "b"},
    ]
    told = await core.call("custom_property_item_create", **arguments)
    listed = await core.call("custom_property_item_list", organization_id=organization)
    assert [(row["name"], row["options"]) for row in listed.data["items"]] == [("tags", ["a", "b"])]
    again = await core.call("custom_property_item_create", **arguments)
    assert again.error["problems"][0]["path"] == "name"
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    empty = await core.call("custom_property_item_list", organization_id=organization)
    assert empty.data["items"] == []


@pytest.mark.parametrize(
    ("kind", "options"), [("shortText", ["a"]), ("dropdown", []), ("dropdown", ["a", "a", ""])]
)
async def test_options_have_to_fit_the_type(
    core: Server, organization: int, structure: int, kind: str, options: list[str]
) -> None:
    told = await core.call(
        "custom_property_item_create",
        organization_id=organization,
        name="tags",
        label="Tags",
        type=kind,
        options=options,
    )
    assert told.error["code"] == "invalid_property"
    assert "options" in told.error["problems"][0]["path"]


async def test_choices_that_scenarios_have_go_after_a_plan_that_names_them(
    core: Server, organization: int, scenario: int, tier: int
) -> None:
    await core.call("scenario_custom_property_set", scenario_id=scenario, values={"tier": "gold"})
    arguments: dict[str, Any] = {
        "organization_id": organization,
        "item": "tier",
        "options": ["silver", "bronze"],
    }
    planned = await core.call("custom_property_item_update", **arguments)
    assert str(scenario) in planned.data["plan"]["affects"][0]
    told = await core.apply("custom_property_item_update", **arguments)
    assert told.data["scenarios_with_lost_choices"] == [scenario]
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    listed = await core.call("custom_property_item_list", organization_id=organization)
    kept = {row["name"]: row.get("options") for row in listed.data["items"]}
    assert kept["tier"] == ["gold", "silver"]


async def test_a_label_changes_without_a_plan_and_once(
    core: Server, organization: int, tier: int, writes: Writes
) -> None:
    arguments: dict[str, Any] = {"organization_id": organization, "item": str(tier)}
    told = await core.call("custom_property_item_update", **arguments, label="Level")
    assert (told.data["label"], told.data["changed"]) == ("Level", True)
    await writes()
    same = await core.call("custom_property_item_update", **arguments, label="Level")
    assert same.data["changed"] is False
    assert await writes() == []


async def test_a_deleted_property_comes_back_with_its_values(
    core: Server, organization: int, scenario: int, tier: int, values: Values
) -> None:
    await core.call("scenario_custom_property_set", scenario_id=scenario, values={"tier": "gold"})
    arguments: dict[str, Any] = {"organization_id": organization, "item": "tier"}
    planned = await core.call("custom_property_item_delete", **arguments)
    assert "'gold'" in planned.data["plan"]["affects"][0]
    told = await core.apply("custom_property_item_delete", **arguments)
    assert told.data["scenarios_that_lost_values"] == [scenario]
    assert await values() == {}
    await core.apply("operation_undo", operation_id=told.data["operation_id"])
    assert await values() == {"tier": "gold"}


async def test_a_structure_is_there_once_and_for_good(
    core: Server, company: Company, organization: int, structure: int, writes: Writes
) -> None:
    await writes()
    told = await core.call("custom_property_structure_create", organization_id=organization)
    assert (told.data["structure_id"], told.data["changed"]) == (structure, False)
    assert await writes() == []
    listed = await core.call("custom_property_structure_list", organization_id=organization)
    assert [one["id"] for one in listed.data["structures"]] == [structure]


async def test_an_unknown_property_is_refused_with_those_there_are(
    core: Server, organization: int, tier: int
) -> None:
    told = await core.call(
        "custom_property_item_delete", organization_id=organization, item="colour"
    )
    assert told.error["code"] == "not_found"
    assert "tier" in told.text


async def test_the_plan_for_values_is_what_is_then_sent(
    core: Server, scenario: int, tier: int, values: Values, writes: Writes
) -> None:
    change = {"scenario_id": scenario, "values": {"tier": "gold"}}
    await writes()
    planned = await core.call("scenario_custom_property_set", **change, dry_run=True)
    assert planned.data["plan"]["diff"] == ["~ tier: None -> 'gold'"]
    assert (await values(), await writes()) == ({}, [])
    await core.call("scenario_custom_property_set", **change)
    (request,) = planned.data["plan"]["requests"]
    (sent,) = await writes()
    assert (request["method"], request["body"]) == (sent["method"], sent["body"])


async def test_a_first_structure_is_planned_made_and_stays(core: Server, company: Company) -> None:
    await company.license(["customProperties"])
    ids = [one["id"] for one in (await company.get("/organizations"))["organizations"]]
    lists = [await company.get("/custom-property-structures", organizationId=i) for i in ids]
    bare = next(i for i, one in zip(ids, lists, strict=True) if not one["customPropertyStructures"])
    ask = {"organization_id": bare}
    none = await core.call("custom_property_structure_list", **ask)
    assert none.data["structures"] == []
    missing = await core.call(
        "custom_property_item_create", **ask, name="a", label="A", type="date"
    )
    assert "custom_property_structure_create" in missing.error["next_step"]
    planned = await core.call("custom_property_structure_create", **ask, dry_run=True)
    assert planned.data["plan"]["undo"].startswith("Not possible")
    told = await core.apply("custom_property_structure_create", **ask)
    listed = await company.get("/custom-property-structures", organizationId=bare)
    ids = [one["id"] for one in listed["customPropertyStructures"]]
    assert ids == [told.data["structure_id"]]
    undone = await core.call("operation_undo", operation_id=told.data["operation_id"])
    assert undone.error["code"] == "not_undoable"
