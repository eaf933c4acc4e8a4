"""Shared scenarios: a link's life, and refusals in words of their own."""

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

BASE = "/scenarios-shared"
SLEEP = {"module": "util:FunctionSleep", "mapper": {"duration": "1"}}


async def share(studio: "Studio", scenario: int, title: str = "Wait", **more: Any) -> str:
    made = await studio.post(f"{BASE}/{scenario}", {"title": title, **more})
    assert made["scenarioShared"]["scenarioId"] == scenario
    return made["scenarioShared"]["id"]


async def test_a_share_starts_disabled_and_tells_its_links(studio: "Studio") -> None:
    scenario = studio.scenario("Nap", SLEEP)
    ident = await share(studio, scenario, descriptionShort="Waits a second.")
    assert re.fullmatch(r"[A-Za-z0-9]{11}", ident)
    shown = (await studio.get(f"{BASE}/{scenario}/{ident}"))["scenarioShared"]
    assert shown == {
        "id": ident,
        "scenarioId": scenario,
        "title": "Wait",
        "titleOriginal": "Wait",
        "descriptionShort": "Waits a second.",
        "descriptionLong": None,
        "thumbnailUrl": None,
        "shareUrl": f"https://www.make.com/scenarios/shared/{ident}",
        "shareUrlCardinal": f"https://cardinal.make.com/scenarios/shared/{ident}",
        "isEnabled": False,
        "origin": "eu1.make.com",
        "createdAt": "2026-03-04T08:30:15.000Z",
        "updated": "2026-03-04T08:30:15.000Z",
        "authorId": 1,
    }


async def test_a_scenario_shows_whether_one_of_its_links_works(studio: "Studio") -> None:
    scenario = studio.scenario("Nap", SLEEP)
    ident = await share(studio, scenario)

    async def is_shared() -> bool:
        return (await studio.get(f"/scenarios/{scenario}"))["scenario"]["isShared"]

    assert await is_shared() is False
    await studio.control("POST", "/clock", {"advance": 60})
    path = f"{BASE}/{scenario}/{ident}"
    body = {"isEnabled": True, "title": "Wait well", "descriptionLong": None}
    changed = (await studio.call("PATCH", path, body)).json()["scenarioShared"]
    assert (changed["title"], changed["titleOriginal"]) == ("Wait well", "Wait")
    assert changed["updated"] == "2026-03-04T08:31:15.000Z"
    assert await is_shared() is True
    gone = await studio.call("DELETE", path)
    assert gone.json() == {"scenarioShared": {"id": ident}}
    assert await is_shared() is False
    assert (await studio.call("GET", path)).status_code == 404


async def test_shares_are_listed_with_the_name_and_apps_of_their_scenario(
    studio: "Studio",
) -> None:
    nap = studio.scenario("Nap", SLEEP, used_packages=["util"])
    rest = studio.scenario("Rest", SLEEP, used_packages=["util"])
    first, second = await share(studio, nap, "One"), await share(studio, rest, "Two")
    listed = await studio.get(BASE, teamId=1)
    found = {one["id"]: one for one in listed["scenariosShared"]}
    assert [*found] == sorted([first, second], reverse=True)
    assert found[first] == {
        "id": first,
        "scenarioId": nap,
        "title": "One",
        "scenarioName": "Nap",
        "descriptionShort": None,
        "scenarioUsedPackages": ["util"],
        "shareUrl": f"https://www.make.com/scenarios/shared/{first}",
        "createdAt": "2026-03-04T08:30:15.000Z",
        "updated": "2026-03-04T08:30:15.000Z",
    }
    assert (listed["pg"]["limit"], listed["pg"]["sortBy"]) == (20, "id")
    own = await studio.get(f"{BASE}/{nap}")
    assert [one["title"] for one in own["scenariosShared"]] == ["One"]
    assert "authorId" not in own["scenariosShared"][0]


async def test_shares_are_filtered_and_paged(studio: "Studio") -> None:
    folder = studio.world.insert("folders", team_id=1, name="F")
    nap = studio.scenario("Nap", SLEEP, folder_id=folder)
    rest = studio.scenario("Rest", SLEEP)
    for scenario, title in ((nap, "One"), (rest, "Two"), (rest, "Three")):
        await share(studio, scenario, title)

    async def titles(**query: Any) -> list[str]:
        found = await studio.get(BASE, params={"organizationId": 1, **query})
        return [one["title"] for one in found["scenariosShared"]]

    by_title = {"pg[sortBy]": "title", "pg[sortDir]": "asc"}
    assert await titles(**by_title) == ["One", "Three", "Two"]
    assert await titles(folderId=folder) == ["One"]
    assert await titles(title="T", **by_title) == ["Three", "Two"]
    assert await titles(scenarioName="na") == ["One"]
    assert await titles(**{"scenarioIds[]": [rest]}, **by_title) == ["Three", "Two"]
    assert await titles(**by_title, **{"pg[limit]": 2, "pg[offset]": 1}) == ["Three", "Two"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", f"{BASE}/99", None, 404),
        ("POST", f"{BASE}/1", {"title": ""}, 400),
        ("POST", f"{BASE}/1", {"title": "x" * 41}, 400),
        ("POST", f"{BASE}/1", {"title": "A", "descriptionShort": "x" * 261}, 400),
        ("POST", f"{BASE}/1", {"title": "A", "owner": 1}, 400),
        ("DELETE", f"{BASE}/1/aaaaaaaaaaa", None, 404),
    ],
)
async def test_every_refusal_is_an_error_text(
    studio: "Studio", method: str, path: str, body: Any, status: int
) -> None:
    assert studio.scenario("Nap", SLEEP) == 1
    answer = await studio.call(method, path, body)
    assert answer.status_code == status
    assert [*answer.json()] == ["error"]
    assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"teamId": 1, "organizationId": 1}, 400),
        ({"teamId": 1, "pg[limit]": 101}, 400),
        ({"teamId": 2}, 403),
    ],
)
async def test_a_list_asked_for_wrongly_is_refused_with_an_error_text(
    studio: "Studio", query: dict[str, Any], status: int
) -> None:
    answer = await studio.call("GET", BASE, params=query)
    assert (answer.status_code, [*answer.json()]) == (status, ["error"])


async def test_callers_without_a_credential_or_scope_are_told_alike(studio: "Studio") -> None:
    scenario = studio.scenario("Nap", SLEEP)
    nobody = await studio.call("GET", BASE, teamId=1, token="nobody")
    assert (nobody.status_code, nobody.json()) == (401, {"error": "Access denied."})
    reader = studio.token("scenarios-shared:read")
    seen = await studio.call("GET", BASE, teamId=1, token=reader)
    assert seen.status_code == 200
    half = studio.token("scenarios-shared:write")
    refused = await studio.call("POST", f"{BASE}/{scenario}", {"title": "A"}, token=half)
    assert (refused.status_code, refused.json()) == (403, {"error": "Access denied."})


async def test_calls_of_this_family_count_against_the_limit(studio: "Studio") -> None:
    studio.license(apiLimit=2)
    await studio.get(BASE, teamId=1)
    await studio.get(BASE, teamId=1)
    answer = await studio.call("GET", BASE, teamId=1)
    assert (answer.status_code, [*answer.json()]) == (429, ["error"])
    assert int(answer.headers["retry-after"]) > 0


async def test_a_deleted_scenario_takes_its_shares_along(studio: "Studio") -> None:
    scenario = studio.scenario("Nap", SLEEP)
    await share(studio, scenario)
    await studio.call("DELETE", f"/scenarios/{scenario}")
    assert (await studio.get(BASE, teamId=1))["scenariosShared"] == []
