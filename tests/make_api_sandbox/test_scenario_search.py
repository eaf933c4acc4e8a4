"""Runs of an organization searched, module use, drafts and unsaved work."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio

HOUR, DAY = 3600, 86_400


def compose(text: str) -> dict[str, Any]:
    return {"module": "util:ComposeTransformer", "parameters": {}, "mapper": {"value": text}}


WRONG = {"module": "json:ParseJSON", "parameters": {"type": ""}, "mapper": {"json": "{"}}


async def run(studio: "Studio", scenario: int) -> str:
    """Start an on-demand scenario and wait for its end; the execution's id."""
    path = f"/scenarios/{scenario}"
    if not (await studio.get(path))["scenario"]["isActive"]:
        await studio.post(f"{path}/start")
    return (await studio.post(f"{path}/run", {"responsive": True}))["executionId"]


async def search(studio: "Studio", what: str = "executions", **body: Any) -> list[dict[str, Any]]:
    answer = await studio.post(f"/organizations/1/scenarios/{what}", body)
    return answer["results"]


# Searching


async def test_runs_are_found_by_scenario_status_and_error(studio: "Studio") -> None:
    good = studio.scenario("Good", compose("one"))
    bad = studio.scenario("Bad", WRONG)
    first = await run(studio, good)
    await studio.control("POST", "/clock", {"advance": HOUR})
    second = await run(studio, bad)
    found = await search(studio)
    assert [one["id"] for one in found] == [second, first]
    assert [one["id"] for one in await search(studio, scenarioIds=[good])] == [first]
    assert [one["id"] for one in await search(studio, status=[3])] == [second]
    assert [one["id"] for one in await search(studio, pageSize=1, pageIndex=1)] == [first]
    assert await search(studio, teamId=2) == []
    [hit] = await search(studio, errorMessage="NOT VALID")
    assert (hit["id"], hit["eventType"], hit["scenarioName"]) == (second, "scenario", "Bad")
    assert hit["highlight"] == [hit["errorMessage"].replace("not valid", "<em>not valid</em>")]
    assert found[1]["highlight"] is None


async def test_whole_utc_days_are_searched_the_last_week_without_times(studio: "Studio") -> None:
    scenario = studio.scenario("Good", compose("one"))
    early = await run(studio, scenario)
    morning = studio.world.clock.milliseconds()
    await studio.control("POST", "/clock", {"advance": 7 * DAY + 20 * HOUR})
    assert await search(studio) == []
    late = morning + 10 * HOUR * 1000
    window: dict[str, Any] = {"from": late, "to": late}
    asked = await search(studio, **window)
    assert [one["id"] for one in asked] == [early]


async def test_recorded_data_are_searched_with_the_licence_for_it(studio: "Studio") -> None:
    body = {"query": "needle"}
    refused = await studio.call("POST", "/organizations/1/scenarios/fulltext", body)
    assert (refused.status_code, refused.json()["code"]) == (402, "SC402")
    studio.license(fulltext=True)
    scenario = studio.scenario("Hay", compose("a long needle in the hay of this barn"))
    other = studio.scenario("Straw", compose("nothing"))
    ident, _ = await run(studio, scenario), await run(studio, other)
    [found] = await search(studio, "fulltext", query="NEEDLE")
    assert (found["execution"]["id"], found["execution"]["errorMessage"]) == (ident, None)
    taken, given = found["ioData"]
    assert (taken["kind"], given["kind"], taken["moduleId"]) == ("input", "output", 1)
    assert given == {
        "kind": "output",
        "kindId": scenario,
        "executionId": ident,
        "moduleId": 1,
        "bundle": {"value": "a long needle in the hay of this barn"},
        "metadata": {"app": "util", "module": "ComposeTransformer"},
        "highlight": {"data": ['{"value":"a long <em>needle</em> in the hay of this ...']},
    }
    assert await search(studio, "fulltext", query="needle", appNames=["http"]) == []
    assert await search(studio, "fulltext", query="needle", moduleNames=["Other"]) == []
    assert await search(studio, "fulltext", query="needle", pageIndex=1) == []


async def test_others_runs_are_not_found(studio: "Studio") -> None:
    await run(studio, studio.scenario("Good", compose("one")))
    member = studio.join("Mia", role=13)
    token = studio.token("organizations:read", user=member)
    path = "/organizations/1/scenarios/executions"
    own = await studio.call("POST", path, {}, token=token)
    assert own.json() == {"results": []}
    stranger = studio.token("organizations:read", user=2)
    assert (await studio.call("POST", path, {}, token=stranger)).status_code == 403


# Use


async def test_use_is_told_by_module(studio: "Studio") -> None:
    scenario = studio.scenario("Two", compose("a"), WRONG)
    await run(studio, scenario)
    path = "/scenarios/modules/consumptions"
    body = {"scenarioIds": [scenario, 99]}
    told = await studio.post(path, body, organizationId=1, days=1)
    [one] = told["scenarios"]
    assert one["scenarioId"] == scenario
    first, second = one["modules"]
    assert (first["moduleId"], first["operations"], first["centicredits"]) == (1, 1, 100)
    assert [*first][3:] == ["centicredits", "warnings", "errors"]
    assert (first["errors"], second["errors"]) == (0, 1)
    await studio.control("POST", "/clock", {"advance": 2 * DAY})
    later = await studio.post(path, body, organizationId=1, days=1)
    assert later["scenarios"] == [{"scenarioId": scenario, "modules": []}]
    wrong = await studio.call("POST", path, body, organizationId=1, days=31)
    assert wrong.status_code == 400


async def test_an_overview_adds_up_runs_between_two_times(studio: "Studio") -> None:
    scenario = studio.scenario("Good", compose("one"))
    await run(studio, scenario)
    between = studio.world.clock.milliseconds() + 1000
    await studio.control("POST", "/clock", {"advance": HOUR})
    await run(studio, scenario)
    path = f"/scenarios/{scenario}/consumption-overview"

    async def credits(**query: Any) -> int:
        return (await studio.get(path, params=query))["scenarioConsumption"][0]["centicredits"]

    assert await credits() == 200
    assert await credits(**{"from": between}) == 100
    assert await credits(to=between) == 100
    assert await credits(**{"from": between, "to": between}) == 0


# Drafts and unsaved work


async def test_publishing_makes_the_draft_what_runs(studio: "Studio") -> None:
    scenario = studio.scenario("Draft", compose("old"))
    path = f"/scenarios/{scenario}"
    unchanged = await studio.post(f"{path}/publish")
    assert unchanged == {
        "scenario": {"id": scenario},
        "scenarioVersion": {"scenarioId": scenario, "version": 1, "draft": False},
    }
    blueprint = (await studio.get(f"{path}/blueprint"))["response"]["blueprint"]
    blueprint["flow"][0]["mapper"]["value"] = "new"
    studio.world.insert(
        "scenario_versions",
        scenario_id=scenario,
        version=2,
        created=studio.world.clock.stamp(),
        draft=True,
        blueprint=blueprint,
    )
    published = await studio.post(f"{path}/publish")
    assert published["scenarioVersion"]["version"] == 2
    shown = (await studio.get(f"{path}/blueprint"))["response"]["blueprint"]
    assert shown["flow"][0]["mapper"]["value"] == "new"
    versions = (await studio.get(f"{path}/blueprints"))["scenariosBlueprints"]
    assert [(one["version"], one["draft"]) for one in versions] == [(2, False)]


async def test_unsaved_work_is_kept_for_whoever_did_it(studio: "Studio") -> None:
    scenario = studio.scenario("Nap", compose("x"))
    draft: dict[str, Any] = {"name": "Draft", "flow": [], "metadata": {"version": 1}}
    for ident in (0, scenario):
        path = f"/scenarios/{ident}/recovery"
        assert await studio.get(path, teamId=1) == {"status": "not-found"}
        for name in ("First", "Draft"):
            kept = await studio.call("PUT", path, {"blueprint": {**draft, "name": name}}, teamId=1)
            assert kept.json() == {}
        assert await studio.get(path, teamId=1) == {
            "blueprint": draft,
            "createdAt": "2026-03-04T08:30:15.000Z",
        }
        colleague = studio.token(
            "scenarios:read", user=studio.join(f"C{ident}", role=13, team_role=3)
        )
        other = await studio.get(path, teamId=1, token=colleague)
        assert other == {"status": "not-found"}
        gone = await studio.call("DELETE", path, teamId=1)
        assert gone.json() == {"scenarioId": ident}
        assert await studio.get(path, teamId=1) == {"status": "not-found"}


async def test_unsaved_work_goes_with_its_scenario_and_hides_from_strangers(
    studio: "Studio",
) -> None:
    scenario = studio.scenario("Nap", compose("x"))
    path = f"/scenarios/{scenario}/recovery"
    await studio.call("PUT", path, {"blueprint": {}}, teamId=1)
    stranger = studio.token("scenarios:read", user=2)
    assert (await studio.call("GET", path, teamId=1, token=stranger)).status_code == 403
    assert (await studio.call("GET", path, teamId=2, token=stranger)).status_code == 404
    assert (await studio.call("GET", path)).status_code == 400
    await studio.call("DELETE", f"/scenarios/{scenario}")
    assert studio.world.value("SELECT count(*) FROM recoveries") == 0
