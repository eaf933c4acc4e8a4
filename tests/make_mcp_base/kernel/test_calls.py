"""Calls through an MCP client of both eras: finding, understanding, planning, doing, undoing."""

import pytest
from harness import Company, Connect, Server
from mcp import MCPError
from mcp.types import ElicitRequestParams, ElicitResult

pytestmark = pytest.mark.anyio

HOME = 1
"""The organization of the seeded company in which these tests work."""


async def test_a_tool_answers_with_structured_content_and_the_same_as_text(
    connect: Connect, era: str
) -> None:
    async with connect(era=era) as server:
        teams = await server.call("team_list", organization_id=HOME)
        assert teams.data["teams"]
        assert f'"name":"{teams.data["teams"][0]["name"]}"' in teams.text


async def test_an_unknown_tool_is_a_protocol_error_that_names_the_nearest(
    connect: Connect, era: str
) -> None:
    async with connect(era=era) as server:
        with pytest.raises(MCPError) as caught:
            await server.call("team_lists")
        assert caught.value.code == -32602
        assert "team_list" in caught.value.message


async def test_all_wrong_arguments_are_told_at_once(core: Server) -> None:
    told = await core.call("team_create", nam="x", operations_limit="many")
    problems = {p["path"]: p for p in told.error["problems"]}
    assert set(problems) == {"nam", "name", "operations_limit"}
    assert "`name`" in problems["nam"]["fix"]


async def test_camel_case_and_numbers_as_strings_are_accepted_without_a_word(
    core: Server, company: Company
) -> None:
    organization = (await company.get("/organizations"))["organizations"][0]
    told = await core.call("team_list", organizationId=str(organization["id"]))
    assert "warnings" not in told.data


async def test_official_and_old_names_reach_the_tool(core: Server) -> None:
    assert (await core.call("teams_list", organization_id=HOME)).data == (
        await core.call("list-teams", organization_id=HOME)
    ).data


async def test_a_dry_run_shows_the_request_and_sends_nothing(
    core: Server, company: Company
) -> None:
    before = await _team_names(company)
    told = await core.call("team_create", name="Tests", organization_id=HOME, dry_run=True)
    assert told.data["plan"]["requests"][0]["path"] == "/teams"
    assert told.data["plan"]["requests"][0]["body"]["name"] == "Tests"
    assert await _team_names(company) == before


async def test_a_created_team_can_be_undone(core: Server, company: Company) -> None:
    before = await _team_names(company)
    made = await core.call("team_create", name="Tests", organization_id=HOME)
    assert await _team_names(company) == [*before, "Tests"]
    undone = await core.apply("operation_undo", operation_id=made.data["operation_id"])
    assert undone.data["undone"] == made.data["operation_id"]
    assert await _team_names(company) == before
    again = await core.call("operation_undo", operation_id=made.data["operation_id"])
    assert "undone already" in again.error["why"]


async def test_an_undo_is_refused_when_the_thing_has_moved_on(
    core: Server, company: Company
) -> None:
    made = await core.call("team_create", name="Tests", organization_id=HOME)
    await company.send("PATCH", f"/teams/{made.data['team']['id']}", {"name": "Renamed"})
    told = await core.call("operation_undo", operation_id=made.data["operation_id"])
    assert told.error["code"] == "moved_on"
    assert "Renamed" in await _team_names(company)


async def test_a_destructive_call_changes_nothing_before_its_plan_is_confirmed(
    core: Server, company: Company
) -> None:
    team = (await core.call("team_create", name="Tests", organization_id=HOME)).data["team"]["id"]
    planned = await core.call("team_delete", team_id=team)
    assert planned.data["plan"]["applied"] is False
    assert "Tests" in await _team_names(company)
    plan_id = planned.data["plan"]["plan_id"]
    assert (await core.call("team_delete", team_id=team, plan_id=plan_id)).data["team"] == team
    assert "Tests" not in await _team_names(company)


async def test_a_plan_is_good_for_one_use_only(core: Server, company: Company) -> None:
    team = (await core.call("team_create", name="Tests", organization_id=HOME)).data["team"]["id"]
    plan_id = (await core.call("team_delete", team_id=team)).data["plan"]["plan_id"]
    await core.call("team_delete", team_id=team, plan_id=plan_id)
    other = (await core.call("team_create", name="Tests", organization_id=HOME)).data["team"]["id"]
    told = await core.call("team_delete", team_id=other, plan_id=plan_id)
    assert told.error["code"] == "plan_void"
    assert "Tests" in await _team_names(company)


async def test_a_plan_is_void_once_make_has_moved(core: Server, company: Company) -> None:
    team = (await core.call("team_create", name="Tests", organization_id=HOME)).data["team"]["id"]
    plan_id = (await core.call("team_delete", team_id=team)).data["plan"]["plan_id"]
    await company.send("PATCH", f"/teams/{team}", {"name": "Renamed"})
    told = await core.call("team_delete", team_id=team, plan_id=plan_id)
    assert told.error["code"] == "plan_void"
    assert "Renamed" in await _team_names(company)


async def test_a_client_that_can_ask_its_user_is_asked_and_obeyed(
    connect: Connect, era: str, company: Company
) -> None:
    asked: list[str] = []

    async def user(context: object, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="accept", content={"apply": len(asked) > 1})

    async with connect(era=era, elicitation_callback=user) as server:
        team = (await server.call("team_create", name="Tests", organization_id=HOME)).data["team"][
            "id"
        ]
        declined = await server.call("team_delete", team_id=team)
        assert declined.data["plan"]["declined"] is True
        assert "Tests" in await _team_names(company)
        assert (await server.call("team_delete", team_id=team)).data["team"] == team
        assert "Tests" not in await _team_names(company)
    assert all("Tests" in message for message in asked)


async def test_the_journal_tells_what_was_done(core: Server) -> None:
    made = await core.call("team_create", name="Tests", organization_id=HOME)
    listed = (await core.call("operation_list")).data["operations"][0]
    assert (listed["tool"], listed["state"]) == ("team_create", "done")
    detail = await core.call("operation_get", operation_id=made.data["operation_id"])
    assert detail.data["steps"][0]["request"]["path"] == "/teams"
    assert detail.data["steps"][0]["undo"] == "possible"


async def _team_names(company: Company) -> list[str]:
    teams = (await company.get("/teams", organizationId=HOME))["teams"]
    return [team["name"] for team in teams]
