"""Structures of custom properties, their items, and the values that scenarios hold."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio
STRUCTURES = "/custom-property-structures"
ITEMS = f"{STRUCTURES}/custom-property-structure-items"
BELONGER = {"belongerType": "organization", "belongerId": 1}


async def structure(studio: "Studio") -> str:
    studio.license(customProperties=100)
    made = await studio.post(STRUCTURES, {"associatedType": "scenario", **BELONGER})
    return f"{STRUCTURES}/{made['customPropertyStructure']['id']}/custom-property-structure-items"


async def item(studio: "Studio", path: str, name: str, kind: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "label": name.title(), "type": kind, "required": False} | more
    return (await studio.post(path, body))["customPropertyStructureItem"]


async def furnished(studio: "Studio") -> tuple[str, str]:
    """One item of every type; the paths of the items and of a scenario's properties."""
    path = await structure(studio)
    options = [{"value": "Sales"}, {"value": "Support"}]
    await item(studio, path, "team", "dropdown", options=options, required=True)
    await item(studio, path, "tags", "multiselect", options=[{"value": "a"}, {"value": "b"}])
    for name, kind in (
        ("critical", "boolean"),
        ("cost", "number"),
        ("place", "shortText"),
        ("about", "longText"),
        ("reviewed", "date"),
    ):
        await item(studio, path, name, kind)
    scenario = studio.scenario("Quotes")
    return path, f"/scenarios/{scenario}/custom-properties"


FULL = {
    "team": "Sales",
    "tags": ["b", "a"],
    "critical": False,
    "cost": 12.5,
    "place": "Brno",
    "about": "Sends quotes.\nDaily.",
    "reviewed": "2026-01-31T14:19:00.000Z",
}

# Structures


async def test_an_organization_has_one_structure(studio: "Studio") -> None:
    studio.license(customProperties=100)
    assert await studio.get(STRUCTURES, organizationId=1) == {"customPropertyStructures": []}
    body = {"associatedType": "scenario", **BELONGER}
    made = (await studio.post(STRUCTURES, body))["customPropertyStructure"]
    belonger = {**BELONGER, "associatedTypes": ["scenario"]}
    assert made == {"id": made["id"], "belongers": [belonger], "created": "2026-03-04"}
    listed = (await studio.get(STRUCTURES, organizationId=1))["customPropertyStructures"]
    assert listed == [{**made, "created": "2026-03-04T08:30:15.000000+00:00"}]
    again = await studio.call("POST", STRUCTURES, body)
    assert (again.status_code, again.json()["code"]) == (400, "IM005")
    assert (await studio.call("DELETE", f"{STRUCTURES}/{made['id']}")).status_code == 404


async def test_without_the_licence_the_feature_is_off(studio: "Studio") -> None:
    items, values = await furnished(studio)
    await studio.post(values, FULL)
    studio.license(customProperties=None)
    for method, path, body in (
        ("GET", STRUCTURES, None),
        ("POST", STRUCTURES, {"associatedType": "scenario", **BELONGER}),
        ("GET", items, None),
        ("DELETE", f"{ITEMS}/1", None),
        ("GET", values, None),
        ("PATCH", values, {"cost": 1}),
    ):
        answer = await studio.call(method, path, body, organizationId=1)
        assert (answer.status_code, answer.json()["code"]) == (400, "IM027"), (method, path)
    (listed,) = (await studio.get("/scenarios", teamId=1))["scenarios"]
    assert "customProperties" not in listed


async def test_only_who_runs_the_organization_changes_structures(studio: "Studio") -> None:
    path = await structure(studio)
    mia = studio.join("Mia", role=13)
    scopes = ("custom-property-structures:read", "custom-property-structures:write")
    body = {"name": "a", "label": "A", "type": "number", "required": False}
    token = studio.token(*scopes, user=mia)
    assert (await studio.call("GET", path, token=token)).is_success
    assert (await studio.call("POST", path, body, token=token)).status_code == 403
    reader = studio.token(scopes[0])
    assert (await studio.call("POST", path, body, token=reader)).status_code == 403


async def test_a_foreign_structure_is_hidden(studio: "Studio") -> None:
    path = await structure(studio)
    made = await item(studio, path, "a", "number")
    stranger = studio.token("*", user=2)
    for method, one in (("GET", path), ("DELETE", f"{ITEMS}/{made['id']}")):
        assert (await studio.call(method, one, token=stranger)).status_code == 404
    assert (await studio.call("GET", STRUCTURES, organizationId=2)).status_code == 403


# Items


async def test_an_item_keeps_its_name_and_type_and_changes_the_rest(studio: "Studio") -> None:
    path = await structure(studio)
    made = await item(studio, path, "place", "shortText", description="Where it runs.")
    assert made == {
        "id": made["id"],
        "structureId": 1,
        "name": "place",
        "label": "Place",
        "description": "Where it runs.",
        "type": "shortText",
        "options": None,
        "required": False,
    }
    one = f"{ITEMS}/{made['id']}"
    changed = await studio.call("PATCH", one, {"label": "Location", "required": True})
    expected = {**made, "label": "Location", "required": True}
    assert changed.json() == {"customPropertyStructureItem": expected}
    for body in ({"name": "site"}, {"type": "number"}):
        assert (await studio.call("PATCH", one, body)).status_code == 400


async def test_new_options_replace_the_old_ones(studio: "Studio") -> None:
    path = await structure(studio)
    made = await item(studio, path, "team", "dropdown", options=[{"value": "Sales"}])
    new = [{"value": "Support"}, {"value": "Finance"}]
    changed = await studio.call("PATCH", f"{ITEMS}/{made['id']}", {"options": new})
    assert changed.json()["customPropertyStructureItem"]["options"] == new


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"name": "1st"}, "name"),
        ({"name": "a-b"}, "name"),
        ({"name": "a" * 65}, "name"),
        ({"label": "x" * 65}, "label"),
        ({"description": "x" * 1025}, "description"),
        ({"type": "text"}, "type"),
        ({"type": "dropdown"}, "options"),
        ({"type": "dropdown", "options": ["a"]}, "options"),
        ({"type": "multiselect", "options": [{"value": "x" * 251}]}, "options"),
        ({"options": [{"value": "a"}]}, "options"),
        ({"required": None}, "required"),
    ],
)
async def test_a_malformed_item_is_refused(
    studio: "Studio", wrong: dict[str, Any], named: str
) -> None:
    path = await structure(studio)
    body = {"name": "a", "label": "A", "type": "number", "required": False} | wrong
    answer = await studio.call("POST", path, body)
    assert answer.status_code == 400
    assert [one["name"] for one in answer.json()["suberrors"]] == [named]


async def test_items_stay_within_the_licence_and_have_names_of_their_own(studio: "Studio") -> None:
    path = await structure(studio)
    studio.license(customProperties=2)
    await item(studio, path, "a", "number")
    body = {"name": "a", "label": "A", "type": "date", "required": False}
    assert (await studio.call("POST", path, body)).json()["code"] == "IM005"
    await item(studio, path, "b", "number")
    third = await studio.call("POST", path, {**body, "name": "c"})
    assert (third.status_code, third.json()["code"]) == (400, "IM005")


async def test_listed_items_are_filtered_sorted_and_paged(studio: "Studio") -> None:
    path, _ = await furnished(studio)

    async def names(**query: Any) -> list[str]:
        found = (await studio.get(path, params=query))["customPropertyStructureItems"]
        return [one["name"] for one in found]

    every = ["team", "tags", "critical", "cost", "place", "about", "reviewed"]
    assert await names() == every
    assert await names(name="^C") == ["critical", "cost"]
    assert await names(label="E$") == ["place"]
    assert await names(type="date") == ["reviewed"]
    assert await names(required="true") == ["team"]
    assert await names(id=2) == ["tags"]
    page = {"pg[sortBy]": "name", "pg[sortDir]": "desc", "pg[limit]": 2, "pg[offset]": 1}
    assert await names(**page) == ["tags", "reviewed"]
    echoed = (await studio.get(path, params=page))["pg"]
    assert echoed["sortBy"] == "name"
    assert (await studio.call("GET", path, params={"name": "("})).status_code == 400


async def test_listed_items_show_options_only_where_they_have_some(studio: "Studio") -> None:
    path, _ = await furnished(studio)
    listed = (await studio.get(path))["customPropertyStructureItems"]
    assert list(listed[0]) == [
        "id",
        "name",
        "label",
        "description",
        "type",
        "options",
        "required",
    ]
    assert "options" not in listed[2]
    some = await studio.get(path, params={"cols[]": ["name", "options"], "pg[limit]": 1})
    options = [{"value": "Sales"}, {"value": "Support"}]
    assert some["customPropertyStructureItems"] == [{"name": "team", "options": options}]


async def test_deleting_an_item_with_data_asks_and_takes_the_values(studio: "Studio") -> None:
    _, values = await furnished(studio)
    await studio.post(values, FULL)
    refused = await studio.call("DELETE", f"{ITEMS}/4")
    assert (refused.status_code, refused.json()["code"]) == (406, "IM004")
    data = refused.json()["metadata"][0]["data"]
    assert data == [{"scenarioId": 1, "scenarioName": "Quotes"}]
    done = await studio.call("DELETE", f"{ITEMS}/4", confirmed="true")
    assert done.json() == {"customPropertyStructureItem": 4}
    left = {name: FULL[name] for name in FULL if name != "cost"}
    assert (await studio.get(values))["customProperties"] == left


async def test_deleting_an_item_without_data_does_not_ask(studio: "Studio") -> None:
    await furnished(studio)
    gone = await studio.call("DELETE", f"{ITEMS}/4")
    assert gone.json() == {"customPropertyStructureItem": 4}


# Values


async def test_values_are_filled_replaced_merged_and_removed(studio: "Studio") -> None:
    _, path = await furnished(studio)
    assert await studio.get(path) == {"customProperties": {}, "scenarioId": 1}
    for method in ("PUT", "PATCH"):
        early = await studio.call(method, path, FULL)
        assert (early.status_code, early.json()["code"]) == (400, "IM013")
    assert await studio.post(path, FULL) == {"customProperties": FULL, "scenarioId": 1}
    again = await studio.call("POST", path, FULL)
    assert (again.status_code, again.json()["code"]) == (400, "IM005")
    merged = await studio.call("PATCH", path, {"cost": None, "critical": True})
    expected = {**FULL, "critical": True}
    del expected["cost"]
    assert merged.json()["customProperties"] == expected
    replaced = await studio.call("PUT", path, {"team": "Support"})
    assert replaced.json() == {"customProperties": {"team": "Support"}, "scenarioId": 1}
    assert (await studio.call("DELETE", path)).json() == {"ok": 1}
    assert (await studio.get(path))["customProperties"] == {}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"team": "Legal"}, "team"),
        ({"team": None}, "team"),
        ({"tags": ["a", "c"]}, "tags"),
        ({"tags": "a"}, "tags"),
        ({"critical": "yes"}, "critical"),
        ({"cost": True}, "cost"),
        ({"place": 7}, "place"),
        ({"reviewed": "tomorrow"}, "reviewed"),
        ({"reviewed": 5}, "reviewed"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_value_that_does_not_fit_is_refused(
    studio: "Studio", wrong: dict[str, Any], named: str
) -> None:
    _, path = await furnished(studio)
    refused = await studio.call("POST", path, FULL | wrong)
    assert refused.status_code == 400
    assert [one["name"] for one in refused.json()["suberrors"]] == [named]
    await studio.post(path, FULL)
    assert (await studio.call("PATCH", path, wrong)).status_code == 400
    assert (await studio.get(path))["customProperties"] == FULL


async def test_every_required_property_must_be_filled(studio: "Studio") -> None:
    _, path = await furnished(studio)
    answer = await studio.call("POST", path, {"cost": 1})
    assert (answer.status_code, answer.json()["suberrors"][0]["name"]) == (400, "team")


async def test_lists_of_scenarios_show_the_values_where_the_feature_is_used(
    studio: "Studio",
) -> None:
    studio.scenario("Plain")
    (before,) = (await studio.get("/scenarios", teamId=1))["scenarios"]
    assert "customProperties" not in before
    _, path = await furnished(studio)
    await studio.post(path.replace("/1/", "/2/"), FULL)
    listed = (await studio.get("/scenarios", teamId=1))["scenarios"]
    shown = {one["name"]: one["customProperties"] for one in listed}
    assert shown == {"Quotes": FULL, "Plain": {}}
    some = await studio.get("/scenarios", params={"teamId": 1, "cols[]": ["id"]})
    assert some["scenarios"] == [{"id": 2}, {"id": 1}]
    query = {"organizationId": 1, "cols[]": ["id", "customProperties"], "id[]": 2}
    asked = await studio.get("/scenarios", params=query)
    assert asked["scenarios"] == [{"id": 2, "customProperties": FULL}]
    one = await studio.get("/scenarios/2", params={"cols[]": ["id", "customProperties"]})
    assert one["scenario"] == {"id": 2, "customProperties": FULL}
    assert "customProperties" not in (await studio.get("/scenarios/2"))["scenario"]


async def test_who_may_edit_a_scenario_may_edit_its_properties(studio: "Studio") -> None:
    _, path = await furnished(studio)
    tokens = {
        role: studio.token("scenarios:read", "scenarios:write", user=user)
        for role, user in (
            ("member", studio.join("Mia", role=13, team_role=3)),
            ("watcher", studio.join("Tom", role=13, team_role=4)),
            ("stranger", 2),
        )
    }
    statuses = {
        role: (await studio.call("POST", path, FULL, token=token)).status_code
        for role, token in tokens.items()
    }
    assert statuses == {"member": 200, "watcher": 403, "stranger": 404}
    assert (await studio.call("DELETE", path, token=tokens["watcher"])).status_code == 403
    assert (await studio.get(path, token=tokens["watcher"]))["customProperties"] == FULL
