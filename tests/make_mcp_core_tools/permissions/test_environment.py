"""Who the token is and what it reaches: environment, own account, reference lists, documents."""

import json
from typing import Any

import pytest
from harness import Company, Server
from make_mcp_core_tools.permissions.reference_lists import LISTS
from mcp.types import TextResourceContents
from regressions import failure

from .conftest import Library, Serve

pytestmark = pytest.mark.anyio


async def test_the_environment_tells_user_scopes_licences_and_teams(library: Library) -> None:
    told = (await library.core.call("environment_get")).data
    me = (await library.company.get("/users/me"))["authUser"]
    assert told["user"]["email"] == me["email"]
    assert "teams:read" in told["scopes"]
    organizations = (await library.company.get("/organizations", **{"cols[]": ["id", "license"]}))[
        "organizations"
    ]
    limits = {o["id"]: o["license"]["apiLimit"] for o in organizations}
    assert {o["id"]: o["licence"]["api_calls_per_minute"] for o in told["organizations"]} == limits
    for organization in told["organizations"]:
        teams = await library.company.get("/teams", organizationId=organization["id"])
        assert {t["id"] for t in organization["teams"]} == {t["id"] for t in teams["teams"]}


async def test_a_narrow_token_is_told_which_tools_are_hidden_and_why(serve_as: Serve) -> None:
    async with serve_as("scenarios:read") as server:
        told = (await server.call("environment_get")).data
        assert told["scopes"] == ["scenarios:read"]
        assert any("teams:write" in reason for reason in told["hidden_tools"])
        refused = (await server.call("team_create", name="x", organization_id=1)).error
        assert refused["code"] == "missing_scope"
        assert "teams:write" in refused["why"]


async def test_f17_the_environment_names_the_zone_the_account_lives_in(
    serve_as: Serve, company: Company
) -> None:
    home = (await company.get("/organizations"))["organizations"][0]["zone"]
    async with serve_as("*", host="us2.make.com") as server:
        told = (await server.call("environment_get")).data
    assert any(f"MAKE_ZONE={home}" in warning for warning in told["warnings"])


@failure(
    "wrong zone: the account answers, its teams refuse",
    here="the right zone is named, with the setting to change",
)
async def test_f17_a_call_refused_in_the_wrong_zone_names_the_right_one(
    serve_as: Serve, company: Company, team: int
) -> None:
    home = (await company.get("/organizations"))["organizations"][0]["zone"]
    fault = {"path": f"/teams/{team}$", "status": 403, "body": {"code": "SC403", "message": "no"}}
    await company.control("POST", "/faults", fault)
    async with serve_as("*", host="us2.make.com") as server:
        error = (await server.call("team_get", team_id=team)).error
    assert error["code"] == "wrong_zone"
    assert home in error["next_step"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("scenario_list", {}),
        ("hook_list", {}),
        ("connection_list", {}),
        ("data_store_list", {}),
        ("variable_list", {}),
        ("hook_create", {"name": "Orders"}),
    ],
)
async def test_f17_every_call_on_a_team_of_another_zone_names_that_zone(
    serve_as: Serve, company: Company, team: int, tool: str, arguments: dict[str, str]
) -> None:
    home = (await company.get("/organizations"))["organizations"][0]["zone"]
    there = r"^/api/v2/(?!users|organizations)"
    fault = {
        "path": there,
        "status": 403,
        "body": {"code": "SC403", "message": "Permission denied"},
    }
    await company.control("POST", "/faults", fault)
    async with serve_as("*", host="us2.make.com") as server:
        error = (await server.call(tool, team_id=team, **arguments)).error
    assert error["code"] == "wrong_zone"
    assert f"MAKE_ZONE={home}" in error["next_step"]


async def test_the_own_account_is_shown(library: Library) -> None:
    me = (await library.company.get("/users/me"))["authUser"]
    told = (await library.core.call("users_me")).data
    assert (told["id"], told["timezone"]) == (me["id"], me["timezone"])


@pytest.mark.parametrize("kind", LISTS)
async def test_every_reference_list_has_entries(library: Library, kind: str) -> None:
    told = (await library.core.call("enum_get", kind=kind)).data
    assert told["total"] >= 1
    assert told["entries"]


async def test_a_reference_list_is_searched_by_any_member_and_by_likeness(library: Library) -> None:
    found = (await library.core.call("enum_get", kind="timezones", query="berlin")).data["entries"]
    assert [zone["code"] for zone in found] == ["Europe/Berlin"]
    near = (await library.core.call("enum_get", kind="countries", query="Germny")).data["entries"]
    assert "Germany" in [country["name"] for country in near]


async def test_without_a_kind_the_names_of_the_lists_are_told(library: Library) -> None:
    told = (await library.core.call("enums_timezones")).data
    assert {entry["kind"] for entry in told["entries"]} == set(LISTS)


async def test_an_unknown_kind_is_answered_with_the_known_ones(library: Library) -> None:
    error = (await library.core.call("enum_get", kind="planets")).error
    assert "timezones" in error["problems"][0]["problem"]


async def test_reference_lists_are_asked_for_once(core: Server, company: Company) -> None:
    await company.control("DELETE", "/requests")
    for query in ("Prague", "London"):
        await core.call("enum_get", kind="timezones", query=query)
    log = (await company.control("GET", "/requests"))["requests"]
    assert sum(request["path"].endswith("/enums/timezones") for request in log) == 1


async def test_teams_are_a_document(core: Server, organization: int, team: int) -> None:
    contents = (await core.client.read_resource("make://teams")).contents[0]
    assert isinstance(contents, TextResourceContents)
    tree: Any = json.loads(contents.text)
    teams = next(o["teams"] for o in tree["organizations"] if o["id"] == organization)
    assert team in [each["id"] for each in teams]


async def test_no_list_is_asked_for_all_columns(
    core: Server, company: Company, organization: int, team: int
) -> None:
    await company.control("DELETE", "/requests")
    await core.call("environment_get")
    await core.call("organization_list")
    await core.call("organization_get", organization_id=organization)
    await core.call("team_list", organization_id=organization)
    await core.call("team_get", team_id=team, include_usage=True)
    await core.call("user_list", organization_id=organization, include_teams=True)
    await core.call("user_list", team_id=team)
    log = (await company.control("GET", "/requests"))["requests"]
    assert log
    assert not [request for request in log if "*" in (request["query"] or "")]
    assert {request["status"] for request in log} == {200}
