"""Scenario folders, at the top and in one another."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

PATH = "/scenarios-folders"


async def folder(studio: "Studio", name: str, parent: int | None = None) -> int:
    body = {"name": name, "teamId": 1, "parentId": parent}
    return (await studio.post(PATH, body))["scenarioFolder"]["id"]


async def change(studio: "Studio", id: int, body: Any, **query: Any) -> Any:
    answer = await studio.call("PATCH", f"{PATH}/{id}", body, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()["scenarioFolder"]


async def listed(studio: "Studio", **query: Any) -> Any:
    return (await studio.get(PATH, teamId=1, **query))["scenariosFolders"]


async def test_a_list_shows_the_top_with_one_level_below(studio: "Studio") -> None:
    sales = await folder(studio, "Sales")
    europe = await folder(studio, "Europe", sales)
    north = await folder(studio, "North", europe)
    await folder(studio, "Admin")
    for at in (sales, europe, north, north):
        studio.scenario("Job", folder_id=at)
    admin, top = await listed(studio)
    assert admin == {
        "id": 4,
        "name": "Admin",
        "path": "Admin",
        "parentId": None,
        "position": None,
        "scenariosTotal": 0,
        "scenariosSubtreeTotal": 0,
        "hasChildren": False,
    }
    assert (top["scenariosTotal"], top["scenariosSubtreeTotal"]) == (1, 4)
    [inner] = top["children"]
    assert (inner["path"], inner["parentId"], inner["hasChildren"]) == (
        "Sales/Europe",
        sales,
        True,
    )
    assert "children" not in inner
    assert inner["scenariosSubtreeTotal"] == 3


async def test_a_list_begins_anywhere_and_goes_all_the_way_down_when_asked(
    studio: "Studio",
) -> None:
    sales = await folder(studio, "Sales")
    europe = await folder(studio, "Europe", sales)
    await folder(studio, "North", europe)
    [below] = await listed(studio, parentId=sales)
    assert (below["name"], [one["name"] for one in below["children"]]) == ("Europe", ["North"])
    columns = {"cols[]": ["name", "children"]}
    assert await listed(studio, childrenDepth="all", params=columns) == [
        {"name": "Sales", "children": [{"name": "Europe", "children": [{"name": "North"}]}]}
    ]
    assert await listed(studio, params={"cols[]": "path"}) == [{"path": "Sales"}]
    for query in ({"parentId": 99}, {"childrenDepth": "two"}):
        refused = await studio.call("GET", PATH, teamId=1, params=query)
        assert refused.status_code == (404 if "parentId" in query else 400)


async def test_a_folder_moves_with_what_is_in_it_but_never_into_itself(studio: "Studio") -> None:
    sales, archive = await folder(studio, "Sales"), await folder(studio, "Archive")
    europe = await folder(studio, "Europe", sales)
    moved = await change(studio, sales, {"parentId": archive})
    assert (moved["path"], moved["name"], moved["hasChildren"]) == ("Archive/Sales", "Sales", True)
    assert (await change(studio, europe, {"name": "EU"}))["path"] == "Archive/Sales/EU"
    for inside in (archive, sales, europe):
        refused = await studio.call("PATCH", f"{PATH}/{archive}", {"parentId": inside})
        assert (refused.status_code, refused.json()["code"]) == (400, "IM005")
    assert (await change(studio, europe, {"parentId": None}))["path"] == "EU"
    assert await change(studio, europe, {}, params={"cols[]": "path"}) == {"path": "EU"}


async def test_a_folder_of_another_team_is_no_place(studio: "Studio") -> None:
    own = await folder(studio, "Sales")
    foreign = studio.world.insert("folders", team_id=2, name="Theirs")
    body = {"name": "Lost", "teamId": 1, "parentId": foreign}
    assert (await studio.call("POST", PATH, body)).status_code == 404
    moved = await studio.call("PATCH", f"{PATH}/{own}", {"parentId": foreign})
    assert moved.status_code == 404


async def test_a_removed_folder_takes_those_in_it_along_and_leaves_their_scenarios(
    studio: "Studio",
) -> None:
    sales = await folder(studio, "Sales")
    europe = await folder(studio, "Europe", sales)
    scenarios = [studio.scenario("Job", folder_id=at) for at in (sales, europe)]
    gone = await studio.call("DELETE", f"{PATH}/{sales}")
    assert gone.json() == {"scenarioFolder": sales}
    assert await listed(studio) == []
    shown = (await studio.get("/scenarios", teamId=1))["scenarios"]
    assert {one["id"]: one["folderId"] for one in shown} == dict.fromkeys(scenarios)
