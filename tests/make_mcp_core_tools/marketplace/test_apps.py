"""Finding apps, and what is told of them."""

from typing import Any

import pytest
from harness import Company, Connect

from .conftest import Shop

pytestmark = pytest.mark.anyio


async def modules_for(shop: Shop, query: str, **more: Any) -> list[str]:
    told = await shop.core.call("app_list", query=query, team_id=shop.team, **more)
    return [one["module"] for row in told.data["apps"] for one in row.get("modules", [])]


@pytest.mark.parametrize(
    ("query", "module"),
    [
        ("send a Slack message", "slack:CreateMessage"),
        ("add a row to a spreadsheet", "google-sheets:addRow"),
        ("parse json", "json:ParseJSON"),
        ("send an email with Gmail", "google-email:sendAnEmail"),
        ("create a HubSpot contact", "hubspotcrm:createContact"),
        ("receive a webhook", "gateway:CustomWebHook"),
        ("call a REST API", "http:MakeRequest"),
        ("store a record in a data store", "datastore:AddRecord"),
        ("save a record to Airtable", "airtable:ActionCreateRecord"),
        ("split an array into items", "builtin:BasicFeeder"),
        ("wait for five seconds", "util:FunctionSleep"),
        ("create an issue in Jira", "jira:createIssue"),
        ("ask ChatGPT a question", "openai-gpt-3:CreateCompletion"),
        ("notion page", "notion:createAPage"),
        ("watch new rows in Google Sheets", "google-sheets:watchRows"),
        ("upload a file to Google Drive", "google-drive:uploadAFile"),
        ("post to a Telegram chat", "telegram:SendReplyMessage"),
    ],
)
async def test_what_is_to_be_done_finds_the_module(shop: Shop, query: str, module: str) -> None:
    assert module in (await modules_for(shop, query))[:3]


async def test_an_app_with_a_connection_comes_before_an_equal_one(shop: Shop) -> None:
    told = await shop.core.call("app_list", query="chat message", team_id=shop.team)
    first = told.data["apps"][0]
    assert (first["app"], first["connections"]) == ("slack", [shop.connections["slack"]])
    assert told.data["next_calls"][0]["tool"] == "app_module_get"


async def test_filters_keep_what_they_name(shop: Shop) -> None:
    async def names(**filters: Any) -> list[str]:
        told = await shop.core.call("app_list", team_id=shop.team, limit=100, **filters)
        return [row["app"] for row in told.data["apps"]]

    everything = await names()
    connected = await names(connected=True)
    assert set(connected) < set(everything)
    assert "slack" in connected
    assert "shopify" not in connected
    assert await names(app_category="crm") == ["hubspotcrm"]
    assert "slack" in await names(installed=True)
    assert "linkedin" in await names(installed=False) or "linkedin" in await names(installed=True)
    assert await names(query="zzzzzz") == []


async def test_an_app_that_is_not_there_is_not_replaced_by_one_that_only_creates(
    shop: Shop,
) -> None:
    told = (await shop.core.call("app_list", query="create a task in Asana")).data
    assert told["apps"] == []
    assert "http" in told["warnings"][0]


async def test_points_fall_from_row_to_row(shop: Shop) -> None:
    told = await shop.core.call("app_list", query="send a message", team_id=shop.team)
    points = [row["score"] for row in told.data["apps"]]
    assert points == sorted(points, reverse=True)
    assert len(points) > 3


async def test_pages_of_all_apps_join_up(shop: Shop) -> None:
    first = (await shop.core.call("app_list", team_id=shop.team, limit=20)).data
    second = (
        await shop.core.call("app_list", team_id=shop.team, limit=100, cursor=first["next_cursor"])
    ).data
    names = [row["app"] for row in first["apps"] + second["apps"]]
    assert len(names) == len(set(names)) == first["total"]


async def test_a_request_that_says_nothing_is_refused(shop: Shop) -> None:
    told = await shop.core.call("app_list", query="how do I")
    assert told.error["code"] == "invalid_arguments"


async def test_an_app_is_told_with_its_modules_credentials_and_connections(shop: Shop) -> None:
    told = (await shop.core.call("app_get", app="google-sheets", team_id=shop.team)).data
    assert told["modules"]["trigger"] == ["watchRows"]
    assert told["needs"] == ["account:google"]
    assert told["connections"] == [shop.connections["google"]]
    assert told["versions_in_use"] == [2]
    assert "ListSheets" in told["procedures"]


async def test_webhooks_of_an_app_are_told(shop: Shop) -> None:
    told = (await shop.core.call("app_get", app="gateway", team_id=shop.team)).data
    assert told["webhooks"] == ["gateway-webhook", "gateway-mailhook"]


async def test_an_older_version_has_its_own_modules(shop: Shop) -> None:
    told = (await shop.core.call("app_get", app="http", version=3, team_id=shop.team)).data
    assert told["version"] == 3
    assert "ActionSendData" in told["modules"]["action"]
    unknown = await shop.core.call("app_get", app="http", version=9, team_id=shop.team)
    assert "4" in unknown.error["next_step"]


async def test_a_custom_app_is_found_by_its_name_in_blueprints(shop: Shop) -> None:
    rows = (await shop.core.call("app_list", query="harbor warehouse", team_id=shop.team)).data
    assert rows["apps"][0]["custom"] is True
    name = rows["apps"][0]["app"]
    assert name.startswith("app#harbor-warehouse")
    told = (await shop.core.call("app_get", app=name, team_id=shop.team)).data
    assert (told["custom"], told["label"]) == (True, "Harbor Warehouse")
    modules = (await shop.core.call("app_module_list", app=name)).data["modules"]
    assert modules
    assert all(row["module"].startswith(f"{name}:") for row in modules)


async def test_an_unknown_app_is_answered_with_the_nearest(shop: Shop) -> None:
    told = await shop.core.call("app_get", app="google_sheet", team_id=shop.team)
    assert told.error["code"] == "unknown_app"
    assert "`google-sheets`" in told.error["why"]


async def test_a_module_is_described_in_words(shop: Shop) -> None:
    text = (await shop.core.call("app_doc_get", app="slack", module="CreateMessage")).data["text"]
    assert "`channel` Channel (select, required): chosen from rpc://ListChannels" in text
    assert "WatchMessages" not in text
    whole = (await shop.core.call("app_doc_get", app="slack")).data["text"]
    assert "`slack:WatchMessages`" in whole


async def test_credentials_of_modules_are_listed_by_option(shop: Shop) -> None:
    rows = (await shop.core.call("app_credential_list", app="http")).data["modules"]
    types = {row["id"]: row["type"] for row in rows}
    assert types["MakeRequest:authenticationType:apiKey"] == "keychain:apikeyauth"
    slack = (await shop.core.call("app_credential_list", app="slack")).data["modules"]
    assert slack[0]["scope"] == ["chat:write", "channels:read"]


@pytest.mark.parametrize(
    ("former", "name"),
    [
        ("apps_list", "app_list"),
        ("app_find", "app_list"),
        ("apps_recommend", "app_list"),
        ("search-public-apps", "app_list"),
        ("get-public-app-details", "app_get"),
        ("list-popular-apps", "app_popularity_get"),
        ("app-modules_list", "app_module_list"),
        ("app-module_get", "app_module_get"),
        ("module_spec", "app_module_get"),
        ("module_field_resolve", "app_module_option_list"),
        ("module_options_get", "app_module_option_list"),
        ("rpc_execute", "app_rpc_execute"),
        ("app_documentation_get", "app_doc_get"),
        ("credential-requests_list-app-modules-with-creds", "app_credential_list"),
        ("public-templates_list", "template_list"),
        ("public-templates_get", "template_get"),
        ("public-templates_get-blueprint", "template_get"),
        ("create-template", "template_create"),
        ("list-templates", "template_list"),
        ("get-template", "template_get"),
        ("update-template", "template_update"),
        ("use-template", "template_use"),
        ("delete-template", "template_delete"),
        ("install-workflow", "template_use"),
    ],
)
async def test_a_former_name_is_still_understood(shop: Shop, former: str, name: str) -> None:
    found = shop.core.kernel.surface.find(former)
    assert found is not None
    assert found.name == name


async def test_a_key_without_the_scope_is_told_which_one(
    company: Company, connect: Connect
) -> None:
    fault = {"path": "^/api/v2/imt", "without_scopes": ["apps:read"]}
    await company.control("POST", "/faults", fault)
    async with connect() as core:
        told = await core.call("app_list", query="slack")
        assert told.error["code"] in {"missing_scope", "forbidden"}
        assert "apps:read" in told.text
