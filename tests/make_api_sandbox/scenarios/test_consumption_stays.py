"""What was consumed stays consumed, whatever becomes of the scenario."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import Shop

pytestmark = pytest.mark.anyio


def compose(ident: int) -> dict[str, Any]:
    return {
        "id": ident,
        "module": "util:ComposeTransformer",
        "version": 1,
        "parameters": {},
        "mapper": {"value": "x"},
    }


async def used(shop: "Shop") -> dict[str, Any]:
    """Everything that tells what organization and team used."""
    organization = (await shop.get("/organizations/1"))["organization"]
    columns = {"cols[]": ["consumedOperations", "consumedCenticredits", "operations"]}
    return {
        "days": [(await shop.get(f"/{who}/1/usage"))["data"] for who in ("organizations", "teams")],
        "organization": {
            name: organization[name]
            for name in ("operations", "transfer", "centicreditsConsumed", "unusedOperations")
        },
        "team": (await shop.get("/teams/1", params=columns))["team"],
        "scenarios": (await shop.get("/scenarios/consumptions", teamId=1))["scenarioConsumptions"],
    }


async def test_deleting_a_scenario_takes_nothing_off_the_usage(shop: "Shop") -> None:
    ident = await shop.create(compose(1), compose(2), compose(3))
    await shop.run(ident)
    await shop.advance(2 * 86_400)
    await shop.run(ident)
    other = await shop.create(compose(1))
    await shop.run(other)
    before = await used(shop)
    assert [day["operations"] for day in before["days"][0]] == [3, 4]
    await shop.call("DELETE", f"/scenarios/{ident}")
    assert await used(shop) == before
    assert shop.world.value("SELECT count(*) FROM executions WHERE scenario_id = ?", ident) == 0


async def test_days_of_another_time_zone_keep_their_usage(shop: "Shop") -> None:
    ident = await shop.create(compose(1))
    for _ in range(30):
        await shop.run(ident)
        await shop.advance(3_600)
    query = {"organizationTimezone": "true"}
    before = await shop.get("/organizations/1/usage", **query)
    await shop.call("DELETE", f"/scenarios/{ident}")
    assert await shop.get("/organizations/1/usage", **query) == before


async def test_a_deleted_team_leaves_its_usage_to_the_organization(shop: "Shop") -> None:
    team = (await shop.post("/teams", {"name": "Second", "organizationId": 1}))["team"]
    ident = await shop.create(compose(1), teamId=team["id"])
    await shop.run(ident)
    before = await shop.get("/organizations/1/usage")
    assert len(before["data"]) == 1
    await shop.call("DELETE", f"/teams/{team['id']}", confirmed="true")
    assert shop.world.get("scenarios", ident) is None
    assert await shop.get("/organizations/1/usage") == before


async def test_a_deleted_organization_leaves_nothing(shop: "Shop") -> None:
    ident = await shop.create(compose(1))
    await shop.run(ident)
    shop.world.delete("organizations", 1)
    assert shop.world.value("SELECT count(*) FROM former_usage") == 0
