"""Private spaces, and the same under their earlier name."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio


async def space(studio: "Studio", user: int = 1, limit: int | None = 1000) -> dict[str, Any]:
    studio.world.update("organizations", 1, service_name="Enterprise")
    body = {"organizationId": 1, "userId": user, "operationsLimit": limit}
    return (await studio.post("/personal-spaces", body))["personalSpace"]


def used(studio: "Studio", team: int, operations: int) -> None:
    now = studio.world.clock
    scenario = studio.scenario("Mine", team_id=team)
    studio.world.insert(
        "executions",
        imt_id=f"1_{team}",
        id="b" * 32,
        scenario_id=scenario,
        team_id=team,
        organization_id=1,
        type="auto",
        status=1,
        timestamp=now.stamp(),
        timestamp_ms=now.milliseconds(),
        operations=operations,
        centicredits=operations * 100,
        transfer=2048,
    )


async def test_a_space_is_shown_by_both_names(studio: "Studio") -> None:
    made = await space(studio)
    person = {"Name": "Robin Berg", "Email": "robin.berg@example.com", "Id": 1}
    base = {
        "id": made["id"],
        "name": "Robin Berg's personal space",
        "organizationId": 1,
        "globalAgentsEnabled": False,
        "type": "personal",
    }
    limits = {
        "operationsLimit": 1000,
        "transferLimit": "536870912",
        "consumedOperations": 0,
        "consumedTransfer": "0",
        "isPaused": False,
    }
    rest = {"deleted": False, "externalId": None}
    old = base | {f"personalSpaceOwner{name}": value for name, value in person.items()}
    new = base | {f"privateSpaceOwner{name}": value for name, value in person.items()}
    assert made == {**old, **rest, **limits, "consumedCenticredits": 0}
    listed = await studio.get("/personal-spaces", organizationId=1)
    assert (listed["personalSpaces"], listed["pg"]["limit"]) == ([old], 10000)
    assert await studio.get(f"/personal-spaces/{made['id']}") == {"personalSpace": old}
    listed = await studio.get("/private-spaces", organizationId=1)
    item = {**new, **limits, "consumedCenticredits": "0"}
    assert (listed["privateSpaces"], listed["pg"]["limit"]) == ([item], 100)
    one = (await studio.get(f"/private-spaces/{made['id']}"))["privateSpace"]
    assert one == {**item, "operations": "0", "transfer": "0", "centicredits": "0"}
    some = await studio.get(
        f"/private-spaces/{made['id']}", params={"cols[]": ["id", "externalId"]}
    )
    assert some["privateSpace"] == {"id": made["id"], "externalId": None}


async def test_a_space_is_no_ordinary_team(studio: "Studio") -> None:
    made = await space(studio)
    names = [one["name"] for one in (await studio.get("/teams", organizationId=1))["teams"]]
    assert names == ["Studio"]
    query = {"organizationId": 1, "includePrivateSpaces": "true"}
    assert len((await studio.get("/teams", params=query))["teams"]) == 2
    team = await studio.call("GET", "/private-spaces/1")
    assert team.status_code == 404
    folder = {"name": "Drafts", "teamId": made["id"]}
    assert (await studio.post("/scenarios-folders", folder))["scenarioFolder"]["name"] == "Drafts"


async def test_outside_enterprise_the_feature_is_off(studio: "Studio") -> None:
    made = await space(studio)
    studio.world.update("organizations", 1, service_name="Teams")
    body = {"organizationId": 1, "userId": 1, "operationsLimit": 1}
    for method, path, sent in (
        ("GET", "/private-spaces", None),
        ("GET", f"/private-spaces/{made['id']}", None),
        ("PATCH", f"/private-spaces/{made['id']}", {"operationsLimit": 5}),
        ("POST", "/personal-spaces", body),
        ("DELETE", f"/personal-spaces/{made['id']}", None),
    ):
        answer = await studio.call(method, path, sent, organizationId=1, confirmed="true")
        assert (answer.status_code, answer.json()["code"]) == (400, "IM903"), (method, path)


async def test_a_limit_below_the_consumption_asks_and_pauses(studio: "Studio") -> None:
    made = await space(studio)
    used(studio, made["id"], 250)
    path = f"/private-spaces/{made['id']}"
    refused = await studio.call("PATCH", path, {"operationsLimit": 100})
    assert (refused.status_code, refused.json()["code"]) == (406, "IM004")
    assert (await studio.get(path))["privateSpace"]["operationsLimit"] == 1000
    done = await studio.call("PATCH", path, {"operationsLimit": 100}, confirmed="true")
    shown = done.json()["privateSpace"]
    assert (shown["isPaused"], shown["transferLimit"]) == (True, 53687091)
    assert (shown["consumedOperations"], shown["consumedCenticredits"]) == (250, "25000")
    assert (shown["deleted"], "operations" in shown) == (False, False)
    lifted = await studio.call("PATCH", path, {"operationsLimit": None})
    shown = lifted.json()["privateSpace"]
    assert (shown["isPaused"], shown["transferLimit"]) == (False, None)


async def test_people_see_their_own_space_and_those_who_govern_see_all(studio: "Studio") -> None:
    mia, tom = (studio.join(name, role=13, team_role=3) for name in ("Mia", "Tom"))
    hers, his = await space(studio, mia), await space(studio, tom)
    token = studio.token("private-spaces:read", "private-spaces:write", user=mia)
    own = await studio.get("/private-spaces", organizationId=1, token=token)
    assert [one["id"] for one in own["privateSpaces"]] == [hers["id"]]
    query = {"organizationId": 1, "pg[sortDir]": "desc"}
    every = await studio.get("/private-spaces", params=query)
    assert [one["id"] for one in every["privateSpaces"]] == [his["id"], hers["id"]]
    absent = await studio.get("/private-spaces", organizationId=1, externalId="x")
    assert absent["privateSpaces"] == []
    for space_id, status in ((hers["id"], 403), (his["id"], 404)):
        answer = await studio.call(
            "PATCH", f"/private-spaces/{space_id}", {"operationsLimit": 9}, token=token
        )
        assert answer.status_code == status
    assert (await studio.call("GET", f"/personal-spaces/{hers['id']}", token=token)).json()[
        "code"
    ] == "SC403"
    assert (await studio.call("GET", "/private-spaces", organizationId=2)).status_code == 403


async def test_a_person_of_the_organization_gets_one_space(studio: "Studio") -> None:
    await space(studio)
    for user, status in ((1, 400), (2, 404), (99, 404)):
        body = {"organizationId": 1, "userId": user, "operationsLimit": None}
        assert (await studio.call("POST", "/personal-spaces", body)).status_code == status
    mia = studio.join("Mia", role=13)
    token = studio.token("teams:write", user=mia)
    body = {"organizationId": 1, "userId": mia, "operationsLimit": 10}
    assert (await studio.call("POST", "/personal-spaces", body, token=token)).status_code == 403


async def test_deleting_a_space_always_asks_and_names_what_is_active(studio: "Studio") -> None:
    made = await space(studio)
    path = f"/personal-spaces/{made['id']}"
    plain = await studio.call("DELETE", path)
    assert plain.status_code == 406
    assert plain.json()["metadata"] == [{"type": "deletePersonalSpace"}]
    scenario = studio.scenario("Mail", team_id=made["id"], is_active=True)
    busy = await studio.call("DELETE", path)
    assert busy.json() == {
        "status": 406,
        "code": "IM004",
        "message": "Confirmation required.",
        "metadata": [
            {"type": "deletePersonalSpace"},
            {
                "type": "deletePersonalSpaceWithActiveScenarios",
                "data": [{"scenarioId": scenario, "scenarioName": "Mail"}],
            },
        ],
    }
    gone = await studio.call("DELETE", path, confirmed="true")
    assert gone.json() == {"personalSpaceId": made["id"]}
    assert studio.world.get("scenarios", scenario) is None


async def test_the_older_name_changes_the_limit_too(studio: "Studio") -> None:
    made = await space(studio)
    answer = await studio.call("PATCH", f"/personal-spaces/{made['id']}", {"operationsLimit": 7})
    assert answer.json()["personalSpace"]["operationsLimit"] == 7
    again = (await studio.get(f"/private-spaces/{made['id']}"))["privateSpace"]
    assert again["operationsLimit"] == 7
    assert (await studio.call("PATCH", f"/personal-spaces/{made['id']}", {})).status_code == 400


async def test_a_space_goes_with_its_person(studio: "Studio") -> None:
    mia = studio.join("Mia", role=13)
    made = await space(studio, mia)
    studio.world.delete("users", mia)
    assert (await studio.get("/private-spaces", organizationId=1))["privateSpaces"] == []
    assert studio.world.get("teams", made["id"]) is None


async def test_lists_show_all_columns_but_the_counters_of_the_detail(studio: "Studio") -> None:
    made = await space(studio)
    query = {"organizationId": 1, "cols[]": "*"}
    (listed,) = (await studio.get("/private-spaces", params=query))["privateSpaces"]
    one = (await studio.get(f"/private-spaces/{made['id']}", params=query))["privateSpace"]
    assert set(one) - set(listed) == {"operations", "transfer", "centicredits"}
    wrong = {"organizationId": 1, "cols[]": "colour"}
    assert (await studio.call("GET", "/private-spaces", params=wrong)).status_code == 400
