"""Organizations that manage others."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Studio

pytestmark = pytest.mark.anyio
PATH = "/organizations/1/managed-organizations"


def manage(studio: "Studio", operations: int = 100_000) -> None:
    studio.world.update("organizations", 1, service_name="MMS")
    studio.license(operations=operations)


async def child(studio: "Studio", **more: Any) -> dict[str, Any]:
    body = {
        "userEmail": "lee@example.org",
        "userName": "Lee Ray",
        "organizationName": "Corner Shop",
        "regionId": 2,
        "countryId": 18,
        "operations": 20_000,
    }
    return await studio.post(PATH, body | more)


async def test_a_child_gets_an_owner_a_team_and_operations_of_the_parent(
    studio: "Studio",
) -> None:
    manage(studio)
    made = await child(studio)
    shop = made["childOrganizationId"]
    assert made == {
        "userId": made["userId"],
        "userEmail": "lee@example.org",
        "userName": "Lee Ray",
        "userLanguage": "en",
        "userExisted": False,
        "childOrganizationId": shop,
        "newParentOperations": 80_000,
        "domain": "us1.make.com",
    }
    listed = (await studio.get(PATH))["managedOrganizations"]
    assert listed == [
        {
            "organizationId": shop,
            "organizationName": "Corner Shop",
            "operationsAllocated": 20_000,
            "countryId": 18,
            "timezoneId": 113,
            "zoneId": 2,
            "zoneDomain": "us1.make.com",
            "zoneName": "US1",
        }
    ]
    owner = studio.token("*", user=made["userId"])
    own = (await studio.get(f"/organizations/{shop}", token=owner))["organization"]
    assert (own["license"]["operations"], own["unusedOperations"]) == (20_000, "20000")
    assert [team["name"] for team in own["teams"]] == ["My Team"]
    assert (await studio.call("GET", f"/organizations/{shop}")).status_code == 403
    parent = (await studio.get("/organizations/1"))["organization"]["license"]
    assert (parent["operations"], parent["transfer"]) == (80_000, 42_949_672_960)


async def test_a_known_person_may_own_a_child(studio: "Studio") -> None:
    manage(studio)
    made = await child(studio, userEmail="Kim.Doe@example.net", regionId=1)
    expected = (2, True, "eu1.make.com")
    assert (made["userId"], made["userExisted"], made["domain"]) == expected


async def test_operations_are_moved_between_parent_and_child(studio: "Studio") -> None:
    manage(studio)
    path = f"{PATH}/{(await child(studio))['childOrganizationId']}"
    more = await studio.call("PATCH", path, {"operations": 50_000})
    assert more.json() == {
        "newParentOperations": 50_000,
        "newChildOperations": 50_000,
        "operationsDiff": 30_000,
        "limitIncreased": True,
    }
    less = (await studio.call("PATCH", path, {"operations": 10_000})).json()
    expected = (90_000, 40_000, False)
    left, diff = less["newParentOperations"], less["operationsDiff"]
    assert (left, diff, less["limitIncreased"]) == expected
    for operations in (110_000, 15_000, 0):
        answer = await studio.call("PATCH", path, {"operations": operations})
        assert answer.status_code == 400
    assert (await studio.get(PATH))["managedOrganizations"][0]["operationsAllocated"] == 10_000


@pytest.mark.parametrize(
    "wrong",
    [{"operations": 200_000}, {"operations": 15_000}, {"regionId": 3}, {"userEmail": "lee-at"}],
)
async def test_a_child_that_cannot_be_is_not_made(studio: "Studio", wrong: dict[str, Any]) -> None:
    manage(studio)
    body = {
        "userEmail": "lee@example.org",
        "userName": "Lee Ray",
        "organizationName": "Corner Shop",
        "regionId": 2,
        "countryId": 18,
        "operations": 20_000,
    }
    assert (await studio.call("POST", PATH, body | wrong)).status_code == 400
    assert (await studio.get(PATH))["managedOrganizations"] == []
    assert (await studio.get("/organizations/1"))["organization"]["license"][
        "operations"
    ] == 100_000


async def test_consumption_is_counted_by_child(studio: "Studio") -> None:
    manage(studio)
    shop = (await child(studio))["childOrganizationId"]
    team = studio.world.value("SELECT id FROM teams WHERE organization_id = ?", shop)
    scenario = studio.scenario("Orders", team_id=team)
    studio.world.insert(
        "executions",
        imt_id="1_a",
        id="c" * 32,
        scenario_id=scenario,
        team_id=team,
        organization_id=shop,
        type="auto",
        status=1,
        timestamp=studio.world.clock.stamp(),
        timestamp_ms=studio.world.clock.milliseconds(),
        operations=12,
        centicredits=1200,
        transfer=4096,
    )
    found = await studio.get("/organizations/1/managed-organizations-consumption")
    assert found["managedOrganizationsConsumption"] == [
        {
            "organizationId": shop,
            "centicreditsConsumed": "1200",
            "centicreditsExtra": "0",
            "operationsConsumed": 12,
            "operationsExtra": 0,
            "transferConsumed": "4096",
            "transferExtra": "0",
            "lastReset": "2026-03-04T08:30:15.000Z",
        }
    ]


async def test_children_are_paged_by_name(studio: "Studio") -> None:
    manage(studio)
    for name in ("Bakery", "acme", "Cellar"):
        await child(studio, organizationName=name, operations=10_000)
    page = await studio.get(PATH, params={"pg[limit]": 2, "pg[sortDir]": "desc"})
    names = [one["organizationName"] for one in page["managedOrganizations"]]
    assert (names, page["pg"]["sortBy"]) == (["Cellar", "Bakery"], "name")


async def test_other_organizations_and_members_are_refused(studio: "Studio") -> None:
    assert (await studio.call("GET", PATH)).json()["code"] == "SC403"
    manage(studio)
    path = f"{PATH}/{(await child(studio))['childOrganizationId']}"
    mia = studio.join("Mia", role=13)
    token = studio.token("*", user=mia)
    assert (await studio.call("GET", PATH, token=token)).is_success
    for one in (token, studio.token("managed-organizations:read")):
        answer = await studio.call("PATCH", path, {"operations": 10_000}, token=one)
        assert answer.status_code == 403
    strange = await studio.call("PATCH", f"{PATH}/2", {"operations": 10_000})
    assert strange.status_code == 404
