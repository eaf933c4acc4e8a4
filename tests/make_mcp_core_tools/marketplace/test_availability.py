"""Whether a team can use apps, and how much apps are used."""

from typing import Any

import pytest

from .conftest import Shop

pytestmark = pytest.mark.anyio


async def verdicts(shop: Shop, **arguments: Any) -> dict[str, Any]:
    told = await shop.core.call("app_compatibility_check", team_id=shop.team, **arguments)
    return told.data


async def test_apps_are_usable_with_or_without_a_connection_yet(shop: Shop) -> None:
    told = await verdicts(shop, apps=["slack", "shopify", "json"])
    rows = {row["app"]: row for row in told["apps"]}
    assert told["usable"] is True
    assert rows["slack"]["connections"] == [shop.connections["slack"]]
    assert rows["shopify"]["connections"] == []
    assert "notes" not in rows["json"]
    assert told["next_calls"][0]["arguments"] == {"app": "shopify"}


async def test_an_app_that_is_not_there_makes_the_whole_unusable(shop: Shop) -> None:
    told = await verdicts(shop, apps=["slack", "slak"])
    assert told["usable"] is False
    assert "`slack`" in told["apps"][1]["problems"][0]


async def test_the_apps_of_a_blueprint_are_judged_in_their_versions(shop: Shop) -> None:
    flow: list[dict[str, Any]] = [
        {"id": 1, "module": "http:ActionSendData", "version": 3, "mapper": {}},
        {"id": 2, "module": "slack:CreateMessage", "version": 4, "mapper": {}},
    ]
    told = await verdicts(shop, blueprint={"name": "Two", "flow": flow})
    assert [(row["app"], row["version"]) for row in told["apps"]] == [("http", 3), ("slack", 4)]
    assert "Version 4 is the latest." in told["apps"][0]["notes"]


async def test_a_new_app_says_how_the_first_save_goes(shop: Shop) -> None:
    used = await shop.company.get("/organizations/1/apps")
    names = {row["appName"] for row in used["installedApps"]}
    assert "telegram" not in names
    told = await verdicts(shop, apps=["telegram"])
    assert any("allow_app_install" in note for note in told["apps"][0]["notes"])


async def test_one_way_to_name_the_apps_is_needed(shop: Shop) -> None:
    told = await shop.core.call("app_compatibility_check", team_id=shop.team)
    assert told.error["code"] == "invalid_arguments"


async def test_popularity_counts_templates_and_says_so(shop: Shop) -> None:
    told = (await shop.core.call("app_popularity_get", limit=100)).data
    rows = {row["app"]: row for row in told["apps"]}
    templates = (await shop.company.get("/templates/public", includeEn="true"))["templatesPublic"]
    using = [one for one in templates if "slack" in one["usedApps"]]
    assert rows["slack"]["count"] == len(using)
    assert rows["slack"]["uses"] == sum(one["usage"] for one in using)
    assert f"of {len(templates)}" in told["method"]


async def test_popularity_of_the_own_organization_counts_scenarios(shop: Shop) -> None:
    told = await shop.core.call(
        "app_popularity_get", scope="my_org", team_id=shop.team, app_category="crm"
    )
    assert [row["app"] for row in told.data["apps"]] == ["hubspotcrm"]
    assert "organization 1" in told.data["method"]


async def test_one_app_is_judged_as_a_list_of_one(shop: Shop) -> None:
    assert await verdicts(shop, app="slack") == await verdicts(shop, apps=["slack"])
