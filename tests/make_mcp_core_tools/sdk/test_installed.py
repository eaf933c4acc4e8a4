"""Apps that organizations use, and invitations to custom apps."""

import pytest
from app_bench import Bench, server_with

pytestmark = pytest.mark.anyio


async def test_installed_apps_tell_how_many_scenarios_use_each_version(bench: Bench) -> None:
    told = (await bench.core.call("sdk_app_installed_list", organization_id=1, limit=100)).data
    rows = {(row["app"], row["version"]): row for row in told["apps"]}
    listed = (await bench.company.get("/organizations/1/apps"))["installedApps"]
    assert set(rows) == {(one["appName"].removeprefix("app#"), one["appVersion"]) for one in listed}
    assert sum(row["used_by"] > 0 for row in told["apps"]) > 3
    own = {app for app, _ in rows if app.startswith("harbor-warehouse")}
    custom = (
        await bench.core.call("sdk_app_installed_list", organization_id=1, custom_only=True)
    ).data
    assert own <= {row["app"] for row in custom["apps"]}
    assert all(row["custom"] for row in custom["apps"])
    unused = (await bench.core.call("sdk_app_installed_list", organization_id=1, unused=True)).data
    assert all(row["used_by"] == 0 for row in unused["apps"])


async def test_apps_of_a_foreign_organization_are_refused(bench: Bench) -> None:
    told = await bench.core.call("sdk_app_installed_list", organization_id=999_999)
    assert told.result.is_error


async def test_an_invitation_shows_what_it_offers(bench: Bench) -> None:
    app = await bench.whole()
    root = f"/sdk/apps/{app}/1"
    await bench.company.send("POST", f"{root}/modules/findStock/public")
    invite = await bench.company.send("POST", f"{root}/public")
    told = (await bench.core.call("sdk_app_invite_get", token=invite["inviteToken"])).data
    assert (told["name"], told["modules"]) == (app, ["findStock"])
    assert 1 in {place["id"] for place in told["installable"]}


async def test_an_unknown_invitation_is_refused(bench: Bench) -> None:
    told = await bench.core.call("sdk_app_invite_get", token="0" * 36)
    assert told.error["status"] == 404
    assert "custom_app_visibility_set" in told.error["next_step"]


async def test_without_the_scope_the_tools_say_which_one_is_missing(bench: Bench) -> None:
    async with server_with(bench.company, "teams:read", "organizations:read") as server:
        for tool, more in (("sdk_component_list", {"app": "an-app"}), ("custom_app_list", {})):
            told = await server.call(tool, **more)
            assert "sdk-apps:read" in told.text, told.text
